//! Scanning of kernel text without allocation: numbers, tokens and lines over bytes.
//!
//! Every text parser of this crate stands on these few primitives. The kernel writes ASCII, so nothing
//! here checks for UTF-8, and nothing copies. Three rules keep a cut text from becoming a wrong number:
//!
//! - a line counts only with its newline: [`complete`] drops what follows the last newline, and
//!   [`Scan::text`] and [`lines`] begin there;
//! - no primitive moves past a newline, save [`Scan::next_line`];
//! - a number that does not fit its type is `None`, never a wrapped value. After `None` the position is
//!   where it was before the call.
//!
//! A decimal is converted eight digits at a time inside one 64-bit word, since numbers are most of what
//! these files hold.

use memchr::{memchr, memrchr};

/// `b'0'` in every byte of a word.
const ASCII_ZEROS: u64 = 0x3030_3030_3030_3030;
/// Added to a byte of value 10 or more, sets its top bit; added to a digit's value, does not.
const ABOVE_NINE: u64 = 0x7676_7676_7676_7676;
/// The top bit of every byte of a word.
const TOP_BITS: u64 = 0x8080_8080_8080_8080;
/// Powers of ten by the number of digits that one word may hold.
const TEN_TO: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The part of `text` whose lines all have their newline; empty where there is no newline at all.
///
/// A kernel file that was cut (by a short read or a small buffer) ends inside a line, and the number
/// standing there may lack digits; this is where such a line is dropped.
#[must_use]
pub fn complete(text: &[u8]) -> &[u8] {
    match memrchr(b'\n', text) {
        Some(newline) => &text[..=newline],
        None => &[],
    }
}

/// The complete lines of `text` in order, each without its newline. A last line that has none is left out.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut left = text;
    core::iter::from_fn(move || {
        let newline = memchr(b'\n', left)?;
        let line = &left[..newline];
        left = &left[newline + 1..];
        Some(line)
    })
}

/// A position in kernel text that moves forward over numbers, tokens and lines.
///
/// "Blank" is a space or a tab. All methods but [`Scan::next_line`] stay on the current line.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// What has not been read yet.
    left: &'a [u8],
}

impl<'a> Scan<'a> {
    /// Scans `line`, one line without its newline (as [`lines`] yields it) or text known to be whole: the
    /// end of the bytes counts as the end of the line.
    #[must_use]
    pub fn new(line: &'a [u8]) -> Self {
        Self { left: line }
    }

    /// Scans a whole file's `text` from its first line; a last line without its newline is left out.
    #[must_use]
    pub fn text(text: &'a [u8]) -> Self {
        Self { left: complete(text) }
    }

