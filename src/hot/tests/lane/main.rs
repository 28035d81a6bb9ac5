//! Lanes: what a tick does, what a thread adds, and that neither allocates.
#![cfg(all(test, not(hearth_loom)))]

#[cfg(test)]
mod allocation;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod thread;
#[cfg(test)]
mod tick;
