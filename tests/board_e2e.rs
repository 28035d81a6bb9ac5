//! The real program on the virtual board: what it says is what the board knows to be true, and what goes wrong with one
//! file stays with that file.
//!
//! Where the board cannot be mounted (no `/dev/fuse`, no privilege) each test says so and has nothing to show.

#![expect(clippy::expect_used, reason = "a test says what failed by stopping")]

mod board_e2e {
    mod health;
    #[path = "../hot_path/program.rs"]
    #[expect(dead_code, reason = "its process is not looked at here")]
    pub(crate) mod program;
    pub(crate) mod reader;
    mod space;
    #[expect(dead_code, reason = "what the machines with energy counters need besides")]
    pub(crate) mod stage;
}

use std::fs;
use std::thread::park_timeout;
use std::time::Duration;

use board_e2e::reader::said;
use board_e2e::stage::{EVERY_TICK, PATIENCE, Stage};
use hearth_board::trees::{self, law};
use hearth_board::{Content, Errno, Fault};

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// Ticks of 10 ms, or milliseconds for three decimals, as a decimal number.
fn decimal(count: u64, decimals: u32) -> f64 {
    let unit = 10_u64.pow(decimals);
    let width = usize::try_from(decimals).expect("a small number");
    number(&format!("{}.{:0width$}", count / unit, count % unit))
}

