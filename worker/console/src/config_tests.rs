use super::*;

const TEXT: &str = r#"
network = "test"
key_file = "~/keys/mine"

[networks.test]
nodes = ["wss://a.example.org", "wss://b.example.org"]
genesis = "0x0707070707070707070707070707070707070707070707070707070707070707"

[networks.local]
nodes = ["ws://127.0.0.1:9944"]
"#;

fn read(text: &str) -> Result<Config> {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("config.toml");
	std::fs::write(&path, text).unwrap();
	Config::read(&path)
}

fn choose(given: &[&str], network: Option<&str>, in_environment: [Option<&str>; 2]) -> Result<Nodes> {
	let given: Vec<_> = given.iter().copied().map(String::from).collect();
	let [nodes, named] = in_environment.map(|text| text.map(String::from));
	let environment = Environment { nodes, network: named };
	read(TEXT)?.nodes(&given, network, &environment, "ws://default")
}

#[test]
fn the_nearest_choice_of_nodes_is_taken() {
	let urls = |nodes: Result<Nodes>| nodes.unwrap().urls;
	assert_eq!(urls(choose(&["ws://x"], None, [Some("ws://y"), Some("local")])), ["ws://x"]);
	assert_eq!(urls(choose(&[], Some("local"), [Some("ws://y"), None])), ["ws://127.0.0.1:9944"]);
	assert_eq!(urls(choose(&[], None, [Some("ws://y, ws://z"), Some("local")])), ["ws://y", "ws://z"]);
	assert_eq!(urls(choose(&[], None, [None, Some("local")])), ["ws://127.0.0.1:9944"]);
	let default = choose(&[], None, [None, None]).unwrap();
	assert_eq!(default.urls, ["wss://a.example.org", "wss://b.example.org"]);
	assert_eq!(default.genesis, Some([7; 32]));
	let none = Config::default().nodes(&[], None, &Environment::default(), "ws://default");
	assert_eq!(none.unwrap(), Nodes { urls: vec!["ws://default".into()], genesis: None });
}

#[test]
fn what_can_t_be_chosen_is_refused() {
	let error = choose(&["ws://x"], Some("local"), [None, None]).unwrap_err().to_string();
	assert!(error.contains("not both"), "{error}");
	let error = choose(&[], Some("main"), [None, None]).unwrap_err().to_string();
	assert!(error.contains("no network main") && error.ends_with("local, test"), "{error}");
}

#[test]
fn a_wrong_file_is_told_by_its_line() {
	for (text, part) in [
		("nodes = []", "unknown field `nodes`"),
		("[networks.a]\nnodes = \"ws://x\"", "line 2"),
		("[networks.a]\nnodes = []", "the network a has no nodes"),
		("[networks.a]\nnodes = [\"ws://x\"]\ngenesis = \"0x07\"", "64 hexadecimal digits"),
		("key_file = 3", "line 1"),
		(&format!("#{}", "x".repeat(1 << 16)), "larger than"),
	] {
		let error = format!("{:#}", read(text).unwrap_err());
		assert!(error.contains(part) && error.contains("config.toml"), "{part} in {error}");
	}
}

#[test]
fn a_secret_in_the_file_is_not_repeated() {
	let error = format!("{:#}", read("suri = \"bottom drive obey\"").unwrap_err());
	assert!(error.contains("line 1: unknown field `suri`") && !error.contains("bottom"), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_empty() {
	assert_eq!(Config::read(Path::new("/absent/config.toml")).unwrap(), Config::default());
}

#[test]
fn the_home_directory_is_written_short() {
	let home = etcetera::home_dir().unwrap();
	assert_eq!(expanded(read(TEXT).unwrap().key_file.unwrap()), home.join("keys/mine"));
	assert_eq!(expanded("/keys/~/mine".into()), Path::new("/keys/~/mine"));
}
