use super::*;
use crate::commands::order::plan::tests::ORDER;
use clap::Parser;
use descent_client::UNIT;

#[derive(Debug, Parser)]
struct Line {
	#[command(flatten)]
	create: Create,
}

fn parse(line: &str) -> Result<Create, clap::Error> {
	Line::try_parse_from(format!("create 0 --amount 1000 {line}").split_whitespace()).map(|line| line.create)
}

fn ordered(line: &str, head: Option<u64>) -> Result<NewOrder> {
	parse(line).unwrap().order("group 7", head.map(Score))
}

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
	assert_eq!(ordered(line, Some(2_300_000)).unwrap(), ORDER);
	let named = ordered(&format!("{line} --from 2.25"), None).unwrap();
	assert_eq!(named, NewOrder { from: Score(2_250_000), ..ORDER });
	let error = ordered(line, None).unwrap_err();
	assert!(error.to_string().contains("has no head yet") && error.to_string().contains("--from"), "{error}");
}

#[test]
fn orders_that_can_pay_for_nothing_are_refused() {
	for (line, head, part) in [
		("--per-thousandth 4 --target 2.3 --rounds 1", 2_300_000, "is not lower than 2.300000"),
		("--per-thousandth 4 --from 3 --target 2.3 --rounds 1", 2_200_000, "the head has 2.200000"),
		("--per-thousandth 4 --target 2 --rounds 1 --bonus 1000", 2_300_000, "--amount is less"),
	] {
		let error = ordered(line, Some(head)).unwrap_err();
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
