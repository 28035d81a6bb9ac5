//! What is run around runs, how often, with which parameters, and what is counted.

use serde_json::Value;

use super::tool::Desk;

#[test]
fn everything_around_runs_is_run_in_its_place_as_often_as_it_should() {
    let desk = Desk::new();
    let note = |letter: &str| format!("printf {letter} >> log");
    let [setup, prepare, conclude, cleanup] = ["s", "p", "c", "e"].map(note);
    let around = ["--setup", &setup, "--prepare", &prepare, "--conclude", &conclude, "--cleanup", &cleanup];
    let out =
        desk.profiled(&[&around[..], &["-w", "2", "-r", "3", "--", "sh", "-c", "printf r >> log"]].concat());
    assert_eq!(desk.text("log"), format!("s{}e", "prc".repeat(5)));
    assert!(out.contains("[3 runs;"), "{out}");
}

#[test]
fn what_fails_around_a_run_is_named_and_ends_it() {
    let desk = Desk::new();
    for option in ["--setup", "--prepare", "--conclude", "--cleanup"] {
        let said = desk.profile(&["-r", "1", option, "exit 3", "-n", "mine", "--", "true"]);
        assert_eq!(said.code, Some(1), "{option}");
        assert!(said.err.contains(&format!("{option} of mine failed: exit code 3")), "{}", said.err);
    }
}

fn of(export: &Value, key: &str) -> Vec<String> {
    let results = export["results"].as_array().expect("results").iter();
    results
        .map(|result| result[key].as_str().map_or_else(|| result[key].to_string(), str::to_owned))
        .collect()
}

#[test]
fn a_scan_of_numbers_runs_each_and_setup_knows_it() {
    let desk = Desk::new();
    let args = [
        "-P",
        "n",
        "1",
        "2",
        "-D",
        "0.5",
        "-r",
        "1",
        "--setup",
        "echo {n} >> log",
        "--export-json",
        "a.json",
    ];
    desk.profiled(&[&args[..], &["--", "sh", "-c", "exit 0 # {n}"]].concat());
    assert_eq!(desk.text("log"), "1\n1.5\n2.0\n");
    let parameters = of(&desk.json("a.json"), "parameters");
    assert_eq!(parameters, [r#"{"n":"1"}"#, r#"{"n":"1.5"}"#, r#"{"n":"2.0"}"#]);
}

#[test]
fn the_events_that_are_named_are_counted_or_said_to_be_missing() {
    let desk = Desk::new();
    let out = desk.profiled(&[
        "--counters",
        "task-clock,page-faults",
        "-r",
        "2",
        "--export-json",
        "a.json",
        "--",
        "true",
    ]);
    let hearth = &desk.json("a.json")["hearth"];
    let facts = &hearth["facts"];
    let counted = facts["counters"].as_array().expect("a list").len();
    let missing = facts["no_counters"].as_array().expect("a list").len();
    assert_eq!(counted + missing, 2, "{facts}");
    for run in hearth["results"][0]["runs"].as_array().expect("runs") {
        let counters = run["counters"].as_array().expect("a list");
        assert_eq!(counters.len(), counted);
        assert!(counters.iter().all(|one| one["value"].as_u64().is_some_and(|value| value > 0)), "{run}");
    }
    for (name, is_counted) in [("task-clock", true), ("page-faults", true), ("cycles", false)] {
        assert_eq!(out.contains(name), is_counted || out.contains(name) && missing > 0, "{name} in {out}");
    }
}

#[test]
fn what_phases_counted_is_what_their_run_counted() {
    let desk = Desk::new();
    let hearth = super::tool::program();
    let hearth = hearth.to_str().expect("a plain path");
    let script = "\"$0\" mark one; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; \"$0\" mark two; : | cat";
    let args = ["--phases", "--counters", "task-clock,page-faults,context-switches", "-r", "3"];
    desk.profiled(&[&args[..], &["--export-json", "a.json", "--", "sh", "-c", script, hearth]].concat());
    for run in desk.json("a.json")["hearth"]["results"][0]["runs"].as_array().expect("runs") {
        let phases = run["phases"].as_array().expect("phases");
        assert_eq!(phases.len(), 3, "{run}");
        for (at, whole) in run["counters"].as_array().expect("counters").iter().enumerate() {
            let parts = phases.iter().map(|phase| phase["counters"][at].as_u64().expect("a count"));
            assert_eq!(Some(parts.sum::<u64>()), whole["value"].as_u64(), "event {at} of {run}");
        }
    }
}
