//! A pulse: whether a thread still gets round to what it is asked, told by two counts. Whoever asks looks later whether
//! the last question was answered; nobody waits.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a thread is asked and has answered.
#[derive(Debug, Default)]
pub struct Pulse {
    asked: AtomicU64,
    answered: AtomicU64,
}

impl Pulse {
    /// Puts a question. The thread has to be woken to see it.
    pub fn ask(&self) {
        // Relaxed suffices: the count stands for itself.
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Answers every question so far: called by the thread in each of its rounds.
    pub fn answer(&self) {
        // Relaxed suffices: the counts stand for themselves.
        self.answered.store(self.asked.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Whether every question was answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        // Relaxed suffices: the counts stand for themselves.
        self.answered.load(Ordering::Relaxed) == self.asked.load(Ordering::Relaxed)
    }
}

/// Since when a pulse has been missing.
#[derive(Debug, Default)]
pub struct Watch {
    asked_ns: Option<u64>,
}

impl Watch {
    /// Looks at the answer and asks anew at `now_ns`. Returns for how long the oldest question that is not answered has
    /// waited, in nanoseconds; 0 where all are.
    pub fn look(&mut self, pulse: &Pulse, now_ns: u64) -> u64 {
        if pulse.is_answered() {
            self.asked_ns = None;
        }
        pulse.ask();
        now_ns.saturating_sub(*self.asked_ns.get_or_insert(now_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_does_not_answer_has_been_silent_since_the_first_question_it_left() {
        let (pulse, mut watch) = (Pulse::default(), Watch::default());
        assert_eq!(watch.look(&pulse, 100), 0);
        pulse.answer();
        assert_eq!(watch.look(&pulse, 200), 0);
        assert_eq!(watch.look(&pulse, 300), 100);
        assert_eq!(watch.look(&pulse, 900), 700);
        pulse.answer();
        assert_eq!(watch.look(&pulse, 1000), 0);
        assert_eq!(watch.look(&pulse, 1100), 100);
    }
}
