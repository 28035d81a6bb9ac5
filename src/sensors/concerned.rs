//! Which sensors a changed setting concerns: the others go on undisturbed when the configuration is read anew.

use hearth_hot::contract::{SensorConfig, SensorDef};

/// The names of the sensors that have to be armed anew when `old` becomes `new`, some of them twice.
///
/// Every field is named here, so that a setting to come cannot be forgotten.
fn names(old: &SensorConfig, new: &SensorConfig) -> Vec<&'static str> {
    let SensorConfig {
        top_processes,
        filesystem_timeout,
        ignored_mounts,
        ignored_filesystems,
        ignored_disks,
        ignored_interfaces,
        ups,
        drives,
        cgroups,
        energy,
        perf,
    } = old;
    let hearth_hot::contract::EnergyConfig { source, tariff, currency } = energy;
    let file_systems_differ = *filesystem_timeout != new.filesystem_timeout
        || *ignored_mounts != new.ignored_mounts
        || *ignored_filesystems != new.ignored_filesystems;
    let price_differs = *tariff != new.energy.tariff || *currency != new.energy.currency;
    let rows: [(bool, &[&'static str]); 10] = [
        (*top_processes != new.top_processes, &["top"]),
        (file_systems_differ, &["filesystem"]),
        (*ignored_disks != new.ignored_disks, &["diskstats", "disk_info"]),
        (*ignored_interfaces != new.ignored_interfaces, &["network", "traffic"]),
        (*ups != new.ups, &["ups"]),
        (*drives != new.drives, &["nvme", "ata"]),
        (*cgroups != new.cgroups, &["cgroups"]),
        // The processor's energy is divided among control groups.
        (*source != new.energy.source, &["energy", "cgroups"]),
        (price_differs, &["cgroups"]),
        (*perf != new.perf, &["counters"]),
    ];
    rows.into_iter().filter(|(differs, _)| *differs).flat_map(|(_, names)| names).copied().collect()
}

/// Whether a sensor has to be armed anew when `old` becomes `new`.
pub(crate) fn is_concerned(old: &SensorConfig, new: &SensorConfig) -> impl Fn(&SensorDef) -> bool + use<> {
    let names = names(old, new);
    move |def| names.contains(&def.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::SENSORS;
    use hearth_hot::contract::EnergySource;
    use hearth_hot::testing::Bench;

    fn concerned(change: impl FnOnce(&mut SensorConfig)) -> Vec<&'static str> {
        let old = Bench::config();
        let mut new = old.clone();
        change(&mut new);
        let is_concerned = is_concerned(&old, &new);
        SENSORS.iter().filter(|def| is_concerned(def)).map(|def| def.name).collect()
    }

    #[test]
    fn a_setting_concerns_the_sensors_that_follow_it_and_no_others() {
        assert_eq!(concerned(|_| {}), [""; 0]);
        assert_eq!(concerned(|new| new.top_processes += 1), ["top"]);
        assert_eq!(concerned(|new| new.ignored_disks.push("x".to_owned())), ["diskstats", "disk_info"]);
        assert_eq!(concerned(|new| new.ignored_mounts.push("/x".to_owned())), ["filesystem"]);
        assert_eq!(concerned(|new| new.drives.ignored.push("x".to_owned())), ["nvme", "ata"]);
        assert_eq!(concerned(|new| new.energy.currency = "DKK".to_owned()), ["cgroups"]);
        assert_eq!(concerned(|new| new.energy.source = EnergySource::Msr), ["energy", "cgroups"]);
    }

    #[test]
    fn every_name_is_a_sensors() {
        let old = Bench::config();
        let mut new = old.clone();
        new.top_processes += 1;
        new.filesystem_timeout *= 2;
        new.ignored_disks.push("x".to_owned());
        new.ignored_interfaces.push("x".to_owned());
        new.ups.servers.extend(hearth_hot::contract::UpsServer::parse("ups@nas"));
        new.drives.ignored.push("x".to_owned());
        new.cgroups.max += 1;
        new.energy.source = EnergySource::Msr;
        new.energy.currency = "DKK".to_owned();
        new.perf.hardware = !new.perf.hardware;
        let names = names(&old, &new);
        assert_eq!(names.len(), 14, "every row has its change: {names:?}");
        for name in names {
            assert!(SENSORS.iter().any(|def| def.name == name), "{name}");
        }
    }
}
