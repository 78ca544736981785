//! Lets the binary find libtorch where it was linked from, without LD_LIBRARY_PATH.

fn main() {
	println!("cargo:rerun-if-env-changed=LIBTORCH");
	if let Ok(libtorch) = std::env::var("LIBTORCH") {
		println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
		// nothing calls into libtorch.so itself, but a CUDA build of it is what loads the GPU's kernels
		println!("cargo:rustc-link-arg=-L{libtorch}/lib");
		println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
		println!("cargo:rustc-link-arg=-ltorch");
	}
}
