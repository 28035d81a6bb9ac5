//! The program on a furnace, and its export.

use std::path::Path;
use std::process::{Command, Output};

use hearth_board::Mounted;
use serde_json::Value;

use super::furnace::{Furnace, SWITCHES};

/// Parts of a second that two sums of floating-point numbers may differ by.
pub(crate) const ROUNDING: f64 = 1e-9;
/// Joules of a count of the furnace.
pub(crate) const UNIT_J: f64 = 1.0 / 16_384.0;

/// A furnace on a mounted board, and a folder for what is exported.
pub(crate) struct Rig {
    pub(crate) furnace: Furnace,
    pub(crate) mounted: Mounted,
    folder: tempfile::TempDir,
}

/// The program under test.
pub(crate) fn hearth() -> String {
    std::env::var("HEARTH_BIN").unwrap_or_else(|_unset| env!("CARGO_BIN_EXE_hearth").to_owned())
}

impl Rig {
    /// Mounts it; `None` where no board can be mounted.
    pub(crate) fn set(furnace: Furnace) -> Option<Self> {
        let mounted = furnace.board.mount_or_say_why().expect("the board is mounted")?;
        let folder = tempfile::tempdir().expect("a folder can be made");
        Some(Self { furnace, mounted, folder })
    }

    /// What turns a switch, as a command.
    pub(crate) fn turn(&self, switch: &str) -> String {
        format!("cat {}/{SWITCHES}/{switch}", self.mounted.dir().display())
    }

    /// The program with these arguments, which exports to [`Rig::export`].
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(hearth());
        command.args(["profile", "--style", "basic", "--root"]).arg(self.mounted.dir());
        command.arg("--export-json").arg(self.place()).args(arguments);
        command
    }

    /// Profiles, and gives what was shown and what was exported.
    pub(crate) fn profile(&self, arguments: &[&str]) -> (String, Value) {
        let output = self.command(arguments).output().expect("the program runs");
        (said(&output), self.export())
    }

    /// What was exported.
    pub(crate) fn export(&self) -> Value {
        read(&self.place())
    }

    fn place(&self) -> std::path::PathBuf {
        self.folder.path().join("profile.json")
    }
}

/// What a program that went well said.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}: {out}{errors}", output.status);
    out
}

pub(crate) fn read(place: &Path) -> Value {
    let text = std::fs::read_to_string(place).expect("the export is there");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The runs of one command.
pub(crate) fn runs(export: &Value, command: usize) -> &[Value] {
    export["hearth"]["results"][command]["runs"].as_array().expect("a list of runs")
}

/// A number, or nothing where it is null.
pub(crate) fn number(value: &Value) -> Option<f64> {
    if value.is_null() {
        None
    } else {
        Some(value.as_f64().unwrap_or_else(|| panic!("{value} is no number")))
    }
}

/// One run's energy of the package, and around it what it says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) energy_j: f64,
    pub(crate) error_j: f64,
    pub(crate) wall_s: f64,
    /// From the one edge to the other less the run.
    pub(crate) outside_s: f64,
}

impl Figures {
    pub(crate) fn of(run: &Value) -> Self {
        let of = |value: &Value| number(value).unwrap_or_else(|| panic!("nothing in {run}"));
        let wall_s = of(&run["wall_s"]);
        let outside_s = of(&run["energy_window_s"]) - wall_s;
        Self { energy_j: of(&run["energy_j"][0]), error_j: of(&run["energy_error_j"][0]), wall_s, outside_s }
    }

    /// Holds it against so many joules, within what it says of itself and `besides_j`.
    pub(crate) fn hold(&self, truth_j: f64, besides_j: f64) {
        let Self { energy_j, error_j, outside_s, .. } = *self;
        let off_j = energy_j - truth_j;
        println!(
            "{energy_j:.6} J of {truth_j:.6}: off by {off_j:+.6}, says ±{error_j:.6}, {outside_s:.6} s outside"
        );
        assert!(off_j.abs() <= error_j + besides_j + ROUNDING, "{self:?} of {truth_j} J ± {besides_j}");
    }
}
