//! The validators' off-chain worker, with a node, an evaluator and a chain of the test's making. What holds
//! of every task is tested with both kinds.

use crate::{
	mock::{
		account, apply_extrinsic, evaluator, new_test_ext, put_task, remove_task, Evaluators as Pallet,
		Extrinsic, Requests, RuntimeCall, System, Test, TestTask,
	},
	offchain::testing::{Answer as Reply, Asked, Node},
	Attest, Attestation, Attestations, AuthorityId, Call, CurrentEvaluators, Evaluator, EvaluatorSet,
	Opening, Tasks, KEY_TYPE, MAX_REPORTED,
};
use codec::Decode;
use descent_protocol::{
	answer_hash,
	evaluation::{
		CheckJob, CheckRequest, Checked, CustodyJob, CustodyRequest, EvaluationJob, EvaluationRequest,
		JobStatus, Kept, Measured, EVALUATOR_STORAGE_KEY,
	},
	Answer, Ballot, DeltaVerdict, HiddenBallot, Measurement, Score, TaskId, Verdict,
};
use sp_core::{Pair, H256};
use sp_io::TestExternalities;
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::transaction_validity::TransactionValidityError;

mod answers;
mod faults;
mod keystore;
mod load;
mod messages;
mod steps;
mod upgrade;

/// The last block before the attest windows of the tasks, which take blocks 34 to 39.
const ASK: u32 = 33;
/// The block with which answers may be opened first: the first of the open windows, which take blocks 40 to
/// 43.
const OPEN: u32 = 40;
/// This node's place in the committees.
const MEMBER: u32 = 1;

/// The validator whose key is this node's.
const OWN: u8 = 20;

/// A keystore with the evaluator keys of these validators.
fn keystore(validators: &[u8]) -> KeystoreExt {
	let keystore = MemoryKeystore::new();
	for validator in validators {
		// A seed in full is read at once, whereas a phrase is hashed two thousand times.
		let seed = format!("{:#x}", H256::repeat_byte(*validator));
		keystore.sr25519_generate_new(KEY_TYPE, Some(&seed)).expect("the keystore is in memory");
	}
	KeystoreExt::new(keystore)
}

/// The kinds of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
	Round,
	Delta,
	Custody,
}

const KINDS: [Kind; 3] = [Kind::Round, Kind::Delta, Kind::Custody];

impl Kind {
	/// The task of a number.
	fn task(self, number: u32) -> TaskId {
		match self {
			Self::Round => TaskId::Round { group: number, round: 0 },
			Self::Delta => TaskId::Delta { group: number, proposal: 0, version: 1, attempt: 0 },
			Self::Custody => TaskId::Custody { group: number, check: 0 },
		}
	}

	/// The evaluator's answer to a task.
	fn answer(self) -> Answer {
		match self {
			Self::Round => {
				let measurement = Measurement { score: Score(71_234), root: H256::repeat_byte(7) };
				let verdicts = vec![Verdict::Match(measurement)].try_into().unwrap();
				Answer::Round(Ballot { baseline: None, verdicts })
			}
			Self::Delta => Answer::Delta(DeltaVerdict::Unavailable),
			Self::Custody => Answer::Custody(vec![Some(H256::repeat_byte(8))].try_into().unwrap()),
		}
	}

	fn path(self) -> &'static str {
		match self {
			Self::Round => "http://127.0.0.1:9977/v1/evaluations",
			Self::Delta => "http://127.0.0.1:9977/v1/checks",
			Self::Custody => "http://127.0.0.1:9977/v1/custody-checks",
		}
	}
}

/// The kind of what the evaluator is asked for.
fn kind(asked: &Asked) -> Kind {
	if asked.url.contains("/v1/checks") {
		Kind::Delta
	} else if asked.url.contains("/v1/custody-checks") {
		Kind::Custody
	} else {
		Kind::Round
	}
}

/// The job that a call is about.
fn id(asked: &Asked) -> H256 {
	match (asked.method.as_str(), kind(asked)) {
		("POST", Kind::Round) => serde_json::from_slice::<EvaluationRequest>(&asked.body).unwrap().id(),
		("POST", Kind::Delta) => serde_json::from_slice::<CheckRequest>(&asked.body).unwrap().id(),
		("POST", Kind::Custody) => serde_json::from_slice::<CustodyRequest>(&asked.body).unwrap().id(),
		_ => asked.url.rsplit('/').next().unwrap().parse().unwrap(),
	}
}

/// The job that a call is about, without an outcome.
fn job(asked: &Asked, status: JobStatus<()>) -> Reply {
	let body = serde_json::json!({"id": id(asked), "status": status});
	Reply::Whole(200, serde_json::to_vec(&body).unwrap())
}

