//! What one tick of an energy counter is worth, exactly, and which processors are exceptions to the register that says so.

use core::fmt;

use super::cpu::{Cpu, Vendor};
use super::domain::Domain;

/// Microjoules in a joule.
const UJ_PER_J: u64 = 1_000_000;
/// Nanojoules in a joule.
const NJ_PER_J: u64 = 1_000_000_000;
/// The finest unit that is recognised by its nanojoules; 2^-25 J are 29 nJ.
const EXPONENT_MAX: u8 = 25;
/// What powercap multiplies the memory counter of older servers with, in nanojoules (`rapl_defaults_hsw_server`).
pub const SERVER_DRAM_NJ: u64 = 15_300;

/// What one tick is worth, as a fraction of microjoules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    numerator: u64,
    denominator: u64,
}

impl Unit {
    /// 2^-32 J: the unit of every event of the `power` PMU (`arch/x86/events/rapl.c`).
    pub const PERF: Self = Self::joules_over_two_to(32);
    /// One microjoule.
    pub const MICROJOULE: Self = Self { numerator: 1, denominator: 1 };
    /// One joule.
    pub const JOULE: Self = Self::joules_over_two_to(0);

    /// 2^-`exponent` J; the register's ESU field has 5 bits, so 63 is more than any hardware says.
    #[must_use]
    pub const fn joules_over_two_to(exponent: u8) -> Self {
        Self { numerator: UJ_PER_J, denominator: 1 << if exponent < 63 { exponent } else { 63 } }
    }

    /// So many nanojoules; at least one.
    #[must_use]
    pub const fn nanojoules(count: u64) -> Self {
        Self { numerator: if count == 0 { 1 } else { count }, denominator: 1000 }
    }

    /// 2^`exponent` µJ: Silvermont and its kin.
    #[must_use]
    pub const fn microjoules_times_two_to(exponent: u8) -> Self {
        Self { numerator: 1 << if exponent < 31 { exponent } else { 31 }, denominator: 1 }
    }

    /// The unit that powercap means by `nanojoules`: it works with whole nanojoules (its source calls them
    /// picojoules), so 2^-14 J reads as 61035. What is the whole part of a power of two is that power.
    #[must_use]
    pub fn behind_nanojoules(nanojoules: u64) -> Self {
        let exact = (0..=EXPONENT_MAX).find(|exponent| NJ_PER_J >> exponent == nanojoules);
        exact.map_or(Self::nanojoules(nanojoules), Self::joules_over_two_to)
    }

    /// Adds the worth of `ticks` to a total of whole microjoules and a rest, and returns both; `rest` and the returned
    /// rest are below the unit's denominator. Nothing is rounded away: the rest carries it. The total stops at its
    /// largest value, 584 000 years at a megawatt from zero.
    #[must_use]
    pub fn add(self, total_uj: u64, rest: u64, ticks: u64) -> (u64, u64) {
        let small = ticks.checked_mul(self.numerator).and_then(|product| product.checked_add(rest));
        if let Some(sum) = small {
            return (total_uj.saturating_add(sum / self.denominator), sum % self.denominator);
        }
        let sum = u128::from(ticks) * u128::from(self.numerator) + u128::from(rest);
        let denominator = u128::from(self.denominator);
        // A remainder by a number of 64 bits has 64 bits.
        let rest = u64::try_from(sum % denominator).unwrap_or(0);
        (total_uj.saturating_add(u64::try_from(sum / denominator).unwrap_or(u64::MAX)), rest)
    }

