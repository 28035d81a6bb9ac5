//! What a raw attribute counts.
//!
//! The standard never said; each maker writes the 48 bits in a way of its own. The rules here are those that hold for
//! nearly all drives, and a small table of models for which they are known to be wrong: old drives that count hours in
//! smaller units, and Seagate's attributes of two counts in one. Whatever is decoded here, [`Attribute::raw`] is given
//! too, so that a wrong rule loses nothing. The names are those that dashboards for `smartctl` know.

use super::smart::Attribute;

mod names;

pub use names::{Medium, name};

/// Milliseconds in an hour: more of them than that are not milliseconds.
const HOUR_MS: u32 = 3_600_000;
/// Temperatures that a drive may report; outside, the bytes mean something else.
const CELSIUS: core::ops::RangeInclusive<i8> = -60..=120;

/// A way of writing 48 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One count of 48 bits.
    Count,
    /// A count in the low 16 bits; above it counts of another kind.
    Low16,
    /// Hours in the low 24 bits.
    Hours,
    /// Hours in the low 32 bits, milliseconds of the running hour in the 24 above.
    HoursAndMilliseconds,
    /// Minutes.
    Minutes,
    /// Units of 30 seconds.
    HalfMinutes,
    /// Seconds.
    Seconds,
    /// Errors in the high 16 bits, operations in the low 32.
    ErrorsInOperations,
    /// Degrees Celsius in the low byte; two of the other bytes may hold the least and the most.
    Temperature,
    /// Tenths of a degree Celsius in the low 16 bits.
    TenthsOfCelsius,
}

/// What 48 bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A number of events.
    Count(u64),
    /// A number of errors among a number of operations.
    Errors {
        /// Errors.
        errors: u64,
        /// Operations, modulo 2^32.
        operations: u64,
    },
    /// A time.
    Seconds(u64),
    /// A temperature.
    Temperature {
        /// Now, in thousandths of a degree Celsius.
        millicelsius: i32,
        /// Least and most, in degrees Celsius, where the bytes can be nothing else.
        range: Option<[i8; 2]>,
    },
}

/// Models (`*` any text, `?` one character), the attribute, and how they write it. The first row that fits holds.
///
/// Sources: the makers' manuals where they say it, and what owners measured against the clock, as collected by the
/// drive database of smartmontools 7.3.
const MODELS: &[(&[&str], &[u8], Format)] = &[
    (&["ST[0-9]*", "Seagate*"], &[1, 7, 195], Format::ErrorsInOperations),
    (&["ST[0-9]*", "Seagate*"], &[188], Format::Low16),
    (&["ST[0-9]*", "Seagate*"], &[9, 240], Format::HoursAndMilliseconds),
    (
        &[
            "INTEL SSDSC2BW*A3*",
            "INTEL SSDSC2CW*A3*",
            "INTEL SSDMCEAC*B3",
            "INTEL SSDSC2CT*A[34]",
            "SandForce*",
        ],
        &[9],
        Format::HoursAndMilliseconds,
    ),
    (&["FUJITSU MH[GHJKLMNRSTUV]2*", "FUJITSU MP[A-G]3*", "FUJITSU M1623TAU"], &[9], Format::Seconds),
    (
        &["Maxtor *", "HITACHI_DK*", "HTA4220*", "HE[JN]4230*", "HTC4260*", "FUJITSU MHZ2*BJ*"],
        &[9],
        Format::Minutes,
    ),
    (
        &["TOSHIBA MK??51GSY", "TOSHIBA MK??56GSY*", "TOSHIBA MK??61GSY*", "TOSHIBA MK??76GSX"],
        &[9],
        Format::Minutes,
    ),
    (&["SAMSUNG SV*", "SAMSUNG SP[048124]*", "SAMSUNG HM*[CI]", "SAMSUNG MP0*H"], &[9], Format::HalfMinutes),
    (&["SAMSUNG SV0412H", "SAMSUNG SV1204H"], &[194], Format::TenthsOfCelsius),
];

/// How a drive of `model` writes the attribute `id`.
#[must_use]
pub fn format(model: &[u8], id: u8) -> Format {
    let row = MODELS
        .iter()
        .find(|(models, ids, _)| ids.contains(&id) && models.iter().any(|glob| fits(glob.as_bytes(), model)));
    if let Some((_, _, format)) = row {
        return *format;
    }
    match id {
        5 | 196 => Format::Low16,
        9 | 240 => Format::Hours,
        190 | 194 => Format::Temperature,
        _ => Format::Count,
    }
}

/// The attribute whose normalised value counts endurance down from 100, of the makers whose manuals say so.
const WEAR: &[(&[&str], u8)] = &[
    (&["INTEL SSD*"], 233),
    (&["Samsung SSD*", "SAMSUNG MZ*", "SAMSUNG SSD*"], 177),
    (&["CT[0-9]*", "Crucial_CT*", "Micron*", "MTFD*"], 202),
    (&["KINGSTON S*"], 231),
];

