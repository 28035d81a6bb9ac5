//! Finding the GPUs: loading their driver's library may hang with the driver, so that a thread of its own does it.
//!
//! There is one such thread at most: while it hangs, nobody sends another.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use hearth_drivers::nvml::{Gpu, Nvml, NvmlError};

use super::locked;

/// The library once it is connected: for as long as the program runs, since disconnecting may hang as well.
static NVML: OnceLock<Nvml> = OnceLock::new();

/// What the driver shows: its GPUs, each or why it does not answer.
pub(super) type Shown = Result<Vec<Result<Gpu, NvmlError>>, NvmlError>;

/// Why nothing is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// The driver has not answered yet.
    Late,
    /// There is no thread to ask it.
    NoThread(String),
}

/// The question, and what came of it.
pub(super) struct Look {
    state: Mutex<State>,
    answered: Condvar,
}

enum State {
    Idle,
    Asked,
    Answered(Shown),
}

impl Look {
    pub(super) const fn new() -> Self {
        Self { state: Mutex::new(State::Idle), answered: Condvar::new() }
    }

    /// Sends a thread to `ask`, unless one is on its way, and waits for it no longer than `patience`.
    pub(super) fn ask(&'static self, ask: fn() -> Shown, patience: Duration) -> Result<Shown, Unseen> {
        let mut state = locked(&self.state);
        if matches!(*state, State::Idle) {
            let named = thread::Builder::new().name("hearth-nvml".to_owned());
            let sent = named.spawn(move || {
                let shown = ask();
                *locked(&self.state) = State::Answered(shown);
                self.answered.notify_all();
            });
            if let Err(error) = sent {
                return Err(Unseen::NoThread(error.to_string()));
            }
            *state = State::Asked;
        }
        let is_late = |state: &mut State| matches!(state, State::Asked);
        let waited = self.answered.wait_timeout_while(state, patience, is_late);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        match std::mem::replace(&mut *state, State::Idle) {
            State::Answered(shown) => Ok(shown),
            State::Idle | State::Asked => {
                *state = State::Asked;
                Err(Unseen::Late)
            }
        }
    }
}

/// The library, connected if it was not.
pub(super) fn nvml() -> Result<&'static Nvml, NvmlError> {
    match NVML.get() {
        Some(nvml) => Ok(nvml),
        None => {
            let nvml = Nvml::open()?;
            Ok(NVML.get_or_init(|| nvml))
        }
    }
}

/// What the driver of this machine shows.
pub(super) fn shown() -> Shown {
    nvml()?.gpus()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::crew::tests::Gate;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static LOOK: Look = Look::new();
    static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::new(false));
    static SENT: AtomicUsize = AtomicUsize::new(0);

    fn held_up() -> Shown {
        SENT.fetch_add(1, Ordering::SeqCst);
        GATE.wait();
        Ok(Vec::new())
    }

    #[test]
    fn a_driver_that_hangs_holds_one_thread_and_may_answer_later() {
        for _ in 0..3 {
            assert_eq!(LOOK.ask(held_up, Duration::ZERO).unwrap_err(), Unseen::Late);
        }
        GATE.open();
        let patience = Duration::from_secs(120);
        assert_eq!(LOOK.ask(held_up, patience), Ok(Ok(Vec::new())));
        assert_eq!(SENT.load(Ordering::SeqCst), 1, "nobody was sent after the first");
        assert_eq!(LOOK.ask(held_up, patience), Ok(Ok(Vec::new())));
        assert_eq!(SENT.load(Ordering::SeqCst), 2, "what was answered is asked anew");
    }
}
