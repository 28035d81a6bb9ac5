//! Monitoring chips: `/sys/class/hwmon` (`Documentation/hwmon/sysfs-interface.rst`).
//!
//! ```text
//! chips(root) ─► Chip ─► Channel: temp1_input, m°C, polled │ temp1_crit, m°C, once
//! Pwm::open(chip, number) ─► duty and mode, to be read and written
//! ```
//!
//! A chip is known by the path of its device, since the kernel numbers chips anew at each start. Values stay in the
//! kernel's units: m°C, mV, mA, µW, µJ, RPM, thousandths of a percent, pwm steps of 1/255.

use std::path::{Path, PathBuf};

use crate::class::{self, Device};
use crate::file::{Errno, OpenError};

mod pwm;

pub use pwm::{DUTY_MAX, Pwm, PwmError, PwmMode, PwmStep};

/// The class.
pub const CLASS: &str = "hwmon";
/// Attributes taken of one chip.
pub const CHANNELS_MAX: usize = 256;
/// The longest key of a chip, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// Names of chips that are drives: each reading is a command to the drive (`drivers/nvme/host/hwmon.c`,
/// `drivers/hwmon/drivetemp.c`), and reading their limits is one each.
const DRIVES: &[&str] = &["nvme", "drivetemp"];
/// Names of chips that are graphics cards, which a reading would wake from their sleep.
const GRAPHICS: &[&str] = &["amdgpu", "radeon", "nouveau", "i915", "xe"];

/// What a channel measures or drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `in`: millivolts.
    Voltage,
    /// `fan`: revolutions per minute.
    Fan,
    /// `pwm`: duty of a fan, of 255.
    Pwm,
    /// `temp`: thousandths of a degree Celsius.
    Temperature,
    /// `curr`: milliamperes.
    Current,
    /// `power`: microwatts.
    Power,
    /// `energy`: microjoules since the driver was loaded.
    Energy,
    /// `humidity`: thousandths of a percent.
    Humidity,
    /// `intrusion`: whether the case was opened.
    Intrusion,
    /// `freq`: hertz, as graphics cards have it.
    Frequency,
}

/// When an attribute is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Each time.
    Polled,
    /// Once: it changes when somebody changes it.
    Once,
}

use Kind::{Current, Energy, Fan, Frequency, Humidity, Intrusion, Power, Pwm as Duty, Temperature, Voltage};
use Pace::{Once, Polled};

/// An attribute of a kind of channel: what stands behind the number and the underscore, its unit, its pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeDef {
    /// The kind of its channel.
    pub kind: Kind,
    /// Its name: `input` of `temp1_input`; empty for the channel itself, as `pwm1`.
    pub name: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// When it is read.
    pub pace: Pace,
}

const fn row(kind: Kind, name: &'static str, unit: &'static str, pace: Pace) -> AttributeDef {
    AttributeDef { kind, name, unit, pace }
}

