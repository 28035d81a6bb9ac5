//! The protocol tables: `snmp`, `netstat`, `snmp6`, `sockstat` and `sockstat6`.

use super::law::{
    IP_IN_OCTETS, IP_IN_RECEIVES, IP_OUT_OCTETS, IP_OUT_REQUESTS, IP6_IN_RECEIVES, IP6_OUT_REQUESTS, Law,
    TCP_ACTIVE_OPENS, TCP_IN_SEGS, TCP_OUT_SEGS, TCP_RETRANS_SEGS, UDP_IN_DATAGRAMS, UDP_OUT_DATAGRAMS,
};
use super::over_time;
use crate::{Board, Content};
use std::time::Duration;

const IP: &str = "Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos
InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs
FragFails FragCreates";
const ICMP: &str =
    "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects
InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutDestUnreachs
OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps
OutAddrMasks OutAddrMaskReps";
const TCP: &str =
    "RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab
InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors";
const UDP: &str =
    "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti
MemErrors";
const IP_EXT: &str = "InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets
OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts
InCEPkts ReasmOverlaps";
const TCP_EXT: &str = "\
SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned
OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled TWKilled PAWSActive PAWSEstab
DelayedACKs DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPHPHits TCPPureAcks
TCPHPAcks TCPRenoRecovery TCPSackRecovery TCPSACKReneging TCPSACKReorder TCPRenoReorder
TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo TCPLossUndo TCPLostRetransmit
TCPRenoFailures TCPSackFailures TCPLossFailures TCPFastRetrans TCPSlowStartRetrans TCPTimeouts
TCPLossProbes TCPLossProbeRecovery TCPRenoRecoveryFail TCPSackRecoveryFail TCPRcvCollapsed
TCPBacklogCoalesce TCPDSACKOldSent TCPDSACKOfoSent TCPDSACKRecv TCPDSACKOfoRecv TCPAbortOnData
TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger TCPAbortFailed
TCPMemoryPressures TCPMemoryPressuresChrono TCPSACKDiscard TCPDSACKIgnoredOld
TCPDSACKIgnoredNoUndo TCPSpuriousRTOs TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure
TCPSackShifted TCPSackMerged TCPSackShiftFallback TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop
TCPDeferAcceptDrop IPReversePathFilter TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop
TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop TCPOFOMerge TCPChallengeACK
TCPSYNChallenge TCPFastOpenActive TCPFastOpenActiveFail TCPFastOpenPassive
TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd TCPFastOpenBlackhole
TCPSpuriousRtxHostQueues BusyPollRxPackets TCPAutoCorking TCPFromZeroWindowAdv
TCPToZeroWindowAdv TCPWantZeroWindowAdv TCPSynRetrans TCPOrigDataSent TCPHystartTrainDetect
TCPHystartTrainCwnd TCPHystartDelayDetect TCPHystartDelayCwnd TCPACKSkippedSynRecv
TCPACKSkippedPAWS TCPACKSkippedSeq TCPACKSkippedFinWait2 TCPACKSkippedTimeWait
TCPACKSkippedChallenge TCPWinProbe TCPKeepAlive TCPMTUPFail TCPMTUPSuccess TCPDelivered
TCPDeliveredCE TCPAckCompressed TCPZeroWindowDrop TCPRcvQDrop TCPWqueueTooBig
TCPFastOpenPassiveAltKey TcpTimeoutRehash TcpDuplicateDataRehash TCPDSACKRecvSegs
TCPDSACKIgnoredDubious TCPMigrateReqSuccess TCPMigrateReqFailure";
const SNMP6: &str = "Ip6InReceives Ip6InHdrErrors Ip6InTooBigErrors Ip6InNoRoutes Ip6InAddrErrors
Ip6InUnknownProtos Ip6InTruncatedPkts Ip6InDiscards Ip6InDelivers Ip6OutForwDatagrams Ip6OutRequests
Ip6OutDiscards Ip6OutNoRoutes Ip6ReasmTimeout Ip6ReasmReqds Ip6ReasmOKs Ip6ReasmFails Ip6FragOKs Ip6FragFails
Ip6FragCreates Ip6InMcastPkts Ip6OutMcastPkts Ip6InOctets Ip6OutOctets Ip6InMcastOctets Ip6OutMcastOctets
Ip6InBcastOctets Ip6OutBcastOctets Ip6InNoECTPkts Ip6InECT1Pkts Ip6InECT0Pkts Ip6InCEPkts Icmp6InMsgs
Icmp6InErrors Icmp6OutMsgs Icmp6OutErrors Icmp6InCsumErrors Icmp6InDestUnreachs Icmp6InPktTooBigs
Icmp6InTimeExcds Icmp6InParmProblems Icmp6InEchos Icmp6InEchoReplies Icmp6InGroupMembQueries
Icmp6InGroupMembResponses Icmp6InGroupMembReductions Icmp6InRouterSolicits Icmp6InRouterAdvertisements
Icmp6InNeighborSolicits Icmp6InNeighborAdvertisements Icmp6InRedirects Icmp6InMLDv2Reports Icmp6OutDestUnreachs
Icmp6OutPktTooBigs Icmp6OutTimeExcds Icmp6OutParmProblems Icmp6OutEchos Icmp6OutEchoReplies
Icmp6OutGroupMembQueries Icmp6OutGroupMembResponses Icmp6OutGroupMembReductions Icmp6OutRouterSolicits
Icmp6OutRouterAdvertisements Icmp6OutNeighborSolicits Icmp6OutNeighborAdvertisements Icmp6OutRedirects
Icmp6OutMLDv2Reports Udp6InDatagrams Udp6NoPorts Udp6InErrors Udp6OutDatagrams Udp6RcvbufErrors Udp6SndbufErrors
Udp6InCsumErrors Udp6IgnoredMulti Udp6MemErrors UdpLite6InDatagrams UdpLite6NoPorts UdpLite6InErrors
UdpLite6OutDatagrams UdpLite6RcvbufErrors UdpLite6SndbufErrors UdpLite6InCsumErrors UdpLite6MemErrors";

