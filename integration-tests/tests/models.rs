//! Models as people describe them: a group trains a language model in the manner of Llama on the characters
//! of this book, and another one a residual network on MNIST, from `descent model new` and `descent dataset
//! build` to
//! `descent model export`.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	mnist::Images, over, python, repository, scenario, Account, GroupSetup, Network, RoundLengths,
	TrainerSetup,
};
use descent_protocol::{view::GroupView, Outcome};
use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
	process::Command,
};

/// Number of rounds of each group.
const ROUNDS: u32 = 6;
/// Number of trainers of each group.
const TRAINERS: usize = 3;

/// Measures the exported model on the validation set, in Python. Prints the loss.
const MEASURE: &str = "
import sys, torch, pyarrow.parquet
sys.path.append(sys.argv[1])
import modeling
model = modeling.load(sys.argv[1]).double()
rows = pyarrow.parquet.read_table(sys.argv[2])
def column(of):
    dtype = {'u8': torch.uint8, 'i32': torch.int32}[of['dtype']]
    return torch.tensor(rows[of['column']].to_pylist(), dtype=dtype).reshape(-1, *of['shape'])
x, y = column(model.input), column(model.description['target'])
with torch.no_grad():
    print(model.losses(model(x), y).mean().item())
";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "six trainers take the cores from other networks: --run-ignored only runs it alone"]
async fn a_llama_learns_a_text_and_a_residual_network_digits() -> Result<()> {
	scenario(Network::builder(), async |network| {
		let folder = network.directory().to_owned();
		let setups = [text(network, &folder).await?, digits(network, &folder).await?];
		let mut groups = Vec::new();
		for (place, setup) in setups.iter().enumerate() {
			let group = network.create_group(setup).await?;
			for trainer in 1..=TRAINERS {
				let rate = [0.01, 0.005, 0.003][trainer - 1];
				let trainer = TrainerSetup::new(TRAINERS * place + trainer, "adam", rate, 32);
				network.start_trainer(group.id, trainer).await?;
			}
			groups.push(group);
		}
		tokio::try_join!(it_learns(network, &groups[0]), it_learns(network, &groups[1]))?;
		for (group, setup) in groups.iter().zip(&setups) {
			it_is_exported(network, group, setup, &folder).await?;
		}
		Ok(())
	})
	.await
}

/// Describes a language model over bytes, and cuts the pages of the book into windows.
async fn text(network: &Network, folder: &Path) -> Result<GroupSetup> {
	let options = ["--context", "32", "--blocks", "1", "--kv-heads", "2", "--width", "32", "--tie-weights"];
	let model = describe(network, folder, "llama", &[&["--classes", "256"], &options[..]].concat()).await?;
	let mut pages: Vec<_> = fs::read_dir(repository("docs/src"))?
		.map(|entry| Ok(entry?.path()))
		.filter(|path: &Result<PathBuf>| {
			path.as_ref().is_ok_and(|path| path.extension().is_some_and(|e| e == "md"))
		})
		.collect::<Result<_>>()?;
	pages.sort();
	let mut text = Vec::new();
	for page in pages {
		text.extend(fs::read(page)?);
	}
	let book = folder.join("book.txt");
	fs::write(&book, text)?;
	let book = path(&book)?.to_owned();
	let source = ["--text", &book];
	setup(network, folder, "llama", model, &source, ["0", "4000", "4000", "4500"]).await
}

/// Describes a residual network, and takes images of MNIST.
async fn digits(network: &Network, folder: &Path) -> Result<GroupSetup> {
	let shape = ["--shape", "1,28,28", "--classes", "10", "--channels", "4,8", "--blocks", "1,1"];
	let model = describe(network, folder, "resnet", &shape).await?;
	let mnist = Images::fetch()?;
	let file = |name: &str| Ok::<_, anyhow::Error>(path(&mnist.folder().join(name))?.to_owned());
	let (images, labels) = (file("train-images-idx3-ubyte")?, file("train-labels-idx1-ubyte")?);
	let source = ["--images", &images, "--labels", &labels];
	setup(network, folder, "resnet", model, &source, ["0", "4000", "4000", "4500"]).await
}

