//! A chain that a test grows block by block.

use descent_protocol::{
	trace::{Base, Precision, Recipe, RecipeOptimizer, Trace},
	view::{
		AmendmentView, CandidateView, ChainEvent, CheckView, EmissionView, FundingView, GovernanceView,
		GroupView, HeadView, LogEntryView, MotionView, OrderView, Page, PotView, ProposalView, RecordingView,
		RewardsView, RoundSummary, RoundView, StakeView, StandingView, StreamView, Unbonding, ValidatorRules,
		ValidatorStanding, ValidatorView, VoterView, VotersView, WinnerView,
	},
	AmendmentId, Change, Clock, Codec, ContentRef, DeltaReport, DeltaVerdict, EvaluationPolicy, GroupId,
	Majority, Metric, Outcome, ProposalId, RoundIndex, Score, Share, Shares, Stream,
};
use descent_runtime::{
	opaque::{Block, Header},
	AccountId, BlockNumber, Hash, TrainingApi, NRN,
};
use sc_client_api::{
	BlockImportNotification, BlockchainEvents, FinalityNotification, FinalityNotifications, FinalizeSummary,
	ImportNotifications, StorageEventStream, StorageKey,
};
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedSender};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HashAndNumber, HeaderBackend, Info, TreeRoute};
use sp_consensus::BlockOrigin;
use sp_runtime::traits::Header as _;
use std::sync::{Arc, Mutex};

type Listeners<T> = Mutex<Vec<TracingUnboundedSender<T>>>;

/// Its block `n` has the hash `n`, group 0, a commitment to round `n` of group 0 and of group 1, and a voting
/// period of group 0 and of group 1 that closed.
#[derive(Default)]
pub(super) struct TestChain {
	finalized: Mutex<BlockNumber>,
	imports: Listeners<BlockImportNotification<Block>>,
	finalities: Listeners<FinalityNotification<Block>>,
}

pub(super) fn hash(block: BlockNumber) -> Hash {
	Hash::from_low_u64_be(block.into())
}

pub(super) fn trainer() -> AccountId {
	AccountId::new([7; 32])
}

fn header(number: BlockNumber) -> Header {
	Header::new(
		number,
		Default::default(),
		Default::default(),
		hash(number.saturating_sub(1)),
		Default::default(),
	)
}

/// The events of a block's rounds: a commitment in each group.
pub(super) fn events_of(block: BlockNumber) -> Vec<ChainEvent> {
	[0, 1].map(|group| ChainEvent::Committed { group, round: block, account: trainer() }).to_vec()
}

/// The events of a block's votes: the close of a voting period in each group.
pub(super) fn votes_of(block: BlockNumber) -> Vec<ChainEvent> {
	[0, 1].map(|group| ChainEvent::PeriodClosed { group, next: block.saturating_add(100) }).to_vec()
}

impl TestChain {
	/// Finalizes `block` and all before it, with one notification.
	pub(super) fn finalize(&self, block: BlockNumber) {
		*self.finalized.lock().unwrap() = block;
		for listener in self.finalities.lock().unwrap().iter() {
			let summary =
				FinalizeSummary { header: header(block), finalized: vec![hash(block)], stale_blocks: vec![] };
			let unpin = tracing_unbounded("unpin", 100).0;
			let _ = listener.unbounded_send(FinalityNotification::from_summary(summary, unpin));
		}
	}

	/// Imports `block` as the best one; `brought` are its new ancestors on another fork than the last best
	/// block's.
	pub(super) fn import(&self, block: BlockNumber, is_new_best: bool, brought: &[BlockNumber]) {
		let route = (!brought.is_empty()).then(|| {
			let blocks = [0].iter().chain(brought);
			let route = blocks.map(|number| HashAndNumber { number: *number, hash: hash(*number) });
			Arc::new(TreeRoute::new(route.collect(), 0).unwrap())
		});
		for listener in self.imports.lock().unwrap().iter() {
			let unpin = tracing_unbounded("unpin", 100).0;
			let _ = listener.unbounded_send(BlockImportNotification::new(
				hash(block),
				BlockOrigin::NetworkBroadcast,
				header(block),
				is_new_best,
				route.clone(),
				unpin,
			));
		}
	}
}

impl BlockchainEvents<Block> for TestChain {
	fn import_notification_stream(&self) -> ImportNotifications<Block> {
		let (sender, receiver) = tracing_unbounded("imports", 1_000);
		self.imports.lock().unwrap().push(sender);
		receiver
	}

	fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
		self.import_notification_stream()
	}

	fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
		let (sender, receiver) = tracing_unbounded("finalities", 1_000);
		self.finalities.lock().unwrap().push(sender);
		receiver
	}

	fn storage_changes_notification_stream(
		&self,
		_: Option<&[StorageKey]>,
		_: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
	) -> sp_blockchain::Result<StorageEventStream<Hash>> {
		Err(sp_blockchain::Error::Backend("this chain has no storage".into()))
	}
}

impl HeaderBackend<Block> for TestChain {
	fn header(&self, _: Hash) -> sp_blockchain::Result<Option<Header>> {
		Ok(None)
	}

	fn info(&self) -> Info<Block> {
		let number = *self.finalized.lock().unwrap();
		Info {
			best_hash: hash(number),
			best_number: number,
			genesis_hash: hash(0),
			finalized_hash: hash(number),
			finalized_number: number,
			finalized_state: None,
			number_leaves: 1,
			block_gap: None,
		}
	}

	fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
		Ok(BlockStatus::InChain)
	}

	fn number(&self, block: Hash) -> sp_blockchain::Result<Option<BlockNumber>> {
		Ok(u32::try_from(block.to_low_u64_be()).ok())
	}

	fn hash(&self, number: BlockNumber) -> sp_blockchain::Result<Option<Hash>> {
		Ok(Some(hash(number)))
	}
}

impl ProvideRuntimeApi<Block> for TestChain {
	type Api = TestApi;

	fn runtime_api(&self) -> ApiRef<'_, TestApi> {
		TestApi.into()
	}
}

fn content(byte: u8) -> ContentRef {
	ContentRef { digest: Hash::repeat_byte(byte), codec: Codec::Raw, size: 1 }
}

fn the_group() -> GroupView {
	GroupView {
		id: 0,
		owner: trainer(),
		name: "digits".into(),
		model: content(1),
		model_version: 0,
		dataset_version: 1,
		dataset_root: Hash::repeat_byte(3),
		providers: vec!["http://127.0.0.1:1".into()],
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 10 },
		minimum_improvement: 1,
		target: Some(Score(70_000)),
		clock: Clock { first: 0, start: 1, length: 10, reveal: 3, attest: 3, open: 3 },
		deposit: 3 * NRN,
		shares: Shares::default(),
		head: None,
		voting_period: 100,
		quorum: Share::percent(20),
		stake: 30 * NRN,
		closes: 100,
		block: 5,
		round: Some(0),
		settled: None,
		optional_rules: Default::default(),
	}
}

fn the_round(round: RoundIndex) -> Option<RoundView> {
	let windows = the_group().clock.windows(round)?;
	Some(RoundView {
		group: 0,
		round,
		phase: windows.phase(5),
		windows,
		model_version: 0,
		dataset_version: 1,
		dithered: true,
		minimum_improvement: 1,
		seed: None,
		settled: true,
		baseline: Some(Score(5)),
		winner: None,
		candidates: vec![CandidateView {
			account: trainer(),
			commitment: Hash::zero(),
			deposit: 3 * NRN,
			reveal: None,
			measured: None,
			tally: None,
			outcome: Some(Outcome::Unrevealed),
			reward: 0,
			slashed: NRN,
		}],
		committee: vec![],
		block: 5,
	})
}

fn the_entry(version: u32) -> LogEntryView {
	LogEntryView {
		version,
		delta: content(2),
		providers: vec![],
		root: Hash::repeat_byte(3),
		from: 0,
		report: None,
		proposer: trainer(),
		block: 1,
	}
}

fn the_proposal() -> ProposalView {
	let report = DeltaReport { added: 5_000, removed: 0, records: 65_000, root: Hash::repeat_byte(5) };
	ProposalView {
		group: 0,
		id: 3,
		proposer: trainer(),
		delta: content(4),
		providers: vec!["http://127.0.0.1:2".into()],
		summary: "5,000 digits more".into(),
		deposit: 10 * NRN,
		base: 1,
		block: 4,
		ayes: 20 * NRN,
		lost: 0,
		check: Some(CheckView {
			version: 1,
			attempt: Some(0),
			until: Some(15),
			decided: None,
			verdicts: vec![(DeltaVerdict::Valid(report), 2)],
			committee: 4,
		}),
		ending: None,
	}
}

