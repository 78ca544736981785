use anyhow::{ensure, Context, Result};
use sp_core::H256;
use std::collections::BTreeMap;
use subxt::{dynamic, ext::scale_decode::DecodeAsType, utils::AccountId32, OnlineClient, SubstrateConfig};

/// All money of the chain at a finalized block, in its smallest unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
	/// The block.
	pub block: u32,
	/// Issued at genesis.
	pub genesis: u128,
	/// Issued at the block.
	pub issuance: u128,
	/// What all accounts hold, free and reserved.
	pub balances: u128,
	/// Number of accounts.
	pub accounts: u32,
	/// What winners of rounds and proposers of deltas were paid since genesis, by the events.
	pub rewards: u128,
	/// What each proposer of applied deltas was paid since genesis, by its address.
	pub proposers: BTreeMap<String, u128>,
	/// What was taken of deposits since genesis, by the events.
	pub slashed: u128,
	/// What was paid for transactions since genesis, by the events. It goes to the blocks' authors.
	pub fees: u128,
}

impl Audit {
	/// Checks that balances make up the issuance, and that rewards and penalties explain it; fees only change hands.
	///
	/// # Errors
	/// Says which does not add up, with the numbers.
	pub fn check(&self) -> Result<()> {
		let Self {
			block,
			genesis,
			issuance,
			balances,
			accounts,
			rewards,
			slashed,
			..
		} = self;
		ensure!(
			balances == issuance,
			"at block {block} {accounts} accounts hold {balances}, but {issuance} are issued"
		);
		ensure!(
			genesis + rewards == issuance + slashed,
			"at block {block} {issuance} are issued, but genesis issued {genesis}, {rewards} were paid to winners and \
			 {slashed} were taken of deposits"
		);
		Ok(())
	}
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	data: AccountData,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
	reserved: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Ended {
	reward: u128,
	slashed: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ProposalEnded {
	account: AccountId32,
	reward: u128,
	slashed: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Forfeited {
	slashed: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct TransactionFeePaid {
	actual_fee: u128,
	tip: u128,
}

/// Adds up all money at a finalized block, and the events of every block up to it; the node has to keep their states
/// (`--state-pruning archive`, or less than 256 blocks). Reads the chain by its metadata alone.
///
/// # Errors
/// Where the node can't be read. Whether it adds up is for [`Audit::check`] to say.
pub async fn audit(node: &str, block: H256) -> Result<Audit> {
	let chain = OnlineClient::<SubstrateConfig>::from_insecure_url(node).await?;
	let at = chain.at_block(block).await?;
	let number = u32::try_from(at.block_number())?;
	let mut audit = Audit {
		block: number,
		issuance: issuance(&at).await?,
		..Audit::default()
	};
	audit.genesis = issuance(&chain.at_block(0u32).await?).await?;
	let accounts = dynamic::storage::<(AccountId32,), AccountInfo>("System", "Account");
	let mut accounts = at.storage().iter(accounts, ()).await?;
	while let Some(account) = accounts.next().await {
		let AccountData { free, reserved } = account?.value().decode()?.data;
		audit.balances += free + reserved;
		audit.accounts += 1;
	}
	for number in 1..=number {
		let at = chain.at_block(number).await?;
		for event in at.events().fetch().await?.iter() {
			let event = event?;
			match (event.pallet_name(), event.event_name()) {
				("Rounds", "Ended") => {
					let ended: Ended = event.decode_fields_unchecked_as()?;
					audit.rewards += ended.reward;
					audit.slashed += ended.slashed;
				}
				("Dataset", "ProposalEnded") => {
					let ended: ProposalEnded = event.decode_fields_unchecked_as()?;
					audit.rewards += ended.reward;
					audit.slashed += ended.slashed;
					if ended.reward > 0 {
						*audit.proposers.entry(ended.account.to_string()).or_default() += ended.reward;
					}
				}
				("Dataset", "Forfeited") => {
					let slashed: Forfeited = event.decode_fields_unchecked_as()?;
					audit.slashed += slashed.slashed;
				}
				("TransactionPayment", "TransactionFeePaid") => {
					let paid: TransactionFeePaid = event.decode_fields_unchecked_as()?;
					audit.fees += paid.actual_fee + paid.tip;
				}
				_ => {}
			}
		}
	}
	Ok(audit)
}

type At =
	subxt::client::ClientAtBlock<SubstrateConfig, subxt::client::OnlineClientAtBlockImpl<SubstrateConfig>>;

async fn issuance(at: &At) -> Result<u128> {
	let address = dynamic::storage::<(), u128>("Balances", "TotalIssuance");
	Ok(at
		.storage()
		.fetch(address, ())
		.await
		.context("the issuance is not known")?
		.decode()?)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn one_missing_unit_is_found() {
		let right = Audit {
			genesis: 100,
			rewards: 10,
			slashed: 5,
			fees: 1,
			issuance: 105,
			balances: 105,
			..Audit::default()
		};
		right.check().unwrap();
		assert!(Audit {
			balances: 104,
			..right.clone()
		}
		.check()
		.is_err());
		assert!(Audit {
			rewards: 11,
			..right.clone()
		}
		.check()
		.is_err());
		assert!(Audit {
			issuance: 104,
			balances: 104,
			..right
		}
		.check()
		.is_err());
	}
}
