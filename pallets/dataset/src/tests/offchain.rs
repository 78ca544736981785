//! The validators' off-chain worker, with a node, an evaluator and a chain of the test's making.

use super::{delta, other_model, report};
use crate::{
	mock::{
		account, apply_extrinsic, evaluator, model, new_test_ext, run_to, Dataset, Extrinsic, System, Test,
	},
	offchain::run,
	Attempt, Attestation, Call, Check, Checks, NextProposal, Open, Proposal, Proposals,
};
use codec::{Decode, Encode};
use descent_protocol::{
	check_hash,
	evaluation::{CheckJob, CheckRequest, Checked, JobStatus},
	DeltaVerdict, GroupId, ProposalId, Salt,
};
use frame_support::traits::IsSubType;
use pallet_evaluators::{
	offchain::testing::{Answer, Asked, Node},
	AuthorityId, Committee, Evaluators, KEY_TYPE,
};
use sp_core::{Pair, H256};
use sp_io::TestExternalities;
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::transaction_validity::TransactionValidityError;

mod answers;
mod faults;
mod load;
mod messages;
mod steps;

/// The block in which the proposals were made: what is sent with it is in the first block of the attest
/// window.
const ASK: u32 = 20;
/// The block with which verdicts may be opened first: the second of the open window, which takes blocks 31 to
/// 35.
const OPEN: u32 = 31;
/// The last block before the second attempt's attest window.
const AGAIN: u32 = 35;
/// This node's place in the committees.
const MEMBER: u32 = 1;

const FOUND: DeltaVerdict = super::MALFORMED;

fn job(id: H256, status: JobStatus<Checked>) -> Answer {
	Answer::Whole(200, serde_json::to_vec(&CheckJob { id, status }).unwrap())
}

fn done(checked: DeltaVerdict) -> JobStatus<Checked> {
	JobStatus::Done(Checked { checked })
}

/// The check that a call is about.
fn id(asked: &Asked) -> H256 {
	match asked.method.as_str() {
		"POST" => request(asked).id(),
		_ => asked.url.rsplit('/').next().unwrap().parse().unwrap(),
	}
}

fn request(asked: &Asked) -> CheckRequest {
	serde_json::from_slice(&asked.body).unwrap()
}

/// Takes a job, and has it done when it is asked for it again.
fn check(asked: &Asked) -> Answer {
	let status = match asked.method.as_str() {
		"POST" => JobStatus::Queued,
		_ => done(FOUND),
	};
	job(id(asked), status)
}

/// A chain and one of its validators' nodes.
struct World {
	node: Node,
	chain: TestExternalities,
	key: AuthorityId,
}

impl World {
	/// A chain with so many proposals in group 0. This node is one of three members.
	fn new(proposals: u32) -> Self {
		let node = Node::new(check);
		let mut chain = new_test_ext();
		let keystore = MemoryKeystore::new();
		let key: AuthorityId = keystore.sr25519_generate_new(KEY_TYPE, Some("//Own")).unwrap().into();
		chain.register_extension(KeystoreExt::new(keystore));
		node.register(&mut chain);
		let mut world = Self { node, chain, key };
		world.chain.execute_with(|| run_to(ASK));
		world.set_committee();
		for id in 0..proposals {
			world.put_proposal(0, id);
		}
		world
	}

	fn set_committee(&mut self) {
		let own = self.key.clone();
		let committee =
			vec![(account(1), evaluator(1).public()), (account(2), own), (account(3), evaluator(3).public())];
		self.chain.execute_with(|| Evaluators::<Test>::put(Committee::truncate_from(committee)));
	}

