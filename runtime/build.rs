//! Builds the runtime a second time, as the wasm that goes on chain.

fn main() {
	#[cfg(feature = "std")]
	{
		/// Tells the builder where the workspace and its lock file are; it would not find them from a target
		/// folder outside of it.
		const WORKSPACE: &str = "WASM_BUILD_WORKSPACE_HINT";
		if std::env::var_os(WORKSPACE).is_none() {
			let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
			std::env::set_var(WORKSPACE, package + "/..");
		}
		let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
		// The hash covers the token's symbol and decimals, too: those that a chain's properties have.
		#[cfg(feature = "metadata-hash")]
		let builder = builder.enable_metadata_hash("NRN", 12);
		builder.build();
	}
}
