//! Another configuration while it runs: by SIGHUP, by a change of the file, and with faults.

use std::fs;

use nix::sys::signal::Signal;

use crate::running::{Hearth, Plan};

/// What the status says became of a sensor.
fn state(hearth: &Hearth, sensor: &str) -> String {
    let status = hearth.status();
    let all = status["sensors"].as_array().expect("sensors");
    let found = all.iter().find(|row| row["sensor"] == sensor).unwrap_or_else(|| panic!("no {sensor}"));
    found["state"].as_str().expect("a word").to_owned()
}

fn reloads(hearth: &Hearth) -> String {
    hearth.status()["configuration_reloads"].to_string()
}

fn value(hearth: &Hearth, sample: &str) -> Option<String> {
    let answer = hearth.tcp().get("/metrics");
    let line = answer.text().lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.map(str::to_owned)
}

fn status_of_host(hearth: &Hearth, host: &str) -> u16 {
    hearth.tcp().ask("GET", "/healthz", &[("Host", host)]).status
}

#[test]
fn sighup_applies_what_may_change_and_names_what_waits_for_a_restart() {
    let plan = Plan::new();
    // The file is changed under its second name, in a directory that nobody watches: only the signal tells of it.
    fs::create_dir(plan.path("elsewhere")).expect("a directory");
    let second_name = plan.path("elsewhere/other.toml");
    fs::hard_link(plan.path("hearth.toml"), &second_name).expect("a second name");
    let hearth = plan.start();
    assert_eq!(state(&hearth, "loadavg"), "armed");
    assert_eq!(status_of_host(&hearth, "attic.example"), 421);
    let text = "[lanes]\nidle_rate_hz = 25\n[ring]\nseconds = 30\n[sensors]\ndisabled = [\"loadavg\"]\n\
                [serve]\nhosts = [\"attic.example\"]\n";
    fs::write(second_name, text).expect("written");
    hearth.signal(Signal::SIGHUP);
    hearth.until("the sensor is off", || (state(&hearth, "loadavg") == "disabled").then_some(()));
    hearth.until("its series are gone", || value(&hearth, "node_load1").is_none().then_some(()));
    hearth.until("the lane's rate", || {
        (value(&hearth, "hearth_lane_rate_hertz{lane=\"steady\"}")? == "25").then_some(())
    });
    assert_eq!(status_of_host(&hearth, "attic.example"), 200);
    assert_eq!(status_of_host(&hearth, "cellar.example"), 421);
    // It counts once every sensor was armed anew, and the slow lane takes over one a second.
    hearth.until("the reload counts", || (reloads(&hearth) == "1").then_some(()));
    let note = hearth.note("configuration").expect("a note");
    assert_eq!(note, "takes effect when Hearth is started again: ring.seconds: 60 -> 30");
    hearth.expect_said(0, "lanes.idle_rate_hz: 10 -> 25");
}

#[test]
fn a_stream_is_refused_above_the_rate_that_was_configured_last() {
    let hearth = Plan::new().config("[lanes]\nmax_rate_hz = 500\n").start();
    let refusal = |range: &str| {
        hearth.until(range, || {
            let answer = hearth.tcp().get("/v1/stream?hz=1000");
            (answer.status == 400 && answer.text().contains(range)).then_some(())
        });
    };
    refusal("`hz` must be a number from 0.1 to 500, not `1000`");
    hearth.reconfigure("[lanes]\nmax_rate_hz = 100\n");
    refusal("`hz` must be a number from 0.1 to 100, not `1000`");
}

