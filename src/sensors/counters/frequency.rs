//! How fast each CPU runs while it runs, by the registers that the `msr` PMU shows.

use hearth_drivers::perf::frequency::{SpeedError, Speeds};
use hearth_drivers::perf::group::EventGroup;
use hearth_drivers::perf::{OpenError, Target, open_group, pmu};
use hearth_hot::contract::{Absent, Arming, Sheet, Slot};
use hearth_model::{Reason, catalogue::perf};

use super::roster::{NoGroup, Roster};
use super::watch::reason;
use super::words;

/// The PMU, and its registers in the order in which a group has them.
const PMU: &str = "msr";
const REGISTERS: [&str; 3] = ["aperf", "mperf", "tsc"];

/// One CPU's registers.
pub(super) struct Frequency {
    group: EventGroup,
    before: Speeds,
    slot: Slot,
}

/// Opens the registers of `cpus`. What the machine lacks is noted.
pub(super) fn arm(arming: &mut Arming<'_>, book: &mut Roster, cpus: &[u32]) -> Vec<Frequency> {
    let found = REGISTERS.map(|register| pmu::event_code(arming.root(), PMU, register));
    let name = |register: &str| format!("{PMU}/{register}");
    for (register, code) in REGISTERS.iter().zip(&found) {
        if let Err(error) = code {
            let reason = if error.is_absent() { Reason::Absent } else { Reason::OutOfRange };
            let what = format!("{error}; the effective frequency needs it");
            let fix = if pmu::is_virtual(arming.root()) {
                "run Hearth on the host: a virtual machine is not shown this register"
            } else {
                "boot a kernel whose msr PMU knows this processor"
            };
            arming.lacks(name(register), Absent { reason, what, fix: fix.to_owned() });
        }
    }
    let [Ok(aperf), Ok(mperf), Ok(tsc)] = found else { return Vec::new() };
    let mut frequencies = Vec::new();
    for &cpu in cpus {
        let opened = if book.take(REGISTERS.len()) {
            open_group(&[aperf, mperf, tsc], Target::Cpu(cpu)).map_err(NoGroup::Open)
        } else {
            Err(NoGroup::Full)
        };
        match opened {
            Ok(group) => {
                let slot = arming.slot(&perf::FREQUENCY, &[&cpu.to_string()]);
                frequencies.push(Frequency { group, before: Speeds::default(), slot });
            }
            // It went while this was armed: the next reading sees that.
            Err(NoGroup::Open(OpenError::Gone(_))) => {}
            Err(trouble) => {
                words::note(arming, "effective frequency", trouble);
                break;
            }
        }
    }
    if !frequencies.is_empty() {
        let how = format!("perf_event_open of the {PMU} PMU on {} CPUs", frequencies.len());
        for register in REGISTERS {
            arming.uses(name(register), "cycles", how.clone());
        }
    }
    frequencies
}

impl Frequency {
    /// The mean since the last reading.
    pub(super) fn read(&mut self, sheet: &mut Sheet<'_>) {
        let counts = match self.group.read() {
            Ok(counts) => counts,
            Err(error) => return sheet.fail(self.slot, reason(error)),
        };
        let &[aperf, mperf, tsc] = counts.values() else {
            return sheet.fail(self.slot, Reason::OutOfRange);
        };
        let now = Speeds { aperf, mperf, tsc, time_ns: counts.times.enabled_ns };
        match now.effective_hz(self.before) {
            Ok(hz) => sheet.count(self.slot, hz),
            Err(SpeedError::Halted) => sheet.fail(self.slot, Reason::NotCounted),
            Err(SpeedError::Backwards) => sheet.fail(self.slot, Reason::Uncertain),
            Err(SpeedError::Impossible) => sheet.fail(self.slot, Reason::OutOfRange),
        }
        self.before = now;
    }

    /// For tests: registers that come from any descriptor.
    #[cfg(test)]
    pub(super) fn handed(group: EventGroup, slot: Slot) -> Self {
        Self { group, before: Speeds::default(), slot }
    }
}
