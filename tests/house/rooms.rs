//! The rows of rooms for devices beyond the kernel's own counters, and for what may hang: drives, chips, fans, UPS,
//! mounts; and those of the profiler. They belong to `ROOMS` of `tests/edges.rs`, and stand apart because a table has to
//! end somewhere.

use crate::house::walls::Room;

/// Of each room: its place, what it may name, and what its tests may name besides.
pub(crate) const OF_DEVICES: &[Room] = &[
    // Devices of a class are found by listing its directory.
    Room("drivers/src/class.rs", &["libc", "thiserror", "std::fs", "std::os"], &["std::env", "std::process"]),
    // A chip is known by where its device lies; a fan's channel is written.
    Room("drivers/src/hwmon", &["libc", "thiserror", "std::fs", "std::os"], &["std::env", "std::process"]),
    // A UPS is asked over the network.
    Room("drivers/src/nut/client.rs", &["libc", "std::net::TcpStream"], &[]),
    // File systems may hang for ever, so threads of their own ask them and leave answers behind a lock.
    Room(
        "src/sensors/probes.rs",
        &[
            "crate::sensors",
            "hearth_drivers",
            "hearth_model",
            "std::sync::Condvar",
            "std::sync::Mutex",
            "std::thread",
        ],
        &["std::fs"],
    ),
    Room(
        "src/sensors/filesystem/tests.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model"],
        &["hearth_hot::testing", "std::sync::Condvar", "std::sync::Mutex", "std::thread", "std::fs"],
    ),
    // A drive may hang in any command, so each has a thread of its own that leaves answers behind a lock; what goes to
    // a person at the command line says what was tried. The verdict below it sees neither.
    Room(
        "src/sensors/drive",
        &[
            "crate::pattern",
            "crate::sensors",
            "hearth_drivers",
            "hearth_hot::contract",
            "hearth_model",
            "thiserror",
            "std::sync",
            "std::thread",
        ],
        &["hearth_hot::source", "hearth_hot::testing", "std::fs"],
    ),
    Room("src/sensors/drive/verdict", &["hearth_model", "serde"], &[]),
    // What is remembered of a drive lies in a file, on its own thread; how long Hearth was away only the wall's clock says.
    Room(
        "src/sensors/drive/record",
        &[
            "crate::sensors",
            "hearth_drivers",
            "hearth_hot::contract",
            "hearth_model",
            "libc",
            "postcard",
            "serde",
            "tracing",
            "std::fs",
        ],
        &["hearth_hot::testing"],
    ),
    // A disk's bus is a link; bridges that only smartctl knows are asked by running it, on the disk's own thread.
    Room(
        "src/sensors/drive/ata",
        &[
            "crate::pattern",
            "crate::sensors",
            "hearth_drivers",
            "hearth_hot::contract",
            "hearth_model",
            "serde",
            "serde_json",
            "thiserror",
            "std::fs",
            "std::process",
            "std::sync",
            "std::thread",
        ],
        &["hearth_hot::series", "hearth_hot::source", "hearth_hot::testing", "std::os"],
    ),
    // Chips, firmware and servers may hang for ever, as file systems do.
    Room(
        "src/sensors/crew",
        &[
            "crate::sensors",
            "hearth_model",
            "std::sync::Condvar",
            "std::sync::Mutex",
            "std::sync::MutexGuard",
            "std::thread",
        ],
        &[],
    ),
    // NVIDIA's library is somebody else's code: loaded when asked for, on a thread that it may hang.
    Room("drivers/src/nvml.rs", &["nvml_wrapper", "thiserror", "std::fs"], &["std::env", "std::process"]),
    Room(
        "src/sensors/gpu",
        &[
            "crate::sensors",
            "hearth_drivers",
            "hearth_hot::contract",
            "hearth_model",
            "tracing",
            "std::sync::Condvar",
            "std::sync::Mutex",
            "std::thread",
        ],
        &["hearth_hot::testing"],
    ),
    // Its errand says in the log why a server does not answer.
    Room(
        "src/sensors/ups.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model", "tracing"],
        &["hearth_hot::source", "hearth_hot::testing", "std::net::TcpListener", "std::thread"],
    ),
    Room(
        "src/sensors/rounds.rs",
        &["crate::sensors", "hearth_drivers", "hearth_hot::contract", "hearth_model"],
        &["hearth_hot::testing", "libc"],
    ),
    // A control loop: the snapshot in, a chip's channel out, and a process that guards it.
    Room(
        "src/fans",
        &[
            "crate::config",
            "crate::meter",
            "crate::schema",
            "crate::snapshot",
            "crate::view",
            "hearth_drivers",
            "hearth_hot::clock",
            "hearth_hot::series",
            "hearth_model",
            "nix",
            "thiserror",
            "tracing",
            "std::os",
            "std::process",
            "std::sync::Mutex",
            "std::sync::mpsc",
            "std::thread",
        ],
        &["tempfile", "std::fs"],
    ),
    // A process of its own: its standard input, and a clock.
    Room(
        "src/cli/guard.rs",
        &["crate::cli", "crate::events", "crate::fans", "hearth_hot::clock", "std::os"],
        &[],
    ),
    // Fans are configured apart from the sensors that show them.
    Room(
        "src/cli/sensors.rs",
        &[
            "crate::armory",
            "crate::cli",
            "crate::config",
            "crate::fans",
            "crate::sensors",
            "clap",
            "hearth_hot",
            "hearth_model",
            // A sensor that hangs while it is armed wakes who lists it.
            "std::thread",
        ],
        &[],
    ),
];

/// The profiler's.
pub(crate) const OF_THE_PROFILER: &[Room] = &[
    // Its statistics are arithmetic and name nothing.
    Room("src/profile/stats", &["crate::profile"], &[]),
    // The box itself, by the sensor that the daemon has.
    Room(
        "src/profile/watch",
        &[
            "crate::armory",
            "crate::config",
            "crate::profile",
            "crate::sensors",
            "crate::view",
            "hearth_drivers",
            "hearth_hot",
            "hearth_model",
            "nix",
            "serde",
            "thiserror",
            "tracing",
            "std::thread",
        ],
        &[],
    ),
    // Texts, bytes and pictures of a record; who writes them to files is the command.
    Room(
        "src/profile/export",
        &[
            "crate::calendar",
            "crate::markup",
            "crate::profile",
            "plotters",
            "postcard",
            "serde",
            "serde_json",
            "thiserror",
        ],
        &[],
    ),
    Room(
        "src/profile",
        &[
            "crate::config",
            "hearth_drivers",
            "hearth_hot",
            "hearth_model",
            "libc",
            "nix",
            "serde",
            "serde_json",
            "thiserror",
            "tracing",
            // Where programs are looked for, and what they find set.
            "std::env",
            "std::fs",
            "std::os",
            "std::thread",
        ],
        &["tempfile"],
    ),
];
