//! The report that the README shows, made anew: real programs, really timed, on a board that draws what they ask of it.

use std::path::PathBuf;

use super::furnace::Furnace;
use super::rig::{Rig, hearth, said};

/// Where the report goes.
const PLACE: &str = "HEARTH_PICTURE";
/// Milliwatts of the idle board, and of the two phases of a script.
const IDLE: u64 = 6_200;
const READING: u64 = 9_500;
const COMPRESSING: u64 = 21_000;

#[test]
#[ignore = "makes the README's report for tests/profile/screenshot.sh: $HEARTH_PICTURE says where; needs gzip and zstd"]
fn the_report_of_the_readme_is_made_of_real_runs_on_the_board() {
    let place = std::env::var_os(PLACE).expect("HEARTH_PICTURE names the report");
    let place = std::path::absolute(PathBuf::from(place)).expect("a path");
    let Some(rig) = Rig::set(Furnace::new(IDLE, &[IDLE, READING, COMPRESSING])) else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    let program = std::fs::read(hearth()).expect("the program can be read");
    std::fs::write(&data, &program[..program.len().min(12_000_000)]).expect("written");
    let (reading, compressing, idle) =
        (rig.turn(&READING.to_string()), rig.turn(&COMPRESSING.to_string()), rig.turn(&IDLE.to_string()));
    let mark = |name: &str| format!("{} mark {name}", hearth());
    let lines = [
        mark("read"),
        reading,
        format!("cksum {0} {0} >&2", data.display()),
        mark("compress"),
        compressing,
        format!("\"$@\" -c {} > {}", data.display(), folder.path().join("out").display()),
        idle,
    ];
    std::fs::write(folder.path().join("job"), lines.join(" && ")).expect("written");
    let job = |command: &str| format!("sh job {command}");
    let (gzip, zstd, slow) = (job("gzip -4"), job("zstd -q -4"), job("zstd -q -8"));
    let names = ["-n", "gzip -4", "-n", "zstd -4", "-n", "zstd -8"];
    let mut command =
        rig.command(&["--phases", "--idle-baseline", "5", "-w", "1", "-r", "15", "--seed", "4"]);
    command.current_dir(folder.path()).args(names).args(["--vs", &zstd, "--vs", &slow]);
    command.arg("--export-html").arg(&place).arg("--").arg(&gzip);
    let text = said(&command.output().expect("the program runs"));
    println!("{text}");
    let page = std::fs::read_to_string(&place).expect("the report is there");
    for part in ["<svg", "Net energy", "<caption>Phases", "zstd -8 beside gzip -4: "] {
        assert!(page.contains(part), "{part} in {}", place.display());
    }
}
