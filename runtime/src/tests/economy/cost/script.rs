//! A script that makes every call once, in a group that is one among many.

use super::counter::{counted, Touched};
use crate::{
	constants::{DAYS, HOURS, NRN, YEARS},
	tests::{
		content,
		economy::{
			actor::{actor, Actor},
			blocks,
			calls::Seat,
		},
		genesis_of, new_group,
	},
	BlockNumber, Dataset, Groups, Rounds, Runtime, RuntimeCall, RuntimeOrigin, System, LOCAL_PRESET,
};
use codec::Encode;
use descent_protocol::{
	announcement_hash, commitment_hash, Answer, Ballot, Change, DeltaReport, DeltaVerdict, GroupId,
	Measurement, Score, Share, TaskId, Verdict, MAX_ATTEMPTS,
};
use frame_support::assert_ok;
use frame_system::RawOrigin;
use pallet_groups::{GroupRules, NewGroup};
use sp_core::H256;
use sp_runtime::traits::Dispatchable;

const SALT: [u8; 32] = [9; 32];
/// Length of a voting period that has room for checks and a round.
const PERIOD: BlockNumber = 45;
const SCORE: Score = Score(5_000);

/// The storage that a step touched, and the size of the proof of its reads.
pub(crate) struct Cost {
	pub(crate) name: &'static str,
	pub(crate) touched: Touched,
	pub(crate) proof: usize,
}

/// A chain with some groups, and the one under test.
pub(crate) struct Script {
	chain: sp_io::TestExternalities,
	group: GroupId,
	costs: Vec<Cost>,
}

/// The members that check and measure, by their seats in the committee.
const COMMITTEE: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

impl Script {
	/// Returns a chain with a number of other groups.
	pub(crate) fn new(others: u32) -> Self {
		let mut script = Self { chain: genesis_of(LOCAL_PRESET), group: others, costs: Vec::new() };
		script.run(|| {
			blocks::begin(1);
			// The owner of thousands of groups has no part in the script, and their deposits and stakes are
			// more than one has.
			let owners = ["//Bob", "//Charlie", "//Dave"].map(actor);
			for (_, owner) in (0..others).zip(owners.into_iter().cycle()) {
				let origin = RawOrigin::Signed(owner.account.clone());
				assert_ok!(Groups::create(origin.into(), new_group("another")));
			}
			blocks::end();
			blocks::begin(2);
		});
		script
	}

	/// Runs the script.
	pub(crate) fn play(mut self) -> Vec<Cost> {
		self.measure("block: nothing is due", || {
			blocks::end();
			blocks::begin(3);
		});
		self.open_a_group();
		self.become_a_validator();
		self.propose();
		self.commit_and_vote();
		self.check();
		self.play_the_round();
		self.decide();
		self.close();
		self.leave();
		self.costs
	}

	fn run<R>(&mut self, run: impl FnOnce() -> R) -> R {
		let result = self.chain.execute_with(run);
		self.chain.commit_all().expect("the state is sound");
		result
	}

	fn measure(&mut self, name: &'static str, run: impl FnOnce()) {
		let (((), touched), proof) = self.chain.execute_and_prove(|| counted(run));
		self.chain.commit_all().expect("the state is sound");
		self.costs.push(Cost { name, touched, proof: proof.encoded_size() });
	}

	fn call_as(&mut self, name: &'static str, origin: RuntimeOrigin, call: impl Into<RuntimeCall>) {
		let call = call.into();
		self.measure(name, || {
			let done = call.dispatch(origin);
			assert!(done.is_ok(), "{name}: {done:?}");
		});
	}

	fn call(&mut self, name: &'static str, by: &str, call: impl Into<RuntimeCall>) {
		let origin = RawOrigin::Signed(actor(by).account.clone());
		self.call_as(name, origin.into(), call);
	}

	fn authorized(&mut self, name: &'static str, call: RuntimeCall) {
		self.call_as(name, RuntimeOrigin::from(RawOrigin::Authorized), call);
	}

	/// Does a step that is not measured.
	fn also(&mut self, by: &str, call: impl Into<RuntimeCall>) {
		let (call, by): (RuntimeCall, &Actor) = (call.into(), actor(by));
		let origin = RawOrigin::Signed(by.account.clone());
		self.run(|| {
			assert_ok!(call.dispatch(origin.into()));
		});
	}

	fn now(&mut self) -> BlockNumber {
		self.run(System::block_number)
	}

	/// Begins the block of a number.
	fn to(&mut self, number: BlockNumber) {
		while self.now() < number {
			self.run(|| {
				let next = System::block_number() + 1;
				blocks::end();
				blocks::begin(next);
			});
		}
	}

	/// Has a later block begin, with nothing to be caught up with.
	fn skip_to(&mut self, block: BlockNumber) {
		self.run(|| {
			blocks::end();
			pallet_scheduler::IncompleteSince::<Runtime>::put(block);
			blocks::begin(block);
		});
	}

	/// Removes the alarms of a block, as if none could have been set.
	fn without_alarm(&mut self, due: BlockNumber) {
		self.run(|| pallet_scheduler::Agenda::<Runtime>::remove(due));
	}

