use super::*;
use proptest::prelude::*;

#[test]
fn spans_of_time() {
	for (text, expected) in [
		("1", 1),
		("200", 200),
		("3s", 1),
		("10s", 4),
		("10m", 200),
		("12h", 14_400),
		("7d", 201_600),
		("4294967295", u32::MAX),
	] {
		assert_eq!(blocks(text), Ok(expected), "{text}");
	}
	for text in [
		"",
		"d",
		"0",
		"0d",
		"-1",
		"+1",
		"1.5h",
		"7 d",
		"1w",
		"7D",
		"d7",
		"4294967296",
		"9999999999999d",
		"٣d",
	] {
		assert!(blocks(text).is_err(), "{text}");
	}
	assert!(blocks("1w").unwrap_err().contains("7d"));
}

#[test]
fn parts_of_a_whole() {
	for (text, expected) in [
		("20%", Share::percent(20)),
		("100%", Share::ALL),
		("12.5%", Share(125_000)),
		("0.0001%", Share(1)),
		("020 %", Share::percent(20)),
	] {
		assert_eq!(share(text), Ok(expected), "{text}");
	}
	for text in [
		"",
		"%",
		"20",
		"0.2",
		"0%",
		"0.00001%",
		"100.0001%",
		"101%",
		"-1%",
		"+1%",
		"1.%",
		".5%",
		"1.2.3%",
		"1e1%",
		"99999999999%",
		"٣%",
	] {
		assert!(share(text).is_err(), "{text}");
	}
	assert!(share("20").unwrap_err().contains("20%"));
	assert_eq!((share_or_none("0%"), share_or_none("1%")), (Ok(Share(0)), share("1%")));
	assert!(share_or_none("0").is_err());
}

#[test]
fn hashes() {
	let digits = "ab".repeat(32);
	assert_eq!(hash(&digits), Ok(H256::repeat_byte(0xab)));
	assert_eq!(hash(&format!("0x{digits}")), hash(&digits));
	for text in ["", "0x", &digits[1..], &digits[2..], "zz", &format!("{digits}ab")] {
		assert!(hash(text).is_err(), "{text}");
	}
}

#[test]
fn targets_and_summaries() {
	assert_eq!(target("0.05"), Ok(Target(Some(Score(50_000)))));
	assert_eq!(target("none"), Ok(Target(None)));
	assert!(target("never").unwrap_err().contains("none"));
	assert!(summary("five thousand digits").is_ok() && summary(&"é".repeat(128)).is_ok());
	for text in ["", "a\nb", "a\u{1b}[2J", &"é".repeat(129)] {
		assert!(summary(text).is_err(), "{text}");
	}
}

proptest! {
	#[test]
	fn what_is_shown_of_a_share_can_be_read(millionths in 1..=1_000_000u32) {
		prop_assert_eq!(share(&Share(millionths).to_string()), Ok(Share(millionths)));
	}

	#[test]
	fn a_time_is_as_many_blocks_as_it_takes(seconds in 1..1_000_000_000u64) {
		let span = u64::from(blocks(&format!("{seconds}s")).unwrap()) * BLOCK_SECONDS;
		prop_assert!(span >= seconds && span < seconds + BLOCK_SECONDS);
	}

	#[test]
	fn no_text_panics(text: String) {
		let _ = (hash(&text), share_or_none(&text), blocks(&text), share(&text));
		let _ = (share(&format!("{text}%")), target(&text), summary(&text));
	}
}

#[test]
fn scores() {
	assert_eq!(score("0.001"), Ok(Score(1000)));
	assert_eq!(score("1"), Ok(Score(1_000_000)));
	for text in ["-1", "nan", "inf", "x", "", "1e30"] {
		assert!(score(text).is_err(), "{text}");
	}
}

#[test]
fn providers() {
	assert_eq!(provider("http://127.0.0.1:8080/"), Ok("http://127.0.0.1:8080".into()));
	assert_eq!(provider("https://[::1]:1/p"), Ok("https://[::1]:1/p".into()));
	for text in [
		"",
		"127.0.0.1",
		"ftp://a",
		"HTTP://a",
		"http://user:secret@a",
		"http://a?b",
		"http://[::1",
		"http://ä",
		"http://",
		"http:///ipfs",
		"http://a b",
		&format!("http://{}", "a".repeat(130)),
	] {
		assert!(provider(text).is_err(), "{text}");
	}
}

#[test]
fn names_and_sizes() {
	assert!(
		name("mnist").is_ok()
			&& name("").is_err()
			&& name(&"é".repeat(33)).is_err()
			&& name("a\u{1b}[2J").is_err()
	);
	assert_eq!((bytes("4096"), bytes("64G"), bytes("1T")), (Ok(4096), Ok(64 << 30), Ok(1 << 40)));
	assert!(["", "G", "-1", "1.5G", "99999999999T", "1é"].iter().all(|text| bytes(text).is_err()));
}

#[test]
fn learning_rates_are_billionths() {
	for (text, smallest, largest) in [
		("0.00001..0.1", 10_000, 100_000_000),
		("0.000000001..1", 1, 1_000_000_000),
		("0.01..0.01", 10_000_000, 10_000_000),
		("1.0..1.000000000", 1_000_000_000, 1_000_000_000),
		("00.5..1", 500_000_000, 1_000_000_000),
	] {
		assert_eq!(rates(text), Ok(Rates { smallest, largest }), "{text}");
	}
	for text in [
		"",
		"0.1",
		"..",
		"0.1..",
		"..0.1",
		"0..0.1",
		"0.0000000001..1",
		"0.1..1.1",
		"0.1..1.000000001",
		"0.2..0.1",
		"0.1...0.2",
		"-0.1..0.1",
		"+0.1..0.1",
		"1e-5..0.1",
		".1..0.2",
		"1...2",
		"0.1..5000000000",
		"0.1..99999999999999999999",
	] {
		assert!(rates(text).is_err(), "{text}");
	}
}

#[test]
fn steps_of_a_segment() {
	assert_eq!(steps("200"), Ok(Steps(Some(200))));
	assert_eq!(steps("none"), Ok(Steps(None)));
	for text in ["", "default", "-1", "65536", "1.5"] {
		assert!(steps(text).unwrap_err().contains("as 200, or none"), "{text}");
	}
}
