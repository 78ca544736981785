//! The columns of a table that hold the description's columns.

use super::error::BuildError;
use crate::schema::{Column, Schema};
use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

/// Most columns of a range: no column of a description has more values.
const RANGE: u64 = 1 << 24;

/// Columns of a table, written as `a,b,c` or `pixel0..pixel783`, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnNames(Vec<String>);

impl FromStr for ColumnNames {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let mut names = Vec::new();
		for item in text.split(',') {
			if item.is_empty() {
				return Err("write names of columns, as a,b,c or pixel0..pixel783".into());
			}
			match item.split_once("..") {
				Some((first, last)) => names.extend(range(first, last)?),
				None => names.push(item.into()),
			}
		}
		Ok(Self(names))
	}
}

fn range(first: &str, last: &str) -> Result<impl Iterator<Item = String>, String> {
	let split = |name: &str| {
		let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_string();
		let digits = name[prefix.len()..].to_string();
		(prefix, digits)
	};
	let ((prefix, from), (other, to)) = (split(first), split(last));
	let bounds = (from.parse::<u64>(), to.parse::<u64>());
	let (true, (Ok(start), Ok(end))) = (prefix == other, bounds) else {
		return Err(format!("{first}..{last} is no range of columns; write it as pixel0..pixel783"));
	};
	if start > end || end - start >= RANGE {
		return Err(format!("{first}..{last} holds no column, or more than any description's"));
	}
	// Leading zeros are part of the names: pixel000, pixel001.
	let width = if from.starts_with('0') { from.len() } else { 0 };
	Ok((start..=end).map(move |n| format!("{prefix}{n:0width$}")))
}

/// The columns of a table that hold input and target. Unnamed columns are found by the description's names:
/// the column `x`, or for `n` values the columns `x0` to `x(n-1)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableColumns {
	/// Columns of the only input.
	pub input: Option<ColumnNames>,
	/// Columns of the target.
	pub target: Option<ColumnNames>,
}

impl TableColumns {
	/// Returns for each of the schema's columns the positions of the table's. `lists` is true if one column
	/// of the table may hold several values.
	pub(super) fn resolve(
		&self,
		file: &Path,
		schema: &Schema,
		header: &[String],
		lists: bool,
	) -> Result<Vec<Vec<usize>>, BuildError> {
		let mut positions = HashMap::new();
		for (position, name) in header.iter().enumerate() {
			// A name that occurs twice is ambiguous, but only an error if that column is needed.
			let twice = positions.contains_key(name.as_str());
			positions.insert(name.as_str(), (!twice).then_some(position));
		}
		let find = |name: &str| match positions.get(name) {
			Some(Some(position)) => Ok(*position),
			Some(None) => Err(BuildError::unfit(file, format!("there are two columns '{name}'"))),
			None => Err(missing(file, name, header)),
		};
		let features = schema.columns.len().saturating_sub(1).max(1);
		if features > 1 && self.input.is_some() {
			return Err(BuildError::unfit(
				file,
				"the model has several inputs, so columns can't be named for one: name the table's \
				 columns as the description's",
			));
		}
		let columns = schema.columns.iter().enumerate();
		columns
			.map(|(at, column)| {
				let names = if at < features { &self.input } else { &self.target };
				let values = column.values();
				let single = lists || values == 1;
				match names {
					Some(ColumnNames(names)) if names.len() == values || (lists && names.len() == 1) => {
						names.iter().map(|name| find(name)).collect()
					}
					Some(ColumnNames(names)) => Err(miscounted(file, column, names.len())),
					None if single && positions.contains_key(column.name.as_str()) => {
						Ok(vec![find(&column.name)?])
					}
					None if values > 1 && positions.contains_key(format!("{}0", column.name).as_str()) => {
						(0..values).map(|n| find(&format!("{}{n}", column.name))).collect()
					}
					None if positions.contains_key(column.name.as_str()) => Err(miscounted(file, column, 1)),
					None => Err(missing(file, &column.name, header)),
				}
			})
			.collect()
	}
}

fn miscounted(file: &Path, column: &Column, found: usize) -> BuildError {
	let reason = format!(
		"column '{}' has {} values, but {found} columns are named for it; name one for each value, as \
		 {}0..{}{}",
		column.name,
		column.values(),
		column.name,
		column.name,
		column.values().saturating_sub(1),
	);
	BuildError::unfit(file, reason)
}

