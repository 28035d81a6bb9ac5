//! The guard: a small process of its own that hands the fans back when the one that drives them is gone.
//!
//! ```text
//! hearth ── "fan 0 2 - 128 /sys/class/hwmon/hwmon3" ──► guard: opens the channel, keeps it open
//!        ◄── "ready" or why not ──
//! hearth ── "goodbye" ──► guard ends: the fans were handed back
//! hearth ── end of file ──► guard: full speed, then the mode each fan was found in
//! ```
//!
//! It speaks over its standard input and output, ignores what asks it to end, and holds nothing but the open channels: a
//! chip that hangs holds up its own fan alone.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use hearth_drivers::hwmon::{DUTY_MAX, Pwm, PwmError, PwmMode};

use super::place::Place;

/// The command line's hidden word that makes the program a guard.
pub const SUBCOMMAND: &str = "guard-fans";
/// The answer that says a fan is guarded.
pub const READY: &str = "ready";
/// The last word of one who has handed back every fan.
pub const GOODBYE: &str = "goodbye";
/// Fans guarded at most.
const FANS_MAX: usize = 64;

/// How a fan was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who set its duty; `None` where the chip has one way only.
    pub mode: Option<PwmMode>,
    /// The duty, of 255.
    pub duty: u8,
}

/// A fan that is to be guarded, as one line says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The fan's number in the configuration; a second line with it takes the place of the first.
    pub fan: usize,
    /// Its channel.
    pub place: Place,
    /// How it was found.
    pub found: Found,
}

impl Entry {
    /// The line, without its newline; `None` where the directory cannot stand in a line.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let directory = self.place.directory.to_str().filter(|path| !path.contains(['\n', '\r']))?;
        let mode = self.found.mode.map_or_else(|| "-".to_owned(), |mode| mode.0.to_string());
        Some(format!("fan {} {} {mode} {} {directory}", self.fan, self.place.number, self.found.duty))
    }

    /// Reads a line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("fan ")?.splitn(5, ' ');
        let fan = words.next()?.parse().ok().filter(|fan| *fan < FANS_MAX)?;
        let number = words.next()?.parse().ok()?;
        let mode = match words.next()? {
            "-" => None,
            mode => Some(PwmMode(mode.parse().ok()?)),
        };
        let duty = words.next()?.parse().ok()?;
        let directory = Path::new(words.next()?);
        let place = Place { directory: directory.is_absolute().then(|| directory.to_owned())?, number };
        Some(Self { fan, place, found: Found { mode, duty } })
    }
}

/// Full speed, then the mode in which the fan was found. Both are tried, whatever becomes of the first.
///
/// # Errors
/// The first thing that failed.
pub fn hand_back_at_full_speed(pwm: &Pwm, found: Found) -> Result<(), PwmError> {
    let duty = pwm.set_duty(DUTY_MAX);
    let mode = found.mode.map_or(Ok(()), |mode| pwm.set_mode(mode));
    // A chip that keeps the duty for itself in its own mode refused the first; what counts is who drives the fan now.
    mode.and(if found.mode.is_some_and(|mode| mode.0 > PwmMode::MANUAL.0) { Ok(()) } else { duty })
}

/// Why a guard did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// It could not speak with the one it watches.
    #[error("the guard of the fans lost its line: {0}")]
    Line(#[from] std::io::Error),
    /// A fan could not be handed back.
    #[error("fan {fan} was not handed back: {source}")]
    Fan {
        /// Its number in the configuration.
        fan: usize,
        /// What failed.
        source: PwmError,
    },
}

/// Guards the fans named on `orders` until a goodbye or its end.
///
/// # Errors
/// [`GuardError`]; every fan has been tried by then.
pub fn guard(orders: &mut dyn BufRead, answers: &mut dyn Write) -> Result<(), GuardError> {
    let mut fans: Vec<(Entry, Pwm)> = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        // Words that cannot be read are as good as the end: whoever drives the fans is not well.
        let is_over = orders.read_line(&mut line).map_or(true, |bytes| bytes == 0);
        let order = line.trim_end();
        if is_over {
            return hand_back(fans);
        }
        if order == GOODBYE {
            return Ok(());
        }
        let answer = match Entry::parse(order)
            .map(|entry| (Pwm::open(&entry.place.directory, entry.place.number), entry))
        {
            Some((Ok(pwm), entry)) => {
                fans.retain(|(other, _)| other.fan != entry.fan);
                fans.push((entry, pwm));
                READY.to_owned()
            }
            Some((Err(error), _)) => error.to_string(),
            None => "the order is not understood".to_owned(),
        };
        // Who does not listen any more is gone, and the next read says so.
        if writeln!(answers, "{answer}").and_then(|()| answers.flush()).is_err() {
            return hand_back(fans);
        }
    }
}

