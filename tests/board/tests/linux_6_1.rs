//! The ready-made machine: it reads as the kernel writes, and it keeps its laws.

#![expect(clippy::expect_used, clippy::panic, reason = "what goes wrong in a reader ends the test")]

use hearth_board::trees::{self, law};
use hearth_board::{Errno, Fault, Mounted};
use std::fs;
use std::time::Duration;

const AN_HOUR: Duration = Duration::from_secs(3600);

fn text(mounted: &Mounted, path: &str) -> String {
    fs::read_to_string(mounted.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn numbers(line: &str) -> Vec<u64> {
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn line_with<'a>(text: &'a str, word: &str) -> &'a str {
    text.lines().find(|line| line.split_whitespace().any(|found| found == word)).expect(word)
}

#[test]
fn counters_follow_their_laws_in_every_file_that_shows_them() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    for step in [Duration::ZERO, Duration::from_millis(1499), AN_HOUR] {
        board.advance(step);
        let at = board.elapsed();
        let stat = text(&mounted, "proc/stat");
        assert_eq!(numbers(line_with(&stat, "ctxt")), [law::CONTEXT_SWITCHES.at(at)]);
        assert_eq!(numbers(line_with(&stat, "cpu0")), law::CPU0_TICKS.map(|law| law.at(at)));
        assert_eq!(numbers(line_with(&stat, "cpu1")), law::CPU1_TICKS.map(|law| law.at(at)));
        let disks = text(&mounted, "proc/diskstats");
        assert_eq!(numbers(line_with(&disks, "sda"))[2..], law::DISK_SDA.map(|law| law.at(at)));
        assert_eq!(numbers(&text(&mounted, "sys/block/sda/stat")), law::DISK_SDA.map(|law| law.at(at)));
        let interfaces = text(&mounted, "proc/net/dev");
        assert_eq!(numbers(line_with(&interfaces, "eth0:")), law::NET_ETH0.map(|law| law.at(at)));
        let sent = text(&mounted, "sys/class/net/eth0/statistics/tx_bytes");
        assert_eq!(numbers(&sent), [law::NET_ETH0[8].at(at)]);
        let io = text(&mounted, "proc/pressure/io");
        assert!(line_with(&io, "some").ends_with(&format!("total={}", law::PRESSURE_IO_SOME_US.at(at))));
        assert!(
            line_with(&text(&mounted, "proc/vmstat"), "pgfault")
                .ends_with(&law::PAGE_FAULTS.at(at).to_string())
        );
    }
}

#[test]
fn the_sum_of_the_cpus_and_the_idle_time_agree_with_their_parts() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    board.advance(Duration::from_millis(12_345));
    let stat = text(&mounted, "proc/stat");
    let rows = ["cpu", "cpu0", "cpu1"].map(|cpu| numbers(line_with(&stat, cpu)));
    for (column, total) in rows[0].iter().enumerate() {
        assert_eq!(*total, rows[1][column] + rows[2][column], "column {column}");
    }
    let idle_cs = rows[0][3];
    let uptime = text(&mounted, "proc/uptime");
    assert_eq!(uptime, format!("5012.34 {}.{:02}\n", idle_cs / 100, idle_cs % 100));
}

#[test]
fn pressure_averages_are_the_share_of_time_that_the_totals_grow_by() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let expected = "some avg10=2.00 avg60=2.00 avg300=2.00 total=9000000\n\
                    full avg10=1.00 avg60=1.00 avg300=1.00 total=8000000\n";
    assert_eq!(text(&mounted, "proc/pressure/io"), expected);
    assert_eq!(text(&mounted, "proc/pressure/irq"), "full avg10=0.03 avg60=0.03 avg300=0.03 total=20000\n");
}

#[test]
fn protocol_tables_name_as_many_columns_as_they_fill() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    for path in ["proc/net/snmp", "proc/net/netstat"] {
        let table = text(&mounted, path);
        let lines = table.lines().collect::<Vec<_>>();
        for pair in lines.chunks(2) {
            let columns = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
            let (names, values) = (columns(pair[0]), columns(pair[1]));
            assert_eq!((&names[0], names.len()), (&values[0], values.len()), "{path}");
        }
    }
}

#[test]
fn numbered_process_lines_have_the_kernels_number_of_fields() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    for process in ["self", "1", "812"] {
        let stat = text(&mounted, &format!("proc/{process}/stat"));
        let (_, after_name) = stat.rsplit_once(") ").expect("a name in brackets");
        assert_eq!(after_name.split_whitespace().count(), 50, "{stat}");
        assert_eq!(numbers(&text(&mounted, &format!("proc/{process}/statm"))).len(), 7);
    }
}

#[test]
fn every_file_of_the_machine_reads_to_its_end() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    let mut left = vec![mounted.dir().to_owned()];
    let (mut files, mut refusals) = (0, Vec::new());
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).expect("list") {
            let entry = entry.expect("entry");
            let kind = entry.file_type().expect("type");
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() {
                files += 1;
                match fs::read(entry.path()) {
                    Ok(bytes) => assert!(!bytes.is_empty(), "{}", entry.path().display()),
                    Err(error) => refusals.push((entry.file_name(), error.raw_os_error())),
                }
            }
        }
    }
    assert!(files > 100, "{files}");
    refusals.sort();
    let invalid = Some(Errno::EINVAL as i32);
    assert_eq!(refusals, [("duplex".into(), invalid), ("speed".into(), invalid)]);
}

#[test]
fn an_interface_can_be_taken_away_by_its_name() {
    let board = trees::linux_6_1();
    let Some(mounted) = board.mount_or_say_why().expect("mount") else { return };
    assert_eq!(text(&mounted, "sys/class/net/eth0/operstate"), "up\n");
    board.fault("sys/class/net/eth0", Fault::Vanished);
    let names = fs::read_dir(mounted.path("sys/class/net")).expect("list");
    let names = names.map(|entry| entry.expect("entry").file_name()).collect::<Vec<_>>();
    assert_eq!(names, ["lo"]);
}
