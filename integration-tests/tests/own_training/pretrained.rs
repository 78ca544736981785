//! A group whose model begins with weights that PyTorch made: the committee measures them, and the first
//! winner has to beat them.

use crate::{LENGTHS, ROUND};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	over, python, repository, two_clouds_group, wait_until, Account, Network, RoundLengths, TrainerSetup,
};
use descent_protocol::Outcome;
use std::path::Path;
use tokio::process::Command;

/// Number of the trainer.
const TRAINER: usize = 5;
/// Saves weights of the model's module, and prints their mean loss on a validation set.
const WEIGHTS: &str = "
import json, sys, torch, pyarrow.parquet
from safetensors.torch import save_file
from descent import Description
torch.manual_seed(7)
description = Description(json.load(open(sys.argv[1])))
model = description.module()
save_file(model.state_dict(), sys.argv[3])
rows = pyarrow.parquet.read_table(sys.argv[2])
x, y = (torch.tensor(rows[of.name].to_pylist()) for of in (description.input, description.target))
with torch.inference_mode():
    print(model.double().eval().loss(x, y).item())
";

/// Creates the group, and follows it until a round is won.
pub(super) async fn is_trained_further(network: &mut Network) -> Result<()> {
	let mut setup = two_clouds_group(network.directory(), LENGTHS)?;
	setup.name = "pretrained".into();
	let file = network.directory().join("pretrained.safetensors");
	let loss = weights(&setup.model, &setup.validation, &file).await?;
	let owner = Account::from_uri("//Ferdie")?;
	let given = file.to_str().context("a path is not UTF-8")?;
	let group = network.create_group_with(&owner, &setup, &[("--pretrained", given)]).await?;
	let rpc = network.nodes[0].rpc.clone();
	network.start_trainer(group.id, TrainerSetup::new(TRAINER, "adam", 0.01, 32)).await?;
	let round = wait_until("a round is won", ROUND, async || {
		let head = rpc.group(group.id, None).await?.head;
		Ok(head.map(|head| head.round))
	})
	.await?;
	let view = over(&rpc, group.id, round, RoundLengths::SHORT.deadline(1)).await?;
	let baseline = view.baseline.context("the pretrained checkpoint was not measured")?.to_f64();
	ensure!((baseline - loss).abs() < 2e-6, "{baseline} is the committee's, {loss} PyTorch's");
	let winner = view.candidates.iter().find(|candidate| candidate.outcome == Some(Outcome::Won));
	let measured = winner.and_then(|winner| winner.measured).context("it has won without a score")?;
	ensure!(measured.to_f64() < baseline, "{measured} beats {baseline}");
	Ok(())
}

async fn weights(model: &Path, validation: &Path, file: &Path) -> Result<f64> {
	let output = Command::new(python()?)
		.args(["-c", WEIGHTS])
		.args([model, validation, file])
		.env("PYTHONPATH", repository("python/src"))
		.env("PYTHONDONTWRITEBYTECODE", "1")
		.output()
		.await?;
	let said = String::from_utf8_lossy(&output.stdout);
	said.trim().parse().with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
