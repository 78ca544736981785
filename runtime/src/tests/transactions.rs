use super::genesis_of;
use crate::{
	constants::MILLI_NRN, Executive, Runtime, RuntimeCall, SessionKeys, TransactionPayment, TxExtension,
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
	let extensions: Vec<_> =
		TxExtension::metadata().into_iter().map(|extension| extension.identifier).collect();
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
			"CheckOperational",
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

/// Returns the validity of a call that brings its own proof, as it comes from an off-chain worker.
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
		let report = pallet_evaluators::Call::report {
			key: sp_core::sr25519::Public::from_raw([0; 32]).into(),
			report: pallet_evaluators::Report::new(0),
			signature: sp_core::sr25519::Signature::from_raw([0; 64]).into(),
		};
		assert!(validity_of(report).is_err());
	});
}
