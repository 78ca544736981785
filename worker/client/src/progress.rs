use crate::{
	blocks::FullBlock,
	failure::{carried, explain},
	Block, CallError, Client, Error, Motion, Result,
};
use codec::Decode;
use descent_protocol::{AmendmentId, BlockNumber, GroupId, ProposalId};
use sp_core::{crypto::AccountId32, H256};
use std::{collections::HashSet, time::Duration};
use subxt::{
	dynamic::At,
	events::{Event, Phase},
	ext::scale_value::{Composite, Value},
	rpcs::client::rpc_params,
	SubstrateConfig,
};
use tokio::time::{sleep, timeout};

/// Interval between two looks at the head of the chain.
const INTERVAL: Duration = Duration::from_millis(250);
/// Blocks to wait after a transaction has expired before it is given up: the best chain may still change.
const GRACE: BlockNumber = 4;

/// A transaction that is in a node's pool, or was.
#[derive(Clone, Debug)]
pub struct Submitted {
	pub(crate) client: Client,
	pub(crate) bytes: String,
	pub(crate) hash: H256,
	pub(crate) account: AccountId32,
	pub(crate) nonce: u64,
	pub(crate) born: BlockNumber,
	pub(crate) expires: BlockNumber,
	/// Number of the client's connections when the transaction was sent.
	pub(crate) connection: usize,
	/// True if its call makes another one for another account.
	pub(crate) is_for_another: bool,
}

/// A transaction that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
	/// The transaction.
	pub transaction: H256,
	/// The block that holds it.
	pub block: Block,
	/// The group that it created, if it did.
	pub group: Option<GroupId>,
	/// The delta proposal that it made, if it did.
	pub proposal: Option<ProposalId>,
	/// The amendment that it proposed, if it did.
	pub amendment: Option<AmendmentId>,
	/// The motion that it put before the committee, if it did.
	pub motion: Option<Motion>,
	/// True if the committee approved the motion whose vote it ended; `None` where it ended none.
	pub approved: Option<bool>,
	/// The payment from the treasury that was approved in it, if one was: the number to pay it out by.
	pub spend: Option<u32>,
	/// The failure of a call that this one carried, if one failed; this one has not.
	pub failed: Option<CallError>,
}

#[derive(Clone, Copy)]
pub(crate) enum Head {
	Best,
	Finalized,
}

impl Submitted {
	/// The transaction's hash.
	pub fn hash(&self) -> H256 {
		self.hash
	}

	/// The block from which on the transaction is no longer valid.
	pub fn expires(&self) -> BlockNumber {
		self.expires
	}

	/// Waits until the best block or one before it holds the transaction. That block may yet be replaced by
	/// another. Survives a restart of the node, and its end where there are others: the transaction is sent
	/// again wherever it may have been lost.
	///
	/// # Errors
	/// [`Error::Call`] where the call failed, [`Error::Expired`] and [`Error::Superseded`] where it never
	/// will be in a block, [`Error::Timeout`] after [`crate::Options::inclusion_timeout`].
	pub async fn in_best_block(&self) -> Result<Included> {
		self.wait(Head::Best).await
	}

	/// Waits until a finalized block holds the transaction.
	///
	/// # Errors
	/// See [`Self::in_best_block`].
	pub async fn finalized(&self) -> Result<Included> {
		self.wait(Head::Finalized).await
	}

	async fn wait(&self, head: Head) -> Result<Included> {
		let limit = self.client.options().inclusion_timeout;
		let (wanted, made) = match head {
			Head::Best => ("best", "made"),
			Head::Finalized => ("finalized", "finalized"),
		};
		let (block, position) = timeout(limit, self.find(head)).await.map_err(|_| Error::Timeout {
			wanted,
			made,
			seconds: limit.as_secs(),
		})??;
		self.client.included(self, block, position).await
	}

	/// The block that holds the transaction, and its position there.
	pub(crate) async fn find(&self, head: Head) -> Result<(Block, u32)> {
		let mut searched = HashSet::new();
		let mut connection = self.connection;
		loop {
			self.send_again(&mut connection).await;
			let top = match head {
				Head::Best => self.client.best_block().await?,
				Head::Finalized => self.client.finalized_block().await?,
			};
			if !searched.contains(&top.hash) {
				if let Some(found) = self.search(top, &mut searched).await? {
					return Ok(found);
				}
				if top.number > self.expires.saturating_add(GRACE) {
					return Err(Error::Expired { expires: self.expires });
				}
				if self.client.nonce(&self.account, top.hash).await? > self.nonce {
					return Err(Error::Superseded { account: self.account.clone(), nonce: self.nonce });
				}
			}
			sleep(INTERVAL).await;
		}
	}

