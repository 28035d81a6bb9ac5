//! Each comparison as an interval beside "no difference": a forest plot.

use plotters::prelude::{ChartBuilder, Circle, Color, PathElement, RGBColor, Text};
use plotters::style::text_anchor::{HPos, VPos};

use super::scale::{decimals, range};
use super::{ChartError, FINE, FIRST, GRID, Picture, SECOND, SOFT, TEXT, Width, cut, letters};
use crate::profile::stats::interval::Interval;

/// A command beside the reference.
pub(in crate::profile::export) struct Group<'a> {
    /// The command.
    pub(in crate::profile::export) name: &'a str,
    /// Its figures, by what they are called, as ratios to the reference.
    pub(in crate::profile::export) ratios: Vec<(&'a str, Interval)>,
}

const NAME_PIXELS: u16 = 26;
const ROW_PIXELS: u16 = 38;
const AXIS_PIXELS: u16 = 30;
/// Half of what a mark at the end of the axis needs.
const SIDE_PIXELS: i32 = 20;
/// Commands of one picture at most.
pub(in crate::profile::export) const GROUPS_MAX: usize = 20;

fn percent(ratio: f64) -> f64 {
    (ratio - 1.0) * 100.0
}

/// The change in words: `-3.1 % (-3.7 to -2.5)`.
pub(in crate::profile::export) fn change(ratio: &Interval) -> String {
    let [estimate, low, high] =
        [ratio.estimate, ratio.low, ratio.high].map(|ratio| signed(percent(ratio), 1));
    format!("{estimate} % ({low} to {high})")
}

/// With its sign, and the minus that is as wide as a plus.
fn signed(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    if !text.contains(|digit: char| ('1'..='9').contains(&digit)) {
        return text;
    }
    format!("{}{text}", if number < 0.0 { '−' } else { '+' })
}

/// Less is blue, more is orange, and what cannot be told apart is grey.
fn colour(ratio: &Interval) -> RGBColor {
    match ratio {
        ratio if ratio.holds(1.0) => SOFT,
        ratio if ratio.estimate < 1.0 => FIRST,
        _ => SECOND,
    }
}

/// The commands below each other; none without ratios.
pub(in crate::profile::export) fn draw(
    groups: &[Group<'_>],
    width: Width,
) -> Result<Option<Picture>, ChartError> {
    let groups = &groups[..groups.len().min(GROUPS_MAX)];
    let ratios = || groups.iter().flat_map(|group| &group.ratios);
    let ends = ratios().flat_map(|(_, ratio)| [ratio.low, ratio.high]).map(percent).chain([0.0]);
    let Some((low, high)) = range(ends).filter(|_| ratios().next().is_some()) else { return Ok(None) };
    let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    let inner = count(groups.len()) * NAME_PIXELS + count(ratios().count()) * ROW_PIXELS;
    let picture = Picture::draw(width, inner + AXIS_PIXELS, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(SIDE_PIXELS * FINE)
            .margin_right(SIDE_PIXELS * FINE)
            .x_label_area_size(i32::from(AXIS_PIXELS) * FINE)
            .build_cartesian_2d(low..high, 0.0..f64::from(inner))?;
        let marks = width.marks();
        let places = decimals(high - low, marks);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .max_light_lines(0)
            .bold_line_style(GRID.stroke_width(FINE.unsigned_abs()))
            .axis_style(GRID.stroke_width(FINE.unsigned_abs()))
            .set_all_tick_mark_size(4 * FINE)
            .x_labels(marks)
            .x_label_formatter(&|at| format!("{} %", signed(*at, places)))
            .x_label_style(letters(12, &SOFT, HPos::Center, VPos::Top))
            .draw()?;
        let none = vec![(0.0, 0.0), (0.0, f64::from(inner))];
        chart.draw_series([PathElement::new(none, TEXT.stroke_width(FINE.unsigned_abs() * 3 / 2))])?;
        let mut top = f64::from(inner);
        let left = |colour| letters(13, colour, HPos::Left, VPos::Center);
        for group in groups {
            let name = cut(group.name, width.letters());
            chart.draw_series([Text::new(name, (low, top - 14.0), left(&TEXT))])?;
            top -= f64::from(NAME_PIXELS);
            for (what, ratio) in &group.ratios {
                let line = top - 8.0;
                let right = letters(13, &TEXT, HPos::Right, VPos::Center);
                chart.draw_series([
                    Text::new((*what).to_owned(), (low, line), left(&SOFT)),
                    Text::new(change(ratio), (high, line), right),
                ])?;
                let (bars, dot) = interval(ratio, top - 25.0);
                chart.draw_series(bars)?;
                chart.draw_series([dot])?;
                top -= f64::from(ROW_PIXELS);
            }
        }
        Ok(())
    })?;
    Ok(Some(picture))
}

/// An interval with its ends, and the dot on it, at a height.
fn interval(ratio: &Interval, height: f64) -> ([PathElement<Place>; 3], Circle<Place, i32>) {
    let colour = colour(ratio);
    let [from, at, to] = [ratio.low, ratio.estimate, ratio.high].map(percent);
    let style = colour.stroke_width(FINE.unsigned_abs() * 2);
    let end = |at| vec![(at, height - 6.0), (at, height + 6.0)];
    let bars = [vec![(from, height), (to, height)], end(from), end(to)];
    let dot = Circle::new((at, height), 7 * FINE / 2, colour.filled());
    (bars.map(|bar| PathElement::new(bar, style)), dot)
}

/// A place on the chart.
type Place = (f64, f64);

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(estimate: f64, low: f64, high: f64) -> Interval {
        Interval { estimate, low, high }
    }

    #[test]
    fn a_change_is_said_with_its_interval_and_signs() {
        assert_eq!(change(&ratio(0.969, 0.963, 0.975)), "−3.1 % (−3.7 to −2.5)");
        assert_eq!(change(&ratio(1.0001, 0.99, 1.2)), "0.0 % (−1.0 to +20.0)");
    }

    #[test]
    fn each_figure_is_a_row_below_its_command_and_none_has_no_picture() {
        let ratios = vec![
            ("energy", ratio(0.969, 0.963, 0.975)),
            ("time", ratio(1.0, 0.99, 1.01)),
            ("power", ratio(1.2, 1.1, 1.3)),
        ];
        let file = draw(&[Group { name: "B & C", ratios }], Width::Wide).unwrap().unwrap().file("comparison");
        assert_eq!(file.matches("<circle").count(), 3);
        for said in ["\nB &amp; C\n", "\nenergy\n", "−3.1 % (−3.7 to −2.5)", "\n0 %\n", "\n+20 %\n"] {
            assert!(file.contains(said), "{said:?} in {file}");
        }
        assert_eq!(draw(&[], Width::Wide).unwrap(), None);
        assert_eq!(draw(&[Group { name: "B", ratios: vec![] }], Width::Wide).unwrap(), None);
        let same = Group { name: "B", ratios: vec![("time", ratio(1.0, 1.0, 1.0))] };
        assert!(draw(&[same], Width::Narrow).unwrap().is_some());
    }

    #[test]
    fn colours_follow_the_verdict() {
        let verdicts = [ratio(0.9, 0.8, 0.95), ratio(1.1, 1.05, 1.2), ratio(1.1, 0.9, 1.2)];
        assert_eq!(verdicts.map(|ratio| colour(&ratio)), [FIRST, SECOND, SOFT]);
    }
}
