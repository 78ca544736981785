//! The models, optimizers and data sets that are measured.

use crate::data::{Source, CLASSES, VOCABULARY};
use anyhow::Result;
use descent_dataset::Description;
use descent_protocol::trace::{RecipeOptimizer, RATE_UNIT};
use std::path::Path;

/// A model that is trained by an optimizer on a data set.
#[derive(Clone)]
pub(crate) struct Case {
	pub(crate) model: String,
	/// The description of the model as JSON.
	pub(crate) json: String,
	pub(crate) source: Source,
	pub(crate) optimizer: &'static Method,
	/// True for one that takes minutes.
	pub(crate) is_large: bool,
}

/// An optimizer with its learning rate.
pub(crate) struct Method {
	pub(crate) name: &'static str,
	pub(crate) optimizer: RecipeOptimizer,
	/// The learning rate in billionths.
	pub(crate) rate: u32,
}

static METHODS: [Method; 2] = [
	Method {
		name: "adam 0.001",
		optimizer: RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 },
		rate: RATE_UNIT / 1_000,
	},
	Method {
		name: "sgd 0.9, 0.05",
		optimizer: RecipeOptimizer::Sgd { momentum: 900_000, nesterov: false, weight_decay: 0 },
		rate: RATE_UNIT / 20,
	},
];

/// Sizes of models.
struct Sizes {
	side: u64,
	hidden: u64,
	filters: u64,
	width: u64,
	tokens: u64,
}

const FULL: Sizes = Sizes { side: 28, hidden: 128, filters: 8, width: 64, tokens: 32 };
const QUICK: Sizes = Sizes { side: 14, hidden: 32, filters: 4, width: 32, tokens: 16 };

fn json(input: &str, target: &str, layers: &str) -> String {
	format!(
		r#"{{"descent":1,"name":"margins","inputs":[{{"column":"x",{input}}}],
		"target":{{"column":"y",{target}}},"layers":[{layers}],"loss":"cross_entropy"}}"#
	)
}

fn of_pictures(side: u64, layers: &str) -> String {
	json(
		&format!(r#""dtype":"u8","shape":[1,{side},{side}],"scale":0.00392156862745098"#),
		&format!(r#""dtype":"u8","shape":[],"classes":{CLASSES}"#),
		&format!(r#"{layers},{{"type":"linear","out":{CLASSES}}}"#),
	)
}

/// Returns linear layers with so many outputs, each with an activation behind it.
fn perceptron(side: u64, outputs: &[u64], activation: &str) -> String {
	let layer = |out: &u64| format!(r#",{{"type":"linear","out":{out}}},{{"type":"{activation}"}}"#);
	of_pictures(side, &format!(r#"{{"type":"flatten"}}{}"#, outputs.iter().map(layer).collect::<String>()))
}

/// Returns two convolutions, with batch normalisations behind them or without.
fn convnet(side: u64, filters: u64, norm: bool) -> String {
	let norm = if norm { r#"{"type":"batch_norm"},"# } else { "" };
	let layer = |out: u64| {
		format!(
			r#"{{"type":"conv2d","out":{out},"kernel":3,"padding":1}},{norm}{{"type":"relu"}},
			{{"type":"max_pool2d","kernel":2}},"#
		)
	};
	let layers = format!(r#"{}{}{{"type":"flatten"}}"#, layer(filters), layer(filters * 2));
	of_pictures(side, &layers)
}

fn transformer(tokens: u64, width: u64) -> String {
	let block = r#"{"type":"transformer_block","heads":4}"#;
	json(
		&format!(r#""dtype":"i64","shape":[{tokens}]"#),
		&format!(r#""dtype":"i64","shape":[{tokens}],"classes":{VOCABULARY}"#),
		&format!(
			r#"{{"type":"embedding","vocabulary":{VOCABULARY},"dim":{width}}},{{"type":"position_embedding"}},
			{block},{block},{{"type":"layer_norm"}},{{"type":"linear","out":{VOCABULARY}}}"#
		),
	)
}

/// Returns all cases, those of MNIST if there is its folder, and that of a large model if it is asked for.
pub(crate) fn cases(quick: bool, mnist: Option<&Path>, large: bool) -> Vec<Case> {
	let Sizes { side, hidden, filters, width, tokens } = if quick { QUICK } else { FULL };
	let perceptron_name = |activation| format!("mlp {}-{hidden}-10, {activation}", side * side);
	let blobs = Source::Blobs { side };
	let mut models = vec![
		(perceptron_name("relu"), perceptron(side, &[hidden], "relu"), blobs.clone()),
		(perceptron_name("tanh"), perceptron(side, &[hidden], "tanh"), blobs.clone()),
		("convnet, relu".into(), convnet(side, filters, false), blobs.clone()),
		("convnet, batch norm, relu".into(), convnet(side, filters, true), blobs.clone()),
		("transformer, gelu".into(), transformer(tokens, width), Source::Tokens { length: tokens }),
	];
	if let Some(folder) = mnist {
		let mnist = Source::Mnist { folder: folder.into() };
		let name = format!("mlp 784-{hidden}-10, relu, MNIST");
		models.push((name, perceptron(28, &[hidden], "relu"), mnist.clone()));
		if !quick {
			models.push(("convnet, relu, MNIST".into(), convnet(28, filters, false), mnist.clone()));
			models.push(("convnet, batch norm, relu, MNIST".into(), convnet(28, filters, true), mnist));
		}
	}
	let with = |(model, json, source): (String, String, Source)| {
		let case = move |optimizer| {
			let (model, json, source) = (model.clone(), json.clone(), source.clone());
			Case { model, json, source, optimizer, is_large: false }
		};
		METHODS.iter().map(case)
	};
	let mut cases: Vec<_> = models.into_iter().flat_map(with).collect();
	if large {
		let (model, json) = ("mlp 784-2048-2048-2048-10, relu", perceptron(28, &[2048; 3], "relu"));
		let source = Source::Blobs { side: 28 };
		cases.extend(METHODS.first().map(|optimizer| Case {
			model: model.into(),
			json,
			source,
			optimizer,
			is_large: true,
		}));
	}
	cases
}

impl Case {
	pub(crate) fn description(&self) -> Result<Description> {
		Ok(Description::parse(self.json.as_bytes())?)
	}
}