	/// A proposal of [`ASK`], whatever its deposit.
	fn put_proposal(&mut self, group: GroupId, id: ProposalId) {
		self.chain.execute_with(|| {
			let open = Open::<Test>::get(group);
			let proposal = Proposal {
				proposer: account(u8::try_from(id).unwrap()),
				delta: delta(id),
				providers: Default::default(),
				summary: Default::default(),
				deposit: 0,
				base: 1,
				model: model(),
				announced: 1,
				block: ASK,
				place: u32::try_from(open.len()).unwrap(),
				ayes: 0,
				lost: 0,
				valid: None,
			};
			Dataset::begin_check(group, id, &proposal, model());
			Proposals::<Test>::insert(group, id, proposal);
			Open::<Test>::try_append(group, id).unwrap();
			NextProposal::<Test>::insert(group, id + 1);
			Checks::<Test>::mutate(group, id, |check| check.as_mut().unwrap().since = ASK);
		});
	}

	/// Runs the off-chain worker of a block. Returns the transactions that it sent.
	fn run(&mut self, block: u32) -> Vec<Sent> {
		self.chain.execute_with(|| {
			System::set_block_number(block);
			run::<Test>(block);
		});
		self.node.sent().into_iter().map(Sent).collect()
	}

	/// Asks, polls and attests with the attest window's first blocks. Returns the attestation.
	fn attest(&mut self) -> Sent {
		assert!(self.run(ASK).is_empty());
		self.run(ASK + 1).pop().expect("the verdict is there")
	}

	/// Executes a transaction in a block, as the runtime does.
	fn include(&mut self, block: u32, sent: &Sent) -> Result<(), TransactionValidityError> {
		self.chain.execute_with(|| {
			System::set_block_number(block);
			apply_extrinsic(sent.extrinsic()).map(|done| done.expect("what is valid succeeds"))
		})
	}

	/// Returns the request to check a proposal, seen from a block.
	fn request(&mut self, proposal: ProposalId, block: u32) -> CheckRequest {
		let request = self.chain.execute_with(|| Dataset::check_request(0, proposal, block + 1));
		request.expect("there is something to check")
	}

	fn genesis(&mut self) -> H256 {
		self.chain.execute_with(Dataset::genesis)
	}

	fn change_check(&mut self, change: impl FnOnce(&mut Check<sp_runtime::AccountId32>)) {
		self.chain.execute_with(|| Checks::<Test>::mutate(0, 0, |check| change(check.as_mut().unwrap())));
	}

	/// Puts this member's attestation on chain, whatever is known of it.
	fn put_attestation(&mut self, hash: H256) {
		self.change_check(|check| {
			let mut attempt = Attempt::new(0, Evaluators::<Test>::get());
			attempt.attestations[MEMBER as usize] = Some(Attestation { hash, verdict: None });
			check.attempt = Some(attempt);
		});
	}
}

/// A transaction that the worker has sent.
#[derive(Clone, Debug, PartialEq)]
struct Sent(Vec<u8>);

impl Sent {
	fn extrinsic(&self) -> Extrinsic {
		Extrinsic::decode(&mut &self.0[..]).unwrap()
	}

	fn call(&self) -> Call<Test> {
		let extrinsic = self.extrinsic();
		let call: Option<&Call<Test>> = extrinsic.function.is_sub_type();
		call.expect("the worker only sends calls of this pallet").clone()
	}

	/// The proposal, the attempt and the hash of an attestation.
	fn attested(&self) -> (ProposalId, u32, H256) {
		match self.call() {
			Call::attest { proposal, attempt, hash, .. } => (proposal, attempt, hash),
			call => panic!("not an attestation: {call:?}"),
		}
	}

	/// The proposal, the verdict and the salt of an opening.
	fn opened(&self) -> (ProposalId, DeltaVerdict, Salt) {
		match self.call() {
			Call::open { proposal, verdict, salt, .. } => (proposal, verdict, salt),
			call => panic!("not an opening: {call:?}"),
		}
	}
}

/// The place of the first proposal in the node's data base.
fn place_of_first(world: &mut World) -> Vec<u8> {
	crate::offchain::place(world.genesis(), 0, 0)
}
