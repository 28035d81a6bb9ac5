//! The series of a disk: which part of a look goes where.

use hearth_drivers::ata::overlay::{self, Decoded, Format, Medium};
use hearth_drivers::ata::scsi_log::ErrorCounters;
use hearth_drivers::ata::smart::flag;
use hearth_drivers::label::Label;
use hearth_hot::contract::{Arming, Sheet, Slot};
use hearth_model::{Metric, Reading, Reason, catalogue::drive, catalogue::smart};

use crate::sensors::drive::verdict::Finished;

use super::disk::{Access, Answer, Who};
use super::facts::Size;
use super::look::Look;

/// What a series shows of a look.
type Of = fn(&Look) -> Reading;

/// A metric, the label that follows the device (if any), what it shows of a look, and which disks have it.
struct Number {
    metric: &'static Metric,
    label: Option<&'static str>,
    of: Of,
    on: fn(&Who) -> bool,
}

const fn number(
    metric: &'static Metric,
    label: Option<&'static str>,
    of: Of,
    on: fn(&Who) -> bool,
) -> Number {
    Number { metric, label, of, on }
}

const EVERY: fn(&Who) -> bool = |_| true;
const ATA: fn(&Who) -> bool = |who| who.access != Access::Scsi;
const SAS: fn(&Who) -> bool = |who| who.access == Access::Scsi;
const FLASH: fn(&Who) -> bool = |who| who.rpm == Some(0) || who.access == Access::Smartctl;
/// A maker's bridge may lead to an NVMe drive.
const BRIDGED: fn(&Who) -> bool = |who| who.access == Access::Smartctl;

/// The temperature of now: a sleeping disk has none that is known.
const NOW: Number = number(
    &drive::TEMPERATURE,
    Some("current"),
    |look| look.temperatures.now_mc.map(celsius).ok_or(Reason::Absent),
    EVERY,
);

/// All others, in the order of the catalogue.
const NUMBERS: &[Number] = &[
    number(&drive::SMART_STATUS, None, |look| told(look.passed.map(i64::from)), EVERY),
    number(&drive::TEMPERATURE, Some("power_cycle_min"), |look| told(look.temperatures.power_cycle[0]), ATA),
    number(&drive::TEMPERATURE, Some("power_cycle_max"), |look| told(look.temperatures.power_cycle[1]), ATA),
    number(&drive::TEMPERATURE, Some("lifetime_min"), |look| told(look.temperatures.lifetime[0]), ATA),
    number(&drive::TEMPERATURE, Some("lifetime_max"), |look| told(look.temperatures.lifetime[1]), ATA),
    number(&drive::TEMPERATURE, Some("drive_trip"), |look| told(look.temperatures.limit), SAS),
    number(&drive::POWER_ON, None, |look| count(look.power_on_hours), EVERY),
    number(&drive::POWER_CYCLES, None, |look| count(look.power_cycles), EVERY),
    number(&drive::PERCENTAGE_USED, None, |look| told(look.used_percent), FLASH),
    number(&drive::AVAILABLE_SPARE, None, |look| told(look.spare_percents.map(|[left, _]| left)), BRIDGED),
    number(&drive::SPARE_THRESHOLD, None, |look| told(look.spare_percents.map(|[_, least]| least)), BRIDGED),
    number(
        &drive::SELF_TEST_DONE,
        None,
        |look| told(look.tests.left_percent.map(|left| 100 - left.min(100))),
        ATA,
    ),
    number(&drive::SELF_TEST_PASSED, Some("short"), |look| passed(look.tests.short), EVERY),
    number(&drive::SELF_TEST_PASSED, Some("long"), |look| passed(look.tests.long), EVERY),
    number(&drive::SELF_TEST_AT, Some("short"), |look| at(look.tests.short), ATA),
    number(&drive::SELF_TEST_AT, Some("long"), |look| at(look.tests.long), ATA),
    number(&smart::STATE, None, |look| told(look.device_state), ATA),
    number(&smart::SELF_TESTS_LOGGED, Some("standard"), |look| logged(look, 0), ATA),
    number(&smart::SELF_TESTS_FAILED, Some("standard"), |look| logged(look, 1), ATA),
    number(&smart::READ_REPEATED, None, |look| error(look.reads, |reads| reads.repeated), SAS),
    number(&smart::READ_FAST, None, |look| error(look.reads, |reads| reads.corrected_fast), SAS),
    number(&smart::READ_DELAYED, None, |look| error(look.reads, |reads| reads.corrected_delayed), SAS),
    number(&smart::READ_UNCORRECTED, None, |look| error(look.reads, |reads| reads.uncorrected), SAS),
    number(&smart::WRITE_REPEATED, None, |look| error(look.writes, |writes| writes.repeated), SAS),
    number(&smart::WRITE_FAST, None, |look| error(look.writes, |writes| writes.corrected_fast), SAS),
    number(&smart::WRITE_DELAYED, None, |look| error(look.writes, |writes| writes.corrected_delayed), SAS),
    number(&smart::WRITE_UNCORRECTED, None, |look| error(look.writes, |writes| writes.uncorrected), SAS),
    number(&smart::PROCESSED, Some("read"), |look| error(look.reads, |reads| reads.bytes), SAS),
    number(&smart::PROCESSED, Some("write"), |look| error(look.writes, |writes| writes.bytes), SAS),
];

