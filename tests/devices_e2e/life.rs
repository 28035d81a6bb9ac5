//! Signs of life for a service manager, from a program whose lane hangs.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::thread::park_timeout;
use std::time::Duration;

use hearth_board::{Fault, trees};

use super::program::Program;
use super::stage::{PATIENCE, Stage};

const HUNG: &str = "proc/meminfo";

/// Takes what the manager was told and has not heard yet; whether there was anything.
fn drain(manager: &UnixDatagram) -> bool {
    let mut was_told = false;
    manager.set_nonblocking(true).expect("a mode of the socket");
    loop {
        match manager.recv(&mut [0; 4096]) {
            Ok(_) => was_told = true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    manager.set_nonblocking(false).expect("a mode of the socket");
    was_told
}

fn hears_life(manager: &UnixDatagram) {
    let mut message = [0; 4096];
    loop {
        let length = manager.recv(&mut message).expect("something is said");
        if &message[..length] == b"WATCHDOG=1" {
            return;
        }
    }
}

/// Asks for the program's health until it is as wanted, and then some more.
fn health(stage: &Stage, wanted: u16, more: usize) {
    let mut seen = 0;
    for _ in 0..1200 {
        seen += usize::from(stage.program.get("/healthz").0 == wanted);
        if seen > more {
            return;
        }
        park_timeout(Duration::from_millis(100));
    }
    panic!("its health is never {wanted}");
}

#[test]
fn signs_of_life_are_withheld_while_the_steady_lane_hangs_and_come_again() {
    let home = tempfile::tempdir().expect("a directory of the test's own");
    let socket = home.path().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket of the test's own");
    manager.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("the board is mounted") else { return };
    let root = mounted.dir().to_str().expect("a plain path").to_owned();
    // One is due every tenth of a second.
    let environment = [("NOTIFY_SOCKET", socket.as_os_str()), ("WATCHDOG_USEC", OsStr::new("200000"))];
    let program = Program::start_in(&environment, &["--root", &root]);
    let stage = Stage { program, board, mounted };
    hears_life(&manager);
    stage.board.fault(HUNG, Fault::Hang);
    let hung = stage.board.reads(HUNG) + 1;
    stage.board.wait_for_reads(HUNG, hung, PATIENCE).expect("the lane reads the file");
    // From the moment at which its health is bad on, none is sent; one may have been on its way.
    health(&stage, 503, 10);
    drain(&manager);
    health(&stage, 503, 10);
    assert!(!drain(&manager), "a sign of life was sent while the lane hung");
    stage.board.clear(HUNG);
    hears_life(&manager);
    health(&stage, 200, 0);
}
