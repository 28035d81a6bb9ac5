//! Counts of events in the CPUs and the kernel: `perf_event_open(2)`.
//!
//! ```text
//! pmu   ── which core PMUs there are, which registers the msr PMU shows ──► event (what is asked for: a Code)
//! plan  ── which events go into one group ── open ──► group, child: open descriptors
//! group, child ── read(2) into bytes on the stack ── layout (pure) ──► counts and times ── scale (pure) ──► totals
//! ```
//!
//! - Opening goes through `perf-event2` and allocates; reading is one `read(2)` of a kept descriptor and does not.
//!   Its own `read_group` is not used: it allocates at every read.
//! - A reader takes any descriptor that it is handed: what a test wrote into a pipe is read like a counter.
//! - A group is all or nothing: an event more than the CPU has free counters, and none of it ever counts. The kernel
//!   accepts such a group all the same when a counter is only taken by others (the NMI watchdog holds one), so groups
//!   are tried, and made smaller, before they are used ([`plan`]).
//! - Counters are shared in turns when there are more groups than they can hold. What a group missed is estimated from
//!   the time it ran ([`scale`]); a group that never ran has no count, which is not 0.
//!
//! Absent on purpose: sampling, mapped buffers, `rdpmc`, and events of the uncore.

pub mod cgroup;
pub mod child;
pub mod event;
pub mod frequency;
pub mod group;
pub mod layout;
pub(crate) mod open;
pub mod plan;
pub mod pmu;
pub mod scale;

pub(crate) use open::owned;
pub use open::{OpenError, Target, open_child, open_group, open_idle};
