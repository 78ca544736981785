//! The check that a new model fits a group's data set and metric.

use crate::{args::PrivateArg, content_ref::Source};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{fetch_description, FetchDescriptionError};
use descent_content::{FetchLimits, Fetcher, Store};
use descent_dataset::{Description, DescriptionError, Loss, MAX_DESCRIPTION_BYTES};
use descent_protocol::{view::GroupView, ContentRef, Metric};
use std::{future::ready, time::Duration};

/// Longest wait for a description.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads the description of the model that a group has, or is to have.
///
/// # Errors
/// Where it is not at hand or not valid.
pub(crate) async fn description(
	group: &GroupView,
	new: Option<&Source>,
	providers: &[String],
	store: Option<&Store>,
	private: PrivateArg,
) -> Result<Description> {
	let description = match new {
		Some(Source::File(file)) => Description::read(file),
		Some(Source::Reference(content)) => fetch(content, providers, store, private).await?,
		None => fetch(&group.model, &group.providers, store, private).await?,
	};
	description.context("the model description is not valid")
}

/// Refuses a model that does not read the records of a group's data set, as both descriptions say, or can't
/// be measured by its metric. A description that nobody serves is not checked: returns a warning that says
/// so.
///
/// # Errors
/// Where the new description can't be read or is not valid, or does not fit.
pub(crate) async fn check(
	group: &GroupView,
	model: &Source,
	providers: &[String],
	store: Option<&Store>,
	private: PrivateArg,
) -> Result<Option<String>> {
	let new = match model {
		Source::Reference(content) => match fetch(content, providers, store, private).await {
			Ok(description) => description,
			Err(error) => return Ok(Some(format!("the new model is not checked: {error:#}"))),
		},
		Source::File(file) => Description::read(file),
	};
	let new = new.context("the new model description is not valid")?;
	ensure!(
		group.metric != Metric::Error || new.loss() == Loss::CrossEntropy,
		"the group measures the error rate, which a model without classes does not have"
	);
	let current = match fetch(&group.model, &group.providers, store, private).await {
		Ok(current) => current,
		Err(error) => {
			return Ok(Some(format!(
				"whether the new model fits the data set is not checked: the current one is not there: \
				 {error:#}"
			)))
		}
	};
	let Ok(current) = current else {
		return Ok(Some(
			"whether the new model fits the data set is not checked: the current one is not valid".into(),
		));
	};
	let (new, current) = (new.schema(), current.schema());
	ensure!(
		new == current,
		"the new model does not read the data set: it has the columns {}, the data set {}; a new model keeps \
		 the columns",
		columns(&new),
		columns(&current)
	);
	Ok(None)
}

/// Columns as `image: u8 [1, 28, 28], label: u8 [] below 10`.
fn columns(schema: &descent_dataset::Schema) -> String {
	let column = |column: &descent_dataset::Column| {
		let bound = column.bound.map_or(String::new(), |bound| format!(" below {bound}"));
		format!("{}: {} {:?}{bound}", column.name, column.dtype, column.shape)
	};
	let columns: Vec<_> = schema.columns.iter().map(column).collect();
	columns.join(", ")
}

/// Reads a description from the store or from its providers. The inner error is that of an invalid
/// description.
async fn fetch(
	content: &ContentRef,
	providers: &[String],
	store: Option<&Store>,
	private: PrivateArg,
) -> Result<Result<Description, DescriptionError>> {
	if let Some(store) = store {
		if store.is_complete(content)? {
			return checked(fetch_description(store, content, ready(Ok(()))).await);
		}
	}
	let folder = tempfile::tempdir().context("making a temporary folder")?;
	let store = Store::open(folder.path(), MAX_DESCRIPTION_BYTES.saturating_mul(2))?;
	let limits = FetchLimits {
		max_content_bytes: MAX_DESCRIPTION_BYTES,
		deadline: PATIENCE,
		patience: PATIENCE,
		allow_private: private.allow_private,
		..FetchLimits::default()
	};
	let fetcher = Fetcher::new(store.clone(), limits)?;
	checked(fetch_description(&store, content, fetcher.fetch(content, providers, |_| ())).await)
}

fn checked(
	fetched: Result<Description, FetchDescriptionError>,
) -> Result<Result<Description, DescriptionError>> {
	match fetched {
		Err(FetchDescriptionError::Invalid(error)) => Ok(Err(error)),
		fetched => Ok(Ok(fetched?)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::group;
	use std::{future::pending, path::Path};

	fn description(image: &str, classes: u32, loss: &str) -> String {
		format!(
			r#"{{"descent": 1, "name": "m",
				"inputs": [{{"column": "{image}", "dtype": "u8", "shape": [4]}}],
				"target": {{"column": "label", "dtype": "u8", "shape": [], "classes": {classes}}},
				"layers": [{{"type": "linear", "out": 8}}, {{"type": "relu"}}, {{"type": "linear", "out": {classes}}}],
				"loss": "{loss}"}}"#
		)
	}

	fn file(folder: &Path, json: &str) -> Source {
		let path = folder.join("new.json");
		std::fs::write(&path, json).unwrap();
		Source::File(path)
	}

	#[tokio::test]
	async fn a_model_with_other_columns_is_refused() {
		let folder = tempfile::tempdir().unwrap();
		let served = Store::open(folder.path().join("served"), 1 << 20).unwrap();
		let current = description("image", 3, "cross_entropy");
		let model = served.import(current.as_bytes()).unwrap();
		let any = "127.0.0.1:0".parse().unwrap();
		let (address, gateway) = descent_content::serve(any, served, pending()).await.unwrap();
		let group = GroupView { model, providers: vec![format!("http://{address}")], ..group() };
		let private = PrivateArg { allow_private: true };
		let checked = async |json: &str| check(&group, &file(folder.path(), json), &[], None, private).await;
		let wider = current.replace("\"out\": 8", "\"out\": 16");
		assert_eq!(checked(&wider).await.unwrap(), None);
		for (json, part) in [
			(description("picture", 3, "cross_entropy"), "picture: u8 [4]"),
			(description("image", 4, "cross_entropy"), "label: u8 [] below 4"),
			("{}".into(), "is not valid"),
		] {
			let error = format!("{:#}", checked(&json).await.unwrap_err());
			assert!(error.contains(part), "{error}");
		}
		let unserved = Source::Reference(ContentRef::raw(wider.as_bytes()).unwrap());
		let nobody = vec!["http://127.0.0.1:1".to_string()];
		let gone = GroupView { providers: nobody.clone(), ..group.clone() };
		// Both are in a store at hand: nothing is fetched.
		let own = Store::open(folder.path().join("own"), 1 << 20).unwrap();
		own.import(wider.as_bytes()).unwrap();
		own.import(current.as_bytes()).unwrap();
		assert_eq!(check(&gone, &unserved, &nobody, Some(&own), private).await.unwrap(), None);
		gateway.abort();
	}
}
