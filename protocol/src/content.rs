#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use alloc::string::String;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use data_encoding::BASE32_NOPAD;
use scale_info::TypeInfo;
use serde::{ser::SerializeStruct, Deserialize, Serialize, Serializer};
use sp_core::H256;

/// Content up to this many bytes is one raw block; larger content is a UnixFS tree of raw leaves of this
/// size.
pub const LEAF_SIZE: u64 = 1 << 20;

/// The multicodec of a [`ContentRef`]'s CID, which says what its digest is of.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Codec {
	/// The digest is the blake2b-256 of the content itself (multicodec 0x55).
	Raw,
	/// The digest is the blake2b-256 of a dag-pb node, the root of a balanced UnixFS file with raw leaves of
	/// [`LEAF_SIZE`] and at most 1024 links a node (multicodec 0x70).
	UnixFs,
}

/// A reference to content off chain: its CIDv1 with a blake2b-256 multihash, and its size.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Deserialize,
)]
pub struct ContentRef {
	/// The blake2b-256 digest in the CID.
	pub digest: H256,
	/// The hashed form: the content itself, or the root of its tree.
	pub codec: Codec,
	/// Length of the content in bytes.
	pub size: u64,
}

impl ContentRef {
	/// The prefix of every CID of ours after version and codec: blake2b-256 (varint 0xb220), 32 bytes.
	const MULTIHASH_PREFIX: [u8; 4] = [0xa0, 0xe4, 0x02, 0x20];

	/// A reference to content of at most one leaf, from the content. `None` where it is larger.
	pub fn raw(content: &[u8]) -> Option<Self> {
		let size = u64::try_from(content.len()).ok()?;
		let digest = H256(sp_crypto_hashing::blake2_256(content));
		(size <= LEAF_SIZE).then_some(Self { digest, codec: Codec::Raw, size })
	}

	/// Returns true if the codec is the one that content of this size has.
	pub fn is_canonical(&self) -> bool {
		(self.size <= LEAF_SIZE) == (self.codec == Codec::Raw)
	}

	/// The binary CIDv1: version, codec, multihash.
	pub fn cid_bytes(&self) -> [u8; 38] {
		let mut bytes = [0; 38];
		bytes[0] = 1;
		bytes[1] = match self.codec {
			Codec::Raw => 0x55,
			Codec::UnixFs => 0x70,
		};
		bytes[2..6].copy_from_slice(&Self::MULTIHASH_PREFIX);
		bytes[6..].copy_from_slice(self.digest.as_bytes());
		bytes
	}

	/// The CIDv1 as text: `b` and its base32 in lower case without padding (multibase).
	pub fn cid(&self) -> String {
		let mut text = BASE32_NOPAD.encode(&self.cid_bytes());
		text.make_ascii_lowercase();
		text.insert(0, 'b');
		text
	}

	/// The reference that a binary CIDv1 and a size make; `None` for any CID that is not of this project's
	/// format.
	pub fn from_cid_bytes(cid: &[u8], size: u64) -> Option<Self> {
		let cid: &[u8; 38] = cid.try_into().ok()?;
		let codec = match cid[1] {
			0x55 => Codec::Raw,
			0x70 => Codec::UnixFs,
			_ => return None,
		};
		let known = cid[0] == 1 && cid[2..6] == Self::MULTIHASH_PREFIX;
		known.then(|| Self { digest: H256::from_slice(&cid[6..]), codec, size })
	}
}

/// The fields, and the CID as text beside them.
impl Serialize for ContentRef {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		let Self { digest, codec, size } = self;
		let mut fields = serializer.serialize_struct("ContentRef", 4)?;
		fields.serialize_field("cid", &self.cid())?;
		fields.serialize_field("digest", digest)?;
		fields.serialize_field("codec", codec)?;
		fields.serialize_field("size", size)?;
		fields.end()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn small_content_is_its_own_hash() {
		let content = ContentRef::raw(b"descent").unwrap();
		assert_eq!(content.digest.0, sp_crypto_hashing::blake2_256(b"descent"));
		assert!(content.is_canonical());
		assert_eq!(ContentRef::raw(&alloc::vec![0; (1 << 20) + 1]), None);
	}

	#[test]
	fn the_cid_is_beside_the_digest_in_json() {
		let content = ContentRef::raw(b"descent").unwrap();
		let json = serde_json::to_value(content).unwrap();
		assert_eq!(json["cid"], content.cid());
		assert!(content.cid().starts_with("bafk2bza"), "version 1, raw, blake2b-256: {}", content.cid());
		assert_eq!(serde_json::from_value::<ContentRef>(json).unwrap(), content);
		let old = serde_json::json!({ "digest": content.digest, "codec": "raw", "size": content.size });
		assert_eq!(serde_json::from_value::<ContentRef>(old).unwrap(), content, "without a CID");
	}

	#[test]
	fn foreign_cids_are_refused() {
		let cid = ContentRef::raw(b"x").unwrap().cid_bytes();
		for (position, value) in [(0, 0), (1, 0x71), (2, 0x12), (5, 0x10)] {
			let mut foreign = cid;
			foreign[position] = value;
			assert_eq!(ContentRef::from_cid_bytes(&foreign, 1), None);
		}
		assert_eq!(ContentRef::from_cid_bytes(&cid[..37], 1), None);
	}

	proptest! {
		#[test]
		fn cid_and_back(digest: [u8; 32], unixfs: bool, size: u64) {
			let codec = if unixfs { Codec::UnixFs } else { Codec::Raw };
			let content = ContentRef { digest: H256(digest), codec, size };
			prop_assert_eq!(ContentRef::from_cid_bytes(&content.cid_bytes(), size), Some(content));
		}
	}
}
