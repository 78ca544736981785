use crate::hex;
use descent_protocol::{
	Ballot, DeltaFault, DeltaReport, DeltaVerdict, Measurement, RowProblem, Salt, Score, Verdict,
};
use serde_json::{json, Value};
use sp_core::H256;

/// Values that hashes bind.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
	pub(crate) genesis: H256,
	pub(crate) group: u32,
	/// A round or a proposal.
	pub(crate) number: u32,
	pub(crate) version: u32,
	pub(crate) attempt: u32,
	/// An account or an evaluator key.
	pub(crate) account: [u8; 32],
	/// The digest of a checkpoint, of a delta, or of all that is asked.
	pub(crate) digest: H256,
	pub(crate) salt: Salt,
}

impl Scene {
	/// Values that differ in every byte, so that no two can be exchanged unnoticed.
	pub(crate) fn distinct() -> Self {
		Self {
			genesis: H256(bytes(0)),
			group: 0x0403_0201,
			number: 0x0807_0605,
			version: 3,
			attempt: 1,
			account: bytes(0x20),
			digest: H256(bytes(0x40)),
			salt: bytes(0x60),
		}
	}

	fn repeated(byte: u8) -> Self {
		let number = u32::from_le_bytes([byte; 4]);
		Self {
			genesis: H256::repeat_byte(byte),
			group: number,
			number,
			version: number,
			attempt: number,
			account: [byte; 32],
			digest: H256::repeat_byte(byte),
			salt: [byte; 32],
		}
	}

	/// The distinct values, the smallest and the largest.
	pub(crate) fn all() -> [Self; 3] {
		[Self::distinct(), Self::repeated(0), Self::repeated(0xff)]
	}

	/// Genesis and group, with which most inputs begin.
	pub(crate) fn input(&self) -> Vec<(&'static str, Value)> {
		vec![("genesis", hex(self.genesis)), ("group", json!(self.group))]
	}
}

/// 32 bytes that count up.
pub(crate) fn bytes(first: u8) -> [u8; 32] {
	core::array::from_fn(|place| first.wrapping_add(u8::try_from(place).unwrap()))
}

pub(crate) fn measurement(score: u64) -> Measurement {
	Measurement { score: Score(score), root: H256(bytes(0x80)) }
}

/// Ballots with all verdicts, with none, with as many as there can be, and with a departure.
pub(crate) fn ballots() -> Vec<Ballot> {
	let all = vec![
		Verdict::Abstained,
		Verdict::IllConditioned,
		Verdict::Invalid,
		Verdict::Unavailable,
		Verdict::Mismatch(measurement(71_234)),
		Verdict::Match(measurement(67_036)),
	];
	let mut many = vec![Verdict::Unavailable; 63];
	many.push(Verdict::Match(measurement(0)));
	let departed = vec![Verdict::Departed(measurement(67_036)), Verdict::Match(measurement(67_036))];
	[(Some(measurement(1 << 53)), all), (None, Vec::new()), (None, many), (None, departed)]
		.map(|(baseline, verdicts)| Ballot { baseline, verdicts: verdicts.try_into().unwrap() })
		.into()
}

/// Every verdict on a delta.
pub(crate) fn verdicts() -> Vec<DeltaVerdict> {
	let report = DeltaReport { added: 60_000, removed: 17, records: 1 << 40, root: H256(bytes(0xa0)) };
	let mut faults =
		vec![DeltaFault::Malformed, DeltaFault::TooLarge, DeltaFault::Columns, DeltaFault::Empty];
	let problems = [
		RowProblem::Op,
		RowProblem::IdLength,
		RowProblem::WrongId,
		RowProblem::Null,
		RowProblem::NotNull,
		RowProblem::Shape,
		RowProblem::Value,
		RowProblem::Repeated,
		RowProblem::Duplicate,
		RowProblem::Absent,
	];
	faults.extend(problems.map(|problem| DeltaFault::Row { row: (1 << 32) + 7, problem }));
	let mut verdicts = vec![DeltaVerdict::Valid(report), DeltaVerdict::Unavailable];
	verdicts.extend(faults.into_iter().map(DeltaVerdict::Invalid));
	verdicts
}
