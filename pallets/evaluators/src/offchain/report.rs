use core::fmt;

/// Says the operator what is wrong and what to do about it.
pub fn warn(target: &'static str, message: fmt::Arguments) {
	#[cfg(feature = "std")]
	HEARD.with_borrow_mut(|heard| heard.push(alloc::format!("{target}: {message}")));
	log::warn!(target: target, "{message}");
}

#[cfg(feature = "std")]
std::thread_local! {
	static HEARD: core::cell::RefCell<alloc::vec::Vec<alloc::string::String>> =
		const { core::cell::RefCell::new(alloc::vec::Vec::new()) };
}

/// The warnings of this thread's runs since this was asked last.
#[cfg(feature = "std")]
pub(super) fn heard() -> alloc::vec::Vec<alloc::string::String> {
	HEARD.take()
}
