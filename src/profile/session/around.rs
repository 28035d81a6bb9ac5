//! What the owner has run around the commands: `--setup`, `--prepare`, `--conclude`, `--cleanup`.

use super::SessionError;
use crate::profile::child::{Ending, Waiting};
use crate::profile::options::Shell;
use crate::profile::plan::CommandText;
use crate::profile::program::{Program, Stream};
use crate::profile::sys;

/// Runs `line` by the shell and waits for it. Ctrl-C while it runs ends it, and is no failure; one that came before does
/// not, so that what was set up is cleaned up.
///
/// # Errors
/// It could not be run, or failed.
pub(super) fn around(what: &'static str, name: &str, line: Option<&str>) -> Result<(), SessionError> {
    let Some(line) = line else { return Ok(()) };
    let usual = Shell::With(vec!["sh".to_owned()]);
    let (words, _) = usual.words(&CommandText::Line(line.to_owned()))?;
    let mut program = Program::new(words);
    program.messages = Stream::Pipe;
    let before = sys::interruptions();
    let ended = Waiting::spawn(program)?.release()?.wait(None, || sys::interruptions() > before)?;
    let how = match ended.ending {
        Ending::Code(0) => return Ok(()),
        _ if ended.cut_short => return Ok(()),
        Ending::Code(code) => format!("exit code {code}"),
        Ending::Signal(signal) => format!("signal {signal}"),
    };
    Err(SessionError::Around { what, name: name.to_owned(), how, said: ended.messages })
}