	fn open_a_group(&mut self) {
		let group = NewGroup { voting_period: PERIOD, quorum: Share::percent(30), ..new_group("digits") };
		self.call("groups.create", "//Trainer1", pallet_groups::Call::create { group });
		let (group, amount) = (self.group, 60 * NRN);
		self.call("groups.stake", "//Eve", pallet_groups::Call::stake { group, amount });
		let terms = self.run(|| crate::tests::terms(group));
		let fund = |amount| pallet_emission::Call::fund { group, amount, per_round: 5 * NRN, terms };
		self.call("emission.fund", "//Ferdie", fund(50 * NRN));
		let order = pallet_emission::Call::order {
			group,
			amount: 20 * NRN,
			price: NRN / 1_000,
			bonus: NRN,
			from: Score(6_000),
			target: Score(0),
			rounds: 1_000,
			terms,
		};
		self.call("emission.order", "//Ferdie", order);
		for (proposer, delta) in [("//Trainer2", 3), ("//Trainer3", 4)] {
			let account = &actor(proposer).account;
			let hash = self
				.run(|| announcement_hash(Dataset::genesis(), group, account, content(delta).digest, &SALT));
			let announce = pallet_dataset::Call::announce { group, hash };
			if delta == 3 {
				self.call("dataset.announce", proposer, announce);
			} else {
				self.also(proposer, announce);
			}
		}
	}

	fn become_a_validator(&mut self) {
		let amount = 5_000 * NRN;
		self.call("validators.bond", "//Eve", pallet_validators::Call::bond { amount });
		let (keys, proof) = actor("//Eve").session_keys();
		self.also("//Eve", pallet_session::Call::set_keys { keys, proof });
		self.call("validators.chill", "//Eve", pallet_validators::Call::chill {});
		self.call("validators.validate", "//Eve", pallet_validators::Call::validate {});
		let amount = 1_000 * NRN;
		self.call("validators.unbond", "//Eve", pallet_validators::Call::unbond { amount });
		self.also("//Eve", pallet_validators::Call::chill {});
	}

	fn propose(&mut self) {
		self.to(4);
		let group = self.group;
		for (proposer, delta) in [("//Trainer2", 3), ("//Trainer3", 4)] {
			let propose = pallet_dataset::Call::propose {
				group,
				base: 1,
				delta: content(delta),
				providers: Default::default(),
				summary: b"more digits".to_vec().try_into().unwrap(),
				salt: SALT,
			};
			if delta == 3 {
				self.call("dataset.propose", proposer, propose);
			} else {
				self.also(proposer, propose);
			}
		}
		let changes = vec![Change::Quorum { share: Share::percent(31) }];
		let amend = pallet_groups::Call::propose_amendment {
			group,
			changes: changes.try_into().unwrap(),
			summary: b"for the better".to_vec().try_into().unwrap(),
		};
		self.call("groups.propose_amendment", "//Trainer1", amend);
	}

	fn commit_and_vote(&mut self) {
		let group = self.group;
		let account = &actor("//Trainer4").account;
		let commitment =
			self.run(|| commitment_hash(Rounds::genesis(), group, 0, account, content(5).digest, &SALT));
		let commit = pallet_rounds::Call::commit { group, round: 0, commitment, deposit: 5 * NRN };
		self.call("rounds.commit", "//Trainer4", commit);
		let vote = || pallet_dataset::Call::vote { group, proposal: 0 };
		self.call("dataset.vote", "//Eve", vote());
		self.call("dataset.withdraw_vote", "//Eve", pallet_dataset::Call::withdraw_vote { group });
		self.also("//Eve", vote());
		let approve = |aye| pallet_groups::Call::vote_amendment { group, amendment: 0, aye };
		self.call("groups.vote_amendment", "//Eve", approve(true));
		self.also("//Eve", approve(false));
	}

	/// Has the committee find both deltas valid, in the first attempt.
	fn check(&mut self) {
		let group = self.group;
		let task = |proposal| TaskId::Delta { group, proposal, version: 1, attempt: 0 };
		let seat = |proposal, member| Seat { task: task(proposal), member };
		let report = DeltaReport { added: 1, removed: 0, records: 2, root: H256::zero() };
		let answer = Answer::Delta(DeltaVerdict::Valid(report));
		self.to(5);
		for (member, name) in (0..).zip(COMMITTEE) {
			for proposal in [0, 1] {
				let (by, seat) = (actor(name), seat(proposal, member));
				let call = self.run(|| seat.attest(by, seat.hash(by, &answer, &SALT)));
				self.member_call("dataset.attest", (proposal, member) == (0, 0), call);
			}
		}
		self.to(15);
		for (member, name) in (0..3).zip(COMMITTEE) {
			for proposal in [0, 1] {
				let (by, seat) = (actor(name), seat(proposal, member));
				let call = self.run(|| seat.open(by, answer.clone(), SALT));
				self.member_call("dataset.open", (proposal, member) == (0, 2), call);
			}
		}
		self.without_alarm(20);
	}