    /// How many ticks `energy_uj` has, rounded down; the largest number where they do not fit 64 bits.
    #[must_use]
    pub fn ticks_in(self, energy_uj: u64) -> u64 {
        let by = self.numerator.max(1);
        // What fits 64 bits, as nearly everything does, is divided by one instruction.
        if let Some(product) = energy_uj.checked_mul(self.denominator) {
            return product / by;
        }
        let ticks = u128::from(energy_uj) * u128::from(self.denominator) / u128::from(by);
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// One tick in picojoules, rounded down.
    #[must_use]
    pub const fn picojoules(self) -> u64 {
        const PJ_PER_UJ: u64 = 1_000_000;
        self.numerator.saturating_mul(PJ_PER_UJ) / self.denominator
    }

    /// One tick in microjoules, rounded up.
    #[must_use]
    pub const fn tick_uj_ceil(self) -> u64 {
        self.numerator.div_ceil(self.denominator)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millionths =
            u128::from(self.numerator) * u128::from(UJ_PER_J) / u128::from(self.denominator.max(1));
        let (whole, fraction) = (millionths / u128::from(UJ_PER_J), millionths % u128::from(UJ_PER_J));
        if fraction == 0 {
            return write!(f, "{whole} µJ");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{whole}.{} µJ", digits.trim_end_matches('0'))
    }
}

/// How a processor's unit register is to be read, and which domains have a unit of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// The processors' vendor.
    pub vendor: Vendor,
    /// Their family.
    pub family: u32,
    /// Their models; none stands for every model of the family.
    pub models: &'static [u32],
    /// What ESU means.
    pub energy: Esu,
    /// Whether memory counts in 2^-16 J whatever the register says.
    pub fixed_dram: bool,
    /// Whether the platform counts in whole joules whatever the register says.
    pub joule_psys: bool,
    /// Where that stands.
    pub source: &'static str,
}

/// What the energy status unit of the unit register means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Esu {
    /// A tick is 2^-ESU J.
    Fraction,
    /// A tick is 2^ESU µJ.
    Microjoules,
}

const fn row(vendor: Vendor, family: u32, models: &'static [u32], source: &'static str) -> Quirk {
    Quirk { vendor, family, models, energy: Esu::Fraction, fixed_dram: false, joule_psys: false, source }
}

/// Every processor whose units are known, exceptions first.
pub const QUIRKS: &[Quirk] = &[
    // Haswell-X, Broadwell-X and -D, Skylake-X (Cascade and Cooper Lake), Ice Lake-X and -D, Knights Landing and Mill.
    Quirk {
        fixed_dram: true,
        ..row(
            Vendor::Intel,
            6,
            &[63, 79, 86, 85, 106, 108, 87, 133],
            "arch/x86/events/rapl.c: RAPL_UNIT_QUIRK_INTEL_HSW; intel_rapl_common.c: rapl_defaults_hsw_server",
        )
    },
    // Sapphire and Emerald Rapids: memory by the register again, the platform in joules.
    Quirk {
        joule_psys: true,
        ..row(
            Vendor::Intel,
            6,
            &[143, 207],
            "arch/x86/events/rapl.c: RAPL_UNIT_QUIRK_INTEL_SPR; intel_rapl_common.c: rapl_defaults_spr_server, whose \
             memory quirk was removed in Linux 6.1; LIKWID pull request 643",
        )
    },
    // Silvermont (Bay Trail, Merrifield, Moorefield, SoFIA) and Airmont.
    Quirk {
        energy: Esu::Microjoules,
        ..row(
            Vendor::Intel,
            6,
            &[55, 74, 90, 93, 76],
            "intel_rapl_common.c: rapl_check_unit_atom; Intel SDM vol. 4, MSR_RAPL_POWER_UNIT of 06_37H, 4AH, 4CH, 5AH, 5DH",
        )
    },
    row(Vendor::Intel, 6, &[77], "tools/power/x86/turbostat: slvd_features has no divisor (Avoton)"),
    // Sandy Bridge to Cannon Lake.
    row(
        Vendor::Intel,
        6,
        &[42, 45, 58, 62, 60, 69, 70, 61, 71, 78, 94, 142, 158, 102],
        "arch/x86/events/rapl.c: model_snb, model_snbep, model_hsw, model_skl",
    ),
    // Ice Lake to Lunar Lake, clients.
    row(
        Vendor::Intel,
        6,
        &[126, 125, 166, 165, 167, 140, 141, 151, 154, 183, 186, 191, 170, 172, 197, 198, 189],
        "arch/x86/events/rapl.c: model_skl; intel_rapl_common.c: rapl_defaults_core",
    ),
    // Goldmont, Goldmont Plus, Tremont, Lakefield, Gracemont.
    row(
        Vendor::Intel,
        6,
        &[92, 95, 122, 134, 150, 156, 138, 190],
        "arch/x86/events/rapl.c: model_hsw, model_skl; intel_rapl_common.c: rapl_defaults_core",
    ),
    row(
        Vendor::Amd,
        23,
        &[],
        "arch/x86/events/rapl.c: model_amd_hygon; AMD PPR for family 17h, RAPL_PWR_UNIT",
    ),
    row(
        Vendor::Amd,
        25,
        &[],
        "arch/x86/events/rapl.c: model_amd_hygon; AMD PPR for family 19h, RAPL_PWR_UNIT",
    ),
    row(
        Vendor::Amd,
        26,
        &[],
        "arch/x86/events/rapl.c: model_amd_hygon; AMD PPR for family 1Ah, RAPL_PWR_UNIT",
    ),
    row(Vendor::Hygon, 24, &[], "arch/x86/events/rapl.c: model_amd_hygon"),
];

