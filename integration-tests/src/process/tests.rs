use super::*;
use crate::wait_until;

fn shell(folder: &Path, script: &str) -> Process {
	Process::spawn(Launch::new("shell", "/bin/sh".into(), folder).args(["-c", script])).unwrap()
}

fn state(process: &Process) -> Result<Option<char>> {
	let id = process.child.as_ref().context("it does not run")?.id();
	let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
	Ok(stat.rsplit(") ").next().and_then(|rest| rest.chars().next()))
}

#[tokio::test]
async fn is_paused_resumed_stopped_and_restarted() {
	let folder = tempfile::tempdir().unwrap();
	let script =
		r#"trap 'exit 0' TERM; echo '{"event":"ready","address":"here"}'; while :; do sleep 0.05; done"#;
	let mut process = shell(folder.path(), script);
	let deadline = Duration::from_secs(20);
	for _ in 0..2 {
		let mut address = String::new();
		while address.is_empty() {
			address = process.ready().unwrap().unwrap_or_default();
		}
		assert_eq!(address, "here");
		assert_eq!(process.events().unwrap().len(), 1);
		process.restart().unwrap();
	}
	process.pause().unwrap();
	let paused = async || Ok((state(&process)? == Some('T')).then_some(()));
	wait_until("it is paused", deadline, paused).await.unwrap();
	process.resume().unwrap();
	let runs = async || Ok((state(&process)? != Some('T')).then_some(()));
	wait_until("it runs", deadline, runs).await.unwrap();
	process.stop().await.unwrap();
	assert!(!process.is_running());
	assert!(process.pause().is_err());
}

#[tokio::test]
async fn an_unclean_end_is_an_error() {
	let folder = tempfile::tempdir().unwrap();
	let script =
		|end: &str| format!(r#"trap '{end}' TERM; echo '{{"event":"ready"}}'; while :; do sleep 0.05; done"#);
	let panics = "echo \"thread panicked at x\" >&2; exit 0";
	for (end, told) in [(panics, "panicked at x"), ("exit 101", "did not end cleanly"), ("exit 143", "")] {
		let mut process = shell(folder.path(), &script(end));
		while process.ready().unwrap().is_none() {}
		let ended = process.stop().await.map_or_else(|error| error.to_string(), |()| String::new());
		assert!(ended.contains(told) && ended.is_empty() == told.is_empty(), "{end}: {ended}");
	}
	let mut process = shell(folder.path(), "exit 3");
	assert!(process.finishes(Duration::from_secs(20)).await.is_err());
	assert!(stop_all([&mut process]).await.is_err());
}

#[tokio::test]
async fn is_restarted_with_other_options() {
	let folder = tempfile::tempdir().unwrap();
	let launch = Launch::new("echo", "/bin/echo".into(), folder.path()).args(["--a", "1", "--b"]);
	let mut process = Process::spawn(launch).unwrap();
	process.finishes(Duration::from_secs(20)).await.unwrap();
	process.restart_as(|launch| launch.option("--a", "2").without("--b")).unwrap();
	process.finishes(Duration::from_secs(20)).await.unwrap();
	let output = std::fs::read_to_string(folder.path().join("echo.out")).unwrap();
	assert_eq!(output, "--a 1 --b\n--a 2\n");
}

#[tokio::test]
async fn an_early_end_is_told_with_the_log() {
	let folder = tempfile::tempdir().unwrap();
	let mut process = shell(folder.path(), "echo 'no such chain' >&2; exit 3");
	let error = loop {
		match process.ready() {
			Ok(ready) => assert_eq!(ready, None),
			Err(error) => break error.to_string(),
		}
	};
	assert!(error.contains("no such chain"), "{error}");
	assert_eq!(process.exit_status().and_then(|status| status.code()), Some(3));
}
