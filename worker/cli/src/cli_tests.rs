use super::*;
use clap::error::ErrorKind;
use descent_console::manual;
use std::path::Path;

fn parse(line: &str) -> Result<Cli, clap::Error> {
	Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_command_line_is_consistent() {
	Cli::command().debug_assert();
}

#[test]
fn the_book_has_the_command_line() {
	let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/cli.md");
	manual::keep(Cli::command(), &page).unwrap();
}

#[test]
fn every_command_has_an_example() {
	fn visit(command: &clap::Command, path: &str) {
		let path = format!("{path} {}", command.get_name());
		if !command.has_subcommands() {
			let help = command.clone().render_long_help().to_string();
			assert!(help.contains(&format!("{} ", path.trim())), "no example in:{path}\n{help}");
		}
		command.get_subcommands().filter(|sub| sub.get_name() != "help").for_each(|sub| visit(sub, &path));
	}
	visit(&Cli::command(), "");
}

#[test]
fn what_is_documented_is_understood() {
	let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	for line in [
		"descent key generate --key-file k",
		"descent --json key show --key-file k",
		"descent key generate",
		"descent key import wallet.json --key-file k",
		&format!("descent proxy add {alice} --kind validation --key-file k"),
		&format!("descent proxy remove {alice} --dry-run"),
		&format!("descent proxy list {alice} --json"),
		&format!("descent stake add 0 5 --proxy-for {alice} --network main --dry-run"),
		"descent doctor --group mnist --public-url http://a.example.org:8080 --data d --room 5G",
		"descent completions zsh",
		"descent man d",
		&format!("descent --node ws://127.0.0.1:9944 balance {alice}"),
		&format!("descent transfer --to {alice} --amount 1.5 --key-file k --json"),
		"descent group list",
		"descent group show --group 0",
		"descent group close --group 0 --key-file k",
		"descent group create --model m.json --dataset d.parquet --provider http://a --dry-run --json",
		"descent model get mnist",
		"descent model get 0 --round 3 --out f --provider http://a --allow-private --json",
		"descent model get --group 0",
		"descent model provenance mnist",
		"descent model provenance --group 0 --round 3 --json",
		"descent model export mnist --out d --format transformers",
		"descent model check m.json --json",
		"descent model new mlp --shape 1,28,28 --classes 10",
		"descent stake add --group 0 --amount 100 --key-file k",
		"descent stake remove --group 0 --all --key-file k",
		"descent stake withdraw --group 0",
		"descent stake show --group 0",
		"descent amend propose --group 0 --voting-period 7d --quorum 20% --summary s",
		"descent amend propose --group 0 --round-length 20 --reveal 4 --attest 8 --open 4 \
		 --minimum-improvement 0.001 --records 512 --target none --summary s",
		"descent amend propose --group 0 --recipe-steps none --summary s",
		"descent amend propose 0 --recipe-batch 32 --recipe-rates 0.001..0.01 --recipe-precision f64 --summary s",
		"descent group create --model m.json --dataset d.parquet --provider http://a --recipe-steps 200",
		"descent amend propose --group 0 --model m.json --store s --provider http://a --summary s",
		"descent amend vote --group 0 --amendment 2 --against",
		"descent amend withdraw --group 0 --amendment 2",
		"descent amend list --group 0",
		"descent amend show --group 0 --amendment 2 --json",
		"descent amend voters --group 0 --amendment 2",
		"descent dataset propose --group 0 --delta d.parquet --store s --provider http://a --summary s",
		"descent dataset propose --group 0 --delta d.parquet --summary s --unchecked-providers",
		"descent dataset vote --group 0 --proposal 3",
		"descent dataset vote --group 0 --withdraw",
		"descent dataset withdraw --group 0 --proposal 3",
		"descent dataset list --group 0",
		"descent dataset show --group 0 --proposal 3",
		"descent dataset get --group 0 --proposal 3 --out d.parquet --allow-private",
		"descent dataset sample --group 0 --proposal 3 --png p.png --records 50 --seed 7",
		"descent dataset sample --group 0 --at 2 --vocabulary bytes --json",
		"descent dataset sample --file d.parquet --description m.json",
		"descent dataset voters --group 0 --proposal 3",
		"descent dataset log --group 0 --json",
		"descent dataset watch --group 0 --periods 1 --best",
		"descent round list --group 0 --from 100",
		"descent round show --group 0 --round 3",
		"descent round watch --group 0 --rounds 2",
		"descent round settle --group 0 --round 3",
		"descent leaderboard --group 0",
		&format!("descent explain --group 0 --round 1 --account {alice}"),
		"descent content add --store s a b",
		"descent content serve --store s --listen 127.0.0.1:0",
		"descent dataset build --images i --labels l --from 0 --to 10 --description d --out o.parquet",
		"descent dataset build --table t --input-columns pixel0..pixel783 --target-column y --description d \
		 --out o",
		"descent dataset build --folder f --after a --after b --description d --out o --json",
		"descent dataset build --old t --new u --description d --out o",
		"descent dataset check d --description m --after a --after b",
		"descent dataset checkout --group 0 --version 3 --out o --data d",
		"descent dataset diff --group 0 --from 1 --to 3 --ids",
		"descent group fund 0 100 --per-round 2.5 --key-file k",
		"descent group stop-funding 0",
		"descent group refund 0 --finalized",
		"descent order create --group 0 --amount 1000 --per-thousandth 4 --target 2.0 --rounds 9 --dry-run",
		"descent order create 0 --amount 1000 --per-thousandth 0.5 --bonus 10 --from 2.3 --target 2 --rounds \
		 9 --key-file k --json",
		"descent order create --model m --dataset d --sealed s --otherwise v --provider http://a --store c \
		 --winners 3 --round-length 10m --stake 100 --amount 1000 --per-thousandth 4 --from 2.3 --target 2 \
		 --rounds 9 --dry-run --json",
		"descent order show --group 0",
		"descent order cancel 0 --key-file k",
		&format!("descent order refund 0 {alice} --key-file k"),
		"descent test-set seal a.parquet b.parquet --model m.json --out d --json",
		"descent test-set open d --provider http://a --provider http://b --store s --key-file k",
		"descent test-set open d --group mnist --provider http://a --unchecked-providers",
		"descent test-set release d --once --node ws://a --node ws://b",
		&format!("descent test-set show 0x{}", "ab".repeat(32)),
		"descent test-set show --group mnist --round 3 --json",
		"descent test-set get mnist 3 --out set.parquet --allow-private",
		&format!("descent test-set close {} --key-file k", "ab".repeat(32)),
		&format!(
			"descent group create --model m.json --dataset d.parquet --provider http://a --hidden-series \
			 0x{} --otherwise v.parquet",
			"ab".repeat(32)
		),
		&format!("descent amend propose 0 --hidden-series 0x{} --summary s", "ab".repeat(32)),
		"descent rewards show",
		&format!("descent rewards show {alice}"),
		"descent rewards claim --key-file k --json",
		"descent emission show",
		"descent emission show --group 0",
		"descent validator bond 1000 --key-file k",
		"descent validator unbond 0.5",
		"descent validator withdraw",
		"descent validator chill",
		"descent validator validate",
		&format!("descent validator status {alice}"),
		"descent validator status --key-file k",
		"descent validator list --json",
		"descent validator keys",
		"descent validator keys --set keys.json --data d --key-file k",
		"descent validator gateway --key-file k",
		"descent validator gateway http://203.0.113.7:8081",
		"descent validator gateway --none",
		"descent governance show",
		"descent governance propose upgrade --wasm r.wasm --key-file k",
		"descent governance propose parameter minimum-bond 2000",
		"descent governance propose parameter seats 50",
		&format!("descent governance propose spend 10 --to {alice}"),
		"descent governance propose stalled --delay 100 --highest-final 7000",
		"descent governance propose call 0x0000",
		&format!("descent governance vote 0x{0} aye", "ab".repeat(32)),
		&format!("descent governance vote {0} nay", "ab".repeat(32)),
		&format!("descent governance close 0x{0}", "ab".repeat(32)),
		"descent governance payout 3",
		"descent governance apply --wasm r.wasm",
		"descent chain-spec --sale ledger.csv",
		&format!(
			"descent chain-spec --sale l.csv --validators v.csv --committee {alice},{alice} --name N --id n \
			 --base b.json"
		),
		"descent amend propose --group 0 --validators-share 25% --keepers-share 0% --summary s",
		"descent group create --name m --model m.json --dataset d.parquet --validation v.parquet --provider \
		 http://a --provider http://b --metric loss --records 512 --minimum-improvement 0.001 \
		 --round-length 20 --reveal 4 --attest 8 --open 4 --deposit 10 --stake 100 --voting-period 30m \
		 --quorum 12.5% --target 0.05 --store s --validators-share 10% --keepers-share 5% \
		 --unchecked-providers",
	] {
		parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
	}
}

#[test]
fn what_is_acted_on_is_positional_and_may_be_named() {
	let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	for line in [
		&format!("descent transfer {alice} 1.5 --key-file k"),
		"descent balance --key-file k",
		"descent group show mnist",
		"descent group close 0",
		"descent group fund mnist 100 --per-round 2.5",
		"descent order create mnist --amount 10 --per-thousandth 1 --target 0.05 --rounds 100",
		"descent order show mnist",
		"descent order cancel mnist",
		"descent order refund mnist",
		"descent stake add mnist 100 --key-file k",
		"descent stake add mnist --amount 100",
		"descent stake remove mnist 40",
		"descent stake remove mnist --all",
		"descent stake withdraw mnist",
		"descent stake show mnist",
		&format!("descent stake show mnist {alice}"),
		"descent amend propose mnist --quorum 20% --summary s",
		"descent amend vote mnist 2 --against",
		"descent amend withdraw mnist 2",
		"descent amend list mnist",
		"descent amend voters mnist 2",
		"descent dataset propose mnist --delta d.parquet --summary s",
		"descent dataset vote mnist 3",
		"descent dataset vote mnist --withdraw",
		"descent dataset withdraw mnist 3",
		"descent dataset list mnist",
		"descent dataset voters mnist 3",
		"descent dataset log mnist",
		"descent dataset watch mnist",
		"descent dataset checkout mnist --at 3 --out f",
		"descent dataset diff mnist --from 1 --to 2",
		"descent round list mnist",
		"descent round show mnist",
		"descent round show mnist 3",
		"descent round watch mnist",
		"descent round settle mnist 3",
		"descent leaderboard mnist",
		"descent emission show mnist",
		"descent explain",
		"descent explain mnist",
		"descent explain mnist 3",
		&format!("descent explain mnist 3 {alice}"),
		"descent --node ws://a --node ws://b,ws://c group list",
	] {
		parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
	}
}

#[test]
fn a_value_is_not_given_twice() {
	for line in [
		"descent group show 0 --group 1",
		"descent stake add 0 100 --amount 1",
		"descent dataset vote 0 3 --proposal 3",
		"descent dataset vote 0 3 --withdraw",
		"descent stake remove 0 1 --all",
		"descent amend vote --group 0 2",
	] {
		let error = parse(line).expect_err(line);
		assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{line}");
	}
	for line in ["descent group show", "descent stake add 0", "descent transfer", "descent amend vote 0"] {
		let error = parse(line).expect_err(line);
		assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument, "{line}");
		assert!(!error.to_string().contains("--group"), "{error}");
	}
}

