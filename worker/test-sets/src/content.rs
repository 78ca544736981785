//! References to content as the files of this crate have them: a CID and a size.

use descent_content::BlockId;
use descent_protocol::ContentRef;
use serde::{Deserialize, Serialize};

/// A reference in a file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
	cid: String,
	size: u64,
}

impl From<&ContentRef> for Reference {
	fn from(content: &ContentRef) -> Self {
		Self { cid: content.cid(), size: content.size }
	}
}

impl Reference {
	/// The reference, if it is written in the one form that references have.
	pub(crate) fn content(&self) -> Option<ContentRef> {
		let content = self.cid.parse::<BlockId>().ok()?.content(self.size);
		(content.is_canonical() && content.size > 0 && content.cid() == self.cid).then_some(content)
	}
}
