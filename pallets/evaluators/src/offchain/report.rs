//! Warnings to the operator.

use core::fmt;

/// Logs a warning for the operator, which says what is wrong and what to do about it.
pub fn warn(target: &'static str, message: fmt::Arguments) {
	#[cfg(feature = "std")]
	WARNINGS.with_borrow_mut(|warnings| warnings.push(alloc::format!("{target}: {message}")));
	log::warn!(target: target, "{message}");
}

#[cfg(feature = "std")]
std::thread_local! {
	static WARNINGS: core::cell::RefCell<alloc::vec::Vec<alloc::string::String>> =
		const { core::cell::RefCell::new(alloc::vec::Vec::new()) };
}

/// Takes the warnings of this thread's runs since the last call.
#[cfg(feature = "std")]
pub(super) fn warnings() -> alloc::vec::Vec<alloc::string::String> {
	WARNINGS.take()
}
