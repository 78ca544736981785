//! Hashes 256 MiB with `blake2b_simd` and with `blake2`, in blocks of content and in records, and prints the
//! speed of each. `scripts/bench hash` runs it.

use std::{hint::black_box, time::Instant};

use blake2::{digest::consts::U32, Blake2b, Digest};
use blake2b_simd::many::{hash_many, HashManyJob};
use descent_content::BlockId;
use descent_protocol::{Codec, LEAF_SIZE};

/// Bytes that are hashed in one pass.
const BYTES: usize = 256 << 20;
/// Size in bytes of a record with an image of 28 x 28 pixels and a label.
const RECORD: usize = 785;
/// Number of passes; the fastest one counts.
const PASSES: u32 = 5;

fn simd(block: &[u8]) -> [u8; 32] {
	let hash = blake2b_simd::Params::new().hash_length(32).hash(block);
	hash.as_bytes().try_into().expect("a hash of 32 bytes was asked for; qed")
}

fn portable(block: &[u8]) -> [u8; 32] {
	Blake2b::<U32>::digest(block).into()
}

/// Returns the speed of the fastest pass in GB/s, where a GB has 10^9 bytes.
fn speed(block: &[u8], hash: fn(&[u8]) -> [u8; 32]) -> f64 {
	let blocks = BYTES / block.len();
	let bytes = (block.len() * blocks) as f64;
	let pass = |_| {
		let started = Instant::now();
		for _ in 0..blocks {
			black_box(hash(black_box(block)));
		}
		bytes / started.elapsed().as_secs_f64() / 1e9
	};
	(0..PASSES).map(pass).fold(0.0, f64::max)
}

/// Returns the speed of four blocks that are hashed side by side, in GB/s.
fn side_by_side(block: &[u8]) -> f64 {
	let params = blake2b_simd::Params::new().hash_length(32).to_owned();
	let four = |block: &[u8]| {
		let mut jobs = [(); 4].map(|()| HashManyJob::new(&params, block));
		hash_many(&mut jobs);
		black_box(jobs.map(|job| job.to_hash()));
	};
	let rounds = BYTES / block.len() / 4;
	let pass = |_| {
		let started = Instant::now();
		(0..rounds).for_each(|_| four(black_box(block)));
		(4 * rounds * block.len()) as f64 / started.elapsed().as_secs_f64() / 1e9
	};
	(0..PASSES).map(pass).fold(0.0, f64::max)
}

fn main() {
	let block: Vec<u8> = (0..LEAF_SIZE).map(|position| (position % 251) as u8).collect();
	let digest = BlockId::of(Codec::Raw, &block).digest;
	assert_eq!(
		(simd(&block), portable(&block)),
		(digest, digest),
		"both crates compute the digest of a block"
	);
	for (name, size) in [("blocks of 1 MiB", block.len()), ("records of 785 bytes", RECORD)] {
		let (fast, slow) = (speed(&block[..size], simd), speed(&block[..size], portable));
		let ratio = fast / slow;
		println!("{name}: blake2b_simd {fast:.2} GB/s, blake2 {slow:.2} GB/s, ratio {ratio:.2}");
	}
	let four = side_by_side(&block);
	println!("four blocks of 1 MiB side by side: blake2b_simd {four:.2} GB/s");
}
