//! Requesters of hidden test sets. The same requester is honest in a later round of the same run: that is the
//! twin.

use super::{
	scenario::{
		commit, commitment_fee, committed, committee_fee, found, measure_and_settle, ok, on_a_chain_with,
		reveal, submit_free, to, wealth, windows, worth, Strategy, DEPOSIT, SHARES, TRUTH,
	},
	Row,
};
use crate::{
	constants::NRN,
	tests::{content, economy::actor::actor, new_group},
	Runtime, RuntimeCall, TestSets,
};
use descent_protocol::{
	hash_chain, test_set_series, Ballot, EvaluationPolicy, HiddenBallot, RoundIndex, Score, TestSetVerdict,
	Verdict,
};
use frame_support::assert_ok;
use pallet_groups::NewGroup;
use pallet_rounds::{Error, Heads};
use pallet_test_sets::Series;
use sp_core::H256;

const REQUESTER: &str = "//Trainer1";
const TRAINER: &str = "//Trainer2";
const SETS: u16 = 5;
/// Bond of the series.
const BOND: i128 = 105 * NRN as i128;
/// Cost of a missed round: 2% of the bond.
const MISS: i128 = BOND / 50;

fn values() -> Vec<H256> {
	hash_chain(H256::repeat_byte(3), SETS).expect("a series may have five sets")
}

fn series() -> H256 {
	let requester = &actor(REQUESTER).account;
	test_set_series(crate::Rounds::genesis(), requester, content(77), values()[0])
}

fn policy() -> EvaluationPolicy {
	EvaluationPolicy::Hidden { series: series(), records: 100, otherwise: content(78) }
}

/// Runs on a chain on which the requester has opened a series and made group 0, whose rules name it.
fn on_a_hidden_chain<R>(play: impl FnOnce() -> R) -> R {
	let prepare = || {
		ok(
			REQUESTER,
			pallet_test_sets::Call::open_series {
				manifest: content(77),
				providers: Default::default(),
				anchor: values()[0],
				sets: SETS,
				group: None,
			},
		);
		let group = new_group("digits");
		let group = NewGroup { shares: SHARES, policy: policy(), voting_period: 90, ..group };
		ok(REQUESTER, pallet_groups::Call::create { group });
	};
	on_a_chain_with(prepare, play)
}

fn release(value: usize) -> bool {
	let call = pallet_test_sets::Call::release { series: series(), value: values()[value] };
	submit_free(RuntimeCall::from(call))
}

/// Returns the score of a file: later ones are a little better.
fn score(file: u8) -> Score {
	Score(TRUTH.0 - u64::from(file) * 10)
}

/// Returns an honest ballot on a file that is the only candidate.
fn honest(file: u8) -> Ballot {
	let head =
		Heads::<Runtime>::get(0, 0).map(|head| found(head.checkpoint.digest.as_bytes()[0], head.score));
	super::scenario::ballot(head, vec![Verdict::Match(found(file, score(file)))])
}

fn hidden(test_set: TestSetVerdict, ballot: Ballot) -> Strategy {
	Strategy::Judges(HiddenBallot { test_set, ballot })
}

fn commits(round: RoundIndex, file: u8) {
	to(windows(round).commit.start);
	commit(TRAINER, round, committed(TRAINER, round, file));
}

/// Plays a round for which the key is released, with what the committee says of its set.
fn released(round: RoundIndex, file: u8, value: usize, says: [TestSetVerdict; 4]) {
	commits(round, file);
	to(windows(round).seed);
	assert!(release(value));
	to(windows(round).reveal.start);
	assert_ok!(reveal(TRAINER, round, file, score(file)));
	let nothing = || super::scenario::ballot(None, Vec::new());
	measure_and_settle(
		round,
		says.map(|test_set| {
			let is_there = test_set != TestSetVerdict::Unavailable;
			hidden(test_set, if is_there { honest(file) } else { nothing() })
		}),
	);
}

/// Returns the row of a lie in round 0, beside a round that the requester serves honestly afterwards.
fn row(lie: &'static str, loses: i128, play: impl FnOnce()) -> Row {
	on_a_hidden_chain(|| {
		let before = wealth(REQUESTER);
		play();
		let liar = wealth(REQUESTER) - before;
		assert_eq!(liar, -loses, "{lie}");
		if Series::<Runtime>::contains_key(series()) {
			let value = usize::from(SETS - TestSets::series_view(series()).expect("it is open").left) + 1;
			let before = wealth(REQUESTER);
			released(4, 12, value, [TestSetVerdict::Sound; 4]);
			assert_eq!(wealth(REQUESTER) - before, 0);
		}
		Row { lie, liar, twin: 0 }
	})
}

