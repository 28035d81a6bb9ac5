//! `[[fan]]`: fans that follow a temperature.
//!
//! A list of tables, and so apart from the keys of the sections: each table is one fan, and a fan with a fault is refused
//! with the whole file.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::value::{described, did_you_mean};

/// Fans at most; boards have up to eight channels.
pub const FANS_MAX: usize = 16;
/// Points of a curve at most.
pub const POINTS_MAX: usize = 16;
/// Characters of a name at most.
const NAME_CHARS_MAX: usize = 64;

const KEYS: [&str; 7] = ["name", "pwm", "temperature", "points", "hysteresis", "minimum", "silence"];

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Degrees Celsius.
    pub celsius: i32,
    /// Duty in percent.
    pub percent: u8,
}

/// A fan, and what it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fan {
    /// What it is called, in labels and notes; no two have the same.
    pub name: String,
    /// Its channel: the chip (by its key or its driver's name), a slash, `pwmN`.
    pub pwm: String,
    /// What it follows: the chip, a slash, the channel or its label; or `zone/` and a thermal zone's type or number.
    pub temperature: String,
    /// At least two, rising in temperature, not falling in duty, the last at 100 %.
    pub points: Vec<Point>,
    /// Degrees by which the temperature must fall before the fan slows down.
    pub hysteresis: u8,
    /// Least duty in percent.
    pub minimum: u8,
    /// Seconds without a turn of the fan's loop after which its guard sets it to full speed.
    pub silence: u8,
}

/// A fault and its place in the text.
type Fault = (Range<usize>, String);

/// Reads the value of `fan`; the faults in their order.
pub(super) fn read(value: &Spanned<DeValue<'_>>) -> (Vec<Fan>, Vec<Fault>) {
    let (mut fans, mut faults) = (Vec::new(), Vec::new());
    let DeValue::Array(tables) = value.get_ref() else {
        let what = format!("expected tables, [[fan]], found {}", described(value.get_ref()));
        return (fans, vec![(value.span(), what)]);
    };
    if tables.len() > FANS_MAX {
        return (
            fans,
            vec![(value.span(), format!("expected at most {FANS_MAX} fans, found {}", tables.len()))],
        );
    }
    let mut names = BTreeSet::new();
    for table in tables {
        match table.get_ref() {
            DeValue::Table(keys) => match fan(table.span(), keys) {
                Ok(fan) if !names.insert(fan.name.clone()) => {
                    faults.push((table.span(), format!("fan.name: two fans are called {:?}", fan.name)));
                }
                Ok(fan) => fans.push(fan),
                Err(mut of_fan) => faults.append(&mut of_fan),
            },
            other => {
                faults.push((table.span(), format!("expected a table, [[fan]], found {}", described(other))));
            }
        }
    }
    (fans, faults)
}

