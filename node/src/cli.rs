use crate::{evaluator::EvaluatorUrl, session_keys::SessionKeysCmd};
use clap::Parser;
use descent_protocol::evaluation::DEFAULT_EVALUATOR;
use sc_cli::RunCmd;

const EXAMPLES: &str = "\
Examples:
  A chain of one validator that forgets everything at its end:
    descent-node --dev
  The first of four validators on one machine, with its evaluator on port 9977:
    descent-node key generate-node-key --chain local --base-path /tmp/alice
    descent-node --chain local --alice --base-path /tmp/alice --port 30333 --rpc-port 9944
  The second one, which finds the first by the peer id that it prints (\"Local node identity is\"):
    descent-node key generate-node-key --chain local --base-path /tmp/bob
    descent-node --chain local --bob --base-path /tmp/bob --port 30334 --rpc-port 9945 \\
      --evaluator-url http://127.0.0.1:9978 --bootnodes /ip4/127.0.0.1/tcp/30333/p2p/PEER_ID
  A validator with a second evaluator, which takes over when the first one fails:
    descent-node --validator --evaluator-url http://127.0.0.1:9977 --evaluator-url http://127.0.0.1:9978
  New session keys (babe, grandpa, evaluator) of a validator's account, kept in the keystore:
    descent-node session-keys --chain local --base-path /tmp/alice --owner 5GrwvaEF..
  The specification of a chain, to be shared by its nodes:
    descent-node export-chain-spec --chain local --raw --output local.json
  The specification of a new chain, to be filled in by descent chain-spec:
    descent-node export-chain-spec --chain live --output live.json";

/// Help of `--rpc-methods`, whose default Substrate takes for another.
const METHODS: &str = "\
Methods that callers of RPC may use: unsafe for all of them, auto and safe for those that change nothing \
of this node. A node takes the WebSocket of any page in a browser on this machine, so that unsafe is for \
machines without one";

fn with_own_help(methods: clap::Arg) -> clap::Arg {
	methods.help(METHODS).long_help(METHODS).hide_possible_values(true)
}

/// The command line.
#[derive(Debug, Parser)]
#[command(after_long_help = EXAMPLES, mut_arg("rpc_methods", with_own_help))]
pub(crate) struct Cli {
	#[command(subcommand)]
	pub(crate) subcommand: Option<Subcommand>,

	#[command(flatten)]
	pub(crate) run: RunCmd,

	#[command(flatten)]
	pub(crate) evaluator: EvaluatorParams,
}

/// The evaluators that measure the checkpoints that this validator votes on.
#[derive(Debug, Parser)]
pub(crate) struct EvaluatorParams {
	/// The address of the evaluator that measures checkpoints for this validator (`descent-worker evaluate`),
	/// e.g. http://127.0.0.1:9977.
	///
	/// The validator signs what the evaluator says, so it has to be one that its operator runs, on this
	/// machine. May be given up to 8 times: jobs are spread over the evaluators, and one that can't be
	/// reached, has no room or fails is passed over for the next.
	#[arg(long, value_name = "URL", default_value = DEFAULT_EVALUATOR)]
	pub(crate) evaluator_url: Vec<EvaluatorUrl>,

	/// Accept an evaluator on another machine.
	///
	/// Whoever can answer in its place, or on the way to it, decides what this validator signs.
	#[arg(long)]
	pub(crate) evaluator_remote_ok: bool,
}

/// Commands besides running a node.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Subcommand {
	/// Make, inspect and insert keys
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Make the session keys of a validator, in the keystore
	SessionKeys(SessionKeysCmd),

	/// Print the specification of a chain, or write it to a file
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Print the specification of a chain (for tools that don't know export-chain-spec)
	#[allow(deprecated)]
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Check a block by executing it again
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state of a block as a chain specification
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Delete this node's copy of the chain
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Go back to an earlier block that is not yet finalized
	Revert(sc_cli::RevertCmd),

	/// Show the database's best and finalized blocks
	ChainInfo(sc_cli::ChainInfoCmd),
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;
	use sc_cli::SubstrateCli;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn the_methods_of_rpc_are_described_as_they_are() {
		let help = Cli::command().render_long_help().to_string();
		assert!(help.contains("WebSocket of any page"), "{help}");
	}

	#[test]
	fn the_evaluator_has_a_default_and_is_read_from_the_command_line() {
		let evaluators = |arguments: &[&str]| {
			let cli = Cli::try_from_iter([&["descent-node", "--dev"], arguments].concat()).unwrap();
			cli.evaluator.evaluator_url.iter().map(ToString::to_string).collect::<Vec<_>>()
		};
		let (first, second) = ("http://[::1]:7000", "http://127.0.0.1:7001");
		assert_eq!(evaluators(&[]), [DEFAULT_EVALUATOR]);
		assert_eq!(evaluators(&["--evaluator-url", first]), [first]);
		assert_eq!(evaluators(&["--evaluator-url", first, "--evaluator-url", second]), [first, second]);
		assert!(Cli::try_from_iter(["descent-node", "--evaluator-url", "over there"]).is_err());
	}
}
