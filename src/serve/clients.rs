//! Who holds how many connections, and who asks how often: one table of fixed size.
//!
//! An address with open connections keeps its entry; of the others the one whose bucket is fullest goes first, since
//! forgetting it forgets least. The hash is seeded, so that nobody can choose addresses that crowd out others.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Entries looked at for one address.
const PROBES: usize = 16;

/// Entries for addresses without open connections, at least.
const ENTRIES_MIN: usize = 256;

/// A request's price. A bucket holds at most `requests_per_second` of these and gains as many a second, so one
/// nanosecond is worth `requests_per_second` units of it.
const REQUEST_COST: u64 = 1_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Entry {
    address: Option<IpAddr>,
    connections: u32,
    /// What is missing from a full bucket, in billionths of a request.
    spent: u64,
    at: Instant,
}

/// The table of client addresses.
#[derive(Debug)]
pub(super) struct Clients {
    entries: Vec<Entry>,
    seed: RandomState,
}

impl Clients {
    /// A table for `connections` open connections.
    pub(super) fn new(connections: u32, now: Instant) -> Self {
        let empty = Entry { address: None, connections: 0, spent: 0, at: now };
        Self { entries: vec![empty; entries_for(connections)], seed: RandomState::new() }
    }

    /// Makes room for `connections` open connections, if there is not enough.
    pub(super) fn grow(&mut self, connections: u32, now: Instant) {
        if entries_for(connections) <= self.entries.len() {
            return;
        }
        let old = std::mem::replace(self, Self::new(connections, now));
        for entry in old.entries {
            if let Some(address) = entry.address
                && let Some(place) = self.find(address)
            {
                *place = entry;
            }
        }
    }

    /// Takes one more connection for `address`, unless it has `at_most` already.
    pub(super) fn connect(&mut self, address: IpAddr, at_most: u32) -> bool {
        match self.find(network(address)) {
            Some(entry) if entry.connections < at_most => {
                entry.connections += 1;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Gives one connection of `address` back.
    pub(super) fn disconnect(&mut self, address: IpAddr) {
        if let Some(entry) = self.find(network(address)) {
            entry.connections = entry.connections.saturating_sub(1);
        }
    }

    /// Takes one request of `address` out of its bucket.
    ///
    /// # Errors
    /// How long the client must wait until there is one.
    pub(super) fn request(&mut self, address: IpAddr, per_second: u32, now: Instant) -> Result<(), Duration> {
        let rate = u64::from(per_second.max(1));
        // A connected address always has its entry; without one nothing can be counted against it.
        let Some(entry) = self.find(network(address)) else { return Ok(()) };
        let elapsed_ns =
            u64::try_from(now.saturating_duration_since(entry.at).as_nanos()).unwrap_or(u64::MAX);
        entry.spent = entry.spent.saturating_sub(elapsed_ns.saturating_mul(rate));
        entry.at = now;
        let room = rate * REQUEST_COST;
        if entry.spent + REQUEST_COST > room {
            return Err(Duration::from_nanos((entry.spent + REQUEST_COST - room).div_ceil(rate)));
        }
        entry.spent += REQUEST_COST;
        Ok(())
    }

    /// The entry of `address`, taking over a free or unimportant one if it has none yet.
    fn find(&mut self, address: IpAddr) -> Option<&mut Entry> {
        let mask = self.entries.len() - 1;
        let start = usize::try_from(self.seed.hash_one(address) & u64::from(u32::MAX)).unwrap_or(0);
        let probes = || (start..start + PROBES).map(|probe| probe & mask);
        let found = probes().find(|&index| self.entries[index].address == Some(address)).or_else(|| {
            let index = probes()
                .filter(|&index| self.entries[index].connections == 0)
                .min_by_key(|&index| (self.entries[index].address.is_some(), self.entries[index].spent))?;
            let entry = &mut self.entries[index];
            entry.address = Some(address);
            entry.spent = 0;
            Some(index)
        })?;
        self.entries.get_mut(found)
    }
}

/// A power of two, four times as many entries as connections: sixteen neighbours that are all taken do not happen.
fn entries_for(connections: u32) -> usize {
    let connections = usize::try_from(connections).unwrap_or(usize::MAX / 8);
    (connections * 4).next_power_of_two().max(ENTRIES_MIN)
}

/// What counts as one client: an IPv4 address, or the /64 network that one IPv6 host can choose addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(index: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + index).into())
    }

    #[test]
    fn an_address_holds_no_more_connections_than_its_share() {
        let mut clients = Clients::new(8, Instant::now());
        assert!(clients.connect(address(1), 2));
        assert!(clients.connect(address(1), 2));
        assert!(!clients.connect(address(1), 2));
        assert!(clients.connect(address(2), 2));
        clients.disconnect(address(1));
        assert!(clients.connect(address(1), 2));
    }

    #[test]
    fn addresses_of_one_ipv6_network_and_mapped_ipv4_addresses_are_one_client() {
        let mut clients = Clients::new(8, Instant::now());
        let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(clients.connect(parse("2001:db8::1"), 1));
        assert!(!clients.connect(parse("2001:db8::ffff:2"), 1));
        assert!(clients.connect(parse("2001:db8:0:1::1"), 1));
        assert!(clients.connect(parse("::ffff:10.0.0.1"), 1));
        assert!(!clients.connect(parse("10.0.0.1"), 1));
    }

    #[test]
    fn a_bucket_allows_its_burst_then_refuses_and_refills_with_time() {
        let start = Instant::now();
        let mut clients = Clients::new(8, start);
        for _ in 0..10 {
            assert_eq!(clients.request(address(1), 10, start), Ok(()));
        }
        assert_eq!(clients.request(address(1), 10, start), Err(Duration::from_millis(100)));
        assert_eq!(clients.request(address(2), 10, start), Ok(()));
        let later = start + Duration::from_millis(100);
        assert_eq!(clients.request(address(1), 10, later), Ok(()));
        assert_eq!(clients.request(address(1), 10, later), Err(Duration::from_millis(100)));
        let much_later = later + Duration::from_secs(100_000);
        let allowed = (0..20).filter(|_| clients.request(address(1), 10, much_later).is_ok()).count();
        assert_eq!(allowed, 10);
    }

    #[test]
    fn a_flood_of_addresses_neither_grows_the_table_nor_drops_open_connections() {
        let now = Instant::now();
        let mut clients = Clients::new(8, now);
        assert!(clients.connect(address(1), 1));
        let entries = clients.entries.len();
        for index in 2..10_000 {
            assert_eq!(clients.request(address(index), 5, now), Ok(()));
        }
        assert_eq!(clients.entries.len(), entries);
        assert!(!clients.connect(address(1), 1));
    }

    #[test]
    fn growing_keeps_what_was_counted() {
        let now = Instant::now();
        let mut clients = Clients::new(8, now);
        assert!(clients.connect(address(1), 1));
        clients.grow(10_000, now);
        assert!(clients.entries.len() >= 40_000);
        assert!(!clients.connect(address(1), 1));
    }
}
