//! postcard's `varint(u64)` and zig-zag, for the coding inside a message's body.

use super::decode::Fault;

/// Seven bits a byte, lowest first; all but the last byte have their top bit set.
pub(super) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Reads one from the front of `bytes`: the value and how many bytes it took.
pub(super) fn take(bytes: &[u8]) -> Result<(u64, usize), Fault> {
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        let seven = u64::from(byte & 0x7f);
        // The tenth byte holds the 64th bit alone.
        if at == 9 && byte > 1 {
            return Err(Fault::BadVarint);
        }
        value |= seven << (7 * at);
        if byte < 0x80 {
            return Ok((value, at + 1));
        }
    }
    Err(if bytes.len() < 10 { Fault::Truncated } else { Fault::BadVarint })
}

/// 0, -1, 1, -2, … becomes 0, 1, 2, 3, …
pub(super) const fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

/// The inverse of [`zigzag`].
pub(super) const fn unzigzag(code: u64) -> i64 {
    (code >> 1).cast_signed() ^ -((code & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_come_back() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1_u64 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                put(value, &mut bytes);
                assert_eq!(take(&bytes), Ok((value, bytes.len())));
                for end in 0..bytes.len() {
                    assert_eq!(take(&bytes[..end]), Err(Fault::Truncated));
                }
            }
        }
        for value in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
    }

    #[test]
    fn more_than_64_bits_are_refused() {
        assert_eq!(take(&[0xff; 11]), Err(Fault::BadVarint));
        let mut widest = [0xff; 10];
        widest[9] = 1;
        assert_eq!(take(&widest), Ok((u64::MAX, 10)));
        widest[9] = 2;
        assert_eq!(take(&widest), Err(Fault::BadVarint));
    }
}
