use super::*;
use descent_protocol::{Clock, EvaluationPolicy};
use std::{
	io::{Read, Write},
	net::TcpListener,
};

fn probe(directory: &Path, address: String) -> Probe {
	let store = Store::open(directory.join("served"), 1 << 24).unwrap();
	std::fs::create_dir_all(directory.join("scratch")).unwrap();
	let scratch = directory.join("scratch");
	let publisher = Publisher::serving(address);
	Probe { cache: ContentCache::new(store), publisher, scratch, allow_private: true }
}

async fn served(directory: &Path) -> Probe {
	let mut probe = probe(directory, String::new());
	let any = "127.0.0.1:0".parse().unwrap();
	let store = probe.cache.store().clone();
	let (address, _) = descent_content::serve(any, store, std::future::pending()).await.unwrap();
	probe.publisher = Publisher::serving(format!("http://{address}"));
	probe
}

/// Serves this answer to every request.
fn answer(answer: &'static str) -> String {
	let listener = TcpListener::bind("127.0.0.1:0").unwrap();
	let address = listener.local_addr().unwrap();
	std::thread::spawn(move || {
		for connection in listener.incoming() {
			let mut connection = connection.unwrap();
			let _ = connection.read(&mut [0; 4096]);
			let _ = connection.write_all(answer.as_bytes());
		}
	});
	format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_here_is_reached() {
	let directory = tempfile::tempdir().unwrap();
	let probe = served(directory.path()).await;
	probe.reach().await.unwrap();
	let error = Probe { allow_private: false, ..probe }.reach().await.unwrap_err();
	assert!(format!("{error:#}").contains("--allow-private"), "{error:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_elsewhere_is_refused_with_what_to_do() {
	let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
	let redirected = answer(
		"HTTP/1.1 301 Moved Permanently\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\
		 connection: close\r\n\r\n",
	);
	let empty = answer("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
	let wrong = answer("HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhome");
	let typo = "http://trainer.invalid:8080".to_string();
	let addresses = [format!("http://{closed}"), redirected, empty, wrong, typo];
	let tried = addresses.map(|address| async move {
		let directory = tempfile::tempdir().unwrap();
		let error = probe(directory.path(), address.clone()).reach().await.unwrap_err();
		let text = format!("{error:#}");
		assert!(text.contains(&address) && text.contains("--public-url"), "{text}");
	});
	for tried in tried.map(tokio::spawn) {
		tried.await.unwrap();
	}
}

#[test]
fn times_are_compared_with_the_windows() {
	let clock = Clock { first: 0, start: 0, length: 100, reveal: 11, attest: 20, open: 2 };
	let otherwise = ContentRef::raw(b"validation set").unwrap();
	let hidden = EvaluationPolicy::Hidden { series: H256::zero(), records: 1, otherwise };
	let reveal = Windows::new(&clock, &hidden).reveal;
	assert_eq!(reveal, Duration::from_secs(15), "the key may come in the middle of the window");
	let windows = Windows::new(&clock, &EvaluationPolicy::Training { records: 1 });
	assert_eq!(windows.reveal, Duration::from_secs(30), "a block is for the reveal itself");
	assert_eq!(windows.fetch, Duration::from_secs(30));
	let seconds = Duration::from_secs;
	let fits = Timings { bytes: 1000, claim: seconds(20), publish: seconds(10), fetch: seconds(30) };
	judge(&fits, &windows).unwrap();
	let refused = |timings| judge(&timings, &windows).unwrap_err();
	let text = refused(Timings { claim: seconds(21), ..fits });
	assert!(text.contains("21.0 s") && text.contains("30.0 s") && text.contains("--threads"), "{text}");
	let text = refused(Timings { fetch: seconds(31), ..fits });
	assert!(text.contains("31.0 s") && text.contains("1000 bytes"), "{text}");
}
