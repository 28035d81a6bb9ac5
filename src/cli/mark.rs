//! `hearth mark`: names what comes next in a run that is being profiled.

use std::fs::File;
use std::io::Write;

use clap::Args;

use super::Failure;
use crate::profile::phases::{NAME_BYTES_MAX, VARIABLE};

/// Arguments of `hearth mark`: the phase that begins now.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(
    after_help = "Works within `hearth profile --phases -- CMD`; anywhere else it does nothing, so that marks may stay in a script."
)]
pub struct MarkArgs {
    /// What the phase is called
    #[arg(value_name = "NAME", value_parser = name)]
    pub name: String,
}

/// Writes the mark where the profiler hears it. `descriptor` is the text of the variable that says where.
///
/// # Errors
/// The profiler cannot be reached though it should be there.
pub(super) fn mark(args: &MarkArgs, descriptor: Option<&str>) -> Result<(), Failure> {
    let Some(descriptor) = descriptor else { return Ok(()) };
    let failed = |what: String| Failure::Failed(format!("error: cannot mark {:?}: {what}", args.name));
    // A number that is none, or no descriptor, is no reason to write anywhere else.
    let number: u32 =
        descriptor.parse().map_err(|error| failed(format!("{VARIABLE}={descriptor:?}: {error}")))?;
    let path = format!("/proc/self/fd/{number}");
    let mut door =
        File::options().write(true).open(&path).map_err(|error| failed(format!("{path}: {error}")))?;
    door.write_all(format!("{}\n", args.name).as_bytes()).map_err(|error| failed(error.to_string()))
}

fn name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= NAME_BYTES_MAX
        && !text.contains(|letter: char| letter.is_control());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("a name has 1 to {NAME_BYTES_MAX} bytes on one line"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_mark_is_a_line_where_the_profiler_listens() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let args = MarkArgs { name: "load it".to_owned() };
        mark(&args, Some(&writer.as_raw_fd().to_string())).unwrap();
        drop(writer);
        let mut heard = String::new();
        reader.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "load it\n");
    }

    #[test]
    fn outside_of_a_profile_it_does_nothing_and_a_lost_one_is_an_error() {
        let args = MarkArgs { name: "x".to_owned() };
        assert!(mark(&args, None).is_ok());
        for nowhere in ["99999", "stdout", "-1"] {
            let error = mark(&args, Some(nowhere)).unwrap_err().to_string();
            assert!(error.contains("cannot mark") && error.contains(nowhere), "{error}");
        }
        assert!(
            name("a\nb").is_err()
                && name("").is_err()
                && name(&"x".repeat(101)).is_err()
                && name("ä b").is_ok()
        );
    }
}
