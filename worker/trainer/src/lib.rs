//! Trains a group's model and competes in its rounds.
//!
//! # The life of a round
//!
//! [`run`] follows a group of a chain block by block, while three things go on side by side: the round
//! machine sends the transactions of each round, the loader fetches model, data and heads, and the training
//! loop trains. The trainer
//!
//! 0. **measures** at its start that others reach its address, and that a claim and a checkpoint's way to the
//!    validators fit into the group's windows. It ends if they don't;
//! 1. **trains** on the group's data set, checks its weights on a holdout, and goes on from the head if that
//!    is better;
//! 2. **commits**, shortly before the commit window closes, to its best checkpoint: it writes a salt to
//!    `state.json`, then sends the hash of both with a deposit. If the best checkpoint is no better than the
//!    head it skips the round;
//! 3. **reveals**: once the round's seed is final it measures the checkpoint on the records that the seed
//!    draws, serves the file through its gateway, and sends salt, claimed score and address;
//! 4. waits until the round is **settled**, requests that if it is overdue, and reports the outcome. A
//!    checkpoint that has become the head stays served.
//!
//! In a group with hidden test sets the trainer fetches the sealed file of the next set from the start of a
//! round on, and commits to nothing without it. It reveals once the release of the round's key is final, or
//! the time for one is over, and measures its claim on the set that is drawn from then.
//!
//! In a group whose checkpoints come with a recorded training the trainer trains from the first block of a
//! round until it commits, and records every segment. The commitment binds the recording, too. The reveal
//! shows the segment that the seed draws, whose states are served beside the checkpoint.
//!
//! The commit window of one round overlaps with the reveals and measurements of the round before, so two
//! rounds are open at a time. A trainer can be killed at any time: it goes on from `state.json` and from
//! what the chain shows.
//!
//! # Example
//!
//! Train group 0 of a local node for one round:
//!
//! ```no_run
//! use descent_client::{GroupKey, Key, DEFAULT_NODE};
//! use descent_trainer::{
//!     DeviceChoice, Event, Optimizer, RecordedSettings, Report, Settings, TrainingSettings,
//! };
//!
//! #[derive(Clone)]
//! struct Print;
//!
//! impl Report for Print {
//!     fn event(&self, event: Event) {
//!         println!("{}", event.sentence());
//!     }
//! }
//!
//! # async fn example() -> anyhow::Result<()> {
//! let settings = Settings {
//!     nodes: vec![DEFAULT_NODE.into()],
//!     genesis: None,
//!     group: GroupKey::Number(0),
//!     key: Key::from_uri("//Trainer1")?,
//!     data: "/tmp/trainer".into(),
//!     listen: "127.0.0.1:0".parse()?,
//!     public_url: None,
//!     push_to: None,
//!     metrics: None,
//!     deposit: None,
//!     max_deposit: None,
//!     preflight: true,
//!     rounds: Some(1),
//!     claim: false,
//!     commit_margin: 2,
//!     max_content: 24 << 30,
//!     max_data: 64 << 30,
//!     allow_private: true,
//!     training: TrainingSettings {
//!         optimizer: Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 },
//!         learning_rate: 0.001,
//!         batch: 64,
//!         augmentation: "flip,crop:4".parse()?,
//!         accumulate: 1,
//!         average: Some(0.999),
//!         seed: 1,
//!         holdout: 2_000,
//!         device: DeviceChoice::Auto.resolve()?,
//!         own: None,
//!         recorded: RecordedSettings::default(),
//!     },
//!     program: Vec::new(),
//! };
//! descent_trainer::run(settings, Print, std::future::pending()).await
//! # }
//! ```

mod augmentation;
mod awaited;
mod best_weights;
mod check_schedule;
mod checkpoints;
mod control;
mod device;
mod evaluate;
mod events;
mod group_client;
mod handle;
mod holdout;
mod learning_rate;
mod loader;
mod metrics;
mod own;
mod prefetcher;
mod preflight;
mod progress;
mod publisher;
mod recorded;
mod rehearsal;
mod resume;
mod round_spec;
mod rounds;
mod state;
mod test_sets;
mod timings;
mod trainer;
mod training_loop;

pub use augmentation::Augmentation;
pub use control::TrainingSettings;
pub use descent_model::Optimizer;
pub use device::DeviceChoice;
pub use events::{Event, Prospect, Report};
pub use progress::{Steps, TrainingProgress};
pub use recorded::{read_trace, trace_pieces, RecordedSettings, TraceError};
pub use rehearsal::{rehearse, Draw, RecordSource, Rehearsal, RehearsalSettings, Winner};
pub use trainer::{run, Settings};