fn the_amendment() -> AmendmentView {
	AmendmentView {
		group: 0,
		id: 0,
		proposer: trainer(),
		changes: vec![Change::VotingPeriod { blocks: 50 }],
		summary: "vote more often".into(),
		deposit: 10 * NRN,
		block: 4,
		ayes: 20 * NRN,
		majority: Majority::Half,
		lost: 0,
		ending: None,
	}
}

/// The trainer that is the `place`th, from 0, with as many wins as come after it.
fn the_standing(place: u32) -> StandingView {
	StandingView { account: trainer(), rounds: 150, wins: 150 - place, best: None, earned: 0, slashed: NRN }
}

fn the_head(model_version: u32) -> HeadView {
	HeadView {
		model_version,
		round: model_version,
		account: trainer(),
		checkpoint: content(6),
		score: Score(9),
		measured_on: None,
		providers: vec![],
	}
}

fn the_pot() -> PotView {
	PotView {
		stake: 30 * NRN,
		emission: 10 * NRN,
		shares: Shares::default(),
		winner: 3 * NRN,
		validators: NRN,
		keepers: 0,
		proposer: 2 * NRN,
		terms: Hash::repeat_byte(8),
		fundings: vec![FundingView {
			client: trainer(),
			left: 5 * NRN,
			per_round: NRN,
			free: Some(77),
			paused: true,
		}],
	}
}

fn the_order() -> OrderView {
	OrderView {
		client: trainer(),
		left: 900 * NRN,
		price: NRN,
		bonus: 10 * NRN,
		target: Score(50_000),
		mark: Score(67_036),
		since: 3,
		until: 500,
		free: 6_600,
		paused: false,
	}
}

fn the_recording() -> RecordingView {
	let optimizer = RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 };
	let base = Base::Initial { seed: 5 };
	RecordingView {
		recipe: Recipe { base, optimizer, precision: Precision::F32, steps: 200, batch: 64 },
		trace: Trace { root: hash(4), segments: 3 },
		number: 2,
		rate: 1_000_000,
		start: None,
		end: content(9),
	}
}

fn the_validator() -> ValidatorView {
	ValidatorView {
		account: trainer(),
		bond: 1_000 * NRN,
		unbonding: vec![Unbonding { amount: NRN, free: 99 }],
		standing: ValidatorStanding::Jailed { until: 88 },
		is_candidate: false,
		keys: Some([Hash::repeat_byte(1); 3]),
		strikes: 1,
		rank: None,
	}
}

/// A round of a group that the trainer has won.
fn summary(group: GroupId, round: RoundIndex) -> RoundSummary {
	let winner = WinnerView { account: trainer(), checkpoint: content(3), score: Score(7), reward: NRN };
	RoundSummary {
		round,
		model_version: group,
		dataset_version: 0,
		commitments: 2,
		reveals: 1,
		baseline: None,
		winner: Some(winner),
	}
}

/// Voters 0 to 29 in their order, each with as many tokens as its number says.
fn voters(from: Option<AccountId>, limit: u32) -> VotersView {
	let account = |number: u8| AccountId::new([number; 32]);
	let from = from.map_or(0, |from| <[u8; 32]>::from(from)[0]);
	let end = from.saturating_add(u8::try_from(limit).unwrap()).min(30);
	let voter =
		|number: u8| VoterView { account: account(number), stake: u128::from(number) * NRN, pending: 0 };
	VotersView { voters: (from..end).map(voter).collect(), next: (end < 30).then(|| account(end)) }
}

pub(super) struct TestApi;

