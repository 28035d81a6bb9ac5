//! The hot path: from a sensor's read to memory that any number of readers copy without locks.
//!
//! ```text
//! contract   what a sensor is: SensorDef, Sensor, Arming, Sheet, Tick
//! meters     what a lane knows about itself
//! series     what a place in a page means: metric + label values
//! ring       frames in order, overwriting: one writer, many readers; frames = a reader's copy of some
//! page       the newest word of every series, copied consistently
//! sync       the atomics, or loom's where every interleaving is tried
//! testing    a bench for the tests of sensors
//! ```
//!
//! Invariants: after arming, nothing here allocates, opens, formats, locks or waits for a reader; only the lane reads a
//! clock; every order of memory operations has a model-checked test.
//! Absent on purpose: files, HTTP, the firewall, the display, metric names.

pub mod contract;
pub mod frames;
pub mod meters;
pub mod page;
pub mod ring;
pub mod series;
pub mod sync;
pub mod testing;
