//! One domain's account: its counters, its total, its power.

use hearth_drivers::rapl::accumulate::{Accumulator, Counting, Moment, Step};
use hearth_drivers::rapl::domain::{BackEnd, Key};
use hearth_drivers::rapl::frozen::Stillness;
use hearth_drivers::rapl::power::{Power, Window};
use hearth_drivers::rapl::register::{Fault, Register};
use hearth_model::Reason;

use crate::sensors::Trouble;

/// What a read brought for one domain.
pub(super) struct Seen {
    /// Energy since the account was opened.
    pub(super) total_uj: Result<u64, Reason>,
    /// What the counter stood at when the account was opened.
    pub(super) zone_base_uj: u64,
    /// Intervals in doubt so far.
    pub(super) doubts: u64,
    /// Mean power of the last whole window.
    pub(super) power: Result<Power, Reason>,
    /// The counter is not there any more.
    pub(super) is_gone: bool,
}

/// One domain by one road.
pub(super) struct Account {
    pub(super) key: Key,
    pub(super) back_end: BackEnd,
    /// Where its counters lie.
    pub(super) path: String,
    parts: Vec<Part>,
    /// Total and doubts of counters that were replaced by others.
    past_uj: u64,
    past_doubts: u64,
    zone_base_uj: Option<u64>,
    window: Window,
    power: Result<Power, Reason>,
    stillness: Stillness,
}

struct Part {
    /// None while it is not there.
    register: Option<Register>,
    accumulator: Accumulator,
}

/// What reading all parts brought.
#[derive(Default)]
struct Pass {
    moved: bool,
    is_doubtful: bool,
    /// What the parts stood at that were read for the first time.
    begun_uj: u64,
}

impl Account {
    /// An account without counters.
    pub(super) const fn new(key: Key, back_end: BackEnd) -> Self {
        Self {
            key,
            back_end,
            path: String::new(),
            parts: Vec::new(),
            past_uj: 0,
            past_doubts: 0,
            zone_base_uj: None,
            window: Window::new(),
            power: Err(Reason::Pending),
            stillness: Stillness::new(),
        }
    }

    /// Takes fresh counters of the same domain. Registers and zones show the same hardware as before, so that counting
    /// goes on; an event counts from its opening, and so the one that is open stays unless it has failed.
    pub(super) fn renew(&mut self, registers: Vec<Register>, counting: Counting, path: String) {
        self.path = path;
        let is_same = self.parts.len() == registers.len()
            && self.parts.iter().all(|part| part.accumulator.counting() == counting);
        match self.back_end {
            BackEnd::Perf if is_same && self.parts.iter_mut().all(Part::is_well) => {}
            BackEnd::Powercap | BackEnd::Msr if is_same => {
                for (part, register) in self.parts.iter_mut().zip(registers) {
                    part.register = Some(register);
                }
            }
            BackEnd::Perf | BackEnd::Powercap | BackEnd::Msr => self.replace(registers, counting),
        }
    }

    /// Begins with other counters. What the old ones have counted stays; what has flowed since their last read is in doubt.
    fn replace(&mut self, registers: Vec<Register>, counting: Counting) {
        let had_counters = !self.parts.is_empty();
        (self.past_uj, self.past_doubts) = (self.total_uj(), self.doubts() + u64::from(had_counters));
        let part = |register| Part { register: Some(register), accumulator: Accumulator::new(counting) };
        self.parts = registers.into_iter().map(part).collect();
        self.restart_power(Reason::Pending);
    }

    /// Lets the counters go. What they showed last is kept: the hardware may come again.
    pub(super) fn close(&mut self) {
        self.parts.iter_mut().for_each(|part| part.register = None);
        self.restart_power(Reason::Pending);
    }

    fn restart_power(&mut self, reason: Reason) {
        self.window.reset();
        self.power = Err(reason);
    }

    /// Energy of all counters this account ever had.
    pub(super) fn total_uj(&self) -> u64 {
        self.parts.iter().fold(self.past_uj, |sum, part| sum.saturating_add(part.accumulator.total_uj()))
    }

    fn doubts(&self) -> u64 {
        self.parts.iter().fold(self.past_doubts, |sum, part| sum + part.accumulator.doubts())
    }

    /// Reads every counter once. `package_uj` is what the package around it has drawn in all.
    pub(super) fn read(&mut self, package_uj: Option<u64>, now: Moment) -> Seen {
        let pass = match self.read_parts(now) {
            Ok(pass) => pass,
            Err(reason) => return self.failed(reason),
        };
        let zone_base_uj = *self.zone_base_uj.get_or_insert(pass.begun_uj);
        let has_moved = pass.moved || pass.is_doubtful;
        let is_frozen = self.stillness.is_frozen(self.key.domain, has_moved, package_uj, now.monotonic_ns);
        let doubt = match (pass.is_doubtful, is_frozen) {
            (true, _) => Some(Reason::Uncertain),
            (false, true) => Some(Reason::NotCounted),
            (false, false) => None,
        };
        let total_uj = self.total_uj();
        if let Some(reason) = doubt {
            self.restart_power(reason);
        } else if let Some(power) = self.window.take(total_uj, self.quantum_uj(), now.monotonic_ns) {
            self.power = Ok(power);
        }
        Seen {
            total_uj: doubt.map_or(Ok(total_uj), Err),
            zone_base_uj,
            doubts: self.doubts(),
            power: self.power,
            is_gone: false,
        }
    }

    fn read_parts(&mut self, now: Moment) -> Result<Pass, Reason> {
        let mut pass = Pass::default();
        let mut failure = if self.parts.is_empty() { Err(Reason::Gone) } else { Ok(()) };
        for part in &mut self.parts {
            let Some(register) = &mut part.register else {
                failure = Err(Reason::Gone);
                continue;
            };
            let raw = match register.read() {
                Ok(raw) => raw,
                Err(fault) => {
                    failure = Err(reason_of(fault));
                    continue;
                }
            };
            match part.accumulator.take(raw, now) {
                Step::Counted(ticks) => pass.moved |= ticks > 0,
                Step::Uncertain(_) => pass.is_doubtful = true,
                Step::Begun => {
                    pass.moved = true;
                    let (stands_at_uj, _) = part.accumulator.counting().unit.add(0, 0, raw);
                    pass.begun_uj = pass.begun_uj.saturating_add(stands_at_uj);
                }
            }
        }
        failure.map(|()| pass)
    }

    /// The least that the sum moves by, as each part is off by one step of its own.
    fn quantum_uj(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.accumulator.counting().quantum_uj))
    }

    /// Without all of its counters a domain has no value; the accumulators bridge the time until they answer again.
    fn failed(&self, reason: Reason) -> Seen {
        Seen {
            total_uj: Err(reason),
            zone_base_uj: 0,
            doubts: self.doubts(),
            power: Err(reason),
            is_gone: matches!(reason, Reason::Gone | Reason::NotCounted),
        }
    }
}

/// A file that says that there is no such thing was there when it was opened: it has gone.
fn reason_of(fault: Fault) -> Reason {
    let reason = match fault {
        Fault::Read(error) => Trouble::from(error).reason(),
        Fault::Malformed | Fault::OutOfRange => Reason::OutOfRange,
        Fault::NotCounted => Reason::NotCounted,
    };
    if reason == Reason::Absent { Reason::Gone } else { reason }
}

impl Part {
    /// Whether the counter answers.
    fn is_well(&mut self) -> bool {
        self.register.as_mut().is_some_and(|register| register.read().is_ok())
    }
}
