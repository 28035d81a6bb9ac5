//! `hearth check-config`: is this file a configuration, and what does it change?

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::config::{Config, DEFAULT_TOML, Source};
use crate::sensors::SENSORS;

/// Arguments of `hearth check-config`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CheckConfigArgs {
    /// The file to check [default: /etc/hearth/hearth.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Print the default configuration, every key explained, and check nothing
    #[arg(long, conflicts_with = "file")]
    pub print_default: bool,
}

/// Prints the default file, or what the file in question changes of it.
///
/// # Errors
/// When the file cannot be read or has faults, or nobody takes the answer.
pub(super) fn check_config(args: &CheckConfigArgs, out: &mut dyn Write) -> Result<(), Failure> {
    if args.print_default {
        return Failure::unless_written(out.write_all(DEFAULT_TOML.as_bytes()));
    }
    let source = Source::new(args.file.as_deref());
    let sensors: Vec<&str> = SENSORS.iter().map(|sensor| sensor.name).collect();
    let config = source.load(&sensors)?;
    Failure::unless_written(report(&source, &config, out))
}

fn report(source: &Source, config: &Config, out: &mut dyn Write) -> std::io::Result<()> {
    let path = source.path().display();
    if !source.path().exists() {
        return writeln!(out, "{path}: not there, so every key has its default");
    }
    let changes = Config::default().reload(config);
    let changed = changes.live.len() + changes.at_restart.len();
    writeln!(out, "{path}: ok, {changed} keys differ from their default")?;
    for change in changes.live.iter().chain(&changes.at_restart) {
        writeln!(out, "  {change}")?;
    }
    Ok(())
}
