use super::{builder::SALT, checkpoint, Round};
use crate::{
	mock::{
		account, build_and_execute, create_group, mixed_randomness, run_to, start_session, HasRandomness,
		MaxReveal, Rounds as Pallet, RuntimeOrigin, SeedRing, System, Test, CLOCK,
	},
	Error, Event, UsedDigests,
};
use descent_protocol::{evaluation_seed, Clock, Codec, Score};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_reveal_fixes_seed_and_committee() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70)]);
		System::assert_last_event(
			Event::Revealed {
				group: 0,
				round: 0,
				account: account(1),
				checkpoint: checkpoint(1, 0),
				claim: Score(70),
			}
			.into(),
		);
		let seed = evaluation_seed(Pallet::genesis(), 0, 0, &mixed_randomness(22));
		assert_eq!(round.stored().seed, Some(seed));
		let members: Vec<_> = round.seats().into_iter().map(|seat| seat.member.account).collect();
		assert_eq!(members, [200, 201, 202, 203].map(account));
		assert_eq!(UsedDigests::<Test>::get(0, checkpoint(1, 0).digest), Some(0));
	});
}

#[test]
fn reveals_are_taken_in_their_window_only() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2, 3]);
		assert_noop!(round.reveal(1, 70), Error::<Test>::WrongPhase);
		run_to(22);
		assert_noop!(round.reveal(1, 70), Error::<Test>::WrongPhase);
		run_to(23);
		assert_ok!(round.reveal(1, 70));
		run_to(25);
		assert_ok!(round.reveal(2, 70));
		run_to(26);
		assert_noop!(round.reveal(3, 70), Error::<Test>::WrongPhase);
	});
}

#[test]
fn the_seed_is_known_to_the_end_of_the_longest_window() {
	build_and_execute(|| {
		let clock = Clock { reveal: MaxReveal::get(), length: 20, ..CLOCK };
		create_group(clock);
		let round = Round::of(1).commits(&[1]).at(|windows| windows.reveal.end - 1);
		let seed = Pallet::seed_of(1, 0).unwrap();
		assert_ok!(round.reveal(1, 70));
		assert_eq!(round.stored().seed, Some(seed));
		run_to(60);
		assert_eq!(Pallet::seed_of(1, 0), Some(seed));
		assert_eq!(crate::Seeds::<Test>::iter().count(), usize::try_from(SeedRing::get()).unwrap());
	});
}

#[test]
fn a_block_without_randomness_still_draws_a_seed() {
	build_and_execute(|| {
		HasRandomness::set(false);
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]);
		let seed = evaluation_seed(Pallet::genesis(), 0, 0, &mixed_randomness(22));
		assert!(round.stored().seed.is_some_and(|drawn| drawn != seed));
		HasRandomness::set(true);
	});
}

#[test]
fn the_author_of_the_seeds_block_alone_does_not_know_the_seed() {
	let drawn = |is_known_before: bool| {
		let mut drawn = None;
		build_and_execute(|| {
			run_to(21);
			HasRandomness::set(is_known_before);
			run_to(22);
			HasRandomness::set(true);
			run_to(23);
			drawn = Pallet::seed_of(0, 0);
		});
		drawn.expect("block 22 is over")
	};
	assert_eq!(drawn(true), drawn(true));
	assert_ne!(drawn(true), drawn(false), "block 21 has its share in it");
}

#[test]
fn only_what_was_committed_to_can_be_revealed() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]).at(|windows| windows.reveal.start);
		let mismatch = Error::<Test>::CommitmentMismatch;
		assert_noop!(round.reveal_as(1, checkpoint(3, 0), SALT, 70), mismatch);
		assert_noop!(round.reveal_as(1, checkpoint(1, 0), [8; 32], 70), Error::<Test>::CommitmentMismatch);
		assert_noop!(round.reveal_as(1, checkpoint(2, 0), SALT, 70), Error::<Test>::CommitmentMismatch);
		assert_noop!(round.reveal(3, 70), Error::<Test>::NotCommitted);
		assert_noop!(Round::of(1).reveal(1, 70), Error::<Test>::UnknownGroup);
	});
}

