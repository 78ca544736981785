use descent_chain::AccountId;
use descent_integration_tests::Trainer;

/// What the demo calls the trainers.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(AccountId, String)>);

impl Names {
	/// `Trainer1 (sgd)` and so on.
	pub fn new(trainers: &[Trainer]) -> Self {
		let name = |trainer: &Trainer| {
			let name = trainer.setup.uri.trim_start_matches('/');
			(
				trainer.account.id(),
				format!("{name} ({})", trainer.setup.optimizer),
			)
		};
		Self(trainers.iter().map(name).collect())
	}

	/// What an account is called.
	pub fn of(&self, account: &AccountId) -> String {
		let known = self.0.iter().find(|(known, _)| known == account);
		known.map_or_else(|| account.to_string(), |(_, name)| name.clone())
	}
}
