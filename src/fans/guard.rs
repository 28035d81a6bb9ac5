//! The guard: a small process of its own that hands the fans back when the one that drives them is gone or stands still.
//!
//! ```text
//! hearth ── "fan 0 10000 2 - 128 /sys/class/hwmon/hwmon3" ──► guard: opens the channel, keeps it open
//!        ◄── "ready" or why not ──
//! hearth ── "turn 0", each second ──► guard: this fan's loop lives
//!        ◄── "ready"; "late" after a rescue: the loop takes the fan over anew; "busy" while its chip hangs in one ──
//! hearth ── "leave 0" ──► guard: this fan was handed back
//! hearth ── "goodbye" ──► guard ends: all fans were handed back
//! hearth ── no turn of a fan for its 10000 ms ──► guard: full speed, then the mode that fan was found in
//! hearth ── end of file ──► guard: the same for all, and its end
//! ```
//!
//! It speaks over its standard input and output, ignores what asks it to end, and holds nothing but the open channels: a
//! chip that hangs holds up its own fan alone.

use std::io::{PipeReader, Write};
use std::path::Path;
use std::time::Duration;

use hearth_drivers::hwmon::{PwmError, PwmMode};
use hearth_hot::clock::Clock;

use super::lines::{Heard, Lines};
use super::place::Place;
use super::wards::Wards;

/// The command line's hidden word that makes the program a guard.
pub const SUBCOMMAND: &str = "guard-fans";
/// The answer that says a fan is guarded, and that its turn was heard in time.
pub const READY: &str = "ready";
/// The answer to a turn that comes after the fan was set to full speed for want of one.
pub const LATE: &str = "late";
/// The answer while the guard itself waits for the fan's chip.
pub const BUSY: &str = "busy";
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
    /// How long its loop may be silent.
    pub silence: Duration,
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
        let (silence_ms, number) = (self.silence.as_millis(), self.place.number);
        Some(format!("fan {} {silence_ms} {number} {mode} {} {directory}", self.fan, self.found.duty))
    }

    /// Reads a line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("fan ")?.splitn(6, ' ');
        let fan = words.next()?.parse().ok().filter(|fan| *fan < FANS_MAX)?;
        let silence = Duration::from_millis(words.next()?.parse().ok()?);
        let number = words.next()?.parse().ok()?;
        let mode = match words.next()? {
            "-" => None,
            mode => Some(PwmMode(mode.parse().ok()?)),
        };
        let duty = words.next()?.parse().ok()?;
        let directory = Path::new(words.next()?);
        let place = Place { directory: directory.is_absolute().then(|| directory.to_owned())?, number };
        Some(Self { fan, silence, place, found: Found { mode, duty } })
    }
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
pub fn guard(orders: PipeReader, answers: &mut dyn Write, clock: &dyn Clock) -> Result<(), GuardError> {
    let mut orders = Lines::of(orders);
    let mut wards = Wards::default();
    loop {
        let order = match orders.next(wards.patience(clock.monotonic_ns())) {
            Ok(Heard::Line(order)) if order == GOODBYE => return Ok(()),
            Ok(Heard::Line(order)) => order,
            Ok(Heard::Silence) => {
                wards.look(clock.monotonic_ns());
                continue;
            }
            // Words that cannot be read are as good as the end: whoever drives the fans is not well.
            Ok(Heard::End) | Err(_) => return wards.hand_back(),
        };
        let answer = answer(&mut wards, &order, clock.monotonic_ns());
        // Who does not listen any more is gone.
        if writeln!(answers, "{answer}").and_then(|()| answers.flush()).is_err() {
            return wards.hand_back();
        }
    }
}

