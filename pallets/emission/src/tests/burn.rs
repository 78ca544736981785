use crate::{
	mock::{
		account, build_and_execute, free, signed, take, Balances, ExistentialDeposit, Test, ENDOWMENT,
		ISSUANCE,
	},
	Burn, Burned, ToAccount,
};
use frame_support::{assert_ok, parameter_types, traits::OnUnbalanced};
use sp_runtime::AccountId32;

parameter_types! {
	pub Treasury: AccountId32 = account(50);
	pub Nobody: AccountId32 = account(250);
}

#[test]
fn what_is_burned_is_noted() {
	build_and_execute(|| {
		Burn::<Test>::on_unbalanced(take(1, 1_234));
		assert_eq!(Burned::<Test>::get(), 1_234);
		assert_eq!(Balances::total_issuance(), ISSUANCE - 1_234);
		Burn::<Test>::on_unbalanced(take(1, 0));
		Burn::<Test>::on_unbalanced(take(2, 6));
		assert_eq!(Burned::<Test>::get(), 1_240);
	});
}

#[test]
fn what_goes_to_an_account_is_not_burned() {
	build_and_execute(|| {
		ToAccount::<Test, Treasury>::on_unbalanced(take(1, 1_234));
		assert_eq!(free(50), ENDOWMENT + 1_234);
		assert_eq!(Burned::<Test>::get(), 0);
		assert_eq!(Balances::total_issuance(), ISSUANCE);
	});
}

#[test]
fn what_an_account_cannot_receive_is_burned() {
	ExistentialDeposit::set(100);
	build_and_execute(|| {
		ToAccount::<Test, Nobody>::on_unbalanced(take(1, 99));
		assert_eq!((free(250), Burned::<Test>::get()), (0, 99));
		ToAccount::<Test, Nobody>::on_unbalanced(take(1, 100));
		assert_eq!((free(250), Burned::<Test>::get()), (100, 99));
	});
}

#[test]
fn dust_is_burned() {
	ExistentialDeposit::set(100);
	build_and_execute(|| {
		assert_ok!(Balances::transfer_allow_death(signed(1), account(2), ENDOWMENT - 99));
		assert_eq!((free(1), Burned::<Test>::get()), (0, 99));
		assert_eq!(Balances::total_issuance(), ISSUANCE - 99);
	});
}