#[test]
fn the_tolerance_of_earlier_releases_is_refused_with_the_reason() {
	for line in [
		"descent amend propose --group 0 --summary s --tolerance 0.0001",
		"descent amend propose --group 0 --summary s --tolerance=-1",
		"descent group create --name m --model m.json --dataset d.parquet --provider http://a --tolerance x",
	] {
		let error = parse(line).unwrap_err();
		assert_eq!(error.kind(), ErrorKind::ValueValidation);
		let told = error.to_string();
		assert!(told.contains("no tolerance any more") && told.contains("exactly"), "{told}");
	}
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
	for (line, kind) in [
		("descent balance me", ErrorKind::ValueValidation),
		("descent transfer --amount 1", ErrorKind::MissingRequiredArgument),
		("descent round show 0 x", ErrorKind::ValueValidation),
		(
			"descent transfer --to 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --amount -1",
			ErrorKind::UnknownArgument,
		),
		("descent transfer --suri //Alice", ErrorKind::UnknownArgument),
		("descent content serve --store s --listen nowhere", ErrorKind::ValueValidation),
		("descent stake add --group 0", ErrorKind::MissingRequiredArgument),
		("descent stake remove --group 0 --amount 1 --all", ErrorKind::ArgumentConflict),
		("descent amend propose --group 0 --quorum 20%", ErrorKind::MissingRequiredArgument),
		("descent amend propose --group 0 --quorum 0.2 --summary s", ErrorKind::ValueValidation),
		("descent amend propose --group 0 --voting-period 1w --summary s", ErrorKind::ValueValidation),
		("descent amend vote --group 0 --amendment -1", ErrorKind::UnknownArgument),
		("descent model get", ErrorKind::MissingRequiredArgument),
		("descent model get mnist --group 0", ErrorKind::ArgumentConflict),
		("descent model export mnist", ErrorKind::MissingRequiredArgument),
		("descent dataset vote --group 0", ErrorKind::MissingRequiredArgument),
		("descent dataset vote --group 0 --proposal 3 --withdraw", ErrorKind::ArgumentConflict),
		("descent dataset sample --png p.png", ErrorKind::MissingRequiredArgument),
		("descent dataset sample --file d.parquet", ErrorKind::MissingRequiredArgument),
		("descent dataset sample --group 0 --proposal 3 --at 2", ErrorKind::ArgumentConflict),
		("descent dataset sample --group 0 --records 0", ErrorKind::ValueValidation),
		("descent dataset log --group 0 --from 0", ErrorKind::ValueValidation),
		("descent validator bond", ErrorKind::MissingRequiredArgument),
		("descent validator bond -1", ErrorKind::UnknownArgument),
		("descent group fund 0 100", ErrorKind::MissingRequiredArgument),
		("descent order create 0 --amount 10 --target 1 --rounds 1", ErrorKind::MissingRequiredArgument),
		(
			"descent order create 0 --amount 10 --per-thousandth 0 --target 1 --rounds 1",
			ErrorKind::ValueValidation,
		),
		(
			"descent order create --amount 10 --per-thousandth 1 --target 1 --rounds 1",
			ErrorKind::MissingRequiredArgument,
		),
		(
			"descent order create --model m --amount 10 --per-thousandth 1 --target 1 --rounds 1",
			ErrorKind::MissingRequiredArgument,
		),
		(
			"descent order create 0 --winners 3 --amount 10 --per-thousandth 1 --target 1 --rounds 1",
			ErrorKind::ArgumentConflict,
		),
		(
			"descent order create 0 --store s --amount 10 --per-thousandth 1 --target 1 --rounds 1",
			ErrorKind::ArgumentConflict,
		),
		("descent test-set seal --model m.json --out d", ErrorKind::MissingRequiredArgument),
		("descent test-set show", ErrorKind::MissingRequiredArgument),
		("descent test-set close 0x00", ErrorKind::ValueValidation),
		("descent governance propose parameter seats", ErrorKind::MissingRequiredArgument),
		("descent governance vote 0x00 aye", ErrorKind::ValueValidation),
		(&format!("descent governance vote 0x{} maybe", "ab".repeat(32)), ErrorKind::InvalidValue),
		("descent governance propose call 0x0", ErrorKind::ValueValidation),
		("descent chain-spec", ErrorKind::MissingRequiredArgument),
		("descent chain-spec --sale l --id Über", ErrorKind::ValueValidation),
		("descent nothing", ErrorKind::InvalidSubcommand),
	] {
		let error = parse(line).expect_err(line);
		assert_eq!((error.kind(), error.exit_code()), (kind, 2), "{line}");
	}
}

#[test]
fn the_version_is_the_data_set_s() {
	assert!(parse("descent dataset checkout --group 0 --version 3 --out f").is_ok());
	assert!(parse("descent dataset checkout --group 0 --out f --data d --data-limit 1G").is_ok());
	for line in [
		"descent dataset checkout --group 0 --version 0 --out f",
		"descent dataset checkout --group 0 --version",
		"descent dataset checkout --group 0",
	] {
		assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
	}
}
