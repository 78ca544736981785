//! Calls that are tried without being sent.

use crate::{failure, Call, CallError, Client, Error, Key, Result};
use sp_core::H256;
use subxt::{ext::scale_value::scale::decode_as_type, metadata::Metadata, rpcs::client::rpc_params};

/// The result of a call that was tried on the best block's state, and not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
	/// The fee, in the token's smallest unit.
	pub fee: u128,
	/// The amount beside the fee that the call takes from the account's free balance, in the smallest unit:
	/// what it sends, stakes, bonds, or leaves as a deposit. The bond of a series of test sets is not in it,
	/// and a proxy is counted as an account's first.
	pub takes: u128,
	/// The error with which the call would fail now. A call for another account tells of its own failure
	/// only, not of the carried call's.
	pub error: Option<Error>,
}

impl Client {
	/// Tries a call on the best block's state: signs it and has the node carry it out, which throws the
	/// result away. Nothing is sent.
	///
	/// # Errors
	/// Fails if the node can't be asked, or the call can't be encoded.
	pub async fn dry_run(&self, key: &Key, call: &Call) -> Result<DryRun> {
		let best = self.best_block().await?;
		let bytes = self.signed_bytes(key, call).await?;
		let params = rpc_params!["BlockBuilder_apply_extrinsic", &bytes, best.hash];
		let answer: String = self.request("state_call", params).await?;
		let answer = hex::decode(answer.trim_start_matches("0x")).unwrap_or_default();
		let metadata = self.at(best.hash).await?.metadata();
		let error = outcome(&answer, key, call, &metadata)?;
		Ok(DryRun { fee: self.fee_of(&bytes).await?, takes: self.takes(call, best.hash).await?, error })
	}
}

/// Returns the error in an `ApplyExtrinsicResult`, in SCALE: of the transaction, or of the call; `None` where
/// there is none.
fn outcome(answer: &[u8], key: &Key, call: &Call, metadata: &Metadata) -> Result<Option<Error>> {
	let unreadable = || Error::Answer(format!("the outcome 0x{} of a dry run", hex::encode(answer)));
	let invalid = |reason: &str| Error::Invalid { account: key.signer(), reason: reason.into() };
	Ok(Some(match answer {
		[0, 0, ..] => return Ok(None),
		[0, 1, error @ ..] => {
			let id = metadata.dispatch_error_ty().ok_or_else(unreadable)?;
			let error = decode_as_type(&mut &error[..], id, metadata.types()).map_err(|_| unreadable())?;
			Error::Call(failure::explain(&error.remove_context(), metadata))
		}
		[1, 0, 1, ..] => invalid("it can't pay the fee; send it some NRN first (descent transfer)"),
		[1, 0, 2 | 3, ..] => invalid("another transaction of the account waits for its block"),
		[1, 0, 6, ..] => invalid("the block is full; try again"),
		[1, 0, 7, number, ..] => {
			let failed = failure::of_pallet(call.0.pallet_name(), *number, metadata);
			let unnamed = || CallError {
				pallet: call.0.pallet_name().into(),
				name: format!("error {number}"),
				doc: String::new(),
			};
			Error::Call(failed.unwrap_or_else(unnamed))
		}
		[1, ..] => invalid("the chain does not take it as it is"),
		_ => return Err(unreadable()),
	}))
}

impl Client {
	/// Returns the amount beside the fee that a call takes from its account.
	async fn takes(&self, call: &Call, at: H256) -> Result<u128> {
		let at = self.at(at).await?;
		let constant = |pallet: &str, name: &str| {
			let constant = subxt::dynamic::constant::<u128>(pallet, name);
			at.constants().entry(constant).map_err(|error| Error::Answer(error.to_string()))
		};
		call.takes(&constant)
	}
}