fn missing(file: &Path, name: &str, header: &[String]) -> BuildError {
	const SHOWN: usize = 8;
	let mut there: Vec<_> = header.iter().take(SHOWN).map(|name| name.escape_debug().to_string()).collect();
	if header.len() > SHOWN {
		there.push("..".into());
	}
	let reason = format!("column '{name}' is missing; there are: {}", there.join(", "));
	BuildError::unfit(file, reason)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::schema::Dtype;

	fn names(text: &str) -> Result<Vec<String>, String> {
		text.parse().map(|ColumnNames(names)| names)
	}

	fn schema(values: u64) -> Schema {
		let column = |name: &str, shape: &[u64]| Column {
			name: name.into(),
			dtype: Dtype::F32,
			shape: shape.to_vec(),
			bound: None,
		};
		Schema { columns: vec![column("x", &[values]), column("y", &[])] }
	}

	fn resolve(
		columns: &TableColumns,
		values: u64,
		header: &str,
		lists: bool,
	) -> Result<Vec<Vec<usize>>, String> {
		let header: Vec<_> = header.split(',').map(String::from).collect();
		columns.resolve(Path::new("t"), &schema(values), &header, lists).map_err(|error| error.to_string())
	}

	#[test]
	fn names_and_ranges_are_understood() {
		assert_eq!(names("a,b"), Ok(vec!["a".into(), "b".into()]));
		assert_eq!(names("p8..p11,z"), Ok(["p8", "p9", "p10", "p11", "z"].map(String::from).to_vec()));
		assert_eq!(names("p08..p10"), Ok(["p08", "p09", "p10"].map(String::from).to_vec()));
		for text in ["", "a,", "a..b", "p0..q3", "p3..p1", "p0..p99999999999", "p0..", ".."] {
			assert!(names(text).is_err(), "{text}");
		}
	}

	#[test]
	fn columns_are_found_by_name() {
		let default = TableColumns::default();
		assert_eq!(resolve(&default, 1, "y,x", false), Ok(vec![vec![1], vec![0]]));
		assert_eq!(resolve(&default, 2, "x1,y,x0", false), Ok(vec![vec![2, 0], vec![1]]));
		assert_eq!(resolve(&default, 2, "x,y", true), Ok(vec![vec![0], vec![1]]));
		let named = TableColumns {
			input: names("b,a").map(ColumnNames).ok(),
			target: names("label").map(ColumnNames).ok(),
		};
		assert_eq!(resolve(&named, 2, "a,b,label", false), Ok(vec![vec![1, 0], vec![2]]));
	}

	#[test]
	fn what_is_missing_or_too_much_is_named() {
		let default = TableColumns::default();
		let error =
			|columns: &TableColumns, values, header| resolve(columns, values, header, false).unwrap_err();
		assert_eq!(error(&default, 1, "x,z"), "t: column 'y' is missing; there are: x, z");
		assert!(error(&default, 3, "x0,x1,y").contains("'x2' is missing"));
		assert!(error(&default, 1, "x,y,y").contains("two columns 'y'"));
		assert!(error(&default, 2, "x,y").contains("x0..x1"));
		let named = TableColumns { input: names("a,b").map(ColumnNames).ok(), target: None };
		assert!(error(&named, 3, "a,b,y").contains("2 columns are named"));
	}

	#[test]
	fn several_inputs_are_found_by_name() {
		let column = |name: &str, shape: &[u64]| Column {
			name: name.into(),
			dtype: Dtype::F32,
			shape: shape.to_vec(),
			bound: None,
		};
		let schema = Schema { columns: vec![column("a", &[2]), column("b", &[]), column("y", &[])] };
		let header: Vec<_> = "b,label,a1,a0".split(',').map(String::from).collect();
		let resolve = |columns: TableColumns| columns.resolve(Path::new("t"), &schema, &header, false);
		let named = TableColumns { input: None, target: Some("label".parse().unwrap()) };
		assert_eq!(resolve(named.clone()).unwrap(), [vec![3, 2], vec![0], vec![1]]);
		let refused = resolve(TableColumns { input: Some("b".parse().unwrap()), ..named }).unwrap_err();
		assert!(refused.to_string().contains("the model has several inputs"), "{refused}");
	}
}