#[test]
fn a_commitment_cannot_be_moved() {
	build_and_execute(|| {
		create_group(CLOCK);
		let round = Round::new().commits(&[1]);
		let signed = || RuntimeOrigin::signed(account(2));
		assert_ok!(Pallet::commit(signed(), 0, 0, round.commitment(1), 100));
		assert_ok!(Pallet::commit(signed(), 1, 0, round.commitment(2), 100));
		run_to(23);
		assert_ok!(Pallet::commit(signed(), 0, 1, round.commitment(2), 100));
		assert_noop!(round.reveal_as(2, checkpoint(1, 0), SALT, 70), Error::<Test>::CommitmentMismatch);
		assert_noop!(
			Round::of(1).reveal_as(2, checkpoint(2, 0), SALT, 70),
			Error::<Test>::CommitmentMismatch
		);
		run_to(37);
		assert_noop!(
			Round::number(1).reveal_as(2, checkpoint(2, 0), SALT, 70),
			Error::<Test>::CommitmentMismatch
		);
	});
}

#[test]
fn a_reveal_is_final() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]);
		assert_noop!(round.reveal(1, 60), Error::<Test>::AlreadyRevealed);
	});
}

#[test]
fn a_checkpoint_takes_part_once_in_a_group() {
	build_and_execute(|| {
		create_group(CLOCK);
		Round::new().commits(&[1]).reveals(&[(1, 70)]);
		Round::of(1).at(|windows| windows.reveal.start);
		let again = Round::number(1);
		let hash = |number: u8, group| {
			let digest = checkpoint(1, 0).digest;
			descent_protocol::commitment_hash(Pallet::genesis(), group, 1, &account(number), digest, &SALT)
		};
		for number in [1, 2] {
			let signed = || RuntimeOrigin::signed(account(number));
			assert_ok!(Pallet::commit(signed(), 0, 1, hash(number, 0), 100));
			assert_ok!(Pallet::commit(signed(), 1, 1, hash(number, 1), 100));
		}
		run_to(37);
		for number in [1, 2] {
			assert_noop!(again.reveal_as(number, checkpoint(1, 0), SALT, 70), Error::<Test>::DigestUsed);
		}
		let elsewhere = Round { group: 1, ..again.clone() };
		assert_ok!(elsewhere.reveal_as(1, checkpoint(1, 0), SALT, 70));
		assert_noop!(elsewhere.reveal_as(2, checkpoint(1, 0), SALT, 70), Error::<Test>::DigestUsed);
	});
}

#[test]
fn content_and_providers_must_make_sense() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).at(|windows| windows.reveal.start);
		for (size, codec) in [(0, Codec::Raw), (5, Codec::UnixFs), (1 << 21, Codec::Raw)] {
			let mut content = checkpoint(1, 0);
			(content.size, content.codec) = (size, codec);
			assert_noop!(round.reveal_as(1, content, SALT, 70), Error::<Test>::InvalidContent);
		}
		for provider in [&b""[..], &[0xff], b"ftp://a", b"http:///x", b"http://user:secret@a"] {
			assert_noop!(
				Pallet::reveal(
					RuntimeOrigin::signed(account(1)),
					0,
					0,
					checkpoint(1, 0),
					SALT,
					Score(70),
					vec![provider.to_vec().try_into().unwrap()].try_into().unwrap(),
				),
				Error::<Test>::InvalidProvider
			);
		}
	});
}

#[test]
fn a_new_session_changes_no_committee() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70)]);
		let before = round.seats();
		start_session(210..212);
		assert_ok!(round.reveal(2, 80));
		assert_eq!((round.seats(), before.len()), (before, 4));
		assert_eq!(Round::number(1).commits(&[1]).reveals(&[(1, 60)]).seats().len(), 2);
	});
}
