//! Tells the linker where the program's code goes: see `steady.ld`.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=src/link/steady.ld");
    // Cargo sets both for every build script. A build that is not optimized is left as it is: it is not run for long.
    let is_release = env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    if let Some(root) = env::var_os("CARGO_MANIFEST_DIR").filter(|_| is_release) {
        let order = Path::new(&root).join("src/link/steady.ld");
        println!("cargo::rustc-link-arg-bin=hearth=-Wl,-T,{}", order.display());
    }
}