    /// What has not been read yet, further lines included.
    #[must_use]
    pub fn left(&self) -> &'a [u8] {
        self.left
    }

    /// The byte at the position, `None` at the end of the text.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.left.first().copied()
    }

    /// Whether nothing but blanks stands between the position and the end of the line.
    #[must_use]
    pub fn at_line_end(&self) -> bool {
        let mut ahead = *self;
        ahead.skip_blanks();
        matches!(ahead.left.first(), None | Some(b'\n'))
    }

    /// Moves past blanks.
    pub fn skip_blanks(&mut self) {
        while let [b' ' | b'\t', left @ ..] = self.left {
            self.left = left;
        }
    }

    /// Moves past `expected` if exactly these bytes stand at the position, and says whether they did.
    pub fn prefix(&mut self, expected: &[u8]) -> bool {
        match self.left.strip_prefix(expected) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Moves past one byte if it is `expected`, and says whether it was.
    pub fn byte(&mut self, expected: u8) -> bool {
        match self.left {
            [first, left @ ..] if *first == expected => {
                self.left = left;
                true
            }
            _ => false,
        }
    }

    /// Skips blanks and reads a decimal number, up to the first byte that is no digit.
    ///
    /// `None` where no digit stands there or the value exceeds 64 bits; the position is then unchanged.
    pub fn u64(&mut self) -> Option<u64> {
        let mut ahead = *self;
        ahead.skip_blanks();
        let (value, _) = ahead.digits()?;
        *self = ahead;
        Some(value)
    }

    /// Skips blanks and reads a decimal number that fits 32 bits; otherwise as [`Scan::u64`].
    pub fn u32(&mut self) -> Option<u32> {
        let mut ahead = *self;
        let value = u32::try_from(ahead.u64()?).ok()?;
        *self = ahead;
        Some(value)
    }

    /// Skips blanks and reads a decimal number with an optional `-`; otherwise as [`Scan::u64`].
    pub fn i64(&mut self) -> Option<i64> {
        let mut ahead = *self;
        ahead.skip_blanks();
        let negative = ahead.byte(b'-');
        let (magnitude, _) = ahead.digits()?;
        let value =
            if negative { 0_i64.checked_sub_unsigned(magnitude)? } else { i64::try_from(magnitude).ok()? };
        *self = ahead;
        Some(value)
    }

    /// Skips blanks and reads a number with exactly two decimals (`12.34`) as hundredths (`1234`).
    ///
    /// The kernel writes loads, pressure averages and uptimes this way. `None` for any other count of
    /// decimals, so that a cut `12.3` is not taken for `12.30`.
    pub fn hundredths(&mut self) -> Option<u64> {
        let mut ahead = *self;
        ahead.skip_blanks();
        let (whole, _) = ahead.digits()?;
        if !ahead.byte(b'.') {
            return None;
        }
        let (fraction, 2) = ahead.digits()? else { return None };
        let value = whole.checked_mul(100)?.checked_add(fraction)?;
        *self = ahead;
        Some(value)
    }

    /// Skips blanks and reads a hexadecimal number of either case without a `0x`, up to the first byte
    /// that is no such digit. `None` as for [`Scan::u64`].
    pub fn hex(&mut self) -> Option<u64> {
        let mut ahead = *self;
        ahead.skip_blanks();
        let mut value = 0_u64;
        let mut count = 0_usize;
        while let [first, left @ ..] = ahead.left {
            let Some(digit) = hex_digit(*first) else { break };
            if value >> 60 != 0 {
                return None;
            }
            value = value << 4 | u64::from(digit);
            count += 1;
            ahead.left = left;
        }
        if count == 0 {
            return None;
        }
        *self = ahead;
        Some(value)
    }

    /// Skips blanks and reads the bytes up to the next blank or the end of the line; `None` where the line
    /// has no further token.
    pub fn token(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        ahead.skip_blanks();
        let end = ahead
            .left
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
            .unwrap_or(ahead.left.len());
        if end == 0 {
            return None;
        }
        let (token, left) = ahead.left.split_at(end);
        self.left = left;
        Some(token)
    }

    /// The rest of the current line without its newline, blanks included; the position moves to its end.
    pub fn rest(&mut self) -> &'a [u8] {
        let end = memchr(b'\n', self.left).unwrap_or(self.left.len());
        let (rest, left) = self.left.split_at(end);
        self.left = left;
        rest
    }

    /// Moves to the start of the next line, and says whether there is one.
    pub fn next_line(&mut self) -> bool {
        self.left = match memchr(b'\n', self.left) {
            Some(newline) => &self.left[newline + 1..],
            None => &[],
        };
        !self.left.is_empty()
    }

    /// Reads the digits at the position: their value and how many there were.
    fn digits(&mut self) -> Option<(u64, usize)> {
        let mut value = 0_u64;
        let mut count = 0_usize;
        while let Some(eight) = self.left.first_chunk::<8>() {
            let (part, digits) = leading_digits(u64::from_le_bytes(*eight));
            // Leading zeros may bring any number of words, so each step is checked.
            value = value.checked_mul(TEN_TO[digits])?.checked_add(part)?;
            count += digits;
            self.left = &self.left[digits..];
            if digits < 8 {
                return (count > 0).then_some((value, count));
            }
        }
        while let [digit @ b'0'..=b'9', left @ ..] = self.left {
            value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            count += 1;
            self.left = left;
        }
        (count > 0).then_some((value, count))
    }
}

/// The value of the decimal digits that `word` begins with (its lowest byte being the first character),
/// and their number, 0 to 8.
fn leading_digits(word: u64) -> (u64, usize) {
    let digits = word ^ ASCII_ZEROS;
    // A byte that is no digit shows its top bit here. A carry can only disturb bytes after the first such
    // one, which are not looked at.
    let others = (digits.wrapping_add(ABOVE_NINE) | digits) & TOP_BITS;
    let count = others.trailing_zeros() / 8;
    if count == 0 {
        return (0, 0);
    }
    // Shifted up, the digits end in the highest byte and zeros lead. Then neighbours are joined: bytes to
    // pairs (10·a + b), pairs to fours, fours to the eight.
    let aligned = digits << (64 - 8 * count);
    let pairs = aligned.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    let eight = fours.wrapping_mul(10_000 << 32 | 1) >> 32;
    (eight, count as usize)
}

