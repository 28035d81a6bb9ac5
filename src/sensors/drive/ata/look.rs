//! One look at a disk, whatever way it was had: by ATA, by SCSI, or told by `smartctl`.

use hearth_drivers::ata::drive::{AtaReading, SasReading};
use hearth_drivers::ata::identify::{Identity, Rotation};
use hearth_drivers::ata::overlay::{self, Decoded};
use hearth_drivers::ata::scsi_log::ErrorCounters;
use hearth_drivers::ata::selftest_log::{Kind, SelfTestLog};
use hearth_drivers::ata::smart::{ATTRIBUTES_MAX, Attribute, Health, SelfTestState, flag};

use crate::sensors::drive::verdict::{Alarms, Findings, Finished, SelfTests};

/// Hours that a self-test log counts before it begins again.
const LOG_HOURS: u64 = 1 << 16;
/// The temperature above which a disk with platters is hotter than its maker wants: the data sheets of the large makers
/// say 60 to 65 degrees.
const HOT_PLATTERS_MC: i32 = 60_000;
/// The same for flash, whose data sheets say 70.
const HOT_FLASH_MC: i32 = 70_000;

/// An attribute and its threshold, where the drive has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) attribute: Attribute,
    pub(super) threshold: Option<u8>,
}

/// Temperatures in degrees Celsius; the present one in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Temperatures {
    pub(super) now_mc: Option<i32>,
    /// Least and most since power-on.
    pub(super) power_cycle: [Option<i8>; 2],
    /// Least and most ever.
    pub(super) lifetime: [Option<i8>; 2],
    /// The one that the drive says it is made for.
    pub(super) limit: Option<u8>,
}

/// Self-tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tests {
    /// Of the one that runs, what is left in percent.
    pub(super) left_percent: Option<u8>,
    /// Minutes that a short one and a long one take.
    pub(super) minutes: [Option<u16>; 2],
    /// Entries in the log, and failures among them.
    pub(super) logged: Option<[usize; 2]>,
    pub(super) short: Option<Finished>,
    pub(super) long: Option<Finished>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    rows: [Option<Row>; ATTRIBUTES_MAX],
    /// The drive's own assessment.
    pub(super) passed: Option<bool>,
    pub(super) temperatures: Temperatures,
    pub(super) power_on_hours: Option<u64>,
    pub(super) power_cycles: Option<u64>,
    /// As SCT numbers it.
    pub(super) device_state: Option<u8>,
    pub(super) tests: Tests,
    pub(super) reads: Option<ErrorCounters>,
    pub(super) writes: Option<ErrorCounters>,
    /// Endurance used, where the drive tells: percent.
    pub(super) used_percent: Option<u8>,
    /// Spare that is left and its threshold: percent.
    pub(super) spare_percents: Option<[u8; 2]>,
    /// Data that could not be read back, where that is not an attribute.
    pub(super) media_errors: Option<u64>,
}

impl Look {
    /// Nothing.
    pub(super) const EMPTY: Self = Self {
        rows: [None; ATTRIBUTES_MAX],
        passed: None,
        temperatures: Temperatures { now_mc: None, power_cycle: [None; 2], lifetime: [None; 2], limit: None },
        power_on_hours: None,
        power_cycles: None,
        device_state: None,
        tests: Tests { left_percent: None, minutes: [None; 2], logged: None, short: None, long: None },
        reads: None,
        writes: None,
        used_percent: None,
        spare_percents: None,
        media_errors: None,
    };

    /// What ATA says.
    pub(super) fn of_ata(identity: &Identity, reading: &AtaReading) -> Self {
        let threshold = |id| reading.thresholds.and_then(|limits| limits.of(id));
        let rows = reading.data.attributes().iter();
        let mut look = Self::of_rows(
            identity.model.as_bytes(),
            rows.map(|attribute| Row { attribute: *attribute, threshold: threshold(attribute.id) }),
        );
        look.passed = reading.health.map(|health| health == Health::Passed);
        if let Some(sct) = reading.sct {
            // The drive's own word goes before what its maker's attribute may mean.
            look.temperatures.now_mc =
                sct.celsius.map(|celsius| i32::from(celsius) * 1000).or(look.temperatures.now_mc);
            look.temperatures.power_cycle = sct.power_cycle;
            look.temperatures.lifetime = sct.lifetime;
            look.device_state = Some(sct.device_state);
        }
        look.tests.left_percent = reading.data.self_test_left_percent;
        look.tests.minutes = [reading.data.short_test_minutes, reading.data.extended_test_minutes];
        if let Some(log) = &reading.log {
            look.take_log(log);
        }
        look.used_percent = look.used_percent(identity);
        look
    }

    /// Attributes, and what is decoded of them.
    pub(super) fn of_rows(model: &[u8], rows: impl Iterator<Item = Row>) -> Self {
        let mut look = Self::EMPTY;
        look.rows.iter_mut().zip(rows).for_each(|(place, row)| *place = Some(row));
        let decoded =
            |id| look.attribute(id).map(|attribute| overlay::decode(overlay::format(model, id), attribute));
        let temperature = |id| match decoded(id) {
            Some(Decoded::Temperature { millicelsius, .. }) => Some(millicelsius),
            _ => None,
        };
        let now_mc = temperature(194).or_else(|| temperature(190));
        let power_on_hours = match decoded(9) {
            Some(Decoded::Seconds(seconds)) => Some(seconds / 3600),
            _ => None,
        };
        let power_cycles = look.attribute(12).map(|attribute| attribute.raw);
        Self {
            temperatures: Temperatures { now_mc, ..Temperatures::default() },
            power_on_hours,
            power_cycles,
            ..look
        }
    }