	/// Has what the committee found decided, as the alarm would have.
	fn decide(&mut self) {
		let group = self.group;
		let decide = |proposal| pallet_evaluators::Call::<Runtime>::decide {
			task: TaskId::Delta { group, proposal, version: 1, attempt: 0 },
		};
		self.call_as("evaluators.decide", RawOrigin::Root.into(), decide(0));
		self.also("//Trainer4", decide(1));
	}

	fn member_call(&mut self, name: &'static str, is_measured: bool, call: RuntimeCall) {
		if is_measured {
			self.authorized(name, call);
		} else {
			let origin = RuntimeOrigin::from(RawOrigin::Authorized);
			self.run(|| {
				assert_ok!(call.dispatch(origin));
			});
		}
	}

	fn play_the_round(&mut self) {
		let group = self.group;
		let windows = self.run(|| {
			let rules = <Groups as GroupRules<u128>>::rules(group, 0).unwrap();
			rules.clock.windows(0).unwrap()
		});
		self.to(windows.reveal.start);
		let reveal = pallet_rounds::Call::reveal {
			group,
			round: 0,
			checkpoint: content(5),
			salt: SALT,
			claim: SCORE,
			providers: Default::default(),
		};
		self.call("rounds.reveal", "//Trainer4", reveal);
		let found = Verdict::Match(Measurement { score: SCORE, root: H256::zero() });
		let ballot = Ballot { baseline: None, verdicts: vec![found].try_into().unwrap() };
		let answer = Answer::Round(ballot);
		for (name, window) in [("rounds.attest", windows.attest), ("rounds.open", windows.open)] {
			self.to(window.start);
			for (member, by) in (0..).zip(COMMITTEE.map(actor)) {
				let seat = Seat { task: TaskId::Round { group, round: 0 }, member };
				let call = self.run(|| match name {
					"rounds.attest" => seat.attest(by, seat.hash(by, &answer, &SALT)),
					_ => seat.open(by, answer.clone(), SALT),
				});
				self.member_call(name, member == 0, call);
			}
		}
		self.without_alarm(windows.settle);
		self.to(windows.settle);
		let settle = pallet_rounds::Call::settle { group, round: 0 };
		self.call_as("rounds.settle", RawOrigin::Root.into(), settle);
		self.call("emission.claim", "//Trainer4", pallet_emission::Call::claim {});
	}

	/// Closes a voting period: a delta is applied, another loses, and so does an amendment.
	fn close(&mut self) {
		let group = self.group;
		let close = self.run(|| Groups::closes(group)).unwrap();
		self.without_alarm(close);
		self.to(close);
		let call = pallet_groups::Call::close_period { group };
		self.call_as("groups.close_period", RawOrigin::Root.into(), call);
		assert_eq!(self.run(|| Dataset::version(group)), 2);
		let withdraw = pallet_groups::Call::withdraw_amendment { group, amendment: 0 };
		self.call("groups.withdraw_amendment", "//Trainer1", withdraw);
	}

	fn leave(&mut self) {
		let group = self.group;
		let amount = 60 * NRN;
		self.call("groups.unstake", "//Eve", pallet_groups::Call::unstake { group, amount });
		let stop = pallet_emission::Call::stop_funding { group };
		self.call("emission.stop_funding", "//Ferdie", stop);
		let cancel = pallet_emission::Call::cancel_order { group };
		self.call("emission.cancel_order", "//Ferdie", cancel);
		let epoch = 40;
		self.to(2 * epoch);
		self.measure("block: a session begins", || {
			let next = System::block_number() + 1;
			blocks::end();
			blocks::begin(next);
		});
		let now = self.now() + 33 * DAYS;
		self.skip_to(now);
		self.call("groups.withdraw", "//Eve", pallet_groups::Call::withdraw { group });
		self.call("emission.refund", "//Ferdie", pallet_emission::Call::refund { group });
		let client = actor("//Ferdie").account.clone();
		let refund = pallet_emission::Call::<Runtime>::refund_order { group, client };
		self.call("emission.refund_order", "//Trainer4", refund);
		self.call("validators.withdraw", "//Eve", pallet_validators::Call::withdraw {});
		// What lost is checked again on the new version. The alarms that decide so were skipped.
		let check = self.run(|| pallet_dataset::OpenChecks::<Runtime>::get(group, 1));
		for attempt in check.expect("it is open").attempt..MAX_ATTEMPTS {
			let task = TaskId::Delta { group, proposal: 1, version: 2, attempt };
			self.also("//Trainer4", pallet_evaluators::Call::<Runtime>::decide { task });
		}
		let withdraw = pallet_dataset::Call::withdraw_proposal { group, proposal: 1 };
		self.call("dataset.withdraw_proposal", "//Trainer3", withdraw);
		let next = (self.now() / HOURS + 1) * HOURS;
		for (name, block) in [("block: an emission period begins", next), ("block: an era begins", 4 * YEARS)]
		{
			self.skip_to(block - 1);
			self.measure(name, || {
				blocks::end();
				blocks::begin(block);
			});
		}
	}
}
