//! `/dev/cpu/N/msr`: the registers of each processor, and nothing else.

use crate::{Board, Content, EnergyCounter, Errno};
use std::collections::BTreeMap;

/// Addresses of registers, by the names of `arch/x86/include/asm/msr-index.h`.
pub mod address {
    /// `MSR_IA32_FEAT_CTL`: bit 0 locks it, bit 18 allows SGX.
    pub const FEATURE_CONTROL: u64 = 0x3A;
    /// `IA32_ARCH_CAPABILITIES`: bit 10 `MISC_PACKAGE_CTLS`, bit 11 `ENERGY_FILTERING_CTL`.
    pub const ARCH_CAPABILITIES: u64 = 0x10A;
    /// `MSR_MISC_PACKAGE_CTLS`: bit 0 turns energy filtering on.
    pub const MISC_PACKAGE_CTLS: u64 = 0xBC;
    /// `MSR_RAPL_POWER_UNIT`: power in bits 3:0, energy in bits 12:8, time in bits 19:16.
    pub const RAPL_POWER_UNIT: u64 = 0x606;
    /// `MSR_PKG_POWER_LIMIT`.
    pub const PKG_POWER_LIMIT: u64 = 0x610;
    /// `MSR_PKG_ENERGY_STATUS`.
    pub const PKG_ENERGY_STATUS: u64 = 0x611;
    /// `MSR_PKG_POWER_INFO`: the design power in bits 14:0, in units of power.
    pub const PKG_POWER_INFO: u64 = 0x614;
    /// `MSR_DRAM_ENERGY_STATUS`.
    pub const DRAM_ENERGY_STATUS: u64 = 0x619;
    /// `MSR_PP0_ENERGY_STATUS`: the cores.
    pub const PP0_ENERGY_STATUS: u64 = 0x639;
    /// `MSR_PP1_ENERGY_STATUS`: the graphics.
    pub const PP1_ENERGY_STATUS: u64 = 0x641;
    /// `MSR_PLATFORM_ENERGY_STATUS`.
    pub const PLATFORM_ENERGY_STATUS: u64 = 0x64D;
    /// `MSR_AMD_RAPL_POWER_UNIT`.
    pub const AMD_RAPL_POWER_UNIT: u64 = 0xC001_0299;
    /// `MSR_AMD_CORE_ENERGY_STATUS`: of one core, the same for its threads.
    pub const AMD_CORE_ENERGY_STATUS: u64 = 0xC001_029A;
    /// `MSR_AMD_PKG_ENERGY_STATUS`.
    pub const AMD_PKG_ENERGY_STATUS: u64 = 0xC001_029B;
}

/// Time in 2^-10 s, energy in 2^-14 J, power in 1/8 W, as most parts say.
pub(super) const UNITS_ESU14: u64 = 0x000A_0E03;
/// The same with energy in 2^-16 J.
pub(super) const UNITS_ESU16: u64 = 0x000A_1003;
/// Silvermont: energy in 2^5 µJ, power in 2^5 mW.
pub(super) const UNITS_ATOM: u64 = 0x0000_0505;

/// What is at an address.
#[derive(Debug, Clone)]
enum Register {
    Fixed(u64),
    Counter(EnergyCounter),
}

/// The registers of one processor. Reading any other is the fault that `rdmsr` raises: `EIO`.
#[derive(Debug, Clone, Default)]
pub(super) struct Registers(BTreeMap<u64, Register>);

impl Registers {
    pub(super) fn fixed(mut self, address: u64, value: u64) -> Self {
        self.0.insert(address, Register::Fixed(value));
        self
    }

    pub(super) fn counter(mut self, address: u64, counter: &EnergyCounter) -> Self {
        self.0.insert(address, Register::Counter(counter.clone()));
        self
    }

    /// Puts them at `/dev/cpu/{cpu}/msr`, for root alone.
    pub(super) fn put(self, board: Board, cpu: usize) -> Board {
        let path = format!("dev/cpu/{cpu}/msr");
        let board = board.file(
            &path,
            Content::registers(move |at, address| match self.0.get(&address) {
                Some(Register::Fixed(value)) => Ok(*value),
                // The upper half is reserved and reads as zero.
                Some(Register::Counter(counter)) => Ok(u64::from(counter.raw(at.elapsed))),
                None => Err(Errno::EIO),
            }),
        );
        board.set_mode(&path, 0o600);
        board
    }
}

/// The registers of an Intel package: units, design power (in eighths of a watt) and its counters.
pub(super) fn intel(units: u64, design_power: u64, counters: &[(u64, &EnergyCounter)]) -> Registers {
    let registers = Registers::default()
        .fixed(address::RAPL_POWER_UNIT, units)
        .fixed(address::PKG_POWER_INFO, design_power)
        .fixed(address::PKG_POWER_LIMIT, 0)
        .fixed(address::FEATURE_CONTROL, 1)
        .fixed(address::ARCH_CAPABILITIES, 0);
    counters.iter().fold(registers, |registers, (address, counter)| registers.counter(*address, counter))
}
