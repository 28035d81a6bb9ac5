//! Protocol counters: `/proc/net/snmp`, `/proc/net/netstat`, `/proc/net/snmp6`.

use crate::unknown;

super::metrics! {
    /// `InErrors` of `Icmp6` in `/proc/net/snmp6`.
    ICMP6_IN_ERRORS = unknown("node_netstat_Icmp6_InErrors", "InErrors of Icmp6 in /proc/net/snmp6.");
    /// `InMsgs` of `Icmp6` in `/proc/net/snmp6`.
    ICMP6_IN_MSGS = unknown("node_netstat_Icmp6_InMsgs", "InMsgs of Icmp6 in /proc/net/snmp6.");
    /// `OutMsgs` of `Icmp6` in `/proc/net/snmp6`.
    ICMP6_OUT_MSGS = unknown("node_netstat_Icmp6_OutMsgs", "OutMsgs of Icmp6 in /proc/net/snmp6.");
    /// `InErrors` of `Icmp` in `/proc/net/snmp`.
    ICMP_IN_ERRORS = unknown("node_netstat_Icmp_InErrors", "InErrors of Icmp in /proc/net/snmp.");
    /// `InMsgs` of `Icmp` in `/proc/net/snmp`.
    ICMP_IN_MSGS = unknown("node_netstat_Icmp_InMsgs", "InMsgs of Icmp in /proc/net/snmp.");
    /// `OutMsgs` of `Icmp` in `/proc/net/snmp`.
    ICMP_OUT_MSGS = unknown("node_netstat_Icmp_OutMsgs", "OutMsgs of Icmp in /proc/net/snmp.");
    /// `InOctets` of `Ip6` in `/proc/net/snmp6`.
    IP6_IN_OCTETS = unknown("node_netstat_Ip6_InOctets", "InOctets of Ip6 in /proc/net/snmp6.");
    /// `OutOctets` of `Ip6` in `/proc/net/snmp6`.
    IP6_OUT_OCTETS = unknown("node_netstat_Ip6_OutOctets", "OutOctets of Ip6 in /proc/net/snmp6.");
    /// `InOctets` of `IpExt` in `/proc/net/netstat`.
    IP_EXT_IN_OCTETS = unknown("node_netstat_IpExt_InOctets", "InOctets of IpExt in /proc/net/netstat.");
    /// `OutOctets` of `IpExt` in `/proc/net/netstat`.
    IP_EXT_OUT_OCTETS = unknown("node_netstat_IpExt_OutOctets", "OutOctets of IpExt in /proc/net/netstat.");
    /// `Forwarding` of `Ip` in `/proc/net/snmp`.
    IP_FORWARDING = unknown("node_netstat_Ip_Forwarding", "Forwarding of Ip in /proc/net/snmp.");
    /// `ListenDrops` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_LISTEN_DROPS = unknown("node_netstat_TcpExt_ListenDrops", "ListenDrops of TcpExt in /proc/net/netstat.");
    /// `ListenOverflows` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_LISTEN_OVERFLOWS = unknown("node_netstat_TcpExt_ListenOverflows", "ListenOverflows of TcpExt in /proc/net/netstat.");
    /// `SyncookiesFailed` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_SYNCOOKIES_FAILED = unknown("node_netstat_TcpExt_SyncookiesFailed", "SyncookiesFailed of TcpExt in /proc/net/netstat.");
    /// `SyncookiesRecv` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_SYNCOOKIES_RECV = unknown("node_netstat_TcpExt_SyncookiesRecv", "SyncookiesRecv of TcpExt in /proc/net/netstat.");
    /// `SyncookiesSent` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_SYNCOOKIES_SENT = unknown("node_netstat_TcpExt_SyncookiesSent", "SyncookiesSent of TcpExt in /proc/net/netstat.");
    /// `TCPSynRetrans` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_TCPSYN_RETRANS = unknown("node_netstat_TcpExt_TCPSynRetrans", "TCPSynRetrans of TcpExt in /proc/net/netstat.");
    /// `TCPTimeouts` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_TCPTIMEOUTS = unknown("node_netstat_TcpExt_TCPTimeouts", "TCPTimeouts of TcpExt in /proc/net/netstat.");
    /// `ActiveOpens` of `Tcp` in `/proc/net/snmp`.
    TCP_ACTIVE_OPENS = unknown("node_netstat_Tcp_ActiveOpens", "ActiveOpens of Tcp in /proc/net/snmp.");
    /// `CurrEstab` of `Tcp` in `/proc/net/snmp`.
    TCP_CURR_ESTAB = unknown("node_netstat_Tcp_CurrEstab", "CurrEstab of Tcp in /proc/net/snmp.");
    /// `InErrs` of `Tcp` in `/proc/net/snmp`.
    TCP_IN_ERRS = unknown("node_netstat_Tcp_InErrs", "InErrs of Tcp in /proc/net/snmp.");
    /// `InSegs` of `Tcp` in `/proc/net/snmp`.
    TCP_IN_SEGS = unknown("node_netstat_Tcp_InSegs", "InSegs of Tcp in /proc/net/snmp.");
    /// `OutRsts` of `Tcp` in `/proc/net/snmp`.
    TCP_OUT_RSTS = unknown("node_netstat_Tcp_OutRsts", "OutRsts of Tcp in /proc/net/snmp.");
    /// `OutSegs` of `Tcp` in `/proc/net/snmp`.
    TCP_OUT_SEGS = unknown("node_netstat_Tcp_OutSegs", "OutSegs of Tcp in /proc/net/snmp.");
    /// `PassiveOpens` of `Tcp` in `/proc/net/snmp`.
    TCP_PASSIVE_OPENS = unknown("node_netstat_Tcp_PassiveOpens", "PassiveOpens of Tcp in /proc/net/snmp.");
    /// `RetransSegs` of `Tcp` in `/proc/net/snmp`.
    TCP_RETRANS_SEGS = unknown("node_netstat_Tcp_RetransSegs", "RetransSegs of Tcp in /proc/net/snmp.");
    /// `InDatagrams` of `Udp6` in `/proc/net/snmp6`.
    UDP6_IN_DATAGRAMS = unknown("node_netstat_Udp6_InDatagrams", "InDatagrams of Udp6 in /proc/net/snmp6.");
    /// `InErrors` of `Udp6` in `/proc/net/snmp6`.
    UDP6_IN_ERRORS = unknown("node_netstat_Udp6_InErrors", "InErrors of Udp6 in /proc/net/snmp6.");
    /// `NoPorts` of `Udp6` in `/proc/net/snmp6`.
    UDP6_NO_PORTS = unknown("node_netstat_Udp6_NoPorts", "NoPorts of Udp6 in /proc/net/snmp6.");
    /// `OutDatagrams` of `Udp6` in `/proc/net/snmp6`.
    UDP6_OUT_DATAGRAMS = unknown("node_netstat_Udp6_OutDatagrams", "OutDatagrams of Udp6 in /proc/net/snmp6.");
    /// `RcvbufErrors` of `Udp6` in `/proc/net/snmp6`.
    UDP6_RCVBUF_ERRORS = unknown("node_netstat_Udp6_RcvbufErrors", "RcvbufErrors of Udp6 in /proc/net/snmp6.");
    /// `SndbufErrors` of `Udp6` in `/proc/net/snmp6`.
    UDP6_SNDBUF_ERRORS = unknown("node_netstat_Udp6_SndbufErrors", "SndbufErrors of Udp6 in /proc/net/snmp6.");
    /// `InErrors` of `UdpLite6` in `/proc/net/snmp6`.
    UDP_LITE6_IN_ERRORS = unknown("node_netstat_UdpLite6_InErrors", "InErrors of UdpLite6 in /proc/net/snmp6.");
    /// `InErrors` of `UdpLite` in `/proc/net/snmp`.
    UDP_LITE_IN_ERRORS = unknown("node_netstat_UdpLite_InErrors", "InErrors of UdpLite in /proc/net/snmp.");
    /// `InDatagrams` of `Udp` in `/proc/net/snmp`.
    UDP_IN_DATAGRAMS = unknown("node_netstat_Udp_InDatagrams", "InDatagrams of Udp in /proc/net/snmp.");
    /// `InErrors` of `Udp` in `/proc/net/snmp`.
    UDP_IN_ERRORS = unknown("node_netstat_Udp_InErrors", "InErrors of Udp in /proc/net/snmp.");
    /// `NoPorts` of `Udp` in `/proc/net/snmp`.
    UDP_NO_PORTS = unknown("node_netstat_Udp_NoPorts", "NoPorts of Udp in /proc/net/snmp.");
    /// `OutDatagrams` of `Udp` in `/proc/net/snmp`.
    UDP_OUT_DATAGRAMS = unknown("node_netstat_Udp_OutDatagrams", "OutDatagrams of Udp in /proc/net/snmp.");
    /// `RcvbufErrors` of `Udp` in `/proc/net/snmp`.
    UDP_RCVBUF_ERRORS = unknown("node_netstat_Udp_RcvbufErrors", "RcvbufErrors of Udp in /proc/net/snmp.");
    /// `SndbufErrors` of `Udp` in `/proc/net/snmp`.
    UDP_SNDBUF_ERRORS = unknown("node_netstat_Udp_SndbufErrors", "SndbufErrors of Udp in /proc/net/snmp.");
    /// `TCPOFOQueue` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_TCPOFOQUEUE = unknown("node_netstat_TcpExt_TCPOFOQueue", "TCPOFOQueue of TcpExt in /proc/net/netstat.");
    /// `TCPRcvQDrop` of `TcpExt` in `/proc/net/netstat`.
    TCP_EXT_TCPRCV_QDROP = unknown("node_netstat_TcpExt_TCPRcvQDrop", "TCPRcvQDrop of TcpExt in /proc/net/netstat.");
}