sp_api::mock_impl_runtime_apis! {
	impl TrainingApi<Block> for TestApi {
		fn groups(from: GroupId, limit: u32) -> Vec<GroupView> {
			[the_group()].into_iter().filter(|group| group.id >= from && limit > 0).collect()
		}

		fn group(id: GroupId) -> Option<GroupView> {
			(id == 0).then(the_group)
		}

		fn round(group: GroupId, round: RoundIndex) -> Option<RoundView> {
			(group == 0).then(|| the_round(round)).flatten()
		}

		fn leaderboard(_group: GroupId, from: u32, limit: u32) -> Vec<StandingView> {
			Page { from, limit }.of((0..150).map(the_standing))
		}

		fn history(group: GroupId, from: RoundIndex, limit: u32) -> Vec<RoundSummary> {
			let rows = (from..3).map(|round| summary(group, round));
			rows.take(usize::try_from(limit).unwrap()).collect()
		}

		fn retired_heads(_group: GroupId, from: u32, limit: u32) -> Vec<HeadView> {
			Page { from, limit }.of((0..3).rev().map(the_head))
		}

		fn dataset_log(_group: GroupId, from: u32, limit: u32) -> Vec<LogEntryView> {
			(1..=2).filter(|version| *version >= from).take(limit as usize).map(the_entry).collect()
		}

		fn proposals(_group: GroupId, from: u32, limit: u32) -> Vec<ProposalView> {
			Page { from, limit }.of([the_proposal()])
		}

		fn amendments(_group: GroupId, from: u32, limit: u32) -> Vec<AmendmentView> {
			Page { from, limit }.of([the_amendment()])
		}

		fn voters(
			_group: GroupId,
			proposal: ProposalId,
			from: Option<AccountId>,
			limit: u32,
		) -> Option<VotersView> {
			(proposal == 3).then(|| voters(from, limit))
		}

		fn amendment_voters(
			_group: GroupId,
			amendment: AmendmentId,
			from: Option<AccountId>,
			limit: u32,
		) -> Option<VotersView> {
			(amendment == 0).then(|| voters(from, limit))
		}

		fn stake(group: GroupId, account: AccountId) -> Option<StakeView> {
			(group == 0).then(|| StakeView {
				group,
				stake: if account == trainer() { 20 * NRN } else { 0 },
				account,
				pending: 0,
				total: 30 * NRN,
				unstaking: vec![],
				delta: Some(3),
				amendments: vec![0],
			})
		}

		fn emission() -> EmissionView {
			EmissionView {
				block: 5,
				era: 0,
				next_halving: Some(42_048_000),
				issuance: 11 * NRN,
				genesis: 10 * NRN,
				minted: 2 * NRN,
				burned: NRN,
				stake: 30 * NRN,
				streams: vec![StreamView {
					stream: Stream::Trainers,
					period: 1_200,
					since: 0,
					emission: NRN,
					flown: 5,
				}],
			}
		}

		fn pot(group: GroupId) -> Option<PotView> {
			(group == 0).then(the_pot)
		}

		fn orders(group: GroupId) -> Vec<OrderView> {
			[the_order()].into_iter().filter(|_| group == 0).collect()
		}

		fn rewards(account: AccountId) -> RewardsView {
			RewardsView {
				accrued: if account == trainer() { NRN } else { 0 },
				claimed: 0,
			}
		}

		fn validators(from: u32, limit: u32) -> Vec<ValidatorView> {
			Page { from, limit }.of([the_validator()])
		}

		fn validator(account: AccountId) -> Option<ValidatorView> {
			(account == trainer()).then(the_validator)
		}

		fn validator_rules() -> ValidatorRules {
			ValidatorRules {
				minimum_bond: 1_000 * NRN,
				seats: 100,
				unbonding: 921_600,
				jail: 28_800,
				minimum_penalty: Share::percent(10),
			}
		}

		fn governance() -> GovernanceView {
			GovernanceView {
				members: vec![trainer()],
				motions: vec![MotionView {
					hash: hash(9),
					index: 0,
					call: vec![0, 1],
					summary: "system.remark".into(),
					threshold: 1,
					ayes: vec![trainer()],
					nays: vec![],
					end: 100,
				}],
				treasury: 7 * NRN,
				authorized_upgrade: Some(hash(8)),
				spec_version: 2,
			}
		}

		fn recording(group: GroupId, round: RoundIndex, account: AccountId) -> Option<RecordingView> {
			((group, round) == (0, 0) && account == trainer()).then(the_recording)
		}

		fn gateway(account: AccountId) -> Option<String> {
			(account == trainer()).then(|| "http://203.0.113.7:8081".into())
		}

		#[advanced]
		fn events(at: Hash) -> Result<Vec<ChainEvent>, sp_api::ApiError> {
			match u32::try_from(at.to_low_u64_be()) {
				Ok(666) => Err(sp_api::ApiError::UnknownBlock("666".into())),
				Ok(block) => Ok([events_of(block), votes_of(block)].concat()),
				Err(_) => Ok(vec![]),
			}
		}
	}
}