    /// What SCSI says.
    pub(super) fn of_sas(reading: &SasReading) -> Self {
        let now_mc = reading.celsius.map(|celsius| i32::from(celsius) * 1000);
        Self {
            passed: reading.exceptions.map(|exceptions| !exceptions.is_failing),
            temperatures: Temperatures { now_mc, limit: reading.celsius_max, ..Temperatures::default() },
            power_on_hours: reading.power_on_seconds.map(|seconds| seconds / 3600),
            power_cycles: reading.starts,
            tests: sas_tests(reading),
            reads: reading.reads,
            writes: reading.writes,
            media_errors: lost(reading),
            ..Self::EMPTY
        }
    }

    /// The attributes, in the order of the drive.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// The attribute of this number.
    pub(super) fn row(&self, id: u8) -> Option<&Row> {
        self.rows().find(|row| row.attribute.id == id)
    }

    fn attribute(&self, id: u8) -> Option<&Attribute> {
        self.row(id).map(|row| &row.attribute)
    }

    /// A count that the rules for nearly all drives find in an attribute.
    fn count(&self, model: &[u8], id: u8) -> Option<u64> {
        match overlay::decode(overlay::format(model, id), self.attribute(id)?) {
            Decoded::Count(count) => Some(count),
            Decoded::Errors { errors, .. } => Some(errors),
            Decoded::Seconds(_) | Decoded::Temperature { .. } => None,
        }
    }

    /// Endurance used: what the attribute that counts it down has lost.
    fn used_percent(&self, identity: &Identity) -> Option<u8> {
        let is_flash = identity.rotation == Rotation::None;
        let id = overlay::wear_attribute(identity.model.as_bytes()).filter(|_| is_flash)?;
        self.attribute(id).map(|attribute| 100_u8.saturating_sub(attribute.current))
    }

    /// Takes the newest finished test of each kind; aborted ones say nothing.
    fn take_log(&mut self, log: &SelfTestLog) {
        let hours = self.power_on_hours;
        let newest = |kind| {
            let mut finished = log.entries().filter(|entry| entry.kind == kind && is_finished(entry.state));
            let entry = finished.next()?;
            let at_hours = unwrapped(u64::from(entry.power_on_hours), hours);
            Some(Finished { passed: entry.state == SelfTestState::Passed, at_hours })
        };
        (self.tests.short, self.tests.long) = (newest(Kind::Short), newest(Kind::Extended));
        self.tests.logged = Some([log.entries().count(), log.failures()]);
    }

    /// What the verdict is made from. `has_platters` is `None` where the drive does not tell.
    pub(super) fn findings(&self, model: &[u8], has_platters: Option<bool>) -> Findings {
        let fails = |row: &Row| {
            row.attribute.flags & flag::PREFAILURE != 0
                && row.threshold.is_some_and(|threshold| row.attribute.is_failed(threshold))
        };
        let alarms = Alarms {
            assessment: self.passed == Some(false),
            attribute: self.rows().any(fails),
            ..Alarms::default()
        };
        let hot_mc = match (self.temperatures.limit, has_platters) {
            (Some(limit), _) => Some(i32::from(limit) * 1000),
            (None, Some(true)) => Some(HOT_PLATTERS_MC),
            (None, Some(false)) => Some(HOT_FLASH_MC),
            (None, None) => None,
        };
        Findings {
            alarms,
            spare_percent: self.spare_percents.map(|[left, _]| left),
            spare_threshold_percent: self.spare_percents.map(|[_, threshold]| threshold),
            used_percent: self.used_percent,
            media_errors: self.media_errors.or_else(|| self.count(model, 187)),
            reallocated: self.count(model, 5),
            pending: self.count(model, 197),
            uncorrectable: self.count(model, 198),
            link_errors: self.count(model, 199),
            temperature_mc: self.temperatures.now_mc,
            hot_mc,
            self_tests: SelfTests {
                short: self.tests.short,
                long: self.tests.long,
                power_on_hours: self.power_on_hours,
            },
            ..Findings::default()
        }
    }
}

/// Whether a test came to its end, well or not.
pub(super) fn is_finished(state: SelfTestState) -> bool {
    state == SelfTestState::Passed || state.is_failure()
}

/// Hours of a log that counts to 65536, as hours of a drive that is this old.
fn unwrapped(logged: u64, now: Option<u64>) -> u64 {
    match now {
        Some(now) if now >= logged => now - (now - logged) % LOG_HOURS,
        Some(_) | None => logged,
    }
}

/// Data that was lost, on its way in or out; `None` where the drive counts neither.
fn lost(reading: &SasReading) -> Option<u64> {
    let uncorrected = |counters: Option<ErrorCounters>| counters.and_then(|counters| counters.uncorrected);
    match [uncorrected(reading.reads), uncorrected(reading.writes)] {
        [None, None] => None,
        [reads, writes] => Some(reads.unwrap_or(0).saturating_add(writes.unwrap_or(0))),
    }
}

/// The newest self-test of SCSI: the codes of SPC-5, where 5 and 6 are 1 and 2 in the foreground.
fn sas_tests(reading: &SasReading) -> Tests {
    let Some((code, result)) = reading.self_test else { return Tests::default() };
    // 1 and 2 were aborted, 15 runs; 3 to 7 failed.
    let finished = |kinds: [u8; 2]| {
        let is_finished = kinds.contains(&code) && matches!(result, 0 | 3..=7);
        is_finished.then_some(Finished { passed: result == 0, at_hours: 0 })
    };
    Tests { short: finished([1, 5]), long: finished([2, 6]), ..Tests::default() }
}

#[cfg(test)]
mod tests;
