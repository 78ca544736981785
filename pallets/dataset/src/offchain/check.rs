//! One attempt at the check of one proposal, seen from a run of the off-chain worker.

use super::{
	store::{place, subject, Order, Record},
	DATASET,
};
use crate::{attest_payload, open_payload, Attestation, Call, Checks, Config, Pallet, Proposals};
use alloc::vec::Vec;
use core::fmt;
use descent_protocol::{
	check_hash, evaluation::Checked, BlockNumber, CheckPhase, DeltaVerdict, GroupId, ProposalId, Salt,
};
use pallet_evaluators::{
	offchain::{is_due, may_open, own_seats, sign_and_submit, warn, Client, Run, SlashingProtection},
	AuthorityId, EvaluatorSet,
};
use pallet_groups::DatasetLog;
use sp_core::H256;

/// The path of the evaluator for checks.
const CHECKS: &str = "/v1/checks";

/// A member of an attempt's committee whose key is one of this node's.
struct Seat {
	member: u32,
	evaluator: AuthorityId,
	/// The member's attestation on chain.
	attestation: Option<Attestation>,
}

/// An attempt at a check, seen from a block.
pub(super) struct Check<T: Config> {
	now: BlockNumber,
	genesis: H256,
	group: GroupId,
	proposal: ProposalId,
	attempt: u32,
	check: crate::Check<T::AccountId>,
	/// The [`subject`] of a verdict.
	subject: H256,
	/// The proposal's place among the open ones.
	place: u32,
	phase: CheckPhase,
}

impl<T: Config> fmt::Display for Check<T> {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { group, proposal, attempt, .. } = self;
		write!(f, "group {group}, delta proposal {proposal}, attempt {attempt}")
	}
}

