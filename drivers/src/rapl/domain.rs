//! What is counted and where, and what looking for it brought.

use core::fmt;

use super::accumulate::Counting;
use super::register::Register;

/// What a counter measures. The order is that of importance: where room is scarce, the first come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// A whole processor package (socket).
    Package,
    /// One die of a package that has several, each with its own counter.
    Die,
    /// The platform as its maker wired it: package and more, on some machines the whole box.
    Psys,
    /// Memory. Within the package on clients, outside it on servers.
    Dram,
    /// All cores of the package (power plane 0); on AMD the sum over its physical cores.
    Core,
    /// What is in the package beside the cores, on clients the graphics (power plane 1).
    Uncore,
}

impl Domain {
    /// The name in labels and in node_exporter's metric names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Die => "die",
            Self::Psys => "psys",
            Self::Dram => "dram",
            Self::Core => "core",
            Self::Uncore => "uncore",
        }
    }
}

/// Which package, and which of its dies where each has its own counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The package, as the kernel numbers it.
    pub package: u32,
    /// The die within the package; `None` where the package has one counter for all.
    pub die: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.die {
            None => write!(f, "{}", self.package),
            Some(die) => write!(f, "{}-die-{die}", self.package),
        }
    }
}

/// The road to a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackEnd {
    /// The kernel's `power` PMU (`arch/x86/events/rapl.c`).
    Perf,
    /// The kernel's power capping tree (`drivers/powercap/intel_rapl_common.c`).
    Powercap,
    /// The registers themselves, by `/dev/cpu/N/msr`.
    Msr,
}

impl BackEnd {
    /// The name in labels and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Perf => "perf",
            Self::Powercap => "powercap",
            Self::Msr => "msr",
        }
    }
}

/// A domain at a place: what series are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What is counted.
    pub domain: Domain,
    /// Where.
    pub place: Place,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.domain, self.place.die) {
            (Domain::Package | Domain::Die, None) => write!(f, "package-{}", self.place.package),
            (Domain::Package | Domain::Die, Some(die)) => {
                write!(f, "package-{}-die-{die}", self.place.package)
            }
            (domain, _) => write!(f, "{}-{}", domain.name(), self.place),
        }
    }
}

/// A counter that was found and opened.
#[derive(Debug)]
pub struct Found {
    /// What it counts and where.
    pub key: Key,
    /// The road.
    pub back_end: BackEnd,
    /// The registers whose sum it is: one, or one for each physical core.
    pub registers: Vec<Register>,
    /// How each of them counts.
    pub counting: Counting,
    /// Where it lies, as an absolute path below the root.
    pub path: String,
    /// How it is read and in which unit, for people.
    pub how: String,
}

/// Why something is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is not on this machine, or its driver is not loaded.
    Absent,
    /// The processor itself has no such counter.
    NoCounter,
    /// Its registers read 0, as those that a virtual machine shows: there is no counter at all.
    Hollow,
    /// The kernel refused.
    NoPermission,
    /// It is there and answers with an error.
    Io,
    /// It answers with something that its definition rules out.
    Malformed,
}

/// Something that was looked for and is not to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The zone, event or device.
    pub name: String,
    /// The kind of absence.
    pub cause: Cause,
    /// What was tried and what came back.
    pub what: String,
}

/// All that one back end has to offer.
#[derive(Debug, Default)]
pub struct Finds {
    /// Counters ready to be read.
    pub found: Vec<Found>,
    /// Counters that are there and left alone: name and reason.
    pub spares: Vec<(String, String)>,
    /// What is not to be had.
    pub lacks: Vec<Lack>,
}

impl Finds {
    /// Notes something that is not to be had.
    pub(super) fn lack(&mut self, name: impl Into<String>, cause: Cause, what: impl Into<String>) {
        self.lacks.push(Lack { name: name.into(), cause, what: what.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_the_kernel_names_its_zone() {
        let place = Place { package: 1, die: Some(2) };
        assert_eq!(Key { domain: Domain::Die, place }.to_string(), "package-1-die-2");
        assert_eq!(Key { domain: Domain::Dram, place }.to_string(), "dram-1-die-2");
        let place = Place { package: 0, die: None };
        assert_eq!(Key { domain: Domain::Package, place }.to_string(), "package-0");
        assert_eq!(Key { domain: Domain::Psys, place }.to_string(), "psys-0");
    }
}
