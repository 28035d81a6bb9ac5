//! The kernel's power capping tree (`Documentation/power/powercap/powercap.rst`, `drivers/powercap/`).
//!
//! A zone is a directory of `/sys/class/powercap`: `intel-rapl:0` with the name `package-0`, below it `intel-rapl:0:1`
//! with the name `dram`. What a zone measures stands in `name`, never in its number. The same package may be there twice,
//! by its registers and by memory-mapped ones (`intel-rapl-mmio`): the second is left alone.
//!
//! Since Linux 5.10 `energy_uj` is for root alone (CVE-2020-8694).

use std::path::Path;

use super::accumulate::{Counting, POWER_MAX_W, Range};
use super::domain::{BackEnd, Cause, Domain, Finds, Found, Key, Place};
use super::register::{Register, Scale, parse_energy_uj};
use super::units::Unit;
use crate::file::{Delivery, KernelFile, KernelText, OpenError, ReadError};

/// Where the zones are, below the root.
pub const PATH: &str = "sys/class/powercap";
/// Zones looked at, at most: eight packages with four dies of five domains, by two roads.
const ZONES_MAX: usize = 320;
/// Room for a name or a number.
const ROOM_BYTES: usize = 128;
/// The largest unit that any driver uses: 1 J, in nanojoules.
const UNIT_MAX_NJ: u128 = 1_000_000_000;

/// A zone's control type and place in its tree: `intel-rapl:0:1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    /// How much its control type is wanted; the least wins.
    rank: u8,
    control: String,
    numbers: Vec<u32>,
}

impl Id {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let control = parts.next()?.to_owned();
        let numbers: Option<Vec<u32>> = parts.map(|part| part.parse().ok()).collect();
        let rank = match control.as_str() {
            "intel-rapl" => 0,
            "intel-rapl-tpmi" => 1,
            "intel-rapl-mmio" => 3,
            // A driver that is not known yet.
            _ => 2,
        };
        numbers.filter(|numbers| (1..=3).contains(&numbers.len())).map(|numbers| Self {
            rank,
            control,
            numbers,
        })
    }
}

/// A zone with its name, before anything was opened.
struct Zone {
    id: Id,
    directory: String,
    name: String,
}

/// `package-0`, `package-1-die-3`.
fn place_of(name: &str) -> Option<Place> {
    let mut rest = name.strip_prefix("package-")?.split("-die-");
    let package = rest.next()?.parse().ok()?;
    let die = match rest.next() {
        None => None,
        Some(die) => Some(die.parse().ok()?),
    };
    rest.next().is_none().then_some(Place { package, die })
}

/// The unit in nanojoules that a driver with this `max_energy_range_uj` works with: the range is that of 32 bits, so
/// `range = (2^32 - 1) × unit ÷ 1000`, rounded down. `None` where no whole number does that.
#[must_use]
pub fn unit_nj(max_energy_range_uj: u64) -> Option<u64> {
    let counter_max = u128::from(u32::MAX);
    let unit = (u128::from(max_energy_range_uj) * 1000).div_ceil(counter_max);
    let fits = unit <= UNIT_MAX_NJ && unit * counter_max / 1000 == u128::from(max_energy_range_uj);
    u64::try_from(unit).ok().filter(|unit| fits && *unit > 0)
}

/// Finds and opens every zone below `root`.
#[must_use]
pub fn find(root: &Path) -> Finds {
    let mut finds = Finds::default();
    let mut zones = zones(root, &mut finds);
    zones.sort_by(|a, b| a.id.cmp(&b.id));
    let mut keyed = Vec::new();
    for zone in &zones {
        match key_of(zone, &zones) {
            Some(key) => keyed.push((key, zone)),
            None => {
                let why = format!("unknown kind of zone: {:?}", zone.name);
                finds.spares.push((zone.directory.clone(), why));
            }
        }
    }
    keyed.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    for (key, zone) in keyed {
        let taken = finds.found.iter().find(|found| found.key == key).map(|found| found.path.clone());
        match taken {
            Some(path) => finds.spares.push((zone.directory.clone(), format!("the same {key} as {path}"))),
            None => open(root, key, zone, &mut finds),
        }
    }
    finds
}

fn zones(root: &Path, finds: &mut Finds) -> Vec<Zone> {
    let mut zones = Vec::new();
    let listed = match std::fs::read_dir(root.join(PATH)) {
        Ok(listed) => listed,
        Err(error) => {
            let cause = if error.kind() == std::io::ErrorKind::NotFound { Cause::Absent } else { Cause::Io };
            finds.lack("powercap", cause, format!("cannot list /{PATH}: {error}"));
            return zones;
        }
    };
    for entry in listed.take(ZONES_MAX) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                finds.lack("powercap", Cause::Io, format!("cannot list /{PATH}: {error}"));
                break;
            }
        };
        let directory = entry.file_name().to_string_lossy().into_owned();
        // The control types themselves have no number and no name.
        let Some(id) = Id::parse(&directory) else { continue };
        match word(root, &format!("{PATH}/{directory}/name")) {
            Ok(name) => zones.push(Zone { id, directory, name }),
            Err((cause, what)) => finds.lack(directory, cause, what),
        }
    }
    if zones.is_empty() && finds.lacks.is_empty() {
        finds.lack("powercap", Cause::Absent, format!("there is no zone in /{PATH}"));
    }
    zones
}

