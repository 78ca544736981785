use crate::{offence::perbill, Absences, Config, Event, Incidents, Ledgers, Pallet, Struck, WeightInfo};
use alloc::vec::Vec;
use descent_protocol::{
	slash_fraction, Performance, ABSENCE_INTERVAL, MAX_ABSENCES, MAX_STRIKES, STRIKE_LIFETIME,
};
use descent_support::now;
use frame_support::weights::Weight;
use pallet_evaluators::PerformanceObserver;
use sp_runtime::{Perbill, SaturatedConversion};
use sp_staking::{
	offence::{Kind, Offence, ReportOffence},
	SessionIndex,
};

/// The offence of validators that keep attesting something else than 2/3 of their committees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misattestation<Offender> {
	/// The session in which it was detected. Offenders that are detected in the same session count as one
	/// group.
	pub session: SessionIndex,
	/// Number of validators of that session.
	pub validators: u32,
	/// The offenders.
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

/// A consequence of the performance of a member of a committee.
enum Consequence {
	/// Nothing.
	Nothing,
	/// Its absences or its strikes change. After too many absences it is chilled.
	Absences,
	/// It has committed an offence.
	Offence,
}

impl<T: Config> Pallet<T> {
	/// Returns the number of misattestations that count against an account.
	pub(crate) fn strikes(account: &T::AccountId) -> u32 {
		let strikes = Struck::<T>::get(account);
		if now::<T>() < strikes.last.saturating_add(STRIKE_LIFETIME) {
			strikes.count
		} else {
			0
		}
	}

	/// Counts a misattestation. Returns true if it makes an offence. An account in jail was punished already:
	/// its misattestation is work that it had taken on before.
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
			let last = now::<T>();
			Struck::<T>::insert(account, Incidents { count, last });
		}
		is_offence
	}

	/// Counts an absence of a candidate, and chills it after too many in a row, unless hardly any candidates
	/// are left.
	///
	/// At most one absence is counted in [`ABSENCE_INTERVAL`]: groups decide how many rounds end in it.
	fn note_absence(account: &T::AccountId) {
		let Incidents { count, last } = Absences::<T>::get(account);
		let now = now::<T>();
		let is_counted = count == 0 || now >= last.saturating_add(ABSENCE_INTERVAL);
		if !is_counted || !Self::can_be_spared(account) {
			return;
		}
		let count = count.saturating_add(1);
		if count < MAX_ABSENCES {
			return Absences::<T>::insert(account, Incidents { count, last: now });
		}
		Absences::<T>::remove(account);
		Self::deposit_event(Event::Missed { account: account.clone() });
		Self::chill_account(account, Ledgers::<T>::get(account));
	}

	/// Ends a row of absences. Returns false if there was none.
	fn note_participation(account: &T::AccountId) -> bool {
		let was_absent = Absences::<T>::contains_key(account);
		if was_absent {
			Absences::<T>::remove(account);
		}
		was_absent
	}

	/// Notes the performance of a member of a committee. Returns what follows from it.
	fn note_performance(account: &T::AccountId, performance: Performance) -> Consequence {
		match performance {
			// It shows neither participation nor absence.
			Performance::Idle => Consequence::Nothing,
			Performance::Sound => {
				if Self::note_participation(account) {
					Consequence::Absences
				} else {
					Consequence::Nothing
				}
			}
			Performance::Absent => {
				Self::note_absence(account);
				Consequence::Absences
			}
			Performance::False => {
				Self::note_participation(account);
				if Self::strike(account) {
					Consequence::Offence
				} else {
					Consequence::Absences
				}
			}
		}
	}

	/// Reports an offence of all of them, if there are any.
	fn report_misattestation(offenders: Vec<(T::AccountId, ())>) {
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

	/// Returns the weight of so many members of each [`Consequence`].
	fn weight_of(unchanged: u32, changed: u32, convicted: u32) -> Weight {
		let none_without = |weight: fn(u32) -> Weight, members| {
			if members == 0 {
				Weight::zero()
			} else {
				weight(members)
			}
		};
		none_without(<T as Config>::WeightInfo::observed, unchanged)
			.saturating_add(none_without(<T as Config>::WeightInfo::chilled, changed))
			.saturating_add(none_without(<T as Config>::WeightInfo::convicted, convicted))
	}
}

impl<T: Config> PerformanceObserver<T::AccountId> for Pallet<T> {
	fn observed(performance: &[(T::AccountId, Performance)]) -> Weight {
		let (mut unchanged, mut changed) = (0u32, 0u32);
		let mut offenders = Vec::new();
		for (account, performance) in performance {
			match Self::note_performance(account, *performance) {
				Consequence::Nothing => unchanged = unchanged.saturating_add(1),
				Consequence::Absences => changed = changed.saturating_add(1),
				Consequence::Offence => offenders.push((account.clone(), ())),
			}
		}
		let convicted = offenders.len().saturated_into();
		Self::report_misattestation(offenders);
		Self::weight_of(unchanged, changed, convicted)
	}

	fn observed_weight(members: u32) -> Weight {
		Self::weight_of(0, members, members)
	}
}