/// Every attribute that is taken.
pub const ATTRIBUTES: &[AttributeDef] = &[
    row(Temperature, "input", "m°C", Polled),
    row(Temperature, "alarm", "", Polled),
    row(Temperature, "fault", "", Polled),
    row(Temperature, "crit_alarm", "", Polled),
    row(Temperature, "min_alarm", "", Polled),
    row(Temperature, "max_alarm", "", Polled),
    row(Temperature, "emergency_alarm", "", Polled),
    row(Temperature, "lcrit_alarm", "", Polled),
    row(Temperature, "min", "m°C", Once),
    row(Temperature, "max", "m°C", Once),
    row(Temperature, "max_hyst", "m°C", Once),
    row(Temperature, "crit", "m°C", Once),
    row(Temperature, "crit_hyst", "m°C", Once),
    row(Temperature, "emergency", "m°C", Once),
    row(Temperature, "lcrit", "m°C", Once),
    row(Temperature, "highest", "m°C", Polled),
    row(Temperature, "lowest", "m°C", Polled),
    row(Voltage, "input", "mV", Polled),
    row(Voltage, "alarm", "", Polled),
    row(Voltage, "min_alarm", "", Polled),
    row(Voltage, "max_alarm", "", Polled),
    row(Voltage, "crit_alarm", "", Polled),
    row(Voltage, "lcrit_alarm", "", Polled),
    row(Voltage, "min", "mV", Once),
    row(Voltage, "max", "mV", Once),
    row(Voltage, "crit", "mV", Once),
    row(Voltage, "lcrit", "mV", Once),
    row(Voltage, "highest", "mV", Polled),
    row(Voltage, "lowest", "mV", Polled),
    row(Fan, "input", "RPM", Polled),
    row(Fan, "alarm", "", Polled),
    row(Fan, "min_alarm", "", Polled),
    row(Fan, "max_alarm", "", Polled),
    row(Fan, "fault", "", Polled),
    row(Fan, "min", "RPM", Once),
    row(Fan, "max", "RPM", Once),
    row(Duty, "", "1/255", Polled),
    row(Duty, "enable", "", Polled),
    row(Current, "input", "mA", Polled),
    row(Current, "alarm", "", Polled),
    row(Current, "min_alarm", "", Polled),
    row(Current, "max_alarm", "", Polled),
    row(Current, "crit_alarm", "", Polled),
    row(Current, "lcrit_alarm", "", Polled),
    row(Current, "min", "mA", Once),
    row(Current, "max", "mA", Once),
    row(Current, "crit", "mA", Once),
    row(Current, "lcrit", "mA", Once),
    row(Current, "highest", "mA", Polled),
    row(Current, "lowest", "mA", Polled),
    row(Power, "input", "µW", Polled),
    row(Power, "average", "µW", Polled),
    row(Power, "alarm", "", Polled),
    row(Power, "max_alarm", "", Polled),
    row(Power, "crit_alarm", "", Polled),
    row(Power, "cap", "µW", Once),
    row(Power, "cap_max", "µW", Once),
    row(Power, "cap_min", "µW", Once),
    row(Power, "max", "µW", Once),
    row(Power, "crit", "µW", Once),
    row(Power, "input_highest", "µW", Polled),
    row(Power, "input_lowest", "µW", Polled),
    row(Energy, "input", "µJ", Polled),
    row(Humidity, "input", "m%", Polled),
    row(Intrusion, "alarm", "", Polled),
    row(Frequency, "input", "Hz", Polled),
];

impl Kind {
    /// The kind's name in the kernel.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Voltage => "in",
            Fan => "fan",
            Duty => "pwm",
            Temperature => "temp",
            Current => "curr",
            Power => "power",
            Energy => "energy",
            Humidity => "humidity",
            Intrusion => "intrusion",
            Frequency => "freq",
        }
    }
}

/// Reads a file's name: which attribute of which channel it is. `None` for what is not taken.
#[must_use]
pub fn parse_name(file: &str) -> Option<(&'static AttributeDef, u32)> {
    let digits_at = file.find(|letter: char| letter.is_ascii_digit())?;
    let (kind, rest) = file.split_at(digits_at);
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(digits);
    // One name for each number: the kernel writes no leading zeros.
    let number = number.parse().ok().filter(|_| number == "0" || !number.starts_with('0'))?;
    let name = if rest.is_empty() { rest } else { rest.strip_prefix('_').filter(|name| !name.is_empty())? };
    let def = ATTRIBUTES.iter().find(|def| def.kind.name() == kind && def.name == name)?;
    Some((def, number))
}

/// One attribute of a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// What it is.
    pub def: &'static AttributeDef,
    /// The channel's number.
    pub number: u32,
    /// Its file.
    pub file: String,
}

impl Channel {
    /// The channel's name: `temp1`.
    #[must_use]
    pub fn sensor(&self) -> String {
        format!("{}{}", self.def.kind.name(), self.number)
    }
}

/// A chip and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// What it is known by: bus and device, `platform_coretemp_0`; unique among the chips found together.
    pub key: String,
    /// What its driver calls it: `coretemp`.
    pub name: String,
    /// The kernel's number of it now: `hwmon3`.
    pub hwmon: String,
    /// Where its attributes are.
    pub directory: PathBuf,
    /// Its attributes, in the order of [`ATTRIBUTES`] and their numbers.
    pub channels: Vec<Channel>,
    /// What the board's maker calls its channels: (`temp1`, `Package id 0`).
    pub labels: Vec<(String, String)>,
    /// Attributes beyond [`CHANNELS_MAX`].
    pub left_out: usize,
}

