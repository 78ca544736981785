use descent_chain::AccountId;
use descent_integration_tests::{Account, Trainer};

/// What the demo calls the trainers and the stakeholders.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(AccountId, String)>);

impl Names {
	/// `Trainer1 (sgd)` and so on, and the stakeholders as they are named.
	pub fn new(trainers: &[Trainer], stakeholders: Vec<(Account, String)>) -> Self {
		let name = |trainer: &Trainer| {
			let name = trainer.setup.uri.trim_start_matches('/');
			(
				trainer.account.id(),
				format!("{name} ({})", trainer.setup.optimizer),
			)
		};
		let stakeholders = stakeholders
			.into_iter()
			.map(|(account, name)| (account.id(), name));
		Self(trainers.iter().map(name).chain(stakeholders).collect())
	}

	/// What an account is called.
	pub fn of(&self, account: &AccountId) -> String {
		let known = self.0.iter().find(|(known, _)| known == account);
		known.map_or_else(|| account.to_string(), |(_, name)| name.clone())
	}
}
