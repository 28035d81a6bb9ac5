//! The registers themselves, by `/dev/cpu/N/msr` (`msr(4)`): Intel SDM vol. 4; AMD PPR, "RAPL" registers.
//!
//! A register belongs to a package, a die or a core; any thread of it reads the same, so one thread each is asked. On AMD
//! the energy of the cores is in one register a core, and their sum is what Intel calls power plane 0.

use std::fs::File;
use std::path::Path;

use super::accumulate::{Counting, POWER_MAX_W, Range};
use super::cpu::{Cpu, Thread, Vendor};
use super::domain::{BackEnd, Cause, Domain, Finds, Found, Key, Place};
use super::register::{Fault, Register, read_msr};
use super::units::{Quirk, Unit, quirk_of, unit_by_register};
use crate::file::{Errno, ReadError};

/// `MSR_RAPL_POWER_UNIT`.
pub const UNIT: u32 = 0x606;
/// `MSR_PKG_ENERGY_STATUS`.
pub const PACKAGE_ENERGY: u32 = 0x611;
/// `MSR_PKG_POWER_INFO`: bits 14 to 0 are the thermal specification power.
pub const PACKAGE_INFO: u32 = 0x614;
/// `MSR_DRAM_ENERGY_STATUS`.
pub const DRAM_ENERGY: u32 = 0x619;
/// `MSR_PP0_ENERGY_STATUS`.
pub const CORE_ENERGY: u32 = 0x639;
/// `MSR_PP1_ENERGY_STATUS`.
pub const UNCORE_ENERGY: u32 = 0x641;
/// `MSR_PLATFORM_ENERGY_STATUS`.
pub const PSYS_ENERGY: u32 = 0x64d;
/// `RAPL_PWR_UNIT` of AMD and Hygon.
pub const AMD_UNIT: u32 = 0xc001_0299;
/// `CORE_ENERGY_STAT` of AMD and Hygon, one for each physical core.
pub const AMD_CORE_ENERGY: u32 = 0xc001_029a;
/// `PKG_ENERGY_STAT` of AMD and Hygon.
pub const AMD_PACKAGE_ENERGY: u32 = 0xc001_029b;

/// The energy registers of Intel that are one for each package.
const INTEL: [(Domain, u32); 5] = [
    (Domain::Package, PACKAGE_ENERGY),
    (Domain::Psys, PSYS_ENERGY),
    (Domain::Dram, DRAM_ENERGY),
    (Domain::Core, CORE_ENERGY),
    (Domain::Uncore, UNCORE_ENERGY),
];

/// Where a CPU's registers are, below the root.
#[must_use]
pub fn path_of(cpu: u32) -> String {
    format!("dev/cpu/{cpu}/msr")
}

/// Opens a CPU's registers.
///
/// # Errors
/// The kind of refusal and its words.
pub(super) fn open(root: &Path, cpu: u32) -> Result<File, (Cause, String)> {
    let path = path_of(cpu);
    File::open(root.join(&path)).map_err(|error| {
        let errno = Errno::of(&error);
        let cause = if errno.is_permission() {
            Cause::NoPermission
        } else if errno.is_absent() {
            Cause::Absent
        } else {
            Cause::Io
        };
        (cause, format!("cannot open /{path}: {error}"))
    })
}

/// Finds and opens every energy register below `root` of this processor with these threads.
#[must_use]
pub fn find(root: &Path, cpu: Option<&Cpu>, threads: &[Thread]) -> Finds {
    let mut finds = Finds::default();
    let Some(cpu) = cpu else {
        finds.lack("msr", Cause::Absent, "/proc/cpuinfo describes no processor with such registers");
        return finds;
    };
    if cpu.vendor == Vendor::Other {
        finds.lack("msr", Cause::Absent, "the registers of this maker's processors are not known");
        return finds;
    }
    if threads.is_empty() {
        finds.lack("msr", Cause::Absent, "/sys/devices/system/cpu names no CPU that is online");
        return finds;
    }
    for (place, thread) in places(cpu, threads) {
        let opened =
            open(root, thread.cpu).and_then(|device| Ok((unit_register(&device, cpu, thread.cpu)?, device)));
        match opened {
            Ok((unit, device)) => {
                let package = Package { root, cpu, quirk: quirk_of(cpu), place, thread, unit };
                package.find(&device, threads, &mut finds);
            }
            Err((cause, what)) => finds.lack(format!("msr of package {place}"), cause, what),
        }
    }
    finds
}

/// Each package, or die where there are several on an Intel part, with its first thread.
fn places(cpu: &Cpu, threads: &[Thread]) -> Vec<(Place, Thread)> {
    let by_die = cpu.vendor == Vendor::Intel && threads.iter().any(|thread| thread.die != 0);
    let mut places: Vec<(Place, Thread)> = Vec::new();
    for thread in threads {
        let place = Place { package: thread.package, die: by_die.then_some(thread.die) };
        if !places.iter().any(|(at, _)| *at == place) {
            places.push((place, *thread));
        }
    }
    places
}

/// The unit register. All zero is what virtual machines answer that have none.
fn unit_register(device: &File, cpu: &Cpu, number: u32) -> Result<u64, (Cause, String)> {
    let register = if cpu.vendor == Vendor::Intel { UNIT } else { AMD_UNIT };
    match read_msr(device, register) {
        Ok(0) => {
            let what =
                format!("the unit register {register:#x} of CPU {number} reads 0, as in a virtual machine");
            Err((Cause::Hollow, what))
        }
        Ok(unit) => Ok(unit),
        Err(fault) => Err(refusal(register, number, fault)),
    }
}

