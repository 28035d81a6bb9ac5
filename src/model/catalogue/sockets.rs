//! Sockets, neighbours, packet backlog and connection tracking.

use crate::{Unit, counter, gauge};

super::metrics! {
    /// FRAG6 inuse of /proc/net/sockstat6.
    FRAG6_INUSE = gauge("node_sockstat_FRAG6_inuse", Unit::None, "FRAG6 inuse of /proc/net/sockstat6.");
    /// FRAG6 memory of /proc/net/sockstat6.
    FRAG6_MEMORY = gauge("node_sockstat_FRAG6_memory", Unit::None, "FRAG6 memory of /proc/net/sockstat6.");
    /// FRAG inuse of /proc/net/sockstat.
    FRAG_INUSE = gauge("node_sockstat_FRAG_inuse", Unit::None, "FRAG inuse of /proc/net/sockstat.");
    /// FRAG memory of /proc/net/sockstat.
    FRAG_MEMORY = gauge("node_sockstat_FRAG_memory", Unit::None, "FRAG memory of /proc/net/sockstat.");
    /// RAW6 inuse of /proc/net/sockstat6.
    RAW6_INUSE = gauge("node_sockstat_RAW6_inuse", Unit::None, "RAW6 inuse of /proc/net/sockstat6.");
    /// RAW inuse of /proc/net/sockstat.
    RAW_INUSE = gauge("node_sockstat_RAW_inuse", Unit::None, "RAW inuse of /proc/net/sockstat.");
    /// TCP6 inuse of /proc/net/sockstat6.
    TCP6_INUSE = gauge("node_sockstat_TCP6_inuse", Unit::None, "TCP6 inuse of /proc/net/sockstat6.");
    /// TCP alloc of /proc/net/sockstat.
    TCP_ALLOC = gauge("node_sockstat_TCP_alloc", Unit::None, "TCP alloc of /proc/net/sockstat.");
    /// TCP inuse of /proc/net/sockstat.
    TCP_INUSE = gauge("node_sockstat_TCP_inuse", Unit::None, "TCP inuse of /proc/net/sockstat.");
    /// TCP mem of /proc/net/sockstat.
    TCP_MEM = gauge("node_sockstat_TCP_mem", Unit::None, "TCP mem of /proc/net/sockstat.");
    /// TCP mem bytes of /proc/net/sockstat, in bytes.
    TCP_MEM_BYTES = gauge("node_sockstat_TCP_mem_bytes", Unit::Bytes, "TCP mem bytes of /proc/net/sockstat, in bytes.");
    /// TCP orphan of /proc/net/sockstat.
    TCP_ORPHAN = gauge("node_sockstat_TCP_orphan", Unit::None, "TCP orphan of /proc/net/sockstat.");
    /// TCP tw of /proc/net/sockstat.
    TCP_TW = gauge("node_sockstat_TCP_tw", Unit::None, "TCP tw of /proc/net/sockstat.");
    /// UDP6 inuse of /proc/net/sockstat6.
    UDP6_INUSE = gauge("node_sockstat_UDP6_inuse", Unit::None, "UDP6 inuse of /proc/net/sockstat6.");
    /// UDPLITE6 inuse of /proc/net/sockstat6.
    UDPLITE6_INUSE = gauge("node_sockstat_UDPLITE6_inuse", Unit::None, "UDPLITE6 inuse of /proc/net/sockstat6.");
    /// UDPLITE inuse of /proc/net/sockstat.
    UDPLITE_INUSE = gauge("node_sockstat_UDPLITE_inuse", Unit::None, "UDPLITE inuse of /proc/net/sockstat.");
    /// UDP inuse of /proc/net/sockstat.
    UDP_INUSE = gauge("node_sockstat_UDP_inuse", Unit::None, "UDP inuse of /proc/net/sockstat.");
    /// UDP mem of /proc/net/sockstat.
    UDP_MEM = gauge("node_sockstat_UDP_mem", Unit::None, "UDP mem of /proc/net/sockstat.");
    /// UDP mem bytes of /proc/net/sockstat, in bytes.
    UDP_MEM_BYTES = gauge("node_sockstat_UDP_mem_bytes", Unit::Bytes, "UDP mem bytes of /proc/net/sockstat, in bytes.");
    /// Sockets in use.
    SOCKETS_USED = gauge("node_sockstat_sockets_used", Unit::None, "Sockets in use.");
    /// ARP entries.
    ARP_ENTRIES = gauge("node_arp_entries", Unit::None, "Neighbours known by ARP.").labels(&["device"]);
    /// UDP queues.
    UDP_QUEUES = gauge("node_udp_queues", Unit::Bytes, "Bytes that wait in the queues of UDP sockets.").labels(&["queue", "ip"]);
    /// Packets processed.
    SOFTNET_PROCESSED = counter("node_softnet_processed_total", Unit::None, "Packets processed.").labels(&["cpu"]);
    /// Packets dropped because the backlog was full.
    SOFTNET_DROPPED = counter("node_softnet_dropped_total", Unit::None, "Packets dropped because the backlog was full.").labels(&["cpu"]);
    /// Times that packets were left when the time slice ended.
    SOFTNET_TIMES_SQUEEZED = counter("node_softnet_times_squeezed_total", Unit::None, "Times that packets were left when the time slice ended.").labels(&["cpu"]);
    /// Tracked connections.
    CONNTRACK = gauge("node_nf_conntrack_entries", Unit::None, "Connections tracked by the firewall.").history();
    /// Limit of tracked connections.
    CONNTRACK_LIMIT = gauge("node_nf_conntrack_entries_limit", Unit::None, "Connections that can be tracked.");
    /// `found` of connection tracking.
    CONNTRACK_FOUND = gauge("node_nf_conntrack_stat_found", Unit::None, "found of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `invalid` of connection tracking.
    CONNTRACK_INVALID = gauge("node_nf_conntrack_stat_invalid", Unit::None, "invalid of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `ignore` of connection tracking.
    CONNTRACK_IGNORE = gauge("node_nf_conntrack_stat_ignore", Unit::None, "ignore of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `insert` of connection tracking.
    CONNTRACK_INSERT = gauge("node_nf_conntrack_stat_insert", Unit::None, "insert of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `insert_failed` of connection tracking.
    CONNTRACK_INSERT_FAILED = gauge("node_nf_conntrack_stat_insert_failed", Unit::None, "insert_failed of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `drop` of connection tracking.
    CONNTRACK_DROP = gauge("node_nf_conntrack_stat_drop", Unit::None, "drop of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `early_drop` of connection tracking.
    CONNTRACK_EARLY_DROP = gauge("node_nf_conntrack_stat_early_drop", Unit::None, "early_drop of /proc/net/stat/nf_conntrack, all CPUs together.");
    /// `search_restart` of connection tracking.
    CONNTRACK_SEARCH_RESTART = gauge("node_nf_conntrack_stat_search_restart", Unit::None, "search_restart of /proc/net/stat/nf_conntrack, all CPUs together.");
}
