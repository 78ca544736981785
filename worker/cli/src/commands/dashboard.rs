//! The command `descent dashboard`.

use crate::{args::Global, output::Output};
use anyhow::{ensure, Context, Result};
use axum::{
	http::{header, HeaderName},
	response::IntoResponse,
	routing::get,
	Router,
};
use clap::Args;
use descent_console::shutdown;
use serde::Serialize;
use std::{
	fs,
	net::SocketAddr,
	path::{Path, PathBuf},
};
use tokio::net::TcpListener;

/// The page as it was built from `dashboard/`.
const PAGE: &str = include_str!("../../assets/dashboard/index.html");
/// Names, kinds and texts of the files beside it. The last two are loaded where somebody votes, or looks at
/// the records of a delta.
const FILES: [(&str, &str, &str); 4] = [
	("dashboard.js", SCRIPT_KIND, include_str!("../../assets/dashboard/dashboard.js")),
	("dashboard.css", "text/css; charset=utf-8", include_str!("../../assets/dashboard/dashboard.css")),
	("wallet.js", SCRIPT_KIND, include_str!("../../assets/dashboard/wallet.js")),
	("samples.js", SCRIPT_KIND, include_str!("../../assets/dashboard/samples.js")),
];
const SCRIPT_KIND: &str = "text/javascript; charset=utf-8";
/// Element of the page that names the node.
const NODE: &str = r#"<meta name="descent-node" content="">"#;
/// Scripts and styles are the page's own. It connects to nodes, and to gateways for the records of a delta.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
	connect-src ws: wss: http: https:; worker-src 'self'; base-uri 'none'; form-action 'none'; \
	frame-ancestors 'none'";

const EXAMPLES: &str = "Examples:
  descent dashboard
  descent dashboard --node wss://rpc.example.org --listen 127.0.0.1:0
  descent dashboard --node wss://rpc.example.org --export site

The page shows groups, rounds, votes and money, live. A wallet of the browser signs votes, and keeps the \
keys. The browser asks the node by itself: a node of this machine answers pages of this machine, and any \
other has to be started with --rpc-cors for the page's address. Another node is named in the address of the \
page, behind its path: #/?node=wss://rpc.example.org. Stops on ctrl-c or SIGTERM.";

/// Serve a page that shows the chain in a browser.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Dashboard {
	/// Address to listen on; port 0 takes a free one
	#[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
	listen: SocketAddr,
	/// Write the page's files into this folder instead, for any web host
	#[arg(long, value_name = "DIR", conflicts_with = "listen")]
	export: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Ready {
	event: &'static str,
	address: String,
	node: String,
}

#[derive(Debug, Serialize)]
struct Exported {
	folder: PathBuf,
	node: String,
}

impl Dashboard {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let node = global.nodes()?.urls.first().context("no node is named")?.clone();
		ensure!(
			node.starts_with("ws://") || node.starts_with("wss://"),
			"a browser asks a node at an address that begins with ws:// or wss://, not at {node}"
		);
		let page = page(&node);
		if let Some(folder) = self.export {
			export(&folder, &page)?;
			let exported = Exported { folder, node };
			return output.print(&exported, |_| {
				format!("The page of {} is in {}", exported.node, exported.folder.display())
			});
		}
		let shutdown = shutdown::requested()?;
		let listener = TcpListener::bind(self.listen).await;
		let listener = listener.with_context(|| format!("listening on {}", self.listen))?;
		let address = format!("http://{}", listener.local_addr()?);
		let ready = Ready { event: "ready", address, node };
		output.print(&ready, |_| format!("Dashboard of {} on {}", ready.node, ready.address))?;
		Ok(axum::serve(listener, router(page)).with_graceful_shutdown(shutdown).await?)
	}
}

/// Returns the page with the address of the node.
fn page(node: &str) -> String {
	let node = node.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
	PAGE.replace(NODE, &NODE.replace(r#"content="""#, &format!(r#"content="{node}""#)))
}

/// Writes the files into a folder, which is made where it is not there.
fn export(folder: &Path, page: &str) -> Result<()> {
	fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
	let files = FILES.into_iter().map(|(name, _, text)| (name, text));
	for (name, text) in files.chain([("index.html", page)]) {
		let path = folder.join(name);
		fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
	}
	Ok(())
}

fn router(page: String) -> Router {
	let html = move || async move { file("text/html; charset=utf-8", page) };
	let router = Router::new().route("/", get(html.clone())).route("/index.html", get(html));
	FILES.into_iter().fold(router, |router, (name, kind, text)| {
		router.route(&format!("/{name}"), get(move || async move { file(kind, text) }))
	})
}

/// Returns a file with headers that keep it from being anything else.
fn file(kind: &'static str, text: impl IntoResponse) -> impl IntoResponse {
	let headers: [(HeaderName, &str); 5] = [
		(header::CONTENT_TYPE, kind),
		(header::CONTENT_SECURITY_POLICY, POLICY),
		(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
		(header::REFERRER_POLICY, "no-referrer"),
		(header::CACHE_CONTROL, "no-cache"),
	];
	(headers, text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{
		io::{Read, Write},
		net::TcpStream,
	};

	#[test]
	fn the_page_names_the_node_and_nothing_else() {
		assert!(PAGE.contains(NODE), "the page has a place for the node");
		assert!(page("wss://rpc.example.org").contains(r#"content="wss://rpc.example.org""#));
		let hostile = page(r#"ws://"><script>alert(1)</script>"#);
		assert!(!hostile.contains("<script>alert"), "{hostile}");
	}

	#[test]
	fn a_folder_holds_all_that_the_page_needs() {
		let folder = tempfile::tempdir().unwrap();
		let site = folder.path().join("a/site");
		export(&site, &page("ws://127.0.0.1:9944")).unwrap();
		let index = fs::read_to_string(site.join("index.html")).unwrap();
		let script = fs::read_to_string(site.join("dashboard.js")).unwrap();
		for (name, ..) in FILES {
			assert!(index.contains(name) || script.contains(name), "nothing names {name}");
			assert!(site.join(name).metadata().unwrap().len() > 1_000, "{name}");
		}
	}

	#[tokio::test]
	async fn files_come_with_a_strict_policy() {
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = listener.local_addr().unwrap();
		tokio::spawn(async move { axum::serve(listener, router(page("ws://127.0.0.1:9944"))).await });
		for (path, kind, part) in [
			("/", "text/html", "dashboard.js"),
			("/dashboard.js", "text/javascript", "training_groups"),
			("/dashboard.css", "text/css", "--accent"),
			("/wallet.js", "text/javascript", "injectedWeb3"),
			("/samples.js", "text/javascript", "/ipfs/"),
		] {
			let answer = tokio::task::spawn_blocking(move || {
				let mut stream = TcpStream::connect(address).unwrap();
				write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
					.unwrap();
				let mut answer = String::new();
				stream.read_to_string(&mut answer).unwrap();
				answer
			});
			let answer = answer.await.unwrap();
			let (head, body) = answer.split_once("\r\n\r\n").unwrap();
			assert!(head.starts_with("HTTP/1.1 200") && head.contains(kind), "{head}");
			assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
			assert!(body.contains(part), "{path}");
		}
	}
}
