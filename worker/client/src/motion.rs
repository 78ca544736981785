//! Motions of the committee: the calls and numbers needed to move, vote on and close one.

use crate::{Call, Client, Error, Result};
use blake2::{digest::consts::U32, Blake2b, Digest};
use codec::{Compact, Decode, Encode};
use sp_core::H256;
use subxt::{
	dynamic::Value,
	ext::scale_value::{Composite, ValueDef, Variant},
	rpcs::client::rpc_params,
};

/// A motion of the technical committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Motion {
	/// The hash of its call.
	pub hash: H256,
	/// Its number.
	pub index: u32,
}

/// The weight of a call: its part of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
	/// Time, in picoseconds of the reference machine.
	pub ref_time: u64,
	/// Size of the proof of the state that it reads, in bytes.
	pub proof_size: u64,
}

/// A parameter of the runtime that governance sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
	/// The least that a validator bonds, in the token's smallest unit.
	MinimumBond(u128),
	/// The most validators of a session.
	Seats(u32),
}

/// A call as it is encoded for the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded(pub Vec<u8>);

impl Encoded {
	/// The hash that the committee and the whitelist know the call by.
	pub fn hash(&self) -> H256 {
		H256(Blake2b::<U32>::digest(&self.0).into())
	}

	/// Its length in bytes.
	pub fn length(&self) -> u32 {
		u32::try_from(self.0.len()).unwrap_or(u32::MAX)
	}
}

impl Client {
	/// A call in SCALE, as the best block's runtime has it.
	///
	/// # Errors
	/// [`Error::Encoding`] where that runtime has no such call.
	pub async fn encode(&self, call: &Call) -> Result<Encoded> {
		let at = self.at(self.best_block().await?.hash).await?;
		let bytes = at.tx().call_data(&call.0);
		bytes.map(Encoded).map_err(|error| Error::Encoding(error.to_string()))
	}

	/// A call from its encoding, checked against the best block's runtime.
	///
	/// # Errors
	/// [`Error::Encoding`] for bytes that are no call there.
	pub async fn decode(&self, encoded: &Encoded) -> Result<Call> {
		let at = self.at(self.best_block().await?.hash).await?;
		let call = at.tx().from_call_data_bytes(&encoded.0);
		call.map(Call).map_err(|error| Error::Encoding(error.to_string()))
	}

	/// The largest weight of a call.
	///
	/// # Errors
	/// Where the node can't be asked, or can't tell.
	pub async fn weight(&self, call: &Encoded) -> Result<Weight> {
		let mut argument = call.0.clone();
		call.length().encode_to(&mut argument);
		let argument = format!("0x{}", hex::encode(argument));
		let params = rpc_params!["TransactionPaymentCallApi_query_call_info", argument];
		let answer: String = self.request("state_call", params).await?;
		let bytes = hex::decode(answer.trim_start_matches("0x")).unwrap_or_default();
		let (Compact(ref_time), Compact(proof_size)) =
			<(Compact<u64>, Compact<u64>)>::decode(&mut &bytes[..])
				.map_err(|_| Error::Answer(format!("the weight of a call {answer}")))?;
		Ok(Weight { ref_time, proof_size })
	}
}

impl Call {
	/// The call in words: its pallet, its name and its arguments, those that carry calls included.
	pub fn in_words(&self) -> String {
		let (pallet, name) = (self.0.pallet_name(), self.0.call_name());
		let arguments = self.0.call_data().values();
		let arguments: Vec<_> = arguments.map(|value| readable(value.clone()).to_string()).collect();
		format!("{pallet}.{name}({})", arguments.join(", "))
	}
}

/// A value with its bytes in hex.
fn readable(value: Value) -> Value {
	let inner = match value.value {
		ValueDef::Composite(composite) => match bytes(&composite) {
			Some(bytes) => return Value::string(format!("0x{}", hex::encode(bytes))),
			None => ValueDef::Composite(readable_all(composite)),
		},
		ValueDef::Variant(Variant { name, values }) => {
			ValueDef::Variant(Variant { name, values: readable_all(values) })
		}
		other => other,
	};
	Value { value: inner, context: () }
}

fn readable_all(composite: Composite<()>) -> Composite<()> {
	match composite {
		Composite::Named(fields) => {
			Composite::Named(fields.into_iter().map(|(name, value)| (name, readable(value))).collect())
		}
		Composite::Unnamed(values) => Composite::Unnamed(values.into_iter().map(readable).collect()),
	}
}

/// The bytes that a list is made of, where it is long enough to be a hash, a key or the like.
fn bytes(composite: &Composite<()>) -> Option<Vec<u8>> {
	const SHORTEST: usize = 16;
	let Composite::Unnamed(values) = composite else {
		return None;
	};
	let byte = |value: &Value| value.as_u128().and_then(|byte| u8::try_from(byte).ok());
	let bytes: Option<Vec<u8>> = values.iter().map(byte).collect();
	bytes.filter(|bytes| bytes.len() >= SHORTEST)
}