impl<T: Config> Check<T> {
	/// Returns the attempt that is made at an open proposal, if there is one.
	pub(super) fn find(run: &Run, group: GroupId, proposal: ProposalId) -> Option<Self> {
		let check = Checks::<T>::get(group, proposal)?;
		// A call that is sent now is in the next block at the earliest.
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

	/// Takes the step that is still missing.
	pub(super) fn advance(&self, keys: &[AuthorityId], client: &mut Client) {
		if self.phase.is_attesting {
			self.attest(keys, client);
		} else if may_open(&self.phase.window, self.now) {
			self.open(keys);
		}
	}

	fn attest(&self, keys: &[AuthorityId], client: &mut Client) {
		let mut seats = self.seats(keys);
		seats.retain(|seat| seat.attestation.is_none());
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.load() else {
			return;
		};
		let record = &mut stored.record;
		if record.verdict.is_none() {
			self.check(record, client);
		}
		let Some((_, verdict)) = record.verdict else {
			// Without the record, the next run only polls or warns once more.
			let _ = stored.save();
			return;
		};
		let mut hashes = Vec::new();
		for seat in seats {
			let signer = record.signers.of(&seat.evaluator);
			if is_due(signer.attested, self.now) {
				signer.attested = Some(self.now);
				let hash = self.hash(&seat.evaluator, &verdict, &signer.salt);
				hashes.push((seat, hash));
			}
		}
		if stored.save() {
			for (seat, hash) in hashes {
				self.submit_attestation(&seat, hash);
			}
		}
	}

	fn open(&self, keys: &[AuthorityId]) {
		let mut seats = self.seats(keys);
		seats.retain(|seat| seat.attestation.is_some_and(|attested| attested.verdict.is_none()));
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.load() else {
			return;
		};
		let mut openings = Vec::new();
		for seat in seats {
			let record = &mut stored.record;
			let Some((hash, verdict, salt)) = self.attested(&seat, record) else {
				warn(
					DATASET,
					format_args!(
						"{self}: member {}'s attestation was not made with this node's data base and can't \
						be opened here. Use a session key on one node only, and keep the node's data",
						seat.member,
					),
				);
				continue;
			};
			let signer = record.signers.of(&seat.evaluator);
			if is_due(signer.opened, self.now) {
				signer.opened = Some(self.now);
				openings.push((seat, hash, verdict, salt));
			}
		}
		if !openings.is_empty() && stored.save() {
			for (seat, hash, verdict, salt) in openings {
				self.submit_opening(&seat, hash, verdict, salt);
			}
		}
	}

	/// Returns the members of the attempt's committee whose keys are this node's. While no member has
	/// attested, the committee is the one that the attempt will have.
	fn seats(&self, keys: &[AuthorityId]) -> Vec<Seat> {
		let attempt = self.check.attempt(self.attempt);
		let committee = attempt.map_or_else(T::Evaluators::members, |attempt| attempt.committee.clone());
		own_seats(committee, keys)
			.into_iter()
			.map(|(member, evaluator)| Seat {
				member,
				evaluator,
				attestation: attempt.and_then(|attempt| attempt.attestation(member)),
			})
			.collect()
	}

	fn submit_attestation(&self, seat: &Seat, hash: H256) {
		let (group, proposal, attempt, member) = (self.group, self.proposal, self.attempt, seat.member);
		let version = self.check.version;
		let payload = attest_payload(self.genesis, group, proposal, version, attempt, member, hash);
		sign_and_submit::<T, Call<T>>(DATASET, self, &seat.evaluator, &payload, |signature| Call::attest {
			group,
			proposal,
			attempt,
			member,
			hash,
			signature,
		});
	}

	fn submit_opening(&self, seat: &Seat, hash: H256, verdict: DeltaVerdict, salt: Salt) {
		let (group, proposal, attempt, member) = (self.group, self.proposal, self.attempt, seat.member);
		let version = self.check.version;
		let payload = open_payload(self.genesis, group, proposal, version, attempt, member, hash);
		sign_and_submit::<T, Call<T>>(DATASET, self, &seat.evaluator, &payload, |signature| Call::open {
			group,
			proposal,
			attempt,
			member,
			verdict,
			salt,
			signature,
		});
	}

	/// Loads the signing record of the attempt. Returns `None` if the node must not sign anything in the
	/// attempt: a verdict is about the delta, the version and the model that it was found for, and a second
	/// one would contradict it.
	fn load(&self) -> Option<SlashingProtection<Order, Record>> {
		let order: Order = (self.proposal, self.check.version, self.attempt);
		let key = place(self.genesis, self.group, self.place);
		let Some(stored) = SlashingProtection::<_, Record>::load(key, order) else {
			warn(
				DATASET,
				format_args!(
					"{self}: this node has signed a verdict of a later one, or can't read its record of this \
					one; it abstains from it. Nothing has to be done",
				),
			);
			return None;
		};
		let found = stored.record.verdict.map(|(found, _)| found);
		if found.is_some_and(|found| found != self.subject) {
			warn(
				DATASET,
				format_args!(
					"{self}: the chain was reorganised after the delta was checked, and asks for something \
					else now; this node abstains from the attempt. Nothing has to be done",
				),
			);
			return None;
		}
		Some(stored)
	}

	/// Returns a member's attestation on chain with the verdict and the salt behind it, if the record has
	/// them.
	fn attested(&self, seat: &Seat, record: &Record) -> Option<(H256, DeltaVerdict, Salt)> {
		let (_, verdict) = record.verdict?;
		let salt = record.signers.known(&seat.evaluator)?.salt;
		let hash = self.hash(&seat.evaluator, &verdict, &salt);
		let is_attested = seat.attestation.is_some_and(|attested| attested.hash == hash);
		is_attested.then_some((hash, verdict, salt))
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

	/// Polls the evaluator for a verdict.
	fn check(&self, record: &mut Record, client: &mut Client) {
		// The request names every delta of the log, which is not put together for nothing.
		if client.calls() == 0 {
			return;
		}
		let next = self.now.saturating_add(1);
		let Some(request) = Pallet::<T>::check_request(self.group, self.proposal, next) else {
			return;
		};
		let checked: Option<Checked> =
			record.job.poll(client, CHECKS, request.id(), &request, self, |_| true);
		record.verdict = checked.map(|Checked { checked }| (self.subject, checked));
	}
}
