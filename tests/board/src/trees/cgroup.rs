//! Control groups, version 2, at `/sys/fs/cgroup`: groups that come and go, whatever they are called.
//!
//! A group is a directory with an inode of its own. One that is removed and made again under the same name is another
//! group: it has another inode, and files of the old one that are still open answer `ENODEV`
//! (`kernfs_fop_read_iter` in `fs/kernfs/file.c`).

use super::law::Law;
use super::process::MOUNTINFO;
use super::{lines, over_time};
use crate::{Board, Content};
use std::time::Duration;

/// Where the tree is.
pub const ROOT: &str = "sys/fs/cgroup";
/// The mount, as `/proc/self/mountinfo` has it.
const MOUNT: &str =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const CONTROLLERS: &str = "cpuset cpu io memory pids";
/// The disk that groups read and write.
const DISK: &str = "8:0";

/// What a group uses, with the groups in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in user mode, in µs.
    pub user_us: Law,
    /// CPU time in the kernel, in µs.
    pub system_us: Law,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Bytes read from the disk.
    pub read_bytes: Law,
    /// Bytes written to it.
    pub written_bytes: Law,
    /// Tasks.
    pub tasks: u64,
}

impl Usage {
    /// CPU time of so many µs a second, of which a quarter is the kernel's, in 16 MB.
    #[must_use]
    pub const fn cpu(per_second: u64) -> Self {
        let system = per_second / 4;
        Self {
            user_us: Law { start: 5_000_000, per_second: per_second - system },
            system_us: Law { start: 1_000_000, per_second: system },
            memory_bytes: 16 << 20,
            read_bytes: Law { start: 4_096_000, per_second: 40_960 },
            written_bytes: Law { start: 8_192_000, per_second: 81_920 },
            tasks: 3,
        }
    }

    /// `usage_usec` of `cpu.stat`: what was used in both modes.
    #[must_use]
    pub fn cpu_us(&self, elapsed: Duration) -> u64 {
        self.user_us.at(elapsed) + self.system_us.at(elapsed)
    }
}

/// Names that a program may meet and a person would not choose: line ends, quotes, what markup and expositions escape,
/// the longest there may be, and bytes that are no text.
#[must_use]
pub fn hostile_names() -> Vec<Vec<u8>> {
    vec![
        b"two\nlines".to_vec(),
        b"\"quoted\\\"".to_vec(),
        b"# HELP fake 1".to_vec(),
        b"{a=\"b\"} 1".to_vec(),
        b"<img src=x onerror=alert(1)>".to_vec(),
        b"tab\tand\x1b[31mred".to_vec(),
        b"not \xff\xfe UTF-8".to_vec(),
        "ü".repeat(127).into_bytes(),
        vec![b'x'; 255],
        vec![0xC3; 255],
    ]
}

/// Mounts the tree and adds its root and the groups of a small machine: `init.scope`, `system.slice` with two services,
/// `user.slice`.
#[must_use]
pub fn tree(board: Board) -> Board {
    let board = board.file("proc/self/mountinfo", Content::text(&(MOUNTINFO.to_owned() + MOUNT)));
    let all = Usage::cpu(900_000);
    let board = lines(
        board,
        ROOT,
        &[
            ("cgroup.controllers", CONTROLLERS),
            ("cgroup.subtree_control", CONTROLLERS),
            ("cgroup.procs", "1"),
        ],
    );
    let board =
        board.file(&format!("{ROOT}/cpu.stat"), cpu_stat(all)).file(&format!("{ROOT}/io.stat"), io_stat(all));
    let board = pressures(board, ROOT.as_bytes());
    for (path, per_second) in [
        ("init.scope", 1_000),
        ("system.slice", 600_000),
        ("system.slice/nginx.service", 400_000),
        ("system.slice/ssh.service", 0),
        ("user.slice", 200_000),
    ] {
        put(&board, path.as_bytes(), Usage::cpu(per_second));
    }
    board
}

