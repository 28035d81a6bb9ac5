//! Ready-made machines, in the kernel's exact formats.

pub mod cgroup;
pub mod chips;
mod cpu;
mod disk;
pub mod energy;
pub mod law;
mod memory;
mod network;
mod network_tables;
mod process;
mod system;

use crate::{Board, Content};
use std::time::Duration;

/// A small home server: Linux 6.1, two CPUs, 8 GB, one disk, one NVMe drive, one wired interface. Its counters
/// grow by the laws in [`law`]; everything else stands still until a test changes it.
#[must_use]
pub fn linux_6_1() -> Board {
    // Processes first: `proc/net` leads through `proc/self`.
    let parts =
        [process::add, system::add, cpu::add, memory::add, disk::add, network::add, network_tables::add];
    parts.into_iter().fold(Board::new(), |board, add| add(board))
}

/// The small home server with everything about it that a sensor may find: chips, thermal zones, supplies and control
/// groups.
#[must_use]
pub fn home_server() -> Board {
    let board = chips::hwmon(linux_6_1(), chips::FIRST_START);
    cgroup::tree(chips::power_supply(chips::thermal(board)))
}

/// Text that follows board time.
fn over_time(render: impl Fn(Duration) -> String + Send + Sync + 'static) -> Content {
    Content::function(move |at| render(at.elapsed).into_bytes())
}

/// Adds one-line files of fixed text below a directory.
fn lines(board: Board, directory: &str, files: &[(&str, &str)]) -> Board {
    files.iter().fold(board, |board, (name, line)| {
        board.file(&format!("{directory}/{name}"), Content::text(&format!("{line}\n")))
    })
}