impl Chip {
    /// Whether each reading is a command to a drive.
    #[must_use]
    pub fn is_drive(&self) -> bool {
        DRIVES.contains(&self.name.as_str())
    }

    /// Whether reading would wake a graphics card that sleeps.
    #[must_use]
    pub fn wakes_when_read(&self) -> bool {
        GRAPHICS.contains(&self.name.as_str())
    }
}

/// The chips below `root`. Reads names and labels, which drivers hold in memory, and no measurement.
///
/// # Errors
/// [`OpenError`] where the class cannot be listed. A chip whose directory vanishes meanwhile is left out.
pub fn chips(root: &Path) -> Result<Vec<Chip>, OpenError> {
    let mut found: Vec<Chip> = Vec::new();
    for device in class::devices(root, CLASS)? {
        match chip(&device) {
            Ok(mut chip) => {
                let wanted = chip.key.clone();
                let taken = |key: &str| found.iter().any(|other| other.key == key);
                // Two chips of one device: the kernel's number is all that tells them apart.
                if taken(&chip.key) {
                    chip.key = format!("{wanted}_{}", cleaned(&chip.hwmon));
                }
                found.push(chip);
            }
            Err(errno) if errno.is_absent() => {}
            Err(errno) => {
                let (path, step) = (device.directory, crate::file::OpenStep::Open);
                return Err(OpenError { path, step, errno });
            }
        }
    }
    Ok(found)
}

fn chip(device: &Device) -> Result<Chip, Errno> {
    let directory = &device.directory;
    let files = class::files(directory)?;
    // A chip without a name or with one that cannot be read is known by its place.
    let name = class::text(directory, "name").unwrap_or_else(|_nameless| String::new());
    let place = std::fs::canonicalize(directory.join("device"));
    let place = place.as_ref().ok().and_then(|place| key_of_place(place));
    let clean_name = cleaned(&name);
    let named = if clean_name.is_empty() { cleaned(&device.name) } else { clean_name };
    let mut channels: Vec<Channel> = files
        .iter()
        .filter_map(|file| {
            let (def, number) = parse_name(file)?;
            Some(Channel { def, number, file: file.clone() })
        })
        .collect();
    let order = |channel: &Channel| ATTRIBUTES.iter().position(|def| def == channel.def);
    channels.sort_by_key(|channel| (order(channel), channel.number));
    let left_out = channels.len().saturating_sub(CHANNELS_MAX);
    channels.truncate(CHANNELS_MAX);
    let labels = files.iter().filter_map(|file| {
        let sensor = file.strip_suffix("_label")?;
        let is_known = channels.iter().any(|channel| channel.sensor() == sensor);
        let text = is_known.then(|| class::text(directory, file))?;
        // A label that cannot be read is no label.
        text.ok().map(|label| (sensor.to_owned(), label))
    });
    Ok(Chip {
        key: place.unwrap_or(named),
        name,
        hwmon: device.name.clone(),
        directory: directory.clone(),
        labels: labels.filter(|(_, label)| !label.is_empty()).collect(),
        channels,
        left_out,
    })
}

/// Bus and device of a path: `/sys/devices/platform/coretemp.0` is `platform_coretemp_0`.
fn key_of_place(place: &Path) -> Option<String> {
    let part = |path: &Path| cleaned(&path.file_name().unwrap_or_default().to_string_lossy());
    let (device, bus) = (part(place), place.parent().map(part).unwrap_or_default());
    match (bus.is_empty(), device.is_empty()) {
        (_, true) => None,
        (true, false) => Some(device),
        (false, false) => Some(format!("{bus}_{device}")),
    }
}

/// A name of lower-case letters, digits, colons and underscores alone, as other exporters write chips.
#[must_use]
pub fn cleaned(name: &str) -> String {
    let letter = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9' | ':' | '_') => letter,
        _ => '_',
    };
    let whole: String = name.chars().take(KEY_BYTES_MAX / 2).map(letter).collect();
    whole.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests;
