//! Figures as HTML. Whatever comes from outside this program goes through [`Escaped`].

use std::fmt::{self, Display};

use super::amount::Shown;
use super::figures::{Devices, Flow, Room};
use crate::armory::{SensorReport, SensorState};
use crate::markup::Escaped;
use crate::serve::routes::Note;

/// Rows of one table at most; the page's script keeps to the same limit.
const ROWS_MAX: usize = 40;

/// A figure, or why there is none.
pub(super) struct Value<'a>(pub(super) &'a Shown);

impl Display for Value<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(amount) => write!(to, "{}", Escaped(amount)),
            Err(missing) => write!(to, "{}", Escaped(missing)),
        }
    }
}

/// Rows of a table: a device and its two rates.
pub(super) struct FlowRows<'a>(pub(super) &'a Devices<Flow>);

impl Display for FlowRows<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        rows(to, self.0, |to, Flow { name, rates: [one, other] }| {
            write!(to, "<tr><th scope=\"row\">{}</th>", Escaped(name))?;
            write!(to, "<td>{}</td><td>{}</td></tr>", Value(one), Value(other))
        })
    }
}

/// Rows of a table: a mount, what is available, its size and a bar.
pub(super) struct RoomRows<'a>(pub(super) &'a Devices<Room>);

impl Display for RoomRows<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        rows(to, self.0, |to, room| {
            write!(to, "<tr><th scope=\"row\">{}", Escaped(&room.mount))?;
            if let Some(taken) = room.taken_per_mille {
                write!(
                    to,
                    "<meter min=\"0\" max=\"1000\" low=\"850\" high=\"950\" optimum=\"0\" value=\"{taken}\" "
                )?;
                write!(to, "aria-label=\"{}.{} % taken\"></meter>", taken / 10, taken % 10)?;
            }
            write!(to, "</th><td>{}</td><td>{}</td></tr>", Value(&room.available), Value(&room.size))
        })
    }
}

fn rows<T>(
    to: &mut fmt::Formatter<'_>,
    devices: &Devices<T>,
    row: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    match devices {
        Ok(devices) => {
            for device in devices.iter().take(ROWS_MAX) {
                row(to, device)?;
            }
            if devices.len() > ROWS_MAX {
                let more = devices.len() - ROWS_MAX;
                write!(to, "<tr><td class=\"note\" colspan=\"3\">and {more} more, see /metrics</td></tr>")?;
            }
            Ok(())
        }
        Err(missing) => write!(to, "<tr><td class=\"note\" colspan=\"3\">{}</td></tr>", Escaped(missing)),
    }
}

/// What is not measured and why, and what the owner should know.
pub(super) struct Remarks<'a> {
    pub(super) sensors: &'a [SensorReport],
    pub(super) notes: &'a [Note],
}

impl Display for Remarks<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nothing = true;
        for report in self.sensors {
            let name = report.def.name;
            match &report.state {
                SensorState::Armed { .. } => continue,
                SensorState::Disabled => remark(to, name, "disabled by the configuration", "")?,
                SensorState::Absent(absent) => remark(to, name, &absent.what, &absent.fix)?,
            }
            nothing = false;
        }
        for note in self.notes {
            remark(to, &note.about, &note.text, "")?;
            nothing = false;
        }
        if nothing { to.write_str("<p class=\"note\">Every sensor is read.</p>") } else { Ok(()) }
    }
}

fn remark(to: &mut fmt::Formatter<'_>, about: &str, what: &str, fix: &str) -> fmt::Result {
    write!(to, "<dt>{}</dt><dd>{}", Escaped(about), Escaped(what))?;
    if !fix.is_empty() {
        write!(to, " <em>{}</em>", Escaped(fix))?;
    }
    to.write_str("</dd>")
}

#[cfg(test)]
mod tests {
    use super::super::amount::Amount;
    use super::*;

    #[test]
    fn a_long_table_says_how_many_rows_it_leaves_out() {
        let flow = |at| Flow { name: format!("eth{at}"), rates: [const { Ok(Amount::Seconds(1)) }; 2] };
        let rows = FlowRows(&Ok((0..ROWS_MAX + 3).map(flow).collect())).to_string();
        assert!(rows.contains("eth39") && !rows.contains("eth40"));
        assert!(rows.contains("and 3 more"));
    }
}
