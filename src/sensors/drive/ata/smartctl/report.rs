//! The parts of `smartctl --json` that are used. What a disk does not have is not in a report.

use serde::Deserialize;

use hearth_drivers::ata::smart::{Attribute, SelfTestState};

use crate::sensors::drive::ata::look::{Look, Row, Tests, is_finished};
use crate::sensors::drive::verdict::Finished;

/// The numbers of tests in a report, as in the drive's log.
const SHORT: u8 = 1;
const EXTENDED: u8 = 2;

/// A report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sensors::drive::ata) struct Report {
    smartctl: Run,
    pub(in crate::sensors::drive::ata) model_name: String,
    pub(in crate::sensors::drive::ata) serial_number: String,
    pub(in crate::sensors::drive::ata) firmware_version: String,
    /// 0 for flash.
    pub(in crate::sensors::drive::ata) rotation_rate: Option<u16>,
    smart_status: Option<Status>,
    temperature: Option<Celsius>,
    power_on_time: Option<Hours>,
    power_cycle_count: Option<u64>,
    ata_smart_attributes: Option<Table>,
    ata_smart_data: Option<Data>,
    ata_smart_self_test_log: Option<Logs>,
    nvme_smart_health_information_log: Option<Nvme>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Run {
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    string: String,
}

#[derive(Debug, Deserialize)]
struct Status {
    passed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Celsius {
    current: Option<i8>,
    power_cycle_min: Option<i8>,
    power_cycle_max: Option<i8>,
    lifetime_min: Option<i8>,
    lifetime_max: Option<i8>,
}

#[derive(Debug, Deserialize)]
struct Hours {
    hours: u64,
}

#[derive(Debug, Deserialize)]
struct Table {
    table: Vec<TableRow>,
}

#[derive(Debug, Deserialize)]
struct TableRow {
    id: u8,
    value: u8,
    worst: u8,
    thresh: Option<u8>,
    flags: Number<u16>,
    raw: Number<u64>,
}

#[derive(Debug, Deserialize)]
struct Number<N> {
    value: N,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    self_test: Option<SelfTest>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SelfTest {
    status: Option<SelfTestStatus>,
}

#[derive(Debug, Deserialize)]
struct SelfTestStatus {
    value: u8,
    remaining_percent: Option<u8>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Logs {
    standard: Option<Log>,
    extended: Option<Log>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Log {
    table: Vec<LogRow>,
    count: usize,
    error_count_total: usize,
}

#[derive(Debug, Deserialize)]
struct LogRow {
    #[serde(rename = "type")]
    kind: Number<u8>,
    status: Number<u8>,
    lifetime_hours: u64,
}

#[derive(Debug, Deserialize)]
struct Nvme {
    available_spare: u8,
    available_spare_threshold: u8,
    percentage_used: u8,
    media_errors: u64,
}

impl Report {
    /// What `smartctl` says went wrong.
    pub(super) fn said(&self) -> String {
        let messages: Vec<&str> = self.smartctl.messages.iter().map(|message| &*message.string).collect();
        if messages.is_empty() { "it does not say why".to_owned() } else { messages.join("; ") }
    }

    /// The look that it describes.
    pub(in crate::sensors::drive::ata) fn look(&self) -> Look {
        let rows = self.ata_smart_attributes.iter().flat_map(|table| &table.table).map(TableRow::row);
        let mut look = Look::of_rows(self.model_name.as_bytes(), rows);
        look.passed = self.smart_status.as_ref().map(|status| status.passed);
        if let Some(celsius) = &self.temperature {
            let now = celsius.current.map(|celsius| i32::from(celsius) * 1000);
            look.temperatures.now_mc = now.or(look.temperatures.now_mc);
            look.temperatures.power_cycle = [celsius.power_cycle_min, celsius.power_cycle_max];
            look.temperatures.lifetime = [celsius.lifetime_min, celsius.lifetime_max];
        }
        look.power_on_hours = self.power_on_time.as_ref().map(|time| time.hours).or(look.power_on_hours);
        look.power_cycles = self.power_cycle_count.or(look.power_cycles);
        look.tests = self.tests();
        if let Some(nvme) = &self.nvme_smart_health_information_log {
            look.used_percent = Some(nvme.percentage_used);
            look.spare_percents = Some([nvme.available_spare, nvme.available_spare_threshold]);
            look.media_errors = Some(nvme.media_errors);
        }
        look
    }

    fn tests(&self) -> Tests {
        let running = self.ata_smart_data.as_ref().and_then(|data| data.self_test.as_ref()?.status.as_ref());
        let left_percent = running
            .filter(|status| SelfTestState::of(status.value) == SelfTestState::Running)
            .and_then(|status| status.remaining_percent)
            .filter(|left| *left <= 100);
        let logs = self.ata_smart_self_test_log.as_ref();
        let Some(log) = logs.and_then(|logs| logs.extended.as_ref().or(logs.standard.as_ref())) else {
            return Tests { left_percent, ..Tests::default() };
        };
        let newest = |kind| {
            let of_kind = log.table.iter().filter(|row| row.kind.value == kind);
            let mut states = of_kind.map(|row| (SelfTestState::of(row.status.value), row.lifetime_hours));
            let (state, at_hours) = states.find(|(state, _)| is_finished(*state))?;
            Some(Finished { passed: state == SelfTestState::Passed, at_hours })
        };
        let logged = Some([log.count, log.error_count_total]);
        Tests { left_percent, logged, short: newest(SHORT), long: newest(EXTENDED), ..Tests::default() }
    }
}

impl TableRow {
    fn row(&self) -> Row {
        let [b0, b1, b2, b3, b4, b5, extra, _] = self.raw.value.to_le_bytes();
        let attribute = Attribute {
            id: self.id,
            flags: self.flags.value,
            current: self.value,
            worst: self.worst,
            raw: u64::from_le_bytes([b0, b1, b2, b3, b4, b5, 0, 0]),
            extra,
        };
        Row { attribute, threshold: self.thresh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_value_of_seven_bytes_keeps_its_seventh_apart() {
        let row = TableRow {
            id: 9,
            value: 1,
            worst: 1,
            thresh: None,
            flags: Number { value: 0 },
            raw: Number { value: 0x000b_0666_0000_4e1f },
        };
        assert_eq!((row.row().attribute.raw, row.row().attribute.extra), (0x0666_0000_4e1f, 0x0b));
    }

    #[test]
    fn an_nvme_drive_behind_a_bridge_tells_its_wear() {
        let report = r#"{"nvme_smart_health_information_log":{"critical_warning":0,"available_spare":97,
            "available_spare_threshold":10,"percentage_used":12,"media_errors":3}}"#;
        let look = serde_json::from_str::<Report>(report).unwrap().look();
        assert_eq!(
            (look.used_percent, look.spare_percents, look.media_errors),
            (Some(12), Some([97, 10]), Some(3))
        );
    }
}
