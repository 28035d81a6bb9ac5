//! What the fans' threads say of their fans.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// The fans of this process, made once from its configuration.
pub static FANS: OnceLock<Box<[FanMeter]>> = OnceLock::new();

/// Stands for no value.
const NONE: i64 = i64::MIN;

/// One fan's figures. Relaxed orders throughout: each stands for itself and orders no other memory.
#[derive(Debug)]
pub struct FanMeter {
    name: String,
    duty: AtomicI64,
    temperature_mc: AtomicI64,
    is_failsafe: AtomicBool,
    failures: AtomicU64,
    turned_ns: AtomicU64,
}

/// A fan's figures at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanFigures {
    /// The duty it was given, of 255; `None` while it is left to its chip.
    pub duty: Option<i64>,
    /// The temperature it follows, in m°C.
    pub temperature_mc: Option<i64>,
    /// Whether it runs at full speed for want of a temperature.
    pub is_failsafe: bool,
    /// Times it could not be driven.
    pub failures: u64,
    /// `CLOCK_MONOTONIC` when its thread last looked after it, in nanoseconds; 0 before the first time.
    pub turned_ns: u64,
}

impl FanMeter {
    /// A fan that nobody has looked after yet.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            duty: AtomicI64::new(NONE),
            temperature_mc: AtomicI64::new(NONE),
            is_failsafe: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            turned_ns: AtomicU64::new(0),
        }
    }

    /// What the fan is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The figures now.
    #[must_use]
    pub fn figures(&self) -> FanFigures {
        let value = |cell: &AtomicI64| Some(cell.load(Ordering::Relaxed)).filter(|value| *value != NONE);
        FanFigures {
            duty: value(&self.duty),
            temperature_mc: value(&self.temperature_mc),
            is_failsafe: self.is_failsafe.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            turned_ns: self.turned_ns.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn look(&self, temperature_mc: Option<i64>, now_ns: u64) {
        self.temperature_mc.store(temperature_mc.unwrap_or(NONE), Ordering::Relaxed);
        self.turned_ns.store(now_ns, Ordering::Relaxed);
    }

    pub(crate) fn drives(&self, duty: u8, is_failsafe: bool) {
        self.duty.store(i64::from(duty), Ordering::Relaxed);
        self.is_failsafe.store(is_failsafe, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.leaves();
    }

    pub(crate) fn leaves(&self) {
        self.duty.store(NONE, Ordering::Relaxed);
        self.is_failsafe.store(false, Ordering::Relaxed);
    }
}
