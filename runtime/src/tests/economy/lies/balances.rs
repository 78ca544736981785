use super::{
	scenario::{
		does, honest_round, make_group, minted, ok, on_a_chain, skip_to, to, wealth, windows, Strategy,
		SHARES,
	},
	Row,
};
use crate::{constants::NRN, BlockNumber, Emission, Runtime, System};
use descent_protocol::{Change, GroupId, RoundLengths, Score, Stream};
use pallet_emission::Error;

/// Stake of large stakeholders.
const MUCH: u128 = 970 * NRN;

/// Returns the amount that the trainers' stream has for a group.
fn pot(group: GroupId) -> i128 {
	let pot = Emission::pot_view(group, SHARES).expect("there is such a group");
	(pot.winner + pot.validators + pot.keepers) as i128
}

/// Two groups have stakes of 1,000 at the end, one from the beginning, the other since the block before it.
/// Returns their earnings.
fn row(lie: &'static str, end: BlockNumber) -> Row {
	on_a_chain(|| {
		make_group("//Trainer2", 30 * NRN);
		make_group("//Trainer3", 30 * NRN);
		let (late, early) = (1, 2);
		ok("//Eve", pallet_groups::Call::stake { group: early, amount: MUCH });
		let begun = System::block_number();
		let before = [late, early].map(pot);
		skip_to(end - 1);
		ok("//Liar", pallet_groups::Call::stake { group: late, amount: MUCH });
		to(end);
		let row = Row { lie, liar: pot(late) - before[0], twin: pot(early) - before[1] };
		// Until the last block, group 0 and the late one have 30 of 1,060; in it 1,000 of 2,030.
		let (long, last) = (minted(Stream::Trainers, begun, end - 1), minted(Stream::Trainers, end - 1, end));
		let expected = |part: u128, of: u128, amount: u128| amount * part / of;
		let [liar, twin] =
			[30, 1_000].map(|part| (expected(part, 1_060, long) + expected(1_000, 2_030, last)) as i128);
		assert!((0..=1).contains(&(row.liar - liar)), "{lie}: {} and {liar}", row.liar);
		assert!((0..=1).contains(&(row.twin - twin)), "{lie}: {} and {twin}", row.twin);
		row
	})
}

pub(crate) fn stakes_just_before_the_payout() -> Row {
	row("stakeholder: a stake just before a payout", 24)
}

pub(crate) fn stakes_just_before_the_period_ends() -> Row {
	row("stakeholder: a stake just before a period ends", 1_200)
}

/// A client that takes its funding back while a round is played pays for that one as a client that does not.
#[test]
fn a_funding_that_is_taken_back_pays_for_the_round_that_has_begun() {
	on_a_chain(|| {
		let clients = ["//Liar", "//Eve"];
		let before = clients.map(wealth);
		let lost = |client: usize| before[client] - wealth(clients[client]);
		for client in clients {
			let fund = pallet_emission::Call::fund {
				group: 0,
				amount: 50 * NRN,
				per_round: 5 * NRN,
				terms: crate::tests::terms(0),
			};
			ok(client, fund);
		}
		let refund = || does("//Liar", pallet_emission::Call::refund { group: 0 });
		let early = Err(Error::<Runtime>::TooEarly.into());
		// The trainers have shown what they have when the liar takes back what it promised them.
		honest_round(0, 10, |honest| {
			ok("//Liar", pallet_emission::Call::stop_funding { group: 0 });
			assert_eq!(refund(), early);
			Strategy::Attests(honest.clone())
		});
		// What a client has given is no more its own; what is paid for a round is gone for good.
		assert_eq!([lost(0), lost(1)], [50 * NRN as i128; 2]);
		// Round 1 had begun as well; nobody has won it.
		honest_round(2, 11, |honest| Strategy::Attests(honest.clone()));
		let free = windows(1).settle + 100;
		to(free - 1);
		assert_eq!(refund(), early);
		to(free);
		assert_eq!(refund(), Ok(()));
		ok("//Eve", pallet_emission::Call::stop_funding { group: 0 });
		skip_to(free + 200);
		ok("//Eve", pallet_emission::Call::refund { group: 0 });
		assert_eq!([lost(0), lost(1)], [5, 10].map(|rounds| rounds * NRN as i128));
	});
}

