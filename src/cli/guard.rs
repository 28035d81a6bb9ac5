//! `hearth guard-fans`, which is for Hearth itself: see [`crate::fans`].

use std::io::{self, BufReader};

use super::Failure;
use crate::events;
use crate::fans::guard::guard;

/// Guards fans until a goodbye or the end of standard input.
pub(super) fn guard_fans() -> Result<(), Failure> {
    // What asks the service to end must not end the guard before the fans are handed back.
    let failed = |error: &dyn std::error::Error| Failure::Failed(format!("error: {error}"));
    let _held = events::block_signals().map_err(|error| failed(&error))?;
    let (mut orders, mut answers) = (BufReader::new(io::stdin()), io::stdout());
    guard(&mut orders, &mut answers).map_err(|error| failed(&error))
}
