use super::*;
use crate::{commands::order::tests::order, fixtures::group};
use descent_client::UNIT;

/// An order that improvement by 0.3 fulfils.
pub(crate) const ORDER: NewOrder = NewOrder {
	amount: 1_000 * UNIT,
	price: 4 * UNIT / 1_000,
	bonus: 100 * UNIT,
	from: Score(2_300_000),
	target: Score(2_000_000),
	rounds: 200,
};

#[test]
fn a_plan_says_what_the_order_can_cost() {
	let text = show_plan(&Output::new(true), &group(), &ORDER, UNIT / 100, 1_500 * UNIT);
	for part in [
		"pays          4 NRN for each 0.001\n",
		"from          2.300000\n",
		"to            2.000000, with a bonus of 100 NRN\n",
		"at most       1000 NRN\n",
		"suffices for  a gain of 0.225000\n",
		"divided       winners 80%, validators 20%, keepers 0%\n",
		"rounds        the next 200, in 4000 blocks (3h 20m)\n",
		"fee           0.01 NRN\n",
		"you have      1500 NRN",
	] {
		assert!(text.contains(part), "{part} in\n{text}");
	}
	let rich = NewOrder { amount: 9_000 * UNIT, ..ORDER };
	assert_eq!((most(&rich), reach(&rich)), (1_300 * UNIT, Score(300_000)));
	let text = show_plan(&Output::new(true), &group(), &rich, 0, 1_500 * UNIT);
	assert!(text.ends_with("1500 NRN, which is not enough"), "{text}");
	let json = serde_json::to_value(plan(7, &ORDER, 5, 9)).unwrap();
	assert_eq!(
		(json["price"].as_str(), json["most"].as_str()),
		(Some("4000000000"), Some("1000000000000000"))
	);
	assert_eq!((json["dry_run"].as_bool(), json["from"].as_u64()), (Some(true), Some(2_300_000)));
}

#[test]
fn says_what_was_ordered() {
	let mut placed = Placed { group: 3, order: None, done: Done::at(9) };
	assert_eq!(show(&placed, 9), "Ordered improvement of group 3 in block 9.");
	placed.order = Some(order());
	assert_eq!(
		show(&placed, 40_980),
		"Ordered improvement of group 3 in block 9. It pays 4 NRN for each 0.001 from 2.275000 down to \
		 2.000000, in rounds 5 to 204. What is left then is free at block 41000, in 20 blocks (1m): descent \
		 order refund 3"
	);
}
