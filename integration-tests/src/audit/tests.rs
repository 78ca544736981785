use super::*;

/// Returns the error of an audit that was right before `change`.
fn wrong(change: impl FnOnce(&mut Audit)) -> String {
	let account = |seed| AccountId::new([seed; 32]);
	let mut audit = Audit {
		genesis: 100,
		issuance: 108,
		minted: 10,
		burned: 2,
		accounts: [(account(1), 60), (account(2), 48)].into(),
		held: 20,
		holds: [("Validators.Bond".into(), 15), ("Groups.Stake".into(), 5)].into(),
		recorded: [("Validators.Bond".into(), 15)].into(),
		earned: [(account(1), 20), (account(2), 4)].into(),
		rewards: [(account(1), 20)].into(),
		to_members: 1,
		to_keepers: 1,
		orders: Orders { paid_in: 30, paid: 9, accrued: 2, refunded: 5, left: 14 },
		series: SeriesBonds { opened: 20, missed: 3, slashed: 6, returned: 5, left: 6 },
		slashed: 4,
		slashes: vec![Slash { block: 1, account: account(2), amount: 5, share: Share::percent(10) }],
		fees: 10,
		fees_to_treasury: 2,
		kept: 3,
		treasury: 20,
		..Audit::default()
	};
	audit.check().unwrap();
	change(&mut audit);
	audit.check().unwrap_err().to_string()
}

#[test]
fn a_fifth_of_fees_makes_the_treasury_where_it_is_enough() {
	let mut audit = Audit { existential_deposit: 10, ..Audit::default() };
	for (fee, in_all) in [(49, 0), (50, 10), (9, 11), (4, 11)] {
		audit.note_fee(fee);
		assert_eq!(audit.fees_to_treasury, in_all);
	}
	assert_eq!(audit.fees, 112);
}

#[test]
fn one_missing_unit_is_found() {
	assert!(wrong(|audit| audit.issuance -= 1).contains("accounts hold"));
	assert!(wrong(|audit| audit.minted -= 1).contains("were minted"));
	assert!(wrong(|audit| audit.burned += 1).contains("burned"));
	assert!(wrong(|audit| audit.held += 1).contains("there are reasons for"));
	assert!(
		wrong(|audit| *audit.recorded.get_mut("Validators.Bond").unwrap() -= 1).contains("its pallet knows")
	);
	assert!(wrong(|audit| *audit.rewards.first_entry().unwrap().get_mut() += 1).contains("was paid"));
	assert!(wrong(|audit| audit.to_members -= 1).contains("were earned"));
	assert!(wrong(|audit| audit.to_keepers -= 1).contains("were earned"));
	assert!(wrong(|audit| {
		audit.to_members += 2;
		*audit.earned.first_entry().unwrap().get_mut() += 2;
	})
	.contains("nobody funds"));
	let changes: [fn(&mut Orders); 4] = [
		|orders| orders.paid_in += 1,
		|orders| orders.paid += 1,
		|orders| orders.refunded -= 1,
		|orders| orders.left -= 1,
	];
	for change in changes {
		assert!(wrong(|audit| change(&mut audit.orders)).contains("paid in for orders"));
	}
	let changes: [fn(&mut SeriesBonds); 5] = [
		|series| series.opened += 1,
		|series| series.missed += 1,
		|series| series.slashed += 1,
		|series| series.returned -= 1,
		|series| series.left -= 1,
	];
	for change in changes {
		assert!(wrong(|audit| change(&mut audit.series)).contains("put up for series"));
	}
	assert!(wrong(|audit| audit.treasury -= 1).contains("the treasury has got"));
	assert!(wrong(|audit| audit.slashes.clear()).contains("the treasury has got"));
}
