use crate::{offence::perbill, Absence, Absences, Config, Event, Ledgers, Pallet, Struck, WeightInfo};
use alloc::vec::Vec;
use descent_protocol::{
	slash_fraction, Performance, ABSENCE_INTERVAL, MAX_ABSENCES, MAX_STRIKES, STRIKE_LIFETIME,
};
use frame_support::weights::Weight;
use pallet_evaluators::PerformanceObserver;
use sp_runtime::{Perbill, SaturatedConversion};
use sp_staking::{
	offence::{Kind, Offence, ReportOffence},
	SessionIndex,
};

/// Validators keep saying that they measured, or found, something else than 2/3 of a committee did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misattestation<Offender> {
	/// The session in which this was found out. Those who are found out in the same session are taken to have done it together.
	pub session: SessionIndex,
	/// How many validators that session has.
	pub validators: u32,
	/// Who did it.
	pub offenders: Vec<Offender>,
}

impl<Offender: Clone> Offence<Offender> for Misattestation<Offender> {
	const ID: Kind = *b"descent:misattes";
	type Slot = SessionIndex;

	fn offenders(&self) -> Vec<Offender> {
		self.offenders.clone()
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		self.validators
	}

	fn slot(&self) -> SessionIndex {
		self.session
	}

	fn slash_fraction(&self, offenders: u32) -> Perbill {
		perbill(slash_fraction(offenders, self.validators))
	}
}

impl<T: Config> Pallet<T> {
	/// How many misattestations count against an account.
	pub(crate) fn strikes(account: &T::AccountId) -> u32 {
		let strikes = Struck::<T>::get(account);
		if Self::now() < strikes.last.saturating_add(STRIKE_LIFETIME) {
			strikes.count
		} else {
			0
		}
	}

	/// Counts a misattestation; whether it makes an offence of them. Those in jail are done with: what is found out of them
	/// is work from before.
	fn strike(account: &T::AccountId) -> bool {
		if Self::jailed_until(account).is_some() {
			return false;
		}
		let count = Self::strikes(account).saturating_add(1);
		Self::deposit_event(Event::Struck { account: account.clone(), strikes: count });
		let is_offence = count >= MAX_STRIKES;
		if is_offence {
			Struck::<T>::remove(account);
		} else {
			let last = Self::now();
			Struck::<T>::insert(account, crate::Strikes { count, last });
		}
		is_offence
	}

	/// Counts an absence of a candidate; too many in a row end that, unless hardly any are left. One in a while is counted, however
	/// many rounds end in it: their number is what groups make it.
	fn miss(account: &T::AccountId) {
		let Absence { count, last } = Absences::<T>::get(account);
		let now = Self::now();
		let is_counted = count == 0 || now >= last.saturating_add(ABSENCE_INTERVAL);
		if !is_counted || !Self::can_be_spared(account) {
			return;
		}
		let count = count.saturating_add(1);
		if count < MAX_ABSENCES {
			return Absences::<T>::insert(account, Absence { count, last: now });
		}
		Absences::<T>::remove(account);
		Self::deposit_event(Event::Missed { account: account.clone() });
		Self::put_out(account, Ledgers::<T>::get(account));
	}

	/// Ends a row of absences.
	fn hear(account: &T::AccountId) {
		if Absences::<T>::contains_key(account) {
			Absences::<T>::remove(account);
		}
	}

	/// Notes how a member did; whether that makes an offence.
	fn note(account: &T::AccountId, performance: Performance) -> bool {
		match performance {
			Performance::Absent => Self::miss(account),
			Performance::Sound | Performance::False => Self::hear(account),
			// Whether it was heard is not said.
			Performance::Idle => {}
		}
		performance == Performance::False && Self::strike(account)
	}
}

impl<T: Config> PerformanceObserver<T::AccountId> for Pallet<T> {
	fn observed(performance: &[(T::AccountId, Performance)]) {
		let offenders: Vec<_> = performance
			.iter()
			.filter(|(account, performance)| Self::note(account, *performance))
			.map(|(account, _)| (account.clone(), ()))
			.collect();
		if offenders.is_empty() {
			return;
		}
		let offence = Misattestation {
			session: pallet_session::CurrentIndex::<T>::get(),
			validators: pallet_session::Validators::<T>::decode_len().unwrap_or_default().saturated_into(),
			offenders,
		};
		if T::Offences::report_offence(Vec::new(), offence).is_err() {
			log::debug!(
				target: "runtime::validators",
				"misattestations of validators that were reported in this session already",
			);
		}
	}

	fn observed_weight(members: u32) -> Weight {
		<T as Config>::WeightInfo::observed(members)
	}
}
