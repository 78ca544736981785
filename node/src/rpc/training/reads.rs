//! Reads of a block's state through the runtime API.

use super::{error::Error, Training, TrainingRuntimeApi};
use descent_protocol::{
	view::{GroupView, RoundView},
	GroupId, RoundIndex,
};
use descent_runtime::{opaque::Block, Hash};
use jsonrpsee::core::RpcResult;
use sp_api::{ApiError, ApiExt, ApiRef, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;

impl<C> Training<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	C::Api: TrainingRuntimeApi<Block>,
{
	/// Returns the block that is asked for, or the best one.
	pub(super) fn block(&self, at: Option<Hash>) -> Hash {
		at.unwrap_or_else(|| self.client.info().best_hash)
	}

	pub(super) fn read_group(&self, block: Hash, group: GroupId) -> Result<GroupView, Error> {
		let api = self.client.runtime_api();
		#[allow(deprecated)]
		let view = match version(&api, block).map_err(unreadable(block))? {
			..3 => api.group_before_version_3(block, group).map(|view| view.map(|view| view.0)),
			3 => api.group_before_version_4(block, group).map(|view| view.map(|view| view.0)),
			_ => api.group(block, group),
		};
		view.map_err(unreadable(block))?.ok_or(Error::UnknownGroup(group))
	}

	pub(super) fn read_round(
		&self,
		block: Hash,
		group: GroupId,
		round: RoundIndex,
	) -> Result<RoundView, Error> {
		let api = self.client.runtime_api();
		let view = if version(&api, block).map_err(unreadable(block))? < 3 {
			#[allow(deprecated)]
			let view = api.round_before_version_3(block, group, round);
			view.map(|view| view.map(|view| view.0))
		} else {
			api.round(block, group, round)
		};
		match view.map_err(unreadable(block))? {
			Some(view) => Ok(view),
			None => Err(match self.read_group(block, group) {
				Ok(_) => Error::UnknownRound(group, round),
				Err(error) => error,
			}),
		}
	}

	/// Returns the result of `read` in a block's state.
	pub(super) fn of_block<T>(
		&self,
		at: Option<Hash>,
		read: impl FnOnce(ApiRef<'_, C::Api>, Hash) -> Result<T, ApiError>,
	) -> RpcResult<T> {
		let block = self.block(at);
		Ok(read(self.client.runtime_api(), block).map_err(unreadable(block))?)
	}

	/// Returns the result of `read` for a group, or an error where there is no such group.
	pub(super) fn of_group<T>(
		&self,
		group: GroupId,
		at: Option<Hash>,
		read: impl FnOnce(ApiRef<'_, C::Api>, Hash) -> Result<T, ApiError>,
	) -> RpcResult<T> {
		let block = self.block(at);
		self.read_group(block, group)?;
		self.of_block(Some(block), read)
	}
}

/// Returns the version of the runtime API in which a block's runtime encodes its views; the newest where the
/// runtime does not say. Before version 3 groups have a tolerance, and before version 4 no optional rules,
/// pending stake or paused fundings.
pub(super) fn version<Api>(api: &ApiRef<'_, Api>, block: Hash) -> Result<u32, ApiError>
where
	Api: TrainingRuntimeApi<Block> + ApiExt<Block>,
{
	let version = api.api_version::<dyn TrainingRuntimeApi<Block>>(block)?;
	Ok(version.unwrap_or(u32::MAX))
}

fn unreadable(block: Hash) -> impl Fn(ApiError) -> Error {
	move |error| Error::State(block, error.to_string())
}
