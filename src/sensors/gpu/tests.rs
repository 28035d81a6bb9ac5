use super::*;
use crate::sensors::testing::Files;
use hearth_hot::testing::Bench;

fn seen(addresses: &[&str], has_control: bool) -> Seen {
    Seen { addresses: addresses.iter().map(|&address| address.to_owned()).collect(), has_control }
}

#[test]
fn the_library_is_loaded_only_where_files_show_a_gpu_that_is_awake() {
    let here = Path::new("/");
    let gpu = "0000:01:00.0";
    assert_eq!(may_load(&seen(&[gpu], true), here, false), Ok(()));
    // In a container the bus may be hidden.
    assert_eq!(may_load(&seen(&[], true), here, false), Ok(()));
    for (seen, root, asleep, reason, what, fix) in [
        (seen(&[], false), here, false, Reason::Absent, "no PCI device", "nothing if"),
        (seen(&[gpu], true), Path::new("/tmp"), false, Reason::Absent, "another directory", "without --root"),
        (seen(&[gpu], false), here, false, Reason::Absent, gpu, "nvidia-modprobe"),
        (seen(&[gpu], true), here, true, Reason::NotCounted, "would wake it", "nothing"),
    ] {
        let absent = may_load(&seen, root, asleep).unwrap_err();
        assert_eq!(absent.reason, reason, "{absent:?}");
        assert!(absent.what.contains(what) && absent.fix.contains(fix), "{absent:?}");
    }
}

#[test]
fn another_root_is_never_asked_even_with_a_gpu_in_it() {
    let gpu = "sys/bus/pci/devices/0000:01:00.0";
    let files = Files::with(&[("dev/nvidiactl", "")]);
    for (file, text) in
        [("vendor", "0x10de\n"), ("class", "0x030000\n"), ("power/runtime_status", "active\n")]
    {
        files.write(&format!("{gpu}/{file}"), text);
    }
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert_eq!(absent.fix, "run without --root");
    assert!(!sleep(files.root(), "0000:01:00.0").unwrap().is_asleep());
    files.write(&format!("{gpu}/power/runtime_status"), "suspended\n");
    assert!(sleep(files.root(), "0000:01:00.0").unwrap().is_asleep());
    assert!(sleep(files.root(), "0000:02:00.0").is_none());
    assert!(Bench::arm(&SENSOR, Files::with(&[]).root()).err().unwrap().what.contains("no PCI device"));
}

#[test]
fn every_way_in_which_the_library_fails_has_a_fix() {
    assert_eq!(unseen(Unseen::Late).reason, Reason::Stale);
    assert!(unseen(Unseen::NoThread("EAGAIN".to_owned())).what.contains("EAGAIN"));
    assert!(unshown(None).what.contains("does not show it"));
    let failed = Nvml::open().err();
    // On a machine with the library this is another cause, or none at all.
    if let Some(error) = failed {
        let absent = refused(&error);
        assert!(!absent.fix.is_empty() && absent.what.starts_with("NVML: "), "{absent:?}");
        assert_eq!(unshown(Some(&error)), absent);
    }
}

#[test]
fn what_a_gpu_says_is_exact_and_what_it_lacks_has_a_reason() {
    let told = GpuReading {
        energy_mj: Ok(9_007_199_254_740_993),
        power_mw: Ok(71_234),
        temperature_c: Ok(43),
        utilization_percent: Ok(7),
    };
    assert_eq!(readings(&told), [Ok(9_007_199_254_740_993), Ok(71_234), Ok(43), Ok(7)]);
    let told = GpuReading {
        energy_mj: Err(Cause::Unsupported),
        power_mw: Err(Cause::NoPermission),
        temperature_c: Err(Cause::Gone),
        utilization_percent: Err(Cause::Other),
    };
    let reasons = [Reason::Absent, Reason::NoPermission, Reason::Gone, Reason::IoError];
    assert_eq!(readings(&told), reasons.map(Err));
    let beyond = GpuReading { energy_mj: Ok(u64::MAX), ..told };
    assert_eq!(readings(&beyond)[0], Err(Reason::OutOfRange));
}
