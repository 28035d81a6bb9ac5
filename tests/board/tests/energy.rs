//! What the machines with energy counters show, file by file, against their power curves.

#![expect(clippy::expect_used, reason = "what goes wrong in a reader ends the test")]

use hearth_board::trees::energy::{self, Machine, address, zone_path};
use hearth_board::{EnergyCounter, Errno, Mounted};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn mounted(machine: &Machine) -> Option<Mounted> {
    machine.board.mount_or_say_why().expect("mount")
}

fn line(mounted: &Mounted, path: &str) -> String {
    let text = fs::read_to_string(mounted.path(path)).expect("read");
    text.strip_suffix('\n').expect("a whole line").to_owned()
}

fn register(mounted: &Mounted, cpu: u32, address: u64) -> io::Result<u64> {
    let mut bytes = [0; 8];
    File::open(mounted.path(&format!("dev/cpu/{cpu}/msr")))?.read_exact_at(&mut bytes, address)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn errno_of<T: std::fmt::Debug>(result: io::Result<T>) -> Option<Errno> {
    result.expect_err("a fault").raw_os_error().map(Errno::from_raw)
}

/// Follows a register through many wraps, as a reader does that knows nothing but its differences.
fn followed(
    mounted: &Mounted,
    machine: &Machine,
    cpu: u32,
    address: u64,
    step: Duration,
    steps: u32,
) -> u128 {
    let device = File::open(mounted.path(&format!("dev/cpu/{cpu}/msr"))).expect("open");
    let mut bytes = [0; 8];
    let mut read = || {
        device.read_exact_at(&mut bytes, address).expect("read");
        u32::try_from(u64::from_ne_bytes(bytes)).expect("32 bits and no more")
    };
    let (mut last, mut sum) = (read(), 0);
    for _ in 0..steps {
        machine.board.advance(step);
        let now = read();
        sum += u128::from(now.wrapping_sub(last));
        last = now;
    }
    sum
}

fn assert_close(counter: &EnergyCounter, counts: u128, elapsed: Duration) {
    let (truth_pj, unit_pj) = (counter.energy_pj(elapsed), counter.unit().picojoules(1));
    let counted_pj = counter.unit().picojoules(counts);
    assert!(truth_pj.abs_diff(counted_pj) <= unit_pj + 1, "{counted_pj} pJ counted of {truth_pj}");
}

#[test]
fn two_thousand_wraps_of_registers_lose_less_than_one_count() {
    let machine = energy::intel_server();
    let Some(mounted) = mounted(&machine) else { return };
    // DRAM has a quarter of the package's range: 65 536 J, at about 16 W.
    let dram = machine.counter(0, "dram");
    let step = 1_700 * SECOND;
    let counts = followed(&mounted, &machine, 0, address::DRAM_ENERGY_STATUS, step, 5_000);
    let wraps = counts >> 32;
    assert!(wraps > 2_000, "{wraps} wraps");
    assert_close(dram, counts, machine.board.elapsed());
}

#[test]
fn powercap_shows_the_registers_in_microjoules_and_wraps_with_them() {
    let machine = energy::intel_client();
    let Some(mounted) = mounted(&machine) else { return };
    let zones = [
        ("intel-rapl:0", "package-0", "package"),
        ("intel-rapl:0:0", "core", "core"),
        ("intel-rapl:0:1", "uncore", "uncore"),
        ("intel-rapl:1", "psys", "psys"),
    ];
    for step in [Duration::ZERO, 3 * SECOND, 86_400 * SECOND] {
        machine.board.advance(step);
        for (zone, name, domain) in zones {
            let class = format!("sys/class/powercap/{zone}");
            assert_eq!(line(&mounted, &format!("{class}/name")), name);
            assert_eq!(line(&mounted, &format!("{class}/max_energy_range_uj")), "262143328850");
            let raw = u64::from(machine.counter(0, domain).raw(machine.board.elapsed()));
            let shown = line(&mounted, &format!("{class}/energy_uj"));
            assert_eq!(shown, (raw * 61_035 / 1_000).to_string(), "{name}");
        }
    }
    let register = register(&mounted, 1, address::PKG_ENERGY_STATUS).expect("a register");
    assert_eq!(register, u64::from(machine.counter(0, "package").raw(machine.board.elapsed())));
}

#[test]
fn zones_are_links_into_the_devices_and_energy_is_for_root_alone() {
    let machine = energy::intel_mmio_duplicate();
    let Some(mounted) = mounted(&machine) else { return };
    let names = fs::read_dir(mounted.path("sys/class/powercap")).expect("list");
    let names: Vec<_> = names.map(|entry| entry.expect("entry").file_name()).collect();
    let wanted = [
        "intel-rapl",
        "intel-rapl-mmio",
        "intel-rapl-mmio:0",
        "intel-rapl:0",
        "intel-rapl:0:0",
        "intel-rapl:0:1",
        "intel-rapl:1",
    ];
    assert_eq!(names, wanted);
    let core = fs::canonicalize(mounted.path("sys/class/powercap/intel-rapl:0:0")).expect("a link");
    assert_eq!(core, mounted.path("sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/intel-rapl:0:0"));
    let subsystem = fs::canonicalize(core.join("subsystem")).expect("a link");
    assert_eq!(subsystem, mounted.path("sys/class/powercap"));
    let mode = |path: &str| fs::metadata(mounted.path(path)).expect("stat").permissions().mode() & 0o777;
    assert_eq!(mode("sys/class/powercap/intel-rapl:0/energy_uj"), 0o400);
    assert_eq!(mode("sys/class/powercap/intel-rapl:0/name"), 0o444);
    assert_eq!(mode("dev/cpu/0/msr"), 0o600);
    let energy = |zone: &str| line(&mounted, &format!("sys/class/powercap/{zone}/energy_uj"));
    machine.board.advance(1_000 * SECOND);
    assert_eq!(energy("intel-rapl:0"), energy("intel-rapl-mmio:0"));
}

#[test]
fn a_device_of_registers_answers_as_the_kernels_does() {
    let machine = energy::intel_client();
    let Some(mounted) = mounted(&machine) else { return };
    assert_eq!(register(&mounted, 0, address::RAPL_POWER_UNIT).expect("units") >> 8 & 0x1F, 14);
    assert_eq!(errno_of(register(&mounted, 0, address::DRAM_ENERGY_STATUS)), Some(Errno::EIO));
    assert_eq!(errno_of(register(&mounted, 0, address::AMD_PKG_ENERGY_STATUS)), Some(Errno::EIO));
    let device = File::open(mounted.path("dev/cpu/0/msr")).expect("open");
    for bytes in [1, 4, 7, 9] {
        let read = device.read_at(&mut vec![0; bytes], address::PKG_ENERGY_STATUS);
        assert_eq!(errno_of(read), Some(Errno::EINVAL), "{bytes} bytes");
    }
    let mut twice = [0; 16];
    assert_eq!(device.read_at(&mut twice, address::PKG_POWER_INFO).expect("two words"), 16);
    assert_eq!(twice[..8], twice[8..], "the same register again");
    assert_eq!(machine.board.reads("dev/cpu/0/msr"), 8);
    assert_eq!(errno_of(File::open(mounted.path("dev/cpu/2/msr"))), Some(Errno::ENOENT));
}

#[test]
fn a_processor_that_goes_offline_takes_its_registers_along() {
    let machine = energy::intel_server();
    let Some(mounted) = mounted(&machine) else { return };
    let kept = File::open(mounted.path("dev/cpu/1/msr")).expect("open");
    machine.board.fault("dev/cpu/1", hearth_board::Fault::Vanished);
    assert_eq!(errno_of(kept.read_at(&mut [0; 8], address::PKG_ENERGY_STATUS)), Some(Errno::ENXIO));
    assert_eq!(errno_of(register(&mounted, 1, address::PKG_ENERGY_STATUS)), Some(Errno::ENOENT));
    machine.board.clear("dev/cpu/1");
    assert!(register(&mounted, 1, address::PKG_ENERGY_STATUS).is_ok());
}

#[test]
fn a_servers_dram_is_another_energy_by_powercap_than_by_its_register() {
    let machine = energy::intel_server();
    let Some(mounted) = mounted(&machine) else { return };
    let zone = "sys/class/powercap/intel-rapl:1:0";
    assert_eq!(line(&mounted, &format!("{zone}/name")), "dram");
    assert_eq!(line(&mounted, &format!("{zone}/max_energy_range_uj")), "65712999613");
    let shown = || line(&mounted, &format!("{zone}/energy_uj")).parse::<u128>().expect("a number");
    let raw = || u128::from(register(&mounted, 1, address::DRAM_ENERGY_STATUS).expect("a register"));
    let (shown_before, raw_before) = (shown(), raw());
    machine.board.advance(1_000 * SECOND);
    let counts = raw() - raw_before;
    assert!((shown() - shown_before).abs_diff(counts * 15_300 / 1_000) <= 1);
    assert_close(machine.counter(1, "dram"), counts, 1_000 * SECOND);
}

#[test]
fn sapphire_rapids_counts_its_platform_in_joules_at_the_first_socket() {
    let machine = energy::intel_sapphire_rapids();
    let Some(mounted) = mounted(&machine) else { return };
    let psys = || register(&mounted, 0, address::PLATFORM_ENERGY_STATUS).expect("a register");
    let before = psys();
    machine.board.advance(10 * SECOND);
    assert_eq!(psys() + (1 << 32) - before, 6_200, "ten seconds of 620 W, over the wrap");
    assert_eq!(errno_of(register(&mounted, 1, address::PLATFORM_ENERGY_STATUS)), Some(Errno::EIO));
    assert_eq!(line(&mounted, "sys/class/powercap/intel-rapl:2/max_energy_range_uj"), "4294967295000000");
    assert_eq!(line(&mounted, "sys/class/powercap/intel-rapl:0:0/max_energy_range_uj"), "262143328850");
}

#[test]
fn the_threads_of_an_amd_core_show_one_counter_and_the_cores_two() {
    for machine in [energy::amd_zen2(), energy::amd_zen3(), energy::hygon()] {
        let Some(mounted) = mounted(&machine) else { return };
        machine.board.advance(100 * SECOND);
        let core = |cpu| register(&mounted, cpu, address::AMD_CORE_ENERGY_STATUS).expect("a register");
        assert_eq!((core(0), core(1)), (core(2), core(3)));
        assert_ne!(core(0), core(1));
        let siblings = "sys/devices/system/cpu/cpu3/topology/thread_siblings_list";
        assert_eq!(line(&mounted, siblings), "1,3");
        assert_eq!(errno_of(register(&mounted, 0, address::RAPL_POWER_UNIT)), Some(Errno::EIO));
        assert!(!mounted.path("sys/class/powercap").exists());
        let stat = fs::read_to_string(mounted.path("proc/stat")).expect("read");
        assert_eq!(stat.lines().filter(|line| line.starts_with("cpu")).count(), 5);
    }
}

#[test]
fn what_may_not_be_read_says_so_and_what_is_zero_stays_zero() {
    let machine = energy::intel_no_permission();
    let Some(first) = mounted(&machine) else { return };
    let energy = first.path(&format!("{}/energy_uj", zone_path("intel-rapl:0:1")));
    assert_eq!(errno_of(File::open(energy)), Some(Errno::EACCES));
    assert_eq!(errno_of(register(&first, 0, address::PKG_ENERGY_STATUS)), Some(Errno::EACCES));
    assert_eq!(line(&first, "sys/class/powercap/intel-rapl:0/name"), "package-0");
    let machine = energy::intel_all_zero();
    let Some(second) = mounted(&machine) else { return };
    machine.board.advance(1_000 * SECOND);
    for address in [address::RAPL_POWER_UNIT, address::PKG_ENERGY_STATUS, address::DRAM_ENERGY_STATUS] {
        assert_eq!(register(&second, 1, address).expect("a register"), 0);
    }
}

#[test]
fn a_machine_can_be_left_with_one_way_to_its_counters() {
    let machine = energy::intel_client().without_msr();
    let Some(first) = mounted(&machine) else { return };
    assert!(!first.path("dev/cpu").exists() && first.path("sys/class/powercap/intel-rapl:0").exists());
    machine.fail_zone("intel-rapl:0", Errno::EIO);
    let energy = fs::read(first.path("sys/class/powercap/intel-rapl:0/energy_uj"));
    assert_eq!(errno_of(energy), Some(Errno::EIO));
    let machine = energy::intel_client().without_powercap();
    let Some(second) = mounted(&machine) else { return };
    assert!(second.path("dev/cpu/0/msr").exists() && !second.path("sys/class/powercap").exists());
}
