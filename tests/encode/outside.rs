//! Programs from outside that judge what was encoded.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// What such a program said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `program` with `input`. `package` is the Debian package that brings it.
pub(crate) fn run(program: &str, arguments: &[&str], package: &str, input: &[u8]) -> Said {
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.unwrap_or_else(|error| {
        panic!(
            "{program} cannot be run ({error}): install the Debian package {package}, then run the test again"
        )
    });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The pipes are smaller than what goes through them: one thread feeds while this one drains.
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let fed = feeder.join().unwrap();
    let said = Said {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    assert!(fed.is_ok() || said.code != Some(0), "{program} did not read its input: {fed:?}");
    said
}

/// The path of a script in this directory.
pub(crate) fn script(name: &str) -> String {
    format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"))
}
