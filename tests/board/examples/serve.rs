//! Mounts a ready-made machine at a directory, with its time running, until Ctrl-C or the end of stdin.
//!
//! ```text
//! mkdir -p /tmp/board && cargo run -p hearth-board --example serve -- /tmp/board intel-server
//! hearth run --root /tmp/board
//! ```

use hearth_board::{Board, trees, trees::energy};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use std::io;
use std::process::ExitCode;

/// A machine and the name it is asked for by.
type Named = (&'static str, fn() -> Board);

const MACHINES: &[Named] = &[
    ("home-server", trees::home_server),
    ("linux-6.1", trees::linux_6_1),
    ("intel-client", || energy::intel_client().board),
    ("intel-mmio-duplicate", || energy::intel_mmio_duplicate().board),
    ("intel-server", || energy::intel_server().board),
    ("intel-sapphire-rapids", || energy::intel_sapphire_rapids().board),
    ("intel-atom", || energy::intel_atom().board),
    ("intel-no-permission", || energy::intel_no_permission().board),
    ("intel-all-zero", || energy::intel_all_zero().board),
    ("intel-two-dies", || energy::intel_two_dies().board),
    ("intel-unknown-model", || energy::intel_unknown_model().board),
    ("amd-zen2", || energy::amd_zen2().board),
    ("amd-zen3", || energy::amd_zen3().board),
    ("hygon", || energy::hygon().board),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (dir, name, rest) = (arguments.next(), arguments.next(), arguments.next());
    let name = name.unwrap_or_else(|| "linux-6.1".into());
    let machine = MACHINES.iter().find(|(known, _)| name == *known);
    let (Some(dir), Some((_, machine)), None) = (dir, machine, rest) else {
        let names = MACHINES.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
        eprintln!(
            "usage: serve DIR [MACHINE]: an existing directory (needs root and /dev/fuse), one of {names}"
        );
        return ExitCode::from(2);
    };
    // Blocked before any thread starts, so that none of them dies of what main waits for.
    let ends: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    if let Err(errno) = ends.thread_block() {
        eprintln!("serve: block the signals that end it: {errno}");
        return ExitCode::FAILURE;
    }
    let board = machine().let_time_run();
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
