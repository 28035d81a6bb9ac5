//! What can count: core PMUs, the registers of the `msr` PMU, and who may ask. Read once, when arming; all of it may
//! allocate.
//!
//! Sources: `Documentation/ABI/testing/sysfs-bus-event_source-devices-*`, `Documentation/admin-guide/sysctl/kernel.rst`
//! (`perf_event_paranoid`), `arch/x86/events/msr.c`.

use std::fs;
use std::path::Path;

use perf_event::Builder;
use perf_event::events::Dynamic;

use super::event::Code;
use crate::file::{Delivery, Errno, KernelText, OpenError, OpenStep};
use crate::rapl::cpu::parse_list;

/// Where PMUs are listed, below the root.
pub const DEVICES_PATH: &str = "sys/bus/event_source/devices";
/// Which CPUs run, below the root.
pub const ONLINE_PATH: &str = "sys/devices/system/cpu/online";
/// Who may count, below the root.
pub const PARANOID_PATH: &str = "proc/sys/kernel/perf_event_paranoid";
/// The core PMU where all CPUs are alike.
const PLAIN: &str = "cpu";

/// A PMU that counts the events of CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorePmu {
    /// Its name: `cpu`, `cpu_core`, `cpu_atom`, `armv8_cortex_a76`.
    pub name: String,
    /// Its number for `perf_event_open(2)`.
    pub kind: u32,
    /// The CPUs it belongs to; `None` for all of them.
    pub cpus: Option<Vec<u32>>,
}

impl CorePmu {
    /// Whether it counts on `cpu`.
    #[must_use]
    pub fn is_of(&self, cpu: u32) -> bool {
        self.cpus.as_ref().is_none_or(|cpus| cpus.contains(&cpu))
    }
}

