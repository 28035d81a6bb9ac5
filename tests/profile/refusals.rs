//! What cannot be done is refused in a sentence, with the exit code that says whose fault it is.

use std::fs;

use super::tool::Desk;

#[test]
fn options_that_make_no_sense_exit_with_2_and_a_sentence() {
    let desk = Desk::new();
    for (args, words) in [
        (&[][..], "nothing to measure: write the command after --, like: hearth profile -- sleep 0.1"),
        (&["-r", "0", "--", "true"], "0 is not in 1..="),
        (&["-r", "3", "-m", "5", "--", "true"], "cannot be used with"),
        (&["-m", "5", "-M", "3", "--", "true"], "--min-runs 5 is more than --max-runs 3"),
        (&["--rate-hz", "5000", "--", "true"], "5000 is not in 1..=1000"),
        (&["--target-precision", "0%", "--", "true"], "write a percentage from 0.01% to 50%"),
        (&["--estimate-tdp", "-5", "--", "true"], "error: "),
        (&["--estimate-tdp", "lots", "--", "true"], "write the watts of the processor under full load"),
        (&["--timeout", "0", "--", "true"], "write seconds, above 0"),
        (&["--counters", "cycles,cakes", "--", "true"], "\"cakes\" is no event; there are "),
        (&["-u", "parsec", "--", "true"], "write microsecond, millisecond or second"),
        (&["--reference-number", "2", "--", "true"], "--reference-number 2 of 1 commands"),
        (&["--reference", "true"], "nothing to measure: "),
        (&["--reference", "true", "--reference-number", "1", "--", "true"], "cannot be used with"),
        (&["--reference-name", "old", "--", "true"], "--reference <CMD>"),
        (&["-r", "5", "--target-precision", "1%", "--", "true"], "cannot be used with"),
        (
            &["--export-json", "a", "--export-csv", "./a", "--", "true"],
            "--export-json and --export-csv are both ./a",
        ),
        (&["--output", "a", "--export-svg", "a", "--", "true"], "--export-svg and --output are both a"),
        (&["-n", "a", "-n", "b", "--", "true"], "error: "),
        (&["-P", "n", "5", "1", "--", "true"], "error: "),
        (&["-D", "1", "--", "true"], "--parameter-scan"),
        (&["--analyze", "a.json", "--", "true"], "cannot be used with"),
    ] {
        let said = desk.profile(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(words), "{args:?}: {words:?} in {}", said.err);
    }
}

#[test]
fn what_says_how_commands_are_run_is_refused_where_none_is() {
    let desk = Desk::new();
    let options: [&[&str]; 24] = [
        &["--estimate-tdp", "65"],
        &["--phases"],
        &["-r", "3"],
        &["-m", "3"],
        &["-M", "3"],
        &["-w", "1"],
        &["--target-precision", "1%"],
        &["-p", "true"],
        &["--conclude", "true"],
        &["-s", "true"],
        &["-c", "true"],
        &["-N"],
        &["-S", "sh"],
        &["-i"],
        &["-n", "name"],
        &["-L", "x", "1,2"],
        &["--order", "interleaved"],
        &["--reference", "true"],
        &["--idle-baseline", "1"],
        &["--counters", "cycles"],
        &["--pin", "0"],
        &["--timeout", "1"],
        &["--output", "pipe"],
        &["--input", "null"],
    ];
    for option in options {
        for instead in [["--duration", "3600"], ["--analyze", "a.json"]] {
            let said = desk.profile(&[&instead[..], option].concat());
            assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{option:?}: {}", said.err);
            assert!(said.err.contains("cannot be used with"), "{instead:?} {option:?}: {}", said.err);
        }
    }
    let said = desk.profile(&["--analyze", "a.json", "--seed", "1"]);
    assert_eq!(said.code, Some(2), "the seed is in the file: {}", said.err);
}

