//! Hands: threads that do what may never come back, so that whoever wants it done goes on.
//!
//! ```text
//! give(key, work) ──► a hand ──► back within the patience: the outcome
//!                        └─────► not back: late. The hand is left with it, another is hired for the next work
//! returned()     ◄── what came back late; the owner's thread was woken for it
//! ```
//!
//! Of one key there is one work under way at most, and of all keys [`HANDS_MAX`]: beyond that work is refused, so that
//! a machine on which everything hangs costs a fixed number of threads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{Builder, Thread};
use std::time::Duration;

use super::whereabouts;

/// Hands at most, and so works that may hang before others are refused.
pub const HANDS_MAX: usize = 8;

type Work<T> = Box<dyn FnOnce() -> T + Send>;

/// Threads that work for one owner.
pub struct Hands<K, T> {
    /// One with nothing to do.
    free: Option<Hand<T>>,
    /// Those that are late.
    out: Vec<(K, Hand<T>)>,
    owner: Thread,
}

struct Hand<T> {
    orders: Sender<Work<T>>,
    done: Receiver<T>,
    /// The kernel's number of the thread; 0 before it runs.
    number: Arc<AtomicI32>,
}

/// What became of work that was given.
pub enum Given<T> {
    /// It was done in time.
    Done(T),
    /// It is not back yet: [`Hands::returned`] will have it.
    Late,
    /// It was not begun, or its thread is gone.
    Refused(Refusal),
}

/// Why work is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// As many hang already as there may be hands.
    #[error("{HANDS_MAX} others have not come back")]
    AllOut,
    /// No thread was to be had.
    #[error("no thread is to be had for it: {0}")]
    Thread(#[source] io::Error),
    /// It panicked.
    #[error("it panicked; its message is in the log")]
    Panicked,
}

impl<K: Copy + PartialEq, T: Send + 'static> Hands<K, T> {
    /// No hands yet. `owner` is woken when something comes back late.
    #[must_use]
    pub const fn of(owner: Thread) -> Self {
        Self { free: None, out: Vec::new(), owner }
    }

    /// Has `work` done and waits for it, at most `patience`.
    pub fn give(
        &mut self,
        key: K,
        work: impl FnOnce() -> T + Send + 'static,
        patience: Duration,
    ) -> Given<T> {
        if self.is_out(key) || self.out.len() >= HANDS_MAX {
            return Given::Refused(Refusal::AllOut);
        }
        let hand = match self.free.take().map_or_else(|| Hand::hire(self.owner.clone()), Ok) {
            Ok(hand) => hand,
            Err(error) => return Given::Refused(Refusal::Thread(error)),
        };
        if hand.orders.send(Box::new(work)).is_err() {
            return Given::Refused(Refusal::Panicked);
        }
        match hand.done.recv_timeout(patience) {
            Ok(outcome) => {
                self.free = Some(hand);
                Given::Done(outcome)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.out.push((key, hand));
                Given::Late
            }
            Err(RecvTimeoutError::Disconnected) => Given::Refused(Refusal::Panicked),
        }
    }

    /// Whether work of this key is under way.
    pub fn is_out(&self, key: K) -> bool {
        self.out.iter().any(|(other, _)| *other == key)
    }

    /// What the work of this key waits for, where the kernel tells: `a read of /sys/…`.
    pub fn waits_for(&self, key: K) -> Option<String> {
        let (_, hand) = self.out.iter().find(|(other, _)| *other == key)?;
        // Relaxed suffices: the number stands for itself.
        whereabouts::of(hand.number.load(Ordering::Relaxed))
    }

    /// Something late that has come back, of a key that is `wanted`.
    pub fn returned(&mut self, wanted: impl Fn(K) -> bool) -> Option<(K, Result<T, Refusal>)> {
        for at in 0..self.out.len() {
            let Some((key, hand)) = self.out.get(at).filter(|(key, _)| wanted(*key)) else { continue };
            let (key, back) = (*key, hand.done.try_recv());
            match back {
                Err(TryRecvError::Empty) => {}
                Ok(outcome) => {
                    let (_, hand) = self.out.swap_remove(at);
                    self.free.get_or_insert(hand);
                    return Some((key, Ok(outcome)));
                }
                Err(TryRecvError::Disconnected) => {
                    self.out.swap_remove(at);
                    return Some((key, Err(Refusal::Panicked)));
                }
            }
        }
        None
    }

    /// Lets the hand go that has nothing to do: its memory is worth more than the hiring of another.
    pub fn rest(&mut self) {
        self.free = None;
    }
}