#[test]
fn values_over_time_are_the_boards_laws() {
    let Some(stage) = Stage::set(trees::linux_6_1(), &[]) else { return };
    for step in [Duration::ZERO, Duration::from_millis(12_340), Duration::from_secs(86_400 * 400)] {
        stage.board.advance(step);
        for path in
            ["proc/stat", "proc/meminfo", "proc/vmstat", "proc/diskstats", "proc/pressure/cpu", EVERY_TICK]
        {
            stage.pass(path);
        }
        let now = stage.board.elapsed();
        let snapshot = stage.get("/v1/snapshot");
        for (family, labels, want) in [
            (
                "node_cpu_seconds_total",
                r#"{"cpu":"0","mode":"user"}"#,
                decimal(law::CPU0_TICKS[0].at(now), 2),
            ),
            (
                "node_cpu_seconds_total",
                r#"{"cpu":"1","mode":"idle"}"#,
                decimal(law::CPU1_TICKS[3].at(now), 2),
            ),
            ("node_context_switches_total", "{}", decimal(law::CONTEXT_SWITCHES.at(now), 0)),
            ("node_boot_time_seconds", "{}", decimal(law::BOOT_TIME_S, 0)),
            ("node_memory_MemTotal_bytes", "{}", decimal(law::MEMORY_TOTAL_KB * 1024, 0)),
            ("node_memory_Cached_bytes", "{}", decimal(law::CACHED_KB.at(now) * 1024, 0)),
            ("node_vmstat_pgfault", "{}", decimal(law::PAGE_FAULTS.at(now), 0)),
            ("node_disk_reads_completed_total", r#"{"device":"sda"}"#, decimal(law::DISK_SDA[0].at(now), 0)),
            (
                "node_disk_io_time_seconds_total",
                r#"{"device":"nvme0n1"}"#,
                decimal(law::DISK_NVME0N1[9].at(now), 3),
            ),
            ("node_pressure_cpu_waiting_seconds_total", "{}", decimal(law::PRESSURE_CPU_SOME_US.at(now), 6)),
        ] {
            let said = said(&snapshot, family, labels);
            let value = said.as_ref().and_then(|said| said.as_ref().ok()).map(|value| number(value));
            assert_eq!(value, Some(want), "{family}{labels} after {now:?}: {said:?}");
        }
    }
}

#[test]
fn a_file_that_fails_has_a_reason_harms_no_other_and_comes_back() {
    let Some(stage) = Stage::set(trees::linux_6_1(), &[]) else { return };
    let cached = |stage: &Stage| stage.said("node_memory_Cached_bytes", "{}").expect("the series stays");
    for (fault, reason) in [
        (Fault::Error(Errno::EIO), "io_error"),
        (Fault::Denied, "no_permission"),
        (Fault::Short { bytes: 0 }, "io_error"),
    ] {
        stage.board.fault("proc/meminfo", fault);
        stage.pass("proc/meminfo");
        assert_eq!(cached(&stage), Err(reason.to_owned()), "{fault:?}");
        stage.board.advance(Duration::from_secs(1000));
        stage.pass("proc/stat");
        let switches = decimal(law::CONTEXT_SWITCHES.at(stage.board.elapsed()), 0);
        assert_eq!(stage.number("node_context_switches_total", "{}"), switches, "{fault:?}");
        stage.board.clear("proc/meminfo");
        stage.pass("proc/meminfo");
        let want = law::CACHED_KB.at(stage.board.elapsed()) * 1024;
        assert_eq!(cached(&stage), Ok(want.to_string()), "after {fault:?}");
    }
    assert!(stage.number("hearth_sensor_failures_total", r#"{"lane":"steady","sensor":"meminfo"}"#) >= 3.0);
}

#[test]
fn a_text_that_comes_in_pieces_is_read_whole() {
    let Some(stage) = Stage::set(trees::linux_6_1(), &[]) else { return };
    for path in ["proc/diskstats", "proc/vmstat", "proc/meminfo"] {
        stage.board.fault(path, Fault::Short { bytes: 1000 });
    }
    stage.board.fault("proc/diskstats", Fault::Short { bytes: 5 });
    stage.board.advance(Duration::from_secs(77));
    for path in ["proc/diskstats", "proc/vmstat", "proc/meminfo"] {
        stage.pass(path);
    }
    let now = stage.board.elapsed();
    assert_eq!(
        stage.said("node_disk_writes_completed_total", r#"{"device":"sda"}"#),
        Some(Ok(law::DISK_SDA[4].at(now).to_string()))
    );
    assert_eq!(stage.said("node_vmstat_pgfault", "{}"), Some(Ok(law::PAGE_FAULTS.at(now).to_string())));
    let cached = (law::CACHED_KB.at(now) * 1024).to_string();
    assert_eq!(stage.said("node_memory_Cached_bytes", "{}"), Some(Ok(cached)));
}

#[test]
fn a_disk_that_vanishes_takes_its_series_along_and_brings_them_back_under_the_same_name() {
    let Some(stage) = Stage::set(trees::linux_6_1(), &[]) else { return };
    let (family, sda) = ("node_disk_reads_completed_total", r#"{"device":"sda"}"#);
    let nvme = r#"{"device":"nvme0n1"}"#;
    let all = fs::read_to_string(stage.mounted.path("proc/diskstats")).expect("the board's own disks");
    let without: String = all.split_inclusive('\n').filter(|row| !row.contains(" sda")).collect();
    stage.pass("proc/diskstats");
    let before = stage.said(family, sda);
    assert_eq!(before, Some(Ok(law::DISK_SDA[0].start.to_string())));
    for round in 0..2 {
        stage.board.set("proc/diskstats", Content::text(&without));
        stage.until("the disk's series are gone", |stage| stage.said(family, sda).is_none());
        let other = law::DISK_NVME0N1[0].start.to_string();
        assert_eq!(stage.said(family, nvme), Some(Ok(other)), "round {round}");
        stage.board.set("proc/diskstats", Content::text(&all));
        stage.until("the disk's series are back", |stage| stage.said(family, sda) == before);
    }
}

#[test]
fn what_is_not_there_is_named_with_its_reason_and_its_fix() {
    let board = trees::linux_6_1();
    board.fault("proc/loadavg", Fault::Vanished);
    board.fault("proc/vmstat", Fault::Denied);
    let Some(stage) = Stage::set(board, &[]) else { return };
    stage.pass("proc/stat");
    let status = stage.get("/v1/status");
    let row = |sensor: &str| {
        let (_, row) =
            status.split_once(&format!(r#"{{"sensor":"{sensor}","#)).expect("every sensor is listed");
        row.split('}').next().expect("a row has an end").to_owned()
    };
    for (sensor, reason, file) in
        [("loadavg", "absent", "proc/loadavg"), ("vmstat", "no_permission", "proc/vmstat")]
    {
        let row = row(sensor);
        assert!(row.contains(&format!(r#""state":"absent","reason":"{reason}""#)), "{row}");
        assert!(row.contains(file) && !row.contains(r#""fix":"""#), "{row}");
    }
    assert!(row("stat").contains(r#""state":"armed""#), "{}", row("stat"));
    assert_eq!(stage.said("node_load1", "{}"), None);
    assert_eq!(stage.program.get("/readyz").0, 200);
}

#[test]
fn a_read_that_hangs_in_the_steady_lane_is_told_and_survived() {
    let Some(stage) = Stage::set(trees::linux_6_1(), &[]) else { return };
    stage.pass("proc/meminfo");
    stage.board.fault("proc/meminfo", Fault::Hang);
    let hung = stage.board.reads("proc/meminfo") + 1;
    stage.board.wait_for_reads("proc/meminfo", hung, PATIENCE).expect("the lane reads the file");
    // The lane stands, so nothing here can wait for its ticks: the server's answers are asked for.
    let mut asked = 0;
    let words = loop {
        let (status, body) = stage.program.get("/healthz");
        if status == 503 {
            break body;
        }
        assert_eq!(status, 200, "{body}");
        asked += 1;
        assert!(asked < 1200, "a lane that stands is not told");
        park_timeout(Duration::from_millis(100));
    };
    assert!(words.contains("has not ticked for"), "{words}");
    for path in ["/metrics", "/v1/snapshot", "/v1/status", "/readyz"] {
        stage.get(path);
    }
    assert_eq!(stage.board.reads("proc/meminfo"), hung, "the lane still waits for that read");
    stage.board.advance(Duration::from_secs(5));
    stage.board.clear("proc/meminfo");
    stage.until("health", |stage| stage.program.get("/healthz").0 == 200);
    // More than five seconds without a tick, at ten ticks a second.
    let missed = |stage: &Stage| stage.number("hearth_lane_missed_ticks_total", r#"{"lane":"steady"}"#);
    stage.until("missed ticks are counted", |stage| missed(stage) >= 40.0);
    stage.pass("proc/meminfo");
    let cached = (law::CACHED_KB.at(stage.board.elapsed()) * 1024).to_string();
    assert_eq!(stage.said("node_memory_Cached_bytes", "{}"), Some(Ok(cached)));
}

#[test]
fn a_read_that_hangs_in_the_slow_lane_leaves_the_steady_lane_ticking() {
    const LINE: &str = "proc/1/stat";
    let Some(stage) = Stage::set(trees::linux_6_1(), &[]) else { return };
    stage.pass("proc/stat");
    stage.board.fault(LINE, Fault::Hang);
    let hung = stage.board.reads(LINE) + 1;
    stage.board.wait_for_reads(LINE, hung, PATIENCE).expect("the slow lane lists the processes");
    for _ in 0..4 {
        stage.pass("proc/stat");
        assert_eq!(stage.program.get("/healthz").0, 200);
    }
    assert_eq!(stage.board.reads(LINE), hung, "the slow lane still waits for that read");
    stage.board.clear(LINE);
    let missed = |stage: &Stage| stage.number("hearth_lane_missed_ticks_total", r#"{"lane":"slow"}"#);
    stage.until("missed ticks are counted", |stage| missed(stage) >= 1.0);
    stage.board.wait_for_reads(LINE, hung + 1, PATIENCE).expect("the slow lane goes on");
}
