use super::{account, genesis_of};
use crate::{
	configs::FeesToAuthor,
	constants::{MILLI_NRN, NRN},
	Balances, Executive, Runtime, RuntimeCall, SessionKeys, TransactionPayment, TxExtension, LOCAL_PRESET,
};
use frame_support::weights::constants::ExtrinsicBaseWeight;
use frame_system::offchain::CreateAuthorizedTransaction;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_runtime::{
	traits::{OpaqueKeys, TransactionExtension},
	transaction_validity::{InvalidTransaction, TransactionSource},
};

#[test]
fn validators_sign_blocks_votes_and_measurements() {
	let ids: Vec<_> = SessionKeys::key_ids().iter().map(|id| id.0).collect();
	assert_eq!(ids, [*b"babe", *b"gran", *b"eval"]);
}

#[test]
fn calls_are_authorized_before_anything_else_is_checked() {
	let extensions: Vec<_> = TxExtension::metadata()
		.into_iter()
		.map(|extension| extension.identifier)
		.collect();
	assert_eq!(
		extensions,
		[
			"AuthorizeCall",
			"CheckNonZeroSender",
			"CheckSpecVersion",
			"CheckTxVersion",
			"CheckGenesis",
			"CheckMortality",
			"CheckNonce",
			"CheckWeight",
			"ChargeTransactionPayment",
			"CheckMetadataHash",
			"WeightReclaim",
		]
	);
}

#[test]
fn the_smallest_transaction_costs_a_thousandth() {
	genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
		let fee = TransactionPayment::weight_to_fee(ExtrinsicBaseWeight::get());
		assert!(fee.abs_diff(MILLI_NRN) <= 1, "{fee}");
		assert_eq!(TransactionPayment::length_to_fee(1_000), MILLI_NRN);
	});
}

#[test]
fn a_block_s_author_gets_its_fees() {
	use frame_support::traits::{
		fungible::Balanced,
		tokens::{Fortitude, Precision, Preservation},
		OnUnbalanced,
	};
	use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};

	let fee = || {
		Balances::withdraw(
			&account("//Eve"),
			NRN,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Polite,
		)
		.unwrap()
	};
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let issuance = Balances::total_issuance();
		FeesToAuthor::on_unbalanced(fee());
		assert_eq!(
			Balances::total_issuance(),
			issuance - NRN,
			"without an author it is burned"
		);

		let bob =
			sp_runtime::DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
				authority_index: 1,
				slot: 1.into(),
			}));
		let digest = sp_runtime::Digest { logs: vec![bob] };
		frame_system::Pallet::<Runtime>::initialize(&1, &Default::default(), &digest);
		FeesToAuthor::on_unbalanced(fee());
		assert_eq!(Balances::total_issuance(), issuance - NRN);
		assert_eq!(Balances::free_balance(account("//Bob")), 1_000_001 * NRN);
	});
}

/// What the validity of a call is that brings its own proof, as it comes from an off-chain worker.
fn validity_of(call: impl Into<RuntimeCall>) -> sp_runtime::transaction_validity::TransactionValidity {
	let transaction =
		<Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(call.into());
	Executive::validate_transaction(TransactionSource::Local, transaction, Default::default())
}

#[test]
fn calls_without_a_signer_need_a_proof() {
	genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
		let remark = frame_system::Call::remark { remark: vec![] };
		assert_eq!(validity_of(remark), Err(InvalidTransaction::UnknownOrigin.into()));
		let attest = pallet_rounds::Call::attest {
			group: 0,
			round: 0,
			member: 0,
			hash: Default::default(),
			signature: sp_core::sr25519::Signature::from_raw([0; 64]).into(),
		};
		assert!(validity_of(attest).is_err());
	});
}
