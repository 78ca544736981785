//! Groups by their number or their name.

use crate::{Client, Error, Result};
use descent_protocol::GroupId;

/// A group's number or name. Owners choose the names, and two groups may have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupKey {
	/// The number of the group.
	Number(GroupId),
	/// The name of the group.
	Name(String),
}

impl From<&str> for GroupKey {
	/// A text that is a number is the group's number, also where a group has it as its name.
	fn from(text: &str) -> Self {
		text.parse().map_or_else(|_| Self::Name(text.into()), Self::Number)
	}
}

impl Client {
	/// Finds the number of a group.
	///
	/// # Errors
	/// [`Error::UnknownGroup`] and [`Error::AmbiguousGroup`] where none or several groups have the name.
	pub async fn find_group(&self, key: &GroupKey) -> Result<GroupId> {
		match key {
			GroupKey::Number(number) => Ok(*number),
			GroupKey::Name(name) => {
				let groups = self.groups().await?;
				only(name, groups.into_iter().map(|group| (group.id, group.name)))
			}
		}
	}
}

/// Returns the only group of a name.
fn only(name: &str, groups: impl Iterator<Item = (GroupId, String)>) -> Result<GroupId> {
	let found: Vec<_> = groups.filter(|(_, other)| other == name).map(|(id, _)| id).collect();
	match found[..] {
		[id] => Ok(id),
		[] => Err(Error::UnknownGroup(name.into())),
		_ => Err(Error::AmbiguousGroup { name: name.into(), groups: found }),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_are_never_names() {
		assert_eq!(GroupKey::from("7"), GroupKey::Number(7));
		assert_eq!(GroupKey::from("mnist"), GroupKey::Name("mnist".into()));
		assert_eq!(GroupKey::from("-1"), GroupKey::Name("-1".into()));
	}

	#[test]
	fn only_a_name_that_one_group_has_is_taken() {
		let groups = || [(3, "mnist"), (5, "digits"), (9, "mnist")].map(|(id, name)| (id, name.to_string()));
		assert_eq!(only("digits", groups().into_iter()), Ok(5));
		let unknown = only("Mnist", groups().into_iter()).unwrap_err();
		assert!(unknown.to_string().contains("descent group list"), "{unknown}");
		let ambiguous = only("mnist", groups().into_iter()).unwrap_err().to_string();
		assert!(ambiguous.contains("3, 9") && ambiguous.contains("number"), "{ambiguous}");
	}
}
