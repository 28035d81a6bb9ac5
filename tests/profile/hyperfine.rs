//! Whatever hyperfine writes as JSON stands at the same place in ours, and is of the same kind.

use std::process::Command;

use serde_json::Value;

use super::tool::Desk;

/// Lists of parameters.
const LISTS: &[&str] = &["-L", "n", "0.001,0.002", "-L", "word", "a,b"];

/// Both programs on the same commands, with lists of parameters; none without hyperfine.
fn both(runs: &str) -> Option<(Value, Value)> {
    both_with(&[&["-r", runs], LISTS].concat(), ["sleep {n}", "false {word}"])
}

/// The same with these options, which both know.
fn both_with(more: &[&str], commands: [&str; 2]) -> Option<(Value, Value)> {
    let desk = Desk::new();
    let options = [&["-N", "-i"], more].concat();
    let mut hyperfine = Command::new("hyperfine");
    hyperfine.args(&options).args(["--style", "none", "--export-json"]).arg(desk.path("theirs.json"));
    match hyperfine.args(commands).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            println!(
                "NOT COMPARED WITH HYPERFINE, which would not start ({error}): .ci/install test installs it"
            );
            return None;
        }
    }
    let ours = ["--style", "none", "--export-json", "ours.json", "--vs", commands[1], "--", commands[0]];
    desk.profiled(&[&options[..], &ours].concat());
    Some((desk.json("theirs.json"), desk.json("ours.json")))
}

/// Every place of `theirs` that `ours` lacks or has something of another kind at.
fn differences(theirs: &Value, ours: &Value, at: &str, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (key, theirs) in theirs {
                let at = format!("{at}.{key}");
                match ours.get(key) {
                    Some(ours) => differences(theirs, ours, &at, found),
                    None => found.push(format!("{at} is missing")),
                }
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            if theirs.len() != ours.len() {
                found.push(format!("{at} has {} and not {} members", ours.len(), theirs.len()));
            }
            for (number, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                differences(theirs, ours, &format!("{at}[{number}]"), found);
            }
        }
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => {}
        (theirs, ours) => found.push(format!("{at} is {ours} and not like {theirs}")),
    }
}

#[test]
fn every_key_of_hyperfines_export_is_in_ours_with_the_same_kind_of_value() {
    for runs in ["1", "4"] {
        let Some((theirs, ours)) = both(runs) else { return };
        let mut found = Vec::new();
        differences(&theirs, &ours, "", &mut found);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// A result without what differs from run to run.
fn lasting(file: &Value) -> Vec<Value> {
    let results = file["results"].as_array().expect("results").iter();
    let keys = ["command", "parameters", "exit_codes"];
    results.map(|result| keys.iter().map(|key| result[*key].clone()).collect()).collect()
}

#[test]
fn names_scans_and_no_parameters_at_all_are_exported_as_hyperfine_does() {
    for (options, commands) in [
        (&["-r", "2", "-n", "first", "-n", "second"][..], ["true", "false"]),
        (&["-r", "2"], ["true", "false x"]),
        (&["-r", "1", "-n", "only the first"], ["true", "false"]),
        (&["-r", "1", "-P", "n", "1", "3"], ["true {n}", "false"]),
        (&["-r", "1", "-P", "n", "1", "2", "-D", "0.5"], ["true {n}", "false"]),
    ] {
        let Some((theirs, ours)) = both_with(options, commands) else { return };
        let mut found = Vec::new();
        differences(&theirs, &ours, "", &mut found);
        assert!(found.is_empty(), "{options:?}: {}", found.join("\n"));
        assert_eq!(lasting(&theirs), lasting(&ours), "{options:?}");
    }
}

#[test]
fn commands_parameters_and_exit_codes_are_those_of_hyperfine_in_its_order() {
    let Some((theirs, ours)) = both("2") else { return };
    assert_eq!(lasting(&theirs), lasting(&ours));
    assert_eq!(theirs["results"].as_array().map(Vec::len), Some(8), "two commands, two values, two words");
}

#[test]
fn the_comparison_of_the_exports_finds_what_is_missing_and_what_is_of_another_kind() {
    let value = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let theirs = value(r#"{"a": [1, 2], "b": {"c": "x", "d": null}, "e": 1.5}"#);
    let ours = value(r#"{"a": [1], "b": {"c": 3, "more": 1}, "e": 2}"#);
    let mut found = Vec::new();
    differences(&theirs, &ours, "", &mut found);
    assert_eq!(found, [".a has 1 and not 2 members", ".b.c is 3 and not like \"x\"", ".b.d is missing"]);
}