/// The core PMUs below `root`, by name: `cpu`, and whatever says in a `cpus` file which CPUs it is of. None on a
/// virtual machine without a PMU.
///
/// # Errors
/// [`OpenError`] where PMUs cannot be listed at all; one whose files make no sense is left out.
pub fn core_pmus(root: &Path) -> Result<Vec<CorePmu>, OpenError> {
    let path = root.join(DEVICES_PATH);
    let listed = match fs::read_dir(&path) {
        Ok(listed) => listed,
        Err(source) => return Err(OpenError { path, step: OpenStep::Open, errno: Errno::of(&source) }),
    };
    let names = listed.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<CorePmu> = names.filter_map(|name| core_pmu(root, name)).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn core_pmu(root: &Path, name: String) -> Option<CorePmu> {
    let cpus = text(root, &format!("{DEVICES_PATH}/{name}/cpus"));
    if cpus.is_none() && name != PLAIN {
        return None;
    }
    let kind = text(root, &format!("{DEVICES_PATH}/{name}/type"))?.trim().parse().ok()?;
    let cpus = match cpus {
        Some(list) => Some(parse_list(list.as_bytes()).ok()?),
        None => None,
    };
    Some(CorePmu { name, kind, cpus })
}

/// The code of `event` of the PMU `pmu`, from its files below `root`.
///
/// # Errors
/// [`OpenError`] with the path of the event: `ENOENT` where the machine has no such PMU or event, `EINVAL` where its
/// files are not as documented.
pub fn event_code(root: &Path, pmu: &str, event: &str) -> Result<Code, OpenError> {
    let directory = root.join(DEVICES_PATH).join(pmu);
    let path = directory.join("events").join(event);
    let named = || Dynamic::builder(&directory)?.event(event)?.build().map_err(std::io::Error::other);
    match named() {
        Ok(found) => {
            let builder = Builder::new(found);
            Ok(Code { kind: builder.attrs().type_, config: builder.attrs().config })
        }
        Err(error) => {
            let errno = Errno(error.raw_os_error().unwrap_or(libc::EINVAL));
            Err(OpenError { path, step: OpenStep::Open, errno })
        }
    }
}

/// `kernel.perf_event_paranoid`: above 0 nobody without a privilege may count whole CPUs, above 1 the kernel's part of
/// a program, and above 2, with some distributions, anything. `None` where the kernel does not count at all.
#[must_use]
pub fn paranoid(root: &Path) -> Option<i32> {
    text(root, PARANOID_PATH)?.trim().parse().ok()
}

/// Whether the CPU says of itself that it is a virtual machine's: the flag `hypervisor` of x86 in `/proc/cpuinfo`.
#[must_use]
pub fn is_virtual(root: &Path) -> bool {
    let flags = text(root, "proc/cpuinfo").unwrap_or_default();
    flags
        .lines()
        .any(|line| line.starts_with("flags") && line.split_whitespace().any(|flag| flag == "hypervisor"))
}

/// A small file's text; `None` where it cannot be read or is no text.
fn text(root: &Path, path: &str) -> Option<String> {
    let mut file = KernelText::open(root, path, Delivery::Chunked).ok()?;
    let bytes = file.read().ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A directory of one test's own, removed at its end.
    struct Root(PathBuf);

    impl Root {
        fn with(test: &str, files: &[(&str, &str)]) -> Self {
            let root = Self(std::env::temp_dir().join(format!("hearth-pmu-{}-{test}", std::process::id())));
            for (path, text) in files {
                let path = root.0.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            root
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn a_hybrid_cpu_has_two_core_pmus_and_uncore_ones_do_not_count() {
        let root = Root::with(
            "hybrid",
            &[
                ("sys/bus/event_source/devices/cpu_core/type", "4\n"),
                ("sys/bus/event_source/devices/cpu_core/cpus", "0-3\n"),
                ("sys/bus/event_source/devices/cpu_atom/type", "10\n"),
                ("sys/bus/event_source/devices/cpu_atom/cpus", "4-5,7\n"),
                ("sys/bus/event_source/devices/cpu_broken/type", "x\n"),
                ("sys/bus/event_source/devices/cpu_broken/cpus", "1\n"),
                ("sys/bus/event_source/devices/uncore_imc/type", "12\n"),
                ("sys/bus/event_source/devices/uncore_imc/cpumask", "0\n"),
                ("sys/bus/event_source/devices/software/type", "1\n"),
            ],
        );
        let found = core_pmus(&root.0).unwrap();
        let atom = CorePmu { name: "cpu_atom".to_owned(), kind: 10, cpus: Some(vec![4, 5, 7]) };
        let core = CorePmu { name: "cpu_core".to_owned(), kind: 4, cpus: Some(vec![0, 1, 2, 3]) };
        assert_eq!(found, [atom, core]);
        assert!(found[0].is_of(7) && !found[0].is_of(6) && found[1].is_of(0));
    }

    #[test]
    fn cpus_that_are_alike_have_one_core_pmu() {
        let root = Root::with("alike", &[("sys/bus/event_source/devices/cpu/type", "4\n")]);
        let found = core_pmus(&root.0).unwrap();
        assert_eq!(found, [CorePmu { name: "cpu".to_owned(), kind: 4, cpus: None }]);
        assert!(found[0].is_of(4711));
    }

    #[test]
    fn registers_are_found_by_name_and_their_absence_has_a_path() {
        let root = Root::with(
            "msr",
            &[
                ("sys/bus/event_source/devices/msr/type", "9\n"),
                ("sys/bus/event_source/devices/msr/format/event", "config:0-63\n"),
                ("sys/bus/event_source/devices/msr/events/aperf", "event=0x01\n"),
                ("sys/bus/event_source/devices/msr/events/mperf", "gibberish=0x\n"),
            ],
        );
        assert_eq!(event_code(&root.0, "msr", "aperf"), Ok(Code { kind: 9, config: 1 }));
        let absent = event_code(&root.0, "msr", "tsc").unwrap_err();
        assert!(absent.is_absent() && absent.path.ends_with("msr/events/tsc"), "{absent}");
        assert_eq!(event_code(&root.0, "msr", "mperf").unwrap_err().errno, Errno(libc::EINVAL));
        assert!(event_code(&root.0, "power", "energy-pkg").unwrap_err().is_absent());
    }

    #[test]
    fn who_may_count_is_a_number_or_not_known() {
        let root = Root::with(
            "paranoid",
            &[(PARANOID_PATH, "-1\n"), ("proc/cpuinfo", "flags\t\t: fpu hypervisor\n")],
        );
        assert_eq!((paranoid(&root.0), is_virtual(&root.0)), (Some(-1), true));
        let bare = Root::with("bare", &[(PARANOID_PATH, "many\n"), ("proc/cpuinfo", "flags : fpu\n")]);
        assert_eq!((paranoid(&bare.0), is_virtual(&bare.0)), (None, false));
        assert!(core_pmus(&bare.0).unwrap_err().is_absent());
    }
}
