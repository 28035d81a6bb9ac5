//! A fan that was taken over, and is handed back when it is dropped.

use hearth_drivers::hwmon::{Pwm, PwmError, PwmMode};

use super::guard::Found;
use super::wards::hand_back_at_full_speed;

/// The open channel of a fan in Hearth's hands.
pub struct Taken {
    pwm: Pwm,
    found: Found,
    written: Option<u8>,
    is_abandoned: bool,
}

/// How a fan is now.
///
/// # Errors
/// [`PwmError`].
pub fn look(pwm: &Pwm) -> Result<Found, PwmError> {
    Ok(Found { mode: pwm.mode()?, duty: pwm.duty()? })
}

impl Taken {
    /// A fan found like this, not touched yet. The guard knows of it already.
    #[must_use]
    pub const fn new(pwm: Pwm, found: Found) -> Self {
        Self { pwm, found, written: None, is_abandoned: false }
    }

    /// Somebody else has set the fan since: the next duty is written whatever was written before.
    pub const fn forget(&mut self) {
        self.written = None;
    }

    /// Drives the fan. The mode is looked at each time, since a chip that was reset (by a sleep of the machine) drives
    /// itself again; the duty is written where it is another.
    ///
    /// # Errors
    /// [`PwmError`]; the next call tries everything anew.
    pub fn drive(&mut self, duty: u8) -> Result<(), PwmError> {
        let is_manual = self.pwm.mode()?.is_none_or(|mode| mode == PwmMode::MANUAL);
        if is_manual && self.written == Some(duty) {
            return Ok(());
        }
        self.written = None;
        if !is_manual {
            self.pwm.set_mode(PwmMode::MANUAL)?;
        }
        self.pwm.set_duty(duty)?;
        self.written = Some(duty);
        Ok(())
    }

    /// Gives a fan up that cannot be driven: at full speed, in the mode it was found in, as far as its chip takes that.
    ///
    /// # Errors
    /// [`PwmError`].
    pub fn abandon(mut self) -> Result<(), PwmError> {
        self.is_abandoned = true;
        hand_back_at_full_speed(&self.pwm, self.found)
    }

    /// As it was found: the duty first, where it was a person's or nobody's, then the mode.
    fn hand_back(&self) -> Result<(), PwmError> {
        let by_hand = self.found.mode.is_none_or(|mode| mode == PwmMode::MANUAL);
        let duty = if by_hand { self.pwm.set_duty(self.found.duty) } else { Ok(()) };
        let mode = self.found.mode.map_or(Ok(()), |mode| self.pwm.set_mode(mode));
        duty.and(mode)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.is_abandoned {
            return;
        }
        if let Err(error) = self.hand_back() {
            tracing::error!("a fan could not be handed back as it was found: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn first_line(directory: &Path, file: &str) -> String {
        fs::read_to_string(directory.join(file)).unwrap().lines().next().unwrap().to_owned()
    }

    fn taken(directory: &Path) -> Taken {
        let pwm = Pwm::open(directory, 1).unwrap();
        let found = look(&pwm).unwrap();
        Taken::new(pwm, found)
    }

    #[test]
    fn a_fan_goes_back_to_the_mode_it_was_found_in() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("pwm1"), "90\n").unwrap();
        fs::write(directory.path().join("pwm1_enable"), "5\n").unwrap();
        let mut fan = taken(directory.path());
        assert_eq!(first_line(directory.path(), "pwm1_enable"), "5", "not touched before it is driven");
        fan.drive(120).unwrap();
        let now = |file| first_line(directory.path(), file);
        assert_eq!((now("pwm1"), now("pwm1_enable")), ("120".into(), "1".into()));
        // The chip was reset and drives itself again.
        fs::write(directory.path().join("pwm1_enable"), "5\n").unwrap();
        fan.drive(120).unwrap();
        assert_eq!(now("pwm1_enable"), "1");
        drop(fan);
        assert_eq!(now("pwm1_enable"), "5");
    }

    #[test]
    fn a_panic_that_unwinds_hands_a_fan_back() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("pwm1"), "90\n").unwrap();
        fs::write(directory.path().join("pwm1_enable"), "5\n").unwrap();
        let path = directory.path().to_owned();
        let thread = std::thread::spawn(move || {
            let mut fan = taken(&path);
            fan.drive(120).unwrap();
            panic!("as a loop with a mistake in it would");
        });
        assert!(thread.join().is_err());
        assert_eq!(first_line(directory.path(), "pwm1_enable"), "5");
    }

    #[test]
    fn a_duty_that_somebody_else_has_changed_is_written_again() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("pwm1"), "90\n").unwrap();
        let mut fan = taken(directory.path());
        fan.drive(120).unwrap();
        fs::write(directory.path().join("pwm1"), "255\n").unwrap();
        fan.drive(120).unwrap();
        assert_eq!(first_line(directory.path(), "pwm1"), "255", "the chip is not written to for nothing");
        fan.forget();
        fan.drive(120).unwrap();
        assert_eq!(first_line(directory.path(), "pwm1"), "120");
    }

    #[test]
    fn a_fan_driven_by_hand_goes_back_to_its_duty() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("pwm1"), "90\n").unwrap();
        let mut fan = taken(directory.path());
        fan.drive(200).unwrap();
        assert_eq!(first_line(directory.path(), "pwm1"), "200");
        drop(fan);
        assert_eq!(first_line(directory.path(), "pwm1"), "90");
        taken(directory.path()).abandon().unwrap();
        assert_eq!(first_line(directory.path(), "pwm1"), "255", "given up is at full speed");
    }
}
