use super::*;
use crate::{commands::order::tests::order, fixtures::group};
use clap::Parser;
use descent_client::{AccountId, UNIT};
use descent_protocol::{view::HeadView, ContentRef};

#[derive(Debug, Parser)]
struct Line {
	#[command(flatten)]
	create: Create,
}

fn parse(line: &str) -> Result<Create, clap::Error> {
	Line::try_parse_from(format!("create 0 --amount 1000 {line}").split_whitespace()).map(|line| line.create)
}

fn with_head(score: u64) -> GroupView {
	let head = HeadView {
		model_version: 0,
		round: 2,
		account: AccountId::new([1; 32]),
		checkpoint: ContentRef::raw(b"x").unwrap(),
		score: Score(score),
		measured_on: None,
		providers: vec![],
	};
	GroupView { head: Some(head), ..group() }
}

const ORDER: NewOrder = NewOrder {
	amount: 1_000 * UNIT,
	price: 4 * UNIT / 1_000,
	bonus: 100 * UNIT,
	from: Score(2_300_000),
	target: Score(2_000_000),
	rounds: 200,
};

#[test]
fn a_price_is_that_of_a_thousandth() {
	assert_eq!(price("4"), Ok(Price(4 * UNIT / 1_000)));
	assert_eq!(price("0.000000001 NRN"), Ok(Price(1)));
	for (text, part) in [("0", "worth something"), ("0.0000000001", "nine decimals"), ("x", "not an amount")]
	{
		assert!(price(text).unwrap_err().contains(part), "{text}");
	}
}

#[test]
fn an_order_begins_with_the_head_unless_it_says_otherwise() {
	let line = "--per-thousandth 4 --bonus 100 --target 2 --rounds 200";
	assert_eq!(parse(line).unwrap().order(&with_head(2_300_000)).unwrap(), ORDER);
	let named = parse(&format!("{line} --from 2.25")).unwrap().order(&group()).unwrap();
	assert_eq!(named, NewOrder { from: Score(2_250_000), ..ORDER });
	let error = parse(line).unwrap().order(&group()).unwrap_err();
	assert!(error.to_string().contains("has no head yet") && error.to_string().contains("--from"), "{error}");
}

#[test]
fn orders_that_can_pay_for_nothing_are_refused() {
	for (line, head, part) in [
		("--per-thousandth 4 --target 2.3 --rounds 1", 2_300_000, "is not lower than 2.300000"),
		("--per-thousandth 4 --from 3 --target 2.3 --rounds 1", 2_200_000, "the head has 2.200000"),
		("--per-thousandth 4 --target 2 --rounds 1 --bonus 1000", 2_300_000, "--amount is less"),
	] {
		let error = parse(line).unwrap().order(&with_head(head)).unwrap_err();
		assert!(error.to_string().contains(part), "{error}");
	}
	for line in [
		"--per-thousandth 0 --target 2 --rounds 1",
		"--per-thousandth 4 --target 2 --rounds 0",
		"--per-thousandth 4 --rounds 1",
		"--target 2 --rounds 1",
	] {
		assert!(parse(line).is_err(), "{line}");
	}
}

#[test]
fn a_plan_says_what_the_order_can_cost() {
	let text = show_plan(&Output::new(true), &group(), &ORDER, UNIT / 100, 1_500 * UNIT);
	for part in [
		"pays          4 NRN for each 0.001\n",
		"from          2.300000\n",
		"to            2.000000, with a bonus of 100 NRN\n",
		"at most       1000 NRN\n",
		"suffices for  a gain of 0.225000\n",
		"divided       winners 80%, validators 20%, keepers 0%\n",
		"rounds        the next 200, in 4000 blocks (3h 20m)\n",
		"fee           0.01 NRN\n",
		"you have      1500 NRN",
	] {
		assert!(text.contains(part), "{part} in\n{text}");
	}
	let rich = NewOrder { amount: 9_000 * UNIT, ..ORDER };
	assert_eq!((most(&rich), reach(&rich)), (1_300 * UNIT, Score(300_000)));
	let text = show_plan(&Output::new(true), &group(), &rich, 0, 1_500 * UNIT);
	assert!(text.ends_with("1500 NRN, which is not enough"), "{text}");
	let json = serde_json::to_value(plan(7, &ORDER, 5, 9)).unwrap();
	assert_eq!(
		(json["price"].as_str(), json["most"].as_str()),
		(Some("4000000000"), Some("1000000000000000"))
	);
	assert_eq!((json["dry_run"].as_bool(), json["from"].as_u64()), (Some(true), Some(2_300_000)));
}

#[test]
fn says_what_was_ordered() {
	let mut placed = Placed { group: 3, order: None, done: Done::at(9) };
	assert_eq!(show(&placed, 9), "Ordered improvement of group 3 in block 9.");
	placed.order = Some(order());
	assert_eq!(
		show(&placed, 40_980),
		"Ordered improvement of group 3 in block 9. It pays 4 NRN for each 0.001 from 2.275000 down to \
		 2.000000, in rounds 5 to 204. What is left then is free at block 41000, in 20 blocks (1m): descent \
		 order refund 3"
	);
}
