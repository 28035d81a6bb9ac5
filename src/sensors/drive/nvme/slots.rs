//! The series of an NVMe drive: which field of an answer goes where.

use hearth_drivers::label::Label;
use hearth_drivers::nvme::Access;
use hearth_drivers::nvme::bytes::{Count, Temperature};
use hearth_drivers::nvme::self_test::{Ended, Outcome};
use hearth_hot::contract::{Arming, Sheet, Slot};
use hearth_model::{Metric, Reading, Reason, catalogue::drive};

use super::controller::{Answer, Who};

/// A metric with one series for each drive, and what it shows of an answer.
struct Number {
    metric: &'static Metric,
    of: fn(&Answer) -> Reading,
}

const fn number(metric: &'static Metric, of: fn(&Answer) -> Reading) -> Number {
    Number { metric, of }
}

/// In the order of the catalogue.
const NUMBERS: &[Number] = &[
    number(&drive::SMART_STATUS, |answer| Ok(i64::from(answer.health.warnings.0 == 0))),
    number(&drive::POWER_ON, |answer| count(answer.health.power_on_hours)),
    number(&drive::POWER_CYCLES, |answer| count(answer.health.power_cycles)),
    number(&drive::BYTES_READ, |answer| reported(answer.health.data_units_read)),
    number(&drive::BYTES_WRITTEN, |answer| reported(answer.health.data_units_written)),
    number(&drive::PERCENTAGE_USED, |answer| Ok(answer.health.used_percent.into())),
    number(&drive::AVAILABLE_SPARE, |answer| percent(answer.health.spare_percent)),
    number(&drive::SPARE_THRESHOLD, |answer| percent(answer.health.spare_threshold_percent)),
    number(&drive::CRITICAL_WARNING, |answer| Ok(answer.health.warnings.0.into())),
    number(&drive::MEDIA_ERRORS, |answer| count(answer.health.media_errors)),
    number(&drive::ERROR_LOG_ENTRIES, |answer| count(answer.health.error_log_entries)),
    number(&drive::NVME_CAPACITY, |answer| reported(answer.identity.capacity_bytes)),
    number(&drive::NEWEST_ERROR, |answer| {
        answer.newest_error?.map(|entry| entry.status.0.into()).ok_or(Reason::Absent)
    }),
    number(&drive::ENDURANCE_GROUPS, |answer| Ok(answer.health.endurance_group_warnings.into())),
    number(&drive::HOST_READS, |answer| count(answer.health.host_reads)),
    number(&drive::HOST_WRITES, |answer| count(answer.health.host_writes)),
    number(&drive::BUSY, |answer| count(answer.health.busy_minutes)),
    number(&drive::UNSAFE_SHUTDOWNS, |answer| count(answer.health.unsafe_shutdowns)),
    number(&drive::WARNING_TEMPERATURE, |answer| Ok(answer.health.warning_temperature_minutes.into())),
    number(&drive::CRITICAL_TEMPERATURE, |answer| Ok(answer.health.critical_temperature_minutes.into())),
    number(&drive::SELF_TEST_DONE, done),
];

/// Which temperature of an answer.
type OfAnswer = fn(&Answer) -> Temperature;

/// Temperature types as smartctl's JSON names them.
const TEMPERATURES: [(&str, OfAnswer); 3] = [
    ("current", |answer| answer.health.composite),
    ("op_limit_max", |answer| answer.identity.warning),
    ("critical_limit_max", |answer| answer.identity.critical),
];
const THERMOMETERS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
const THROTTLE_LEVELS: [&str; 2] = ["light", "heavy"];
const TEST_KINDS: [&str; 2] = ["short", "long"];

fn count(count: Count) -> Reading {
    if count.is_saturated {
        return Err(Reason::OutOfRange);
    }
    i64::try_from(count.value).map_err(|_beyond| Reason::OutOfRange)
}

/// A count whose zero stands for "not reported".
fn reported(counted: Count) -> Reading {
    if counted.value == 0 { Err(Reason::Absent) } else { count(counted) }
}

fn percent(percent: Option<u8>) -> Reading {
    percent.map(i64::from).ok_or(Reason::OutOfRange)
}

fn celsius(temperature: Temperature) -> Reading {
    match temperature {
        Temperature::NotReported => Err(Reason::Absent),
        Temperature::Implausible(_) => Err(Reason::OutOfRange),
        Temperature::Kelvin(_) => temperature.celsius().map(i64::from).ok_or(Reason::OutOfRange),
    }
}

fn done(answer: &Answer) -> Reading {
    let running = answer.tests?.running.ok_or(Reason::Absent)?;
    running.done_percent.map(i64::from).ok_or(Reason::OutOfRange)
}

