use super::*;
use serde_json::json;

/// A model with these layers, all of whose weights are zero but for those that `weights` sets.
pub(crate) fn predictor(
	input: &str,
	target: &str,
	layers: &str,
	loss: &str,
	weights: impl Fn(&str, &mut [f32]),
) -> Predictor {
	let json = format!(
		r#"{{"descent":1,"name":"m","inputs":[{{"column":"x",{input}}}],"target":{{"column":"y",{target}}},
		"layers":[{layers}],"loss":"{loss}"}}"#
	);
	let description = Description::parse(json.as_bytes()).unwrap();
	let tensors = description.plan().tensors().map(|spec| {
		let mut values = vec![0.0; usize::try_from(spec.values()).unwrap()];
		weights(&spec.name, &mut values);
		values
	});
	let tensors = tensors.collect();
	Predictor::new(Checkpoint::from_values(&description, tensors).unwrap()).unwrap()
}

/// A classifier of two numbers whose class is the larger one.
pub(crate) fn larger() -> Predictor {
	let (input, target) = (r#""dtype":"f32","shape":[2]"#, r#""dtype":"u8","shape":[],"classes":2"#);
	predictor(input, target, r#"{"type":"linear","out":2,"bias":false}"#, "cross_entropy", |_, weight| {
		weight.copy_from_slice(&[1.0, 0.0, 0.0, 1.0]);
	})
}

/// A language model of 4 tokens out of 3, which predicts that each token is followed by itself.
fn repeating() -> Predictor {
	let (input, target) = (r#""dtype":"u8","shape":[4]"#, r#""dtype":"u8","shape":[4],"classes":3"#);
	let layers = r#"{"type":"embedding","vocabulary":3,"dim":3},{"type":"linear","out":3,"bias":false}"#;
	predictor(input, target, layers, "cross_entropy", |_, weight| {
		weight.copy_from_slice(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
	})
}

fn ask(predictor: &Predictor, input: Value) -> Prediction {
	let encoded = predictor.encode(&input).unwrap();
	predictor.predict(&[encoded], true).unwrap().remove(0)
}

#[test]
fn a_classifier_names_the_most_probable_class() {
	let answer = ask(&larger(), json!([1.0, 3]));
	let expected = 1.0 / (1.0 + (-2f64).exp());
	assert_eq!(answer.class, Some(1));
	assert!((answer.probability.unwrap() - expected).abs() < 1e-12, "{answer:?}");
	assert!((answer.probabilities[0] + expected - 1.0).abs() < 1e-12, "{answer:?}");
	assert_eq!(ask(&larger(), json!([[2], [2]])).class, Some(0));
}

#[test]
fn a_sequence_may_end_early() {
	let answer = ask(&repeating(), json!([2, 0, 1]));
	assert_eq!((answer.class, answer.classes), (Some(1), vec![2, 0, 1]));
	let whole = ask(&repeating(), json!([2, 0, 1, 2]));
	assert_eq!((whole.class, whole.classes.len()), (Some(2), 4));
	let text = repeating().encode_text("\u{1}\u{2}").unwrap();
	assert_eq!(text, Encoded { bytes: vec![1, 2, 0, 0], given: 2 });
}

#[test]
fn a_regression_answers_numbers() {
	let (input, target) = (r#""dtype":"i32","shape":[1],"shift":0.5"#, r#""dtype":"f32","shape":[2]"#);
	let double = predictor(input, target, r#"{"type":"linear","out":2}"#, "mse", |name, values| {
		if name.ends_with("weight") {
			values.copy_from_slice(&[2.0, -1.0]);
		}
	});
	assert_eq!(ask(&double, json!([3])).values, [7.0, -3.5]);
}

#[test]
fn inputs_that_do_not_fit_are_named() {
	let reason = |predictor: &Predictor, input| format!("{:#}", predictor.encode(&input).unwrap_err());
	assert!(reason(&larger(), json!([1.0])).contains("has 2 numbers, of the shape [2], not 1"));
	assert!(reason(&larger(), json!([1, 2, 3])).contains("more numbers"));
	assert!(reason(&larger(), json!([1, "2"])).contains("is no number that f32 holds"));
	assert!(reason(&larger(), json!([1, 1e300])).contains("is no number that f32 holds"));
	assert!(reason(&repeating(), json!([])).contains("not 0"));
	assert!(reason(&repeating(), json!([256])).contains("that u8 holds"));
	assert!(reason(&repeating(), json!([3])).contains("3"));
	assert!(larger().encode_text("x").unwrap_err().to_string().contains("tokenizer"));
}

#[test]
fn several_inputs_are_fields_of_an_object() {
	let json = r#"{"descent":1,"name":"m","inputs":[{"column":"a","dtype":"u16","shape":[2]},
		{"column":"b","dtype":"f32","shape":[]}],"target":{"column":"y","dtype":"f32","shape":[]},
		"layers":[{"type":"linear","out":1,"bias":false}],"loss":"mse"}"#;
	let description = Description::parse(json.as_bytes()).unwrap();
	let checkpoint = Checkpoint::from_values(&description, vec![vec![1.0, 10.0, 100.0]]).unwrap();
	let predictor = Predictor::new(checkpoint).unwrap();
	assert_eq!(ask(&predictor, json!({"b": -0.5, "a": [300, 4]})).values, [290.0]);
	assert_eq!(predictor.schema().columns.len(), 2, "a table has both");
	let reason = |input| format!("{:#}", predictor.encode(&input).unwrap_err());
	assert!(reason(json!([300, 4, -0.5])).contains("an object with the fields a, b"));
	assert!(reason(json!({"a": [300, 4]})).contains("the field 'b' is missing"));
	assert!(reason(json!({"a": [300], "b": 1})).contains("the field 'a' cannot be used: an input has 2"));
	assert!(reason(json!({"a": [300, 70_000], "b": 1})).contains("that u16 holds"));
	assert!(reason(json!({"a": [1, 2], "b": 1, "c": 1})).contains("has 2 fields, not 3"));
	assert!(reason(json!({"a": [1, 2], "b": f64::MAX})).contains("that f32 holds"));
	assert!(predictor.encode_text("x").unwrap_err().to_string().contains("several inputs"));
}
