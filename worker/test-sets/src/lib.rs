//! Hidden test sets: the sealed files, the manifest that names them, and the secret that their keys come
//! from.
//!
//! A requester has test sets, delta files that only add records. It seals each of them with a key of its own,
//! publishes the sealed files with a [`Manifest`], and opens a series on the chain. It releases one key a
//! round. All keys come out of one [`Secret`], see [`descent_protocol::hash_chain`].
//!
//! # Sealed files
//!
//! | bytes | |
//! |---|---|
//! | 16 | `descent-test-set` |
//! | 1 | the version of the format, 1 |
//! | 1 MiB + 16 each | the pieces of the test set, encrypted, each with its tag |
//! | up to 1 MiB + 16 | the last piece |
//!
//! The pieces are encrypted with ChaCha20-Poly1305 (RFC 8439) as the construction STREAM has it (Hoang,
//! Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance,
//! 2015). The nonce of a piece is seven zeros, the number of the piece as four bytes, most significant first,
//! and one byte that is 1 for the last piece and 0 for the others. The 17 bytes before the pieces are the
//! associated data of each. So a file that is cut, prolonged, changed or put together in another order does
//! not open. The nonces repeat in every file, and each key therefore seals exactly one file.
//!
//! The last piece is shorter than the others or as long. It is empty only in a file that has no other piece.
//! Neither [`seal()`] nor [`open()`] holds more than two pieces in memory.
//!
//! # Example
//!
//! ```
//! use descent_test_sets::{open, seal, Manifest, SealedSet, Secret};
//!
//! let secret = Secret::generate(2)?;
//! let key = secret.key(0).expect("it has two sets");
//! let mut sealed = Vec::new();
//! let size = seal(&mut &b"a delta file"[..], &mut sealed, &key, &mut |_| ())?;
//!
//! let set = SealedSet { sealed: descent_content::address(&sealed[..])?, size };
//! let manifest = Manifest { sets: vec![set] }.to_bytes();
//! assert_eq!(Manifest::parse(&manifest)?.sets, [set]);
//!
//! // The requester releases a value of the hash chain, and everybody computes its key.
//! let released = secret.value(0).expect("it has two sets");
//! let mut opened = Vec::new();
//! open(&mut &sealed[..], &mut opened, &descent_protocol::test_set_key(released), size)?;
//! assert_eq!(opened, b"a delta file");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod content;
mod format;
mod manifest;
mod open;
mod seal;
mod secret;

pub use format::{sealed_bytes, PIECE_BYTES};
pub use manifest::{Manifest, ManifestError, SealedSet, MAX_MANIFEST_BYTES};
pub use open::{open, OpenError};
pub use seal::seal;
pub use secret::{Secret, SecretError};
