//! The program as a shell sees it: what it says, where, and with which exit code.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what failed by stopping")]

#[path = "cli/get.rs"]
mod get;
#[path = "cli/peer.rs"]
mod peer;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test: the one named by `HEARTH_BIN`, or the one built along with the tests.
fn program() -> OsString {
    std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into())
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn hearth(args: &[&str]) -> Said {
    let Output { status, stdout, stderr } =
        Command::new(program()).args(args).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{name}", std::process::id()));
    fs::write(&path, text).expect("the file is written");
    path
}

fn check(path: &Path) -> Said {
    let said = hearth(&["check-config", path.to_str().expect("a plain path")]);
    fs::remove_file(path).expect("the file is removed");
    said
}

#[test]
fn help_and_version_are_answers_and_no_errors() {
    let said = hearth(&["--help"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for words in [
        "check-config",
        "get",
        "sensors",
        "drives",
        "schema",
        "Usage: hearth <COMMAND>",
        "Exit codes: 0 ok, 1 failed, 2 wrong usage",
    ] {
        assert!(said.out.contains(words), "{words:?} in {}", said.out);
    }
    let said = hearth(&["--version"]);
    assert_eq!((said.code, said.out), (Some(0), format!("hearth {}\n", env!("CARGO_PKG_VERSION"))));
    for (command, words) in [
        ("check-config", "--print-default"),
        ("get", "http://127.0.0.1:9110"),
        ("sensors", "--root <DIR>"),
        ("drives", "which needs root"),
        ("schema", "--json"),
    ] {
        let said = hearth(&[command, "--help"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        assert!(said.out.contains(words), "{}", said.out);
    }
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_possible() {
    for (args, words) in [
        (&[][..], "Usage: hearth <COMMAND>"),
        (&["chek-config"][..], "check-config"),
        (&["check-config", "--print"][..], "--print-default"),
        (&["check-config", "a", "--print-default"][..], "cannot be used with"),
        (&["get", "--url", "nas:9110"][..], "it must begin with http://"),
        (&["schema", "x"][..], "unexpected argument 'x'"),
    ] {
        let said = hearth(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}

#[test]
fn the_default_configuration_is_printed_and_is_fine_as_printed() {
    let said = hearth(&["check-config", "--print-default"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(said.out, hearth::config::DEFAULT_TOML);
    let path = file("printed.toml", &said.out);
    let said = check(&path);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(said.out, format!("{}: ok, 0 keys differ from their default\n", path.display()));
}

#[test]
fn a_sound_file_is_answered_with_what_it_changes() {
    let path = file("sound.toml", "[lanes]\ncpu = 1\n[log]\nlevel = \"debug\"\n");
    let said = check(&path);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let want = format!(
        "{}: ok, 2 keys differ from their default\n  log.level: \"info\" -> \"debug\"\n  lanes.cpu: unset -> 1\n",
        path.display()
    );
    assert_eq!(said.out, want);
}

#[test]
fn a_file_with_faults_exits_with_2_and_names_each_place() {
    let path = file("faulty.toml", "[lanes]\nidle_rate = 10\n[serve]\nlisten = 9110\n");
    let said = check(&path);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    let at = path.display();
    let want = format!(
        "{at}:2:1: unknown key \"idle_rate\" in [lanes]; did you mean \"idle_rate_hz\"?\n\
         {at}:4:10: serve.listen: expected a list of strings, found 9110\n"
    );
    assert_eq!(said.err, want);
}

#[test]
fn a_file_that_is_not_there_exits_with_2() {
    let said = hearth(&["check-config", "/nonexistent/hearth.toml"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert_eq!(
        said.err,
        "error: cannot read the configuration /nonexistent/hearth.toml: No such file or directory (os error 2)\n"
    );
}

#[test]
fn an_answer_that_cannot_be_written_exits_with_1() {
    let full = File::options().write(true).open("/dev/full").expect("every Linux has a full device");
    let output = Command::new(program())
        .args(["check-config", "--print-default"])
        .stdout(full)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: cannot write the answer: No space left on device (os error 28)\n"
    );
}

#[test]
fn the_catalogue_is_a_table_or_json() {
    let metrics = hearth_model::catalogue::all().count();
    let said = hearth(&["schema"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(said.out.lines().count(), 2 + metrics);
    assert!(said.out.contains("| node_load1 | gauge |"), "{}", said.out);
    let said = hearth(&["schema", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.starts_with(r#"[{"name":"#) && said.out.ends_with("}]\n"), "{}", said.out);
    assert_eq!(said.out.matches(r#"{"name":"#).count(), metrics);
}

#[test]
fn sensors_are_armed_below_the_root_and_absent_ones_say_why() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join("proc")).expect("made");
    fs::write(root.path().join("proc/loadavg"), "0.50 0.25 0.10 1/100 4242\n").expect("written");
    let config = file("sensors.toml", "[sensors]\ndisabled = [\"meminfo\"]\n");
    let (root, at) = (root.path().to_str().expect("a plain path"), config.to_str().expect("a plain path"));
    let said = hearth(&["sensors", "--root", root, "--config", at]);
    fs::remove_file(&config).expect("the file is removed");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for (sensor, end) in [("loadavg ", " µs a read"), ("meminfo ", "disabled by the configuration")] {
        let line = said.out.lines().find(|line| line.starts_with(sensor)).expect(sensor);
        assert!(line.contains("  steady  ") && line.ends_with(end), "{line}");
    }
    let line = said.out.lines().find(|line| line.starts_with("diskstats ")).expect("diskstats");
    assert!(line.contains("  absent: ") && line.contains("/proc/diskstats"), "{line}");
    let said = hearth(&["sensors", "--config", "/nonexistent/hearth.toml"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("cannot read the configuration"), "{}", said.err);
}
