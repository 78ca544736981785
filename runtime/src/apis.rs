//! The runtime API: questions that a node may ask the runtime, with their answers. Longer answers are in
//! [`crate::views`].
#![allow(unreachable_pub, reason = "the macros make public items, of which the crate exports some")]

use crate::{
	constants::EPOCH_DURATION_IN_SLOTS, genesis, governance, views, AccountId, Babe, Balance, Block, Custody,
	Dataset, Emission, Executive, Grandpa, Groups, InherentDataExt, Nonce, Rounds, Runtime, RuntimeCall,
	RuntimeGenesisConfig, SessionKeys, System, TestSets, TransactionPayment, Validators,
	BABE_GENESIS_EPOCH_CONFIG, VERSION,
};
use alloc::{string::String, vec::Vec};
use codec::Encode;
use descent_protocol::{
	view::{
		AmendmentView, AmendmentViewV2, ChainEvent, CustodyView, EmissionView, EventTopic, GovernanceView,
		GroupView, GroupViewV2, GroupViewV3, HeadView, HeadViewV3, KeptView, LogEntryView, OrderView, Page,
		PotView, PotViewV3, ProposalView, RecordingView, RewardsView, RoundEventV1, RoundSummary,
		RoundTestSetView, RoundView, RoundViewV2, StakeView, StakeViewV3, StandingView, TestSetSeriesView,
		ValidatorRules, ValidatorView, VoteEventV1, VotersView,
	},
	AmendmentId, GroupId, ProposalId, RoundIndex,
};
use frame_support::{
	genesis_builder_helper::get_preset,
	traits::KeyOwnerProofSystem,
	view_functions::{ViewFunctionDispatchError, ViewFunctionId},
	weights::Weight,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use pallet_validators::KeyOwners;
use sp_api::{decl_runtime_apis, impl_runtime_apis};
use sp_consensus_babe::BabeConfiguration;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata, H256};
use sp_genesis_builder::PresetId;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
	traits::Block as BlockT,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

type Extrinsic = <Block as BlockT>::Extrinsic;
type Header = <Block as BlockT>::Header;
type Hash = <Block as BlockT>::Hash;
type LazyBlock = <Block as BlockT>::LazyBlock;

