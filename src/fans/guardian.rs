//! The guard as the program that drives the fans holds it: started before the first fan is taken over, and started anew
//! if it should die.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::guard::{Entry, GOODBYE, READY, SUBCOMMAND};
use super::place::FanError;

/// The guard and what it was told.
pub struct Guardian {
    program: PathBuf,
    running: Option<Running>,
    told: Vec<Entry>,
}

struct Running {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Guardian {
    /// A guard that will be `program` with the hidden subcommand; nothing is started yet.
    #[must_use]
    pub const fn new(program: PathBuf) -> Self {
        Self { program, running: None, told: Vec::new() }
    }

    /// Has a fan guarded, instead of what was told of the same fan before.
    ///
    /// # Errors
    /// [`FanError::Unguarded`]: the fan must not be taken over.
    pub fn guard(&mut self, entry: &Entry) -> Result<(), FanError> {
        self.keep_running()?;
        self.told.retain(|told| told.fan != entry.fan);
        self.tell(entry)?;
        self.told.push(entry.clone());
        Ok(())
    }

    /// Starts the guard anew if it has died, and tells it of the same fans.
    ///
    /// # Errors
    /// [`FanError::Unguarded`].
    pub fn keep_running(&mut self) -> Result<(), FanError> {
        let is_alive = match &mut self.running {
            Some(running) => matches!(running.child.try_wait(), Ok(None)),
            None => false,
        };
        if is_alive {
            return Ok(());
        }
        self.running = None;
        let started = Running::start(&self.program);
        self.running =
            Some(started.map_err(|error| FanError::Unguarded(format!("could not be started: {error}")))?);
        for entry in std::mem::take(&mut self.told) {
            // One that has gone since (its chip was taken out) is told anew by its own fan when it is back.
            if self.tell(&entry).is_ok() {
                self.told.push(entry);
            }
        }
        Ok(())
    }

    fn tell(&mut self, entry: &Entry) -> Result<(), FanError> {
        let unguarded = |what: String| FanError::Unguarded(what);
        let line = entry
            .line()
            .ok_or_else(|| unguarded("cannot be told a directory that is no line of text".into()))?;
        let Some(running) = &mut self.running else { return Err(unguarded("does not run".into())) };
        let answer = running.ask(&line).map_err(|error| unguarded(format!("does not answer: {error}")))?;
        if answer == READY { Ok(()) } else { Err(unguarded(format!("answered: {answer}"))) }
    }

    /// Tells the guard that every fan was handed back, and sees it end.
    pub fn goodbye(mut self) {
        let Some(mut running) = self.running.take() else { return };
        let told = writeln!(running.orders, "{GOODBYE}").and_then(|()| running.orders.flush());
        let ended = told.and_then(|()| running.child.wait());
        if let Err(error) = ended {
            tracing::warn!(
                "the guard of the fans did not hear a goodbye and sets them to full speed: {error}"
            );
        }
    }
}

impl Running {
    fn start(program: &PathBuf) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(SUBCOMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/").env_clear();
        let mut child = command.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(orders), Some(answers)) => Ok(Self { child, orders, answers: BufReader::new(answers) }),
            _ => Err(io::Error::other("its pipes are missing")),
        }
    }

    fn ask(&mut self, line: &str) -> io::Result<String> {
        writeln!(self.orders, "{line}").and_then(|()| self.orders.flush())?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}