/// Writes the description that `descent model new` makes.
async fn describe(network: &Network, folder: &Path, kind: &str, options: &[&str]) -> Result<PathBuf> {
	let anyone = Account::from_uri("//Ferdie")?;
	let description = network.descent(&anyone, &[&["model", "new", kind], options].concat()).await?;
	let path = folder.join(format!("{kind}.json"));
	fs::write(&path, description.to_string())?;
	Ok(path)
}

/// Builds the data set of the first of these ranges of a source, and the validation set of the second.
async fn setup(
	network: &Network,
	folder: &Path,
	name: &str,
	model: PathBuf,
	source: &[&str],
	[from, to, first, last]: [&str; 4],
) -> Result<GroupSetup> {
	let anyone = Account::from_uri("//Ferdie")?;
	let [dataset, validation] =
		["train", "validation"].map(|set| folder.join(format!("{name}-{set}.parquet")));
	for (out, from, to) in [(&dataset, from, to), (&validation, first, last)] {
		let range = ["--from", from, "--to", to, "--description", path(&model)?, "--out", path(out)?];
		network.descent(&anyone, &[&["dataset", "build"], source, &range[..]].concat()).await?;
	}
	Ok(GroupSetup {
		name: name.into(),
		model,
		dataset,
		validation,
		// All of the validation set, so that the scores of different rounds can be compared.
		records: 1_000,
		minimum_improvement: 0.0001,
		lengths: RoundLengths::SHORT,
		deposit: 1,
		stake: 100,
		voting_period: 1_000,
		seats: None,
	})
}

/// Follows the rounds of a group. A head is improved, each has a lower loss than the one before, and the
/// trainers compete.
async fn it_learns(network: &Network, group: &GroupView) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let deadline = RoundLengths::SHORT.deadline(1);
	let first = rpc.group(group.id, None).await?.round.unwrap_or_default();
	let (mut scores, mut trainers) = (Vec::new(), BTreeSet::new());
	for round in first..first + ROUNDS {
		let view = over(rpc, group.id, round, deadline).await?;
		for candidate in &view.candidates {
			ensure!(candidate.slashed == 0, "an honest trainer lost a deposit: {candidate:?}");
			trainers.insert(candidate.account.clone());
			if candidate.outcome == Some(Outcome::Won) {
				let reveal = candidate.reveal.as_ref().context("it has won without a claim")?;
				scores.push(reveal.claim.to_f64());
			}
		}
	}
	ensure!(scores.len() > 1, "no head was improved: {scores:?}");
	ensure!(trainers.len() > 1, "one trainer alone has competed: {trainers:?}");
	ensure!(
		scores.windows(2).all(|pair| pair[1] < pair[0]),
		"no head is worse than the one before: {scores:?}"
	);
	println!("group {}: the losses of the heads are {scores:?}", group.id);
	Ok(())
}

/// Exports the head, and has Python measure it on the validation set.
async fn it_is_exported(
	network: &Network,
	group: &GroupView,
	setup: &GroupSetup,
	folder: &Path,
) -> Result<()> {
	let out = folder.join(format!("{}-exported", setup.name));
	let client = Account::from_uri("//Ferdie")?;
	let export = ["model", "export", &group.id.to_string(), "--out", path(&out)?, "--allow-private"];
	network.descent(&client, &export).await?;
	let measured = Command::new(python()?).args(["-c", MEASURE]).arg(&out).arg(&setup.validation).output()?;
	let said = String::from_utf8_lossy(&measured.stdout);
	let loss: f64 =
		said.trim().parse().with_context(|| String::from_utf8_lossy(&measured.stderr).into_owned())?;
	let head = network.nodes[0].rpc.group(group.id, None).await?.head.context("there is no head")?;
	println!("{}: {loss} in Python, {} on the chain", setup.name, head.score.to_f64());
	// A later head may have been won in the meantime.
	ensure!((loss / head.score.to_f64() - 1.0).abs() < 0.1, "{loss} in Python, {head:?} on the chain");
	Ok(())
}

fn path(path: &Path) -> Result<&str> {
	path.to_str().context("a path is not UTF-8")
}
