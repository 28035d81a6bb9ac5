//! The fans under guard: when each was heard of, and what was done about silence. The time is an argument.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hearth_drivers::hwmon::{DUTY_MAX, Pwm, PwmError, PwmMode};

use super::guard::{BUSY, Entry, Found, GuardError, LATE, READY};

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

/// All fans under guard.
#[derive(Default)]
pub(super) struct Wards(Vec<Ward>);

struct Ward {
    entry: Entry,
    pwm: Arc<Pwm>,
    /// When its loop was heard of last, or the fan was seen to last.
    heard_ns: u64,
    rescue: Rescue,
}

enum Rescue {
    /// The loop turns.
    Unneeded,
    /// A thread of its own sets the fan to full speed, since its chip may hang.
    UnderWay(JoinHandle<Result<(), PwmError>>),
    /// Done, or refused by the chip.
    Over(Result<(), PwmError>),
}

impl Ward {
    fn rescue(&mut self) {
        let (pwm, found) = (Arc::clone(&self.pwm), self.entry.found);
        let started = thread::Builder::new().spawn(move || hand_back_at_full_speed(&pwm, found));
        self.rescue = match started {
            Ok(thread) => Rescue::UnderWay(thread),
            // No thread to be had: one after the other is better than not at all.
            Err(_) => Rescue::Over(hand_back_at_full_speed(&self.pwm, self.entry.found)),
        };
    }

    /// Takes the outcome of a rescue, waiting for it only where `is_patient`.
    fn settle(&mut self, is_patient: bool) {
        match std::mem::replace(&mut self.rescue, Rescue::Unneeded) {
            Rescue::UnderWay(thread) if is_patient || thread.is_finished() => match thread.join() {
                Ok(outcome) => self.rescue = Rescue::Over(outcome),
                Err(panic) => std::panic::resume_unwind(panic),
            },
            other => self.rescue = other,
        }
    }

    fn silent_at_ns(&self) -> u64 {
        let silence_ns = u64::try_from(self.entry.silence.as_nanos()).unwrap_or(u64::MAX);
        self.heard_ns.saturating_add(silence_ns)
    }
}

impl Wards {
    /// Takes a fan under guard, instead of what was told of the same fan before; the answer.
    pub(super) fn take(&mut self, entry: Entry, now_ns: u64) -> String {
        let of_same = self.0.iter_mut().find(|ward| ward.entry.fan == entry.fan);
        if let Some(ward) = of_same {
            ward.settle(false);
            if matches!(ward.rescue, Rescue::UnderWay(_)) {
                return BUSY.to_owned();
            }
        }
        match Pwm::open(&entry.place.directory, entry.place.number) {
            Ok(pwm) => {
                self.leave(entry.fan);
                self.0.push(Ward { entry, pwm: Arc::new(pwm), heard_ns: now_ns, rescue: Rescue::Unneeded });
                READY.to_owned()
            }
            Err(error) => error.to_string(),
        }
    }

    /// Takes a fan out of guard that was handed back.
    pub(super) fn leave(&mut self, fan: usize) {
        self.0.retain(|ward| ward.entry.fan != fan);
    }