fn answer(wards: &mut Wards, order: &str, now_ns: u64) -> String {
    let fan = |word: &str| order.strip_prefix(word).map(str::parse::<usize>);
    if let Some(Ok(fan)) = fan("turn ") {
        return wards.turned(fan, now_ns).to_owned();
    }
    if let Some(Ok(fan)) = fan("leave ") {
        wards.leave(fan);
        return READY.to_owned();
    }
    match Entry::parse(order) {
        Some(entry) => wards.take(entry, now_ns),
        None => "the order is not understood".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{BufRead, BufReader, pipe};

    use hearth_hot::clock::SystemClock;

    const LONG: Duration = Duration::from_secs(3600);

    fn fan(directory: &Path, number: u32, mode: &str) -> Entry {
        fs::write(directory.join(format!("pwm{number}")), "77\n").unwrap();
        fs::write(directory.join(format!("pwm{number}_enable")), "1\n").unwrap();
        let place = Place { directory: directory.to_owned(), number };
        let mode = Some(PwmMode(mode.parse().unwrap()));
        Entry { fan: usize::try_from(number).unwrap(), silence: LONG, place, found: Found { mode, duty: 77 } }
    }

    fn first_line(directory: &Path, file: &str) -> String {
        fs::read_to_string(directory.join(file)).unwrap().lines().next().unwrap().to_owned()
    }

    /// What a guard answers to these orders, whose pipe then ends.
    fn answered(orders: &str) -> String {
        let (read, mut write) = pipe().unwrap();
        write.write_all(orders.as_bytes()).unwrap();
        drop(write);
        let mut answers = Vec::new();
        guard(read, &mut answers, &SystemClock::new().unwrap()).unwrap();
        String::from_utf8(answers).unwrap()
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let place = Place { directory: "/sys/class/a b".into(), number: 3 };
        for mode in [None, Some(PwmMode(5))] {
            let entry =
                Entry { fan: 2, silence: LONG, place: place.clone(), found: Found { mode, duty: 128 } };
            assert_eq!(Entry::parse(&entry.line().unwrap()), Some(entry));
        }
        let split = Place { directory: "/a\nb".into(), number: 3 };
        assert_eq!(
            Entry { fan: 0, silence: LONG, place: split, found: Found { mode: None, duty: 0 } }.line(),
            None
        );
        for line in [
            "",
            "fan",
            "fan 0 9 1 2 3",
            "fan 0 9 1 x 3 /a",
            "fan 0 -9 1 2 3 /a",
            "fan 99 9 1 2 3 /a",
            "fan 0 9 1 2 256 /a",
            "fan 0 9 1 2 3 a",
        ] {
            assert_eq!(Entry::parse(line), None, "{line}");
        }
    }

    #[test]
    fn without_a_goodbye_fans_run_at_full_speed_in_the_mode_they_were_found_in() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (fan(directory.path(), 1, "5"), fan(directory.path(), 2, "1"));
        let answers =
            answered(&format!("{}\n{}\nturn 1\nturn x\n", one.line().unwrap(), two.line().unwrap()));
        assert_eq!(answers, "ready\nready\nready\nthe order is not understood\n");
        for (number, mode) in [(1, "5"), (2, "1")] {
            assert_eq!(first_line(directory.path(), &format!("pwm{number}")), "255");
            assert_eq!(first_line(directory.path(), &format!("pwm{number}_enable")), mode);
        }
    }

    #[test]
    fn after_a_goodbye_nothing_is_touched() {
        let directory = tempfile::tempdir().unwrap();
        answered(&format!("{}\ngoodbye\n", fan(directory.path(), 1, "5").line().unwrap()));
        assert_eq!(first_line(directory.path(), "pwm1"), "77");
        assert_eq!(first_line(directory.path(), "pwm1_enable"), "1");
    }

    #[test]
    fn a_fan_that_is_not_there_is_answered_with_why() {
        let answers = answered("fan 0 9 1 2 3 /nowhere\nturn 0\nleave 0\ngoodbye\n");
        assert!(answers.starts_with("opening its duty failed"), "{answers}");
        assert!(answers.ends_with("\nthis fan is not guarded\nready\n"), "{answers}");
    }

    #[test]
    fn a_silent_loop_is_noticed_while_the_pipe_is_open_and_hears_of_it_when_it_is_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut entry = fan(directory.path(), 1, "5");
        entry.silence = Duration::from_millis(1);
        let (read, mut orders) = pipe().unwrap();
        let (answers, mut write) = pipe().unwrap();
        let guarding =
            std::thread::spawn(move || guard(read, &mut write, &SystemClock::new().unwrap()).unwrap());
        writeln!(orders, "{}", entry.line().unwrap()).unwrap();
        let mut answers = BufReader::new(answers).lines().map(Result::unwrap);
        assert_eq!(answers.next().unwrap(), READY);
        // Nothing is said until the guard has acted by itself.
        while first_line(directory.path(), "pwm1_enable") != "5" {
            std::thread::yield_now();
        }
        assert_eq!(first_line(directory.path(), "pwm1"), "255");
        let mut heard = std::iter::repeat_with(|| {
            writeln!(orders, "turn 1").unwrap();
            answers.next().unwrap()
        });
        // Its thread may not have ended yet.
        assert_eq!(heard.find(|answer| answer != BUSY).unwrap(), LATE);
        writeln!(orders, "{GOODBYE}").unwrap();
        guarding.join().unwrap();
    }
}