fn fan(whole: Range<usize>, table: &DeTable<'_>) -> Result<Fan, Vec<Fault>> {
    let mut reader = Reader { whole, table, faults: Vec::new() };
    reader.refuse_unknown();
    let name = reader.text("name", "a name of 1 to 64 characters", |text| {
        (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    });
    let is_pwm = |text: &str| {
        let number = text.rsplit_once("/pwm").filter(|(chip, _)| !chip.is_empty());
        number
            .is_some_and(|(_, number)| number.parse::<u16>().is_ok_and(|parsed| parsed.to_string() == number))
    };
    let pwm = reader.text("pwm", "a chip and its channel, like \"nct6775/pwm2\"", is_pwm);
    let is_source = |text: &str| {
        text.split_once('/').is_some_and(|(chip, channel)| !chip.is_empty() && !channel.is_empty())
    };
    let temperature = reader.text(
        "temperature",
        "a chip and its channel, like \"coretemp/temp1\", or \"zone/x86_pkg_temp\"",
        is_source,
    );
    let points = reader.points();
    let hysteresis = reader.number("hysteresis", 0..=30, 3);
    let minimum = reader.number("minimum", 0..=100, 20);
    // A loop turns each second; less than three is no silence on a busy machine.
    let silence = reader.number("silence", 3..=60, 10);
    let follows = (name, pwm, temperature, points);
    let kept = (hysteresis, minimum, silence);
    match (follows, kept) {
        (
            (Some(name), Some(pwm), Some(temperature), Some(points)),
            (Some(hysteresis), Some(minimum), Some(silence)),
        ) if reader.faults.is_empty() => {
            Ok(Fan { name, pwm, temperature, points, hysteresis, minimum, silence })
        }
        _ => Err(reader.faults),
    }
}

/// One table, and what is wrong with it so far.
struct Reader<'a, 'i> {
    whole: Range<usize>,
    table: &'a DeTable<'i>,
    faults: Vec<Fault>,
}

impl<'a, 'i> Reader<'a, 'i> {
    fn refuse_unknown(&mut self) {
        for name in self.table.keys().filter(|name| !KEYS.contains(&name.get_ref().as_ref())) {
            let hint = match nearest(name.get_ref(), KEYS) {
                Some(near) => did_you_mean(Some(near)),
                None => format!("; there are {}", KEYS.join(", ")),
            };
            self.faults.push((name.span(), format!("unknown key {:?} in [[fan]]{hint}", name.get_ref())));
        }
    }

    fn value(&mut self, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
        let found = self.table.get(key);
        if found.is_none() {
            self.faults.push((self.whole.clone(), format!("fan.{key} is missing")));
        }
        found
    }

    fn refuse<T>(&mut self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<T> {
        let found = described(value.get_ref());
        self.faults.push((value.span(), format!("fan.{key}: expected {expected}, found {found}")));
        None
    }

    fn text(&mut self, key: &str, expected: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
        let value = self.value(key)?;
        match value.get_ref().as_str().filter(|text| fits(text)) {
            Some(text) => Some(text.to_owned()),
            None => self.refuse(key, value, expected),
        }
    }

    fn number(&mut self, key: &str, range: RangeInclusive<u8>, default: u8) -> Option<u8> {
        let Some(value) = self.table.get(key) else { return Some(default) };
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        match integer(value)
            .and_then(|number| u8::try_from(number).ok())
            .filter(|number| range.contains(number))
        {
            Some(number) => Some(number),
            None => self.refuse(key, value, &expected),
        }
    }

    fn points(&mut self) -> Option<Vec<Point>> {
        let value = self.value("points")?;
        let expected = "2 to 16 pairs of °C and %, rising in °C, not falling in %, the last at 100 %, like \
                        [[40, 25], [75, 100]]";
        let pairs = value.get_ref().as_array().filter(|pairs| (2..=POINTS_MAX).contains(&pairs.len()));
        let points: Option<Vec<Point>> = pairs.and_then(|pairs| pairs.iter().map(point).collect());
        let rises = |points: &Vec<Point>| {
            let pairs = points.iter().zip(points.iter().skip(1));
            pairs.into_iter().all(|(one, next)| one.celsius < next.celsius && one.percent <= next.percent)
                && points.last().is_some_and(|last| last.percent == 100)
        };
        match points.filter(rises) {
            Some(points) => Some(points),
            None => self.refuse("points", value, expected),
        }
    }
}

fn point(pair: &Spanned<DeValue<'_>>) -> Option<Point> {
    let mut numbers = pair.get_ref().as_array()?.iter();
    let (Some(celsius), Some(percent), None) = (numbers.next(), numbers.next(), numbers.next()) else {
        return None;
    };
    let celsius = i32::try_from(integer(celsius)?).ok().filter(|celsius| (-50..=150).contains(celsius))?;
    let percent = u8::try_from(integer(percent)?).ok().filter(|percent| *percent <= 100)?;
    Some(Point { celsius, percent })
}

fn integer(value: &Spanned<DeValue<'_>>) -> Option<i64> {
    let found = value.get_ref().as_integer()?;
    i64::from_str_radix(found.as_str(), found.radix()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const WHOLE: &str = "[[fan]]\nname = \"case\"\npwm = \"nct6775/pwm2\"\ntemperature = \"coretemp/temp1\"\n\
                         points = [[40, 25], [75, 100]]\n";

    fn parsed(text: &str) -> Result<Vec<Fan>, String> {
        Config::parse(text, "f", &[]).map(|config| config.fans).map_err(|refused| refused.to_string())
    }

    #[test]
    fn a_fan_is_read_with_its_defaults() {
        let fans = parsed(WHOLE).unwrap();
        let points = vec![Point { celsius: 40, percent: 25 }, Point { celsius: 75, percent: 100 }];
        let [fan] = fans.as_slice() else { panic!("{fans:?}") };
        assert_eq!((fan.hysteresis, fan.minimum, fan.silence, &fan.points), (3, 20, 10, &points));
        assert_eq!(parsed("").unwrap(), []);
        let two = format!("{WHOLE}hysteresis = 0\nminimum = 100\n{}", WHOLE.replace("case", "cpu"));
        assert_eq!(parsed(&two).unwrap().len(), 2);
    }

    #[test]
    fn faults_are_named_with_their_place() {
        for (text, words) in [
            (WHOLE.replace("pwm2", "fan2"), "f:3:7: fan.pwm: expected a chip and its channel"),
            (WHOLE.replace("pwm2", "pwm02"), "f:3:7: fan.pwm"),
            (WHOLE.replace("coretemp/temp1", "temp1"), "f:4:15: fan.temperature"),
            (WHOLE.replace("100]", "90]"), "f:5:10: fan.points: expected 2 to 16 pairs"),
            (WHOLE.replace("[75, 100]", "[40, 100]"), "f:5:10: fan.points"),
            (WHOLE.replace("25]", "101]"), "f:5:10: fan.points"),
            (WHOLE.replace("[[40, 25], [75, 100]]", "[[75, 100]]"), "f:5:10: fan.points"),
            (WHOLE.replace("name = \"case\"\n", ""), "f:1:1: fan.name is missing"),
            (
                format!("{WHOLE}hysteresis = 31\n"),
                "f:6:14: fan.hysteresis: expected a whole number from 0 to 30",
            ),
            (format!("{WHOLE}silence = 2\n"), "f:6:11: fan.silence: expected a whole number from 3 to 60"),
            (
                format!("{WHOLE}minumum = 3\n"),
                "f:6:1: unknown key \"minumum\" in [[fan]]; did you mean \"minimum\"?",
            ),
            (format!("{WHOLE}{WHOLE}"), "two fans are called \"case\""),
            ("[fan]\nname = \"x\"\n".to_owned(), "expected tables, [[fan]], found a section"),
            ("fan = 3\n".to_owned(), "expected tables, [[fan]], found 3"),
        ] {
            let said = parsed(&text).expect_err(&text);
            assert!(said.contains(words), "{text}\n{said}");
        }
    }
}
