//! What the operator reads.

use core::fmt;

/// Says what is wrong and what to do about it.
pub(super) fn warn(target: &'static str, message: fmt::Arguments) {
	#[cfg(test)]
	HEARD.with_borrow_mut(|heard| heard.push(format!("{target}: {message}")));
	log::warn!(target: target, "{message}");
}

#[cfg(test)]
std::thread_local! {
	static HEARD: core::cell::RefCell<Vec<String>> = const { core::cell::RefCell::new(Vec::new()) };
}

/// The warnings of this thread's runs since this was asked last.
#[cfg(test)]
pub(crate) fn heard() -> Vec<String> {
	HEARD.take()
}
