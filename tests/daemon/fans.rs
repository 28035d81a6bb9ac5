//! Fans on a tree of files that stands for a board: followed, lost, handed back however the program ends.
//!
//! A regular file keeps what a shorter text does not cover, so that the first line is what counts, as for a chip.

use std::fs;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::running::{Hearth, Plan};

/// From 40 °C (20 %, 51 of 255) to 80 °C (100 %).
const FAN: &str = "[[fan]]\nname = \"case\"\npwm = \"nct6775/pwm1\"\ntemperature = \"nct6775/temp1\"\n\
                   points = [[40, 20], [80, 100]]\nhysteresis = 0\nminimum = 10\n";

/// A box with one chip, whose firmware drives its fan (mode 5) at 77.
struct Chip(TempDir);

impl Chip {
    fn new() -> Self {
        // Not in the directory of Hearth's own, which goes with it.
        let chip = Self(tempfile::tempdir().expect("a directory of the test's own"));
        fs::create_dir_all(chip.directory()).expect("a directory in it");
        for (file, text) in
            [("name", "nct6775\n"), ("temp1_input", "60000\n"), ("pwm1", "77\n"), ("pwm1_enable", "5\n")]
        {
            chip.write(file, text);
        }
        chip
    }

    fn directory(&self) -> PathBuf {
        self.0.path().join("sys/class/hwmon/hwmon0")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.directory().join(file), text).expect("written");
    }

    fn shows(&self, duty: &str, mode: &str) -> Option<()> {
        (self.first_line("pwm1") == duty && self.first_line("pwm1_enable") == mode).then_some(())
    }

    fn first_line(&self, file: &str) -> String {
        let text = fs::read_to_string(self.directory().join(file)).expect("readable");
        text.lines().next().unwrap_or("").to_owned()
    }
}

fn started(config: &str) -> (Hearth, Chip) {
    let chip = Chip::new();
    let root = chip.0.path().to_str().expect("a plain path");
    (Plan::new().config(config).with(&["--root", root]).start(), chip)
}

/// The processes that Hearth has started and that still run.
fn children(hearth: &Hearth) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{}/task", hearth.pid())).expect("it runs");
    let children = |task: fs::DirEntry| fs::read_to_string(task.path().join("children"));
    // A thread that has ended meanwhile has no children any more.
    let lists = tasks.filter_map(|task| children(task.expect("listed")).ok()).collect::<Vec<_>>().join(" ");
    lists.split_whitespace().map(|pid| pid.parse().expect("a process number")).collect()
}

#[test]
fn a_fan_follows_its_temperature_and_is_handed_back_at_the_end() {
    let (hearth, chip) = started(FAN);
    hearth.until("60 °C are 60 %", || chip.shows("153", "1"));
    chip.write("temp1_input", "40000\n");
    hearth.until("40 °C are 20 %", || chip.shows("51", "1"));
    hearth.until("the figures show it", || {
        let answer = hearth.tcp().get("/metrics");
        answer.text().contains("hearth_fan_duty_ratio{fan=\"case\"} 0.2\n").then_some(())
    });
    hearth.signal(Signal::SIGTERM);
    let ended = hearth.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_eq!(chip.shows("51", "5"), Some(()), "the firmware has it again");
}

#[test]
fn a_killed_hearth_leaves_a_fan_at_full_speed_in_the_mode_it_was_found_in() {
    let (hearth, chip) = started(FAN);
    hearth.until("it is followed", || chip.shows("153", "1"));
    hearth.signal(Signal::SIGKILL);
    // The guard holds the log's pipe as well, so that this waits for its end too.
    let ended = hearth.ended();
    assert_eq!(ended.code, None, "{}", ended.said);
    assert_eq!(chip.shows("255", "5"), Some(()));
}

#[test]
fn a_killed_guard_is_replaced_before_it_is_needed() {
    if !std::path::Path::new("/proc/thread-self/children").exists() {
        hearth_board::not_run(
            "guard",
            "this kernel, without CONFIG_PROC_CHILDREN, does not tell who the guard is",
        );
        return;
    }
    let (hearth, chip) = started(FAN);
    hearth.until("it is followed", || chip.shows("153", "1"));
    let [guard] = children(&hearth)[..] else { panic!("one guard: {:?}", children(&hearth)) };
    // What asks a service to end does not end its guard.
    kill(Pid::from_raw(guard), Signal::SIGTERM).expect("it runs");
    kill(Pid::from_raw(guard), Signal::SIGKILL).expect("it runs still");
    hearth.until("there is another guard", || match children(&hearth)[..] {
        [other] if other != guard => Some(()),
        _ => None,
    });
    // The new one has been told of the fan once the next turn was driven under its eyes.
    chip.write("temp1_input", "40000\n");
    hearth.until("it is followed on", || chip.shows("51", "1"));
    hearth.signal(Signal::SIGKILL);
    hearth.ended();
    assert_eq!(chip.shows("255", "5"), Some(()));
}

#[test]
fn a_fan_whose_temperature_is_lost_runs_at_full_speed_until_it_is_back() {
    let (hearth, chip) = started(FAN);
    hearth.until("it is followed", || chip.shows("153", "1"));
    chip.write("temp1_input", "not a number\n");
    hearth.until("full speed", || chip.shows("255", "1"));
    let note = hearth.until("it is noted", || hearth.note("fan case"));
    assert!(note.contains("at full speed") && note.contains("out_of_range"), "{note}");
    chip.write("temp1_input", "40000\n");
    hearth.until("followed again", || chip.shows("51", "1"));
    hearth.until("the note is gone", || hearth.note("fan case").is_none().then_some(()));
}

#[test]
fn a_fan_that_is_not_there_is_noted_and_nothing_else_stops() {
    let (hearth, chip) = started(&FAN.replace("pwm1", "pwm7"));
    let note = hearth.until("it is noted", || hearth.note("fan case"));
    assert!(note.contains("names 0 channels") && note.contains("has nct6775/pwm1"), "{note}");
    assert_eq!(chip.shows("77", "5"), Some(()), "nothing was touched");
    assert_eq!(hearth.tcp().get("/healthz").status, 200);
}