    /// The loop of a fan turned; the answer.
    pub(super) fn turned(&mut self, fan: usize, now_ns: u64) -> &'static str {
        let Some(ward) = self.0.iter_mut().find(|ward| ward.entry.fan == fan) else {
            return "this fan is not guarded";
        };
        ward.heard_ns = now_ns;
        ward.settle(false);
        match ward.rescue {
            Rescue::Unneeded => READY,
            Rescue::UnderWay(_) => BUSY,
            Rescue::Over(_) => {
                ward.rescue = Rescue::Unneeded;
                LATE
            }
        }
    }

    /// Sets the fans to full speed whose loops are silent, again after each further silence: what a loop did before it
    /// fell silent may take effect only now.
    pub(super) fn look(&mut self, now_ns: u64) {
        for ward in &mut self.0 {
            ward.settle(false);
            if now_ns < ward.silent_at_ns() {
                continue;
            }
            ward.heard_ns = now_ns;
            if !matches!(ward.rescue, Rescue::UnderWay(_)) {
                ward.rescue();
            }
        }
    }

    /// How long nothing needs to be looked at; `None` until something is said.
    pub(super) fn patience(&self, now_ns: u64) -> Option<Duration> {
        let next_ns = self.0.iter().map(Ward::silent_at_ns).min()?;
        Some(Duration::from_nanos(next_ns.saturating_sub(now_ns)))
    }

    /// Sets every fan to full speed, for good.
    ///
    /// # Errors
    /// The last that failed; every fan was tried.
    pub(super) fn hand_back(mut self) -> Result<(), GuardError> {
        for ward in &mut self.0 {
            ward.settle(false);
            // One that was rescued may have been driven again since by a loop that did not live to say so.
            if !matches!(ward.rescue, Rescue::UnderWay(_)) {
                ward.rescue();
            }
        }
        let mut outcome = Ok(());
        for ward in &mut self.0 {
            ward.settle(true);
            if let Rescue::Over(Err(source)) = ward.rescue {
                outcome = Err(GuardError::Fan { fan: ward.entry.fan, source });
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fans::place::Place;
    use std::fs;
    use std::path::Path;

    /// A fan at 77 by software, found in mode 5, that may be silent for ten nanoseconds.
    fn entry(directory: &Path) -> Entry {
        put(directory, "77", "1");
        let place = Place { directory: directory.to_owned(), number: 1 };
        let found = Found { mode: Some(PwmMode(5)), duty: 90 };
        Entry { fan: 3, silence: Duration::from_nanos(10), place, found }
    }

    fn put(directory: &Path, duty: &str, mode: &str) {
        fs::write(directory.join("pwm1"), format!("{duty}\n")).unwrap();
        fs::write(directory.join("pwm1_enable"), format!("{mode}\n")).unwrap();
    }

    fn shown(directory: &Path) -> [String; 2] {
        ["pwm1", "pwm1_enable"].map(|file| {
            let text = fs::read_to_string(directory.join(file)).unwrap();
            text.lines().next().unwrap().to_owned()
        })
    }

    /// Looks at `now_ns` and waits for what that began.
    fn look(wards: &mut Wards, now_ns: u64) {
        wards.look(now_ns);
        wards.0.iter_mut().for_each(|ward| ward.settle(true));
    }

    #[test]
    fn a_fan_whose_loop_is_silent_is_set_to_full_speed_and_taken_over_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut wards = Wards::default();
        assert_eq!(wards.patience(0), None, "nothing is waited for");
        assert_eq!(wards.take(entry(directory.path()), 100), READY);
        assert_eq!(wards.turned(3, 105), READY);
        assert_eq!(wards.patience(105), Some(Duration::from_nanos(10)));
        look(&mut wards, 114);
        assert_eq!(shown(directory.path()), ["77", "1"], "it was heard of in time");
        look(&mut wards, 115);
        assert_eq!(shown(directory.path()), ["255", "5"]);
        put(directory.path(), "81", "1");
        look(&mut wards, 125);
        assert_eq!(shown(directory.path()), ["255", "5"], "a loop may write without a word, and stop again");
        // The loop is back, hears so, and drives.
        assert_eq!(wards.turned(3, 200), LATE);
        put(directory.path(), "80", "1");
        assert_eq!(wards.turned(3, 205), READY);
        look(&mut wards, 214);
        assert_eq!(shown(directory.path()), ["80", "1"]);
        look(&mut wards, 215);
        assert_eq!(shown(directory.path()), ["255", "5"], "a second silence is as good as the first");
    }

    #[test]
    fn a_chip_that_refuses_is_tried_again_and_told_of_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let mut wards = Wards::default();
        let mut order = entry(directory.path());
        order.found.mode = None;
        // Every write to this one fails, for want of space.
        fs::remove_file(directory.path().join("pwm1")).unwrap();
        std::os::unix::fs::symlink("/dev/full", directory.path().join("pwm1")).unwrap();
        assert_eq!(wards.take(order, 0), READY);
        look(&mut wards, 10);
        assert!(matches!(wards.0[0].rescue, Rescue::Over(Err(_))));
        assert_eq!(wards.patience(10), Some(Duration::from_nanos(10)));
        assert!(wards.hand_back().is_err());
    }

    #[test]
    fn a_fan_that_was_left_or_never_named_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let mut wards = Wards::default();
        assert_eq!(wards.take(entry(directory.path()), 0), READY);
        wards.leave(3);
        assert_eq!(wards.turned(3, 1), "this fan is not guarded");
        look(&mut wards, 100);
        wards.hand_back().unwrap();
        assert_eq!(shown(directory.path()), ["77", "1"]);
    }

    #[test]
    fn a_rescued_fan_is_handed_back_again_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let mut wards = Wards::default();
        wards.take(entry(directory.path()), 0);
        look(&mut wards, 50);
        // Driven between the rescue and the end, without a word.
        put(directory.path(), "30", "1");
        wards.hand_back().unwrap();
        assert_eq!(shown(directory.path()), ["255", "5"]);
    }
}
