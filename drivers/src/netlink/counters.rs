//! A link's counters: `struct rtnl_link_stats64` (`linux/if_link.h`).

use super::wire::u64_at;

/// Counters of the oldest supported kernel: up to `tx_compressed`.
const COUNTERS_MIN: usize = 23;

/// The 64-bit counters of a link, as the kernel names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the members of the kernel's struct, in its order and with its names"
)]
pub struct LinkCounters {
    pub rx_packets: u64,
    pub tx_packets: u64,
    pub rx_bytes: u64,
    pub tx_bytes: u64,
    pub rx_errors: u64,
    pub tx_errors: u64,
    pub rx_dropped: u64,
    pub tx_dropped: u64,
    pub multicast: u64,
    pub collisions: u64,
    pub rx_length_errors: u64,
    pub rx_over_errors: u64,
    pub rx_crc_errors: u64,
    pub rx_frame_errors: u64,
    pub rx_fifo_errors: u64,
    pub rx_missed_errors: u64,
    pub tx_aborted_errors: u64,
    pub tx_carrier_errors: u64,
    pub tx_fifo_errors: u64,
    pub tx_heartbeat_errors: u64,
    pub tx_window_errors: u64,
    pub rx_compressed: u64,
    pub tx_compressed: u64,
    /// Since Linux 4.6.
    pub rx_nohandler: Option<u64>,
    /// Since Linux 5.19.
    pub rx_otherhost_dropped: Option<u64>,
}

impl LinkCounters {
    /// The counters in `value`, whose length says how many this kernel has; `None` when it has fewer than any kernel.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.len() < COUNTERS_MIN * size_of::<u64>() {
            return None;
        }
        let counter = |index: usize| u64_at(value, index * size_of::<u64>());
        Some(Self {
            rx_packets: counter(0)?,
            tx_packets: counter(1)?,
            rx_bytes: counter(2)?,
            tx_bytes: counter(3)?,
            rx_errors: counter(4)?,
            tx_errors: counter(5)?,
            rx_dropped: counter(6)?,
            tx_dropped: counter(7)?,
            multicast: counter(8)?,
            collisions: counter(9)?,
            rx_length_errors: counter(10)?,
            rx_over_errors: counter(11)?,
            rx_crc_errors: counter(12)?,
            rx_frame_errors: counter(13)?,
            rx_fifo_errors: counter(14)?,
            rx_missed_errors: counter(15)?,
            tx_aborted_errors: counter(16)?,
            tx_carrier_errors: counter(17)?,
            tx_fifo_errors: counter(18)?,
            tx_heartbeat_errors: counter(19)?,
            tx_window_errors: counter(20)?,
            rx_compressed: counter(21)?,
            tx_compressed: counter(22)?,
            rx_nohandler: counter(23),
            rx_otherhost_dropped: counter(24),
        })
    }

    /// The counters behind the columns of `/proc/net/dev`. A column that folds several stands in the first of its
    /// name, so that [`LinkCounters::folded`] gives the columns back.
    #[must_use]
    pub fn of_columns(columns: &FoldedCounters) -> Self {
        Self {
            rx_bytes: columns.rx_bytes,
            rx_packets: columns.rx_packets,
            rx_errors: columns.rx_errors,
            rx_dropped: columns.rx_dropped,
            rx_fifo_errors: columns.rx_fifo,
            rx_frame_errors: columns.rx_frame,
            rx_compressed: columns.rx_compressed,
            multicast: columns.rx_multicast,
            tx_bytes: columns.tx_bytes,
            tx_packets: columns.tx_packets,
            tx_errors: columns.tx_errors,
            tx_dropped: columns.tx_dropped,
            tx_fifo_errors: columns.tx_fifo,
            collisions: columns.tx_collisions,
            tx_carrier_errors: columns.tx_carrier,
            tx_compressed: columns.tx_compressed,
            ..Self::default()
        }
    }

    /// The sixteen columns of `/proc/net/dev`, folded as `net/core/net-procfs.c` folds them.
    ///
    /// Sums wrap as the kernel's own do.
    #[must_use]
    pub const fn folded(&self) -> FoldedCounters {
        FoldedCounters {
            rx_bytes: self.rx_bytes,
            rx_packets: self.rx_packets,
            rx_errors: self.rx_errors,
            rx_dropped: self.rx_dropped.wrapping_add(self.rx_missed_errors),
            rx_fifo: self.rx_fifo_errors,
            rx_frame: self
                .rx_length_errors
                .wrapping_add(self.rx_over_errors)
                .wrapping_add(self.rx_crc_errors)
                .wrapping_add(self.rx_frame_errors),
            rx_compressed: self.rx_compressed,
            rx_multicast: self.multicast,
            tx_bytes: self.tx_bytes,
            tx_packets: self.tx_packets,
            tx_errors: self.tx_errors,
            tx_dropped: self.tx_dropped,
            tx_fifo: self.tx_fifo_errors,
            tx_collisions: self.collisions,
            tx_carrier: self
                .tx_carrier_errors
                .wrapping_add(self.tx_aborted_errors)
                .wrapping_add(self.tx_window_errors)
                .wrapping_add(self.tx_heartbeat_errors),
            tx_compressed: self.tx_compressed,
        }
    }
}

/// The columns of one line of `/proc/net/dev`, in its order: bytes, packets, then events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the file's columns, in its order and with its names")]
pub struct FoldedCounters {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub rx_fifo: u64,
    pub rx_frame: u64,
    pub rx_compressed: u64,
    pub rx_multicast: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
    pub tx_fifo: u64,
    pub tx_collisions: u64,
    pub tx_carrier: u64,
    pub tx_compressed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(counters: u64) -> Vec<u8> {
        (0..counters).flat_map(|index| (1_u64 << index).to_ne_bytes()).collect()
    }

    #[test]
    fn the_length_says_which_counters_a_kernel_has() {
        let old = LinkCounters::parse(&numbered(23)).unwrap();
        assert_eq!((old.tx_compressed, old.rx_nohandler, old.rx_otherhost_dropped), (1 << 22, None, None));
        let middle = LinkCounters::parse(&numbered(24)).unwrap();
        assert_eq!((middle.rx_nohandler, middle.rx_otherhost_dropped), (Some(1 << 23), None));
        let new = LinkCounters::parse(&numbered(25)).unwrap();
        assert_eq!((new.rx_nohandler, new.rx_otherhost_dropped), (Some(1 << 23), Some(1 << 24)));
        let later = LinkCounters::parse(&numbered(30)).unwrap();
        assert_eq!(later, new);
        for length in 0..23 * 8 {
            assert_eq!(LinkCounters::parse(&numbered(23)[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn folding_sums_the_kinds_of_error_as_the_kernel_does() {
        let folded = LinkCounters::parse(&numbered(25)).unwrap().folded();
        assert_eq!(folded.rx_dropped, (1 << 6) + (1 << 15));
        assert_eq!(folded.rx_frame, (1 << 10) + (1 << 11) + (1 << 12) + (1 << 13));
        assert_eq!(folded.tx_carrier, (1 << 16) + (1 << 17) + (1 << 19) + (1 << 20));
        assert_eq!((folded.tx_bytes, folded.rx_bytes), (1 << 3, 1 << 2));
        assert_eq!((folded.rx_multicast, folded.tx_collisions, folded.tx_fifo), (1 << 8, 1 << 9, 1 << 18));
        assert_eq!(LinkCounters::of_columns(&folded).folded(), folded);
    }
}