/// The number of the attribute that tells the wear of a flash drive of `model`, where it is known.
#[must_use]
pub fn wear_attribute(model: &[u8]) -> Option<u8> {
    let row = WEAR.iter().find(|(models, _)| models.iter().any(|glob| fits(glob.as_bytes(), model)));
    row.map(|(_, id)| *id)
}

/// What the raw value of `attribute` says in `format`.
#[must_use]
pub fn decode(format: Format, attribute: &Attribute) -> Decoded {
    let raw = attribute.raw;
    let bytes = raw.to_le_bytes();
    let low = |bits: u32| raw & ((1 << bits) - 1);
    match format {
        Format::Count => Decoded::Count(raw),
        Format::Low16 => Decoded::Count(low(16)),
        Format::Hours => Decoded::Seconds(low(24) * 3600),
        Format::HoursAndMilliseconds => {
            let ms = u32::from_le_bytes([bytes[4], bytes[5], attribute.extra, 0]);
            let seconds = if ms < HOUR_MS { u64::from(ms / 1000) } else { 0 };
            Decoded::Seconds(low(32) * 3600 + seconds)
        }
        Format::Minutes => Decoded::Seconds(raw.saturating_mul(60)),
        Format::HalfMinutes => Decoded::Seconds(raw.saturating_mul(30)),
        Format::Seconds => Decoded::Seconds(raw),
        Format::ErrorsInOperations => Decoded::Errors { errors: raw >> 32, operations: low(32) },
        Format::Temperature => {
            let now = i8::from_le_bytes([bytes[0]]);
            Decoded::Temperature { millicelsius: i32::from(now) * 1000, range: range(bytes, now) }
        }
        Format::TenthsOfCelsius => {
            let tenths = i16::from_le_bytes([bytes[0], bytes[1]]);
            Decoded::Temperature { millicelsius: i32::from(tenths) * 100, range: None }
        }
    }
}

/// Least and most, where exactly two other bytes are set and the present temperature lies between them. Makers put
/// them into the words above the present one, in either order, or as two bytes into the word above, or below it.
fn range(bytes: [u8; 8], now: i8) -> Option<[i8; 2]> {
    let [_, b1, b2, b3, b4, b5, ..] = bytes;
    let pair = match (b1, b2, b3, b4, b5) {
        (0 | 0xff, first, 0 | 0xff, second, 0 | 0xff) => [first, second],
        (0, first, second, 0, 0) | (first, second, 0, 0, 0) => [first, second],
        _ => return None,
    };
    let [first, second] = pair.map(|byte| i8::from_le_bytes([byte]));
    let (least, most) = (first.min(second), first.max(second));
    let is_sane = least <= now && now <= most && CELSIUS.contains(&least) && CELSIUS.contains(&most);
    (is_sane && (least, most) != (0, 0)).then_some([least, most])
}

/// Whether `name` is what `glob` describes: `*` any text, `?` one character, `[a-c4]` one of these.
fn fits(glob: &[u8], name: &[u8]) -> bool {
    let Some((first, rest)) = glob.split_first() else { return name.is_empty() };
    match first {
        b'*' => (0..=name.len()).any(|skipped| fits(rest, &name[skipped..])),
        b'?' => !name.is_empty() && fits(rest, &name[1..]),
        b'[' => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            let is_one = |byte: u8| is_in(&rest[..end], byte);
            name.split_first().is_some_and(|(byte, name)| is_one(*byte) && fits(&rest[end + 1..], name))
        }
        byte => name.split_first().is_some_and(|(head, name)| head == byte && fits(rest, name)),
    }
}

