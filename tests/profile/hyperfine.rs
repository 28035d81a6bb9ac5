//! Whatever hyperfine writes as JSON stands at the same place in ours, and is of the same kind.

use std::process::Command;

use serde_json::Value;

use super::tool::Desk;

/// Both programs on the same commands; none without hyperfine.
fn both(runs: &str) -> Option<(Value, Value)> {
    let desk = Desk::new();
    let options = ["-N", "-i", "-r", runs, "-L", "n", "0.001,0.002", "-L", "word", "a,b"];
    let commands = ["sleep {n}", "false {word}"];
    let mut hyperfine = Command::new("hyperfine");
    hyperfine.args(options).args(["--style", "none", "--export-json"]).arg(desk.path("theirs.json"));
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

#[test]
fn commands_parameters_and_exit_codes_are_those_of_hyperfine_in_its_order() {
    let Some((theirs, ours)) = both("2") else { return };
    let picked = |file: &Value| -> Vec<Value> {
        let results = file["results"].as_array().expect("results").iter();
        let keys = ["command", "parameters", "exit_codes"];
        results.map(|result| keys.iter().map(|key| result[*key].clone()).collect()).collect()
    };
    assert_eq!(picked(&theirs), picked(&ours));
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
