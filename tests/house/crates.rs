//! The crates' walls: which crate may depend on what.

use crate::house::walls::Crate;

/// Of each crate of the workspace: its folder, what it may depend on, and what its tests may besides.
pub(crate) const CRATES: &[Crate] = &[
    Crate(
        "",
        &[
            "bytes",
            "clap",
            "console",
            "hearth-drivers",
            "hearth-hot",
            "hearth-model",
            "hyper",
            "indicatif",
            "libc",
            "nix",
            "plotters",
            "postcard",
            "serde",
            "serde_json",
            "socket2",
            "thiserror",
            "tokio",
            "tokio-uring",
            "toml",
            "tracing",
        ],
        &["hearth-board", "hearth-measure", "sha2", "tempfile"],
    ),
    Crate("src/model", &[], &[]),
    Crate("src/hot", &["hdrhistogram", "hearth-model", "libc", "loom", "nix", "rtrb", "thiserror"], &[]),
    // Quantities only: no metric ids, so not even the model.
    Crate(
        "drivers",
        &["io-uring", "libc", "memchr", "nix", "nvml-wrapper", "perf-event2", "thiserror"],
        &["futures-util", "procfs", "rtnetlink", "tokio"],
    ),
    Crate("tests/board", &["fuser", "nix", "thiserror"], &[]),
    Crate("benches/measure", &["nix", "socket2"], &[]),
    // Rooms to come.
    Crate("display", &["embedded-graphics", "hearth-model"], &[]),
    Crate("initramfs", &["hearth-drivers", "libc", "nix", "thiserror"], &[]),
    // The boot contract is a module of `hearth-init`; no crate that runs on the box otherwise.
    Crate("image", &["hearth-init", "thiserror"], &[]),
];
