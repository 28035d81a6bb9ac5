//! Batteries, mains and small UPS: `/sys/class/power_supply` (`Documentation/ABI/testing/sysfs-class-power`).
//!
//! Voltages, currents, charges, energies and powers are in millionths of their unit, temperatures in tenths of a degree
//! Celsius, times in seconds.

use std::path::{Path, PathBuf};

use crate::class;
use crate::file::OpenError;

/// The class.
pub const CLASS: &str = "power_supply";
/// The file of the state a battery is in, one of [`STATES`].
pub const STATE_FILE: &str = "status";
/// The states, by the words of the kernel (`POWER_SUPPLY_STATUS_TEXT` of `drivers/power/supply/power_supply_sysfs.c`).
pub const STATES: [&str; 5] = ["Unknown", "Charging", "Discharging", "Not charging", "Full"];

/// Every numeric attribute that is taken, and its unit.
pub const NUMBERS: &[(&str, &str)] = &[
    ("online", ""),
    ("present", ""),
    ("capacity", "%"),
    ("cycle_count", ""),
    ("time_to_empty_now", "s"),
    ("time_to_full_now", "s"),
    ("voltage_now", "µV"),
    ("voltage_min_design", "µV"),
    ("voltage_max_design", "µV"),
    ("voltage_min", "µV"),
    ("voltage_max", "µV"),
    ("current_now", "µA"),
    ("current_max", "µA"),
    ("power_now", "µW"),
    ("energy_now", "µWh"),
    ("energy_full", "µWh"),
    ("energy_full_design", "µWh"),
    ("charge_now", "µAh"),
    ("charge_full", "µAh"),
    ("charge_full_design", "µAh"),
    ("charge_counter", "µAh"),
    ("temp", "0.1 °C"),
];

/// A supply and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Its name: `BAT0`.
    pub name: String,
    /// Where its attributes are.
    pub directory: PathBuf,
    /// Which of [`NUMBERS`] it has, by index.
    pub numbers: Vec<usize>,
    /// Whether it has a state.
    pub has_state: bool,
}

impl Supply {
    /// A text of it (`type`, `model_name`, …), empty where there is none.
    #[must_use]
    pub fn text(&self, attribute: &str) -> String {
        class::text(&self.directory, attribute).unwrap_or_else(|_none| String::new())
    }
}

/// The supplies below `root`. Reads no measurement.
///
/// # Errors
/// [`OpenError`] where the class cannot be listed. A supply that vanishes meanwhile has nothing.
pub fn supplies(root: &Path) -> Result<Vec<Supply>, OpenError> {
    let supply = |device: class::Device| {
        let files = class::files(&device.directory).unwrap_or_else(|_gone| Vec::new());
        let has = |name: &str| files.iter().any(|file| file == name);
        let numbers = (0..NUMBERS.len()).filter(|at| has(NUMBERS[*at].0)).collect();
        let has_state = has(STATE_FILE);
        Supply { name: device.name, directory: device.directory, numbers, has_state }
    };
    Ok(class::devices(root, CLASS)?.into_iter().map(supply).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_supply_has_what_its_files_say() {
        let root = std::env::temp_dir().join(format!("hearth-supply-{}", std::process::id()));
        let directory = root.join("sys/class/power_supply/BAT0");
        fs::create_dir_all(&directory).unwrap();
        for (name, text) in
            [("capacity", "87\n"), ("status", "Full\n"), ("uevent", "x\n"), ("type", "Battery\n")]
        {
            fs::write(directory.join(name), text).unwrap();
        }
        let found = supplies(&root).unwrap();
        assert_eq!(found[0].numbers.iter().map(|at| NUMBERS[*at].0).collect::<Vec<_>>(), ["capacity"]);
        assert!(found[0].has_state);
        assert_eq!((found[0].text("type"), found[0].text("model_name")), ("Battery".into(), String::new()));
        let state = class::Attribute::open(&directory, STATE_FILE).unwrap();
        assert_eq!(state.read_word(&STATES), Ok(4));
        fs::remove_dir_all(&root).unwrap();
    }
}
