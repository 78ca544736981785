use descent_client::AccountId;
use descent_integration_tests::{Account, Trainer};
use descent_protocol::view::EventFormat;

/// Names of trainers, stakeholders and validators in the demo.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Vec<(AccountId, String)>);

impl Names {
	/// Names the trainers `Trainer1 (sgd)` and so on, and the validators by their keys. Stakeholders have
	/// names.
	pub(crate) fn new(
		trainers: &[Trainer],
		stakeholders: Vec<(Account, String)>,
		validators: &[Account],
	) -> Self {
		let name = |trainer: &Trainer| {
			let name = short(&trainer.account);
			(trainer.account.id(), format!("{name} ({})", trainer.setup.optimizer))
		};
		let validators = validators.iter().map(|account| (account.id(), short(account).to_owned()));
		let stakeholders = stakeholders.into_iter().map(|(account, name)| (account.id(), name));
		Self(trainers.iter().map(name).chain(stakeholders).chain(validators).collect())
	}

	/// Returns the name of an account.
	pub(crate) fn of(&self, account: &AccountId) -> String {
		let known = self.0.iter().find(|(known, _)| known == account);
		known.map_or_else(|| account.to_string(), |(_, name)| name.clone())
	}
}

impl EventFormat for Names {
	fn account(&self, account: &AccountId) -> String {
		self.of(account)
	}
}

/// Returns the name of a development account.
fn short(account: &Account) -> &str {
	account.uri().trim_start_matches('/')
}
