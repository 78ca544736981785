//! Other programs of IPFS fetch from our gateway, and our fetcher reads theirs: Helia where there is npm, and
//! Kubo where `KUBO_BINARY` names it.

mod support;

use std::{
	env, fs,
	path::{Path, PathBuf},
	process::{Output, Stdio},
	time::Duration,
};

use descent_content::{BlockId, ServerHandle};
use descent_protocol::ContentRef;
use serde_json::Value;
use support::{quick, random_bytes, sample, Provider, Reply, TestStore, LEAF};
use tokio::{
	io::{AsyncBufReadExt, BufReader, Lines},
	process::{Child, ChildStdout, Command},
	time::timeout,
};

/// Longest time for a download of packages, and for anything else that another program does.
const DEADLINE: Duration = Duration::from_secs(300);
const FILES: [&str; 4] = ["package.json", "node.mjs", "fetch.mjs", "serve.mjs"];

async fn output(command: &mut Command) -> Output {
	timeout(DEADLINE, command.kill_on_drop(true).output()).await.expect("it takes too long").unwrap()
}

async fn succeed(command: &mut Command) -> String {
	let output = output(command).await;
	assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
	String::from_utf8(output.stdout).unwrap()
}

/// A server of others, and the lines that it prints.
async fn start(command: &mut Command) -> (Child, Lines<BufReader<ChildStdout>>) {
	let mut child = command.kill_on_drop(true).stdout(Stdio::piped()).spawn().unwrap();
	let lines = BufReader::new(child.stdout.take().unwrap()).lines();
	(child, lines)
}

/// Returns the folder of the scripts with their packages, which are kept between runs; `None` without npm.
async fn helia() -> Option<PathBuf> {
	if Command::new("npm").arg("--version").output().await.map_or(true, |output| !output.status.success()) {
		eprintln!("npm is not installed: Helia was not tried");
		return None;
	}
	let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../integration-tests/helia");
	let cache = env::var_os("DESCENT_CACHE").map_or_else(env::temp_dir, PathBuf::from);
	let folder = cache.join("helia");
	fs::create_dir_all(&folder).unwrap();
	let package = fs::read(source.join("package.json")).unwrap();
	let installed = folder.join("node_modules/.package-lock.json");
	let is_current = fs::read(folder.join("package.json")).is_ok_and(|known| known == package);
	for file in FILES {
		fs::copy(source.join(file), folder.join(file)).unwrap();
	}
	if !(is_current && installed.exists()) {
		let install = ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
		succeed(Command::new("npm").args(install).arg("--loglevel=error").current_dir(&folder)).await;
	}
	Some(folder)
}

async fn gateway(test: &TestStore) -> (ServerHandle, String) {
	let handle = ServerHandle::gateway("127.0.0.1:0".parse().unwrap(), test.store.clone()).await.unwrap();
	let url = format!("http://{}", handle.address());
	(handle, url)
}

fn node(folder: &Path, script: &str, arguments: &[&str]) -> Command {
	let mut command = Command::new("node");
	command.arg(script).args(arguments).current_dir(folder);
	command
}

#[tokio::test(flavor = "multi_thread")]
async fn helia_and_we_read_each_other() {
	let Some(folder) = helia().await else {
		return;
	};
	let (test, files) = (TestStore::new(), tempfile::tempdir().unwrap());
	let (_gateway, url) = gateway(&test).await;
	let out = files.path().join("out").display().to_string();
	for len in [1, LEAF, 5 * LEAF + 3] {
		let bytes = random_bytes(len as u64, len);
		let content = test.store.import(bytes.as_slice()).unwrap();
		let cid = BlockId::from(&content).to_string();
		succeed(&mut node(&folder, "fetch.mjs", &[&cid, &out, &url])).await;
		assert!(fs::read(&out).unwrap() == bytes, "Helia got something else");

		let file = files.path().join("file");
		fs::write(&file, &bytes).unwrap();
		let mut serve = node(&folder, "serve.mjs", &[file.to_str().unwrap()]);
		let (_server, mut lines) = start(&mut serve).await;
		let line = timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().expect("it ended early");
		let served: Value = serde_json::from_str(&line).unwrap();
		assert_eq!((served["cid"].as_str(), served["size"].as_u64()), (Some(cid.as_str()), Some(len as u64)));
		let own = TestStore::new();
		let address = served["address"].as_str().unwrap();
		own.fetcher(quick()).fetch(&content, &[address], |_| {}).await.unwrap();
		assert!(own.store.read(&content, u64::MAX).unwrap() == bytes);
	}
	// It believes nobody, either.
	let (content, _, blocks) = sample(9, 2 * LEAF);
	let liar = Provider::start(blocks, |_, _| Reply::Corrupt).await;
	let cid = BlockId::from(&content).to_string();
	let refused = output(&mut node(&folder, "fetch.mjs", &[&cid, &out, &liar.url])).await;
	assert!(!refused.status.success() && liar.requests() > 0);
}