#[test]
fn a_changed_file_applies_whichever_way_an_editor_writes_it() {
    let hearth = Plan::new().start();
    let file = &hearth.config;
    let aside = |name: &str| hearth.home().join(name);
    let rate_is = |hz: &str| {
        hearth.until(hz, || (value(&hearth, "hearth_lane_rate_hertz{lane=\"steady\"}")? == hz).then_some(()));
    };
    fs::write(file, "[lanes]\nidle_rate_hz = 20\n").expect("written in place");
    rate_is("20");
    fs::write(aside("new"), "[lanes]\nidle_rate_hz = 21\n").expect("written beside it");
    fs::rename(aside("new"), file).expect("renamed over it");
    rate_is("21");
    fs::rename(file, aside("hearth.toml~")).expect("kept as a backup");
    fs::write(file, "[lanes]\nidle_rate_hz = 22\n").expect("written anew");
    rate_is("22");
    fs::remove_file(file).expect("taken away");
    hearth.expect_said(0, "cannot read the configuration");
    rate_is("22");
    std::os::unix::fs::symlink(aside("target"), file).expect("a link to nothing yet");
    fs::write(aside("target"), "[lanes]\nidle_rate_hz = 23\n").expect("written at the link's end");
    rate_is("23");
    hearth.until("no note is left", || hearth.note("configuration").is_none().then_some(()));
}

#[test]
fn a_faulty_file_changes_nothing_and_its_place_is_told_until_it_is_mended() {
    let hearth = Plan::new().config("[sensors]\ndisabled = [\"entropy\"]\n").start();
    let text = "[sensors]\ndisabled = []\n[lanes]\nidle_rate = 50\nmax_rate_hz = \"fast\"\n";
    hearth.reconfigure(text);
    let at = hearth.config.display();
    let note = hearth.until("a note", || hearth.note("configuration"));
    for words in [
        "not applied: ".to_owned(),
        format!("{at}:4:1: unknown key \"idle_rate\" in [lanes]; did you mean \"idle_rate_hz\"?"),
        format!("{at}:5:15: lanes.max_rate_hz: expected"),
    ] {
        assert!(note.contains(&words), "{words:?} in {note}");
    }
    let line = hearth.expect_said(0, "the configuration stays as it was");
    assert!(line.contains(&format!("{at}:4:1")) && line.contains(&format!("{at}:5:15")), "{line}");
    // A signal does not make it better.
    let lines = hearth.lines();
    hearth.signal(Signal::SIGHUP);
    hearth.expect_said(lines, "the configuration stays as it was");
    assert_eq!(state(&hearth, "entropy"), "disabled");
    assert_eq!(reloads(&hearth), "0");
    hearth.reconfigure("[sensors]\ndisabled = []\n");
    hearth.until("the sensor is on", || (state(&hearth, "entropy") == "armed").then_some(()));
    assert_eq!(hearth.note("configuration"), None);
}

#[test]
fn the_level_and_form_of_the_log_change_while_it_runs() {
    let hearth = Plan::new().config("[log]\nformat = \"text\"\n").start();
    let apply = |text: &str, count: &str| {
        hearth.reconfigure(text);
        hearth.until(text, || (reloads(&hearth) == count).then_some(()));
    };
    apply("[log]\nformat = \"text\"\nlevel = \"error\"\n", "1");
    hearth.expect_said(0, "INFO hearth::daemon: configuration: log.level: \"info\" -> \"error\"");
    apply("[log]\nformat = \"text\"\nlevel = \"error\"\n[lanes]\nidle_rate_hz = 30\n", "2");
    // Said under the level before: not at all.
    apply("[log]\nformat = \"json\"\nlevel = \"info\"\n[lanes]\nidle_rate_hz = 30\n", "3");
    apply("[log]\nformat = \"json\"\nlevel = \"info\"\n[lanes]\nidle_rate_hz = 31\n", "4");
    let line = hearth.expect_said(0, "configuration: lanes.idle_rate_hz: 30 -> 31");
    let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
    assert_eq!((&line["level"], &line["target"]), (&"INFO".into(), &"hearth::daemon".into()), "{line}");
    for unsaid in ["lanes.idle_rate_hz: 10 -> 30", "log.level: \\\"error\\\"", "log.level: \"error\""] {
        assert!(!hearth.has_said(0, unsaid), "{unsaid} was said below the level");
    }
}
