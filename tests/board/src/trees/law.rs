//! The truth: how each counter of [`super::linux_6_1`] grows with board time.
//!
//! A counter reads `start + per_second × elapsed`, rounded down, at every moment and in every file that shows
//! it, so a test knows what a program must report. Whatever has no law here stands still.

use std::time::Duration;

/// A counter that grows evenly with board time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Law {
    /// The value at board time zero.
    pub start: u64,
    /// The growth in a second of board time.
    pub per_second: u64,
}

const fn law(start: u64, per_second: u64) -> Law {
    Law { start, per_second }
}

/// A counter that stands at zero.
const ZERO: Law = law(0, 0);

impl Law {
    /// The value at a board time, rounded down, wrapping as a 64-bit counter does.
    #[must_use]
    pub fn at(self, elapsed: Duration) -> u64 {
        let (seconds, nanos) = (elapsed.as_secs(), u64::from(elapsed.subsec_nanos()));
        let whole = self.per_second.wrapping_mul(seconds);
        // Split by seconds, so that the product with nanoseconds fits for rates below 18 × 10^9 a second.
        let part = self.per_second.saturating_mul(nanos) / 1_000_000_000;
        self.start.wrapping_add(whole).wrapping_add(part)
    }
}

/// `btime`, in seconds since 1970.
pub const BOOT_TIME_S: u64 = 1_760_000_000;
/// Uptime in hundredths of a second.
pub const UPTIME_CS: Law = law(500_000, 100);
/// CPU 0 in ticks of 10 ms: user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. Without
/// the guest columns, which user and nice contain already, 100 ticks a second.
pub const CPU0_TICKS: [Law; 10] = [
    law(100_000, 20),
    law(2_000, 1),
    law(50_000, 10),
    law(330_000, 60),
    law(9_000, 5),
    law(1_000, 1),
    law(7_000, 2),
    law(1_000, 1),
    law(4_000, 2),
    ZERO,
];
/// CPU 1, as [`CPU0_TICKS`].
pub const CPU1_TICKS: [Law; 10] =
    [law(60_000, 10), ZERO, law(30_000, 5), law(410_000, 85), ZERO, ZERO, ZERO, ZERO, ZERO, ZERO];
/// `ctxt`.
pub const CONTEXT_SWITCHES: Law = law(1_000_000, 100);
/// `processes`, which is also the last process id of `loadavg`.
pub const FORKS: Law = law(5_000, 3);
/// The sum of `intr`; interrupts 1 and 9 make up [`INTERRUPT_1`] and [`INTERRUPT_9`] of it.
pub const INTERRUPTS: Law = law(700_000, 250);
/// Interrupt 1 of the `intr` line.
pub const INTERRUPT_1: Law = law(10, 1);
/// Interrupt 9 of the `intr` line.
pub const INTERRUPT_9: Law = law(300, 2);
/// The ten kinds of `softirq`: hi, timer, net_tx, net_rx, block, irq_poll, tasklet, sched, hrtimer, rcu.
pub const SOFTIRQS: [Law; 10] = [
    law(3, 0),
    law(90_000, 40),
    law(100, 1),
    law(60_000, 30),
    law(20_000, 5),
    ZERO,
    law(200, 2),
    law(80_000, 35),
    ZERO,
    law(50_000, 20),
];

/// Pressure in µs of stall: CPU, some. CPU full is zero for the whole machine, as in the kernel. Averages in
/// percent are `per_second / 10 000`.
pub const PRESSURE_CPU_SOME_US: Law = law(3_000_000, 1_000);
/// I/O, some, in µs.
pub const PRESSURE_IO_SOME_US: Law = law(9_000_000, 20_000);
/// I/O, full, in µs.
pub const PRESSURE_IO_FULL_US: Law = law(8_000_000, 10_000);
/// Memory, some, in µs.
pub const PRESSURE_MEMORY_SOME_US: Law = law(40_000, 500);
/// Memory, full, in µs.
pub const PRESSURE_MEMORY_FULL_US: Law = law(30_000, 200);
/// Interrupts, full, in µs; this file has no `some` line.
pub const PRESSURE_IRQ_FULL_US: Law = law(20_000, 300);

/// `MemTotal` in kB.
pub const MEMORY_TOTAL_KB: u64 = 8_048_576;
/// `Cached` in kB; `MemFree` shrinks as it grows, `MemAvailable` stays.
pub const CACHED_KB: Law = law(1_500_000, 4);
/// `MemFree` in kB at board time zero.
pub const FREE_START_KB: u64 = 5_000_000;
/// `pgpgin`, in kB.
pub const PAGED_IN_KB: Law = law(2_300_000, 64);
/// `pgpgout`, in kB.
pub const PAGED_OUT_KB: Law = law(800_000, 128);
/// `pgfault`.
pub const PAGE_FAULTS: Law = law(1_600_000, 500);
/// `pgmajfault`.
pub const MAJOR_PAGE_FAULTS: Law = law(1_500, 2);

