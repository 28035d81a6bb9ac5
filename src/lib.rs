//! Hearth: home-server appliance firmware. One program measures the box and serves what it sees.
//!
//! The way of a sample, and the rooms it passes:
//!
//! ```text
//! kernel files, netlink
//!   │  drivers/          bytes ─► quantities in the kernel's units; knows no metric (crate hearth-drivers)
//!   ▼
//! sensors/               one file a sensor: a driver's reading ─► slots of the catalogue's metrics
//!   │                    src/model: the catalogue, units, words (crate hearth-model)
//!   ▼
//! hot/                   lanes read sensors at their deadlines, into pages and rings without locks (crate hearth-hot)
//!   │
//!   ▼
//! view, snapshot, schema copies of pages, paired with what each place means; history and ticks from the rings
//!   │
//!   ▼
//! encode/                a snapshot as OpenMetrics, JSON, postcard
//!   │
//!   ▼
//! serve/                 HTTP over io_uring or epoll: limits, routes, the live stream, the page
//! ```
//!
//! Beside it, [`fans`] drives fans by the temperatures of the same snapshot.
//!
//! Around it: [`armory`] arms sensors off the hot path and numbers their series ([`registry`]); [`daemon`] starts and
//! ends everything; [`config`] is the only reader of `hearth.toml`; [`events`], [`notify`] and [`log`] are the way to
//! the operating system's people and managers, [`pulse`] tells whether a thread still answers; [`meter`] counts what is served; [`get`] is the client; [`profile`]
//! measures programs by the same drivers, in a process of its own; [`cli`] turns words into all of these.
//!
//! Where to add what: a sensor is a file in `sensors/` and a row in its list, its metrics rows in `model/catalogue`; a
//! route is a file in `serve/routes/` and a row in its list; a key of the configuration is a row in `config/keys.rs` and
//! a paragraph in `config/default.toml`.
//!
//! Invariants: a word carries a value or the reason why there is none, all the way to the client; nothing on a lane's
//! thread allocates, opens or waits; a scrape never makes a device be read; whatever can be gone without is gone
//! without, and the status says so with its fix.
//!
//! Absent on purpose: floating point between the kernel and the client, a database, a configuration by anything other
//! than the one file and the flags of `hearth run`.

pub mod armory;
pub mod calendar;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod encode;
pub mod events;
pub mod fans;
pub mod get;
pub mod log;
pub mod markup;
pub mod meter;
pub mod notify;
pub mod pattern;
pub mod profile;
pub mod pulse;
pub mod registry;
pub mod schema;
pub mod schema_doc;
pub mod sensors;
pub mod serve;
pub mod snapshot;
pub mod view;
