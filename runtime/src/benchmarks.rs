//! The pallets whose calls can be measured on this runtime.

frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_balances, Balances]
	[pallet_collective, TechnicalCommittee]
	[pallet_dataset, Dataset]
	[pallet_emission, Emission]
	[pallet_evaluators, Evaluators]
	[pallet_groups, Groups]
	[pallet_migrations, Migrations]
	[pallet_multisig, Multisig]
	[pallet_parameters, Parameters]
	[pallet_preimage, Preimage]
	[pallet_proxy, Proxy]
	[pallet_rounds, Rounds]
	[pallet_scheduler, Scheduler]
	[pallet_sudo, Sudo]
	[pallet_test_sets, TestSets]
	[pallet_custody, Custody]
	[pallet_timestamp, Timestamp]
	[pallet_transaction_payment, TransactionPayment]
	[pallet_treasury, Treasury]
	[pallet_utility, Utility]
	[pallet_validators, Validators]
	[pallet_vesting, Vesting]
	[pallet_whitelist, Whitelist]
);

/// Nothing has to be prepared beyond the defaults.
impl pallet_transaction_payment::BenchmarkConfig for crate::Runtime {}
