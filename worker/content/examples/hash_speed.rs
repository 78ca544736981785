//! Hashes 256 MiB in blocks of 1 MiB with `blake2b_simd` and with `blake2`, and prints the speed of each.
//! `scripts/bench hash` runs it.

use std::{hint::black_box, time::Instant};

use blake2::{digest::consts::U32, Blake2b, Digest};
use descent_content::BlockId;
use descent_protocol::{Codec, LEAF_SIZE};

/// Number of blocks that are hashed in one pass.
const BLOCKS: u32 = 256;
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
	let bytes = block.len() as f64 * f64::from(BLOCKS);
	let pass = |_| {
		let started = Instant::now();
		for _ in 0..BLOCKS {
			black_box(hash(black_box(block)));
		}
		bytes / started.elapsed().as_secs_f64() / 1e9
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
	let (fast, slow) = (speed(&block, simd), speed(&block, portable));
	println!("blake2b_simd  {fast:.2} GB/s");
	println!("blake2        {slow:.2} GB/s");
	println!("ratio         {:.2}", fast / slow);
}
