use descent_content::FetchError;

/// Reason that a checkpoint or delta cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
	/// No provider serves it.
	#[error("{0}")]
	Unavailable(FetchError),
	/// It is malformed or does not fit the model; every evaluator finds the same.
	#[error("{0}")]
	Invalid(String),
	/// It amplifies rounding errors so much that it has no score; every evaluator finds the same.
	#[error("{0}")]
	IllConditioned(String),
	/// This machine failed, which the content is not to blame for.
	#[error("{0:#}")]
	Failed(anyhow::Error),
}

impl From<FetchError> for ArtifactError {
	fn from(error: FetchError) -> Self {
		match error {
			FetchError::Unavailable { .. } => Self::Unavailable(error),
			FetchError::Invalid { .. } => Self::Invalid(error.to_string()),
			FetchError::TooLarge { .. } | FetchError::Io(_) => Self::Failed(error.into()),
		}
	}
}
