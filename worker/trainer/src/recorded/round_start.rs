//! The start of a round as a recorded training has to know it.

use crate::rounds::Chain;
use anyhow::Result;
use descent_protocol::{
	trace::{BatchOrder, RecipeRule},
	view::GroupView,
};
use descent_replay::DatasetVersion;
use sp_core::{crypto::AccountId32, H256};

/// All that the recordings of a round have in common. It is known once the round's first block is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoundStart {
	pub rule: RecipeRule,
	/// The order of the batches.
	pub order: BatchOrder,
	/// Digest of the model description's file.
	pub model: H256,
	pub dataset: DatasetVersion,
}

/// Waits for the first block of each round to be final.
#[derive(Debug)]
pub(crate) struct RoundWatch {
	genesis: H256,
	account: AccountId32,
	found: Option<RoundStart>,
}

impl RoundWatch {
	/// Watches the rounds of a chain for an account.
	pub(crate) fn new(genesis: H256, account: AccountId32) -> Self {
		Self { genesis, account, found: None }
	}

	/// Returns the start of the group's current round once it is known; `None` before, and in groups without
	/// recorded trainings.
	pub(crate) async fn follow(
		&mut self,
		chain: &impl Chain,
		group: &GroupView,
	) -> Result<Option<RoundStart>> {
		let (Some(rule), Some(round)) = (group.optional_rules.recipe(), group.round) else {
			return Ok(None);
		};
		if self.found.as_ref().is_some_and(|found| found.order.round == round) {
			return Ok(self.found.clone());
		}
		self.found = None;
		let Some(windows) = group.clock.windows(round) else {
			return Ok(None);
		};
		if let Some(link) = chain.final_hash(windows.commit.start).await? {
			let (genesis, account) = (self.genesis, self.account.clone());
			self.found = Some(RoundStart {
				rule,
				order: BatchOrder { genesis, group: group.id, round, link, account },
				model: group.model.digest,
				dataset: DatasetVersion { version: group.dataset_version, root: group.dataset_root },
			});
		}
		Ok(self.found.clone())
	}
}
