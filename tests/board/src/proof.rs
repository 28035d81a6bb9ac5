//! What this machine cannot prove.

use std::fs::OpenOptions;
use std::io::Write;

/// The proofs that must not be left out, by name with commas between them: `fuse`, `guest`, `io_uring`, `strace`, `tsan`.
const REQUIRED: &str = "HEARTH_REQUIRE";
/// The file that takes a line of each proof that was left out, for whoever runs all of them (`tests/all.sh`).
const LISTED: &str = "HEARTH_NOT_RUN";

/// Says that the proof called `name` is left out here, and why: in the test's output, and in the file that
/// `HEARTH_NOT_RUN` names. The test then has nothing to show and returns.
///
/// # Panics
/// Where `HEARTH_REQUIRE` has the name, and where that file cannot be written.
#[track_caller]
#[expect(clippy::panic, reason = "a proof that is required and left out is a failed test")]
pub fn not_run(name: &str, why: &str) {
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    eprintln!("NOT RUN: {name}: {why}");
    if std::env::var(REQUIRED).is_ok_and(|required| has(&required, name)) {
        panic!("{name} is in {REQUIRED}, and was not run: {why}");
    }
    let Some(path) = std::env::var_os(LISTED) else { return };
    let written = OpenOptions::new().create(true).append(true).open(&path);
    if let Err(error) = written.and_then(|mut file| file.write_all(format!("{name}: {why}\n").as_bytes())) {
        panic!("cannot write {} of {LISTED}: {error}", path.display());
    }
}

/// Whether a list with commas has this name.
fn has(list: &str, name: &str) -> bool {
    list.split(',').any(|one| one.trim() == name)
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn a_name_is_required_whole_wherever_it_stands() {
        assert!(has("strace, fuse,guest", "fuse") && has("fuse", "fuse"));
        assert!(!has("", "fuse") && !has("fuse2,refuse", "fuse"));
    }
}
