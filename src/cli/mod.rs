//! The command line: what may be asked of the program, and what becomes of an answer that is an error.
//!
//! One file for each subcommand: its arguments as plain data, and what it does unless that is another room's work.
//! Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration ([`Failure`]).

mod check;
mod drives;
mod failure;
mod get;
mod guard;
mod mark;
mod profile;
mod run;
mod schema;
mod sensors;

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};

pub use check::CheckConfigArgs;
pub use drives::{DrivesAction, DrivesArgs, TestAction};
pub use failure::Failure;
pub use get::{Format, GetArgs};
pub use mark::MarkArgs;
pub use profile::ProfileArgs;
pub use run::RunArgs;
pub use schema::SchemaArgs;
pub use sensors::SensorsArgs;

use crate::config::Word;
use crate::daemon::{self, Surroundings};

/// The whole command line.
#[derive(Clone, Debug, Parser, PartialEq)]
#[command(
    name = "hearth",
    version,
    about = "Measures this box, and shows what it sees",
    after_help = "Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration.",
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Clone, Debug, Subcommand, PartialEq)]
pub enum Command {
    /// Measure this box and serve what is seen, until told to stop
    Run(RunArgs),
    /// Check a configuration file, or print the default one
    CheckConfig(CheckConfigArgs),
    /// Show the figures of a running Hearth
    Get(GetArgs),
    /// Show which sensors this machine has, and why others are absent
    Sensors(SensorsArgs),
    /// Show how the drives are, and run their self-tests
    Drives(DrivesArgs),
    /// List every metric there is
    Schema(SchemaArgs),
    /// Hand fans back when the Hearth that drives them is gone; for Hearth itself
    #[command(hide = true)]
    GuardFans,
    /// Measure what a command takes in energy, time and counts, or compare several
    Profile(Box<ProfileArgs>),
    /// Mark a phase of the run that is being profiled
    Mark(MarkArgs),
}

/// Does what `args` (the program's name first) ask for, answering on `out`. `surroundings` is what the service manager
/// said.
///
/// # Errors
/// Words for the one who asked, and the exit code.
pub fn main(
    args: impl IntoIterator<Item = OsString>,
    surroundings: &Surroundings,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    answer(args, surroundings, out)?;
    // What is still buffered when a process ends is lost without a word.
    Failure::unless_written(out.flush())
}

fn answer(
    args: impl IntoIterator<Item = OsString>,
    surroundings: &Surroundings,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let command_line = match CommandLine::try_parse_from(args) {
        Ok(command_line) => command_line,
        Err(error) if error.use_stderr() => return Err(Failure::Usage(error.render().to_string())),
        Err(help) => return Failure::unless_written(write!(out, "{}", help.render())),
    };
    match command_line.command {
        Command::Run(args) => daemon::run(&args, surroundings),
        Command::CheckConfig(args) => check::check_config(&args, out),
        Command::Get(args) => get::get(&args, out),
        Command::Sensors(args) => sensors::sensors(&args, out),
        Command::Drives(args) => drives::drives(&args, out),
        Command::Schema(args) => schema::schema(&args, out),
        Command::GuardFans => guard::guard_fans(),
        Command::Profile(args) => profile::profile(&args, out),
        Command::Mark(args) => {
            let descriptor = surroundings.phase_fd.as_deref().map(OsStr::to_string_lossy);
            mark::mark(&args, descriptor.as_deref())
        }
    }
}

/// Accepts the words of `T`, and lists them in the help.
fn word<T: Word + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::ALL.iter().map(|&(_, word)| word))
        .try_map(|word| T::from_word(&word).ok_or_else(|| format!("{word:?} is not known")))
}
