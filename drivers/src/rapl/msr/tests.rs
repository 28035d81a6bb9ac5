use super::*;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

const INTEL_CLIENT: Cpu = Cpu { vendor: Vendor::Intel, family: 6, model: 158, is_guest: false };
const AMD: Cpu = Cpu { vendor: Vendor::Amd, family: 25, model: 0x21, is_guest: false };

/// Two cores of two threads.
const THREADS: [Thread; 4] = [
    Thread { cpu: 0, package: 0, die: 0, core: 0 },
    Thread { cpu: 1, package: 0, die: 0, core: 1 },
    Thread { cpu: 2, package: 0, die: 0, core: 0 },
    Thread { cpu: 3, package: 0, die: 0, core: 1 },
];

/// Registers in files: each is 8 bytes at its number, so that neighbours overlap, unlike those of a device.
struct Tree(PathBuf);

impl Tree {
    fn new(test: &str) -> Self {
        Self(std::env::temp_dir().join(format!("hearth-msr-{}-{test}", std::process::id())))
    }

    fn write(&self, cpu: u32, register: u32, value: u64, length: usize) {
        let path = self.0.join(path_of(cpu));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
        file.write_all_at(&value.to_le_bytes()[..length], register.into()).unwrap();
    }

    fn find(&self, cpu: &Cpu) -> Finds {
        find(&self.0, Some(cpu), &THREADS)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if self.0.exists() {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

fn keys(finds: &Finds) -> Vec<String> {
    finds.found.iter().map(|found| found.key.to_string()).collect()
}

#[test]
fn a_client_has_the_domains_whose_registers_count() {
    let tree = Tree::new("client");
    // From the last register to the first, so that none's upper half hides the next.
    tree.write(0, PSYS_ENERGY, 0, 8);
    tree.write(0, UNCORE_ENERGY, 0, 8);
    tree.write(0, CORE_ENERGY, 0x1_0000_0007, 8);
    tree.write(0, DRAM_ENERGY, 5, 8);
    tree.write(0, PACKAGE_ENERGY, 0xffff_ffff, 8);
    tree.write(0, UNIT, 0xa_0e03, 8);
    let mut finds = tree.find(&INTEL_CLIENT);
    assert_eq!(keys(&finds), ["package-0", "dram-0", "core-0"]);
    let raws: Vec<u64> = finds.found.iter_mut().map(|found| found.registers[0].read().unwrap()).collect();
    assert_eq!(raws, [0xffff_ffff, 5, 7], "only the lower 32 bits count");
    assert_eq!(finds.found[0].counting.unit, Unit::joules_over_two_to(14));
    let lacks: Vec<&str> = finds.lacks.iter().map(|lack| lack.name.as_str()).collect();
    assert_eq!(lacks, ["psys-0", "uncore-0"]);
    assert!(finds.lacks.iter().all(|lack| lack.cause == Cause::NoCounter && lack.what.contains("reads 0")));
}

#[test]
fn registers_that_are_all_zero_are_those_of_a_virtual_machine() {
    let tree = Tree::new("zero");
    tree.write(0, 0, 0, 8);
    tree.write(0, PSYS_ENERGY, 0, 8);
    let finds = tree.find(&INTEL_CLIENT);
    assert!(finds.found.is_empty());
    assert_eq!((finds.lacks.len(), finds.lacks[0].cause), (1, Cause::Hollow));
    assert!(finds.lacks[0].what.contains("0x606"), "{}", finds.lacks[0].what);
}

#[test]
fn a_model_that_no_source_speaks_of_is_read_by_its_register_and_says_so() {
    let tree = Tree::new("unknown");
    tree.write(0, PSYS_ENERGY, 0, 8);
    tree.write(0, PACKAGE_ENERGY, 3, 8);
    tree.write(0, UNIT, 0xa_1003, 8);
    let finds = tree.find(&Cpu { model: 250, ..INTEL_CLIENT });
    assert_eq!(finds.found[0].counting.unit, Unit::joules_over_two_to(16));
    assert!(finds.found[0].how.contains("no source speaks of this model"), "{}", finds.found[0].how);
}

#[test]
fn the_cores_of_amd_are_read_by_one_thread_each() {
    let tree = Tree::new("amd");
    for cpu in 0..4 {
        // The unit's ESU is its second byte, which is the core's lowest, and so on.
        tree.write(cpu, AMD_UNIT, 0x0102_0304_050a_1003, 8);
        tree.write(cpu, AMD_PACKAGE_ENERGY + 7, 0, 8);
    }
    let mut finds = tree.find(&AMD);
    assert_eq!(keys(&finds), ["package-0", "core-0"]);
    let raws: Vec<Vec<u64>> = finds
        .found
        .iter_mut()
        .map(|found| found.registers.iter_mut().map(|register| register.read().unwrap()).collect())
        .collect();
    assert_eq!(raws, [vec![0x0304_050a], vec![0x0405_0a10; 2]]);
    assert_eq!(finds.found[1].counting.unit, Unit::joules_over_two_to(16));
    assert!(finds.found[1].how.contains("sum over 2 cores"), "{}", finds.found[1].how);
}

#[test]
fn a_core_that_cannot_be_read_leaves_no_sum_that_lacks_it() {
    let tree = Tree::new("core");
    tree.write(0, AMD_UNIT, 0x0102_0304_050a_1003, 8);
    tree.write(0, AMD_PACKAGE_ENERGY + 7, 0, 8);
    let finds = tree.find(&AMD);
    assert_eq!(keys(&finds), ["package-0"]);
    assert_eq!(finds.lacks[0].name, "core-0");
    assert!(finds.lacks[0].what.contains("dev/cpu/1/msr"), "{}", finds.lacks[0].what);
}

#[test]
fn a_device_that_ends_within_the_register_is_malformed_and_none_is_absent() {
    let tree = Tree::new("short");
    tree.write(0, UNIT, 0xa_0e03, 4);
    assert_eq!(tree.find(&INTEL_CLIENT).lacks[0].cause, Cause::Malformed);
    let none = Tree::new("none");
    assert_eq!(none.find(&INTEL_CLIENT).lacks[0].cause, Cause::Absent);
    assert_eq!(find(&none.0, None, &THREADS).lacks[0].cause, Cause::Absent);
    assert_eq!(find(&none.0, Some(&INTEL_CLIENT), &[]).lacks[0].cause, Cause::Absent);
}

#[test]
fn the_unit_registers_outermost_exponents_are_taken_at_their_word() {
    // Nobody has seen them, and a unit that is off by a factor of two would be worse than a strange one.
    for (exponent, tick) in [(0_u8, "1000000 µJ"), (31, "0.000465 µJ")] {
        let tree = Tree::new(&format!("esu{exponent}"));
        tree.write(0, PACKAGE_ENERGY, 9, 8);
        tree.write(0, UNIT, 0xa_0003 | u64::from(exponent) << 8, 8);
        let finds = tree.find(&INTEL_CLIENT);
        let [package] = finds.found.as_slice() else { panic!("{:?}", finds.lacks) };
        assert_eq!(package.counting.unit, Unit::joules_over_two_to(exponent));
        assert!(package.how.contains(&format!("ticks of {tick}")), "{}", package.how);
        // 2^31 ticks are a joule in the finest unit, and no total is beyond its room in the coarsest.
        let (total_uj, rest) = package.counting.unit.add(0, 0, 1 << 31);
        assert_eq!((total_uj, rest), ([2_147_483_648_000_000, 1_000_000][usize::from(exponent == 31)], 0));
    }
}
