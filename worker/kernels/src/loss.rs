use crate::exp;

/// Returns true if every value is a finite number.
pub fn is_finite(values: &[f64]) -> bool {
	values.iter().all(|value| value.is_finite())
}

/// Returns the cross entropy of logits and a class, in nats.
pub fn cross_entropy(logits: &[f64], class: usize) -> f64 {
	let largest =
		logits.iter().fold(f64::NEG_INFINITY, |largest, x| if *x <= largest { largest } else { *x });
	let sum = logits.iter().fold(0.0, |sum, x| sum + exp(x - largest));
	let Some(own) = logits.get(class) else {
		return f64::NAN;
	};
	libm::log(sum) - (own - largest)
}

/// Returns the squared difference.
pub fn squared_error(output: f64, target: f64) -> f64 {
	(output - target) * (output - target)
}

/// Returns 1 if the largest logit, the first of equal ones, is not that of the class, and else 0.
pub fn wrong_label(logits: &[f64], class: usize) -> f64 {
	let mut best = 0;
	for (label, logit) in logits.iter().enumerate() {
		if logits.get(best).is_some_and(|largest| logit > largest) {
			best = label;
		}
	}
	f64::from(u8::from(best != class))
}
