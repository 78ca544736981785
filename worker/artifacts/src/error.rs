use descent_content::FetchError;

/// Why a checkpoint has no score.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
	/// Nobody serves it.
	#[error("{0}")]
	Unavailable(FetchError),
	/// It is not one of the model; whoever measures it finds the same.
	#[error("{0}")]
	Invalid(String),
	/// Something else failed, which the checkpoint is not to blame for.
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
