//! The framing of netlink: messages in a datagram, attributes in a message (`netlink(7)`, `linux/netlink.h`).
//!
//! Pure functions over bytes; all integers are in the machine's byte order. Lengths are checked before anything is
//! taken, so no input can panic or loop: every step goes forward by at least one header.

use super::WireError;

/// `NLMSG_ERROR`: a refusal, or an acknowledgement when the number in it is 0.
pub(super) const NLMSG_ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump, with its outcome.
pub(super) const NLMSG_DONE: u16 = 3;
/// `NLM_F_REQUEST`.
pub(super) const NLM_F_REQUEST: u16 = 1;
/// `NLM_F_DUMP_INTR`: what is dumped changed while it was being dumped.
pub(super) const NLM_F_DUMP_INTR: u16 = 0x10;
/// `NLM_F_DUMP`.
pub(super) const NLM_F_DUMP: u16 = 0x300;
/// Size of `struct nlmsghdr`.
pub(super) const HEADER_BYTES: usize = 16;
/// Size of `struct nlattr`.
const ATTRIBUTE_HEADER_BYTES: usize = 4;
/// `NLMSG_ALIGNTO` and `NLA_ALIGNTO`.
const ALIGNMENT: usize = 4;
/// `NLA_TYPE_MASK`: without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
const NLA_TYPE_MASK: u16 = 0x3fff;

/// One message of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) payload: &'a [u8],
}

/// Takes the first message off `rest`; `Ok(None)` at the end of the datagram.
pub(super) fn next_message<'a>(rest: &mut &'a [u8]) -> Result<Option<Message<'a>>, WireError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let (Some(length), Some(kind), Some(flags), Some(sequence)) =
        (u32_at(rest, 0), u16_at(rest, 4), u16_at(rest, 6), u32_at(rest, 8))
    else {
        return Err(WireError::ShortMessageHeader);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let payload = rest.get(HEADER_BYTES..length).ok_or(WireError::MessageLength)?;
    *rest = rest.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or(&[]);
    Ok(Some(Message { kind, flags, sequence, payload }))
}

/// One attribute: its type without the flag bits, and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    pub(super) kind: u16,
    pub(super) value: &'a [u8],
}

/// Takes the first attribute off `rest`; `Ok(None)` at the end of the message.
pub(super) fn next_attribute<'a>(rest: &mut &'a [u8]) -> Result<Option<Attribute<'a>>, WireError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let (Some(length), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) else {
        return Err(WireError::AttributeLength);
    };
    let length = usize::from(length);
    let value = rest.get(ATTRIBUTE_HEADER_BYTES..length).ok_or(WireError::AttributeLength)?;
    *rest = rest.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or(&[]);
    Ok(Some(Attribute { kind: kind & NLA_TYPE_MASK, value }))
}

pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

pub(super) fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().copied().map(i32::from_ne_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NLMSG_NOOP: u16 = 1;

    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER_BYTES + payload.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes
    }

    #[test]
    fn messages_follow_each_other_at_aligned_places() {
        let mut bytes = message(NLMSG_NOOP, b"abc");
        bytes.extend(message(NLMSG_DONE, b""));
        let mut rest = bytes.as_slice();
        let first = next_message(&mut rest).unwrap().unwrap();
        assert_eq!((first.kind, first.sequence, first.payload), (NLMSG_NOOP, 7, b"abc".as_slice()));
        assert_eq!(next_message(&mut rest).unwrap().unwrap().kind, NLMSG_DONE);
        assert!(next_message(&mut rest).unwrap().is_none());
    }

    #[test]
    fn a_message_that_claims_less_than_its_header_or_more_than_the_datagram_is_refused() {
        for claimed in [0_u32, 15, 21, u32::MAX] {
            let mut bytes = message(NLMSG_NOOP, b"abcd");
            bytes[..4].copy_from_slice(&claimed.to_ne_bytes());
            assert_eq!(
                next_message(&mut bytes.as_slice()).unwrap_err(),
                WireError::MessageLength,
                "{claimed}"
            );
        }
        assert_eq!(next_message(&mut [0; 11].as_slice()).unwrap_err(), WireError::ShortMessageHeader);
    }

    #[test]
    fn an_attribute_that_claims_less_than_its_header_or_more_than_the_message_is_refused() {
        for claimed in [0_u16, 3, 9, u16::MAX] {
            let mut bytes = claimed.to_ne_bytes().to_vec();
            bytes.extend([0; 6]);
            assert_eq!(
                next_attribute(&mut bytes.as_slice()).unwrap_err(),
                WireError::AttributeLength,
                "{claimed}"
            );
        }
        assert_eq!(next_attribute(&mut [0; 3].as_slice()).unwrap_err(), WireError::AttributeLength);
    }

    #[test]
    fn the_flag_bits_of_an_attribute_do_not_change_its_type() {
        let mut bytes = 5_u16.to_ne_bytes().to_vec();
        bytes.extend(0x8003_u16.to_ne_bytes());
        bytes.extend([9, 0, 0, 0]);
        let attribute = next_attribute(&mut bytes.as_slice()).unwrap().unwrap();
        assert_eq!((attribute.kind, attribute.value), (3, [9].as_slice()));
    }
}