fn order(from: u64, target: u64) -> pallet_emission::Call<Runtime> {
	pallet_emission::Call::order {
		group: 0,
		amount: 50 * NRN,
		price: NRN,
		bonus: 5 * NRN,
		from: Score(from),
		target: Score(target),
		rounds: 9,
		terms: crate::tests::terms(0),
	}
}

/// A client pays for what a committee has measured, to the unit, and gets the rest back when it has what it
/// wants. One that cancels its order pays for the rounds that had begun.
#[test]
fn an_order_pays_for_measured_improvement_and_for_nothing_else() {
	on_a_chain(|| {
		let clients = ["//Liar", "//Eve"];
		let before = clients.map(wealth);
		let lost = |client: usize| before[client] - wealth(clients[client]);
		for client in clients {
			ok(client, order(4_900, 4_885));
		}
		// Round 0 had begun before: it is won with 4,900.
		honest_round(0, 10, |honest| Strategy::Attests(honest.clone()));
		assert_eq!([lost(0), lost(1)], [50 * NRN as i128; 2]);
		// Round 2 is won with 4,890: the trainers have shown what they have when the liar cancels.
		honest_round(2, 11, |honest| {
			ok("//Liar", pallet_emission::Call::cancel_order { group: 0 });
			Strategy::Attests(honest.clone())
		});
		let left = Emission::orders_view(0).iter().map(|order| order.left).collect::<Vec<_>>();
		assert_eq!(left, [40 * NRN; 2]);
		let early = Err(Error::<Runtime>::TooEarly.into());
		let client = crate::tests::account("//Liar");
		let refund = || pallet_emission::Call::<Runtime>::refund_order { group: 0, client: client.clone() };
		assert_eq!(does("//Bob", refund()), early);
		// Round 3 had begun when the liar cancelled, and nobody wins it. Round 4 is won with 4,880.
		honest_round(4, 12, |honest| Strategy::Attests(honest.clone()));
		let [liars] = &Emission::orders_view(0)[..] else {
			panic!("the other is fulfilled");
		};
		assert_eq!((liars.left, liars.until), (40 * NRN, 4));
		let free = windows(3).settle + 100;
		to(free - 1);
		assert_eq!(does("//Bob", refund()), early);
		to(free);
		ok("//Bob", refund());
		assert_eq!([lost(0), lost(1)], [10, 20].map(|amount| amount * NRN as i128));
	});
}

/// The owner of a group, which has all stake in it, takes a client's money and has the rounds shortened.
#[test]
fn rounds_by_other_rules_than_a_client_pays_for_cost_it_nothing() {
	on_a_chain(|| {
		let before = wealth("//Eve");
		let terms = crate::tests::terms(0);
		let fund = || pallet_emission::Call::fund { group: 0, amount: 50 * NRN, per_round: 5 * NRN, terms };
		ok("//Eve", fund());
		ok("//Ferdie", order(5_000, 0));
		let lengths = RoundLengths { length: 13, reveal: 3, attest: 5, open: 3 };
		let amend = pallet_groups::Call::propose_amendment {
			group: 0,
			changes: vec![Change::Clock { lengths }].try_into().unwrap(),
			summary: b"shorter".to_vec().try_into().unwrap(),
		};
		ok("//Trainer1", amend);
		let close = crate::Groups::closes(0).unwrap();
		let funding = || Emission::pot_view(0, SHARES).unwrap().fundings[0].clone();
		to(close - 1);
		let ordered = || Emission::orders_view(0)[0].clone();
		assert!(!funding().paused && !ordered().paused);
		to(close + 2);
		assert!(funding().paused && ordered().paused);
		assert_eq!(does("//Eve", fund()), Err(Error::<Runtime>::TermsChanged.into()));
		let free = funding().free;
		skip_to(free.unwrap());
		ok("//Eve", pallet_emission::Call::refund { group: 0 });
		assert_eq!(wealth("//Eve"), before);
		assert_eq!((ordered().left, Some(ordered().free)), (50 * NRN, free));
	});
}