decl_runtime_apis! {
	/// Groups, rounds, standings, votes, balances, validators and governance as of a block.
	#[api_version(7)]
	pub trait TrainingApi {
		/// Groups in the order of their numbers, from number `from` on, at most `limit` of them and never
		/// more than 100.
		fn groups(from: GroupId, limit: u32) -> Vec<GroupView>;
		#[changed_in(4)]
		fn groups(from: GroupId, limit: u32) -> Vec<GroupViewV3>;
		#[changed_in(3)]
		fn groups(from: GroupId, limit: u32) -> Vec<GroupViewV2>;
		/// A group.
		fn group(id: GroupId) -> Option<GroupView>;
		#[changed_in(4)]
		fn group(id: GroupId) -> Option<GroupViewV3>;
		#[changed_in(3)]
		fn group(id: GroupId) -> Option<GroupViewV2>;
		/// A round: with its commitments while they are kept, later its windows alone.
		fn round(group: GroupId, round: RoundIndex) -> Option<RoundView>;
		#[changed_in(3)]
		fn round(group: GroupId, round: RoundIndex) -> Option<RoundViewV2>;
		/// The settled rounds of a group that are kept, from number `from` on, at most `limit` and never more
		/// than 100. From version 4 on.
		fn history(group: GroupId, from: RoundIndex, limit: u32) -> Vec<RoundSummary>;
		/// Results of a group's trainers, the best first, from place `from` (from 0) on, at most `limit`.
		fn leaderboard(group: GroupId, from: u32, limit: u32) -> Vec<StandingView>;
		#[changed_in(5)]
		fn leaderboard(group: GroupId) -> Vec<StandingView>;
		/// The heads of the models that a group had before the one it trains, the last model's first, from
		/// place `from` on, at most `limit`.
		fn retired_heads(group: GroupId, from: u32, limit: u32) -> Vec<HeadView>;
		#[changed_in(5)]
		fn retired_heads(group: GroupId) -> Vec<HeadView>;
		#[changed_in(4)]
		fn retired_heads(group: GroupId) -> Vec<HeadViewV3>;
		/// The events of all groups in the block whose state is asked, in order.
		fn events() -> Vec<ChainEvent>;
		#[changed_in(2)]
		fn events() -> Vec<RoundEventV1>;
		/// Those of the events that are about votes.
		fn vote_events() -> Vec<ChainEvent>;
		#[changed_in(2)]
		fn vote_events() -> Vec<VoteEventV1>;
		/// The log of a group's data set from the entry that made version `from` on, oldest first, at most
		/// `limit` entries and never more than 100.
		fn dataset_log(group: GroupId, from: u32, limit: u32) -> Vec<LogEntryView>;
		/// The delta proposals of a group: those that are open in their order, then the last that ended, the
		/// newest first. From place `from` on, at most `limit`.
		fn proposals(group: GroupId, from: u32, limit: u32) -> Vec<ProposalView>;
		#[changed_in(5)]
		fn proposals(group: GroupId) -> Vec<ProposalView>;
		/// The amendments of a group's rules: those that are open, then the last that ended, the newest first
		/// in both. From place `from` on, at most `limit`.
		fn amendments(group: GroupId, from: u32, limit: u32) -> Vec<AmendmentView>;
		#[changed_in(5)]
		fn amendments(group: GroupId) -> Vec<AmendmentView>;
		#[changed_in(3)]
		fn amendments(group: GroupId) -> Vec<AmendmentViewV2>;
		/// The accounts that vote for an open delta proposal, from the account `from` on, at most `limit` of
		/// them and never more than 100; `None` where it is not open. From version 5 on.
		fn voters(
			group: GroupId,
			proposal: ProposalId,
			from: Option<AccountId>,
			limit: u32,
		) -> Option<VotersView>;
		/// The accounts that approve an open amendment, in the same way. From version 5 on.
		fn amendment_voters(
			group: GroupId,
			amendment: AmendmentId,
			from: Option<AccountId>,
			limit: u32,
		) -> Option<VotersView>;
		/// The stake of an account in a group, and its votes; `None` where there is no such group.
		fn stake(group: GroupId, account: AccountId) -> Option<StakeView>;
		#[changed_in(4)]
		fn stake(group: GroupId, account: AccountId) -> Option<StakeViewV3>;
		/// The emission, and the amount minted so far.
		fn emission() -> EmissionView;
		/// The pot of a group; `None` where there is no such group.
		fn pot(group: GroupId) -> Option<PotView>;
		#[changed_in(4)]
		fn pot(group: GroupId) -> Option<PotViewV3>;
		/// The orders of a group, the oldest first. From version 6 on.
		fn orders(group: GroupId) -> Vec<OrderView>;
		/// The rewards of an account.
		fn rewards(account: AccountId) -> RewardsView;
		/// The candidates in their order, then the other validators of the session. From place `from` on, at
		/// most `limit`.
		fn validators(from: u32, limit: u32) -> Vec<ValidatorView>;
		#[changed_in(5)]
		fn validators() -> Vec<ValidatorView>;
		/// The standing of an account that has bonded; `None` where it never has.
		fn validator(account: AccountId) -> Option<ValidatorView>;
		/// The rules of the validator set.
		fn validator_rules() -> ValidatorRules;
		/// The technical committee, its motions, and descriptions of their calls.
		fn governance() -> GovernanceView;
		/// The base address of the gateway at which a validator serves what it has fetched to the others.
		fn gateway(account: AccountId) -> Option<String>;
		/// An open series of hidden test sets. From version 6 on.
		fn test_set_series(series: H256) -> Option<TestSetSeriesView>;
		/// The hidden test set of a round; `None` where its rules name no open series. From version 6 on.
		fn round_test_set(group: GroupId, round: RoundIndex) -> Option<RoundTestSetView>;
		/// The recording that came with an account's checkpoint, or `None` where there is none, or the round
		/// is forgotten. From version 6 on.
		fn recording(group: GroupId, round: RoundIndex, account: AccountId) -> Option<RecordingView>;
		/// The keepers of a group, and the check of what they serve; `None` where there is no such group.
		/// From version 7 on.
		fn custody(group: GroupId) -> Option<CustodyView>;
		/// The content that the keepers of a group keep, from place `from` on, at most `limit` and never more
		/// than 1,000. From version 7 on.
		fn kept_content(group: GroupId, from: u32, limit: u32) -> Vec<KeptView>;
	}
}

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: InherentData) -> Vec<Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(block: LazyBlock, data: InherentData) -> CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			transaction: Extrinsic,
			block_hash: Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, transaction, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> BabeConfiguration {
			let epoch_config = Babe::epoch_config().unwrap_or(BABE_GENESIS_EPOCH_CONFIG);
			BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: EPOCH_DURATION_IN_SLOTS,
				c: epoch_config.c,
				authorities: Babe::authorities().to_vec(),
				randomness: Babe::randomness(),
				allowed_slots: epoch_config.allowed_slots,
			}
		}

		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}

		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}

		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}

		fn generate_key_ownership_proof(
			_slot: sp_consensus_babe::Slot,
			authority: sp_consensus_babe::AuthorityId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			KeyOwners::<Runtime>::prove((sp_consensus_babe::KEY_TYPE, authority))
				.map(|proof| sp_consensus_babe::OpaqueKeyOwnershipProof::new(proof.encode()))
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			proof: sp_consensus_babe::EquivocationProof<Header>,
			owner: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Babe::submit_unsigned_equivocation_report(proof, owner.decode()?)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			Grandpa::current_set_id()
		}

		fn generate_key_ownership_proof(
			_set: sp_consensus_grandpa::SetId,
			authority: sp_consensus_grandpa::AuthorityId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			KeyOwners::<Runtime>::prove((sp_consensus_grandpa::KEY_TYPE, authority))
				.map(|proof| sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			proof: sp_consensus_grandpa::EquivocationProof<Hash, crate::BlockNumber>,
			owner: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(proof, owner.decode()?)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(transaction: Extrinsic, length: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(transaction, length)
		}

		fn query_fee_details(transaction: Extrinsic, length: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_fee_details(transaction, length)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall>
		for Runtime
	{
		fn query_call_info(call: RuntimeCall, length: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, length)
		}

		fn query_call_fee_details(call: RuntimeCall, length: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, length)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl self::TrainingApi<Block> for Runtime {
		fn groups(from: GroupId, limit: u32) -> Vec<GroupView> {
			views::groups(from, limit)
		}

		fn group(id: GroupId) -> Option<GroupView> {
			views::group(id)
		}

		fn round(group: GroupId, round: RoundIndex) -> Option<RoundView> {
			Rounds::round_view(group, round)
		}

		fn history(group: GroupId, from: RoundIndex, limit: u32) -> Vec<RoundSummary> {
			Rounds::history(group, from, limit.min(views::MAX_PAGE))
		}

		fn leaderboard(group: GroupId, from: u32, limit: u32) -> Vec<StandingView> {
			Rounds::standings(group, Page { from, limit })
		}

		fn retired_heads(group: GroupId, from: u32, limit: u32) -> Vec<HeadView> {
			Rounds::retired_heads(group, Page { from, limit })
		}

		fn events() -> Vec<ChainEvent> {
			views::events()
		}

		fn vote_events() -> Vec<ChainEvent> {
			views::events().into_iter().filter(|event| EventTopic::Votes.includes(event)).collect()
		}

		fn dataset_log(group: GroupId, from: u32, limit: u32) -> Vec<LogEntryView> {
			Dataset::log(group, from, limit.min(views::MAX_PAGE))
		}

		fn proposals(group: GroupId, from: u32, limit: u32) -> Vec<ProposalView> {
			Dataset::proposals(group, Page { from, limit })
		}

		fn amendments(group: GroupId, from: u32, limit: u32) -> Vec<AmendmentView> {
			Groups::amendments(group, Page { from, limit })
		}

		fn voters(
			group: GroupId,
			proposal: ProposalId,
			from: Option<AccountId>,
			limit: u32,
		) -> Option<VotersView> {
			Dataset::voters(group, proposal, from, limit.min(views::MAX_PAGE))
		}

		fn amendment_voters(
			group: GroupId,
			amendment: AmendmentId,
			from: Option<AccountId>,
			limit: u32,
		) -> Option<VotersView> {
			Groups::voters(group, amendment, from, limit.min(views::MAX_PAGE))
		}

		fn stake(group: GroupId, account: AccountId) -> Option<StakeView> {
			let delta = Dataset::vote_of(group, &account);
			Groups::stake_view(group, account, delta)
		}

		fn emission() -> EmissionView {
			Emission::emission_view()
		}

		fn pot(group: GroupId) -> Option<PotView> {
			views::pot(group)
		}

		fn orders(group: GroupId) -> Vec<OrderView> {
			Emission::orders_view(group)
		}

		fn rewards(account: AccountId) -> RewardsView {
			Emission::rewards_view(&account)
		}

		fn validators(from: u32, limit: u32) -> Vec<ValidatorView> {
			Validators::validators_view(Page { from, limit })
		}

		fn validator(account: AccountId) -> Option<ValidatorView> {
			Validators::validator_view(account)
		}

		fn validator_rules() -> ValidatorRules {
			Validators::rules_view()
		}

		fn governance() -> GovernanceView {
			governance::governance()
		}

		fn gateway(account: AccountId) -> Option<String> {
			Validators::gateway_view(account)
		}

		fn test_set_series(series: H256) -> Option<TestSetSeriesView> {
			TestSets::series_view(series)
		}

		fn round_test_set(group: GroupId, round: RoundIndex) -> Option<RoundTestSetView> {
			TestSets::round_test_set(group, round)
		}

		fn recording(group: GroupId, round: RoundIndex, account: AccountId) -> Option<RecordingView> {
			Rounds::recording_view(group, round, &account)
		}

		fn custody(group: GroupId) -> Option<CustodyView> {
			Custody::custody_view(group)
		}

		fn kept_content(group: GroupId, from: u32, limit: u32) -> Vec<KeptView> {
			Custody::kept_content(group, Page { from, limit: limit.min(views::MAX_KEPT_PAGE) })
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			genesis::build(config)
		}

		fn get_preset(id: &Option<PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis::get_preset)
		}

		fn preset_names() -> Vec<PresetId> {
			genesis::preset_names()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use crate::*;
			use baseline::Pallet as BaselineBench;
			use frame_benchmarking::{baseline, BenchmarkList};
			use frame_support::traits::StorageInfoTrait;
			use frame_system_benchmarking::{
				extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench,
			};

			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		#[allow(non_local_definitions)]
		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use crate::*;
			use baseline::Pallet as BaselineBench;
			use frame_benchmarking::{baseline, BenchmarkBatch};
			use frame_support::traits::WhitelistedStorageKeys;
			use frame_system_benchmarking::{
				extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench,
			};

			impl frame_system_benchmarking::Config for Runtime {}
			impl baseline::Config for Runtime {}

			let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks).expect("the upgrade's checks pass");
			(weight, crate::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("the block can be executed")
		}
	}
}