/// Whether `byte` is in a list of characters and ranges.
fn is_in(list: &[u8], byte: u8) -> bool {
    match list {
        [from, b'-', to, rest @ ..] => (*from..=*to).contains(&byte) || is_in(rest, byte),
        [one, rest @ ..] => *one == byte || is_in(rest, byte),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(raw: u64) -> Attribute {
        Attribute { id: 0, flags: 0, current: 100, worst: 100, raw, extra: 0 }
    }

    fn decoded(model: &str, id: u8, raw: u64) -> Decoded {
        decode(format(model.as_bytes(), id), &attribute(raw))
    }

    #[test]
    fn seagate_packs_errors_above_operations() {
        let packed = 0x0003_089a_bcde;
        let seagate = Decoded::Errors { errors: 3, operations: 0x089a_bcde };
        assert_eq!(decoded("ST8000VN004-2M2101", 7, packed), seagate);
        assert_eq!(decoded("ST8000VN004-2M2101", 1, packed), seagate);
        assert_eq!(decoded("WDC WD80EFAX-68KNBN0", 7, packed), Decoded::Count(packed));
        // Another maker whose name begins alike.
        assert_eq!(decoded("STEC MACH16", 7, packed), Decoded::Count(packed));
    }

    #[test]
    fn power_on_time_is_in_the_units_of_the_model() {
        for (model, raw, seconds) in [
            ("WDC WD80EFAX-68KNBN0", 20_000, 72_000_000),
            // Above 24 bits some makers count something else.
            ("WDC WD80EFAX-68KNBN0", 0xab_0000_0000 | 20_000, 72_000_000),
            ("Maxtor 6Y120L0", 60, 3600),
            ("SAMSUNG SP1203N", 120, 3600),
            ("FUJITSU MHV2060BH", 3600, 3600),
            ("FUJITSU MHZ2160BJ FFS G2", 60, 3600),
            ("TOSHIBA MK5061GSYN", 60, 3600),
            ("TOSHIBA MK5065GSX", 1, 3600),
            // A quarter of an hour more, in milliseconds.
            ("ST4000DM004-2CV104", 900_000 << 32 & 0xffff_ffff_ffff | 2, 2 * 3600 + 48),
        ] {
            assert_eq!(decoded(model, 9, raw), Decoded::Seconds(seconds), "{model}");
        }
        let with_extra = Attribute { extra: 0x0d, ..attribute(0xbba0 << 32 | 2) };
        assert_eq!(decode(Format::HoursAndMilliseconds, &with_extra), Decoded::Seconds(2 * 3600 + 900));
    }

    #[test]
    fn counts_of_sixteen_bits_leave_out_what_stands_above() {
        assert_eq!(decoded("any", 5, 0x0001_0002_0003), Decoded::Count(3));
        assert_eq!(decoded("any", 196, 0x0001_0000_0000), Decoded::Count(0));
        for id in [187, 197, 198, 199] {
            assert_eq!(decoded("any", id, 0xffff_ffff_fff0), Decoded::Count(0xffff_ffff_fff0), "{id}");
        }
    }

    #[test]
    fn temperatures_are_signed_and_ranges_are_believed_only_around_them() {
        let told = |raw: u64| match decoded("any", 194, raw) {
            Decoded::Temperature { millicelsius, range } => (millicelsius, range),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(31), (31_000, None));
        assert_eq!(told(0xf6), (-10_000, None));
        // Words, both orders; bytes of the word above; bytes around.
        assert_eq!(told(0x0036_0015_0026), (38_000, Some([21, 54])));
        assert_eq!(told(0x0015_0036_0026), (38_000, Some([21, 54])));
        assert_eq!(told(0x0000_3615_0026), (38_000, Some([21, 54])));
        assert_eq!(told(0x0000_0015_3626), (38_000, Some([21, 54])));
        // The present one is not between them, and bytes that are no range.
        assert_eq!(told(0x0020_0015_0026), (38_000, None));
        assert_eq!(told(0x1234_5678_9a26), (38_000, None));
        assert_eq!(
            decoded("SAMSUNG SV0412H", 194, 301),
            Decoded::Temperature { millicelsius: 30_100, range: None }
        );
    }

    #[test]
    fn every_raw_value_decodes_in_every_format() {
        let formats = [
            Format::Count,
            Format::Low16,
            Format::Hours,
            Format::HoursAndMilliseconds,
            Format::Minutes,
            Format::HalfMinutes,
            Format::Seconds,
            Format::ErrorsInOperations,
            Format::Temperature,
            Format::TenthsOfCelsius,
        ];
        let most = (1_u64 << 48) - 1;
        for raw in [0, 1, most]
            .into_iter()
            .chain((0..48).map(|bit| 1 << bit))
            .chain((0..48).map(|bit| most ^ 1 << bit))
        {
            for format in formats {
                for extra in [0, 0xff] {
                    match decode(format, &Attribute { extra, ..attribute(raw) }) {
                        Decoded::Count(count) => assert!(count <= raw),
                        Decoded::Errors { errors, operations } => assert_eq!(errors << 32 | operations, raw),
                        Decoded::Seconds(seconds) => assert!(seconds <= most * 60),
                        Decoded::Temperature { millicelsius, range } => {
                            assert!(millicelsius.abs() <= 3_276_800);
                            assert!(range.is_none_or(|[least, most]| least <= most));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn wear_is_told_by_makers_that_say_where() {
        let models = [
            &b"Samsung SSD 870 EVO 1TB"[..],
            b"CT1000MX500SSD1",
            b"INTEL SSDSC2KB480G8",
            b"KINGSTON SA400S37240G",
        ];
        assert_eq!(models.map(wear_attribute), [Some(177), Some(202), Some(233), Some(231)]);
        assert_eq!(wear_attribute(b"Verbatim Vi550"), None);
    }

    #[test]
    fn patterns_fit_whole_names() {
        assert!(fits(b"ST[0-9]*", b"ST8000") && !fits(b"ST[0-9]*", b"STEC") && !fits(b"ST[0-9]*", b"ST"));
        assert!(fits(b"A?C", b"ABC") && !fits(b"A?C", b"AC") && !fits(b"ABC", b"ABCD"));
        assert!(
            fits(b"*A3*", b"xxA3") && !fits(b"*A3*", b"xxA") && fits(b"[-a]", b"-") && !fits(b"[a", b"a")
        );
    }
}
