//! Labels of folders of images.

use super::super::error::BuildError;
use serde::Serialize;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::str::FromStr;

/// Most classes of a list: no description has more.
const MOST: usize = 1 << 24;

/// A folder of images, and the label that they get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
	/// The label.
	pub label: u64,
	/// Name of the folder.
	pub name: String,
	/// Number of images in it.
	pub images: u64,
}

/// Names of classes in the order of their labels, the first of which is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassNames(Vec<String>);

impl ClassNames {
	/// Returns the names in the lines of a text, one a line.
	///
	/// # Errors
	/// Fails if a line is empty or a name occurs twice.
	pub fn from_lines(text: &str) -> Result<Self, String> {
		Self::new(text.trim_start_matches('\u{feff}').lines())
	}

	fn new<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, String> {
		let names: Vec<String> = names.map(String::from).collect();
		if names.is_empty() || names.len() > MOST {
			return Err(format!("name at least one class, and at most {MOST}"));
		}
		let mut known = HashSet::new();
		for (label, name) in names.iter().enumerate() {
			if name.is_empty() {
				return Err(format!("the class {label} has no name"));
			}
			if !known.insert(name) {
				return Err(format!("the class '{}' is named twice", name.escape_debug()));
			}
		}
		Ok(Self(names))
	}
}

impl FromStr for ClassNames {
	type Err = String;

	/// Returns the names in a list, separated by commas.
	fn from_str(text: &str) -> Result<Self, String> {
		Self::new(text.split(','))
	}
}

/// Returns the names of folders with their labels, in the order of the labels. Without a list these are the
/// positions in the order of the names; names that are numbers must be their positions.
pub(super) fn label(
	folder: &Path,
	names: Vec<OsString>,
	list: Option<&ClassNames>,
) -> Result<Vec<(u64, OsString)>, BuildError> {
	let Some(ClassNames(list)) = list else {
		return by_name(folder, names);
	};
	let mut there: HashSet<OsString> = names.into_iter().collect();
	let labels = (0u64..).zip(list);
	let found = labels.filter_map(|(label, name)| Some((label, there.take(OsStr::new(name))?))).collect();
	match there.iter().min() {
		Some(name) => Err(BuildError::unfit(&folder.join(name), "the list of classes lacks this one")),
		None => Ok(found),
	}
}

fn by_name(folder: &Path, mut names: Vec<OsString>) -> Result<Vec<(u64, OsString)>, BuildError> {
	if names.iter().all(|name| number(name).is_some()) {
		names.sort_by_key(|name| (number(name), name.clone()));
	} else {
		names.sort_unstable();
	}
	let labels = (0u64..).zip(names);
	labels
		.map(|(label, name)| match number(&name) {
			Some(number) if number != label => Err(BuildError::unfit(
				&folder.join(&name),
				format!(
					"the label of this folder would be {label}, its position; make an empty folder for each \
					 number that is missing, or give the order of the classes with --classes"
				),
			)),
			_ => Ok((label, name)),
		})
		.collect()
}

/// Returns the number that a name is, if it is one.
fn number(name: &OsStr) -> Option<u64> {
	let digits = name.to_str().filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()))?;
	Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn labels(names: &[&str], list: Option<&str>) -> Result<Vec<(u64, String)>, String> {
		let list = list.map(|list| list.parse().unwrap());
		let names = names.iter().map(OsString::from).collect();
		match label(Path::new("f"), names, list.as_ref()) {
			Ok(found) => Ok(found.into_iter().map(|(n, name)| (n, name.into_string().unwrap())).collect()),
			Err(error) => Err(error.to_string()),
		}
	}

	fn names(found: Result<Vec<(u64, String)>, String>) -> Vec<String> {
		let found = found.unwrap();
		assert!(found.iter().map(|(label, _)| *label).eq(0..found.len() as u64));
		found.into_iter().map(|(_, name)| name).collect()
	}

	#[test]
	fn numbers_are_labels_and_names_are_in_order() {
		let numbers: Vec<String> = (0..12).map(|n| n.to_string()).collect();
		let mut shuffled: Vec<&str> = numbers.iter().map(String::as_str).collect();
		shuffled.sort_unstable();
		assert_eq!(names(labels(&shuffled, None)), numbers);
		assert_eq!(names(labels(&["02", "00", "1"], None)), ["00", "1", "02"]);
		assert_eq!(names(labels(&["a", "ä", "B"], None)), ["B", "a", "ä"]);
		assert_eq!(names(labels(&["1", "cat", "0"], None)), ["0", "1", "cat"]);
	}

	#[test]
	fn a_number_that_is_not_its_position_is_refused() {
		let refused = |names: &[&str]| labels(names, None).unwrap_err();
		assert!(refused(&["00", "01", "03"]).starts_with("f/03: the label of this folder would be 2"));
		assert!(refused(&["1", "2"]).starts_with("f/1: the label of this folder would be 0"));
		assert!(refused(&["0", "1", "01"]).starts_with("f/1: the label of this folder would be 2"));
		assert!(refused(&["10", "2", "cat"]).starts_with("f/10: "));
		assert!(refused(&["0", "99999999999999999999"]).starts_with("f/99999999999999999999: "));
	}

	#[test]
	fn a_list_fixes_the_labels() {
		let expected = vec![(0, "dog".to_string()), (2, "cat".to_string())];
		assert_eq!(labels(&["cat", "dog"], Some("dog,bee,cat")), Ok(expected));
		assert_eq!(labels(&["10"], Some("9,10")), Ok(vec![(1, "10".into())]));
		let error = labels(&["cat", "eel", "dog"], Some("dog,bee,cat")).unwrap_err();
		assert_eq!(error, "f/eel: the list of classes lacks this one");
	}

	#[test]
	fn lists_are_checked() {
		assert_eq!(ClassNames::from_lines("\u{feff}a b\r\nc\n"), ClassNames::new(["a b", "c"].into_iter()));
		for (text, reason) in
			[("a,,b", "class 1 has no name"), ("a,b,a", "'a' is named twice"), ("", "no name")]
		{
			let error = text.parse::<ClassNames>().unwrap_err();
			assert!(error.contains(reason), "{error}");
		}
		assert!(ClassNames::from_lines("").is_err());
		assert!(ClassNames::from_lines("a\n\nb").is_err());
	}
}
