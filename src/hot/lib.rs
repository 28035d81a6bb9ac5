//! The hot path: from a sensor's read to memory that any number of readers copy without locks.
//!
//! ```text
//! contract   what a sensor is: SensorDef, Sensor, Arming, Sheet, Tick; source = what it looked at while armed;
//!            perf = its settings for counters
//! armed      a sensor as a lane holds it: its words and where they go
//! lane       one tick: orders in, sensors read, ring, history and page written; track = a ring and its next frame
//! schedule   when a lane ticks and when its sensors are due (pure)
//! clock      the lane's clock and sleep
//! thread     a lane as a thread of its own; memory locks what it touches
//! orders     sensors to and from a running lane, by two queues
//! signals    what a lane and the threads around it tell each other
//! meters     what a lane knows about itself
//! series     what a place in a page means: metric + label values
//! ring       frames in order, overwriting: one writer, many readers; frames = a reader's copy of some
//! page       the newest word of every series, copied consistently: two buffers, one still while the other is written
//! trial      what one read costs
//! sync       the atomics, or loom's where every interleaving is tried
//! ups        what the owner configured for UPS
//! testing    a bench for the tests of sensors
//! ```
//!
//! Invariants: after arming, nothing here allocates, frees, opens, formats, locks or waits for a reader; only the lane
//! reads a clock; every order of memory operations has a model-checked test.
//! Absent on purpose: files, HTTP, the firewall, the display, metric names.

pub mod armed;
mod cgroup_config;
pub mod clock;
pub mod contract;
mod drive_config;
mod energy_config;
pub mod frames;
pub mod lane;
pub mod memory;
pub mod meters;
pub mod orders;
pub mod page;
mod perf;
pub mod ring;
pub mod schedule;
pub mod series;
pub mod signals;
pub mod source;
pub mod sync;
pub mod testing;
pub mod thread;
mod track;
pub mod trial;
mod ups;
