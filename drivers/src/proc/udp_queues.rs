//! Bytes waiting in UDP sockets: `/proc/net/udp` and `/proc/net/udp6` (`net/ipv4/udp.c`).
//!
//! The files have a line for each socket; the fifth column is `tx:rx` in hexadecimal bytes.

use super::ParseError;
use crate::file::Delivery;
use crate::text::{Scan, lines};

/// The sockets of IPv4.
pub const PATH_V4: &str = "proc/net/udp";
/// The sockets of IPv6.
pub const PATH_V6: &str = "proc/net/udp6";
/// How the kernel hands either of them out.
pub const DELIVERY: Delivery = Delivery::Chunked;
/// Columns before the queues: slot, local address, remote address, state.
const COLUMNS_BEFORE: usize = 4;

/// Sums over all sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpQueues {
    /// Sockets.
    pub sockets: u64,
    /// Bytes waiting to be sent.
    pub transmit_bytes: u64,
    /// Bytes waiting to be read.
    pub receive_bytes: u64,
}

/// Sums the queues of all sockets.
///
/// # Errors
/// [`ParseError::Malformed`] when a line has no such column, or a sum exceeds 64 bits.
pub fn parse(text: &[u8]) -> Result<UdpQueues, ParseError> {
    let mut queues = UdpQueues::default();
    for bytes in lines(text).skip(1) {
        add(bytes, &mut queues).ok_or(ParseError::malformed("socket line"))?;
    }
    Ok(queues)
}

fn add(line: &[u8], queues: &mut UdpQueues) -> Option<()> {
    let mut scan = Scan::new(line);
    for _ in 0..COLUMNS_BEFORE {
        scan.token()?;
    }
    let transmit_bytes = scan.hex()?;
    if !scan.byte(b':') {
        return None;
    }
    let receive_bytes = scan.hex()?;
    queues.sockets = queues.sockets.checked_add(1)?;
    queues.transmit_bytes = queues.transmit_bytes.checked_add(transmit_bytes)?;
    queues.receive_bytes = queues.receive_bytes.checked_add(receive_bytes)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: ParseError = ParseError::Malformed { what: "socket line" };

    const CAPTURED: &[u8] = b"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
  381: 3500007F:0035 00000000:0000 07 00000000:00000300 00:00000000 00000000   101        0 17326 2 0000000000000000 0         
 4096: 00000000:14E9 00000000:0000 07 00000A00:00000011 00:00000000 00000000   104        0 18113 2 0000000000000000 0         
";

    #[test]
    fn the_queues_of_all_sockets_are_summed() {
        let expected = UdpQueues { sockets: 2, transmit_bytes: 0xa00, receive_bytes: 0x311 };
        assert_eq!(parse(CAPTURED), Ok(expected));
        assert_eq!(parse(b"heading\n"), Ok(UdpQueues::default()));
    }

    #[test]
    fn every_shorter_prefix_sums_the_whole_lines_before_it() {
        for length in 0..CAPTURED.len() {
            let queues = parse(&CAPTURED[..length]).unwrap();
            let newlines = CAPTURED[..length].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(queues.sockets, newlines.saturating_sub(1) as u64, "{length} bytes");
            assert!([0, 0x300].contains(&queues.receive_bytes), "{length} bytes");
        }
    }

    #[test]
    fn a_line_without_queues_is_refused() {
        for line in ["1: a b 07", "1: a b 07 0", "1: a b 07 0 0", "1: a b 07 x:0", ""] {
            let text = format!("heading\n{line}\n");
            assert_eq!(parse(text.as_bytes()), Err(MALFORMED), "{line:?}");
        }
    }

    #[test]
    fn the_live_sockets_are_those_that_another_parser_finds() {
        use procfs::FromReadSI;
        let text = std::fs::read("/proc/net/udp").unwrap();
        match procfs::net::UdpNetEntries::from_read(text.as_slice(), procfs::current_system_info()) {
            Ok(theirs) => {
                let queued = theirs.0.iter().map(|socket| u64::from(socket.rx_queue)).sum::<u64>();
                let ours = parse(&text).unwrap();
                assert_eq!((ours.sockets, ours.receive_bytes), (theirs.0.len() as u64, queued));
            }
            Err(error) => eprintln!("not compared here: {error}"),
        }
    }
}