fn hand_back(fans: Vec<(Entry, Pwm)>) -> Result<(), GuardError> {
    let mut threads = Vec::new();
    let mut outcome = Ok(());
    for (entry, pwm) in fans {
        let (fan, pwm) = (entry.fan, Arc::new(pwm));
        let in_thread = Arc::clone(&pwm);
        let named = thread::Builder::new().spawn(move || hand_back_at_full_speed(&in_thread, entry.found));
        match named {
            Ok(thread) => threads.push((fan, thread)),
            // No thread to be had: one after the other is better than not at all.
            Err(_) => {
                if let Err(source) = hand_back_at_full_speed(&pwm, entry.found) {
                    outcome = Err(GuardError::Fan { fan, source });
                }
            }
        }
    }
    for (fan, thread) in threads {
        match thread.join() {
            Ok(Ok(())) => {}
            Ok(Err(source)) => outcome = Err(GuardError::Fan { fan, source }),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn fan(directory: &Path, number: u32, mode: &str) -> Entry {
        fs::write(directory.join(format!("pwm{number}")), "77\n").unwrap();
        fs::write(directory.join(format!("pwm{number}_enable")), "1\n").unwrap();
        let place = Place { directory: directory.to_owned(), number };
        let mode = Some(PwmMode(mode.parse().unwrap()));
        Entry { fan: usize::try_from(number).unwrap(), place, found: Found { mode, duty: 77 } }
    }

    fn first_line(directory: &Path, file: &str) -> String {
        fs::read_to_string(directory.join(file)).unwrap().lines().next().unwrap().to_owned()
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let place = Place { directory: "/sys/class/a b".into(), number: 3 };
        for mode in [None, Some(PwmMode(5))] {
            let entry = Entry { fan: 2, place: place.clone(), found: Found { mode, duty: 128 } };
            assert_eq!(Entry::parse(&entry.line().unwrap()), Some(entry));
        }
        let split = Place { directory: "/a\nb".into(), number: 3 };
        assert_eq!(Entry { fan: 0, place: split, found: Found { mode: None, duty: 0 } }.line(), None);
        for line in [
            "",
            "fan",
            "fan 0 1 2 3",
            "fan 0 1 x 3 /a",
            "fan 99 1 2 3 /a",
            "fan 0 1 2 256 /a",
            "fan 0 1 2 3 a",
        ] {
            assert_eq!(Entry::parse(line), None, "{line}");
        }
    }

    #[test]
    fn without_a_goodbye_fans_run_at_full_speed_in_the_mode_they_were_found_in() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (fan(directory.path(), 1, "5"), fan(directory.path(), 2, "1"));
        let orders = format!("{}\n{}\nnonsense\n", one.line().unwrap(), two.line().unwrap());
        let mut answers = Vec::new();
        guard(&mut orders.as_bytes(), &mut answers).unwrap();
        assert_eq!(String::from_utf8(answers).unwrap(), "ready\nready\nthe order is not understood\n");
        for (number, mode) in [(1, "5"), (2, "1")] {
            assert_eq!(first_line(directory.path(), &format!("pwm{number}")), "255");
            assert_eq!(first_line(directory.path(), &format!("pwm{number}_enable")), mode);
        }
    }

    #[test]
    fn after_a_goodbye_nothing_is_touched() {
        let directory = tempfile::tempdir().unwrap();
        let orders = format!("{}\ngoodbye\n", fan(directory.path(), 1, "5").line().unwrap());
        guard(&mut orders.as_bytes(), &mut Vec::new()).unwrap();
        assert_eq!(first_line(directory.path(), "pwm1"), "77");
        assert_eq!(first_line(directory.path(), "pwm1_enable"), "1");
    }

    #[test]
    fn a_fan_that_is_not_there_is_answered_with_why() {
        let orders = "fan 0 1 2 3 /nowhere\ngoodbye\n";
        let mut answers = Vec::new();
        guard(&mut orders.as_bytes(), &mut answers).unwrap();
        assert!(String::from_utf8(answers).unwrap().starts_with("opening its duty failed"));
    }
}
