//! What the machine is: names, clocks, limits, load.

use super::law::{CPU0_TICKS, CPU1_TICKS, FORKS, UPTIME_CS};
use super::{lines, over_time};
use crate::{Board, Content};
use std::time::Duration;

const OS_RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
NAME=\"Debian GNU/Linux\"
VERSION_ID=\"12\"
VERSION=\"12 (bookworm)\"
VERSION_CODENAME=bookworm
ID=debian
";

pub(super) fn add(board: Board) -> Board {
    let board = board
        .file("usr/lib/os-release", Content::text(OS_RELEASE))
        .symlink("etc/os-release", "../usr/lib/os-release")
        .file("proc/uptime", over_time(uptime))
        .file("proc/loadavg", over_time(|elapsed| format!("0.52 0.48 0.41 2/187 {}\n", FORKS.at(elapsed))));
    let board = lines(
        board,
        "proc",
        &[
            (
                "version",
                "Linux version 6.1.0-18-amd64 (build@board) (gcc 12.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1",
            ),
            ("cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet"),
        ],
    );
    let board = lines(
        board,
        "proc/sys/kernel",
        &[
            ("ostype", "Linux"),
            ("osrelease", "6.1.0-18-amd64"),
            ("version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)"),
            ("hostname", "board"),
            ("domainname", "(none)"),
            ("random/entropy_avail", "256"),
            ("random/poolsize", "256"),
        ],
    );
    let board = lines(
        board,
        "proc/sys",
        &[
            ("fs/file-nr", "1344\t0\t9223372036854775807"),
            ("net/netfilter/nf_conntrack_count", "37"),
            ("net/netfilter/nf_conntrack_max", "262144"),
        ],
    );
    let clocks = [("available_clocksource", "tsc hpet acpi_pm "), ("current_clocksource", "tsc")];
    lines(board, "sys/devices/system/clocksource/clocksource0", &clocks)
}

/// Seconds since boot, and idle seconds of both CPUs together (`fs/proc/uptime.c`).
fn uptime(elapsed: Duration) -> String {
    let up_cs = UPTIME_CS.at(elapsed);
    let idle_cs = CPU0_TICKS[3].at(elapsed) + CPU1_TICKS[3].at(elapsed);
    format!("{}.{:02} {}.{:02}\n", up_cs / 100, up_cs % 100, idle_cs / 100, idle_cs % 100)
}
