//! Numbers that stand behind names in a text, by protocol and key: `netstat`, `snmp`, `snmp6`, `sockstat`.
//!
//! The kernel writes hundreds of them and a few are wanted. Their order in the file hardly ever changes, so that
//! [`Named`] remembers the order of the wanted ones and, while reading, compares each name with the next wanted
//! one only. When the order did change (`IcmpMsg` grows a column with the first message of a new type), it is learned
//! anew from the same text, without allocating.

use super::ParseError;
use crate::file::Delivery;

/// Takes protocol, key and value of one number.
pub type Each<'a> = dyn FnMut(&[u8], &[u8], i64) + 'a;

/// One of these files: where it is and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Path below the root.
    pub path: &'static str,
    /// Gives all numbers of a text in its order.
    pub parse: fn(&[u8], &mut Each<'_>) -> Result<(), ParseError>,
}

/// A wanted number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The word before the colon; empty in files that have none.
    pub protocol: &'static str,
    /// The number's name.
    pub key: &'static str,
}

impl Wanted {
    fn is(&self, protocol: &[u8], key: &[u8]) -> bool {
        self.key.as_bytes() == key && self.protocol.as_bytes() == protocol
    }
}

/// How the kernel hands them out.
pub const DELIVERY: Delivery = Delivery::Chunked;

/// The wanted numbers of one of these files.
#[derive(Debug)]
pub struct Named {
    format: Format,
    wanted: Box<[Wanted]>,
    /// Indexes into `wanted` in the text's order; only of those that are there.
    order: Vec<usize>,
    /// How many numbers the text had when `order` was learned.
    numbers: usize,
    values: Box<[Option<i64>]>,
}

impl Named {
    /// Makes room for the `wanted` numbers of the file of `format`. Allocates; reading does not.
    #[must_use]
    pub fn new(format: Format, wanted: &[Wanted]) -> Self {
        Self {
            format,
            wanted: wanted.into(),
            order: Vec::with_capacity(wanted.len()),
            numbers: 0,
            values: vec![None; wanted.len()].into_boxed_slice(),
        }
    }

    /// Takes the values in the order known so far, and says whether that is still the text's order.
    fn follow(&mut self, text: &[u8]) -> Result<bool, ParseError> {
        let mut numbers = 0_usize;
        let mut order = self.order.iter().copied().peekable();
        (self.format.parse)(text, &mut |protocol, key, value| {
            numbers += 1;
            if let Some(index) = order.next_if(|index| self.wanted[*index].is(protocol, key)) {
                self.values[index] = Some(value);
            }
        })?;
        Ok(order.next().is_none() && numbers == self.numbers)
    }

    /// Finds each wanted number anew.
    fn learn(&mut self, text: &[u8]) -> Result<(), ParseError> {
        self.order.clear();
        self.values.fill(None);
        self.numbers = 0;
        (self.format.parse)(text, &mut |protocol, key, value| {
            self.numbers += 1;
            let found = self.wanted.iter().position(|wanted| wanted.is(protocol, key));
            // Once only, which also keeps the order within the room made for it.
            if let Some(index) = found.filter(|index| self.values[*index].is_none()) {
                self.order.push(index);
                self.values[index] = Some(value);
            }
        })
    }

    /// The wanted numbers in `text`, in the order in which they were wanted; `None`: the text has no such one.
    ///
    /// # Errors
    /// As the format's `parse`; what was read before is then void.
    pub fn read(&mut self, text: &[u8]) -> Result<&[Option<i64>], ParseError> {
        if !self.follow(text)? {
            self.learn(text)?;
        }
        Ok(&self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::netstat;

    const WANTED: [Wanted; 3] = [
        Wanted { protocol: "Udp", key: "Out" },
        Wanted { protocol: "Ip", key: "In" },
        Wanted { protocol: "Ip", key: "None" },
    ];

    fn taken(places: &mut Named, text: &str) -> Vec<Option<i64>> {
        places.read(text.as_bytes()).unwrap().to_vec()
    }

    #[test]
    fn wanted_numbers_come_in_the_order_in_which_they_were_wanted() {
        let mut places = Named::new(netstat::SNMP, &WANTED);
        for _ in 0..2 {
            assert_eq!(
                taken(&mut places, "Ip: A In\nIp: 1 -2\nUdp: In Out\nUdp: 3 4\n"),
                [Some(4), Some(-2), None]
            );
        }
        assert_eq!(places.order, [1, 0]);
    }

    #[test]
    fn a_text_whose_order_changed_is_learned_anew_without_growing() {
        let mut places = Named::new(netstat::SNMP, &WANTED);
        taken(&mut places, "Ip: A In\nIp: 1 2\nUdp: In Out\nUdp: 3 4\n");
        let room = places.order.capacity();
        let texts = [
            ("Udp: In Out\nUdp: 3 4\nIp: A In\nIp: 1 2\n", [Some(4), Some(2), None]),
            ("Ip: A In\nIp: 1 2\n", [None, Some(2), None]),
            ("Ip: A In None\nIp: 1 2 7\n", [None, Some(2), Some(7)]),
            ("Ip: In In In None\nIp: 1 2 3 7\n", [None, Some(1), Some(7)]),
        ];
        for (text, expected) in texts {
            assert_eq!(taken(&mut places, text), expected, "{text}");
            assert_eq!(places.order.capacity(), room);
        }
    }

    #[test]
    fn a_value_that_went_away_is_none_and_not_what_it_was() {
        let mut places = Named::new(netstat::SNMP, &WANTED);
        taken(&mut places, "Ip: In\nIp: 5\n");
        assert_eq!(taken(&mut places, "Ip: Im\nIp: 5\n"), [None; 3]);
    }

    #[test]
    fn the_live_file_is_read_again_and_again() {
        let wanted =
            [Wanted { protocol: "Ip", key: "DefaultTTL" }, Wanted { protocol: "Tcp", key: "MaxConn" }];
        let mut named = Named::new(netstat::SNMP, &wanted);
        for _ in 0..3 {
            let text = std::fs::read("/proc/net/snmp").unwrap();
            let values = named.read(&text).unwrap();
            assert!(values[0].is_some_and(|hops| (1..=255).contains(&hops)), "{values:?}");
            assert!(values[1].is_some(), "{values:?}");
        }
    }
}