/// The path on the board of a group's file, or of its directory where `file` is empty.
#[must_use]
pub fn path_of(group: &[u8], file: &str) -> Vec<u8> {
    let mut path = [ROOT.as_bytes(), b"/", group].concat();
    if !file.is_empty() {
        path.extend_from_slice(b"/");
        path.extend_from_slice(file.as_bytes());
    }
    path
}

/// Makes a group, or changes what one uses. `group` is its path below the root, in the kernel's bytes.
#[track_caller]
pub fn put(board: &Board, group: &[u8], usage: Usage) {
    put_bare(board, group, usage);
    let text = |file: &str, line: &str| board.set(&path_of(group, file), Content::text(&format!("{line}\n")));
    text("cgroup.controllers", CONTROLLERS);
    text("cgroup.type", "domain");
    text("cgroup.procs", "812");
    text("cpu.weight", "100");
    text("cpu.max", "max 100000");
    text("memory.current", &usage.memory_bytes.to_string());
    text("memory.peak", &(usage.memory_bytes * 2).to_string());
    text("memory.max", "max");
    text("memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0");
    text("pids.current", &usage.tasks.to_string());
    text("pids.max", "max");
    board.set(&path_of(group, "memory.stat"), Content::text(&memory_stat(usage.memory_bytes)));
    board.set(&path_of(group, "io.stat"), io_stat(usage));
    pressures(board.clone(), &path_of(group, ""));
}

/// Makes a group without controllers, as in a tree of version 2 beside one of version 1: CPU time, and no more.
#[track_caller]
pub fn put_bare(board: &Board, group: &[u8], usage: Usage) {
    board.set(&path_of(group, "cgroup.events"), Content::text("populated 1\nfrozen 0\n"));
    board.set(&path_of(group, "cpu.stat"), cpu_stat(usage));
}

/// Removes a group and those in it.
#[track_caller]
pub fn remove(board: &Board, group: &[u8]) {
    board.remove(&path_of(group, ""));
}

/// `cpu_stat_show` in `kernel/cgroup/cgroup.c`, with what the CPU controller adds.
fn cpu_stat(usage: Usage) -> Content {
    over_time(move |elapsed| {
        let (user, system) = (usage.user_us.at(elapsed), usage.system_us.at(elapsed));
        let all = user + system;
        format!(
            "usage_usec {all}\nuser_usec {user}\nsystem_usec {system}\n\
             nr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n"
        )
    })
}

/// `iolatency` and cost counters aside, `blkcg_print_one_stat` in `block/blk-cgroup.c`.
fn io_stat(usage: Usage) -> Content {
    over_time(move |elapsed| {
        let (read, written) = (usage.read_bytes.at(elapsed), usage.written_bytes.at(elapsed));
        let (reads, writes) = (read / 4_096, written / 4_096);
        format!("{DISK} rbytes={read} wbytes={written} rios={reads} wios={writes} dbytes=0 dios=0\n")
    })
}

/// The first lines of `memory_stat_format` in `mm/memcontrol.c`: half is files, half is not.
fn memory_stat(bytes: u64) -> String {
    let half = bytes / 2;
    format!(
        "anon {half}\nfile {half}\nkernel 0\nkernel_stack 49152\npagetables 40960\nsec_pagetables 0\npercpu 0\n\
         sock 0\nvmalloc 0\nshmem 0\nfile_mapped {half}\nfile_dirty 0\nfile_writeback 0\nswapcached 0\n\
         inactive_anon {half}\nactive_anon 0\ninactive_file {half}\nactive_file 0\nunevictable 0\n\
         slab_reclaimable 0\nslab_unreclaimable 0\nslab 0\npgfault 1000\npgmajfault 1\n"
    )
}

/// The three files of pressure of a group at `directory`.
fn pressures(board: Board, directory: &[u8]) -> Board {
    for file in ["cpu.pressure", "memory.pressure", "io.pressure"] {
        let path = [directory, b"/", file.as_bytes()].concat();
        let text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500\n";
        board.set(&path, Content::text(text));
    }
    board
}
