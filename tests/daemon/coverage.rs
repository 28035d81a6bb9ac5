//! Hearth beside node_exporter on the same machine: the same families, the same values.
//!
//! node_exporter reads while it is asked, Hearth has read before. So a comparison is a sandwich: node_exporter, then
//! Hearth once each of its sensors has certainly read again, then node_exporter. What lies between the two is right. A
//! machine does not stand still for it, so what does not fit must not fit three times in a row.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hearth::config::Config;
use hearth::sensors::SENSORS;
use hearth_hot::contract::Every;

use crate::exposition::{Family, parsed};
use crate::peer::Peer;
use crate::running::{Hearth, Plan};

/// Families that must be there, in percent.
const COVERED_PERCENT: usize = 95;

/// Gauges that do not move while a machine runs undisturbed: the same at both ends, they are the same in the middle.
const CONSTANT_ENDS: &[&str] = &["_info", "_size_bytes", "_limit", "_maximum", "_size_bits", "_mtu_bytes"];
const CONSTANT: &[&str] = &[
    "node_boot_time_seconds",
    "node_filesystem_readonly",
    "node_memory_HugePages_Total",
    "node_memory_Hugepagesize_bytes",
    "node_memory_MemTotal_bytes",
    "node_memory_SwapTotal_bytes",
    "node_memory_VmallocTotal_bytes",
    "node_network_address_assign_type",
    "node_network_carrier",
    "node_network_device_id",
    "node_network_dormant",
    "node_network_flags",
    "node_network_iface_id",
    "node_network_iface_link",
    "node_network_iface_link_mode",
    "node_network_name_assign_type",
    "node_network_net_dev_group",
    "node_network_protocol_type",
    "node_network_speed_bytes",
    "node_network_transmit_queue_length",
    "node_network_up",
    "node_time_zone_offset_seconds",
];

/// Seconds by which a counter of seconds may step back: the kernel estimates idle and waiting time anew now and then.
const STEP_BACK_SECONDS: f64 = 0.1;

/// How far a moving gauge may be off, as a factor: less than there is between neighbouring units.
const MAGNITUDE: f64 = 64.0;

/// Sensors with a longer period are read as they are armed and not waited for again: what they read stays as it is.
const WAITED_FOR: Duration = Duration::from_secs(5);

type Families = BTreeMap<String, Family>;

/// Times Hearth's sensors were read, by their labels.
fn reads(text: &str) -> BTreeMap<&str, f64> {
    let samples = text.lines().filter_map(|line| line.strip_prefix("hearth_sensor_reads_total"));
    let samples = samples.filter_map(|sample| sample.rsplit_once(' '));
    samples.map(|(labels, count)| (labels, count.parse().expect("a number"))).collect()
}

/// Labels of the sensors that this machine lacks: they are never read.
fn absent(hearth: &Hearth) -> Vec<String> {
    let status = hearth.unix().get("/v1/status").json();
    let sensors = status["sensors"].as_array().expect("sensors").iter();
    let absent = sensors.filter(|sensor| sensor["state"] == "absent");
    absent.map(|sensor| format!("sensor={}", sensor["sensor"])).collect()
}

/// Whether the sensor of these labels reads seldom.
fn is_seldom(labels: &str) -> bool {
    let seldom =
        SENSORS.iter().filter(|def| matches!(def.every, Every::Period(period) if period > WAITED_FOR));
    let label = |name: &str, value: &str| format!("{name}=\"{value}\"");
    seldom.into_iter().any(|def| {
        labels.contains(&label("lane", def.lane.name())) && labels.contains(&label("sensor", def.name))
    })
}

/// What Hearth shows once every sensor with these words in its labels has been read twice after this call: the first of
/// the two reads may have been under way.
fn read_again(hearth: &Hearth, which: &str) -> String {
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    let mut client = hearth.unix();
    let absent = absent(hearth);
    hearth.until("every sensor is read again", || {
        let answer = client.get("/metrics");
        let now = reads(answer.text());
        let is_absent = |labels: &str| absent.iter().any(|label| labels.contains(label));
        let is_waited_for = |labels: &str| labels.contains(which) && !is_seldom(labels) && !is_absent(labels);
        let mut counted = now.iter().filter(|(labels, _)| is_waited_for(labels)).peekable();
        assert!(counted.peek().is_some(), "no meter of {which:?}");
        let mut all = true;
        for (&labels, &count) in counted {
            let first = before.entry(labels.to_owned()).or_insert(count);
            // Armed anew, it counts anew.
            *first = first.min(count);
            all &= count >= *first + 2.0;
        }
        all.then(|| answer.text().to_owned())
    })
}

/// Families of `peer` that Hearth lacks or has otherwise, each with what is wrong.
fn missing(peer: &Families, hearth: &Families) -> BTreeMap<String, String> {
    let mut missing = BTreeMap::new();
    for (name, theirs) in peer {
        let wrong = match hearth.get(name) {
            None => "is not there".to_owned(),
            Some(ours) if ours.kind != theirs.kind => format!("is {} instead of {}", ours.kind, theirs.kind),
            Some(ours) if ours.label_keys() != theirs.label_keys() => {
                format!("has the labels {:?} instead of {:?}", ours.label_keys(), theirs.label_keys())
            }
            Some(_) => continue,
        };
        missing.insert(name.clone(), wrong);
    }
    missing
}