fn celsius(millicelsius: i32) -> i64 {
    // Half a degree up, in either half of the scale.
    i64::from((millicelsius + 500).div_euclid(1000))
}

fn told<N: Into<i64>>(value: Option<N>) -> Reading {
    value.map(Into::into).ok_or(Reason::Absent)
}

fn count(value: Option<u64>) -> Reading {
    i64::try_from(value.ok_or(Reason::Absent)?).map_err(|_beyond| Reason::OutOfRange)
}

fn passed(test: Option<Finished>) -> Reading {
    told(test.map(|test| test.passed))
}

fn at(test: Option<Finished>) -> Reading {
    count(test.map(|test| test.at_hours))
}

fn logged(look: &Look, which: usize) -> Reading {
    let entries = look.tests.logged.and_then(|logged| logged.get(which).copied()).ok_or(Reason::Absent)?;
    i64::try_from(entries).map_err(|_beyond| Reason::OutOfRange)
}

fn error(counters: Option<ErrorCounters>, of: fn(ErrorCounters) -> Option<u64>) -> Reading {
    count(counters.and_then(of))
}

/// An attribute's slots.
struct Row {
    id: u8,
    format: Format,
    /// Value, worst, threshold and raw.
    whole: [Slot; 4],
    /// Errors and operations, or the count; those that the format has.
    parts: Box<[Slot]>,
}

/// The slots of one disk.
pub(super) struct Series {
    /// What stays true whatever it answers, and what is shown there.
    fixed: Vec<(Slot, i64)>,
    now: Slot,
    numbers: Vec<(Slot, Of)>,
    rows: Vec<Row>,
    asleep: Slot,
    /// Looks, looks not taken, looks at an idle disk.
    polls: [Slot; 3],
}

impl Series {
    /// Names the series of `device`.
    pub(super) fn arm(arming: &mut Arming<'_>, device: &str, who: Option<&Who>) -> Self {
        let mut slot = |number: &Number| {
            let labels = [Some(device), number.label];
            let given: Vec<&str> = labels.into_iter().flatten().collect();
            arming.slot(number.metric, &given)
        };
        let now = slot(&NOW);
        let has = |number: &&Number| who.is_some_and(number.on);
        let numbers = NUMBERS.iter().filter(has).map(|number| (slot(number), number.of)).collect();
        let asleep = arming.slot(&smart::ASLEEP, &[device]);
        let polls = [&smart::POLLS, &smart::POLLS_SKIPPED, &smart::POLLS_IDLE]
            .map(|metric| arming.slot(metric, &[device]));
        let fixed = who.map_or_else(Vec::new, |who| fixed(arming, device, who));
        let rows = who.map_or_else(Vec::new, |who| rows(arming, device, who));
        Self { fixed, now, numbers, rows, asleep, polls }
    }

