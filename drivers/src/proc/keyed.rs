//! Texts of one key and one number a line, read by the place where each key stood last time.
//!
//! `/proc/meminfo` and `/proc/vmstat` keep their lines and order as long as the kernel runs, but a line moves
//! when a number before it gains a digit. So each key remembers where its line began. A read looks there
//! first, verifies the key's bytes, and searches only when they are not there; what one key moved by is
//! expected of the keys after it as well. A read thus costs what the wanted keys cost, not what the text has.

use super::ParseError;
use crate::text::{Scan, complete, lines};

/// What a line's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUnit {
    /// `kB` in the text: units of 1024 bytes.
    Kib,
    /// Nothing in the text: pages, events or whatever the key says.
    Count,
}

impl KeyUnit {
    /// How the kernel ends a line of this unit.
    const fn suffix(self) -> &'static [u8] {
        match self {
            Self::Kib => b" kB",
            Self::Count => b"",
        }
    }
}

/// One key of the text.
#[derive(Clone, Debug)]
struct Key {
    name: Box<str>,
    /// The name and the separator after it, as they begin the line.
    start: Box<[u8]>,
    unit: KeyUnit,
    /// Where the line began when it was last seen.
    at: usize,
}

/// The wanted keys of a text, in its order.
#[derive(Clone, Debug)]
pub struct Keyed {
    keys: Box<[Key]>,
}

impl Keyed {
    /// Takes from `text` the keys that `wanted` accepts, a key being what stands before `separator`. Lines
    /// that are not a key, a number and perhaps `kB` are passed over. Allocates.
    ///
    /// # Errors
    /// [`ParseError::Missing`] where `text` has no line of that form at all, wanted or not.
    pub fn arm(text: &[u8], separator: u8, mut wanted: impl FnMut(&str) -> bool) -> Result<Self, ParseError> {
        let mut keys = Vec::new();
        let mut seen = false;
        let mut at = 0;
        for line in lines(text) {
            if let Some((name, unit)) = split(line, separator) {
                seen = true;
                if wanted(name) {
                    let start = line[..=name.len()].into();
                    keys.push(Key { name: name.into(), start, unit, at });
                }
            }
            at += line.len() + 1;
        }
        if seen { Ok(Self { keys: keys.into() }) } else { Err(ParseError::missing("line of key and number")) }
    }

    /// The keys that `wanted` accepts, where the wish depends on the unit too.
    #[must_use]
    pub fn only(self, mut wanted: impl FnMut(&str, KeyUnit) -> bool) -> Self {
        Self { keys: self.keys.into_iter().filter(|key| wanted(&key.name, key.unit)).collect() }
    }

    /// How many keys there are: the values that [`Keyed::read`] fills.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key of the text was wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys and their units, in the order of the values.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&str, KeyUnit)> {
        self.keys.iter().map(|key| (&*key.name, key.unit))
    }

    /// Reads each key's number in `text` into the value of the same index, and returns how many are there.
    ///
    /// A value is `None` where the key has no complete line, or the line no number that fits 64 bits in the
    /// unit it had when armed.
    ///
    /// # Errors
    /// [`ParseError::TooMany`] where `values` is shorter than [`Keyed::len`]; nothing is written then.
    pub fn read(&mut self, text: &[u8], values: &mut [Option<u64>]) -> Result<usize, ParseError> {
        if values.len() < self.keys.len() {
            return Err(ParseError::TooMany { what: "keys", limit: values.len() });
        }
        let text = complete(text);
        let mut moved_by = 0_usize;
        let mut last = 0;
        let mut found = 0;
        for (key, value) in self.keys.iter_mut().zip(values) {
            *value = None;
            let expected = key.at.wrapping_add(moved_by);
            let at = if stands(text, expected, &key.start) {
                expected
            } else if let Some(at) = search(text, last, &key.start) {
                at
            } else {
                continue;
            };
            moved_by = at.wrapping_sub(key.at);
            key.at = at;
            last = at;
            *value = number(&text[at + key.start.len()..], key.unit);
            found += usize::from(value.is_some());
        }
        Ok(found)
    }
}

/// The key of `line` and the unit of its number; `None` where the line is of another form.
fn split(line: &[u8], separator: u8) -> Option<(&str, KeyUnit)> {
    let end = line.iter().position(|byte| *byte == separator)?;
    let (name, rest) = line.split_at(end);
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let unit = if rest.ends_with(KeyUnit::Kib.suffix()) { KeyUnit::Kib } else { KeyUnit::Count };
    number(&rest[1..], unit)?;
    Some((str::from_utf8(name).ok()?, unit))
}

