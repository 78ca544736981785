use crate::{
	are_addresses, types::is_text, BalanceOf, Config, Error, Event, Group, GroupRules, Groups, HoldReason,
	NewGroup, NextGroup, Pallet, Rules,
};
use descent_protocol::{dataset_root, BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::fungible::MutateHold,
	BoundedVec,
};
use sp_core::H256;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create(owner: T::AccountId, new: NewGroup<BalanceOf<T>>) -> DispatchResult {
		let group = Self::admit(owner.clone(), new)?;
		let id = NextGroup::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::TooManyGroups)?;
		T::Currency::hold(&HoldReason::Group.into(), &owner, group.held)?;
		Groups::<T>::insert(id, group);
		NextGroup::<T>::put(next);
		Self::deposit_event(Event::Created { group: id, owner });
		Ok(())
	}

	/// The group that is kept, if every rule of it can be.
	fn admit(
		owner: T::AccountId,
		new: NewGroup<BalanceOf<T>>,
	) -> Result<Group<T::AccountId, BalanceOf<T>>, DispatchError> {
		let NewGroup {
			name,
			model,
			dataset,
			providers,
			metric,
			policy,
			tolerance,
			minimum_improvement,
			clock,
			deposit,
		} = new;
		ensure!(is_text(&name), Error::<T>::InvalidName);
		ensure!(are_addresses(&providers), Error::<T>::InvalidProvider);
		ensure!(
			[model, dataset].iter().all(is_content) && has_content(&policy),
			Error::<T>::InvalidContent
		);
		let records = 1..=T::MaxEvaluationRecords::get();
		ensure!(records.contains(&policy.records()), Error::<T>::InvalidRecords);
		ensure!(
			deposit >= T::MinimumCommitmentDeposit::get(),
			Error::<T>::DepositTooSmall
		);
		ensure!(
			minimum_improvement >= tolerance.max(1),
			Error::<T>::ImprovementTooSmall
		);
		let deltas = BoundedVec::try_from(alloc::vec![dataset]).map_err(|_| Error::<T>::InvalidContent)?;
		Ok(Group {
			owner,
			held: T::GroupDeposit::get(),
			name,
			dataset_root: dataset_root(H256::zero(), dataset.digest),
			rules: Rules {
				model,
				deltas,
				providers,
				metric,
				policy,
				tolerance,
				minimum_improvement,
				clock: Self::admit_clock(clock)?,
				deposit,
			},
		})
	}

	/// The clock, starting with the next block at the earliest.
	fn admit_clock(clock: Clock) -> Result<Clock, DispatchError> {
		let now: BlockNumber = frame_system::Pallet::<T>::block_number().saturated_into();
		let clock = Clock {
			start: clock.start.max(now.saturating_add(1)),
			..clock
		};
		ensure!(clock.check().is_ok(), Error::<T>::InvalidClock);
		ensure!(clock.windows(0).is_some(), Error::<T>::InvalidClock);
		let windows = [clock.reveal, clock.attest, clock.open];
		ensure!(
			windows.iter().all(|window| *window >= T::MinimumWindow::get()),
			Error::<T>::WindowTooShort
		);
		ensure!(clock.reveal <= T::MaxReveal::get(), Error::<T>::RevealTooLong);
		Ok(clock)
	}
}

fn is_content(content: &ContentRef) -> bool {
	content.size > 0 && content.is_canonical()
}

fn has_content(policy: &EvaluationPolicy) -> bool {
	match policy {
		EvaluationPolicy::Training { .. } => true,
		EvaluationPolicy::Validation { set, .. } => is_content(set),
	}
}

impl<T: Config> GroupRules<BalanceOf<T>> for Pallet<T> {
	fn rules(group: GroupId) -> Option<Rules<BalanceOf<T>>> {
		Groups::<T>::get(group).map(|group| group.rules)
	}

	fn longest_reveal() -> BlockNumber {
		T::MaxReveal::get()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, deposit: BalanceOf<T>) -> GroupId {
		let mut new = crate::benchmarking::largest_group::<T>();
		new.deposit = deposit;
		let owner = frame_benchmarking::whitelisted_caller();
		let mut group = Self::admit(owner, new).expect("the largest group is a valid one");
		group.held = Default::default();
		group.rules.clock = clock;
		NextGroup::<T>::mutate(|next| {
			let id = *next;
			Groups::<T>::insert(id, group);
			*next = next.saturating_add(1);
			id
		})
	}
}
