//! Which processor this is, and which of its threads share a core, a die, a package
//! (`/proc/cpuinfo`, `Documentation/ABI/stable/sysfs-devices-system-cpu`).

use std::path::Path;

use crate::file::{Delivery, KernelFile, KernelText};
use crate::proc::ParseError;
use crate::text::{Scan, lines};

/// Where the processors describe themselves, below the root.
pub const CPUINFO_PATH: &str = "proc/cpuinfo";
/// Where the topology is, below the root.
const CPUS_PATH: &str = "sys/devices/system/cpu";
/// CPUs looked at, at most: the kernel's own limit for x86.
const CPUS_MAX: usize = 8192;
/// Room for a number of the topology.
const ROOM_BYTES: usize = 32;

/// Who made the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// `GenuineIntel`.
    Intel,
    /// `AuthenticAMD`.
    Amd,
    /// `HygonGenuine`.
    Hygon,
    /// Anybody else.
    Other,
}

/// The processor's model. All processors of a machine are of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Who made it.
    pub vendor: Vendor,
    /// Display family.
    pub family: u32,
    /// Display model.
    pub model: u32,
    /// A hypervisor says that this is a virtual machine.
    pub is_guest: bool,
}

/// Reads the first processor of `/proc/cpuinfo`.
///
/// # Errors
/// [`ParseError::Missing`] with the field that is not there before the first empty line, as on other architectures.
pub fn parse_cpuinfo(text: &[u8]) -> Result<Cpu, ParseError> {
    let (mut vendor, mut family, mut model, mut is_guest) = (None, None, None, None);
    for line in lines(text).take_while(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (key, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or(&[]).trim_ascii();
        match key.trim_ascii() {
            b"vendor_id" => {
                vendor = Some(match value {
                    b"GenuineIntel" => Vendor::Intel,
                    b"AuthenticAMD" => Vendor::Amd,
                    b"HygonGenuine" => Vendor::Hygon,
                    _ => Vendor::Other,
                });
            }
            b"cpu family" => family = Scan::new(value).u32(),
            b"model" => model = Scan::new(value).u32(),
            b"flags" => is_guest = Some(value.split(|byte| *byte == b' ').any(|flag| flag == b"hypervisor")),
            _ => {}
        }
    }
    Ok(Cpu {
        vendor: vendor.ok_or(ParseError::missing("vendor_id"))?,
        family: family.ok_or(ParseError::missing("cpu family"))?,
        model: model.ok_or(ParseError::missing("model"))?,
        is_guest: is_guest.ok_or(ParseError::missing("flags"))?,
    })
}

/// The processor below `root`; `None` where the file cannot be read or is that of another architecture.
#[must_use]
pub fn cpu(root: &Path) -> Option<Cpu> {
    let mut text = KernelText::open(root, CPUINFO_PATH, Delivery::Chunked).ok()?;
    parse_cpuinfo(text.read().ok()?).ok()
}

/// A hardware thread and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its number.
    pub cpu: u32,
    /// Its package.
    pub package: u32,
    /// Its die, within the package.
    pub die: u32,
    /// Its core, within the die.
    pub core: u32,
}

/// Reads a list of CPUs: `0-3,8`. The numbers are in the order of the text.
///
/// # Errors
/// [`ParseError::Malformed`] where it is none, a range runs backwards or a number is 8192 or more;
/// [`ParseError::TooMany`] beyond 8192 entries.
pub fn parse_list(text: &[u8]) -> Result<Vec<u32>, ParseError> {
    let malformed = || ParseError::malformed("a list of CPUs");
    let mut scan = Scan::text(text);
    let mut cpus = Vec::new();
    if scan.at_line_end() {
        return Ok(cpus);
    }
    loop {
        let first = scan.u32().ok_or_else(malformed)?;
        let last = if scan.byte(b'-') { scan.u32().ok_or_else(malformed)? } else { first };
        if last < first || usize::try_from(last).map_or(true, |last| last >= CPUS_MAX) {
            return Err(malformed());
        }
        cpus.extend(first..=last);
        if cpus.len() > CPUS_MAX {
            return Err(ParseError::TooMany { what: "CPUs", limit: CPUS_MAX });
        }
        if !scan.byte(b',') {
            return if scan.at_line_end() { Ok(cpus) } else { Err(malformed()) };
        }
    }
}

/// The threads that are online below `root`, by number. Where the kernel does not say (`die_id` came with 5.2) a thread's
/// die is 0; a thread without a package or core is left out, as is everything where there is no list.
#[must_use]
pub fn threads(root: &Path) -> Vec<Thread> {
    let path = format!("{CPUS_PATH}/online");
    let Ok(mut online) = KernelText::open(root, &path, Delivery::Whole) else { return Vec::new() };
    let Ok(Ok(cpus)) = online.read().map(parse_list) else { return Vec::new() };
    let thread = |cpu| {
        let id = |name: &str| topology(root, cpu, name);
        Some(Thread {
            cpu,
            package: id("physical_package_id")?,
            die: id("die_id").unwrap_or(0),
            core: id("core_id")?,
        })
    };
    cpus.into_iter().filter_map(thread).collect()
}

fn topology(root: &Path, cpu: u32, name: &str) -> Option<u32> {
    let path = format!("{CPUS_PATH}/cpu{cpu}/topology/{name}");
    let file = KernelFile::open(root, &path, Delivery::Whole).ok()?;
    let mut room = [0; ROOM_BYTES];
    let mut scan = Scan::text(file.read(&mut room).ok()?);
    scan.u32().filter(|_| scan.at_line_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &[u8] = b"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 158\n\
        model name\t: Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz\nflags\t\t: fpu vme hypervisor sse\nbugs\t\t: spectre_v1\n\n\
        processor\t: 1\nvendor_id\t: AuthenticAMD\n";

    #[test]
    fn the_first_processor_of_a_captured_text_is_read() {
        let cpu = parse_cpuinfo(CAPTURED).unwrap();
        assert_eq!(cpu, Cpu { vendor: Vendor::Intel, family: 6, model: 158, is_guest: true });
    }

    #[test]
    fn every_shorter_prefix_gives_the_processor_or_names_what_lacks() {
        let whole = parse_cpuinfo(CAPTURED).unwrap();
        for end in 0..CAPTURED.len() {
            match parse_cpuinfo(&CAPTURED[..end]) {
                Ok(cpu) => assert_eq!(cpu, whole, "{end}"),
                Err(error) => assert!(matches!(error, ParseError::Missing { .. }), "{end}"),
            }
        }
    }

    #[test]
    fn lists_are_ranges_and_numbers_and_nothing_else() {
        assert_eq!(parse_list(b"0-3,8\n").unwrap(), [0, 1, 2, 3, 8]);
        assert_eq!(parse_list(b"0,18\n").unwrap(), [0, 18]);
        assert_eq!(parse_list(b"\n").unwrap(), Vec::<u32>::new());
        for text in [&b"3-0\n"[..], b"0-\n", b"a\n", b"0;1\n", b"-1\n", b"0-4294967295\n", b"8192\n"] {
            assert!(parse_list(text).is_err(), "{}", text.escape_ascii());
        }
        // Each range is legal; together they are too many.
        assert!(matches!(parse_list(b"0-8191,0-8191\n"), Err(ParseError::TooMany { .. })));
    }
}
