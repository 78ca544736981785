//! Sealed files: round trips at every boundary, and everything that a stranger may do to one.

use descent_test_sets::{open, seal, sealed_bytes, OpenError, PIECE_BYTES};
use proptest::prelude::*;
use sp_core::H256;
use std::io::{self, Read, Write};

const PIECE: usize = PIECE_BYTES as usize;
const HEADER: usize = 17;
const TAG: usize = 16;
const KEY: H256 = H256::repeat_byte(7);

/// Bytes without a pattern, from a linear congruential generator.
fn bytes(length: usize) -> Vec<u8> {
	let next = |state: &mut u64| {
		*state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		Some((*state >> 56) as u8)
	};
	let mut state = length as u64;
	std::iter::from_fn(|| next(&mut state)).take(length).collect()
}

fn sealed(plain: &[u8]) -> Vec<u8> {
	let mut sealed = Vec::new();
	let size = seal(&mut &plain[..], &mut sealed, &KEY, &mut |_| ()).unwrap();
	assert_eq!(size, plain.len() as u64);
	assert_eq!(sealed.len() as u64, sealed_bytes(size));
	sealed
}

fn opened(sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
	let mut plain = Vec::new();
	let size = open(&mut &sealed[..], &mut plain, &KEY, u64::MAX)?;
	assert_eq!(size, plain.len() as u64);
	Ok(plain)
}

/// The reason for which a file does not open.
fn broken(sealed: &[u8]) -> String {
	match opened(sealed) {
		Err(OpenError::Broken(reason)) => reason,
		Err(OpenError::Io(error)) => panic!("the machine failed: {error}"),
		Ok(plain) => panic!("{} bytes were opened", plain.len()),
	}
}

#[test]
fn a_test_set_comes_back_at_every_boundary() {
	for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
		let plain = bytes(length);
		assert!(opened(&sealed(&plain)).unwrap() == plain, "{length}");
	}
}

#[test]
fn progress_is_told_after_each_piece() {
	let (plain, mut told) = (bytes(2 * PIECE + 5), Vec::new());
	seal(&mut &plain[..], &mut io::sink(), &KEY, &mut |done| told.push(done)).unwrap();
	assert_eq!(told, [PIECE_BYTES, 2 * PIECE_BYTES, 2 * PIECE_BYTES + 5]);
}

#[test]
fn another_key_opens_nothing() {
	let mut plain = Vec::new();
	let sealed = sealed(&bytes(PIECE + 1));
	let other = H256::repeat_byte(8);
	let error = open(&mut &sealed[..], &mut plain, &other, u64::MAX).unwrap_err();
	assert!(matches!(&error, OpenError::Broken(reason) if reason.contains("another key")), "{error}");
	assert!(plain.is_empty());
}

#[test]
fn a_cut_file_does_not_open() {
	let sealed = sealed(&bytes(2 * PIECE + 9));
	let piece = PIECE + TAG;
	for length in [
		0,
		1,
		HEADER - 1,
		HEADER,
		HEADER + 1,
		HEADER + TAG,
		HEADER + piece - 1,
		HEADER + piece,
		HEADER + piece + 1,
		HEADER + 2 * piece,
		HEADER + 2 * piece + TAG,
		sealed.len() - 1,
	] {
		broken(&sealed[..length]);
	}
}

#[test]
fn a_prolonged_file_does_not_open() {
	for plain in [bytes(0), bytes(5), bytes(PIECE), bytes(PIECE + 5)] {
		let sealed = sealed(&plain);
		for more in [vec![0], vec![0; TAG], sealed[HEADER..].to_vec(), sealed.clone()] {
			broken(&[sealed.clone(), more].concat());
		}
	}
}

#[test]
fn pieces_keep_their_places() {
	let sealed = sealed(&bytes(3 * PIECE));
	let piece = |number: usize| {
		let start = HEADER + number * (PIECE + TAG);
		&sealed[start..start + PIECE + TAG]
	};
	let header = &sealed[..HEADER];
	assert!(opened(&[header, piece(0), piece(1), piece(2)].concat()).is_ok());
	for order in [
		vec![piece(1), piece(0), piece(2)],
		vec![piece(0), piece(2), piece(1)],
		vec![piece(0), piece(2)],
		vec![piece(1), piece(2)],
		vec![piece(2)],
		vec![piece(0), piece(0), piece(1), piece(2)],
		vec![piece(0), piece(1), piece(1), piece(2)],
	] {
		broken(&[header, &order.concat()].concat());
	}
}

#[test]
fn files_of_other_kinds_and_versions_are_told_apart() {
	let sealed = sealed(b"descent");
	let mut later = sealed.clone();
	later[HEADER - 1] = 2;
	assert!(broken(&later).contains("version 2"));
	assert!(broken(b"PAR1").contains("does not begin"));
	assert!(broken(&[&b"PAR1"[..], &sealed[4..]].concat()).contains("does not begin"));
}

#[test]
fn a_set_that_is_larger_than_it_may_be_is_broken() {
	for length in [1, PIECE, PIECE + 1] {
		let sealed = sealed(&bytes(length));
		let limit = length as u64;
		assert!(open(&mut &sealed[..], &mut io::sink(), &KEY, limit).is_ok());
		let error = open(&mut &sealed[..], &mut io::sink(), &KEY, limit - 1).unwrap_err();
		assert!(matches!(&error, OpenError::Broken(reason) if reason.contains("it may have")), "{error}");
	}
}

/// A reader or writer that fails.
struct Failing;

impl Read for Failing {
	fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
		Err(io::Error::other("the disk is gone"))
	}
}

impl Write for Failing {
	fn write(&mut self, _: &[u8]) -> io::Result<usize> {
		Err(io::Error::other("the disk is full"))
	}

	fn flush(&mut self) -> io::Result<()> {
		Ok(())
	}
}

#[test]
fn a_failing_machine_does_not_make_a_set_broken() {
	let read = open(&mut Failing, &mut io::sink(), &KEY, u64::MAX);
	assert!(matches!(read, Err(OpenError::Io(_))), "{read:?}");
	let written = open(&mut &sealed(b"descent")[..], &mut Failing, &KEY, u64::MAX);
	assert!(matches!(written, Err(OpenError::Io(_))), "{written:?}");
	assert!(seal(&mut Failing, &mut io::sink(), &KEY, &mut |_| ()).is_err());
	assert!(seal(&mut &b"x"[..], &mut Failing, &KEY, &mut |_| ()).is_err());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn no_bit_can_be_flipped(length in 0..200usize, position: prop::sample::Index, bit in 0..8u8) {
		let mut changed = sealed(&bytes(length));
		let position = position.index(changed.len());
		changed[position] ^= 1 << bit;
		broken(&changed);
	}

	#[test]
	fn no_file_makes_it_panic(file: Vec<u8>, has_header: bool) {
		let header = if has_header { &b"descent-test-set\x01"[..] } else { &[] };
		broken(&[header, &file[..]].concat());
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(8))]

	#[test]
	fn any_length_comes_back_and_no_bit_of_a_long_file_can_be_flipped(
		length in 0..3 * PIECE, position: prop::sample::Index, bit in 0..8u8,
	) {
		let plain = bytes(length);
		let mut file = sealed(&plain);
		prop_assert!(opened(&file).unwrap() == plain);
		let position = position.index(file.len());
		file[position] ^= 1 << bit;
		broken(&file);
	}
}
