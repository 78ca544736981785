use descent_protocol::{
	evaluation::EvaluationRequest, ContentRef, EvaluationPolicy, MAX_CANDIDATES, MAX_PROVIDERS,
	MAX_PROVIDER_LENGTH,
};

/// The most deltas of one data set.
const MAX_DELTAS: usize = 1024;
/// The most records that one checkpoint is measured on.
const MAX_RECORDS: u32 = 1 << 20;

/// Why a request is not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
	/// It is not JSON.
	Syntax(String),
	/// It is JSON but not a request that this service can work on.
	Content(String),
}

/// Reads a request and checks everything that bounds the work it asks for.
pub fn parse(body: &[u8]) -> Result<EvaluationRequest, Refused> {
	let request: EvaluationRequest = serde_json::from_slice(body).map_err(|error| {
		let reason = format!("not an evaluation request: {error}");
		if error.is_data() {
			Refused::Content(reason)
		} else {
			Refused::Syntax(reason)
		}
	})?;
	check(&request).map_err(Refused::Content)?;
	Ok(request)
}

fn check(request: &EvaluationRequest) -> Result<(), String> {
	let records = request.policy.records();
	if !(1..=MAX_RECORDS).contains(&records) {
		return Err(format!("records must be 1 to {MAX_RECORDS}, not {records}"));
	}
	if request.candidates.len() > MAX_CANDIDATES as usize {
		return Err(format!("at most {MAX_CANDIDATES} candidates are measured"));
	}
	if request.deltas.len() > MAX_DELTAS {
		return Err(format!("at most {MAX_DELTAS} deltas are read"));
	}
	if request.deltas.is_empty() && matches!(request.policy, EvaluationPolicy::Training { .. }) {
		return Err("the data set has no delta".into());
	}
	providers(&request.providers)?;
	content(&request.model)?;
	request.deltas.iter().try_for_each(content)?;
	if let EvaluationPolicy::Validation { set, .. } = &request.policy {
		content(set)?;
	}
	// What a candidate or the head refers to is judged, not refused: the others are measured all the same.
	let sources = request.candidates.iter().map(|candidate| &candidate.providers);
	sources
		.chain(request.head.iter().map(|head| &head.providers))
		.try_for_each(|list| providers(list))
}

fn content(content: &ContentRef) -> Result<(), String> {
	if content.size == 0 || !content.is_canonical() {
		return Err(format!(
			"{:?} of {} bytes is not a reference that content can have",
			content.digest, content.size
		));
	}
	Ok(())
}

fn providers(providers: &[String]) -> Result<(), String> {
	let long = |provider: &String| provider.len() > MAX_PROVIDER_LENGTH as usize;
	if providers.len() > MAX_PROVIDERS as usize || providers.iter().any(long) {
		return Err(format!(
			"at most {MAX_PROVIDERS} providers of at most {MAX_PROVIDER_LENGTH} bytes each are asked"
		));
	}
	Ok(())
}
