//! One event as one line.

use std::fmt::{self, Debug, Write};
use std::time::Duration;

use tracing::Event;
use tracing::field::{Field, Visit};

use crate::calendar::civil;

/// The field `tracing` keeps an event's sentence in.
const MESSAGE: &str = "message";

/// `event` as a line with its line break.
pub(super) fn of(event: &Event<'_>, since_epoch: Duration, json: bool) -> String {
    let (level, target) = (event.metadata().level(), event.metadata().target());
    let time = Timestamp(since_epoch);
    let mut line = Line { text: String::with_capacity(256), json };
    if json {
        line.push(format_args!("{{\"time\":\"{time}\",\"level\":\"{level}\",\"target\":{}", Quoted(&target)));
        event.record(&mut line);
        line.text.push('}');
    } else {
        line.push(format_args!("{time} {level} {target}:"));
        event.record(&mut line);
    }
    line.text.push('\n');
    line.text
}

struct Line {
    text: String,
    json: bool,
}

impl Line {
    fn push(&mut self, what: fmt::Arguments<'_>) {
        if self.text.write_fmt(what).is_err() {
            // A string takes everything; only a value's own Display or Debug can have given up.
            self.text.push('\u{fffd}');
        }
    }

    /// A number or a flag, which looks the same in both forms.
    fn plain(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let name = field.name();
        if self.json {
            self.push(format_args!(",\"{name}\":{value}"));
        } else {
            self.push(format_args!(" {name}={value}"));
        }
    }

    /// Text; `quoted` says whether people see its quotes too.
    fn words(&mut self, field: &Field, value: fmt::Arguments<'_>, quoted: bool) {
        let name = field.name();
        match (self.json, name) {
            (true, _) => self.push(format_args!(",\"{name}\":{}", Quoted(&value))),
            (false, MESSAGE) => self.push(format_args!(" {}", OneLine(&value))),
            (false, _) if quoted => self.push(format_args!(" {name}={:?}", value.to_string())),
            (false, _) => self.push(format_args!(" {name}={}", OneLine(&value))),
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.words(field, format_args!("{value:?}"), false);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.words(field, format_args!("{value}"), true);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, format_args!("{value}"));
        } else {
            // JSON has no such number (RFC 8259, section 6).
            self.words(field, format_args!("{value}"), false);
        }
    }
}

/// A value as a JSON string with its quotes (RFC 8259, section 7).
struct Quoted<'a, T: fmt::Display>(&'a T);

impl<T: fmt::Display> fmt::Display for Quoted<'_, T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_char('"')?;
        write!(Escape(to, json_escape), "{}", self.0)?;
        to.write_char('"')
    }
}

/// A value whose control characters are written out, so that it neither ends the line nor moves a terminal's cursor.
struct OneLine<'a, T: fmt::Display>(&'a T);

impl<T: fmt::Display> fmt::Display for OneLine<'_, T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(to, text_escape), "{}", self.0)
    }
}

/// Writes through a function that sees each character.
struct Escape<'a, 'b>(&'a mut fmt::Formatter<'b>, fn(&mut fmt::Formatter<'b>, char) -> fmt::Result);

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| (self.1)(self.0, c))
    }
}

fn json_escape(to: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' => to.write_str("\\\""),
        '\\' => to.write_str("\\\\"),
        '\n' => to.write_str("\\n"),
        c if c.is_control() => write!(to, "\\u{:04x}", u32::from(c)),
        c => to.write_char(c),
    }
}

fn text_escape(to: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    if c.is_control() { write!(to, "{}", c.escape_debug()) } else { to.write_char(c) }
}

/// Time since 1970 as RFC 3339 in UTC, to the microsecond.
struct Timestamp(Duration);

impl fmt::Display for Timestamp {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, of_day) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        let micros = self.0.subsec_micros();
        write!(to, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        for (seconds, micros, want) in [
            (0, 0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, 1, "2000-02-28T23:59:59.000001Z"),
            (951_782_400, 0, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, 999_999, "2000-03-01T00:00:00.999999Z"),
            (1_798_761_599, 0, "2026-12-31T23:59:59.000000Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000000Z"),
        ] {
            let time = Duration::from_secs(seconds) + Duration::from_micros(micros);
            assert_eq!(Timestamp(time).to_string(), want);
        }
    }
}