    /// Shows an answer.
    pub(super) fn fill(&self, answer: &Answer, sheet: &mut Sheet<'_>) {
        self.show_fixed(sheet);
        sheet.set(self.asleep, i64::from(answer.is_asleep));
        let polls = [answer.polls.done, answer.polls.skipped, answer.polls.idle];
        self.polls.iter().zip(polls).for_each(|(slot, count)| sheet.count(*slot, count));
        let Some(look) = &answer.look else {
            self.fail_looks(Reason::NotCounted, sheet);
            return;
        };
        let now = if answer.is_asleep { Err(Reason::NotCounted) } else { (NOW.of)(look) };
        sheet.reading(self.now, now);
        self.numbers.iter().for_each(|(slot, of)| sheet.reading(*slot, of(look)));
        self.rows.iter().for_each(|row| row.fill(look, sheet));
    }

    /// Shows that there was no answer, and why. What the disk is, and how often it was asked, stays.
    pub(super) fn fail(&self, reason: Reason, sheet: &mut Sheet<'_>) {
        self.show_fixed(sheet);
        sheet.fail(self.asleep, reason);
        self.fail_looks(reason, sheet);
    }

    fn show_fixed(&self, sheet: &mut Sheet<'_>) {
        self.fixed.iter().for_each(|(slot, value)| sheet.set(*slot, *value));
    }

    fn fail_looks(&self, reason: Reason, sheet: &mut Sheet<'_>) {
        sheet.fail(self.now, reason);
        self.numbers.iter().for_each(|(slot, _)| sheet.fail(*slot, reason));
        let slots = self.rows.iter().flat_map(|row| row.whole.iter().chain(&row.parts));
        slots.for_each(|slot| sheet.fail(*slot, reason));
    }
}

impl Row {
    fn fill(&self, look: &Look, sheet: &mut Sheet<'_>) {
        let Some(row) = look.row(self.id) else {
            let slots = self.whole.iter().chain(&self.parts);
            slots.for_each(|slot| sheet.fail(*slot, Reason::Absent));
            return;
        };
        let attribute = &row.attribute;
        let [value, worst, threshold, raw] = self.whole;
        sheet.set(value, attribute.current.into());
        sheet.set(worst, attribute.worst.into());
        sheet.reading(threshold, told(row.threshold));
        sheet.count(raw, attribute.raw);
        let parts = match overlay::decode(self.format, attribute) {
            Decoded::Errors { errors, operations } => [errors, operations],
            Decoded::Count(count) => [count, 0],
            Decoded::Seconds(_) | Decoded::Temperature { .. } => [0; 2],
        };
        self.parts.iter().zip(parts).for_each(|(slot, part)| sheet.count(*slot, part));
    }
}

fn rows(arming: &mut Arming<'_>, device: &str, who: &Who) -> Vec<Row> {
    let medium = who.rpm.map(|rpm| if rpm == 0 { Medium::Flash } else { Medium::Platters });
    let mut seen = [false; 256];
    let mut rows = Vec::new();
    for (id, flags) in who.attributes.into_iter().filter(|(id, _)| *id != 0) {
        // A drive that lists a number twice is shown as it lists it first.
        if std::mem::replace(&mut seen[usize::from(id)], true) {
            continue;
        }
        let (name, number) = (overlay::name(id, medium), id.to_string());
        let (short, long) = (flags_short(flags), flags_long(flags));
        let whole = ["value", "worst", "thresh", "raw"]
            .map(|kind| arming.slot(&smart::ATTRIBUTE, &[device, name, &short, &long, kind, &number]));
        let format = overlay::format(who.model.as_bytes(), id);
        let parts: &[&str] = match format {
            Format::ErrorsInOperations => &["errors", "operations"],
            Format::Low16 => &["count"],
            _ => &[],
        };
        let part = |part: &&str| arming.slot(&smart::ATTRIBUTE_PART, &[device, name, &number, part]);
        rows.push(Row { id, format, whole, parts: parts.iter().map(part).collect() });
    }
    rows
}

