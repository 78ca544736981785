//! Typed client of a Descent node.
//!
//! A [`Client`] reads groups, rounds, votes and money (the types of
//! [`descent_protocol::view`]), follows its events and submits transactions signed with a [`Key`]. A [`Call`]
//! is encoded against the node's metadata by the names of its arguments, so a
//! runtime upgrade does not need a new client as long as the names stay.
//!
//! # Connections
//!
//! The connection is a WebSocket that is opened again whenever it is lost. A request that finds no node is
//! repeated for [`Options::patience`]; a node that restarts is therefore not noticed, except by
//! [`Client::events`], which says that there may be a gap. A node that comes back with another chain is
//! refused: what was signed for one genesis is of no use on another.
//!
//! [`Client::connect_any`] takes several nodes of a chain. Where one fails, the next takes its place, and a
//! transaction that may be lost with it is sent again to that one.
//!
//! # Transactions
//!
//! [`Client::submit`] returns a [`Submitted`] as soon as the node's pool holds the transaction;
//! [`Submitted::in_best_block`] and [`Submitted::finalized`] wait for its block and return the pallet's
//! error, in words, where it failed. Transactions are mortal: one that is not in a block after
//! [`Submitted::expires`] never will be. Several submissions from one account may follow each other at once;
//! each takes the next nonce behind what the pool holds. Nothing is submitted twice: where the connection
//! breaks while the node answers, the same signed bytes are sent again.
//!
//! [`Client::submit_unsigned`] sends a call that carries its own proof, as [`Call::release_test_set`] does.
//! It costs no fee, and no account is needed.
//!
//! [`Client::dry_run`] tries a call without sending it, and tells its fee and the amount that it takes.
//!
//! # Example
//!
//! ```no_run
//! use descent_client::{format_amount, Call, Client, Key, DEFAULT_NODE, UNIT};
//!
//! # async fn stake() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect(DEFAULT_NODE).await?;
//! let group = client.group(0).await?;
//! println!("{} has {} of stake", group.name, format_amount(group.stake));
//!
//! let key = Key::from_uri("//Alice")?;
//! let submitted = client.submit(&key, &Call::stake(group.id, 5 * UNIT)).await?;
//! println!("staked in block {}", submitted.in_best_block().await?.block.number);
//! # Ok(())
//! # }
//! ```

mod account;
mod blocks;
mod call;
mod client;
mod dry_run;
mod encrypted;
mod error;
mod events;
#[cfg(test)]
mod failover_tests;
mod failure;
mod group_key;
mod key;
mod motion;
mod options;
mod progress;
mod proposals;
mod reads;
mod session_keys;
mod submit;
#[cfg(test)]
mod tests;
mod transport;
mod unsigned;

pub use account::{parse_account, AccountError};
pub use blocks::Block;
pub use call::{Call, NewOrder, NewProposal, ProxyKind, Reveal};
pub use client::Client;
pub use descent_protocol::{format_amount, parse_amount, AmountError, UNIT};
pub use dry_run::DryRun;
pub use error::{CallError, Error, Result};
pub use events::EventStream;
pub use group_key::GroupKey;
pub use key::{is_exposed, verify_text, Key, KeyError, PASSWORD_VARIABLE, SURI_VARIABLE};
pub use motion::{Encoded, Motion, Parameter, Weight};
pub use options::{Options, DEFAULT_NODE};
pub use progress::{Included, Submitted};
pub use proposals::{Announcement, ProposalError, ProposalStep, Proposed, Subject};
pub use reads::{Balance, NodeHealth, Proxy};
pub use session_keys::SessionKeys;
pub use sp_core::{crypto::AccountId32 as AccountId, H256};
