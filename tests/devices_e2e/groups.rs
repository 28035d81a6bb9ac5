//! Control groups, and the energy that is divided among them.

use std::time::Duration;

use hearth_board::trees::cgroup::{self, Usage};
use hearth_board::trees::{energy, linux_6_1};
use serde_json::Value;

use super::stage::Stage;
use crate::{demand, series, set, snapshot};

#[test]
fn a_group_is_its_usage_and_another_one_when_it_is_made_again() {
    let Some(stage) = set(cgroup::tree(linux_6_1())) else { return };
    let labels = r#"{"cgroup":"/system.slice/nginx.service","mode":"user"}"#;
    let seconds = |usage: Usage, stage: &Stage| {
        let us = usage.user_us.at(stage.board.elapsed());
        format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    };
    let (family, first) = ("hearth_cgroup_cpu_seconds_total", Usage::cpu(400_000));
    demand(&stage, family, labels, &seconds(first, &stage));
    stage.board.advance(Duration::from_millis(12_345));
    demand(&stage, family, labels, &seconds(first, &stage));
    cgroup::remove(&stage.board, b"system.slice/nginx.service");
    stage.until("the group is gone", |stage| stage.said(family, labels).is_none());
    let second = Usage::cpu(123_456);
    cgroup::put(&stage.board, b"system.slice/nginx.service", second);
    demand(&stage, family, labels, &seconds(second, &stage));
    demand(&stage, "hearth_cgroup_memory_bytes", r#"{"cgroup":"/system.slice/nginx.service"}"#, "16777216");
}

#[test]
fn hostile_names_stay_within_their_labels() {
    let board = cgroup::tree(linux_6_1());
    let names = cgroup::hostile_names();
    for name in &names {
        cgroup::put(&board, name, Usage::cpu(1_000));
    }
    let Some(stage) = set(board) else { return };
    let groups = names.len() + 5;
    stage.until("all groups are there", |stage| {
        series(&snapshot(stage), "hearth_cgroup_tasks").len() == groups
    });
    let text = stage.get("/metrics");
    let tasks = text.lines().filter(|line| line.starts_with("hearth_cgroup_tasks{")).count();
    assert_eq!(tasks, groups);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        assert!(["hearth_", "node_", "process_"].iter().any(|begin| name.starts_with(begin)), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn ten_thousand_groups_are_bounded_and_said() {
    let board = cgroup::tree(linux_6_1());
    for group in 0..10_000_u64 {
        cgroup::put_bare(&board, format!("pool/job-{group}").as_bytes(), Usage::cpu(group));
    }
    let Some(stage) = set(board) else { return };
    stage.until("groups are left out", |stage| {
        stage.said("hearth_cgroups_left_out", "{}").is_some_and(|said| said.is_ok_and(|count| count != "0"))
    });
    let followed = series(&snapshot(&stage), "hearth_cgroup_cpu_seconds_total").len() / 2;
    let left_out = stage.said("hearth_cgroups_left_out", "{}").expect("there").expect("a value");
    assert_eq!((followed, left_out), (64, (10_000 + 6 - 64).to_string()));
    assert_eq!(stage.program.get("/readyz").0, 200);
}

#[test]
fn the_parts_of_the_energy_are_the_whole_in_every_snapshot() {
    let machine = energy::intel_client();
    let Some(stage) = set(cgroup::tree(machine.board.clone())) else { return };
    let uj = |text: &str| {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{part:0<6}").parse::<u64>().expect("a decimal number")
    };
    let sum = |snapshot: &Value, family: &str| {
        let values = series(snapshot, family).into_iter().filter(|(_, value)| value != "null");
        values.map(|(_, value)| uj(&value)).sum::<u64>()
    };
    let mut seen = Vec::new();
    for _ in 0..600 {
        stage.board.advance(Duration::from_millis(200));
        stage.tick();
        let snapshot = snapshot(&stage);
        let whole = sum(&snapshot, "hearth_attributed_energy_joules_total");
        let parts = [
            "hearth_idle_energy_joules_total",
            "hearth_unattributed_energy_joules_total",
            "hearth_gone_cgroups_energy_joules_total",
            "hearth_cgroup_energy_joules_total",
        ];
        assert_eq!(parts.map(|part| sum(&snapshot, part)).iter().sum::<u64>(), whole);
        if whole > 0 && seen.last() != Some(&whole) {
            seen.push(whole);
        }
        // A group that goes takes its part along into the energy of those that are gone.
        if seen.len() == 3 && snapshot.to_string().contains("/user.slice") {
            cgroup::remove(&stage.board, b"user.slice");
            seen.push(whole);
        }
        if seen.len() >= 8 {
            return;
        }
    }
    assert!(seen.len() >= 8, "energy was divided {} times: {seen:?}", seen.len());
}
