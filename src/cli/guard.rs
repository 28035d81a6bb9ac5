//! `hearth guard-fans`, which is for Hearth itself: see [`crate::fans`].

use std::io::{self, PipeReader};
use std::os::fd::AsFd;

use hearth_hot::clock::SystemClock;

use super::Failure;
use crate::events;
use crate::fans::guard::guard;

/// Guards fans until a goodbye or the end of standard input.
pub(super) fn guard_fans() -> Result<(), Failure> {
    // What asks the service to end must not end the guard before the fans are handed back.
    let failed = |error: &dyn std::error::Error| Failure::Failed(format!("error: {error}"));
    let _held = events::block_signals().map_err(|error| failed(&error))?;
    let clock = SystemClock::new().map_err(|error| failed(&error))?;
    // Beside the standard library's buffer, which would hide lines from who waits for the pipe.
    let orders = io::stdin().as_fd().try_clone_to_owned().map_err(|error| failed(&error))?;
    guard(PipeReader::from(orders), &mut io::stdout(), &clock).map_err(|error| failed(&error))
}
