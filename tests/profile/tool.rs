//! The program under test, and a folder for what it writes.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test: the one named by `HEARTH_BIN`, or the one built along with the tests.
pub(crate) fn program() -> OsString {
    std::env::var_os("HEARTH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_hearth").into())
}

/// What a program said and how it ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Self { code: status.code(), out: text(stdout), err: text(stderr) }
    }
}

/// A folder that is empty at first, below which no processor is found either.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).expect(name)
    }

    /// `hearth profile` in the folder, without a machine whose energy could be read.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.0.path()).arg("profile");
        // Where no command is run there is nothing to say of how.
        if !args.iter().any(|arg| ["--analyze", "--duration"].contains(arg)) {
            command.args(["--root", ".", "--idle-baseline", "off"]);
        }
        command.args(args);
        command
    }

    pub(crate) fn profile(&self, args: &[&str]) -> Said {
        self.command(args).output().expect("the program starts").into()
    }

    /// As [`Desk::profile`], and it has to go well.
    pub(crate) fn profiled(&self, args: &[&str]) -> String {
        let said = self.profile(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}: {}", said.out);
        said.out
    }
}
