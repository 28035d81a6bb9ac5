//! What all sensors together show of this machine.

use std::collections::BTreeSet;

use hearth_hot::testing::Bench;

use super::SENSORS;

/// Prints, when run with `--nocapture`, each family with its type and label keys, as a comparison with another exporter
/// wants them.
#[test]
fn every_sensor_that_can_be_armed_here_reads_and_no_two_name_the_same_series() {
    let mut families = BTreeSet::new();
    let mut series = BTreeSet::new();
    for def in SENSORS {
        let mut bench = match Bench::arm(def, "/".as_ref()) {
            Ok(bench) => bench,
            Err(absent) => {
                eprintln!("absent here: {}: {} ({})", def.name, absent.what, absent.fix);
                continue;
            }
        };
        assert!(bench.read_at(0).is_ok(), "{}", def.name);
        for (key, words) in bench.series().iter().zip(bench.list()) {
            let mut labels = key.metric.labels.to_vec();
            labels.sort_unstable();
            families.insert(format!("{} {} {}", key.metric.name, key.metric.kind.name(), labels.join(",")));
            // Each lane has a sensor about itself; on the bench it is one lane's twice.
            assert!(series.insert(words.clone()) || def.name == "lane", "{words}");
        }
    }
    for family in &families {
        println!("{family}");
    }
    assert!(families.len() > 150, "{} families", families.len());
}
