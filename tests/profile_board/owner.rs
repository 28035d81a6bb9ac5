//! What the owner does to a profile while it runs.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::furnace::Furnace;
use super::rig::{Figures, Rig, runs};

#[test]
fn ctrl_c_leaves_a_report_of_the_whole_runs() {
    let Some(rig) = Rig::set(Furnace::new(20_000, &[])) else { return };
    let arguments = ["--idle-baseline", "off", "-r", "100000", "--output", "inherit", "--"];
    let mut command = rig.command(&[&arguments[..], &["echo begun; sleep 0.02"]].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program runs");
    let pid = Pid::from_raw(child.id().try_into().expect("a process number"));
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    for _ in 0..4 {
        let line = lines.next().expect("the command is run again").expect("text");
        assert_eq!(line, "begun");
    }
    kill(pid, Signal::SIGINT).expect("it can be told to stop");
    // So that it never waits for somebody who reads.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    child.wait().expect("it ends");
    let export = rig.export();
    assert_eq!(export["hearth"]["cut_short"], true);
    let runs = runs(&export, 0);
    assert!((3..100_000).contains(&runs.len()), "{} runs", runs.len());
    for run in runs {
        assert_eq!((&run["cut_short"], &run["exit_code"]), (&false.into(), &0.into()));
        let figures = Figures::of(run);
        figures.hold(20.0 * figures.wall_s, 0.0);
    }
    println!("{}", rest.join("\n"));
}
