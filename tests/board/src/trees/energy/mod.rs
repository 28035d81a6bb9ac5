//! Machines that count the energy they use: a power curve for each domain, and the registers and powercap zones
//! that show it.
//!
//! Each is [`super::linux_6_1`] with other processors. What its counters must show at a board time is asked of
//! [`Machine::counter`].

mod machines;
mod msr;
mod powercap;
mod processors;

pub use machines::{
    amd_zen2, amd_zen3, hygon, intel_all_zero, intel_atom, intel_client, intel_fine_units,
    intel_mmio_duplicate, intel_no_permission, intel_sapphire_rapids, intel_server, intel_two_dies,
    intel_unknown_model,
};
pub use msr::address;
pub use powercap::zone_path;

use crate::{Board, EnergyCounter, Errno, Fault};

/// A domain of a machine and its counter.
#[derive(Debug, Clone)]
struct Domain {
    package: usize,
    name: String,
    counter: EnergyCounter,
}

/// A machine with energy counters.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its files.
    pub board: Board,
    domains: Vec<Domain>,
}

impl Machine {
    fn new(board: Board) -> Self {
        Self { board, domains: Vec::new() }
    }

    fn with(mut self, package: usize, name: &str, counter: &EnergyCounter) -> Self {
        self.domains.push(Domain { package, name: name.to_owned(), counter: counter.clone() });
        self
    }

    /// The counter of a domain: `package`, `core`, `uncore`, `dram` or `psys`; on AMD the cores have one each,
    /// `core-0` and so on.
    ///
    /// # Panics
    /// If the machine has no such domain.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "a misspelt domain would make tests that cannot fail")]
    pub fn counter(&self, package: usize, name: &str) -> &EnergyCounter {
        let found = self.domains.iter().find(|domain| domain.package == package && domain.name == name);
        found.map_or_else(|| panic!("no domain {name} in package {package}"), |domain| &domain.counter)
    }

    /// The same machine without the `msr` module: no register can be read.
    #[must_use]
    pub fn without_msr(self) -> Self {
        self.board.fault("dev/cpu", Fault::Vanished);
        self
    }

    /// The same machine without powercap's driver: its registers alone.
    #[must_use]
    pub fn without_powercap(self) -> Self {
        self.board.remove("sys/class/powercap");
        self.board.remove("sys/devices/virtual/powercap");
        self
    }

    /// Makes every read of a zone fail, as when its firmware does not answer.
    pub fn fail_zone(&self, zone: &str, errno: Errno) {
        self.board.fault(&format!("{}/energy_uj", zone_path(zone)), Fault::Error(errno));
    }
}
