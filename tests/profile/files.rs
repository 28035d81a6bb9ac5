//! What is written is read back, phases and estimates are in every form, and no privilege is needed.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;

use super::tool::{Desk, Said, program};

/// Takes processor time, so that an estimate is above nothing.
const BUSY: &str = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done";

#[test]
fn a_profile_read_back_from_either_file_says_the_same_again() {
    let desk = Desk::new();
    let out = desk.profiled(&[
        "-r",
        "6",
        "--estimate-tdp",
        "65",
        "--seed",
        "7",
        "--export-json",
        "a.json",
        "--export-postcard",
        "a.postcard",
        "--vs",
        BUSY,
        "--",
        "true",
    ]);
    assert!(out.contains("\n2  ") && out.contains("Order randomized, seed 7."), "{out}");
    for file in ["a.json", "a.postcard"] {
        assert_eq!(desk.profiled(&["--analyze", file]), out, "{file}");
    }
    desk.profiled(&["--analyze", "a.postcard", "--style", "none", "--export-json", "b.json"]);
    assert_eq!(desk.text("a.json"), desk.text("b.json"));
    let (json, postcard) =
        (desk.text("a.json").len(), fs::read(desk.path("a.postcard")).expect("read").len());
    assert!(postcard * 2 < json, "{postcard} and {json} bytes");
}

#[test]
fn another_reference_and_other_units_can_be_asked_of_an_old_profile() {
    let desk = Desk::new();
    desk.profiled(&[
        "-r",
        "5",
        "--export-json",
        "a.json",
        "-n",
        "first",
        "-n",
        "second",
        "--vs",
        "true",
        "--",
        "true",
    ]);
    let out = desk.profiled(&["--analyze", "a.json", "--reference-number", "2", "-u", "microsecond"]);
    assert!(out.contains("first beside second: ") && out.contains("Time [µs]"), "{out}");
}

#[test]
fn phases_that_a_program_marks_are_in_the_report_and_in_the_files() {
    let desk = Desk::new();
    let hearth = program();
    let hearth = hearth.to_str().expect("a plain path");
    let script = "\"$0\" mark 'load <it>'; \"$0\" mark work; echo a line by hand >&$HEARTH_PHASE_FD";
    let files = ["--export-json", "a.json", "--export-html", "a.html"];
    // The descriptor may have two digits, which only some shells understand.
    let script = script.replace(">&$HEARTH_PHASE_FD", "> /proc/self/fd/$HEARTH_PHASE_FD");
    let command = ["--phases", "-r", "1", "--", "sh", "-c", &script, hearth];
    let out = desk.profiled(&[&files[..], &command].concat());
    let json = desk.json("a.json");
    let phases = json["hearth"]["results"][0]["runs"][0]["phases"].as_array().expect("phases").clone();
    let names: Vec<&Value> = phases.iter().map(|phase| &phase["name"]).collect();
    assert_eq!(names, ["start", "load <it>", "work", "a line by hand"]);
    for name in ["start", "load <it>", "work", "a line by hand"] {
        assert!(out.contains(name), "{name} in {out}");
    }
    let html = desk.text("a.html");
    assert!(html.contains("<caption>Phases, ") && html.contains("load &lt;it&gt;"), "{html}");
    let quiet = desk.profiled(&["-r", "1", "--", "sh", "-c", "\"$0\" mark load", hearth]);
    assert!(!quiet.contains("Phases"), "marks are heard where --phases is given: {quiet}");
}

#[test]
fn a_reference_is_run_before_the_others_and_they_are_compared_with_it() {
    let desk = Desk::new();
    let options =
        ["-r", "5", "--reference", "true old", "--reference-name", "old", "--export-json", "a.json"];
    let out =
        desk.profiled(&[&options[..], &["--sort", "mean-time", "--vs", "true 2", "--", "true 1"]].concat());
    for said in ["\n1  old\n", "\n2  true 1\n", "\n3  true 2\n", "true 1 beside old: ", "true 2 beside old: "]
    {
        assert!(out.contains(said), "{said:?} in {out}");
    }
    let json = desk.json("a.json");
    let commands: Vec<&Value> =
        json["hearth"]["results"].as_array().expect("results").iter().map(|one| &one["command"]).collect();
    assert_eq!(commands, ["true old", "true 1", "true 2"]);
}

