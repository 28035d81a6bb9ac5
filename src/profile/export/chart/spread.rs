//! Every run of each command as a dot, with the quartiles as a box.

use plotters::prelude::{ChartBuilder, Circle, Color, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};

use super::scale::{Scale, range};
use super::{ChartError, FINE, FIRST, GRID, Picture, SOFT, TEXT, Width, cut, letters};
use crate::profile::stats::summary::Summary;

/// The runs of one command.
pub(in crate::profile::export) struct Row<'a> {
    /// The command.
    pub(in crate::profile::export) name: &'a str,
    /// A figure of each run.
    pub(in crate::profile::export) figures: Vec<f64>,
}

const ROW_PIXELS: u16 = 52;
const AXIS_PIXELS: u16 = 30;
/// Half of what a mark at the end of the axis needs.
const SIDE_PIXELS: i32 = 20;
/// Rows of one picture at most: beyond, it is a wall of dots.
pub(in crate::profile::export) const ROWS_MAX: usize = 40;

/// The rows below each other; none if none has figures.
pub(in crate::profile::export) fn draw(
    rows: &[Row<'_>],
    scale: &Scale,
    width: Width,
) -> Result<Option<Picture>, ChartError> {
    let rows = &rows[..rows.len().min(ROWS_MAX)];
    let figures = rows.iter().flat_map(|row| &row.figures).map(|figure| scale.apply(*figure));
    let Some((low, high)) = range(figures) else { return Ok(None) };
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let inner = count * ROW_PIXELS;
    let picture = Picture::draw(width, inner + AXIS_PIXELS, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(SIDE_PIXELS * FINE)
            .margin_right(SIDE_PIXELS * FINE)
            .x_label_area_size(i32::from(AXIS_PIXELS) * FINE)
            .build_cartesian_2d(low..high, 0.0..f64::from(inner))?;
        let marks = width.marks();
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .max_light_lines(0)
            .bold_line_style(GRID.stroke_width(FINE.unsigned_abs()))
            .axis_style(GRID.stroke_width(FINE.unsigned_abs()))
            .set_all_tick_mark_size(4 * FINE)
            .x_labels(marks)
            .x_label_formatter(&|at| scale.mark(*at, high - low, marks))
            .x_label_style(letters(12, &SOFT, HPos::Center, VPos::Top))
            .draw()?;
        let mut top = f64::from(inner);
        for row in rows {
            let middle = top - 34.0;
            let style = letters(13, &TEXT, HPos::Left, VPos::Center);
            let name = cut(row.name, width.letters());
            chart.draw_series([Text::new(name, (low, top - 9.0), style)])?;
            let figures: Vec<f64> = row.figures.iter().map(|figure| scale.apply(*figure)).collect();
            if let Some(summary) = Summary::of(&figures) {
                let [p5, p25, p75, p95] = summary.percentiles;
                let line = |pixels: u32| FIRST.stroke_width(FINE.unsigned_abs() * pixels);
                let whiskers = [(p5, p25), (p75, p95)]
                    .map(|(from, to)| PathElement::new(vec![(from, middle), (to, middle)], line(1)));
                chart.draw_series(whiskers)?;
                let corners = [(p25, middle - 11.0), (p75, middle + 11.0)];
                chart.draw_series([Rectangle::new(corners, FIRST.mix(0.16).filled())])?;
                chart.draw_series([Rectangle::new(corners, line(1))])?;
                chart.draw_series(figures.iter().enumerate().map(|(at, figure)| {
                    let place = (*figure, middle + beside(at) * 8.0);
                    Circle::new(place, 5 * FINE / 2, FIRST.mix(0.55).filled())
                }))?;
                let median = vec![(summary.median, middle - 13.0), (summary.median, middle + 13.0)];
                chart.draw_series([PathElement::new(median, TEXT.stroke_width(FINE.unsigned_abs() * 2))])?;
            }
            top -= f64::from(ROW_PIXELS);
        }
        Ok(())
    })?;
    Ok(Some(picture))
}

/// Where beside the middle a dot lies, from -1 to 1: spread evenly, the same each time.
fn beside(at: usize) -> f64 {
    /// The golden ratio's fraction leaves the largest gaps between neighbours.
    const STEP: f64 = 0.618_033_988_749_894_9;
    let at = f64::from(u32::try_from(at).unwrap_or(u32::MAX));
    (at * STEP).fract() * 2.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<'a>(names: &[&'a str]) -> Vec<Row<'a>> {
        names.iter().map(|name| Row { name, figures: vec![1.0, 1.2, 1.1, 1.4] }).collect()
    }

    #[test]
    fn each_run_is_a_dot_in_its_commands_row() {
        let scale = Scale::of_quantity(1.4, "J");
        let file = draw(&rows(&["A", "<b>"]), &scale, Width::Narrow).unwrap().unwrap().file("runs");
        assert_eq!(file.matches("<circle").count(), 8);
        for said in ["\nA\n", "\n&lt;b&gt;\n", " J\n"] {
            assert!(file.contains(said), "{said:?} in {file}");
        }
    }

    #[test]
    fn nothing_has_no_picture_and_runs_that_are_all_the_same_have_one() {
        let scale = Scale::of_time(1.0, None);
        let empty = [Row { name: "A", figures: vec![] }];
        assert_eq!(draw(&empty, &scale, Width::Wide).unwrap(), None);
        let same = [Row { name: "A", figures: vec![0.25; 5] }];
        assert!(draw(&same, &scale, Width::Wide).unwrap().is_some());
    }

    #[test]
    fn dots_keep_beside_the_middle() {
        assert!((0..1000).map(beside).all(|place| (-1.0..=1.0).contains(&place)));
    }
}