pub(crate) fn releases_no_key() -> Row {
	let lie = "requester: no key in time";
	row(lie, MISS, || {
		let before = wealth(TRAINER);
		commits(0, 5);
		to(windows(0).reveal.start);
		assert_eq!(reveal(TRAINER, 0, 5, score(5)), Err(Error::<Runtime>::KeyAwaited.into()));
		to(windows(0).release().end);
		assert_ok!(reveal(TRAINER, 0, 5, score(5)));
		// The key that comes now measures no round.
		assert!(release(1));
		measure_and_settle(0, [(); 4].map(|()| Strategy::Attests(honest(5))));
		let head = Heads::<Runtime>::get(0, 0).expect("the round was won");
		assert_eq!(head.policy, policy().without_hidden());
		let won = worth(0, 1).winner as i128 + MISS;
		assert_eq!(wealth(TRAINER) - before, won - commitment_fee() - committee_fee(), "the winner has it");
	})
}

pub(crate) fn seals_garbage() -> Row {
	row("requester: a test set that is none", BOND, || {
		let before = wealth(TRAINER);
		released(0, 5, 1, [TestSetVerdict::Broken; 4]);
		let head = Heads::<Runtime>::get(0, 0).expect("the round was won on the public set");
		assert_eq!(head.policy, policy().without_hidden());
		let won = worth(0, 1).winner as i128;
		assert_eq!(wealth(TRAINER) - before, won - commitment_fee() - committee_fee());
		// The series has ended: later rounds wait for nothing.
		commits(2, 6);
		to(windows(2).reveal.start);
		assert_ok!(reveal(TRAINER, 2, 6, score(6)));
	})
}

pub(crate) fn serves_its_set_to_some() -> Row {
	row("requester: a sealed set that it serves to half", MISS, || {
		let before = wealth(TRAINER);
		let (sound, unavailable) = (TestSetVerdict::Sound, TestSetVerdict::Unavailable);
		released(0, 5, 1, [sound, sound, unavailable, unavailable]);
		assert!(Heads::<Runtime>::get(0, 0).is_none());
		let lost = before - wealth(TRAINER);
		assert_eq!(lost, commitment_fee() + committee_fee(), "no trainer loses its deposit of {DEPOSIT}");
	})
}

/// Whoever has seen a key that came too late trains on its set. The set measures no round.
pub(crate) fn releases_too_late() -> Row {
	row("requester: a key after its time", MISS, || {
		commits(0, 5);
		to(windows(0).release().end);
		assert_ok!(reveal(TRAINER, 0, 5, score(5)));
		assert!(release(1));
		assert!(!release(1), "a value is shown once");
		commits(1, 6);
		measure_and_settle(0, [(); 4].map(|()| Strategy::Attests(honest(5))));
		to(windows(1).seed);
		assert!(!release(1), "nobody can bring it back in a later round");
		assert!(release(2));
		let view = TestSets::round_test_set(0, 1).expect("its rules name the series");
		assert_eq!(view.index(), Some(1));
		// The round is left to itself.
		to(windows(1).settle + 1);
	})
}

/// A trainer that waits for the key before it commits comes too late.
#[test]
fn a_commitment_after_the_release_is_refused() {
	on_a_hidden_chain(|| {
		commits(0, 5);
		to(windows(0).seed);
		assert!(release(1));
		let call = pallet_rounds::Call::commit {
			group: 0,
			round: 0,
			commitment: committed("//Liar", 0, 6),
			deposit: DEPOSIT,
		};
		assert_eq!(super::scenario::does("//Liar", call), Err(Error::<Runtime>::WrongPhase.into()));
	});
}

/// A stranger can neither bind a series to its group nor open another's.
#[test]
fn nobody_makes_a_requester_release_keys_for_strangers() {
	on_a_hidden_chain(|| {
		let group = NewGroup { policy: policy(), ..new_group("a stranger's") };
		let refused = super::scenario::does("//Eve", pallet_groups::Call::create { group });
		assert_eq!(refused, Err(pallet_groups::Error::<Runtime>::UnknownTestSets.into()));
	});
}
