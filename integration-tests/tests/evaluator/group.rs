//! A group whose checkpoints have 17 MB and take seconds to be measured.

use anyhow::{Context, Result};
use descent_integration_tests::{
	checkpoint::Tensor,
	offline::{Group, SEED},
	synthetic,
};
use descent_protocol::{Rounding, Score};

/// Width of the two hidden layers.
const WIDTH: u64 = 2_048;

/// Creates a group of a model with 4 million parameters on a validation set of this many points.
pub(crate) async fn heavy_group(records: u16) -> Result<Group> {
	let points = (0..records).map(|record| {
		let x = f32::from(record) / 1_024.0;
		[&x.to_le_bytes()[..], &0.5f32.to_le_bytes(), &[u8::from(record % 2 == 1)]].concat()
	});
	Group::of(&heavy_model(), points).await
}

/// Returns a description with two hidden layers of [`WIDTH`], whose checkpoints have 17 MB.
fn heavy_model() -> String {
	const LAYERS: &str = r#"[{"type": "linear", "out": 2}]"#;
	let hidden = format!(r#"{{"type": "linear", "out": {WIDTH}}}, {{"type": "tanh"}}"#);
	let layers = format!(r#"[{hidden}, {hidden}, {{"type": "linear", "out": 2}}]"#);
	synthetic::MODEL.replace(LAYERS, &layers)
}

/// Returns parameters of the heavy model that tell the classes nothing. Their loss is ln 2, whatever the
/// bias.
pub(crate) fn heavy(bias: f32) -> Vec<Tensor> {
	vec![
		Tensor::new("layers.0.weight", &[WIDTH, 2], &[]),
		Tensor::new("layers.0.bias", &[WIDTH], &[]),
		Tensor::new("layers.2.weight", &[WIDTH, WIDTH], &[]),
		Tensor::new("layers.2.bias", &[WIDTH], &[]),
		Tensor::new("layers.4.weight", &[2, WIDTH], &[]),
		Tensor::new("layers.4.bias", &[2], &[bias; 2]),
	]
}

/// Returns the score of a model that tells the classes nothing.
pub(crate) fn untrained() -> Result<Score> {
	Rounding::dithered(SEED).score(std::f64::consts::LN_2).context("ln 2 has a score")
}
