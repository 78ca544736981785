use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	evaluator::Evaluators,
	key_scheme, lifetime, rpc, service,
};
use descent_runtime::opaque::Block;
use sc_cli::SubstrateCli;
use sc_service::PartialComponents;
use std::path::PathBuf;

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Descent".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"The Descent developers".into()
	}

	fn support_url() -> String {
		"the project's issues".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(match id {
			"dev" => Box::new(chain_spec::development()?),
			"" | "local" => Box::new(chain_spec::local()?),
			"live" => Box::new(chain_spec::live()?),
			path => {
				Box::new(chain_spec::ChainSpec::from_json_file(PathBuf::from(path)).map_err(|error| {
					format!("{error}; --chain takes dev, local, live or the path of a chain specification")
				})?)
			}
		})
	}
}

/// Runs the command of the command line.
pub(crate) fn run() -> sc_cli::Result<()> {
	let cli = Cli::from_args();
	let Some(subcommand) = &cli.subcommand else {
		return run_node(&cli);
	};
	match subcommand {
		Subcommand::Key(cmd) => {
			if matches!(cmd, sc_cli::KeySubcommand::Insert(_)) {
				key_scheme::check(&std::env::args_os().collect::<Vec<_>>())?;
			}
			cmd.run(&cli)
		}
		Subcommand::SessionKeys(cmd) => cmd.run(&cli),
		Subcommand::ExportChainSpec(cmd) => cmd.run(cli.load_spec(&cmd.chain)?),
		#[allow(deprecated)]
		Subcommand::BuildSpec(cmd) => {
			cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.chain_spec, config.network))
		}
		Subcommand::CheckBlock(cmd) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Subcommand::ExportBlocks(cmd) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, config.database), task_manager))
		}),
		Subcommand::ExportState(cmd) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, config.chain_spec), task_manager))
		}),
		Subcommand::ImportBlocks(cmd) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Subcommand::PurgeChain(cmd) => cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.database)),
		Subcommand::Revert(cmd) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, backend, .. } = service::new_partial(&config)?;
			let revert_consensus = Box::new(service::revert_consensus);
			Ok((cmd.run(client, backend, Some(revert_consensus)), task_manager))
		}),
		Subcommand::ChainInfo(cmd) => cli.create_runner(cmd)?.sync_run(|config| cmd.run::<Block>(&config)),
	}
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	let params = &cli.evaluator;
	let evaluators = Evaluators::new(&params.evaluator_url, params.evaluator_remote_ok);
	let evaluators = evaluators.map_err(sc_cli::Error::Input)?;
	lifetime::run_until_exit(cli, |mut config| {
		rpc::as_told(&mut config.rpc).map_err(sc_cli::Error::Input)?;
		Ok(service::new_full(config, &evaluators)?)
	})
}
