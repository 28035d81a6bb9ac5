//! RAPL: the processor's own energy counters, by three roads to the same registers.
//!
//! ```text
//! perf      power PMU, read(2) of a kept descriptor   2^-32 J, 64 bits, signed
//! powercap  /sys/class/powercap/*/energy_uj           µJ of a 32-bit register    ──► Register ──► Accumulator ──► µJ
//! msr       /dev/cpu/N/msr, pread at the register     2^-ESU J, 32 bits                (raw)       (exact)
//! ```
//!
//! - [`domain`]: what is counted (package, dram, …) and where; what a back end found and lacks.
//! - [`units`]: what one tick is worth, by processor model, with a source for each exception.
//! - [`accumulate`]: raw counters to a total that only grows, no tick lost, every doubt named.
//! - [`power`]: a total to power over a window, with its uncertainty; [`frozen`]: counters that stand still under load.
//! - [`powercap`], [`msr`], [`perf`]: the back ends; [`register`]: one opened counter of any of them.
//! - [`roads`]: which of them is taken to each domain.
//! - [`cpu`]: which processor this is and which threads share a core, a die, a package.
//! - [`filtering`]: whether the processor blurs what it reports.
//!
//! Invariants: totals of different domains are never added up (psys ⊇ package ⊇ core and uncore; server DRAM lies
//! outside the package); the time is an argument; nothing is opened or allocated after discovery.

pub mod accumulate;
pub mod cpu;
pub mod domain;
pub mod filtering;
pub mod frozen;
pub mod msr;
pub mod perf;
pub mod power;
pub mod powercap;
pub mod register;
pub mod roads;
pub mod units;
