use descent_client::AccountId;
use descent_protocol::{
	view::{
		EmissionView, Explanation, GovernanceView, GroupView, OrderView, PotView, RewardsView,
		RoundTestSetView, RoundView, StandingView, TestSetSeriesView, ValidatorView,
	},
	BlockNumber, GroupId, RoundIndex,
};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, Value};
use sp_core::H256;
use std::time::Duration;
use subxt::{OnlineClient, SubstrateConfig};

/// Reasons for which a call of a node's RPC has no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
	/// The node cannot be reached or sends no valid answer.
	#[error("{method} of {url}: {reason}")]
	Unreachable {
		/// Address of the node.
		url: String,
		/// Name of the called method.
		method: String,
		/// Description of the failure.
		reason: String,
	},
	/// The node answers with an error.
	#[error("{message} (code {code})")]
	Refused {
		/// JSON-RPC error code.
		code: i64,
		/// Message of the node, with the error's data.
		message: String,
	},
}

/// A plain JSON-RPC client over HTTP without knowledge of the chain, like an independent client. It keeps no
/// connection, so a node may stop and start again.
#[derive(Clone, Debug)]
pub struct Rpc {
	http: reqwest::Client,
	host: String,
	port: u16,
}

#[derive(Deserialize)]
struct Answer {
	#[serde(default)]
	result: Value,
	error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
	code: i64,
	message: String,
	#[serde(default)]
	data: Value,
}

#[derive(Deserialize)]
struct Header {
	number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
	spec_version: u32,
}

impl Rpc {
	/// Returns a client of the node whose RPC is on this port of loopback.
	pub fn new(port: u16) -> Self {
		Self::at("127.0.0.1", port)
	}

	/// Returns a client of the node whose RPC is on this port of a host.
	pub fn at(host: &str, port: u16) -> Self {
		let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
		Self { http: http.expect("a client without certificates can be built; qed"), host: host.into(), port }
	}

	/// Returns the address for clients that use a WebSocket.
	pub fn ws(&self) -> String {
		format!("ws://{}:{}", self.host, self.port)
	}

	/// Connects to the chain by its metadata.
	///
	/// # Errors
	/// Fails if the node cannot be reached.
	pub async fn chain(&self) -> anyhow::Result<OnlineClient<SubstrateConfig>> {
		Ok(OnlineClient::from_insecure_url(self.ws()).await?)
	}

	/// Calls a method.
	///
	/// # Errors
	/// Fails if the node cannot be reached, refuses, or answers with anything but a `T`.
	pub async fn call<T: DeserializeOwned>(&self, method: &str, parameters: Value) -> Result<T, RpcError> {
		let url = format!("http://{}:{}", self.host, self.port);
		let unreachable =
			|reason: String| RpcError::Unreachable { url: url.clone(), method: method.into(), reason };
		let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters});
		let sent = self.http.post(&url).json(&request).send().await;
		let answer: Answer = match sent {
			Ok(response) => response.json().await.map_err(|error| unreachable(error.to_string()))?,
			Err(error) => return Err(unreachable(error.to_string())),
		};
		match answer.error {
			Some(Refusal { code, message, data }) => {
				let message = if data.is_null() { message } else { format!("{message}: {data}") };
				Err(RpcError::Refused { code, message })
			}
			None => serde_json::from_value(answer.result).map_err(|error| unreachable(error.to_string())),
		}
	}

	/// Returns the number of the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn best(&self) -> Result<BlockNumber, RpcError> {
		self.number(json!([])).await
	}

	/// Returns the number and hash of the last finalized block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn finalized(&self) -> Result<(BlockNumber, H256), RpcError> {
		let hash: H256 = self.call("chain_getFinalizedHead", json!([])).await?;
		Ok((self.number(json!([hash])).await?, hash))
	}

	async fn number(&self, parameters: Value) -> Result<BlockNumber, RpcError> {
		let header: Header = self.call("chain_getHeader", parameters).await?;
		BlockNumber::from_str_radix(header.number.trim_start_matches("0x"), 16).map_err(|error| {
			RpcError::Unreachable {
				url: self.ws(),
				method: "chain_getHeader".into(),
				reason: format!("'{}' is not a block number: {error}", header.number),
			}
		})
	}

	/// Returns the version of the runtime that makes the block after this one.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn spec_version(&self, block: H256) -> Result<u32, RpcError> {
		let version: RuntimeVersion = self.call("state_getRuntimeVersion", json!([block])).await?;
		Ok(version.spec_version)
	}

	/// Returns the hash of the block at a height of the best chain, or `None` beyond it.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn block_hash(&self, number: BlockNumber) -> Result<Option<H256>, RpcError> {
		self.call("chain_getBlockHash", json!([number])).await
	}

	/// Returns a group at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn group(&self, group: GroupId, at: Option<H256>) -> Result<GroupView, RpcError> {
		self.call("training_group", json!([group, at])).await
	}

	/// Returns a round at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn round(
		&self,
		group: GroupId,
		round: RoundIndex,
		at: Option<H256>,
	) -> Result<RoundView, RpcError> {
		self.call("training_round", json!([group, round, at])).await
	}

	/// Returns the standings of the group's trainers.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn leaderboard(&self, group: GroupId) -> Result<Vec<StandingView>, RpcError> {
		self.call("training_leaderboard", json!([group])).await
	}

	/// Returns the emission at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn emission(&self, at: Option<H256>) -> Result<EmissionView, RpcError> {
		self.call("training_emission", json!([at])).await
	}

	/// Returns the pot of a group at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn pot(&self, group: GroupId, at: Option<H256>) -> Result<PotView, RpcError> {
		self.call("training_pot", json!([group, at])).await
	}

	/// Returns the orders of a group at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn orders(&self, group: GroupId, at: Option<H256>) -> Result<Vec<OrderView>, RpcError> {
		self.call("training_orders", json!([group, at])).await
	}

	/// Returns a series of hidden test sets at `at`, or at the best block; `None` if it is not open.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn test_set_series(
		&self,
		series: H256,
		at: Option<H256>,
	) -> Result<Option<TestSetSeriesView>, RpcError> {
		self.call("training_testSetSeries", json!([series, at])).await
	}

	/// Returns the hidden test set of a round at `at`, or at the best block; `None` if the round's rules name
	/// no open series.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn round_test_set(
		&self,
		group: GroupId,
		round: RoundIndex,
		at: Option<H256>,
	) -> Result<Option<RoundTestSetView>, RpcError> {
		self.call("training_roundTestSet", json!([group, round, at])).await
	}

	/// Returns the rewards of an account at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn rewards(&self, account: &AccountId, at: Option<H256>) -> Result<RewardsView, RpcError> {
		self.call("training_rewards", json!([account, at])).await
	}

	/// Returns all candidates and validators at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn validators(&self, at: Option<H256>) -> Result<Vec<ValidatorView>, RpcError> {
		self.call("training_validators", json!([at])).await
	}

	/// Returns a validator or candidate at `at`, or at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn validator(
		&self,
		account: &AccountId,
		at: Option<H256>,
	) -> Result<Option<ValidatorView>, RpcError> {
		self.call("training_validator", json!([account, at])).await
	}

	/// Returns the members of governance, with the matters before them, at the best block.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn governance(&self) -> Result<GovernanceView, RpcError> {
		self.call("training_governance", json!([])).await
	}

	/// Returns the explanation of the outcome of an account's commitment in a round.
	///
	/// # Errors
	/// As [`Self::call`].
	pub async fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: &AccountId,
	) -> Result<Explanation, RpcError> {
		self.call("training_explain", json!([group, round, account])).await
	}
}
