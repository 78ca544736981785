use super::*;
use descent_client::{AccountId, UNIT};
use descent_protocol::view::StreamView;
use std::time::{Duration, UNIX_EPOCH};

fn emission() -> EmissionView {
	EmissionView {
		block: 1_300,
		era: 0,
		next_halving: Some(42_048_000),
		issuance: 1_000_000 * UNIT,
		genesis: 999_990 * UNIT,
		minted: 11 * UNIT,
		burned: UNIT,
		stake: 1_000 * UNIT,
		streams: vec![
			StreamView {
				stream: Stream::Trainers,
				period: 1_200,
				since: 1_200,
				emission: 10 * UNIT,
				flown: UNIT / 2,
			},
			StreamView { stream: Stream::Proposers, period: 201_600, since: 0, emission: UNIT, flown: 0 },
		],
	}
}

fn pot() -> PotView {
	PotView {
		stake: 250 * UNIT,
		emission: 5 * UNIT / 2,
		shares: Default::default(),
		winner: 3 * UNIT,
		validators: 2 * UNIT,
		keepers: 0,
		proposer: UNIT / 4,
		terms: Default::default(),
		fundings: vec![
			FundingView {
				client: AccountId::new([1; 32]),
				left: 90 * UNIT,
				per_round: 10 * UNIT,
				free: None,
				paused: false,
			},
			FundingView {
				client: AccountId::new([2; 32]),
				left: UNIT,
				per_round: UNIT,
				free: Some(1_400),
				paused: false,
			},
		],
	}
}

fn text(shown: &Shown) -> String {
	show(&Output::new(true), shown, UNIX_EPOCH + Duration::from_secs(86_400 * 20_000))
}

#[test]
fn shows_schedule_and_streams() {
	let mut shown = Shown { emission: emission(), group: None, pot: None };
	let all = text(&shown);
	for part in [
		"issuance      1000000 NRN",
		"of the sale   999990 NRN",
		"minted        11 NRN",
		"burned        1 NRN",
		"stake         1000 NRN, 0.1% of all there is",
		"halved        not yet",
		"at block 42048000, in 42046700 blocks (1459d 22h), about 2028-10-02",
		"trainers   1200 blocks (1h)    10 NRN  0.5 NRN       at block 2400, in 1100 blocks (55m)",
		"proposers  201600 blocks (7d)  1 NRN   0 NRN",
	] {
		assert!(all.contains(part), "{part} in\n{all}");
	}
	shown.emission.next_halving = None;
	shown.emission.era = 102;
	let all = text(&shown);
	assert!(all.contains("102 times") && all.contains("never: block numbers end before"), "{all}");
}

#[test]
fn shows_what_a_group_earns_and_pays_with() {
	let shown = Shown { emission: emission(), group: Some(7), pot: Some(pot()) };
	let all = text(&shown);
	for part in [
		"stake        250 NRN, 25% of all stake",
		"earns        2.5 NRN every 1200 blocks (1h) for rounds\n",
		"0.25 NRN every 201600 blocks (7d) for applied deltas\n",
		"winners 80%, validators 20%, keepers 0%",
		"next winner  3 NRN",
		"committee    2 NRN in equal parts",
		"clients pay  10 NRN a round, 90 NRN left, by 5C",
		"notice given, free at block 1400, in 100 blocks (5m)",
	] {
		assert!(all.contains(part), "{part} in\n{all}");
	}
	let json = serde_json::to_value(&shown).unwrap();
	assert_eq!((json["group"].as_u64(), json["issuance"].as_str()), (Some(7), Some("1000000000000000000")));
}
