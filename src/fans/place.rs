//! Where a fan's channel is now: the kernel numbers chips anew, so that it is looked for by name.

use std::path::{Path, PathBuf};

use hearth_drivers::file::OpenError;
use hearth_drivers::hwmon::{self, Kind, PwmError};

/// A channel that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chip's directory.
    pub directory: PathBuf,
    /// The channel's number.
    pub number: u32,
}

/// Why a fan cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum FanError {
    /// The chips could not be listed.
    #[error("{0}; load the driver of the board's chip")]
    Chips(#[from] OpenError),
    /// No chip fits, or more than one.
    #[error("{pwm:?} names {found} channels of this machine, which has {there}; correct fan.pwm")]
    NotOne {
        /// What the configuration says.
        pwm: String,
        /// How many fit.
        found: usize,
        /// Those there are.
        there: String,
    },
    /// The channel refused.
    #[error("the fan's channel: {0}; run Hearth as root, and see that nothing else drives the fan")]
    Pwm(#[from] PwmError),
    /// Nobody would see to the fan if Hearth were killed.
    #[error("the fan is left alone, since the process that guards it {0}")]
    Unguarded(String),
}

/// Finds the channel that the configuration names `chip/pwmN`.
///
/// # Errors
/// [`FanError::Chips`], [`FanError::NotOne`].
pub fn find(root: &Path, pwm: &str) -> Result<Place, FanError> {
    let (wanted, channel) = pwm.rsplit_once('/').unwrap_or((pwm, ""));
    let mut places = Vec::new();
    let mut there = Vec::new();
    for chip in hwmon::chips(root)? {
        for duty in chip.channels.iter().filter(|one| one.def.kind == Kind::Pwm && one.def.name.is_empty()) {
            there.push(format!("{}/{}", chip.key, duty.file));
            if [&chip.key, &chip.name, &hwmon::cleaned(&chip.name)].into_iter().any(|name| name == wanted)
                && duty.file == channel
            {
                places.push(Place { directory: chip.directory.clone(), number: duty.number });
            }
        }
    }
    match <[Place; 1]>::try_from(places) {
        Ok([place]) => Ok(place),
        Err(places) => {
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            Err(FanError::NotOne { pwm: pwm.to_owned(), found: places.len(), there })
        }
    }
}