/// The row of `cpu`; `None` for a model that no source speaks of.
#[must_use]
pub fn quirk_of(cpu: &Cpu) -> Option<&'static Quirk> {
    QUIRKS.iter().find(|row| {
        let is_model = row.models.is_empty() || row.models.contains(&cpu.model);
        row.vendor == cpu.vendor && row.family == cpu.family && is_model
    })
}

/// The energy status unit: bits 12 to 8 of the unit register (0x606, on AMD 0xC0010299).
#[must_use]
pub fn esu_of(register: u64) -> u8 {
    let [_, byte, ..] = register.to_le_bytes();
    byte & 0x1f
}

/// What a tick of `domain` is worth, by the unit register of a processor with `quirk`. `None` stands for a model that is
/// not known: the register is then believed, and the caller says so.
#[must_use]
pub fn unit_by_register(quirk: Option<&Quirk>, domain: Domain, register: u64) -> Unit {
    let esu = esu_of(register);
    let Some(quirk) = quirk else { return Unit::joules_over_two_to(esu) };
    match (domain, quirk.energy) {
        (Domain::Dram, _) if quirk.fixed_dram => Unit::joules_over_two_to(16),
        (Domain::Psys, _) if quirk.joule_psys => Unit::JOULE,
        (_, Esu::Fraction) => Unit::joules_over_two_to(esu),
        (_, Esu::Microjoules) => Unit::microjoules_times_two_to(esu),
    }
}

/// What is told where [`quirk_of`] has no row and the kernel says what it counts in.
pub const UNKNOWN_MODEL: &str = "no source speaks of this model: the kernel is believed";

