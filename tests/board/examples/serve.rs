//! Mounts the ready-made machine at a directory, with its time running, until Ctrl-C or the end of stdin.
//!
//! ```text
//! mkdir -p /tmp/board && cargo run -p hearth-board --example serve -- /tmp/board
//! hearth run --root /tmp/board
//! ```

use hearth_board::trees;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(dir), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: serve DIR (an existing directory; needs root and /dev/fuse)");
        return ExitCode::from(2);
    };
    // Blocked before any thread starts, so that none of them dies of what main waits for.
    let ends: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    if let Err(errno) = ends.thread_block() {
        eprintln!("serve: block the signals that end it: {errno}");
        return ExitCode::FAILURE;
    }
    let board = trees::linux_6_1().let_time_run();
    let mounted = match board.mount(&dir) {
        Ok(mounted) => mounted,
        Err(error) => {
            eprintln!("serve: {error}");
            return ExitCode::FAILURE;
        }
    };
    eprintln!("serving at {}; Ctrl-C or the end of stdin ends it", mounted.dir().display());
    std::thread::spawn(end_with_stdin);
    let waited = ends.wait();
    let ended = mounted.unmount();
    if let Err(errno) = waited {
        eprintln!("serve: wait for a signal: {errno}");
        return ExitCode::FAILURE;
    }
    if let Err(error) = ended {
        eprintln!("serve: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Reads stdin to its end, then asks the process to end. A stdin that cannot be read has ended too.
fn end_with_stdin() {
    if let Err(error) = io::copy(&mut io::stdin().lock(), &mut io::sink()) {
        eprintln!("serve: read stdin: {error}");
    }
    if let Err(errno) = kill(Pid::this(), Signal::SIGTERM) {
        eprintln!("serve: end at the end of stdin: {}", Errno::desc(errno));
    }
}
