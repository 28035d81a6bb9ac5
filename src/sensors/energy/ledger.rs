//! The accounts of all domains: their open counters and what these have counted so far. They outlive arming, so that no
//! energy is lost when a driver is loaded anew.

use hearth_drivers::rapl::accumulate::{Accumulator, Counting, Moment, Step};
use hearth_drivers::rapl::domain::{BackEnd, Domain, Found, Key};
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

/// All accounts; one's number stays for good.
#[derive(Default)]
pub(super) struct Ledger {
    accounts: Vec<Account>,
}

struct Account {
    key: Key,
    back_end: BackEnd,
    /// None where the domain is not there at present, or another road is taken.
    parts: Vec<Part>,
    /// Total and doubts of counters that have gone.
    past_uj: u64,
    past_doubts: u64,
    zone_base_uj: Option<u64>,
    window: Window,
    power: Result<Power, Reason>,
    stillness: Stillness,
}

struct Part {
    register: Register,
    accumulator: Accumulator,
}

impl Ledger {
    /// The account of what was found: its own of old with fresh counters, or a new one.
    pub(super) fn open(&mut self, found: Found) -> usize {
        let Found { key, back_end, registers, counting, .. } = found;
        let at = self.accounts.iter().position(|account| (account.key, account.back_end) == (key, back_end));
        let at = at.unwrap_or_else(|| {
            self.accounts.push(Account::new(key, back_end));
            self.accounts.len() - 1
        });
        if let Some(account) = self.accounts.get_mut(at) {
            account.renew(registers, counting);
        }
        at
    }

    /// Lets the counters of all accounts go but of those named. Whether one of them was open and its domain is not among
    /// those named: a domain that has gone, and may come again.
    pub(super) fn close_others(&mut self, open: &[usize]) -> bool {
        let keys: Vec<Key> =
            open.iter().filter_map(|at| self.accounts.get(*at)).map(|account| account.key).collect();
        let mut lacks_one = false;
        for (at, account) in self.accounts.iter_mut().enumerate() {
            if !open.contains(&at) {
                account.put_by();
                lacks_one |= !keys.contains(&account.key);
            }
        }
        lacks_one
    }

    /// The account of the package or die that `account` is a part of.
    pub(super) fn package_of(&self, account: usize) -> Option<usize> {
        let part = self.accounts.get(account)?;
        let is_whole = |domain| matches!(domain, Domain::Package | Domain::Die);
        if is_whole(part.key.domain) {
            return None;
        }
        self.accounts.iter().position(|other| {
            is_whole(other.key.domain) && other.key.place == part.key.place && !other.parts.is_empty()
        })
    }

    /// What an account has counted; nothing where it is closed.
    pub(super) fn total_uj(&self, account: usize) -> Option<u64> {
        self.accounts.get(account).filter(|account| !account.parts.is_empty()).map(Account::total_uj)
    }

    /// Reads the counters of an account.
    pub(super) fn read(
        &mut self,
        account: usize,
        domain: Domain,
        package_uj: Option<u64>,
        now: Moment,
    ) -> Option<Seen> {
        self.accounts.get_mut(account).map(|account| account.read(domain, package_uj, now))
    }
}

impl Account {
    fn new(key: Key, back_end: BackEnd) -> Self {
        Self {
            key,
            back_end,
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
    fn renew(&mut self, registers: Vec<Register>, counting: Counting) {
        let same_hardware = self.parts.len() == registers.len()
            && self.parts.iter().all(|part| part.accumulator.counting() == counting);
        match self.back_end {
            BackEnd::Perf if same_hardware && self.parts.iter_mut().all(Part::is_well) => {}
            BackEnd::Powercap | BackEnd::Msr if same_hardware => {
                for (part, register) in self.parts.iter_mut().zip(registers) {
                    part.register = register;
                }
            }
            BackEnd::Perf | BackEnd::Powercap | BackEnd::Msr => {
                self.put_by();
                let part = |register| Part { register, accumulator: Accumulator::new(counting) };
                self.parts = registers.into_iter().map(part).collect();
            }
        }
    }

    /// Closes the counters and keeps what they have counted. What flows until there are new ones is not known.
    fn put_by(&mut self) {
        if self.parts.is_empty() {
            return;
        }
        (self.past_uj, self.past_doubts) = (self.total_uj(), self.doubts() + 1);
        self.parts.clear();
        self.window.reset();
        self.power = Err(Reason::Pending);
    }

    fn total_uj(&self) -> u64 {
        self.parts.iter().fold(self.past_uj, |sum, part| sum.saturating_add(part.accumulator.total_uj()))
    }

    fn doubts(&self) -> u64 {
        self.parts.iter().fold(self.past_doubts, |sum, part| sum + part.accumulator.doubts())
    }

    fn read(&mut self, domain: Domain, package_uj: Option<u64>, now: Moment) -> Seen {
        let (mut moved, mut is_doubtful, mut fault, mut begun_uj) = (false, false, None, 0_u64);
        for part in &mut self.parts {
            match part.register.read() {
                Ok(raw) => match part.accumulator.take(raw, now) {
                    Step::Counted(ticks) => moved |= ticks > 0,
                    Step::Uncertain(_) => is_doubtful = true,
                    Step::Begun => {
                        moved = true;
                        let (stands_at_uj, _) = part.accumulator.counting().unit.add(0, 0, raw);
                        begun_uj = begun_uj.saturating_add(stands_at_uj);
                    }
                },
                Err(found) => fault = Some(found),
            }
        }
        if let Some(fault) = fault {
            return self.failed(fault);
        }
        let zone_base_uj = *self.zone_base_uj.get_or_insert(begun_uj);
        let total_uj = self.total_uj();
        let is_frozen = self.stillness.is_frozen(domain, moved || is_doubtful, package_uj, now.monotonic_ns);
        let reason = match (is_doubtful, is_frozen) {
            (true, _) => Some(Reason::Uncertain),
            (false, true) => Some(Reason::NotCounted),
            (false, false) => None,
        };
        match reason {
            Some(reason) => {
                self.window.reset();
                self.power = Err(reason);
            }
            None => {
                let tick_uj =
                    self.parts.first().map_or(1, |part| part.accumulator.counting().unit.tick_uj_ceil());
                let tick_uj = tick_uj.saturating_mul(u64::try_from(self.parts.len()).unwrap_or(1));
                if let Some(power) = self.window.take(total_uj, tick_uj, now.monotonic_ns) {
                    self.power = Ok(power);
                }
            }
        }
        Seen {
            total_uj: reason.map_or(Ok(total_uj), Err),
            zone_base_uj,
            doubts: self.doubts(),
            power: self.power,
            is_gone: false,
        }
    }

    /// Without all of its counters a domain has no value; the accumulators bridge the time until they answer again.
    fn failed(&self, fault: Fault) -> Seen {
        let reason = match fault {
            Fault::Read(error) => Trouble::from(error).reason(),
            Fault::Malformed | Fault::OutOfRange => Reason::OutOfRange,
            Fault::NotCounted => Reason::NotCounted,
        };
        let reason = if reason == Reason::Absent { Reason::Gone } else { reason };
        Seen {
            total_uj: Err(reason),
            zone_base_uj: 0,
            doubts: self.doubts(),
            power: Err(reason),
            is_gone: matches!(reason, Reason::Gone | Reason::NotCounted),
        }
    }
}

impl Part {
    /// Whether the counter answers.
    fn is_well(&mut self) -> bool {
        self.register.read().is_ok()
    }
}
