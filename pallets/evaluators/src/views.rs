//! The views of the runtime API.

use crate::{Config, Event};
use descent_protocol::{view::ChainEvent, TaskId};

impl<T: Config> Event<T> {
	/// Returns the event as clients see it, or `None` if clients do not see it.
	pub fn view(self) -> Option<ChainEvent> {
		match self {
			Self::Attested { task: TaskId::Round { group, round }, member } => {
				Some(ChainEvent::Attested { group, round, member })
			}
			Self::Opened { task: TaskId::Round { group, round }, member } => {
				Some(ChainEvent::Opened { group, round, member })
			}
			_ => None,
		}
	}
}
