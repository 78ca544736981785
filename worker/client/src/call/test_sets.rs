//! The calls of those who have hidden test sets.

use super::{texts, with, Call};
use descent_protocol::{ContentRef, GroupId};
use sp_core::H256;

/// The pallet of series of hidden test sets.
const PALLET: &str = "TestSets";

impl Call {
	/// Opens a series of `sets` sealed test sets, and holds the signer's bond. The manifest names the sealed
	/// files, and gateways at `providers` serve both. `anchor` is the first value of the hash chain that the
	/// keys come from, see [`descent_protocol::hash_chain`]. The stakeholders of `group` may choose the
	/// series; without one it is for a group that the signer is about to create.
	///
	/// Its id is [`descent_protocol::test_set_series`].
	pub fn open_test_sets(
		manifest: ContentRef,
		providers: &[String],
		anchor: H256,
		sets: u16,
		group: Option<GroupId>,
	) -> Self {
		Self::new(
			PALLET,
			"open_series",
			[
				with("manifest", &manifest),
				with("providers", &texts(providers)),
				with("anchor", &anchor),
				with("sets", &sets),
				with("group", &group),
			],
		)
	}

	/// Shows the next value of the hash chain of a series, which releases the key of its next test set. The
	/// value is its own proof: the call is sent with [`crate::Client::submit_unsigned`].
	pub fn release_test_set(series: H256, value: H256) -> Self {
		Self::new(PALLET, "release", [with("series", &series), with("value", &value)])
	}

	/// Closes a series of the signer on which no further round can be measured, and returns the rest of its
	/// bond.
	pub fn close_test_sets(series: H256) -> Self {
		Self::new(PALLET, "close_series", [with("series", &series)])
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use descent_protocol::{bound_addresses, Providers};
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
	use subxt::ext::scale_value::scale::encode_as_type;

	/// Calls as a chain has them: the names are what counts.
	#[derive(Clone, Encode, TypeInfo)]
	enum Calls {
		#[codec(index = 53)]
		TestSets(TestSets),
	}

	#[allow(non_camel_case_types)]
	#[derive(Clone, Encode, TypeInfo)]
	enum TestSets {
		#[codec(index = 0)]
		open_series {
			manifest: ContentRef,
			providers: Providers,
			anchor: H256,
			sets: u16,
			group: Option<GroupId>,
		},
		#[codec(index = 1)]
		release { series: H256, value: H256 },
		#[codec(index = 2)]
		close_series { series: H256 },
	}

	/// The call as the chain decodes it.
	fn encoded(call: &Call) -> Vec<u8> {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<Calls>()).id;
		let mut out = Vec::new();
		let value = call.0.clone().into_value();
		encode_as_type(&value, id, &PortableRegistry::from(registry), &mut out).unwrap();
		out
	}

	#[test]
	fn calls_have_the_arguments_that_the_chain_asks_for() {
		let (series, value) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let manifest = ContentRef::raw(b"manifest").unwrap();
		let addresses = ["http://a".to_string(), "http://b".to_string()];
		for group in [None, Some(7)] {
			let providers = bound_addresses(addresses.clone()).unwrap();
			let open = TestSets::open_series { manifest, providers, anchor: value, sets: 256, group };
			let call = Call::open_test_sets(manifest, &addresses, value, 256, group);
			assert_eq!(encoded(&call), Calls::TestSets(open).encode());
		}
		let release = Calls::TestSets(TestSets::release { series, value });
		assert_eq!(encoded(&Call::release_test_set(series, value)), release.encode());
		let close = Calls::TestSets(TestSets::close_series { series });
		assert_eq!(encoded(&Call::close_test_sets(series)), close.encode());
	}
}
