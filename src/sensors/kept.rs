//! What a sensor keeps while it is armed anew.
//!
//! A sensor whose devices change is replaced by a fresh one. Some things must outlive that: a thread that hangs in a dead
//! file system, counters of what was watched so far. The old sensor is still there while the new one is armed, so both
//! hold the same thing, found by the root they stand on; with the last of them it goes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The things kept by one kind of sensor.
pub(super) struct Kept<T> {
    by_root: Mutex<Vec<(PathBuf, Weak<T>)>>,
}

impl<T> Kept<T> {
    pub(super) const fn new() -> Self {
        Self { by_root: Mutex::new(Vec::new()) }
    }

    /// What the sensor below `root` keeps, if there is one.
    pub(super) fn there(&self, root: &Path) -> Option<Arc<T>> {
        let by_root = locked(&self.by_root);
        by_root.iter().find(|(at, _)| at == root).and_then(|(_, kept)| kept.upgrade())
    }

    /// What the sensor below `root` keeps, made if there is none.
    pub(super) fn below<E>(&self, root: &Path, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut by_root = locked(&self.by_root);
        by_root.retain(|(_, kept)| kept.strong_count() > 0);
        let there = by_root.iter().find(|(at, _)| at == root).and_then(|(_, kept)| kept.upgrade());
        match there {
            Some(kept) => Ok(kept),
            None => {
                let made = Arc::new(make()?);
                by_root.push((root.to_owned(), Arc::downgrade(&made)));
                Ok(made)
            }
        }
    }
}

/// The lock's content. A thread that panicked with the lock in hand has left whole values: every holder writes them in
/// single steps.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;

    static KEPT: Kept<u32> = Kept::new();

    fn below(root: &str, value: u32) -> Arc<u32> {
        KEPT.below(Path::new(root), || Ok::<_, Infallible>(value)).unwrap()
    }

    #[test]
    fn a_thing_lives_as_long_as_a_sensor_of_its_root_holds_it() {
        let first = below("/a", 1);
        assert_eq!((*below("/a", 2), *below("/b", 3)), (1, 3));
        assert_eq!(KEPT.there(Path::new("/a")).as_deref(), Some(&1));
        drop(first);
        assert_eq!(KEPT.there(Path::new("/a")), None);
        assert_eq!(*below("/a", 4), 4);
    }
}
