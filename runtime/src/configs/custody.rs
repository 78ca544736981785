//! The keepers of groups, and what they keep.

use super::emission::ToTreasury;
use crate::{
	constants::{MILLISECONDS_PER_BLOCK, MILLI_NRN, NRN},
	Balance, Balances, BlockNumber, Dataset, Emission, Evaluators, Groups, Rounds, Runtime,
	RuntimeHoldReason, Validators,
};
use alloc::{collections::BTreeSet, vec::Vec};
use descent_protocol::{
	addresses,
	view::{KeptKind, KeptView},
	ContentRef, EvaluationPolicy, GroupId, Providers,
};
use frame_support::{
	traits::{ConstU128, ConstU32, ConstU64},
	BoundedVec,
};
use pallet_custody::{ContentMark, KeptContent, MAX_MARKED_HEADS};
use pallet_groups::{DatasetLog, Revisions, Rules};
use pallet_rounds::Heads;
use pallet_test_sets::Series;

/// Least deposit of a keeper, which one that serves nothing loses.
const KEEPER_DEPOSIT: Balance = 5 * NRN;
/// The least that a check pays for a seat of its committee: a member fetches a MiB of each keeper.
const CUSTODY_SEAT_FEE: Balance = 2 * MILLI_NRN;
/// Number of blocks in which members fetch a leaf of each keeper: half of a minute, of which they have half.
const CUSTODY_ATTEST: BlockNumber = 10;
/// Number of blocks in which they open what they attested to.
const CUSTODY_OPEN: BlockNumber = 5;

/// Keepers and committees are paid out of their group's pot. Slashed deposits go to the treasury.
impl pallet_custody::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Content = GroupContent;
	type Committees = Evaluators;
	type Gateways = Validators;
	type Randomness = Rounds;
	type Rewards = Emission;
	type Slash = ToTreasury;
	type BlockTime = ConstU64<MILLISECONDS_PER_BLOCK>;
	type MinimumDeposit = ConstU128<KEEPER_DEPOSIT>;
	type SeatFee = ConstU128<CUSTODY_SEAT_FEE>;
	type AttestWindow = ConstU32<CUSTODY_ATTEST>;
	type OpenWindow = ConstU32<CUSTODY_OPEN>;
	type WeightInfo = pallet_custody::weights::SubstrateWeight<Runtime>;
}

/// The content of groups: all that anybody needs to go on with a group's training, or to use its models.
pub struct GroupContent;

impl KeptContent for GroupContent {
	fn mark(group: GroupId) -> Option<ContentMark> {
		let revision = pallet_groups::Groups::<Runtime>::get(group)?.revision;
		let last = Revisions::<Runtime>::get(group, revision)?.model_version;
		let heads = (first_marked(last)..=last)
			.filter_map(|version| Some((version, Heads::<Runtime>::get(group, version)?.checkpoint)));
		Some(ContentMark {
			revision,
			dataset_version: Dataset::version(group),
			heads: BoundedVec::truncate_from(heads.collect()),
		})
	}

	fn kept(group: GroupId, mark: &ContentMark) -> Vec<KeptView> {
		let mut list = KeptList::default();
		let revisions: Vec<Rules<Balance>> =
			(0..=mark.revision).filter_map(|revision| Revisions::<Runtime>::get(group, revision)).collect();
		for rules in &revisions {
			list.add(KeptKind::Model, rules.model, &rules.providers);
		}
		for rules in &revisions {
			if let Some(checkpoint) = rules.optional_rules.pretrained() {
				list.add(KeptKind::Head, checkpoint, &rules.providers);
			}
		}
		for delta in Dataset::deltas(group, mark.dataset_version) {
			list.push(KeptView { content: delta.delta, kind: KeptKind::Delta, providers: delta.providers });
		}
		for rules in &revisions {
			match rules.policy {
				EvaluationPolicy::Training { .. } => {}
				EvaluationPolicy::Validation { set, .. } => {
					list.add(KeptKind::ValidationSet, set, &rules.providers)
				}
				EvaluationPolicy::Hidden { series, otherwise, .. } => {
					list.add(KeptKind::ValidationSet, otherwise, &rules.providers);
					if let Some(series) = Series::<Runtime>::get(series) {
						list.add(KeptKind::Manifest, series.manifest, &series.providers);
					}
				}
			}
		}
		let last = revisions.last().map_or(0, |rules| rules.model_version);
		for version in 0..=last {
			let head = Heads::<Runtime>::get(group, version);
			let marked = mark.heads.iter().find(|(marked, _)| *marked == version);
			let now = head.as_ref().map(|head| head.checkpoint);
			// The heads of the last models may have come or changed since.
			let content =
				if version < first_marked(last) { now } else { marked.map(|(_, content)| *content) };
			if let Some(content) = content {
				let head = head.filter(|head| head.checkpoint == content);
				let providers = head.map(|head| head.providers).unwrap_or_default();
				list.add(KeptKind::Head, content, &providers);
			}
		}
		list.kept
	}
}

/// Returns the first of the models whose heads are marked, of `last` and those before it.
fn first_marked(last: u32) -> u32 {
	last.saturating_add(1).saturating_sub(MAX_MARKED_HEADS)
}

/// A list of content that has each once.
#[derive(Default)]
struct KeptList {
	kept: Vec<KeptView>,
	seen: BTreeSet<ContentRef>,
}

impl KeptList {
	fn push(&mut self, view: KeptView) {
		if self.seen.insert(view.content) {
			self.kept.push(view);
		}
	}

	fn add(&mut self, kind: KeptKind, content: ContentRef, providers: &Providers) {
		self.push(KeptView { content, kind, providers: addresses(providers) });
	}
}
