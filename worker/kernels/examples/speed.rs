use descent_kernels::*;
use std::time::Instant;
fn main() {
	for (rows, inner, cols) in [
		(256, 784, 1024),
		(256, 1024, 1024),
		(256, 1024, 10),
		(4096, 144, 32),
		(1024, 256, 1024),
		(64, 64, 64),
	] {
		let x: Vec<f64> = (0..rows * inner).map(|i| (i % 17) as f64 * 0.1).collect();
		let w: Vec<f32> = (0..cols * inner).map(|i| (i % 13) as f32 * 0.1).collect();
		let mut out = vec![0.0; rows * cols];
		for i in Instructions::ALL {
			if i == Instructions::Portable {
				continue;
			}
			i.choose();
			for p in [None, Some(Perturbation::new(1, 1))] {
				let n = (2e9 / (2.0 * (rows * inner * cols) as f64)).max(1.0) as usize;
				linear(&x, inner, Weights { values: &w, perturbation: p }, None, &mut out);
				let t = Instant::now();
				for _ in 0..n {
					linear(&x, inner, Weights { values: &w, perturbation: p }, None, &mut out);
				}
				let s = t.elapsed().as_secs_f64() / n as f64;
				println!(
					"{rows}x{inner}x{cols} {i:?} {} {:.1} GFLOP/s",
					p.is_some(),
					2.0 * (rows * inner * cols) as f64 / s / 1e9
				);
			}
		}
	}
	let mut x: Vec<f64> = (0..1_000_000).map(|i| i as f64 * 1e-5 - 5.0).collect();
	let t = Instant::now();
	gelu(&mut x.clone());
	println!("gelu {:.1} ns", t.elapsed().as_secs_f64() * 1e3);
	let t = Instant::now();
	tanh(&mut x.clone());
	println!("tanh {:.1} ns", t.elapsed().as_secs_f64() * 1e3);
	let t = Instant::now();
	sigmoid(&mut x);
	println!("sigmoid {:.1} ns", t.elapsed().as_secs_f64() * 1e3);
}
