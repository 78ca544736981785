//! The pages of the book that describe a program's command line, made of what clap knows of it.

use clap::{Arg, ArgAction, Command};
use std::{env, fs, path::Path};

/// Name of the environment variable that has [`keep`] write the page.
const UPDATE: &str = "DESCENT_UPDATE_DOCS";

/// Compares a page of the book with the command line that it describes, or writes it if `DESCENT_UPDATE_DOCS`
/// is set.
///
/// # Errors
/// Where the page can't be read or written, or describes another command line.
pub fn keep(command: Command, page: &Path) -> anyhow::Result<()> {
	let current = render(command);
	if env::var_os(UPDATE).is_some() {
		return Ok(fs::write(page, current)?);
	}
	let written = fs::read_to_string(page).unwrap_or_default();
	anyhow::ensure!(
		written == current,
		"{} is not current: run this test with {UPDATE}=1 to write it",
		page.display()
	);
	Ok(())
}

/// Describes a program in Markdown: a section for each command, the commands below it in deeper sections.
#[must_use]
pub fn render(mut command: Command) -> String {
	command.build();
	let mut page = Vec::new();
	section(&mut page, &command, 1);
	page.join("\n\n") + "\n"
}

fn section(page: &mut Vec<String>, command: &Command, depth: usize) {
	let name = command.get_bin_name().unwrap_or(command.get_name());
	page.push(format!("{} {name}", "#".repeat(depth)));
	let about = command.get_long_about().or(command.get_about());
	page.extend(about.map(|about| prose(&about.to_string())));
	if depth == 1 || !command.has_subcommands() {
		let usage = command.clone().render_usage().to_string();
		page.push(fence(usage.trim_start_matches("Usage:").trim().lines()));
		page.extend(arguments(command, depth));
	}
	let notes = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
	page.extend(notes.iter().flat_map(|notes| notes.split("\n\n")).flat_map(paragraph));
	let commands = command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set());
	commands.for_each(|sub| section(page, sub, depth.saturating_add(1)));
}

/// A table of a command's arguments. Those that every command takes are shown once, for the program.
fn arguments(command: &Command, depth: usize) -> Option<String> {
	let is_shown = |argument: &&Arg| {
		let is_clap_s = matches!(
			argument.get_action(),
			ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
		);
		!is_clap_s && !argument.is_hide_set() && (depth == 1 || !argument.is_global_set())
	};
	let rows: Vec<_> = command.get_arguments().filter(is_shown).map(row).collect();
	let head = "| Argument | Meaning |\n|---|---|\n";
	(!rows.is_empty()).then(|| format!("{head}{}", rows.join("\n")))
}

fn row(argument: &Arg) -> String {
	let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string);
	let mut meaning = prose(&help.unwrap_or_default());
	let values = argument.get_possible_values();
	let values: Vec<_> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
	let defaults = argument.get_default_values().iter();
	let defaults: Vec<_> = defaults.map(|value| format!("`{}`", value.to_string_lossy())).collect();
	let has_default = argument.get_action().takes_values() && !argument.is_hide_default_value_set();
	let variable: Vec<_> =
		argument.get_env().iter().map(|name| format!("`{}`", name.to_string_lossy())).collect();
	for (what, values, is_said) in [
		("one of", values, argument.get_action().takes_values()),
		("by default", defaults, has_default),
		("environment variable", variable, true),
	] {
		if is_said && !values.is_empty() {
			meaning = format!("{}; {what} {}", meaning.trim_end_matches('.'), values.join(", "));
		}
	}
	let name = argument.to_string().replace('|', "\\|");
	format!("| `{name}` | {} |", meaning.trim_start_matches("; "))
}

/// The lines of a paragraph of notes: text, and commands, which are indented, in a fence.
fn paragraph(notes: &str) -> Vec<String> {
	let is_command = |line: &&str| line.starts_with("  ");
	let text = notes.lines().take_while(|line| !is_command(line)).collect::<Vec<_>>().join(" ");
	let commands: Vec<_> = notes.lines().skip_while(|line| !is_command(line)).collect();
	let mut parts = Vec::new();
	if !text.trim().is_empty() {
		parts.push(prose(&text));
	}
	if !commands.is_empty() {
		parts.push(fence(commands.into_iter().map(|line| line.strip_prefix("  ").unwrap_or(line))));
	}
	parts
}

fn fence<'a>(lines: impl Iterator<Item = &'a str>) -> String {
	let lines: Vec<_> = lines.collect();
	format!("```text\n{}\n```", lines.join("\n"))
}

/// Text in one line, with nothing in it that Markdown takes for HTML or the end of a cell.
fn prose(text: &str) -> String {
	let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
	text.replace('<', "\\<").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn program() -> Command {
		let node = Arg::new("node").long("node").value_name("URL").global(true).default_value("ws://a");
		let set = Arg::new("set").long("set").value_name("FILE|CID").required(true).help("The set, as <x>.");
		let flag = Arg::new("all").long("all").action(ArgAction::SetTrue).help("All of it");
		let build = Command::new("build")
			.about("Build it")
			.args([set, flag])
			.after_help("Example:\n  p data build --set s\n\nNothing is rounded.");
		let data = Command::new("data").about("Data sets").subcommand(build);
		Command::new("p").about("A program").arg(node.help("Address of a node")).subcommand(data)
	}

	#[test]
	fn every_command_has_a_section() {
		let page = render(program());
		for part in [
			"# p\n\nA program\n\n```text\np [OPTIONS]",
			"| `--node <URL>` | Address of a node; by default `ws://a` |\n",
			"\n## p data\n\nData sets\n\n### p data build\n\nBuild it\n\n",
			"```text\np data build [OPTIONS] --set <FILE|CID>\n```\n",
			"| `--all` | All of it |",
			"\n\nExample:\n\n```text\np data build --set s\n```\n\nNothing is rounded.\n",
		] {
			assert!(page.contains(part), "{part} in\n{page}");
		}
		assert!(page.contains(r"| `--set <FILE\|CID>` | The set, as \<x>. |"), "{page}");
		assert_eq!(page.matches("--node").count(), 1, "{page}");
		assert!(!page.contains("--help") && !page.contains("p help"), "{page}");
	}

	#[test]
	fn an_old_page_is_told_of() {
		let folder = env::temp_dir().join(format!("descent-manual-{}", std::process::id()));
		fs::create_dir_all(&folder).unwrap();
		let page = folder.join("p.md");
		fs::write(&page, "old").unwrap();
		if env::var_os(UPDATE).is_none() {
			assert!(keep(program(), &page).unwrap_err().to_string().contains("is not current"));
			fs::write(&page, render(program())).unwrap();
		}
		keep(program(), &page).unwrap();
		fs::remove_dir_all(&folder).unwrap();
	}
}
