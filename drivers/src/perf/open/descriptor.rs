//! The one step that `perf-event2` leaves to its user: from a counter to the descriptor it owns.

use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

use perf_event::Counter;

/// The descriptor of `counter`, which this is the end of.
#[expect(unsafe_code, reason = "a counter gives its descriptor away as a bare number only")]
pub(crate) fn owned(counter: Counter) -> OwnedFd {
    let descriptor = counter.into_raw_fd();
    // SAFETY: `into_raw_fd` takes the counter apart and gives up its open descriptor, so that nobody else owns it.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}
