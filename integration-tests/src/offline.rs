//! A group without a chain, for evaluators that a test asks in the node's place.

use crate::{
	checkpoint::{self, Tensor},
	synthetic, Gateway, Wider,
};
use anyhow::Result;
use descent_dataset::{DeltaWriter, Description};
use descent_protocol::{
	evaluation::{CandidateSource, EvaluationRequest},
	ContentRef, EvaluationPolicy, Metric, Score,
};
use sp_core::H256;
use std::{
	io::{Cursor, Read},
	path::Path,
	time::Duration,
};

/// Seed of all requests.
pub const SEED: H256 = H256::repeat_byte(5);
/// Time for fetching candidates that no test waits for.
pub const AMPLE: Duration = Duration::from_secs(60);

/// A group without a chain.
pub struct Group {
	/// Folder of the group's data, of the evaluators and of their logs.
	pub folder: tempfile::TempDir,
	/// Gateway of the group.
	pub gateway: Gateway,
	model: ContentRef,
	validation: ContentRef,
}

impl Group {
	/// Creates a group of the model of [`Wider`] on the validation set of [`synthetic`].
	pub async fn wider() -> Result<Self> {
		let folder = tempfile::tempdir()?;
		let files = synthetic::write(folder.path())?;
		Self::create(folder, &synthetic::wider_model(), &files.validation).await
	}

	/// Creates a group of a model on a validation set of these records, in their canonical bytes.
	pub async fn of(model: &str, records: impl IntoIterator<Item = Vec<u8>>) -> Result<Self> {
		let folder = tempfile::tempdir()?;
		let validation = folder.path().join("validation.parquet");
		let mut writer = DeltaWriter::create(&validation, &Description::parse(model.as_bytes())?.schema())?;
		records.into_iter().try_for_each(|record| writer.add(&record).map(drop))?;
		writer.finish()?;
		Self::create(folder, model, &validation).await
	}

	async fn create(folder: tempfile::TempDir, model: &str, validation: &Path) -> Result<Self> {
		let gateway = Gateway::start(&folder.path().join("gateway")).await?;
		let model = gateway.publish(Cursor::new(model.to_owned())).await?;
		let validation = gateway.publish_file(validation).await?;
		Ok(Self { folder, gateway, model, validation })
	}

	/// Returns a request to measure candidates on the whole validation set.
	pub fn request(&self, round: u32, candidates: Vec<CandidateSource>) -> EvaluationRequest {
		EvaluationRequest {
			genesis: H256::repeat_byte(1),
			group: 2,
			round,
			model: self.model,
			deltas: Vec::new(),
			metric: Metric::Loss,
			policy: EvaluationPolicy::Validation { set: self.validation, records: 10_000 },
			seed: SEED,
			tolerance: None,
			peers: Vec::new(),
			providers: vec![self.gateway.address()],
			head: None,
			fetch_ms: AMPLE.as_millis() as u64,
			candidates,
			winners: 1,
			test_set: None,
			replays: None,
		}
	}

	/// Publishes a checkpoint on the group's gateway, and returns a candidate with this claim.
	pub async fn candidate(&self, tensors: Vec<Tensor>, claim: Score) -> Result<CandidateSource> {
		candidate_at(&self.gateway, tensors, claim).await
	}

	/// Publishes a checkpoint of [`Wider`], and returns a candidate that claims what it scores.
	pub async fn honest(&self, parameters: &Wider) -> Result<CandidateSource> {
		self.candidate(parameters.tensors(), parameters.score(SEED)).await
	}
}

/// Publishes a checkpoint on a gateway, and returns a candidate with this claim.
pub async fn candidate_at(gateway: &Gateway, tensors: Vec<Tensor>, claim: Score) -> Result<CandidateSource> {
	let mut file = Vec::new();
	checkpoint::safetensors(&tensors).read_to_end(&mut file)?;
	let checkpoint = gateway.publish(Cursor::new(file)).await?;
	Ok(CandidateSource { checkpoint, providers: vec![gateway.address()], claim })
}
