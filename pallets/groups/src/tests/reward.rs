use crate::{
	mock::{account, build_and_execute, Balances},
	tests::builder::free,
	MintShare, ProposerShare, Reward, WinnerShare,
};
use frame_support::traits::fungible::Mutate;

type Winner = MintShare<Balances, WinnerShare>;
type Proposer = MintShare<Balances, ProposerShare>;

#[test]
fn work_is_paid_by_its_share_of_what_is_issued() {
	build_and_execute(|| {
		let (before, issued) = (free(1), Balances::total_issuance());
		assert_eq!(issued, 100_000_000);
		assert_eq!(<Winner as Reward<_, _>>::reward(0, &account(1)), 1_000);
		assert_eq!(<Proposer as Reward<_, _>>::reward(0, &account(1)), 100);
		assert_eq!(free(1), before + 1_100);
		assert_eq!(Balances::total_issuance(), issued + 1_100);
	});
}

#[test]
fn what_cannot_be_minted_is_not_paid() {
	build_and_execute(|| {
		let rest = u128::MAX - Balances::total_issuance();
		Balances::set_balance(&account(2), free(2) + rest);
		assert_eq!(<Winner as Reward<_, _>>::reward(0, &account(1)), 0);
		assert_eq!(Balances::total_issuance(), u128::MAX);
	});
}
