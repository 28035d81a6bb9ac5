//! `/proc/stat`, pressure and the list of CPUs.

use super::law::{
    BOOT_TIME_S, CONTEXT_SWITCHES, CPU0_TICKS, CPU1_TICKS, FORKS, INTERRUPT_1, INTERRUPT_9, INTERRUPTS, Law,
    PRESSURE_CPU_SOME_US, PRESSURE_IO_FULL_US, PRESSURE_IO_SOME_US, PRESSURE_IRQ_FULL_US,
    PRESSURE_MEMORY_FULL_US, PRESSURE_MEMORY_SOME_US, SOFTIRQS,
};
use super::{lines, over_time};
use crate::{Board, Content};
use std::time::Duration;

/// Interrupt columns behind the sum in the `intr` line.
const INTERRUPT_LINES: usize = 64;
const NEVER: Law = Law { start: 0, per_second: 0 };

pub(super) fn add(board: Board) -> Board {
    let board = board
        .file("proc/stat", stat_of(2))
        .file("proc/pressure/cpu", over_time(|elapsed| pressure(Some(PRESSURE_CPU_SOME_US), NEVER, elapsed)))
        .file(
            "proc/pressure/io",
            over_time(|elapsed| pressure(Some(PRESSURE_IO_SOME_US), PRESSURE_IO_FULL_US, elapsed)),
        )
        .file(
            "proc/pressure/memory",
            over_time(|elapsed| pressure(Some(PRESSURE_MEMORY_SOME_US), PRESSURE_MEMORY_FULL_US, elapsed)),
        )
        .file("proc/pressure/irq", over_time(|elapsed| pressure(None, PRESSURE_IRQ_FULL_US, elapsed)));
    let lists =
        [("online", "0-1"), ("possible", "0-1"), ("present", "0-1"), ("offline", ""), ("isolated", "")];
    let board = lines(board, "sys/devices/system/cpu", &lists);
    ["cpu0", "cpu1"].into_iter().zip(["0", "1"]).fold(board, |board, (cpu, core)| {
        let topology = [("core_id", core), ("physical_package_id", "0"), ("die_id", "0")];
        lines(board, &format!("sys/devices/system/cpu/{cpu}/topology"), &topology)
    })
}

/// `/proc/stat` of a machine with this many CPUs, of which the third and all after it are as busy as the second.
pub(super) fn stat_of(cpus: usize) -> Content {
    let laws: Vec<_> = (0..cpus).map(|cpu| if cpu == 0 { CPU0_TICKS } else { CPU1_TICKS }).collect();
    over_time(move |elapsed| stat(&laws, elapsed))
}

/// `fs/proc/stat.c`. The sum of the CPUs is that of their lines, so no tick is lost to rounding.
fn stat(cpus: &[[Law; 10]], elapsed: Duration) -> String {
    let row = |laws: &[Law]| laws.iter().map(|law| format!(" {}", law.at(elapsed))).collect::<String>();
    let total = (0..10).map(|column| cpus.iter().map(|laws| laws[column].at(elapsed)).sum::<u64>());
    let total = total.map(|ticks| format!(" {ticks}")).collect::<String>();
    let each = cpus.iter().enumerate().map(|(cpu, laws)| format!("cpu{cpu}{}\n", row(laws)));
    let mut interrupts = [NEVER; INTERRUPT_LINES];
    interrupts[1] = INTERRUPT_1;
    interrupts[9] = INTERRUPT_9;
    let softirqs = SOFTIRQS.iter().map(|law| law.at(elapsed)).sum::<u64>();
    [
        format!("cpu {total}\n"),
        each.collect(),
        format!("intr {}{}\n", INTERRUPTS.at(elapsed), row(&interrupts)),
        format!("ctxt {}\nbtime {BOOT_TIME_S}\n", CONTEXT_SWITCHES.at(elapsed)),
        format!("processes {}\nprocs_running 2\nprocs_blocked 1\n", FORKS.at(elapsed)),
        format!("softirq {softirqs}{}\n", row(&SOFTIRQS)),
    ]
    .concat()
}

/// `kernel/sched/psi.c`. Averages in hundredths of a percent: stalled µs a second, divided by 100.
fn pressure(some: Option<Law>, full: Law, elapsed: Duration) -> String {
    let line = |kind: &str, law: Law| {
        let share = law.per_second / 100;
        let percent = format!("{}.{:02}", share / 100, share % 100);
        format!("{kind} avg10={percent} avg60={percent} avg300={percent} total={}\n", law.at(elapsed))
    };
    some.map_or_else(String::new, |law| line("some", law)) + &line("full", full)
}