/// The value of one hexadecimal digit.
fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_the_standard_library_reads_it() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for round in 0..20_000_u32 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let value = state >> (round % 64);
            for end in ["", "\n", " 7", " 12345678 9", "x"] {
                let text = format!("{value}{end}");
                let mut scan = Scan::new(text.as_bytes());
                assert_eq!(scan.u64(), Some(value), "{text:?}");
                assert_eq!(scan.left(), end.as_bytes());
            }
        }
    }

    #[test]
    fn every_byte_but_a_digit_ends_a_number_at_every_place() {
        for length in 1..=19 {
            for stop in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                let digits = &b"9876543210987654321"[..length];
                let mut text = digits.to_vec();
                text.extend([stop; 9]);
                let expected = digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
                assert_eq!(Scan::new(&text).u64(), Some(expected), "{length} digits, then {stop:#x}");
            }
        }
    }

    #[test]
    fn a_number_beyond_its_type_is_none_and_does_not_move() {
        for text in [
            "18446744073709551616",
            "99999999999999999999",
            "184467440737095516150 1",
            // Over in the third whole word, by its last digit alone and by far.
            "000018446744073709551616",
            "184467440737095516160000 1",
        ] {
            let mut scan = Scan::new(text.as_bytes());
            assert_eq!(scan.u64(), None);
            assert_eq!(scan.left(), text.as_bytes());
        }
        assert_eq!(Scan::new(b"18446744073709551615").u64(), Some(u64::MAX));
        assert_eq!(Scan::new(b"000000000000000000000000000042\n").u64(), Some(42));
        assert_eq!(Scan::new(b"4294967296").u32(), None);
        assert_eq!(Scan::new(b"4294967295").u32(), Some(u32::MAX));
        assert_eq!(Scan::new(b"-9223372036854775808").i64(), Some(i64::MIN));
        assert_eq!(Scan::new(b"9223372036854775807").i64(), Some(i64::MAX));
        assert_eq!(Scan::new(b"9223372036854775808").i64(), None);
        assert_eq!(Scan::new(b"-9223372036854775809").i64(), None);
        assert_eq!(Scan::new(b"ffffffffffffffff").hex(), Some(u64::MAX));
        assert_eq!(Scan::new(b"10000000000000000").hex(), None);
    }

    #[test]
    fn nothing_but_next_line_moves_past_a_newline() {
        let mut scan = Scan::text(b"one \n2 two\n\nlast\n");
        assert_eq!(scan.token(), Some(&b"one"[..]));
        assert_eq!((scan.token(), scan.u64(), scan.i64(), scan.hex()), (None, None, None, None));
        assert!(scan.at_line_end());
        assert!(scan.next_line());
        assert_eq!(scan.u64(), Some(2));
        assert_eq!(scan.rest(), b" two");
        assert_eq!(scan.rest(), b"");
        assert!(scan.next_line());
        assert!(scan.at_line_end());
        assert!(scan.next_line());
        assert_eq!(scan.token(), Some(&b"last"[..]));
        assert!(!scan.next_line());
        assert!(!scan.next_line());
    }

    #[test]
    fn a_line_without_its_newline_is_not_there() {
        assert_eq!(lines(b"a\n\nb\nhalf").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert_eq!(complete(b"a\nhal"), b"a\n");
        assert_eq!(complete(b"half"), b"");
        assert_eq!(Scan::text(b"12").u64(), None);
        assert_eq!(Scan::text(b"12\n34").u64(), Some(12));
    }

    #[test]
    fn hundredths_want_exactly_two_decimals() {
        assert_eq!(Scan::new(b" 0.07 ").hundredths(), Some(7));
        assert_eq!(Scan::new(b"100.00").hundredths(), Some(10_000));
        for text in [&b"1.2"[..], b"1.234", b"1", b"1.", b".12", b"1 .23", b"184467440737095517.00"] {
            assert_eq!(Scan::new(text).hundredths(), None, "{text:?}");
        }
    }

    #[test]
    fn words_are_taken_as_they_stand() {
        let mut scan = Scan::new(b"cpu12\t 7f,x");
        assert!(!scan.prefix(b"cpux"));
        assert!(scan.prefix(b"cpu"));
        assert_eq!(scan.u64(), Some(12));
        assert_eq!(scan.hex(), Some(0x7f));
        assert!(scan.byte(b','));
        assert!(!scan.byte(b','));
        assert_eq!(scan.peek(), Some(b'x'));
        assert_eq!(scan.token(), Some(&b"x"[..]));
        assert_eq!(scan.peek(), None);
    }
}