/// What is odd about a unit that the kernel works with, for a processor of this model; `None` where nothing is.
#[must_use]
pub fn oddity(cpu: &Cpu, domain: Domain, unit: Unit) -> Option<&'static str> {
    let Some(quirk) = quirk_of(cpu) else {
        return Some(UNKNOWN_MODEL);
    };
    let is_server_dram = unit == Unit::nanojoules(SERVER_DRAM_NJ) || unit == Unit::joules_over_two_to(16);
    match domain {
        Domain::Dram if quirk.fixed_dram && !is_server_dram => {
            Some("this model's memory counts in 2^-16 J, and the kernel takes it for something else")
        }
        Domain::Dram if quirk.joule_psys && unit == Unit::nanojoules(SERVER_DRAM_NJ) => {
            Some("this model's memory counts in 2^-14 J: a kernel before 6.1 shows a quarter of its energy")
        }
        Domain::Psys if quirk.joule_psys && unit != Unit::JOULE => {
            Some("this model's platform counts in joules, and the kernel takes it for something else")
        }
        Domain::Dram | Domain::Psys | Domain::Package | Domain::Die | Domain::Core | Domain::Uncore => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intel(model: u32) -> Cpu {
        Cpu { vendor: Vendor::Intel, family: 6, model, is_guest: false }
    }

    fn unit(model: u32, domain: Domain, register: u64) -> String {
        unit_by_register(quirk_of(&intel(model)), domain, register).to_string()
    }

    #[test]
    fn the_exceptions_count_as_their_sources_say() {
        // ESU 14 and 16, as the registers of these parts read.
        assert_eq!(unit(158, Domain::Package, 0xa_0e03), "61.035156 µJ");
        assert_eq!(unit(63, Domain::Package, 0xa_0e03), "61.035156 µJ");
        assert_eq!(unit(63, Domain::Dram, 0xa_0e03), "15.258789 µJ");
        assert_eq!(unit(86, Domain::Dram, 0xa_0e03), "15.258789 µJ");
        assert_eq!(unit(143, Domain::Dram, 0xa_0e03), "61.035156 µJ");
        assert_eq!(unit(207, Domain::Psys, 0xa_0e03), "1000000 µJ");
        assert_eq!(unit(143, Domain::Package, 0xa_0e03), "61.035156 µJ");
        assert_eq!(unit(55, Domain::Package, 0x0_0505), "32 µJ");
        assert_eq!(unit(77, Domain::Core, 0xa_0e03), "61.035156 µJ");
    }

    #[test]
    fn an_unknown_model_has_no_row_and_is_taken_at_its_registers_word() {
        assert_eq!(quirk_of(&intel(250)), None);
        assert_eq!(unit(250, Domain::Dram, 0x1000), "15.258789 µJ");
        let amd = Cpu { vendor: Vendor::Amd, family: 25, model: 0x61, is_guest: false };
        assert!(quirk_of(&amd).unwrap().source.contains("19h"));
        assert_eq!(quirk_of(&Cpu { vendor: Vendor::Other, ..amd }), None);
    }

    #[test]
    fn no_model_has_two_rows_and_every_row_names_its_source() {
        for (at, row) in QUIRKS.iter().enumerate() {
            assert!(row.source.len() > 10);
            for other in &QUIRKS[at + 1..] {
                let same_family = (row.vendor, row.family) == (other.vendor, other.family);
                assert!(!same_family || row.models.iter().all(|model| !other.models.contains(model)));
            }
        }
    }

    #[test]
    fn whole_nanojoules_stand_for_the_power_of_two_they_were_cut_from() {
        assert_eq!(Unit::behind_nanojoules(61_035), Unit::joules_over_two_to(14));
        assert_eq!(Unit::behind_nanojoules(15_258), Unit::joules_over_two_to(16));
        assert_eq!(Unit::behind_nanojoules(NJ_PER_J), Unit::JOULE);
        assert_eq!(Unit::behind_nanojoules(SERVER_DRAM_NJ), Unit::nanojoules(15_300));
        assert_eq!(Unit::behind_nanojoules(32_000).to_string(), "32 µJ");
    }

    #[test]
    fn a_kernel_that_takes_another_unit_than_the_sources_is_odd() {
        let server_dram = Unit::nanojoules(SERVER_DRAM_NJ);
        let esu14 = Unit::joules_over_two_to(14);
        assert_eq!(oddity(&intel(63), Domain::Dram, server_dram), None);
        assert!(oddity(&intel(63), Domain::Dram, esu14).unwrap().contains("2^-16 J"));
        assert!(oddity(&intel(143), Domain::Dram, server_dram).unwrap().contains("before 6.1"));
        assert_eq!(oddity(&intel(143), Domain::Dram, esu14), None);
        assert!(oddity(&intel(207), Domain::Psys, esu14).unwrap().contains("joules"));
        assert_eq!(oddity(&intel(158), Domain::Psys, esu14), None);
        assert!(oddity(&intel(250), Domain::Package, esu14).unwrap().contains("no source"));
    }

    #[test]
    fn adding_ticks_loses_nothing_however_they_are_parted() {
        let unit = Unit::joules_over_two_to(14);
        let (mut total, mut rest) = (0, 0);
        for ticks in [1, 2, 3, 0, 16_378] {
            (total, rest) = unit.add(total, rest, ticks);
        }
        assert_eq!((total, rest), (1_000_000, 0));
        let (total, rest) = Unit::PERF.add(7, 0, 1);
        assert_eq!((total, rest), (7, 1_000_000));
        assert_eq!(Unit::JOULE.add(u64::MAX - 1, 0, 5).0, u64::MAX);
    }

    #[test]
    fn energy_is_turned_into_ticks_and_a_tick_into_energy() {
        assert_eq!(Unit::joules_over_two_to(14).ticks_in(1_000_000), 16_384);
        assert_eq!(Unit::JOULE.ticks_in(999_999), 0);
        assert_eq!(Unit::PERF.ticks_in(u64::MAX), u64::MAX);
        assert_eq!((Unit::joules_over_two_to(14).tick_uj_ceil(), Unit::PERF.tick_uj_ceil()), (62, 1));
    }
}
