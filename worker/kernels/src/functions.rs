//! Elementary functions without branches, so that several values are computed at a time.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

/// 1.5 * 2^52: what is added to it is rounded to an integer, which the last bits then hold.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts. The first has 32 bits, so that its product with an exponent is exact.
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
/// 1 / n! for n from 13 down to 0.
const EXPONENTIAL: [f64; 14] = [
	1.0 / 6_227_020_800.0,
	1.0 / 479_001_600.0,
	1.0 / 39_916_800.0,
	1.0 / 3_628_800.0,
	1.0 / 362_880.0,
	1.0 / 40_320.0,
	1.0 / 5_040.0,
	1.0 / 720.0,
	1.0 / 120.0,
	1.0 / 24.0,
	1.0 / 6.0,
	0.5,
	1.0,
	1.0,
];
/// `ln(erfc(z) exp(z^2) / t)` with `z = 2 / t - 2` as a polynomial of `2 t - 1`, the highest power first: the
/// Chebyshev interpolation at 60 nodes, cut off after degree 28. `erfc` is then right to 4.5e-16.
const ERFC: [f64; 29] = [
	6.714920393601979e-12,
	-1.8902306008944537e-9,
	4.013877704214506e-9,
	1.1172352263623759e-8,
	-3.9024931626661816e-8,
	1.4448658046252676e-9,
	1.5307318366323928e-7,
	-2.495832761719667e-7,
	-1.6817283194044123e-7,
	1.2500276612569754e-6,
	-1.2725805279147717e-6,
	-2.947986876998259e-6,
	8.562779099386524e-6,
	1.3772664134464417e-7,
	-3.0187948093951486e-5,
	3.17451797494374e-5,
	7.140103219748502e-5,
	-0.0001743029472030762,
	-9.373503465815823e-5,
	0.000673678795580235,
	-0.0001462468629421063,
	-0.002345812500482853,
	0.001758933557766382,
	0.008824938557060623,
	-0.009872689366388684,
	-0.0468956102311753,
	0.04734330684190441,
	0.6726432239776567,
	-0.6717940840566923,
];

/// Returns e to the power of `x`, within two units in the last place.
///
/// `x` is `n ln 2 + r` with `|r| < 0.35`, whose series is summed by Horner's rule. Below -745.2 the result is
/// 0.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
	let x = if x < -750.0 { -750.0 } else { x };
	let x = if x > 710.0 { 710.0 } else { x };
	let shifted = x * LOG2_E + ROUND;
	let n = shifted - ROUND;
	let r = (x - n * LN_2[0]) - n * LN_2[1];
	let series = horner(&EXPONENTIAL, r);
	// 2^n in two factors, as it may lie beyond the range of exponents.
	let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(4096);
	let half = exponent >> 1;
	let power = |exponent: u64| f64::from_bits(exponent.wrapping_sub(2048).wrapping_add(1023) << 52);
	series * power(half) * power(exponent.wrapping_sub(half))
}

/// Returns the share of the standard normal distribution that lies below `x`, right to 5e-16.
#[inline(always)]
pub(crate) fn cumulative_normal(x: f64) -> f64 {
	let z = x.abs() * FRAC_1_SQRT_2;
	let t = 2.0 / (2.0 + z);
	let tail = 0.5 * t * exp(horner(&ERFC, 2.0 * t - 1.0) - z * z);
	if x < 0.0 {
		tail
	} else {
		1.0 - tail
	}
}

#[inline(always)]
fn horner<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
	let mut sum = coefficients[0];
	for coefficient in &coefficients[1..] {
		sum = sum * x + coefficient;
	}
	sum
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn the_exponential_is_right_to_two_units_in_the_last_place(x in -708.0..709.7f64) {
			let (ours, theirs) = (exp(x), libm::exp(x));
			prop_assert!(ours.to_bits().abs_diff(theirs.to_bits()) <= 2, "{x} {ours:e} {theirs:e}");
		}

		#[test]
		fn the_normal_distribution_is_right(x in -40.0..40.0f64) {
			let theirs = 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
			prop_assert!((cumulative_normal(x) - theirs).abs() < 6e-16, "{x}");
		}
	}

	#[test]
	fn the_ends_of_the_exponential() {
		assert_eq!(exp(0.0), 1.0);
		assert_eq!(exp(f64::NEG_INFINITY), 0.0);
		assert_eq!(exp(-1e300), 0.0);
		assert_eq!(exp(f64::INFINITY), f64::INFINITY);
		assert_eq!(exp(800.0), f64::INFINITY);
		assert!(exp(f64::NAN).is_nan());
		assert!((exp(-740.0) / libm::exp(-740.0) - 1.0).abs() < 0.01);
		assert_eq!((cumulative_normal(f64::INFINITY), cumulative_normal(f64::NEG_INFINITY)), (1.0, 0.0));
		assert!(cumulative_normal(f64::NAN).is_nan());
	}
}
