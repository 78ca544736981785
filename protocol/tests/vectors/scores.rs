use crate::{encoding, hex, scene::bytes, Function, Vector};
use descent_protocol::Rounding;
use serde_json::json;
use sp_core::H256;

/// Values as Rust, JavaScript and Python read them alike.
const VALUES: &[&str] = &[
	"0.0670365",
	"0",
	"-0",
	"5e-324",
	"0.0000005",
	"0.0000015",
	"0.0000025",
	"0.3333333333333333",
	"2.5615915794",
	"12.0000001",
	"1234567.8901234567",
	"9007199254.740991",
	"9007199254.740992",
	"9007199254.740994",
	"1e300",
	"1.7976931348623157e308",
	"-1e-9",
	"-1",
	"Infinity",
	"-Infinity",
	"NaN",
];

pub(crate) fn functions() -> Vec<Function> {
	let mut vectors = Vec::new();
	for seed in [Some(H256(bytes(0))), Some(H256::zero()), None] {
		vectors.extend(VALUES.iter().map(|value| vector(seed, value)));
	}
	vec![Function {
		name: "Rounding::score",
		definition:
			"The score of a measured f64 in micro-units, null where it is NaN, negative or above 2^53 \
			micro-units: floor(value * 10^6 + dither) in f64, with the dither 2^-32 times the first \
			little-endian u32 of blake2b-256 of descent/dither/v1 (ASCII), seed; without a seed, value * \
			10^6 rounded half to even.",
		vectors,
	}]
}

/// A vector of a value in a round with a seed, or in one of before scores were dithered.
fn vector(seed: Option<H256>, text: &str) -> Vector {
	let value: f64 = text.parse().unwrap();
	let rounding = seed.map_or(Rounding::HalfEven, Rounding::dithered);
	let bits = value.to_bits().to_be_bytes();
	Vector {
		input: vec![("value", json!(text)), ("bits", hex(bits)), ("seed", json!(seed.map(hex)))],
		encoded: seed.map(|seed| encoding("descent/dither/v1", seed)),
		result: json!(rounding.score(value)),
	}
}
