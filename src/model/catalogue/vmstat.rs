//! Paging: `/proc/vmstat`.

use crate::unknown;

super::metrics! {
    /// `oom_kill` of `/proc/vmstat`.
    OOM_KILL = unknown("node_vmstat_oom_kill", "oom_kill of /proc/vmstat.");
    /// `pgfault` of `/proc/vmstat`.
    PGFAULT = unknown("node_vmstat_pgfault", "pgfault of /proc/vmstat.");
    /// `pgmajfault` of `/proc/vmstat`.
    PGMAJFAULT = unknown("node_vmstat_pgmajfault", "pgmajfault of /proc/vmstat.");
    /// `pgpgin` of `/proc/vmstat`.
    PGPGIN = unknown("node_vmstat_pgpgin", "pgpgin of /proc/vmstat.");
    /// `pgpgout` of `/proc/vmstat`.
    PGPGOUT = unknown("node_vmstat_pgpgout", "pgpgout of /proc/vmstat.");
    /// `pswpin` of `/proc/vmstat`.
    PSWPIN = unknown("node_vmstat_pswpin", "pswpin of /proc/vmstat.");
    /// `pswpout` of `/proc/vmstat`.
    PSWPOUT = unknown("node_vmstat_pswpout", "pswpout of /proc/vmstat.");
}