impl<T: Send + 'static> Hand<T> {
    fn hire(owner: Thread) -> io::Result<Self> {
        let (orders, work) = mpsc::channel::<Work<T>>();
        let (tell, done) = mpsc::channel();
        let number = Arc::new(AtomicI32::new(0));
        let theirs = Arc::clone(&number);
        let body = move || {
            // Relaxed suffices: the number stands for itself.
            theirs.store(whereabouts::own_number(), Ordering::Relaxed);
            for work in work {
                if tell.send(work()).is_err() {
                    // The owner has gone.
                    return;
                }
                owner.unpark();
            }
        };
        Builder::new().name("hearth-arm".to_owned()).spawn(body)?;
        Ok(Self { orders, done, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(1);

    /// Work that waits until the sender is dropped, and then says `word`.
    fn held(word: u32) -> (Sender<()>, impl FnOnce() -> u32 + Send + 'static) {
        let (hold, held) = mpsc::channel::<()>();
        let work = move || match held.recv() {
            Ok(()) | Err(mpsc::RecvError) => word,
        };
        (hold, work)
    }

    fn late(hands: &mut Hands<u32, u32>, key: u32, work: impl FnOnce() -> u32 + Send + 'static) {
        assert!(matches!(hands.give(key, work, SHORT), Given::Late));
    }

    fn back(hands: &mut Hands<u32, u32>) -> (u32, u32) {
        loop {
            match hands.returned(|_| true) {
                Some((key, word)) => return (key, word.unwrap()),
                // Woken by the hand that comes back, also if it was faster than this.
                None => thread::park(),
            }
        }
    }

    #[test]
    fn work_that_hangs_holds_up_no_other_and_is_not_begun_twice() {
        let mut hands = Hands::of(thread::current());
        assert!(matches!(hands.give(1, || 10, LONG), Given::Done(10)));
        let (hold, work) = held(20);
        late(&mut hands, 2, work);
        assert!(hands.is_out(2) && !hands.is_out(1));
        assert!(matches!(hands.give(2, || 21, LONG), Given::Refused(Refusal::AllOut)));
        assert!(matches!(hands.give(1, || 11, LONG), Given::Done(11)));
        assert!(hands.returned(|_| true).is_none());
        drop(hold);
        assert_eq!(back(&mut hands), (2, 20));
        assert!(!hands.is_out(2));
        assert!(matches!(hands.give(2, || 22, LONG), Given::Done(22)));
    }

    #[test]
    fn beyond_the_most_that_may_hang_work_is_refused_until_one_is_back() {
        let mut hands = Hands::of(thread::current());
        let mut holds = Vec::new();
        for key in 0..u32::try_from(HANDS_MAX).unwrap() {
            let (hold, work) = held(key);
            late(&mut hands, key, work);
            holds.push(hold);
        }
        assert!(matches!(hands.give(99, || 99, LONG), Given::Refused(Refusal::AllOut)));
        drop(holds.remove(3));
        assert_eq!(back(&mut hands), (3, 3));
        assert!(matches!(hands.give(99, || 99, LONG), Given::Done(99)));
    }

    #[test]
    fn what_comes_back_is_kept_until_it_is_wanted() {
        let mut hands = Hands::of(thread::current());
        let (hold, work) = held(5);
        late(&mut hands, 5, work);
        drop(hold);
        assert!(hands.returned(|key| key != 5).is_none());
        assert_eq!(back(&mut hands), (5, 5));
    }

    #[test]
    fn work_that_panics_is_told_and_the_next_has_a_hand_again() {
        let mut hands = Hands::<u32, u32>::of(thread::current());
        let given = hands.give(1, || panic!("a test's own"), LONG);
        assert!(matches!(given, Given::Refused(Refusal::Panicked)));
        assert!(matches!(hands.give(1, || 10, LONG), Given::Done(10)));
        hands.rest();
        assert!(matches!(hands.give(1, || 11, LONG), Given::Done(11)));
    }
}