#[test]
fn colours_and_the_way_they_are_refused_reach_the_report() {
    let desk = Desk::new();
    let args = ["-r", "2", "--", "true"];
    assert!(!desk.profiled(&args).contains('\x1b'), "a pipe shows no colours");
    assert!(desk.profiled(&[&["--style", "color"], &args[..]].concat()).contains("\x1b[1m"));
    // A pseudo terminal, made by a program that nearly every system has.
    let hearth = program();
    let line = format!("'{}' profile --root . --idle-baseline off -r 2 -- true", hearth.display());
    for (name, value, coloured) in
        [("TERM", "xterm", true), ("TERM", "dumb", false), ("NO_COLOR", "1", false)]
    {
        let mut script = Command::new("script");
        script
            .current_dir(desk.path(""))
            .args(["-qec", &line, "/dev/null"])
            .stdin(std::process::Stdio::null());
        script.env_remove("NO_COLOR").env("TERM", "xterm").env(name, value);
        let said = match script.output() {
            Ok(output) => Said::from(output),
            Err(error) => {
                return println!("NOT SHOWN: script, which makes a terminal, does not start ({error})");
            }
        };
        assert_eq!(said.code, Some(0), "{}", said.out);
        assert_eq!(said.out.contains("\x1b[1m"), coloured, "{name}={value}: {}", said.out);
    }
}

/// Every form of the report of one busy command beside another.
fn forms(desk: &Desk, more: &[&str]) -> [(&'static str, String); 6] {
    let names = ["a.json", "a.csv", "a.md", "a.html", "a.svg"];
    let options = ["--export-json", "--export-csv", "--export-markdown", "--export-html", "--export-svg"];
    let files: Vec<&str> = options.into_iter().zip(names).flat_map(|(option, name)| [option, name]).collect();
    let out = desk.profiled(&[more, &files[..], &["-r", "6", "--vs", BUSY, "--", "sh", "-c", BUSY]].concat());
    let [json, csv, markdown, html, svg] = names.map(|name| desk.text(name));
    [("terminal", out), ("JSON", json), ("CSV", csv), ("Markdown", markdown), ("HTML", html), ("SVG", svg)]
}

#[test]
fn an_estimate_is_called_one_in_every_form_and_a_measurement_in_none() {
    let desk = Desk::new();
    let marks = [
        "  Energy, estimated  ",
        "\"estimated\": true",
        ",estimated,,",
        "Energy [J, estimated]",
        "J <em>estimated</em>",
        "energy, estimated",
    ];
    for ((form, text), mark) in forms(&desk, &["--estimate-tdp", "65"]).iter().zip(marks) {
        assert!(text.contains(mark), "{form}: {mark:?} in {text}");
    }
    for ((form, text), mark) in forms(&desk, &[]).iter().zip(marks) {
        assert!(!text.contains(mark), "{form}: {mark:?} in {text}");
    }
}

#[test]
fn what_could_not_be_measured_is_said_with_its_remedy() {
    let desk = Desk::new();
    let [(_, out), .., (_, html), _] = forms(&desk, &[]);
    assert!(out.contains("Energy is not available: ") && out.contains("See `hearth sensors`"), "{out}");
    assert!(html.contains("<dt>Energy is not available</dt>") && html.contains("hearth sensors"), "{html}");
}

#[test]
fn an_account_without_any_privilege_can_profile() {
    const NOBODY: u32 = 65_534;
    let desk = Desk::new();
    let open = |name: &str| {
        fs::set_permissions(desk.path(name), fs::Permissions::from_mode(0o755)).expect("opened to everybody");
    };
    // Where the program lies may be closed to others.
    fs::copy(program(), desk.path("hearth")).expect("copied");
    open("hearth");
    open("");
    let mut command = Command::new(desk.path("hearth"));
    command.current_dir(desk.path("")).args(["profile", "-r", "2", "--idle-baseline", "off", "--", "true"]);
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let said = match command.output() {
        Ok(output) => Said::from(output),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            println!("NOT SHOWN: the folder for temporary files is closed to other accounts ({error})");
            return;
        }
        Err(error) => panic!("the program does not start: {error}"),
    };
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(said.out.contains("\n1  true") && said.out.contains("[2 runs; "), "{}", said.out);
}
