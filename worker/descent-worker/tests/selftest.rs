//! The self-test of the real program, on this processor and on emulated ones.

use serde_json::Value;
use std::process::Command;

const WORKER: &str = env!("CARGO_BIN_EXE_descent-worker");
/// Processors of qemu: two of Intel, one of AMD, and one without AVX.
const PROCESSORS: [&str; 4] = ["Haswell", "Skylake-Client", "EPYC-Rome", "qemu64"];

fn json(command: &mut Command) -> Value {
	let output = command.output().unwrap();
	let text = String::from_utf8_lossy(&output.stdout);
	assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
	serde_json::from_str(text.trim()).unwrap()
}

#[test]
fn every_way_to_compute_gives_one_result_and_attacks_give_none() {
	let rows = json(Command::new(WORKER).args(["selftest", "--matrix", "--json"]));
	let rows = rows.as_array().unwrap();
	let attacks = rows.iter().filter(|row| row["attack"] == true);
	assert!(attacks.clone().count() >= 12 && rows.len() - attacks.count() == 6, "{rows:?}");
	for row in rows {
		assert_eq!(row["kernels"], 1, "{row}");
		assert_eq!(row["attack"] == true, row["verdict"] == "ill-conditioned", "{row}");
	}
	// Without the kernels, honest evaluators would hold different scores of the attacks.
	assert!(rows.iter().any(|row| row["attack"] == true && row["libtorch"] != 1), "{rows:?}");
}

#[test]
fn other_processors_compute_the_same_bits() {
	if Command::new("qemu-x86_64").arg("--version").output().is_err() {
		println!("skipped: there is no qemu-x86_64");
		return;
	}
	for processor in PROCESSORS {
		let equal = json(Command::new("qemu-x86_64").args(["-cpu", processor, WORKER, "selftest", "--json"]));
		assert_eq!(equal["equal"], true, "{processor}");
		println!("{processor}: {equal}");
	}
}

#[test]
fn the_version_names_what_computes() {
	let output = Command::new(WORKER).arg("--version").output().unwrap();
	let text = String::from_utf8(output.stdout).unwrap();
	assert!(text.contains("kernels 2") && text.contains("libtorch 2.11.0"), "{text}");
}
