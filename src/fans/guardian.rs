//! The guard as the program that drives the fans holds it: started before the first fan is taken over, and started anew
//! if it should die or fall silent.

use std::io::{self, PipeReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use super::guard::{BUSY, Entry, GOODBYE, LATE, READY, SUBCOMMAND};
use super::lines::{Heard, Lines};
use super::place::FanError;

/// How long an answer of the guard is waited for, by whichever fan asks; the others wait behind it.
const ANSWER: Duration = Duration::from_secs(2);

/// The guard and what it was told.
pub struct Guardian {
    program: PathBuf,
    running: Option<Running>,
    /// Killed, and not gone yet: one that hangs in a chip goes when the chip answers.
    leaving: Vec<Child>,
    told: Vec<Entry>,
}

struct Running {
    child: Child,
    orders: ChildStdin,
    answers: Lines,
}

/// What the guard did since the fan's last turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Watched,
    /// It set the fan to full speed, in the mode it was found in.
    Rescued,
}

fn unguarded(what: impl Into<String>) -> FanError {
    FanError::Unguarded(what.into())
}

impl Guardian {
    /// A guard that will be `program` with the hidden subcommand; nothing is started yet.
    #[must_use]
    pub const fn new(program: PathBuf) -> Self {
        Self { program, running: None, leaving: Vec::new(), told: Vec::new() }
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

    /// Says that the fan's loop turns. A guard that does not answer is replaced.
    ///
    /// # Errors
    /// [`FanError::Unguarded`]: the fan must not be driven on.
    pub fn turn(&mut self, fan: usize) -> Result<Since, FanError> {
        self.keep_running()?;
        let answer = match self.ask(&format!("turn {fan}")) {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!("the guard of the fans does not answer and is replaced: {error}");
                self.keep_running()?;
                self.ask(&format!("turn {fan}"))?
            }
        };
        match answer.as_str() {
            READY => Ok(Since::Watched),
            LATE => Ok(Since::Rescued),
            BUSY => Err(unguarded("waits for its chip, which does not answer")),
            other => Err(unguarded(format!("answered: {other}"))),
        }
    }

    /// Has a fan guarded no longer, since it was handed back.
    ///
    /// # Errors
    /// [`FanError::Unguarded`]: it may be set to full speed again.
    pub fn leave(&mut self, fan: usize) -> Result<(), FanError> {
        self.told.retain(|told| told.fan != fan);
        if self.running.is_some() {
            self.ask(&format!("leave {fan}"))?;
        }
        Ok(())
    }

    /// Starts the guard anew if it has died, and tells it of the same fans.
    fn keep_running(&mut self) -> Result<(), FanError> {
        self.leaving.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let is_alive = match &mut self.running {
            Some(running) => matches!(running.child.try_wait(), Ok(None)),
            None => false,
        };
        if is_alive {
            return Ok(());
        }
        self.running = None;
        let started = Running::start(&self.program);
        self.running = Some(started.map_err(|error| unguarded(format!("could not be started: {error}")))?);
        for entry in std::mem::take(&mut self.told) {
            // One that has gone since (its chip was taken out) hears so at its next turn.
            if self.tell(&entry).is_ok() {
                self.told.push(entry);
            }
        }
        Ok(())
    }

    fn tell(&mut self, entry: &Entry) -> Result<(), FanError> {
        let line =
            entry.line().ok_or_else(|| unguarded("cannot be told a directory that is no line of text"))?;
        let answer = self.ask(&line)?;
        if answer == READY { Ok(()) } else { Err(unguarded(format!("answered: {answer}"))) }
    }

    /// Asks; a guard that does not answer is killed, so that it cannot answer something else later.
    fn ask(&mut self, line: &str) -> Result<String, FanError> {
        let Some(running) = &mut self.running else { return Err(unguarded("does not run")) };
        let failed = match running.ask(line) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if let Some(mut running) = self.running.take() {
            // Killed before its pipe ends, or it would set to full speed what the next one guards.
            if let Err(error) = running.child.kill() {
                tracing::warn!("the guard of the fans cannot be killed: {error}");
            }
            self.leaving.push(running.child);
        }
        Err(unguarded(format!("does not answer: {failed}")))
    }

    /// Tells the guard that every fan was handed back, and sees it end.
    pub fn goodbye(mut self) {
        let Some(running) = &mut self.running else { return };
        let ended = match running.say(GOODBYE).and_then(|()| running.answers.next(Some(ANSWER))) {
            Ok(Heard::End) => running.child.wait().map(drop),
            Ok(Heard::Silence | Heard::Line(_)) => {
                running.child.kill().and(Err(io::ErrorKind::TimedOut.into()))
            }
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            tracing::warn!("the guard of the fans did not hear a goodbye: {error}");
        }
    }
}

impl Running {
    fn start(program: &PathBuf) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(SUBCOMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/").env_clear();
        // What a terminal stops or interrupts is the program, not its guard.
        command.process_group(0);
        let mut child = command.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(orders), Some(answers)) => {
                let answers = Lines::of(PipeReader::from(OwnedFd::from(answers)));
                Ok(Self { child, orders, answers })
            }
            _ => Err(io::Error::other("its pipes are missing")),
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.orders, "{line}").and_then(|()| self.orders.flush())
    }

    fn ask(&mut self, line: &str) -> io::Result<String> {
        self.say(line)?;
        match self.answers.next(Some(ANSWER))? {
            Heard::Line(answer) => Ok(answer),
            Heard::Silence => Err(io::ErrorKind::TimedOut.into()),
            Heard::End => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