fn passed(ended: Option<Ended>) -> Reading {
    ended.map(|ended| i64::from(ended.outcome == Outcome::Passed)).ok_or(Reason::Absent)
}

fn ended_at(ended: Option<Ended>) -> Reading {
    let hours = ended.ok_or(Reason::Absent)?.power_on_hours;
    i64::try_from(hours).map_err(|_beyond| Reason::OutOfRange)
}

/// The slots of one drive.
pub(super) struct Slots {
    /// Always 1; only of a drive that said what it is.
    info: Vec<Slot>,
    numbers: Vec<Slot>,
    temperatures: [Slot; TEMPERATURES.len()],
    thermometers: [Slot; THERMOMETERS.len()],
    throttles: [Slot; THROTTLE_LEVELS.len()],
    throttled: [Slot; THROTTLE_LEVELS.len()],
    tests_passed: [Slot; TEST_KINDS.len()],
    tests_at: [Slot; TEST_KINDS.len()],
}

impl Slots {
    /// Names the series of `device`.
    pub(super) fn arm(arming: &mut Arming<'_>, device: &str, who: Option<&Who>) -> Self {
        let info = who.map_or_else(Vec::new, |who| info(arming, device, who));
        let numbers = NUMBERS.iter().map(|number| arming.slot(number.metric, &[device])).collect();
        let mut pair = |metric, label: &str| arming.slot(metric, &[device, label]);
        Self {
            info,
            numbers,
            temperatures: TEMPERATURES.map(|(label, _)| pair(&drive::TEMPERATURE, label)),
            thermometers: THERMOMETERS.map(|label| pair(&drive::SENSOR_TEMPERATURE, label)),
            throttles: THROTTLE_LEVELS.map(|label| pair(&drive::THROTTLES, label)),
            throttled: THROTTLE_LEVELS.map(|label| pair(&drive::THROTTLED, label)),
            tests_passed: TEST_KINDS.map(|label| pair(&drive::SELF_TEST_PASSED, label)),
            tests_at: TEST_KINDS.map(|label| pair(&drive::SELF_TEST_AT, label)),
        }
    }

    /// Shows an answer.
    pub(super) fn fill(&self, answer: &Answer, sheet: &mut Sheet<'_>) {
        self.info.iter().for_each(|slot| sheet.set(*slot, 1));
        for (slot, number) in self.numbers.iter().zip(NUMBERS) {
            sheet.reading(*slot, (number.of)(answer));
        }
        for (slot, (_, of)) in self.temperatures.iter().zip(TEMPERATURES) {
            sheet.reading(*slot, celsius(of(answer)));
        }
        for (slot, temperature) in self.thermometers.iter().zip(answer.health.sensors) {
            sheet.reading(*slot, celsius(temperature));
        }
        for (slot, times) in self.throttles.iter().zip(answer.health.throttles) {
            sheet.set(*slot, times.into());
        }
        for (slot, seconds) in self.throttled.iter().zip(answer.health.throttled_seconds) {
            sheet.set(*slot, seconds.into());
        }
        for at in 0..TEST_KINDS.len() {
            let ended = answer.tests.map(|tests| tests.finished[at]);
            sheet.reading(self.tests_passed[at], ended.and_then(passed));
            sheet.reading(self.tests_at[at], ended.and_then(ended_at));
        }
    }

    /// Shows that there was no answer, and why. What the drive is, it stays.
    pub(super) fn fail(&self, reason: Reason, sheet: &mut Sheet<'_>) {
        let numbers = self.numbers.iter().chain(&self.temperatures).chain(&self.thermometers);
        let more =
            self.throttles.iter().chain(&self.throttled).chain(&self.tests_passed).chain(&self.tests_at);
        numbers.chain(more).for_each(|slot| sheet.fail(*slot, reason));
        self.info.iter().for_each(|slot| sheet.set(*slot, 1));
    }
}

fn info(arming: &mut Arming<'_>, device: &str, who: &Who) -> Vec<Slot> {
    fn text<const N: usize>(label: &Label<N>) -> String {
        String::from_utf8_lossy(label.as_bytes()).into_owned()
    }
    let (model, serial, firmware) =
        (text(&who.identity.model), text(&who.identity.serial), text(&who.identity.firmware));
    // What an NVMe drive has no word for is as smartctl_exporter leaves it.
    let whole: [&str; 15] = [
        device, "nvme", "NVMe", "unknown", &model, &serial, "unknown", &firmware, "", "", "", "", "", "", "",
    ];
    let access = match who.access {
        Access::Ring => "io_uring",
        Access::Ioctl(_) => "ioctl",
    };
    let short: [&str; 5] = [device, "NVMe", &model, &firmware, access];
    vec![arming.slot(&drive::DEVICE, &whole), arming.slot(&drive::INFO, &short)]
}
