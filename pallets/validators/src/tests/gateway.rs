use crate::{
	mock::{account, build_and_execute, run_to, signed, System, Test, Validators, GENESIS_BOND, UNBONDING},
	tests::builder::*,
	Error, Event, Gateways,
};
use frame_support::{assert_noop, assert_ok};
use pallet_evaluators::{Gateway, MemberGateways};
use sp_runtime::Perbill;

fn address(text: &str) -> Option<Gateway> {
	Some(text.as_bytes().to_vec().try_into().unwrap())
}

fn gateway(number: u8) -> Option<String> {
	Validators::gateway_view(account(number))
}

#[test]
fn a_validator_names_changes_and_takes_back_its_gateway() {
	build_and_execute(|| {
		for (set, shown) in [
			(address("http://203.0.113.7:8081"), Some("http://203.0.113.7:8081")),
			(address("https://b.example/x"), Some("https://b.example/x")),
			(None, None),
			(None, None),
		] {
			assert_ok!(Validators::set_gateway(signed(1), set.clone()));
			let event = Event::<Test>::GatewaySet { account: account(1), address: set.clone() };
			System::assert_last_event(event.into());
			assert_eq!(gateway(1).as_deref(), shown);
			assert_eq!(<Validators as MemberGateways<_>>::gateway(&account(1)), set);
		}
	});
}

#[test]
fn an_account_without_a_bond_names_none() {
	build_and_execute(|| {
		let set = || Validators::set_gateway(signed(5), address("http://a:1"));
		assert_noop!(set(), Error::<Test>::NotBonded);
		bond(5, 2_000);
		assert_ok!(set());
		unbond(5, 2_000);
		assert_noop!(set(), Error::<Test>::NotBonded);
		assert_eq!(gateway(5).as_deref(), Some("http://a:1"), "it may be a validator still");
		assert_ok!(Validators::set_gateway(signed(5), None));
	});
}

#[test]
fn what_nobody_can_show_or_try_is_no_address() {
	build_and_execute(|| {
		for wrong in [&b""[..], b"http://a b", b"http://a\n", b"http://\xff\xfe", b"http://\x1b[31m"] {
			let wrong = Some(wrong.to_vec().try_into().unwrap());
			assert_noop!(Validators::set_gateway(signed(1), wrong), Error::<Test>::InvalidGateway);
		}
	});
}

#[test]
fn a_gateway_is_forgotten_with_the_last_of_the_bond() {
	build_and_execute(|| {
		for number in [1, 2] {
			assert_ok!(Validators::set_gateway(signed(number), address("http://a:1")));
		}
		unbond(1, GENESIS_BOND);
		run_to(1 + UNBONDING);
		assert!(gateway(1).is_some());
		assert_ok!(Validators::withdraw(signed(1)));
		assert_eq!(gateway(1), None);
		let all = |_| Perbill::one();
		assert_eq!(report(equivocation(0, &[2], all)), Ok(()));
		assert_eq!(
			(gateway(2), Gateways::<Test>::iter().count()),
			(None, 0),
			"who loses all is forgotten too"
		);
	});
}

#[test]
fn the_gateways_of_members_are_sorted_once_each_and_few() {
	build_and_execute(|| {
		for (number, text) in [(1, "http://c:1"), (2, "http://a:1"), (3, "http://b:1"), (4, "http://a:1")] {
			assert_ok!(Validators::set_gateway(signed(number), address(text)));
		}
		let accounts = [1, 2, 3, 4, 5].map(account);
		let gateways = |limit| <Validators as MemberGateways<_>>::gateways(accounts.iter(), limit);
		let all = ["http://a:1", "http://b:1", "http://c:1"].map(|text| address(text).unwrap());
		assert_eq!(gateways(64), all);
		assert_eq!(gateways(2), all[..2]);
	});
}
