//! One attempt at the check of one proposal, as a run of the off-chain worker finds it.

use super::{
	chain::{self, Seat},
	store::{place, subject, Order, Record},
	DATASET,
};
use crate::{Check, Checks, Config, Pallet, Proposals};
use alloc::vec::Vec;
use core::fmt;
use descent_protocol::{
	check_hash, evaluation::Checked, BlockNumber, CheckPhase, DeltaVerdict, GroupId, ProposalId, Salt,
};
use pallet_evaluators::{
	offchain::{is_due, may_open, warn, Client, Run, Stored},
	AuthorityId,
};
use pallet_groups::DatasetLog;
use sp_core::H256;

/// Where the evaluator takes checks.
const CHECKS: &str = "/v1/checks";

/// An attempt, seen from a block.
pub(super) struct Case<T: Config> {
	pub(super) now: BlockNumber,
	pub(super) genesis: H256,
	pub(super) group: GroupId,
	pub(super) proposal: ProposalId,
	pub(super) attempt: u32,
	pub(super) check: Check<T::AccountId>,
	/// What there is to look at, see [`subject`].
	subject: H256,
	/// The proposal's place among the open ones.
	place: u32,
	phase: CheckPhase,
}

impl<T: Config> fmt::Display for Case<T> {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { group, proposal, attempt, .. } = self;
		write!(f, "group {group}, delta proposal {proposal}, attempt {attempt}")
	}
}

impl<T: Config> Case<T> {
	/// The attempt that is made at an open proposal; `None` where none is.
	pub(super) fn find(run: &Run, group: GroupId, proposal: ProposalId) -> Option<Self> {
		let check = Checks::<T>::get(group, proposal)?;
		// What is sent now is in the next block at the earliest.
		let phase = check.phase(run.now.saturating_add(1))?;
		let proposed = Proposals::<T>::get(group, proposal)?;
		let root = Pallet::<T>::root_of(group, check.version);
		Some(Self {
			now: run.now,
			genesis: run.genesis,
			group,
			proposal,
			attempt: phase.attempt,
			subject: subject(&proposed.delta, root, &check.model),
			place: proposed.place,
			phase,
			check,
		})
	}

	/// Takes the step that is missing.
	pub(super) fn advance(&self, keys: &[AuthorityId], client: &mut Client) {
		if self.phase.is_attesting {
			self.attest(keys, client);
		} else if may_open(&self.phase.window, self.now) {
			self.open(keys);
		}
	}

	fn attest(&self, keys: &[AuthorityId], client: &mut Client) {
		let mut seats = chain::seats::<T>(&self.check, self.attempt, keys);
		seats.retain(|seat| seat.said.is_none());
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.recall() else {
			return;
		};
		let record = &mut stored.record;
		if record.verdict.is_none() {
			self.look(record, client);
		}
		let Some((_, verdict)) = record.verdict else {
			// A lost note only makes the next run ask or complain once more.
			let _ = stored.save();
			return;
		};
		let mut hashes = Vec::new();
		for seat in seats {
			let voice = record.voices.of(&seat.evaluator);
			if is_due(voice.attested, self.now) {
				voice.attested = Some(self.now);
				let hash = self.hash(&seat.evaluator, &verdict, &voice.salt);
				hashes.push((seat, hash));
			}
		}
		if stored.save() {
			for (seat, hash) in hashes {
				chain::attest(self, &seat, hash);
			}
		}
	}

	fn open(&self, keys: &[AuthorityId]) {
		let mut seats = chain::seats::<T>(&self.check, self.attempt, keys);
		seats.retain(|seat| matches!(&seat.said, Some(said) if said.verdict.is_none()));
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.recall() else {
			return;
		};
		let mut openings = Vec::new();
		for seat in seats {
			let record = &mut stored.record;
			let Some((hash, verdict, salt)) = self.said(&seat, record) else {
				warn(
					DATASET,
					format_args!(
						"{self}: member {}'s attestation was not made with this node's data base and can't be \
						opened here. Use a session key on one node only, and keep the node's data",
						seat.member,
					),
				);
				continue;
			};
			let voice = record.voices.of(&seat.evaluator);
			if is_due(voice.opened, self.now) {
				voice.opened = Some(self.now);
				openings.push((seat, hash, verdict, salt));
			}
		}
		if !openings.is_empty() && stored.save() {
			for (seat, hash, verdict, salt) in openings {
				chain::open(self, &seat, hash, verdict, salt);
			}
		}
	}

	/// What is known of the attempt. `None` where nothing may be said of it: a verdict speaks of the delta, the version and the
	/// model that it was found for, and a second one would contradict it.
	fn recall(&self) -> Option<Stored<Order, Record>> {
		let order = (self.proposal, self.check.version, self.attempt);
		let stored = Stored::<Order, Record>::load(place(self.genesis, self.group, self.place), order);
		let Some(stored) = stored else {
			warn(
				DATASET,
				format_args!(
					"{self}: this node has gone on to a later one, or can't read what it has said of this one; it \
					abstains from it. Nothing has to be done",
				),
			);
			return None;
		};
		let found = stored.record.verdict.map(|(found, _)| found);
		if found.is_some_and(|found| found != self.subject) {
			warn(
				DATASET,
				format_args!(
					"{self}: the chain was reorganised after the delta was checked, and asks for something else now; \
					this node abstains from the attempt. Nothing has to be done",
				),
			);
			return None;
		}
		Some(stored)
	}

	/// A member's attestation on chain and the verdict and the salt behind it, where they are known.
	fn said(&self, seat: &Seat, record: &Record) -> Option<(H256, DeltaVerdict, Salt)> {
		let (_, verdict) = record.verdict?;
		let salt = record.voices.known(&seat.evaluator)?.salt;
		let hash = self.hash(&seat.evaluator, &verdict, &salt);
		let is_said = seat.said.is_some_and(|said| said.hash == hash);
		is_said.then_some((hash, verdict, salt))
	}

	fn hash(&self, evaluator: &AuthorityId, verdict: &DeltaVerdict, salt: &Salt) -> H256 {
		check_hash(
			self.genesis,
			self.group,
			self.proposal,
			self.check.version,
			self.attempt,
			evaluator,
			verdict,
			salt,
		)
	}

	/// One step towards a verdict.
	fn look(&self, record: &mut Record, client: &mut Client) {
		// The request names every delta of the log, which is not put together for nothing.
		if client.calls() == 0 {
			return;
		}
		let next = self.now.saturating_add(1);
		let Some(request) = Pallet::<T>::check_request(self.group, self.proposal, next) else {
			return;
		};
		let checked: Option<Checked> =
			(record.inquiry).ask(client, CHECKS, request.id(), &request, self, |_| true);
		record.verdict = checked.map(|Checked { checked }| (self.subject, checked));
	}
}
