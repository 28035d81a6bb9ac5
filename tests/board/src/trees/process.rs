//! Processes: the reader's own (`/proc/self`) and two others, and the mounts they see.

use super::law::{Law, SELF_SYSTEM_TICKS, SELF_USER_TICKS};
use super::over_time;
use crate::{Board, Content};
use std::time::Duration;

/// The process that `/proc/self` leads to.
const SELF_PID: u32 = 900;
const IDLE: Law = Law { start: 20, per_second: 0 };

const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     \n\
Max cpu time              unlimited            unlimited            seconds   \n\
Max file size             unlimited            unlimited            bytes     \n\
Max data size             unlimited            unlimited            bytes     \n\
Max stack size            8388608              unlimited            bytes     \n\
Max core file size        0                    unlimited            bytes     \n\
Max resident set          unlimited            unlimited            bytes     \n\
Max processes             31234                31234                processes \n\
Max open files            1024                 524288               files     \n\
Max locked memory         8388608              8388608              bytes     \n\
Max address space         unlimited            unlimited            bytes     \n\
Max file locks            unlimited            unlimited            locks     \n\
Max pending signals       31234                31234                signals   \n\
Max msgqueue size         819200               819200               bytes     \n\
Max nice priority         0                    0                    \n\
Max realtime priority     0                    0                    \n\
Max realtime timeout      unlimited            unlimited            us        \n";

pub(super) const MOUNTINFO: &str = "\
22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
23 27 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:2 - sysfs sysfs rw
24 27 0:5 / /dev rw,nosuid,relatime shared:8 - devtmpfs udev rw,size=4000000k,nr_inodes=1000000,mode=755
25 27 0:23 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=804860k,mode=755
27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
41 27 259:0 / /srv/with\\040space rw,noatime shared:30 - xfs /dev/nvme0n1 rw,inode64
";
const MOUNTS: &str = "\
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0
udev /dev devtmpfs rw,nosuid,relatime,size=4000000k,nr_inodes=1000000,mode=755 0 0
tmpfs /run tmpfs rw,nosuid,nodev,noexec,relatime,size=804860k,mode=755 0 0
/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0
/dev/nvme0n1 /srv/with\\040space xfs rw,noatime,inode64 0 0
";

/// What tells one process from another here.
#[derive(Clone, Copy)]
struct Process {
    pid: u32,
    comm: &'static str,
    command_line: &'static str,
    threads: u32,
    resident_pages: u64,
    user_ticks: Law,
    system_ticks: Law,
}

pub(super) fn add(board: Board) -> Board {
    let processes = [
        Process {
            pid: 1,
            comm: "systemd",
            command_line: "/sbin/init\0",
            threads: 1,
            resident_pages: 3_000,
            user_ticks: IDLE,
            system_ticks: IDLE,
        },
        Process {
            pid: 812,
            // A name like this one breaks readers that stop at the first closing bracket.
            comm: "smbd (1) x",
            command_line: "/usr/sbin/smbd\0--foreground\0",
            threads: 3,
            resident_pages: 5_000,
            user_ticks: Law { start: 40, per_second: 2 },
            system_ticks: Law { start: 90, per_second: 5 },
        },
        Process {
            pid: SELF_PID,
            comm: "hearth",
            command_line: "/usr/bin/hearth\0run\0",
            threads: 4,
            resident_pages: 1_500,
            user_ticks: SELF_USER_TICKS,
            system_ticks: SELF_SYSTEM_TICKS,
        },
    ];
    let board = board.symlink("proc/self", &SELF_PID.to_string()).symlink("proc/mounts", "self/mounts");
    let board = processes.into_iter().fold(board, add_process);
    board
        .file("proc/self/limits", Content::text(LIMITS))
        .file("proc/self/mountinfo", Content::text(MOUNTINFO))
        .file("proc/self/mounts", Content::text(MOUNTS))
        .symlink("proc/self/fd/0", "/dev/null")
        .symlink("proc/self/fd/1", "socket:[14001]")
        .symlink("proc/self/fd/2", "socket:[14001]")
        .symlink("proc/self/fd/3", "anon_inode:[eventpoll]")
}

fn add_process(board: Board, process: Process) -> Board {
    let path = |name: &str| format!("proc/{}/{name}", process.pid);
    board
        .file(&path("comm"), Content::text(&format!("{}\n", process.comm)))
        .file(&path("cmdline"), Content::text(process.command_line))
        .file(&path("stat"), over_time(move |elapsed| stat(&process, elapsed)))
        .file(&path("statm"), Content::text(&format!("20000 {} 800 500 0 2000 0\n", process.resident_pages)))
        .file(&path("status"), Content::text(&status(&process)))
}

/// The 52 fields of `fs/proc/array.c`, `do_task_stat`.
fn stat(process: &Process, elapsed: Duration) -> String {
    let Process { pid, comm, threads, resident_pages, .. } = process;
    let (user, system) = (process.user_ticks.at(elapsed), process.system_ticks.at(elapsed));
    format!(
        "{pid} ({comm}) S 1 {pid} {pid} 0 -1 4194304 116 0 0 0 {user} {system} 0 0 20 0 {threads} 0 {pid}00 \
         81920000 {resident_pages} 18446744073709551615 1 1 0 0 0 0 0 4096 16384 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    )
}

/// The lines of `fs/proc/array.c`, `proc_pid_status`, that programs ask for, in its order.
fn status(process: &Process) -> String {
    let Process { pid, comm, threads, resident_pages, .. } = process;
    let resident_kb = resident_pages * 4;
    [
        format!("Name:\t{comm}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\n"),
        "PPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t \n".to_owned(),
        format!("VmPeak:\t   80000 kB\nVmSize:\t   80000 kB\nVmLck:\t{:>8} kB\nVmPin:\t{:>8} kB\n", 0, 0),
        format!(
            "VmHWM:\t{resident_kb:>8} kB\nVmRSS:\t{resident_kb:>8} kB\nRssAnon:\t{:>8} kB\n",
            resident_kb - 3_200
        ),
        format!("RssFile:\t    3200 kB\nRssShmem:\t{:>8} kB\nVmData:\t    8000 kB\nVmStk:\t     132 kB\n", 0),
        format!("VmExe:\t    2000 kB\nVmLib:\t    1528 kB\nVmPTE:\t     100 kB\nVmSwap:\t{:>8} kB\n", 0),
        format!("Threads:\t{threads}\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n"),
        "voluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t7\n".to_owned(),
    ]
    .concat()
}
