//! The validators' off-chain worker, with a node, an evaluator and a chain of the test's making.

use crate::{
	mock::{
		account, apply_extrinsic, change, evaluator, new_test_ext, put_group, rules, Extrinsic, System, Test,
	},
	offchain::run,
	Attestation, Attestations, Call, Commitment, Committees, Head, Heads, Pallet, Reveal, Reveals, Round,
	Rounds, Unsettled,
};
use codec::Decode;
use descent_protocol::{
	attestation_hash,
	evaluation::{EvaluationJob, EvaluationRequest, JobStatus, Measured, EVALUATOR_STORAGE_KEY},
	Ballot, Clock, ContentRef, EvaluationPolicy, GroupId, Measurement, Salt, Score, Verdict,
};
use frame_support::{traits::IsSubType, BoundedVec};
use pallet_evaluators::{
	offchain::testing::{Answer, Asked, Node},
	AuthorityId, Committee, KEY_TYPE,
};
use pallet_groups::Rules;
use sp_core::{Pair, H256};
use sp_io::TestExternalities;
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::transaction_validity::TransactionValidityError;

mod answers;
mod faults;
mod load;
mod messages;
mod steps;

/// Round 0 takes attestations in blocks 34 to 39 and ballots in blocks 40 to 43.
const CLOCK: Clock = Clock { first: 0, start: 10, length: 20, reveal: 3, attest: 6, open: 4 };
/// The last block of the reveal window: what is sent with it is in the first block of the attest window.
const ASK: u32 = 33;
/// The block with which ballots may be opened first.
const OPEN: u32 = 40;
/// This node's place in the committees.
const MEMBER: u32 = 1;

fn content(name: u32) -> ContentRef {
	ContentRef::raw(&name.to_le_bytes()).unwrap()
}

/// A ballot of the first candidate that matches.
fn ballot() -> Ballot {
	let measurement = Measurement { score: Score(71_234), root: H256::repeat_byte(7) };
	Ballot { baseline: None, verdicts: vec![Verdict::Match(measurement)].try_into().unwrap() }
}

type Status = JobStatus<Measured>;

fn job(id: H256, status: Status) -> Answer {
	Answer::Whole(200, serde_json::to_vec(&EvaluationJob { id, status }).unwrap())
}

fn done(ballot: Ballot) -> Status {
	Status::Done(Measured { ballot })
}

/// The evaluation that a call is about.
fn id(asked: &Asked) -> H256 {
	match asked.method.as_str() {
		"POST" => serde_json::from_slice::<EvaluationRequest>(&asked.body).unwrap().id(),
		_ => asked.url.rsplit('/').next().unwrap().parse().unwrap(),
	}
}

/// Takes a job, and has it done when it is asked for it again.
fn measure(asked: &Asked) -> Answer {
	let status = match asked.method.as_str() {
		"POST" => Status::Queued,
		_ => done(ballot()),
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
	/// A chain with groups in whose round 0 two trainers have revealed. This node is one of three members.
	fn new(groups: u32) -> Self {
		let node = Node::new(measure);
		let mut chain = new_test_ext();
		let keystore = MemoryKeystore::new();
		let key = keystore.sr25519_generate_new(KEY_TYPE, Some("//Own")).unwrap().into();
		chain.register_extension(KeystoreExt::new(keystore));
		node.register(&mut chain);
		let mut world = Self { node, chain, key };
		for group in 0..groups {
			world.put_group(group);
		}
		world
	}

	fn put_group(&mut self, group: GroupId) {
		let own = self.key.clone();
		self.chain.execute_with(|| {
			let rules = Rules { model: content(group), ..rules(CLOCK) };
			put_group(group, rules);
			let commitments: Vec<_> = [11, 12]
				.map(|name| Commitment {
					account: account(name),
					hash: H256::zero(),
					deposit: 10,
					ending: None,
				})
				.into();
			let round = Round {
				commitments: commitments.try_into().unwrap(),
				seed: Some(H256::repeat_byte(9)),
				..Round::new(0, 1)
			};
			Rounds::<Test>::insert(group, 0, round);
			for (name, claim) in [(11, 80_000), (12, 71_230)] {
				let reveal = Reveal {
					checkpoint: content(u32::from(name)),
					claim: Score(claim),
					providers: Default::default(),
				};
				Reveals::<Test>::insert((group, 0), account(name), reveal);
			}
			let committee = vec![
				(account(1), evaluator(1).public()),
				(account(2), own),
				(account(3), evaluator(3).public()),
			];
			Committees::<Test>::insert((group, 0), Committee::truncate_from(committee));
			Unsettled::<Test>::insert(group, BoundedVec::truncate_from(vec![0]));
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
		self.run(ASK + 1).pop().expect("the ballot is there")
	}

	/// Executes a transaction in a block, as the runtime does.
	fn include(&mut self, block: u32, sent: &Sent) -> Result<(), TransactionValidityError> {
		self.chain.execute_with(|| {
			System::set_block_number(block);
			apply_extrinsic(sent.extrinsic()).map(|done| done.expect("what is valid succeeds"))
		})
	}

	/// Returns the request to measure a group's round 0.
	fn request(&mut self, group: GroupId) -> EvaluationRequest {
		let request = self.chain.execute_with(|| {
			System::set_block_number(System::block_number().max(ASK));
			Pallet::<Test>::evaluation_request(group, 0)
		});
		request.expect("there is something to measure")
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

	/// The group and the hash of an attestation.
	fn attested(&self) -> (GroupId, H256) {
		match self.call() {
			Call::attest { group, hash, .. } => (group, hash),
			call => panic!("not an attestation: {call:?}"),
		}
	}

	/// The group, the ballot and the salt of an opening.
	fn opened(&self) -> (GroupId, Ballot, Salt) {
		match self.call() {
			Call::open { group, ballot, salt, .. } => (group, ballot, salt),
			call => panic!("not an opening: {call:?}"),
		}
	}
}