	/// Sends the transaction again if the connection over which it was sent is gone: it may have been in no
	/// pool but that node's. Its nonce keeps it from being carried out twice, and a node that has it already
	/// refuses it, which is as good.
	async fn send_again(&self, connection: &mut usize) {
		let opened = self.client.transport().opened();
		if *connection == opened {
			return;
		}
		match self.client.request::<H256>("author_submitExtrinsic", rpc_params![&self.bytes]).await {
			Err(error) if error.is_transient() => {}
			answer => {
				tracing::debug!(hash = ?self.hash, ?answer, "sent again");
				*connection = opened;
			}
		}
	}

	/// Looks into the blocks from `top` down to the transaction's birth, as far as they have not been
	/// searched.
	async fn search(&self, top: Block, searched: &mut HashSet<H256>) -> Result<Option<(Block, u32)>> {
		let mut hash = top.hash;
		while !searched.contains(&hash) {
			let FullBlock { block, parent, extrinsics } = self.client.full_block(hash).await?;
			let position = extrinsics.iter().position(|extrinsic| *extrinsic == self.bytes);
			if let Some(position) = position.and_then(|position| u32::try_from(position).ok()) {
				return Ok(Some((block, position)));
			}
			searched.insert(hash);
			if block.number <= self.born {
				break;
			}
			hash = parent;
		}
		Ok(None)
	}
}

impl Client {
	/// Transactions that the account has had in blocks up to this one.
	async fn nonce(&self, account: &AccountId32, at: H256) -> Result<u64> {
		let argument = format!("0x{}", hex::encode(account));
		let params = rpc_params!["AccountNonceApi_account_nonce", argument, at];
		let answer: String = self.request("state_call", params).await?;
		let bytes = hex::decode(answer.trim_start_matches("0x")).unwrap_or_default();
		u32::decode(&mut &bytes[..]).map(u64::from).map_err(|_| Error::Answer(format!("nonce {answer}")))
	}

	/// The effects of a transaction, read from the events of its block.
	async fn included(&self, sent: &Submitted, block: Block, position: u32) -> Result<Included> {
		let at = self.at(block.hash).await?;
		let events = at.events().fetch().await.map_err(|error| self.unreadable(error))?;
		let mut included = Included {
			transaction: sent.hash,
			block,
			group: None,
			proposal: None,
			amendment: None,
			motion: None,
			approved: None,
			spend: None,
			failed: None,
		};
		for event in events.iter() {
			let event = event.map_err(|error| Error::Answer(error.to_string()))?;
			if event.phase() != Phase::ApplyExtrinsic(position) {
				continue;
			}
			match (event.pallet_name(), event.event_name()) {
				("System", "ExtrinsicFailed") => {
					let error = fields(&event)?.at("dispatch_error").cloned();
					let error = error.ok_or_else(|| Error::Answer("a failure without reason".into()))?;
					return Err(Error::Call(explain(&error, at.metadata_ref())));
				}
				("Proxy", "ProxyExecuted") if sent.is_for_another => {
					let failed = carried("Proxy", "ProxyExecuted", &fields(&event)?, at.metadata_ref());
					if let Some(error) = failed {
						return Err(Error::Call(error));
					}
				}
				("Groups", "Created") => included.group = number(&event, "group")?,
				("Groups", "AmendmentProposed") => included.amendment = number(&event, "amendment")?,
				("Dataset", "Proposed") => included.proposal = number(&event, "proposal")?,
				("TechnicalCommittee", "Proposed") => {
					let hash = hash(&event, "proposal_hash")?;
					let index = number(&event, "proposal_index")?;
					included.motion = hash.zip(index).map(|(hash, index)| Motion { hash, index });
				}
				("TechnicalCommittee", "Approved") => included.approved = Some(true),
				("TechnicalCommittee", "Disapproved") => included.approved = Some(false),
				("Treasury", "AssetSpendApproved") => included.spend = number(&event, "index")?,
				(pallet, name) if included.failed.is_none() => {
					let fields = fields(&event)?;
					included.failed = carried(pallet, name, &fields, at.metadata_ref());
				}
				_ => {}
			}
		}
		Ok(included)
	}
}

/// The number that a field of an event holds.
fn number(event: &Event<'_, SubstrateConfig>, field: &str) -> Result<Option<u32>> {
	let number = fields(event)?.at(field).and_then(Value::as_u128);
	Ok(number.and_then(|number| number.try_into().ok()))
}

/// The hash that a field of an event holds.
fn hash(event: &Event<'_, SubstrateConfig>, field: &str) -> Result<Option<H256>> {
	let fields = fields(event)?;
	let value = fields.at(field);
	// A hash is 32 bytes, or a structure around them.
	let bytes = match value.at(31) {
		Some(_) => value,
		None => value.at(0),
	};
	let byte = |at: usize| bytes.at(at)?.as_u128().and_then(|byte| u8::try_from(byte).ok());
	let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
	Ok(bytes.map(|bytes| H256::from_slice(&bytes)))
}

fn fields(event: &Event<'_, SubstrateConfig>) -> Result<Composite<()>> {
	let fields = event.decode_fields_unchecked_as::<Composite<()>>();
	fields.map_err(|error| Error::Answer(error.to_string()))
}
