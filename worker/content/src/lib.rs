//! Content-addressed storage and transfer of model descriptions, deltas and checkpoints.
//!
//! The chain knows content only as a [`descent_protocol::ContentRef`]: a CIDv1 with a blake2b-256 multihash,
//! and a size. Content of up to one leaf (1 MiB) is one raw block. Larger content is a balanced UnixFS file
//! with raw leaves of 1 MiB, at most 1,024 links per node and no metadata: the `unixfs-v1-2025` profile of
//! IPIP-499, with blake2b-256 as the hash. The size alone fixes the shape of the tree. So every block is
//! checked against the one form that it may have, and equal content has exactly one address.
//!
//! - [`BlockId`] is the address of one block and converts to and from CIDs.
//! - [`Store`] keeps blocks on disk, imports content and reads it back, and checks every hash on the way.
//! - [`router`] and [`serve`] publish a store as an IPFS trustless gateway.
//! - [`serve_with_pushes`] lets named accounts store content at it, and [`Pusher`] does so.
//! - [`Fetcher`] fetches content from several gateways at once. It trusts none of them.
//!
//! No operation needs memory in proportion to the content.
//!
//! # Example
//!
//! ```
//! use descent_content::{address, Store};
//!
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path(), 1 << 20)?;
//! let content = store.import(&b"weights"[..])?;
//! assert_eq!(content, address(&b"weights"[..])?);
//! assert_eq!(store.read(&content, 1_024)?, b"weights");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod block;
mod buffers;
mod fetch;
mod gateway;
mod layout;
mod push;
mod read_ahead;
mod server;
mod store;

pub use block::{BlockId, CidError};
pub use fetch::{is_public, probe, FetchError, FetchLimits, Fetcher, ProbeError, Progress};
pub use gateway::{router, router_with_pushes, serve, serve_with_pushes};
pub use layout::{LayoutError, LINKS_PER_NODE, MAX_BLOCK_SIZE, MAX_CONTENT_SIZE};
pub use push::{
	pushed, PushAction, PushError, PushPolicy, PushToken, PushedContent, Pusher, Sign, VerifySignature,
};
pub use server::ServerHandle;
pub use store::{address, Checked, ContentReader, Damage, Store, StoreError};