/// Kubo, with a repository of its own and no network.
struct Kubo {
	binary: PathBuf,
	repository: tempfile::TempDir,
}

impl Kubo {
	async fn new(binary: PathBuf) -> Self {
		let kubo = Self { binary, repository: tempfile::tempdir().unwrap() };
		kubo.run(&["init", "--empty-repo"]).await;
		for (key, value) in [
			("Addresses.Swarm", "[]"),
			("Addresses.API", "\"/ip4/127.0.0.1/tcp/0\""),
			("Addresses.Gateway", "\"/ip4/127.0.0.1/tcp/0\""),
			("Bootstrap", "[]"),
		] {
			kubo.run(&["config", "--json", key, value]).await;
		}
		kubo
	}

	fn command(&self, arguments: &[&str]) -> Command {
		let mut command = Command::new(&self.binary);
		command.args(arguments).env("IPFS_PATH", self.repository.path());
		command
	}

	async fn run(&self, arguments: &[&str]) -> String {
		succeed(&mut self.command(arguments)).await
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn kubo_and_we_read_each_other() {
	let Some(binary) = env::var_os("KUBO_BINARY") else {
		eprintln!("KUBO_BINARY is not set: Kubo was not tried");
		return;
	};
	let kubo = Kubo::new(binary.into()).await;
	let (test, files) = (TestStore::new(), tempfile::tempdir().unwrap());
	let (_gateway, url) = gateway(&test).await;
	let bytes = random_bytes(3, 5 * LEAF + 3);
	let content: ContentRef = test.store.import(bytes.as_slice()).unwrap();
	let cid = BlockId::from(&content).to_string();

	let car = reqwest::get(format!("{url}/ipfs/{cid}?format=car")).await.unwrap().bytes().await.unwrap();
	let path = files.path().join("content.car");
	fs::write(&path, &car).unwrap();
	kubo.run(&["dag", "import", path.to_str().unwrap()]).await;
	let seen = output(&mut kubo.command(&["cat", &cid])).await;
	assert!(seen.status.success() && seen.stdout == bytes, "{}", String::from_utf8_lossy(&seen.stderr));

	let other = random_bytes(4, 3 * LEAF + 1);
	let path = files.path().join("file");
	fs::write(&path, &other).unwrap();
	let layout = ["--cid-version=1", "--raw-leaves", "--hash=blake2b-256", "--chunker=size-1048576"];
	let add = [&["add", "--quieter", "--max-file-links=1024"], layout.as_slice()].concat();
	let added = kubo.run(&[add.as_slice(), &[path.to_str().unwrap()]].concat()).await;
	let content = added.trim().parse::<BlockId>().unwrap().content(other.len() as u64);
	assert_eq!(content, descent_content::address(other.as_slice()).unwrap());
	let (_daemon, mut lines) = start(&mut kubo.command(&["daemon", "--offline"])).await;
	let port = loop {
		let line = timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().expect("it ended early");
		if line.contains("Gateway server listening on") {
			break line.rsplit('/').next().unwrap().trim().to_owned();
		}
	};
	let own = TestStore::new();
	own.fetcher(quick()).fetch(&content, &[format!("http://127.0.0.1:{port}")], |_| {}).await.unwrap();
	assert!(own.store.read(&content, u64::MAX).unwrap() == other);
}
