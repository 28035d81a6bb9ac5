//! What is to be run: words, streams, and what else a process is given before it begins.

use std::env;
use std::ffi::{CString, NulError, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::unistd::{AccessFlags, access, pipe2};

use super::door::Call;

/// Where programs are looked for if the environment does not say, as `execvp(3)` does.
const USUAL_PATH: &str = "/bin:/usr/bin";

/// Where one of a program's standard streams goes, or comes from.
#[derive(Debug)]
pub enum Stream {
    /// `/dev/null`.
    Null,
    /// Where ours goes.
    Inherit,
    /// A file that is open.
    File(File),
    /// To us.
    Pipe,
}

/// A program with its words, and how its process is set up.
#[derive(Debug)]
pub struct Program {
    words: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// Where its input comes from; a pipe is none.
    pub input: Stream,
    /// Where its output goes.
    pub output: Stream,
    /// Where its messages go.
    pub messages: Stream,
    /// The one CPU that it, and all that it starts, is kept on.
    pub cpu: Option<usize>,
    /// A descriptor of ours that it has under the same number.
    pub keeps: Option<i32>,
}

/// Our ends of the pipes to a program.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pub(super) output: Option<OwnedFd>,
    pub(super) messages: Option<OwnedFd>,
}

impl Program {
    /// The first of `words` is the program's name or path. Its streams are closed off.
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        let [input, output, messages] = [Stream::Null, Stream::Null, Stream::Null];
        Self { words, variables: Vec::new(), input, output, messages, cpu: None, keeps: None }
    }

    /// The program, as it was named.
    #[must_use]
    pub fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Sets a variable of its environment, which is ours otherwise.
    pub fn variable(&mut self, name: &'static str, value: String) {
        self.variables.push((name, value));
    }

    /// All that the kernel is told, and our ends of the pipes.
    ///
    /// # Errors
    /// A word that holds a NUL, or descriptors are not to be had.
    pub(super) fn into_call(self) -> io::Result<(Call, Ends)> {
        let paths = paths(self.name(), env::var_os("PATH").as_deref())?;
        let arguments = self.words.into_iter().map(CString::new).collect::<Result<_, NulError>>()?;
        let variables = variables(&self.variables)?;
        let (input, _) = self.input.open(false)?;
        let (output, our_output) = self.output.open(true)?;
        let (messages, our_messages) = self.messages.open(true)?;
        let streams = [input, output, messages];
        let call = Call { paths, arguments, variables, streams, keeps: self.keeps, cpu: self.cpu };
        Ok((call, Ends { output: our_output, messages: our_messages }))
    }
}

impl Stream {
    /// What the program gets, if that is not what we have, and our end if it is a pipe.
    fn open(self, is_output: bool) -> io::Result<(Option<OwnedFd>, Option<OwnedFd>)> {
        match self {
            Self::Inherit => Ok((None, None)),
            Self::File(file) => Ok((Some(file.into()), None)),
            Self::Pipe if is_output => {
                let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
                nix::fcntl::fcntl(ours.as_fd(), nix::fcntl::F_SETFL(OFlag::O_NONBLOCK))?;
                Ok((Some(theirs), Some(ours)))
            }
            Self::Null | Self::Pipe => {
                let null = File::options().read(!is_output).write(is_output).open("/dev/null")?;
                Ok((Some(null.into()), None))
            }
        }
    }
}

/// Every path that may be meant by `name`, in order; those that can be executed alone, if there are any. They are looked
/// up here so that the search is not charged to the run.
fn paths(name: &str, path: Option<&OsStr>) -> Result<Vec<CString>, NulError> {
    if name.contains('/') {
        return Ok(vec![CString::new(name)?]);
    }
    let usual = OsString::from(USUAL_PATH);
    let all = env::split_paths(path.unwrap_or(&usual)).map(|dir| dir.join(name));
    let (found, missing): (Vec<PathBuf>, Vec<PathBuf>) =
        all.partition(|path| access(path, AccessFlags::X_OK).is_ok());
    let tried = if found.is_empty() { missing } else { found };
    tried.into_iter().map(|path| CString::new(path.into_os_string().into_vec())).collect()
}

fn variables(set: &[(&'static str, String)]) -> Result<Vec<CString>, NulError> {
    let ours = env::vars_os().filter(|(name, _)| set.iter().all(|(other, _)| name != other));
    let line = |name: &OsStr, value: &OsStr| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat());
    let kept = ours.map(|(name, value)| line(&name, &value));
    kept.chain(set.iter().map(|(name, value)| line(name.as_ref(), value.as_ref()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_looked_for_where_the_environment_says() {
        let found = paths("sh", Some(OsStr::new("/nonexistent:/bin"))).unwrap();
        assert_eq!(found, [CString::from(c"/bin/sh")]);
        let none = paths("no-such-program", Some(OsStr::new("/nonexistent:/bin"))).unwrap();
        assert_eq!(none.len(), 2, "each is tried, for the reason");
        assert_eq!(paths("./sh", None).unwrap(), [CString::from(c"./sh")]);
    }

    #[test]
    fn a_variable_that_is_set_takes_the_place_of_ours() {
        let lines = variables(&[("PATH", "here".to_owned())]).unwrap();
        let paths: Vec<_> = lines.iter().filter(|line| line.as_bytes().starts_with(b"PATH=")).collect();
        assert_eq!(paths, [&CString::from(c"PATH=here")]);
    }
}
