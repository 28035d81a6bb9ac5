//! Thermal zones and what cools them: `/sys/class/thermal` (`Documentation/ABI/testing/sysfs-class-thermal`).

use std::path::{Path, PathBuf};

use crate::class;
use crate::file::OpenError;

/// The class.
pub const CLASS: &str = "thermal";
/// Trip points taken of one zone; the kernel's own limit is 12 on most platforms.
pub const TRIPS_MAX: usize = 32;

/// A temperature at which the kernel acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Its number in the zone.
    pub number: u32,
    /// What happens there: `critical`, `hot`, `passive`, `active`.
    pub kind: String,
    /// The file of its temperature, in m°C.
    pub file: String,
}

/// A zone whose temperature (`temp`, m°C) the kernel watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its number as text: `0`.
    pub name: String,
    /// What it is: `x86_pkg_temp`.
    pub kind: String,
    /// Where its attributes are.
    pub directory: PathBuf,
    /// Its trip points.
    pub trips: Vec<Trip>,
}

/// Something that cools (`cur_state` of `max_state`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooler {
    /// Its number as text: `0`.
    pub name: String,
    /// What it is: `Processor`.
    pub kind: String,
    /// Where its attributes are.
    pub directory: PathBuf,
}

/// What the class has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thermal {
    /// The zones.
    pub zones: Vec<Zone>,
    /// The cooling devices.
    pub coolers: Vec<Cooler>,
}

/// Looks at the class below `root`. Reads names and kinds, which the kernel holds in memory, and no measurement.
///
/// # Errors
/// [`OpenError`] where the class cannot be listed.
pub fn look(root: &Path) -> Result<Thermal, OpenError> {
    let mut thermal = Thermal::default();
    for device in class::devices(root, CLASS)? {
        let directory = device.directory;
        // A kind that cannot be read is unknown; the number still names the device.
        let kind = class::text(&directory, "type").unwrap_or_else(|_unknown| String::new());
        if let Some(name) = device.name.strip_prefix("thermal_zone") {
            let trips = trips(&directory);
            thermal.zones.push(Zone { name: name.to_owned(), kind, directory, trips });
        } else if let Some(name) = device.name.strip_prefix("cooling_device") {
            thermal.coolers.push(Cooler { name: name.to_owned(), kind, directory });
        }
    }
    Ok(thermal)
}

/// The trip points of the zone at `directory`; none where it cannot be listed, since it has gone then.
fn trips(directory: &Path) -> Vec<Trip> {
    let files = class::files(directory).unwrap_or_else(|_gone| Vec::new());
    let trip = |file: &String| {
        let number = file.strip_prefix("trip_point_")?.strip_suffix("_temp")?;
        // One name for each number: the kernel writes no leading zeros.
        let number: u32 = number.parse().ok().filter(|of: &u32| of.to_string() == number)?;
        let kind = class::text(directory, &format!("trip_point_{number}_type"));
        Some(Trip { number, kind: kind.unwrap_or_else(|_unknown| String::new()), file: file.clone() })
    };
    files.iter().filter_map(trip).take(TRIPS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn zones_trips_and_coolers_are_found() {
        let root = std::env::temp_dir().join(format!("hearth-thermal-{}", std::process::id()));
        for (path, text) in [
            ("thermal_zone0/type", "x86_pkg_temp\n"),
            ("thermal_zone0/temp", "45000\n"),
            ("thermal_zone0/trip_point_1_temp", "100000\n"),
            ("thermal_zone0/trip_point_1_type", "critical\n"),
            ("thermal_zone0/trip_point_x_temp", "1\n"),
            ("thermal_zone0/trip_point_01_temp", "1\n"),
            ("cooling_device3/type", "Processor\n"),
            ("other/type", "x\n"),
        ] {
            let path = root.join("sys/class/thermal").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = look(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!((found.zones.len(), found.coolers.len()), (1, 1));
        let zone = &found.zones[0];
        assert_eq!((zone.name.as_str(), zone.kind.as_str()), ("0", "x86_pkg_temp"));
        let [trip] = zone.trips.as_slice() else { panic!("{:?}", zone.trips) };
        assert_eq!(
            (trip.number, trip.kind.as_str(), trip.file.as_str()),
            (1, "critical", "trip_point_1_temp")
        );
        assert_eq!((found.coolers[0].name.as_str(), found.coolers[0].kind.as_str()), ("3", "Processor"));
        assert!(look(&root).unwrap_err().is_absent());
    }
}
