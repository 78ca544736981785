//! Content off chain: addressed by hash, stored in blocks, moved over HTTP.
//!
//! The chain knows content (descriptions, data shards, checkpoints) only as a [`descent_protocol::ContentRef`]: a CIDv1
//! with a blake2b-256 multihash, and a size. Content of up to one leaf (1 MiB) is one raw block; larger content is a
//! balanced UnixFS file with raw leaves of 1 MiB, at most 1024 links a node and no metadata (the `unixfs-v1-2025`
//! profile of IPIP-499, with blake2b-256 for the hash). The size alone fixes the whole shape of the tree, so every
//! block is checked against the one form that it may have, and equal content has exactly one address.
//!
//! - [`BlockId`] is the address of one block and converts to and from CIDs.
//! - [`Store`] keeps blocks on disk, imports content and reads it back, checking every hash on the way.
//! - [`router`] and [`serve`] publish a store as an IPFS trustless gateway.
//! - [`Fetcher`] brings content from several gateways at once. It trusts none of them.
//!
//! No operation needs memory in proportion to the content.

mod block;
mod fetch;
mod gateway;
mod layout;
mod server;
mod store;

pub use block::{BlockId, CidError};
pub use fetch::{FetchError, FetchLimits, Fetcher, Progress};
pub use gateway::{router, serve};
pub use layout::{LayoutError, LINKS_PER_NODE, MAX_BLOCK_SIZE, MAX_CONTENT_SIZE};
pub use server::ServerHandle;
pub use store::{address, ContentReader, Store, StoreError};