#[test]
fn places_that_programs_could_not_read_or_write_are_known_before_the_first_run() {
    let desk = Desk::new();
    fs::create_dir(desk.path("folder")).expect("made");
    fs::write(desk.path("kept"), "kept").expect("written");
    for (option, place, words) in [
        ("--input", "none", "cannot read none: No such file or directory"),
        ("--input", "folder", "cannot read folder: "),
        ("--output", "no/such/folder", "cannot write no/such/folder: No such file or directory"),
        ("--output", "folder", "cannot write folder: "),
    ] {
        let said = desk.profile(&[option, place, "--", "touch", "it-ran"]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
        assert!(said.err.contains(words), "{words:?} in {}", said.err);
    }
    // What is there stays until a program writes to it.
    let said =
        desk.profile(&["--output", "kept", "--export-json", "no/such/folder", "--", "touch", "it-ran"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(!desk.path("it-ran").exists());
    desk.profiled(&["-r", "1", "--output", "new", "--input", "kept", "--", "cat"]);
    assert_eq!(desk.text("new"), "kept");
}

#[test]
fn a_command_that_fails_ends_it_with_1_and_the_option_that_lets_it_go_on() {
    let desk = Desk::new();
    let said =
        desk.profile(&["-n", "mine", "--export-json", "a.json", "--", "sh", "-c", "echo why >&2; exit 3"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    for words in ["mine failed in run 1 with exit code 3", "--ignore-failure", "its last messages:\nwhy\n"] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    let once = "if [ -e ran ]; then exit 5; fi; touch ran";
    let said = desk.profile(&["-r", "3", "--", once]);
    assert!(said.err.contains("failed in run 2 with exit code 5"), "{}", said.err);
    let said = desk.profile(&["-w", "1", "-S", "sh", "--", "exit 5"]);
    assert!(said.err.contains("failed in a warm-up with exit code 5"), "{}", said.err);
    let said = desk.profile(&["--prepare", "echo no >&2; exit 6", "--", "true"]);
    assert!(
        said.err.contains("--prepare of true failed: exit code 6; its last messages:\nno\n"),
        "{}",
        said.err
    );
    assert!(!desk.path("a.json").exists(), "nothing half done is written");
    let said = desk.profile(&["--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("failed in run 1 with signal 9"), "{}", said.err);
    let out = desk.profiled(&["-i", "-r", "2", "--export-json", "a.json", "--", "sh", "-c", "exit 3"]);
    assert!(out.contains("2 of 2 runs failed"), "{out}");
    assert_eq!(desk.json("a.json")["results"][0]["exit_codes"].to_string(), "[3,3]");
}

#[test]
fn a_command_that_is_not_there_is_127_and_one_that_is_no_program_126() {
    let desk = Desk::new();
    fs::write(desk.path("text"), "no program").expect("written");
    for (name, code, words) in [
        ("/nonexistent/program", 127, "is its name spelled right?"),
        ("./text", 126, "may you execute it (chmod +x)?"),
    ] {
        // A shell says the same by its code.
        let by_shell = desk.profile(&["-S", "sh", "--", name]);
        assert_eq!((by_shell.code, by_shell.out.as_str()), (Some(code), ""), "{}", by_shell.err);
        assert!(by_shell.err.contains(name), "{}", by_shell.err);
        let said = desk.profile(&["--", name]);
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""));
        assert!(
            said.err.contains(&format!("cannot run {name}: ")) && said.err.contains(words),
            "{}",
            said.err
        );
    }
}

#[test]
fn files_that_cannot_be_written_or_read_are_known_before_the_first_run() {
    let desk = Desk::new();
    for option in ["json", "csv", "markdown", "html", "svg", "postcard"] {
        let said = desk.profile(&[&format!("--export-{option}"), "no/such/folder", "--", "touch", "it-ran"]);
        assert_eq!(said.code, Some(1), "{option}: {}", said.err);
        assert!(said.err.contains("cannot write no/such/folder: No such file or directory"), "{}", said.err);
    }
    assert!(!desk.path("it-ran").exists());
    fs::write(desk.path("other.json"), "{\"results\": []}").expect("written");
    for (file, words) in
        [("none.json", "cannot read none.json"), ("other.json", "not an export of `hearth profile")]
    {
        let said = desk.profile(&["--analyze", file]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
        assert!(said.err.contains(words), "{}", said.err);
    }
}

#[test]
fn a_full_device_is_told() {
    let desk = Desk::new();
    let said = desk.profile(&["-r", "1", "--export-html", "/dev/full", "--", "true"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("cannot write /dev/full: No space left on device"), "{}", said.err);
}

#[test]
fn an_export_that_fails_takes_neither_the_report_nor_the_other_exports_with_it() {
    let desk = Desk::new();
    let full = ["--export-json", "/dev/full", "--export-html", "/dev/full", "--export-csv", "a.csv"];
    let said = desk.profile(&[&full[..], &["-r", "1", "--", "true"]].concat());
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("\n1  true\n") && said.out.contains("Order randomized, seed "), "{}", said.out);
    assert_eq!(said.err.matches("error: cannot write /dev/full: ").count(), 2, "{}", said.err);
    assert!(desk.text("a.csv").starts_with("command,mean,"));
    let said = desk.profile(&["--duration", "1", "--export-json", "/dev/full"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.out.starts_with("The box, watched for ") && said.err.contains("/dev/full"), "{}", said.out);
}
