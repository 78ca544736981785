use super::*;
use crate::{Block, CallError};
use descent_protocol::ContentRef;
use std::cell::RefCell;

const ACCOUNT: AccountId = AccountId::new([1; 32]);

fn subject(account: &AccountId) -> Subject<'_> {
	Subject { genesis: H256::repeat_byte(7), group: 3, account, delta: H256::repeat_byte(9) }
}

fn included(number: BlockNumber) -> Included {
	Included {
		transaction: H256::zero(),
		block: Block { number, hash: H256::zero() },
		group: None,
		proposal: Some(5),
		amendment: None,
		motion: None,
		approved: None,
		spend: None,
		failed: None,
	}
}

fn refused(name: &str) -> Result<Included> {
	Err(Error::Call(CallError { pallet: "Dataset".into(), name: name.into(), doc: String::new() }))
}

/// Proposes at block 100 with these answers to what is sent; returns the names of the calls, too.
fn propose(
	announcement: Announcement,
	answers: Vec<Result<Included>>,
) -> (Result<Proposed, ProposalError>, Vec<String>, Vec<ProposalStep>) {
	let proposal = NewProposal {
		group: 3,
		base: 1,
		delta: ContentRef::raw(b"delta").unwrap(),
		providers: vec![],
		summary: "more".into(),
		salt: *announcement.salt(),
	};
	let (answers, calls) = (RefCell::new(answers.into_iter()), RefCell::new(Vec::new()));
	let steps = RefCell::new(Vec::new());
	let send = async |call: &Call| {
		calls.borrow_mut().push(call.0.call_name().to_string());
		answers.borrow_mut().next().expect("nothing more is sent")
	};
	let step = |step| steps.borrow_mut().push(step);
	let done = futures::executor::block_on(announcement.propose(100, &proposal, send, step));
	assert_eq!(answers.borrow().len(), 0, "everything is sent");
	(done, calls.into_inner(), steps.into_inner())
}

#[test]
fn an_interrupted_proposal_goes_on_with_its_salt() {
	let folder = tempfile::tempdir().unwrap();
	let folder = folder.path().join("new");
	let other = AccountId::new([2; 32]);
	let subject = subject(&ACCOUNT);
	let mut first = Announcement::open(&folder, subject).unwrap();
	assert_eq!(first.block, None);
	assert!(!first.may_precede(13) && Announcement::open(&folder, subject).unwrap().may_precede(13));
	first.set_block(Some(12)).unwrap();
	let again = Announcement::open(&folder, subject).unwrap();
	assert_eq!((again.salt(), again.block), (first.salt(), Some(12)));
	assert!(first.is_new() && !again.is_new());
	assert!(again.may_precede(13) && !again.may_precede(12));
	for different in [
		Subject { genesis: H256::repeat_byte(8), ..subject },
		Subject { group: 4, ..subject },
		Subject { account: &other, ..subject },
		Subject { delta: H256::repeat_byte(8), ..subject },
	] {
		let different = Announcement::open(&folder, different).unwrap();
		assert_ne!(different.salt(), first.salt());
	}
	again.remove().unwrap();
	assert_ne!(Announcement::open(&folder, subject).unwrap().salt(), first.salt());
}

#[test]
fn the_file_is_its_owner_s_and_damage_is_told() {
	let folder = tempfile::tempdir().unwrap();
	let subject = subject(&ACCOUNT);
	let path = Announcement::open(folder.path(), subject).unwrap().path;
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
	}
	for content in ["", "{}", r#"{"salt":"00","block":null}"#] {
		fs::write(&path, content).unwrap();
		let error = Announcement::open(folder.path(), subject).unwrap_err().to_string();
		assert!(error.contains("is damaged: delete it"), "{error}");
	}
}

#[test]
fn a_new_delta_is_announced_and_proposed() {
	let folder = tempfile::tempdir().unwrap();
	let announcement = Announcement::open(folder.path(), subject(&ACCOUNT)).unwrap();
	let path = announcement.path.clone();
	let (done, calls, steps) = propose(announcement, vec![Ok(included(101)), Ok(included(102))]);
	assert_eq!(done.unwrap(), Proposed { included: included(102), announced: Some(101) });
	assert_eq!(calls, ["announce", "propose"]);
	assert_eq!(steps, [ProposalStep::Announcing, ProposalStep::Announced(101)]);
	assert!(!path.exists());
}

#[test]
fn an_announcement_is_used_while_it_counts() {
	let folder = tempfile::tempdir().unwrap();
	let subject = subject(&ACCOUNT);
	for (block, calls) in [(10, vec!["propose"]), (9, vec!["announce", "propose"])] {
		Announcement::open(folder.path(), subject).unwrap().set_block(Some(block)).unwrap();
		let again = Announcement::open(folder.path(), subject).unwrap();
		let answers = calls.iter().map(|_| Ok(included(101))).collect();
		assert_eq!(propose(again, answers).1, calls);
	}
	Announcement::open(folder.path(), subject).unwrap().set_block(Some(99)).unwrap();
	let again = Announcement::open(folder.path(), subject).unwrap();
	let answers = vec![refused("NotAnnounced"), Ok(included(101)), Ok(included(102))];
	let (done, calls, _) = propose(again, answers);
	assert_eq!(
		(done.unwrap().announced, calls),
		(Some(101), ["propose", "announce", "propose"].map(String::from).into())
	);
}

#[test]
fn an_announcement_of_another_delta_is_not_taken_for_this_one() {
	let folder = tempfile::tempdir().unwrap();
	let subject = subject(&ACCOUNT);
	let new = Announcement::open(folder.path(), subject).unwrap();
	let path = new.path.clone();
	let (done, calls, _) = propose(new, vec![refused("AlreadyAnnounced")]);
	assert!(matches!(done, Err(ProposalError::Chain(Error::Call(_)))));
	assert_eq!(calls, ["announce"]);
	assert!(!path.exists(), "nothing was announced with this salt");

	drop(Announcement::open(folder.path(), subject).unwrap());
	let interrupted = Announcement::open(folder.path(), subject).unwrap();
	let (done, _, steps) = propose(interrupted, vec![refused("AlreadyAnnounced"), Ok(included(102))]);
	assert_eq!(done.unwrap().announced, None);
	assert_eq!(steps, [ProposalStep::Announcing, ProposalStep::AnnouncedBefore]);

	Announcement::open(folder.path(), subject).unwrap().set_block(Some(1)).unwrap();
	let outdated = Announcement::open(folder.path(), subject).unwrap();
	let (done, _, _) = propose(outdated, vec![refused("AlreadyAnnounced")]);
	assert!(done.is_err());
	assert_eq!(Announcement::open(folder.path(), subject).unwrap().block, Some(1));
}
