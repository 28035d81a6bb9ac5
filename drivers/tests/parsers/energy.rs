//! Rows of the table for energy counters and the processors they are in.

use hearth_drivers::rapl::register::{Fault, Scale, parse_energy_uj};
use hearth_drivers::rapl::{cpu, perf};

use super::Value::{self, Number};

pub(super) fn of_energy_uj(text: &[u8]) -> Vec<Value> {
    let Ok(energy_uj) = parse_energy_uj(text) else { return Vec::new() };
    for unit_nj in [61_035, 15_300, 1_000_000_000, 1, 0, u64::MAX] {
        // The counter behind the number, where there is one, has 32 bits and makes that number or more.
        match Scale::Nanojoules(unit_nj).raw(energy_uj) {
            Ok(raw) => {
                assert!(u32::try_from(raw).is_ok());
                assert!(u128::from(raw) * u128::from(unit_nj.max(1)) >= u128::from(energy_uj) * 1000);
            }
            Err(fault) => assert_eq!(fault, Fault::OutOfRange),
        }
    }
    vec![Number(energy_uj)]
}

pub(super) fn of_cpuinfo(text: &[u8]) -> Vec<Value> {
    let Ok(cpu) = cpu::parse_cpuinfo(text) else { return Vec::new() };
    vec![Number(cpu.family.into()), Number(cpu.model.into())]
}

pub(super) fn check_cpu_list(text: &[u8]) -> bool {
    let list = cpu::parse_list(text);
    assert_eq!(list, cpu::parse_list(super::complete(text)), "half a line counted");
    list.is_ok_and(|cpus| {
        assert!(cpus.len() <= 8192 && cpus.iter().all(|cpu| *cpu < 8192), "{} CPUs", cpus.len());
        !cpus.is_empty()
    })
}

pub(super) fn check_rapl_read(bytes: &[u8]) -> bool {
    let read = perf::parse_read(bytes);
    if let Ok(count) = read {
        assert!(bytes.starts_with(&count.to_ne_bytes()) && bytes.len() == perf::READ_BYTES, "{count}");
    }
    read.is_ok()
}
