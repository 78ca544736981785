//! The items of PoDL's section IV-B that are not validations, and the opening of a hidden test set.

use crate::data::{build, write_delta, Material, Noise};
use anyhow::{ensure, Result};
use descent_content::address;
use descent_protocol::{rank, test_set_key, Score, MAX_CANDIDATES};
use descent_test_sets::{open, seal};
use serde::Serialize;
use sp_core::H256;
use std::{
	fs::{self, File},
	hint::black_box,
	io::{BufReader, BufWriter, Write},
	time::Instant,
};

/// Number of claims that are sorted, as in PoDL's table I.
const CLAIMS: u64 = 1_000_000;
/// Number of times that short work is repeated.
const REPEATS: u32 = 1_000;
/// Bytes of a megabyte.
const MEGABYTE: f64 = 1e6;

#[derive(Serialize)]
pub(crate) struct Items {
	/// Milliseconds in which a checkpoint is hashed.
	pub(crate) hash_ms: f64,
	/// Milliseconds for each megabyte of it.
	pub(crate) hash_ms_per_mb: f64,
	/// Milliseconds in which a million claims are ranked.
	pub(crate) sort_million_ms: f64,
	/// Microseconds in which the most claims of a round are ranked.
	pub(crate) sort_round_us: f64,
	pub(crate) test_set: TestSet,
}

/// A hidden test set that was sealed and opened.
#[derive(Serialize)]
pub(crate) struct TestSet {
	pub(crate) records: u64,
	/// Bytes of the sealed file.
	pub(crate) sealed_bytes: u64,
	/// Seconds in which the file was decrypted.
	pub(crate) open_seconds: f64,
	/// Megabytes of the sealed file in each of them.
	pub(crate) open_mb_per_second: f64,
	/// Seconds in which the set was hashed, checked and put on disk.
	pub(crate) build_seconds: f64,
}

impl Items {
	pub(crate) fn measure(material: &Material) -> Result<Self> {
		let checkpoint = fs::read(material.checkpoint(0)?)?;
		let hash_ms = repeated(|| address(black_box(checkpoint.as_slice())).map(drop))? * 1e3;
		let million = claims(CLAIMS);
		let began = Instant::now();
		black_box(rank(black_box(&million)));
		let sort_million_ms = began.elapsed().as_secs_f64() * 1e3;
		let round = claims(MAX_CANDIDATES.into());
		let sort_round_us = repeated(|| {
			black_box(rank(black_box(&round)));
			Ok::<_, anyhow::Error>(())
		})? * 1e6;
		Ok(Self {
			hash_ms,
			hash_ms_per_mb: hash_ms * MEGABYTE / checkpoint.len() as f64,
			sort_million_ms,
			sort_round_us,
			test_set: TestSet::measure(material)?,
		})
	}
}

impl TestSet {
	/// Seals a set of a tenth as many records as the data set has, none of which it has, and opens it again.
	fn measure(material: &Material) -> Result<Self> {
		let (folder, schema) = (&material.folder, material.description.schema());
		let (plain, sealed, opened) =
			(folder.join("test-set"), folder.join("test-set.sealed"), folder.join("test-set.opened"));
		let records = material.set.len().div_ceil(10);
		write_delta(&plain, &schema, material.set.len()..material.set.len() + records)?;
		let key = test_set_key(H256::repeat_byte(7));
		let mut writer = BufWriter::new(File::create(&sealed)?);
		let size = seal(&mut BufReader::new(File::open(&plain)?), &mut writer, &key, &mut |_| ())?;
		writer.flush()?;
		fs::remove_file(&plain)?;

		let began = Instant::now();
		let mut writer = BufWriter::new(File::create(&opened)?);
		open(&mut BufReader::new(File::open(&sealed)?), &mut writer, &key, size)?;
		writer.flush()?;
		let open_seconds = began.elapsed().as_secs_f64();
		let began = Instant::now();
		let set = build(&folder.join("sets"), &opened, &schema)?;
		let build_seconds = began.elapsed().as_secs_f64();
		ensure!(set.len() == records, "the test set has {} records", set.len());
		let sealed_bytes = fs::metadata(&sealed)?.len();
		Ok(Self {
			records,
			sealed_bytes,
			open_seconds,
			open_mb_per_second: sealed_bytes as f64 / MEGABYTE / open_seconds,
			build_seconds,
		})
	}
}

/// Returns claims that look random, in commit order.
fn claims(count: u64) -> Vec<Option<Score>> {
	let mut noise = Noise::new(count);
	(0..count).map(|_| Some(Score(noise.draw()))).collect()
}

/// Repeats work. Returns the mean seconds of it.
fn repeated<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
	let began = Instant::now();
	for _ in 0..REPEATS {
		work()?;
	}
	Ok(began.elapsed().as_secs_f64() / f64::from(REPEATS))
}