/// Flags as smartctl writes them short and long.
const FLAGS: [(u16, char, &str); 6] = [
    (flag::PREFAILURE, 'P', "prefailure"),
    (flag::ONLINE, 'O', "updated_online"),
    (flag::PERFORMANCE, 'S', "performance"),
    (flag::ERROR_RATE, 'R', "error_rate"),
    (flag::EVENT_COUNT, 'C', "event_count"),
    (flag::SELF_PRESERVING, 'K', "auto_keep"),
];

fn flags_short(flags: u16) -> String {
    let letters = FLAGS.iter().map(|(bit, letter, _)| if flags & bit == 0 { '-' } else { *letter });
    let all = FLAGS.iter().fold(0, |all, (bit, ..)| all | bit);
    letters.chain((flags & !all != 0).then_some('+')).collect()
}

fn flags_long(flags: u16) -> String {
    let names = FLAGS.iter().filter(|(bit, ..)| flags & bit != 0).map(|(.., name)| *name);
    names.collect::<Vec<_>>().join(",")
}

fn fixed(arming: &mut Arming<'_>, device: &str, who: &Who) -> Vec<(Slot, i64)> {
    fn text<const N: usize>(label: &Label<N>) -> String {
        String::from_utf8_lossy(label.as_bytes()).into_owned()
    }
    let (model, serial, firmware) = (text(&who.model), text(&who.serial), text(&who.firmware));
    let (vendor, product) = (text(&who.scsi.0), text(&who.scsi.1));
    let (interface, protocol, revision) = match who.access {
        Access::Ata(_) => ("sat", "ATA", ""),
        Access::Scsi => ("scsi", "SCSI", &*firmware),
        Access::Smartctl => ("smartctl", "ATA", ""),
    };
    // What such a disk has no word for is as smartctl_exporter leaves it.
    let whole: [&str; 15] = [
        device, interface, protocol, "unknown", &model, &serial, "unknown", &firmware, "", "", "", &vendor,
        &product, revision, "",
    ];
    let mut fixed = vec![
        (arming.slot(&drive::DEVICE, &whole), 1),
        (arming.slot(&drive::INFO, &[device, protocol, &model, &firmware, who.access.name()]), 1),
    ];
    if let Some(rpm) = who.rpm.filter(|rpm| *rpm > 0) {
        fixed.push((arming.slot(&smart::ROTATION_RATE, &[device]), rpm.into()));
    }
    if let Some(Size { blocks, logical_bytes, physical_bytes }) = who.size {
        let sectors = blocks.saturating_mul(u64::from(logical_bytes / 512));
        for (metric, value) in [(&smart::CAPACITY, sectors), (&smart::CAPACITY_BLOCKS, blocks)] {
            fixed.extend(i64::try_from(value).ok().map(|value| (arming.slot(metric, &[device]), value)));
        }
        for (kind, bytes) in [("logical", logical_bytes), ("physical", physical_bytes)] {
            fixed.push((arming.slot(&smart::BLOCK_SIZE, &[device, kind]), bytes.into()));
        }
    }
    for (kind, mbps) in ["current", "max"].into_iter().zip(who.link_mbps) {
        fixed.extend(mbps.map(|mbps| (arming.slot(&smart::LINK_SPEED, &[device, kind]), mbps.into())));
    }
    fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_as_dashboards_know_them() {
        assert_eq!(
            (flags_short(0x33), flags_short(0), flags_short(0x8022)),
            ("PO--CK".into(), "------".into(), "-O---K+".into())
        );
        assert_eq!(flags_long(0x0f), "prefailure,updated_online,performance,error_rate");
    }

    #[test]
    fn degrees_are_rounded_the_same_way_above_and_below_zero() {
        assert_eq!(
            [30_100, 30_500, 30_499, -10_000, -10_400, -10_600].map(celsius),
            [30, 31, 30, -10, -10, -11]
        );
    }
}