/// The job of this id, done with this answer.
fn done_with(id: H256, answer: Answer) -> Reply {
	let body = match answer {
		Answer::Round(ballot) => {
			let status = JobStatus::Done(Measured { ballot, test_set: None });
			serde_json::to_vec(&EvaluationJob { id, status })
		}
		Answer::Hidden(HiddenBallot { test_set, ballot }) => {
			let status = JobStatus::Done(Measured { ballot, test_set: Some(test_set) });
			serde_json::to_vec(&EvaluationJob { id, status })
		}
		Answer::Delta(checked) => {
			let status = JobStatus::Done(Checked { checked });
			serde_json::to_vec(&CheckJob { id, status })
		}
		Answer::Custody(kept) => {
			let status = JobStatus::Done(Kept { kept });
			serde_json::to_vec(&CustodyJob { id, status })
		}
	};
	Reply::Whole(200, body.unwrap())
}

/// The job that a call is about, done.
fn done(asked: &Asked) -> Reply {
	done_with(id(asked), kind(asked).answer())
}

/// Takes a job, and has it done when it is asked for it again.
fn work(asked: &Asked) -> Reply {
	match asked.method.as_str() {
		"POST" => job(asked, JobStatus::Queued),
		_ => done(asked),
	}
}

/// A chain and one of its validators' nodes.
struct World {
	node: Node,
	chain: TestExternalities,
	key: AuthorityId,
}

impl World {
	/// A chain with so many tasks of a kind. This node is one of three members of each committee.
	fn new(kind: Kind, tasks: u32) -> Self {
		let node = Node::new(work);
		let mut chain = new_test_ext();
		let key = evaluator(OWN).public();
		chain.register_extension(keystore(&[OWN]));
		node.register(&mut chain);
		let mut world = Self { node, chain, key };
		world.set_evaluators([1, OWN, 3]);
		world.chain.execute_with(|| {
			(0..tasks).for_each(|number| put_task(kind.task(number), TestTask::new(ASK + 1)));
		});
		world
	}

	/// Another view of the same chain, on which the same node is.
	fn fork(&self, kind: Kind, tasks: u32) -> Self {
		let mut fork = Self::new(kind, tasks);
		fork.node = self.node.clone();
		fork.node.register(&mut fork.chain);
		fork
	}

	/// Has the keys of these validators evaluate.
	fn set_evaluators(&mut self, validators: [u8; 3]) {
		let evaluators = (1..).zip(validators).map(|(number, validator)| Evaluator {
			account: account(number),
			key: evaluator(validator).public(),
			bond: 5,
		});
		let evaluators = evaluators.collect::<Vec<_>>().try_into().unwrap();
		self.chain.execute_with(|| CurrentEvaluators::<Test>::put(EvaluatorSet { since: 0, evaluators }));
	}

	/// Runs the off-chain worker of a block. Returns the reports that it sent.
	fn run(&mut self, block: u32) -> Vec<Sent> {
		self.chain.execute_with(|| {
			System::set_block_number(block);
			crate::offchain::run::<Test>(block);
		});
		self.node.sent().into_iter().map(Sent).collect()
	}

	/// Asks, polls and attests with the attest window's first blocks. Returns the report.
	fn attest(&mut self) -> Sent {
		assert!(self.run(ASK).is_empty());
		self.run(ASK + 1).pop().expect("the answer is there")
	}

	/// Executes a report in a block, as the runtime does.
	fn include(&mut self, block: u32, sent: &Sent) -> Result<(), TransactionValidityError> {
		self.chain.execute_with(|| {
			System::set_block_number(block);
			apply_extrinsic(sent.extrinsic()).map(|done| done.expect("what is valid succeeds"))
		})
	}

	/// The attestation of this node's member on chain.
	fn attested(&mut self, task: TaskId) -> Option<Attestation> {
		self.chain.execute_with(|| Attestations::<Test>::get(task, MEMBER))
	}

	/// The key of the record of a task in the node's data base.
	fn place(&mut self, task: TaskId) -> Vec<u8> {
		self.chain.execute_with(|| crate::mock::TestTasks::record_place(&task)).unwrap().key
	}

	/// The id of the evaluator's job for a task.
	fn job(&mut self, task: TaskId) -> H256 {
		self.chain.execute_with(|| crate::mock::TestTasks::request(&task, ASK)).expect("it can be asked").id()
	}

	/// Number of requests that were put together since it was asked last.
	fn requests(&mut self) -> u32 {
		Requests::take()
	}
}

/// A report that the worker has sent.
#[derive(Clone, Debug, PartialEq)]
struct Sent(Vec<u8>);

impl Sent {
	fn extrinsic(&self) -> Extrinsic {
		Extrinsic::decode(&mut &self.0[..]).unwrap()
	}

	fn attestations(&self) -> Vec<Attest> {
		self.report().0
	}

	fn openings(&self) -> Vec<Opening> {
		self.report().1
	}

	fn report(&self) -> (Vec<Attest>, Vec<Opening>) {
		match self.extrinsic().function {
			RuntimeCall::Evaluators(Call::report { report, .. }) => {
				assert!(report.is_sorted());
				(report.attestations.into(), report.openings.into())
			}
			call => panic!("not a report: {call:?}"),
		}
	}
}