/// What `zone` measures, by its own name and that of the zone around it.
fn key_of(zone: &Zone, zones: &[Zone]) -> Option<Key> {
    if let Some(place) = place_of(&zone.name) {
        let domain = if place.die.is_some() { Domain::Die } else { Domain::Package };
        return Some(Key { domain, place });
    }
    let domain = match zone.name.as_str() {
        "core" => Domain::Core,
        "uncore" => Domain::Uncore,
        "dram" => Domain::Dram,
        name if name == "psys" || name.starts_with("psys-") => {
            // A zone of its own; several packages may have one each.
            let before = zones.iter().filter(|other| {
                other.id.control == zone.id.control && other.name.starts_with("psys") && other.id < zone.id
            });
            let package = u32::try_from(before.count()).ok()?;
            return Some(Key { domain: Domain::Psys, place: Place { package, die: None } });
        }
        _ => return None,
    };
    let (_, around) = zone.id.numbers.split_last()?;
    let parent =
        zones.iter().find(|other| other.id.control == zone.id.control && other.id.numbers == around)?;
    Some(Key { domain, place: place_of(&parent.name)? })
}

fn open(root: &Path, key: Key, zone: &Zone, finds: &mut Finds) {
    match try_open(root, key, zone) {
        Ok(found) => finds.found.push(found),
        Err((cause, what)) => finds.lack(format!("{key} ({})", zone.directory), cause, what),
    }
}

type Refusal = (Cause, String);

fn try_open(root: &Path, key: Key, zone: &Zone) -> Result<Found, Refusal> {
    let directory = format!("{PATH}/{}", zone.directory);
    let range_uj = number(root, &format!("{directory}/max_energy_range_uj"))?;
    if range_uj == 0 {
        let what = format!("/{directory}/max_energy_range_uj is 0, so that a wrap could not be told");
        return Err((Cause::Malformed, what));
    }
    let path = format!("{directory}/energy_uj");
    let mut text = KernelText::open(root, &path, Delivery::Whole).map_err(|error| refused(&error))?;
    let (scale, unit, range) = match unit_nj(range_uj) {
        Some(unit_nj) => (Scale::Nanojoules(unit_nj), Unit::behind_nanojoules(unit_nj), Range::REGISTER),
        None => {
            let range = Range::Below(range_uj.saturating_add(1));
            (Scale::Microjoules { range_uj }, Unit::MICROJOULE, range)
        }
    };
    let first = text.read().map_err(|error| unread(&path, error))?;
    let energy_uj = parse_energy_uj(first).map_err(|fault| {
        (Cause::Malformed, format!("/{path} holds {:?}: {fault}", String::from_utf8_lossy(first)))
    })?;
    scale.raw(energy_uj).map_err(|fault| {
        (Cause::Malformed, format!("/{path} holds {energy_uj} with a range of {range_uj}: {fault}"))
    })?;
    let how = match scale {
        Scale::Nanojoules(_) => {
            format!("powercap {}, ticks of {unit}, range {} J", zone.directory, range_uj / 1_000_000)
        }
        Scale::Microjoules { .. } => format!(
            "powercap {}, range {} J that no unit fits: each wrap may cost one tick",
            zone.directory,
            range_uj / 1_000_000
        ),
    };
    Ok(Found {
        key,
        back_end: BackEnd::Powercap,
        registers: vec![Register::Powercap { text, scale }],
        counting: Counting::by_ticks(unit, range, power_max_w(root, &directory)),
        path: format!("/{directory}"),
        how,
    })
}

/// Twice what the zone's first limit may be set to, since turbo goes beyond it for a while; never less than the general
/// limit. Not every zone has one.
fn power_max_w(root: &Path, directory: &str) -> u32 {
    let limit_uw = number(root, &format!("{directory}/constraint_0_max_power_uw")).unwrap_or(0);
    let twice_w = u32::try_from(limit_uw / 500_000).unwrap_or(u32::MAX);
    // A limit beyond any machine is a register of ones.
    if twice_w > 20_000 { POWER_MAX_W } else { twice_w.max(POWER_MAX_W) }
}

fn refused(error: &OpenError) -> Refusal {
    let cause = if error.is_permission() {
        Cause::NoPermission
    } else if error.is_absent() {
        Cause::Absent
    } else {
        Cause::Io
    };
    (cause, error.to_string())
}

fn unread(path: &str, error: ReadError) -> Refusal {
    let cause = match error {
        ReadError::Os(errno) if errno.is_permission() => Cause::NoPermission,
        ReadError::Os(errno) if errno.is_absent() => Cause::Absent,
        ReadError::Os(_) => Cause::Io,
        ReadError::TooLong { .. } | ReadError::Empty => Cause::Malformed,
    };
    (cause, format!("/{path}: {error}"))
}

/// The text of a one-line attribute.
pub(super) fn word(root: &Path, path: &str) -> Result<String, Refusal> {
    let file = KernelFile::open(root, path, Delivery::Whole).map_err(|error| refused(&error))?;
    let mut room = [0; ROOM_BYTES];
    let text = file.read(&mut room).map_err(|error| unread(path, error))?;
    match core::str::from_utf8(text) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err((Cause::Malformed, format!("/{path} is no text: {error}"))),
    }
}

fn number(root: &Path, path: &str) -> Result<u64, Refusal> {
    let text = word(root, path)?;
    text.parse().map_err(|error| (Cause::Malformed, format!("/{path} holds {text:?}: {error}")))
}

#[cfg(test)]
mod tests;