const SOCKSTAT: &str = "\
sockets: used 187
TCP: inuse 12 orphan 0 tw 2 alloc 15 mem 4
UDP: inuse 6 mem 3
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
";
const SOCKSTAT6: &str = "\
TCP6: inuse 5
UDP6: inuse 3
UDPLITE6: inuse 0
RAW6: inuse 1
FRAG6: inuse 0 memory 0
";

pub(super) fn add(board: Board) -> Board {
    board
        .file("proc/net/snmp", over_time(snmp))
        .file("proc/net/netstat", over_time(netstat))
        .file("proc/net/snmp6", over_time(snmp6))
        .file("proc/net/sockstat", Content::text(SOCKSTAT))
        .file("proc/net/sockstat6", Content::text(SOCKSTAT6))
}

/// Two lines, names over values. Names without a fixed value or a law stand at zero.
fn table(
    protocol: &str,
    names: &str,
    fixed: &[(&str, &str)],
    laws: &[(&str, Law)],
    elapsed: Duration,
) -> String {
    let value = |name: &str| {
        let fixed = fixed.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
        let grown = || laws.iter().find(|(of, _)| *of == name).map(|(_, law)| law.at(elapsed).to_string());
        fixed.or_else(grown).unwrap_or_else(|| "0".to_owned())
    };
    let (mut head, mut row) = (format!("{protocol}:"), format!("{protocol}:"));
    for name in names.split_whitespace() {
        head = head + " " + name;
        row = row + " " + &value(name);
    }
    head + "\n" + &row + "\n"
}

/// `net/ipv4/proc.c`, `snmp_seq_show`.
fn snmp(elapsed: Duration) -> String {
    let ip =
        [("InReceives", IP_IN_RECEIVES), ("InDelivers", IP_IN_RECEIVES), ("OutRequests", IP_OUT_REQUESTS)];
    let tcp_fixed = [
        ("RtoAlgorithm", "1"),
        ("RtoMin", "200"),
        ("RtoMax", "120000"),
        ("MaxConn", "-1"),
        ("CurrEstab", "9"),
    ];
    let tcp = [
        ("ActiveOpens", TCP_ACTIVE_OPENS),
        ("InSegs", TCP_IN_SEGS),
        ("OutSegs", TCP_OUT_SEGS),
        ("RetransSegs", TCP_RETRANS_SEGS),
    ];
    let udp = [("InDatagrams", UDP_IN_DATAGRAMS), ("OutDatagrams", UDP_OUT_DATAGRAMS)];
    [
        table("Ip", IP, &[("Forwarding", "2"), ("DefaultTTL", "64")], &ip, elapsed),
        table("Icmp", ICMP, &[("InMsgs", "1"), ("InDestUnreachs", "1")], &[], elapsed),
        table("IcmpMsg", "InType3", &[("InType3", "1")], &[], elapsed),
        table("Tcp", TCP, &tcp_fixed, &tcp, elapsed),
        table("Udp", UDP, &[], &udp, elapsed),
        table("UdpLite", UDP, &[], &[], elapsed),
    ]
    .concat()
}

/// `net/ipv4/proc.c`, `netstat_seq_show`.
fn netstat(elapsed: Duration) -> String {
    let octets = [("InOctets", IP_IN_OCTETS), ("OutOctets", IP_OUT_OCTETS)];
    table("TcpExt", TCP_EXT, &[], &[("TCPLostRetransmit", TCP_RETRANS_SEGS)], elapsed)
        + &table("IpExt", IP_EXT, &[], &octets, elapsed)
}

/// `net/ipv6/proc.c`: one name a line, padded to 32 columns and followed by a tab.
fn snmp6(elapsed: Duration) -> String {
    let value = |name: &str| match name {
        "Ip6InReceives" | "Ip6InDelivers" => IP6_IN_RECEIVES.at(elapsed),
        "Ip6OutRequests" => IP6_OUT_REQUESTS.at(elapsed),
        _ => 0,
    };
    SNMP6.split_whitespace().map(|name| format!("{name:<32}\t{}\n", value(name))).collect()
}