/// The number at the start of `text`, if it ends its line in `unit`.
fn number(text: &[u8], unit: KeyUnit) -> Option<u64> {
    let mut scan = Scan::new(text);
    let value = scan.u64()?;
    (scan.prefix(unit.suffix()) && scan.at_line_end()).then_some(value)
}

/// Whether a line that begins with `start` begins at `at`.
fn stands(text: &[u8], at: usize, start: &[u8]) -> bool {
    text.get(at..).is_some_and(|left| left.starts_with(start)) && (at == 0 || text[at - 1] == b'\n')
}

/// Where the first line that begins with `start` begins, looked for from the line at `from` to the end and
/// then from the top.
fn search(text: &[u8], from: usize, start: &[u8]) -> Option<usize> {
    let seek = |from: usize| {
        let mut at = from;
        for line in lines(&text[from..]) {
            if line.starts_with(start) {
                return Some(at);
            }
            at += line.len() + 1;
        }
        None
    };
    seek(from).or_else(|| if from == 0 { None } else { seek(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(keyed: &mut Keyed, text: &[u8]) -> Vec<Option<u64>> {
        let mut values = vec![Some(u64::MAX); keyed.len()];
        let found = keyed.read(text, &mut values).unwrap();
        assert_eq!(found, values.iter().flatten().count());
        values
    }

    #[test]
    fn lines_that_moved_are_found_and_their_new_place_remembered() {
        let mut keyed = Keyed::arm(b"a 1\nab 2\nb 3\nc 4\n", b' ', |key| key != "ab").unwrap();
        assert_eq!(keyed.keys().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(values(&mut keyed, b"a 1000\nab 2\nb 3\nc 4\n"), [Some(1000), Some(3), Some(4)]);
        assert_eq!(keyed.keys.iter().map(|key| key.at).collect::<Vec<_>>(), [0, 12, 16]);
        assert_eq!(values(&mut keyed, b"c 7\nb 8\na 9\n"), [Some(9), Some(8), Some(7)]);
    }

    #[test]
    fn a_key_inside_another_is_not_taken_for_it() {
        let mut keyed = Keyed::arm(b"SwapCached: 0 kB\nCached: 5 kB\n", b':', |key| key == "Cached").unwrap();
        assert_eq!(values(&mut keyed, b"SwapCached: 7 kB\n"), [None]);
        assert_eq!(values(&mut keyed, b"Cached: 7 kB\n"), [Some(7)]);
        // Not even where its bytes stand at the remembered place.
        let mut keyed = Keyed::arm(b"abc: 1\nCached: 5 kB\n", b':', |key| key == "Cached").unwrap();
        assert_eq!(values(&mut keyed, b"xyzSwapCached: 7 kB\n"), [None]);
    }

    #[test]
    fn a_line_in_another_form_has_no_value() {
        let mut keyed = Keyed::arm(b"a: 1 kB\nb: 2\n", b':', |_| true).unwrap();
        assert_eq!(values(&mut keyed, b"a: 1\nb: 2 kB\n"), [None, None]);
        assert_eq!(values(&mut keyed, b"a: 99999999999999999999 kB\nb: -2\n"), [None, None]);
        assert_eq!(values(&mut keyed, b"a: 1 kB\nb: 2"), [Some(1), None]);
        assert_eq!(values(&mut keyed, b""), [None, None]);
        assert_eq!(values(&mut keyed, b"a: 3 kB\nb: 4\n"), [Some(3), Some(4)]);
    }

    #[test]
    fn too_few_values_and_a_text_of_another_kind_are_errors() {
        let mut keyed = Keyed::arm(b"a 1\nb 2\n", b' ', |_| true).unwrap();
        let mut values = [Some(7)];
        assert_eq!(keyed.read(b"a 1\n", &mut values), Err(ParseError::TooMany { what: "keys", limit: 1 }));
        assert_eq!(values, [Some(7)]);
        for text in [&b""[..], b"a 1", b"no number\n", b" 1\n"] {
            assert!(matches!(Keyed::arm(text, b' ', |_| true), Err(ParseError::Missing { .. })));
        }
        assert!(Keyed::arm(b"a 1\n", b' ', |_| false).unwrap().is_empty());
    }
}
