//! What outlasts its time, or the owner's patience, is ended with all that it started, and what was found is told.

use std::fs;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use super::tool::{Desk, Said};

/// Returns when a process is gone. It is killed by then, and whoever adopts it reaps it in its own time.
fn wait_until_gone(number: &str) {
    let is_gone = || match fs::read_to_string(format!("/proc/{number}/stat")) {
        Ok(stat) => stat.contains(") Z "),
        Err(_absent) => true,
    };
    while !is_gone() {
        thread::yield_now();
    }
}

/// The first run is quick; the second tells its own number and its child's through `told`, and never ends.
const ENDLESS: &str = "if [ -e ran ]; then sleep 100000 & echo $$ $! > told; wait; else : > ran; fi";

#[test]
fn ctrl_c_ends_the_run_and_its_children_and_tells_what_was_found_until_then() {
    let desk = Desk::new();
    mkfifo(&desk.path("told"), Mode::S_IRWXU).expect("a pipe");
    let args = ["-r", "9", "--export-json", "a.json", "--export-html", "a.html", "--", "sh", "-c", ENDLESS];
    let mut command = desk.command(&args);
    let hearth = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    // Waits for the second run.
    let numbers = desk.text("told");
    let pid = Pid::from_raw(i32::try_from(hearth.id()).expect("a process number"));
    kill(pid, Signal::SIGINT).expect("the program is there");
    let said = Said::from(hearth.wait_with_output().expect("it ends"));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(said.out.contains("[1 run; ") && said.out.contains("Ended early"), "{}", said.out);
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    assert_eq!(numbers.len(), 2);
    numbers.into_iter().for_each(wait_until_gone);
    let json = desk.json("a.json");
    assert_eq!(json["hearth"]["cut_short"].to_string(), "true");
    assert_eq!(json["results"][0]["times"].as_array().map(Vec::len), Some(1));
    assert!(desk.text("a.html").contains("Ended early"));
}

#[test]
fn a_run_whose_time_is_up_is_killed_with_its_children_and_said_so() {
    let desk = Desk::new();
    mkfifo(&desk.path("told"), Mode::S_IRWXU).expect("a pipe");
    fs::write(desk.path("ran"), "").expect("written");
    // Held open for both, so that writing does not wait and reading does not end.
    let mut told = fs::File::options();
    let told = told.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    let mut told = told.open(desk.path("told")).expect("the pipe");
    let args = ["-r", "1", "--timeout", "2", "--export-json", "a.json", "--", "sh", "-c", ENDLESS];
    let out = desk.profiled(&args);
    assert!(out.contains("1 of 1 runs were killed because their time was up"), "{out}");
    let mut numbers = [0; 64];
    match told.read(&mut numbers) {
        Ok(length) => {
            let numbers = std::str::from_utf8(&numbers[..length]).expect("numbers");
            numbers.split_whitespace().for_each(wait_until_gone);
        }
        Err(error) => println!("NOT SHOWN: the machine is too busy for the run to have begun ({error})"),
    }
    assert_eq!(desk.json("a.json")["results"][0]["exit_codes"].to_string(), "[null]");
}