/// The 17 counters of `sda` in the order of `Documentation/admin-guide/iostats.rst`; the ninth, requests in
/// flight, is a gauge and stands at 1.
pub const DISK_SDA: [Law; 17] = [
    law(66_000, 10),
    law(25_000, 2),
    law(4_500_000, 128),
    law(17_000, 30),
    law(10_000, 20),
    law(17_000, 4),
    law(1_600_000, 256),
    law(4_000, 50),
    law(1, 0),
    law(8_000, 60),
    law(24_000, 95),
    law(3_000, 1),
    ZERO,
    law(220_000, 8),
    law(200, 5),
    law(1_200, 1),
    law(800, 10),
];
/// The first partition of `sda`, `sda1`.
pub const DISK_SDA1: [Law; 17] = {
    let mut laws = DISK_SDA;
    laws[15] = ZERO;
    laws[16] = ZERO;
    laws
};
/// `nvme0n1`, as [`DISK_SDA`].
pub const DISK_NVME0N1: [Law; 17] = {
    let mut laws = [ZERO; 17];
    laws[0] = law(900_000, 300);
    laws[2] = law(72_000_000, 9_600);
    laws[3] = law(45_000, 15);
    laws[4] = law(500_000, 200);
    laws[6] = law(64_000_000, 6_400);
    laws[7] = law(25_000, 10);
    laws[9] = law(60_000, 20);
    laws[10] = law(70_000, 25);
    laws
};

/// `eth0` in the order of `/proc/net/dev`: eight received (bytes, packets, errors, drops, fifo, frame,
/// compressed, multicast), eight sent (bytes, packets, errors, drops, fifo, collisions, carrier, compressed).
pub const NET_ETH0: [Law; 16] = {
    let mut laws = [ZERO; 16];
    laws[0] = law(7_000_000_000, 125_000);
    laws[1] = law(5_000_000, 100);
    laws[3] = law(12, 1);
    laws[7] = law(4_000, 2);
    laws[8] = law(900_000_000, 40_000);
    laws[9] = law(2_000_000, 80);
    laws
};
/// `lo`, as [`NET_ETH0`].
pub const NET_LO: [Law; 16] = {
    let mut laws = [ZERO; 16];
    laws[0] = law(122_000, 1_000);
    laws[1] = law(1_000, 10);
    laws[8] = laws[0];
    laws[9] = laws[1];
    laws
};
/// `Ip: InReceives` and `InDelivers`.
pub const IP_IN_RECEIVES: Law = law(2_800_000, 40);
/// `Ip: OutRequests`.
pub const IP_OUT_REQUESTS: Law = law(2_000_000, 35);
/// `Tcp: ActiveOpens`.
pub const TCP_ACTIVE_OPENS: Law = law(6_400, 1);
/// `Tcp: InSegs`.
pub const TCP_IN_SEGS: Law = law(2_700_000, 30);
/// `Tcp: OutSegs`.
pub const TCP_OUT_SEGS: Law = law(1_900_000, 27);
/// `Tcp: RetransSegs` and `TcpExt: TCPLostRetransmit`.
pub const TCP_RETRANS_SEGS: Law = law(300, 2);
/// `Udp: InDatagrams`.
pub const UDP_IN_DATAGRAMS: Law = law(12_000, 10);
/// `Udp: OutDatagrams`.
pub const UDP_OUT_DATAGRAMS: Law = law(11_000, 8);
/// `IpExt: InOctets`.
pub const IP_IN_OCTETS: Law = law(7_100_000_000, 125_000);
/// `IpExt: OutOctets`.
pub const IP_OUT_OCTETS: Law = law(950_000_000, 40_000);
/// `Ip6InReceives` and `Ip6InDelivers`.
pub const IP6_IN_RECEIVES: Law = law(90_000, 5);
/// `Ip6OutRequests`.
pub const IP6_OUT_REQUESTS: Law = law(70_000, 4);
/// Packets processed by the network backlog of CPU 0, shown in 32 bits.
pub const SOFTNET0_PROCESSED: Law = law(4_294_967_000, 50);
/// Times that CPU 0 ran out of its budget.
pub const SOFTNET0_SQUEEZED: Law = law(16, 1);
/// Packets processed by the network backlog of CPU 1.
pub const SOFTNET1_PROCESSED: Law = law(2_869, 20);

/// `utime` of `/proc/self`, in ticks of 10 ms.
pub const SELF_USER_TICKS: Law = law(500, 3);
/// `stime` of `/proc/self`, in ticks of 10 ms.
pub const SELF_SYSTEM_TICKS: Law = law(200, 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_rounds_down_within_a_second_and_stays_exact_over_years() {
        assert_eq!(law(10, 3).at(Duration::from_millis(999)), 12);
        assert_eq!(law(10, 3).at(Duration::from_secs(1)), 13);
        let years = Duration::from_secs(10 * 365 * 86_400);
        assert_eq!(law(7, 125_000).at(years), 7 + 125_000 * 10 * 365 * 86_400);
        assert_eq!(law(u64::MAX, 2).at(Duration::from_secs(1)), 1);
    }

    #[test]
    fn every_cpu_spends_one_second_a_second() {
        for cpu in [CPU0_TICKS, CPU1_TICKS] {
            assert_eq!(cpu[..8].iter().map(|law| law.per_second).sum::<u64>(), 100);
            assert_eq!(cpu[..8].iter().map(|law| law.start).sum::<u64>(), UPTIME_CS.start);
        }
    }
}