/// Whether `ours` can be true of a machine on which it was `before` and is `after`.
fn fits(name: &str, kind: &str, before: f64, ours: f64, after: f64) -> bool {
    let (low, high) = (before.min(after), before.max(after));
    // Both sides print the same whole numbers of the kernel, one of them by way of floating point.
    let rounding = high.abs().max(low.abs()) * 1e-9;
    let constant = CONSTANT.contains(&name) || CONSTANT_ENDS.iter().any(|end| name.ends_with(end));
    if kind == "counter" {
        let slack = if name.contains("_seconds") { STEP_BACK_SECONDS } else { 0.0 };
        (low - slack - rounding..=high + slack + rounding).contains(&ours)
    } else if constant {
        #[expect(clippy::float_cmp, reason = "the peer's own two answers, printed alike when they are alike")]
        let moved = before != after;
        moved || (ours - before).abs() <= rounding
    } else if before.is_nan() || after.is_nan() {
        true
    } else {
        // Small numbers come and go; large ones have at least the right unit.
        let (small, factor) = (65_536.0, MAGNITUDE);
        let size = |number: f64| number.abs().max(small);
        size(ours) <= size(low).max(size(high)) * factor && size(ours) * factor >= size(low).min(size(high))
    }
}

/// Samples of the families in common that Hearth lacks or has with another value, each with what is wrong.
fn different(before: &Families, ours: &Families, after: &Families) -> BTreeMap<String, String> {
    let mut different = BTreeMap::new();
    for (name, family) in before {
        let (Some(our_family), Some(after)) = (ours.get(name), after.get(name)) else { continue };
        for (sample, &before) in &family.samples {
            // What has gone by the second answer need not be there in the middle.
            let Some(&after) = after.samples.get(sample) else { continue };
            let what = format!("{} {:?}", sample.0, sample.1);
            match our_family.samples.get(sample) {
                None => {
                    different.insert(what, "is not there".to_owned());
                }
                Some(&value) if !fits(name, &family.kind, before, value, after) => {
                    different.insert(what, format!("is {value}, before {before}, after {after}"));
                }
                Some(_) => {}
            }
        }
    }
    different
}

#[test]
fn families_and_values_agree_with_those_of_node_exporter() {
    // Hearth leaves out compressed memory like other memory; Debian's node_exporter shows it.
    let mut disks = Config::default().sensors.ignored_disks;
    disks.retain(|pattern| pattern != "zram#");
    let config = format!("[sensors]\nignored_disks = {disks:?}\n");
    let hearth = Plan::new().config(&config).with_socket().start();
    let texts = hearth.home().join("texts");
    std::fs::create_dir(&texts).expect("a directory");
    let peer = Peer::start(&texts);
    let mut stubborn: Option<BTreeSet<String>> = None;
    for attempt in 1..=3 {
        let before = peer.families();
        // The meters are published by a sensor too: first let them tell of what was read before.
        read_again(&hearth, "sensor=\"lane\"");
        let ours = parsed("text", &read_again(&hearth, ""));
        let after = peer.families();

        let missing = missing(&before, &ours);
        let covered = before.len() - missing.len();
        println!(
            "attempt {attempt}: {covered} of {} families: {} %",
            before.len(),
            covered * 100 / before.len()
        );
        for (name, wrong) in &missing {
            println!("  {name} {wrong}");
        }
        let different = different(&before, &ours, &after);
        for (sample, wrong) in &different {
            println!("  {sample} {wrong}");
        }
        let enough = covered * 100 >= before.len() * COVERED_PERCENT;
        let now: BTreeSet<String> = different.into_keys().collect();
        let still =
            stubborn.map_or_else(|| now.clone(), |before| before.intersection(&now).cloned().collect());
        if enough && still.is_empty() {
            return;
        }
        assert!(attempt < 3 || enough, "{covered} of {} families are too few, see above", before.len());
        assert!(attempt < 3, "not as node_exporter has it, three times: {still:#?}");
        stubborn = Some(still);
    }
}

#[test]
fn the_comparison_sees_wrong_units_steps_and_constants() {
    for (name, kind, before, ours, after, right) in [
        ("node_forks", "counter", 10.0, 11.0, 12.0, true),
        ("node_forks", "counter", 10.0, 9.0, 12.0, false),
        ("node_forks", "counter", 10.0, 13.0, 12.0, false),
        ("node_cpu_seconds", "counter", 10.0, 9.95, 12.0, true),
        ("node_cpu_seconds", "counter", 10.0, 9.5, 12.0, false),
        ("node_memory_MemTotal_bytes", "gauge", 8e9, 8e9, 8e9, true),
        ("node_memory_MemTotal_bytes", "gauge", 8e9, 8e9 - 1024.0, 8e9, false),
        ("node_memory_MemFree_bytes", "gauge", 1e9, 2e9, 3e9, true),
        ("node_memory_MemFree_bytes", "gauge", 1e9, 2e6, 3e9, false),
        ("node_memory_MemFree_bytes", "gauge", 1e9, 2e12, 3e9, false),
        ("node_procs_running", "gauge", 1.0, 4.0, 2.0, true),
    ] {
        assert_eq!(fits(name, kind, before, ours, after), right, "{name} {before} {ours} {after}");
    }
}