/// `EIO` is what the device answers for a register that the processor does not have.
fn refusal(register: u32, cpu: u32, fault: Fault) -> (Cause, String) {
    let cause = match fault {
        Fault::Read(ReadError::Os(errno)) if errno.is_permission() => Cause::NoPermission,
        Fault::Read(ReadError::Os(Errno(libc::EIO))) => {
            let what = format!("CPU {cpu} has no register {register:#x}: reading it is answered with EIO");
            return (Cause::NoCounter, what);
        }
        Fault::Read(_) => Cause::Io,
        Fault::Malformed | Fault::OutOfRange | Fault::NotCounted => Cause::Malformed,
    };
    (cause, format!("register {register:#x} of CPU {cpu}: {fault}"))
}

/// One package or die while its registers are looked at.
struct Package<'a> {
    root: &'a Path,
    cpu: &'a Cpu,
    quirk: Option<&'static Quirk>,
    place: Place,
    thread: Thread,
    unit: u64,
}

impl Package<'_> {
    fn find(&self, device: &File, threads: &[Thread], finds: &mut Finds) {
        if self.cpu.vendor == Vendor::Intel {
            for (domain, register) in INTEL {
                let domain =
                    if domain == Domain::Package && self.place.die.is_some() { Domain::Die } else { domain };
                self.find_one(device, domain, register, finds);
            }
        } else {
            self.find_one(device, Domain::Package, AMD_PACKAGE_ENERGY, finds);
            self.find_cores(threads, finds);
        }
    }

    fn find_one(&self, device: &File, domain: Domain, register: u32, finds: &mut Finds) {
        let key = Key { domain, place: self.place };
        match read_msr(device, register) {
            // A register that counts is at 0 for a moment in hours; one that is not wired always is.
            Ok(raw) if raw & u64::from(u32::MAX) == 0 => {
                let what =
                    format!("register {register:#x} of CPU {} reads 0: nothing is counted", self.thread.cpu);
                finds.lack(key.to_string(), Cause::NoCounter, what);
            }
            Ok(_) => match device.try_clone() {
                Ok(device) => {
                    let power_max_w = self.power_max_w(&device);
                    let registers = vec![Register::Msr { device, register }];
                    finds.found.push(self.found(key, registers, register, power_max_w));
                }
                Err(error) => finds.lack(key.to_string(), Cause::Io, format!("cannot keep it open: {error}")),
            },
            Err(fault) => {
                let (cause, what) = refusal(register, self.thread.cpu, fault);
                finds.lack(key.to_string(), cause, what);
            }
        }
    }

    /// One thread of each physical core; threads of a core show the same register.
    fn find_cores(&self, threads: &[Thread], finds: &mut Finds) {
        let key = Key { domain: Domain::Core, place: self.place };
        let mut cores: Vec<&Thread> = Vec::new();
        for thread in threads.iter().filter(|thread| thread.package == self.place.package) {
            if !cores.iter().any(|core| (core.die, core.core) == (thread.die, thread.core)) {
                cores.push(thread);
            }
        }
        let mut registers = Vec::with_capacity(cores.len());
        for core in cores {
            let device = open(self.root, core.cpu).and_then(|device| {
                read_msr(&device, AMD_CORE_ENERGY)
                    .map_err(|fault| refusal(AMD_CORE_ENERGY, core.cpu, fault))?;
                Ok(device)
            });
            match device {
                Ok(device) => registers.push(Register::Msr { device, register: AMD_CORE_ENERGY }),
                // A sum that lacks a core would be too small, and nobody would see it.
                Err((cause, what)) => return finds.lack(key.to_string(), cause, what),
            }
        }
        finds.found.push(self.found(key, registers, AMD_CORE_ENERGY, POWER_MAX_W));
    }

    fn found(&self, key: Key, registers: Vec<Register>, register: u32, power_max_w: u32) -> Found {
        let unit = unit_by_register(self.quirk, key.domain, self.unit);
        let sum = match registers.len() {
            1 => String::new(),
            cores => format!(", sum over {cores} cores"),
        };
        let doubt = match self.quirk {
            Some(_) => "",
            None => ", by the unit register: no source speaks of this model",
        };
        Found {
            key,
            back_end: BackEnd::Msr,
            registers,
            counting: Counting::by_ticks(unit, Range::REGISTER, power_max_w),
            path: format!("/{}", path_of(self.thread.cpu)),
            how: format!("register {register:#x} by CPU {}{sum}, ticks of {unit}{doubt}", self.thread.cpu),
        }
    }

    /// Twice the thermal specification power, since turbo goes beyond it; never less than the general limit.
    fn power_max_w(&self, device: &File) -> u32 {
        let info = if self.cpu.vendor == Vendor::Intel { read_msr(device, PACKAGE_INFO) } else { Ok(0) };
        let Ok(info) = info else { return POWER_MAX_W };
        let power_unit = Unit::joules_over_two_to(u8::try_from(self.unit & 0xf).unwrap_or(0));
        // A watt is to its unit what a joule is to its own: 2^-PU W, here in microwatts.
        let (tdp_uw, _) = power_unit.add(0, 0, info & 0x7fff);
        u32::try_from(tdp_uw / 500_000).unwrap_or(POWER_MAX_W).clamp(POWER_MAX_W, 20_000)
    }
}

#[cfg(test)]
mod tests;
