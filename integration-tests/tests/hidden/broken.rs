//! A requester that seals a file that is no test set.

use crate::{scripted, Stage, NRN, WAIT};
use anyhow::{bail, ensure, Context, Result};
use descent_integration_tests::{
	candidate, seal_garbage, settled, Account, GroupSetup, History, Requester, Wider,
};
use descent_protocol::{view::GroupView, BlockNumber, EvaluationPolicy, Outcome, Score};
use sp_core::H256;
use subxt::ext::scale_decode::DecodeAsType;

/// Bond of a series of one set.
pub(crate) const BOND: u128 = 101 * NRN;
/// Number of blocks until the first round begins.
const LEAD: BlockNumber = 8;
/// Number of evaluators that are two thirds of the committee.
const ACCEPTING: usize = 3;

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct SeriesSlashed {
	group: u32,
	slashed: u128,
}

/// Plays a round whose set the committee finds broken: it is won on the public set, and the requester loses
/// its bond.
pub(crate) async fn costs_the_bond(stage: &Stage<'_>) -> Result<()> {
	let (network, owner) = (stage.network, Account::from_uri("//Eve")?);
	let folder = network.directory().join("garbage");
	seal_garbage(&folder)?;
	let series = network.open_test_sets(&owner, &folder).await?;
	let setup = GroupSetup { name: "garbage".into(), ..stage.wider.clone() };
	let named = format!("{series:?}");
	let group = stage.create(&owner, &setup, LEAD, &[("--hidden-series", named.as_str())]).await?;
	let requester = network.start_requester("requester-of-garbage", &folder, &stage.rpc.ws())?;

	let trainer = scripted::trainer(stage, "//Trainer5").await?;
	let parameters = Wider::separating(0.25);
	let commitment = scripted::commit(stage, &trainer, &group, 0, &parameters).await?;
	stage.released(group.id, 0, false).await?;
	let claim = scripted::reveal(stage, &trainer, &commitment, &parameters).await?;

	let view = settled(&stage.rpc, group.id, 0, WAIT).await?;
	let own = candidate(&view, &trainer.account().id()).context("the commitment is gone")?;
	ensure!(own.outcome == Some(Outcome::Won) && own.measured == Some(claim), "{view:?}");
	ensure!(own.slashed == 0 && own.reward > 0, "{view:?}");
	let found = stage.counters(r#"descent_evaluator_test_sets_total{verdict="broken"}"#).await?;
	let finders = found.iter().filter(|count| **count > 0).count();
	ensure!(finders >= ACCEPTING, "broken sets that evaluators have found: {found:?}");
	head_is_of_the_public_set(stage, &group, claim).await?;
	bond_is_lost(stage, &group, series, requester).await
}

/// Checks that the winner is the head with its score on the public validation set.
async fn head_is_of_the_public_set(stage: &Stage<'_>, group: &GroupView, claim: Score) -> Result<()> {
	let EvaluationPolicy::Hidden { records, otherwise, .. } = group.policy else {
		bail!("not a policy with hidden test sets: {group:?}");
	};
	let head = stage.rpc.group(group.id, None).await?.head.context("there is no head")?;
	let policy = head.measured_on.map(|measured| measured.policy);
	let public = EvaluationPolicy::Validation { set: otherwise, records };
	ensure!(head.score == claim && policy == Some(public), "{head:?}");
	Ok(())
}

/// Checks that all of the bond is slashed, that the series has ended, and its requester with it.
async fn bond_is_lost(
	stage: &Stage<'_>,
	group: &GroupView,
	series: H256,
	mut requester: Requester,
) -> Result<()> {
	let slashed: Vec<(BlockNumber, SeriesSlashed)> =
		History::read(&stage.rpc).await?.of("TestSets", "SeriesSlashed")?;
	let [(_, event)] = slashed.as_slice() else {
		bail!("not one slashed series, but {slashed:?}");
	};
	ensure!(event.group == group.id && event.slashed == BOND, "{event:?}");
	let left = stage.rpc.test_set_series(series, None).await?;
	ensure!(left.is_none(), "the series goes on: {left:?}");
	requester.process.finishes(WAIT).await
}
