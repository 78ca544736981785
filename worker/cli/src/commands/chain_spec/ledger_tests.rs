use super::*;
use descent_client::UNIT;
use proptest::prelude::*;

fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

fn parse(text: &str) -> Result<Ledger> {
	Ledger::parse(text.as_bytes())
}

#[test]
fn reads_all_that_was_sold() {
	let (first, second, third) = (account(1), account(2), account(3));
	let key = "03".repeat(32);
	let text = format!(
		"account,amount,vesting_start,vesting_blocks,liquid\r\n{first},1500.25,,,\n\n{second},\"1000000000 \
		 NRN\",100,28800,0.5\n0x{key},0.001,0,1,\n"
	);
	let ledger = parse(&text).unwrap();
	let sale = |account, amount, vesting| Sale { account, amount, vesting };
	assert_eq!(
		ledger.lines(),
		[
			sale(first.clone(), 1500 * UNIT + UNIT / 4, None),
			sale(
				second.clone(),
				1_000_000_000 * UNIT,
				Some(Vesting { start: 100, blocks: 28_800, liquid: UNIT / 2 })
			),
			sale(third, EXISTENTIAL_DEPOSIT, Some(Vesting { start: 0, blocks: 1, liquid: 0 })),
		]
	);
	assert_eq!(ledger.total(), 1_000_001_500 * UNIT + UNIT / 4 + EXISTENTIAL_DEPOSIT);
	assert_eq!(ledger.amount(&first), 1500 * UNIT + UNIT / 4);
	assert_eq!((ledger.amount(&account(9)), ledger.has(&account(9))), (0, false));
	let short = format!("account,amount\n{first},1\n{second},2\n");
	assert_eq!(parse(&short).unwrap().total(), 3 * UNIT);
}

#[test]
fn what_is_not_right_is_told_with_its_line() {
	let (first, second) = (account(1), account(2));
	let max = u128::MAX;
	for (lines, parts) in [
		(format!("{first},1\n{first},2"), &["line 3", "is in line 2 already"] as &[_]),
		(format!("{first},1\n{second},0.0009"), &["line 3", "less than an account has to hold"]),
		(format!("{first},0"), &["line 2", "less than"]),
		(format!("{first},"), &["line 2", "the amount is missing"]),
		(",1".into(), &["line 2", "the account is missing"]),
		(format!("{first},-1"), &["line 2", "not an amount"]),
		(format!("{first},1e9"), &["line 2", "not an amount"]),
		(format!("{first},0.0000000000001"), &["line 2", "decimals"]),
		(format!("{first},{max}"), &["line 2", "larger than any amount"]),
		(format!("{first},{max}p\n{second},1"), &["line 3", "the sum up to here"]),
		(format!("{first}x,1"), &["line 2", "not an account"]),
		("//Alice,1".into(), &["line 2", "not an account"]),
		(format!("{first},1,2"), &["line: 2"]),
		(first.to_string(), &["line: 2"]),
		(String::new(), &["nothing was sold"]),
	] {
		let error = format!("{:#}", parse(&format!("account,amount\n{lines}\n")).unwrap_err());
		assert!(parts.iter().all(|part| error.contains(part)), "{lines}: {error}");
	}
	for (cells, part) in [
		("1,5,", "vesting_start is no number"),
		("1,1,+5,", "vesting_blocks is no number"),
		("1,1,4294967296,", "vesting_blocks is no number"),
		("1,1,4294967295,", "beyond the last block"),
		("1,1,0,", "vesting_blocks is 0"),
		("1,1,,", "both or neither"),
		("1,,1,", "both or neither"),
		("1,,,1", "liquid is empty"),
		("1,1,1,1", "so nothing vests"),
		("1,1,1,x", "not an amount"),
		("0.001,0,4000000000,", "less than the smallest unit"),
	] {
		let cells = if part.contains("vesting_start is") { "1,x,5," } else { cells };
		let text = format!("account,amount,vesting_start,vesting_blocks,liquid\n{first},{cells}\n");
		let error = format!("{:#}", parse(&text).unwrap_err());
		assert!(error.contains("line 2") && error.contains(part), "{cells}: {error}");
	}
}

#[test]
fn only_known_columns_are_read() {
	for (header, part) in [
		("account,amount,note", "the column `note` is unknown"),
		("Account,Amount", "the column `Account` is unknown"),
		("amount,account", "another order"),
		("account", "some are missing"),
		("account,amount,vesting_start", "some are missing"),
		("account,amount,amount", "another order"),
	] {
		let error = format!("{:#}", parse(&format!("{header}\n")).unwrap_err());
		assert!(error.contains("line 1") && error.contains(part), "{header}: {error}");
	}
	assert!(format!("{:#}", parse("").unwrap_err()).contains("the file is empty"));
}

proptest! {
	#[test]
	fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
		let _ = Ledger::parse(&bytes[..]);
		let _ = Ledger::parse(&[b"account,amount\n", &bytes[..]].concat()[..]);
	}

	#[test]
	fn no_cells_panic(cells in "[0-9a-z.,\"\n -]{0,200}") {
		let _ = parse(&format!("account,amount,vesting_start,vesting_blocks,liquid\n{cells}"));
	}

	#[test]
	fn the_total_is_the_sum(amounts in prop::collection::vec(EXISTENTIAL_DEPOSIT..u128::MAX, 1..20)) {
		let mut text = String::from("account,amount\n");
		for (number, amount) in amounts.iter().enumerate() {
			text.push_str(&format!("{},{amount}p\n", account(u8::try_from(number).unwrap())));
		}
		let sum = amounts.iter().try_fold(0u128, |sum, amount| sum.checked_add(*amount));
		let total = parse(&text).ok().map(|ledger| ledger.total());
		prop_assert_eq!(total, sum);
	}
}
