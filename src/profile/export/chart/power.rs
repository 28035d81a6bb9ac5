//! The power of one run over its time, with the phases it marked and what the idle machine draws.

use plotters::prelude::{ChartBuilder, Color, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};

use super::scale::{SPAN_LEAST, Scale};
use super::{ChartError, FINE, FIRST, GRID, Picture, SECOND, SOFT, TEXT, Width, cut, letters};
use crate::profile::analysis::headline;
use crate::profile::record::{Phase, Point};

/// What is drawn.
pub(in crate::profile::export) struct Power<'a> {
    /// The run's samples.
    pub(in crate::profile::export) trace: &'a [Point],
    /// The domains that are added up.
    pub(in crate::profile::export) domains: &'a [usize],
    /// How long the run was.
    pub(in crate::profile::export) wall_s: f64,
    /// What it marked.
    pub(in crate::profile::export) phases: &'a [Phase],
    /// Watts of the idle machine.
    pub(in crate::profile::export) idle_w: Option<f64>,
    /// Of its time.
    pub(in crate::profile::export) time: Scale,
}

/// Power over a part of the run: the mean, and the least and the most within.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Column {
    from_s: f64,
    to_s: f64,
    mean_w: f64,
    low_w: f64,
    high_w: f64,
}

/// Pixels of a column: narrower ones would only blur.
const COLUMN_PIXELS: u16 = 2;
const HEIGHT: u16 = 210;

/// The samples as at most so many columns; a sample that is missing ends a stretch of them.
fn stretches(trace: &[Point], domains: &[usize], wall_s: f64, count: u16) -> Vec<Vec<Column>> {
    let column_s = wall_s / f64::from(count.max(1));
    let mut stretches = vec![Vec::new()];
    let mut from_s = 0.0;
    for point in trace {
        let to_s = point.at_s;
        let Some(watts) = headline(domains, &point.watts) else {
            stretches.push(Vec::new());
            from_s = to_s;
            continue;
        };
        let Some(stretch) = stretches.last_mut() else { break };
        match stretch.last_mut() {
            Some(Column { from_s: begun_s, to_s: end_s, mean_w, low_w, high_w })
                if to_s - *begun_s <= column_s =>
            {
                let (before_s, more_s) = (*end_s - *begun_s, to_s - from_s);
                *mean_w = (*mean_w * before_s + watts * more_s) / (before_s + more_s);
                (*low_w, *high_w, *end_s) = (low_w.min(watts), high_w.max(watts), to_s);
            }
            _ => stretch.push(Column { from_s, to_s, mean_w: watts, low_w: watts, high_w: watts }),
        }
        from_s = to_s;
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

impl Power<'_> {
    /// The curve; none of a run that was too short for one.
    pub(in crate::profile::export) fn draw(&self, width: Width) -> Result<Option<Picture>, ChartError> {
        let stretches = stretches(self.trace, self.domains, self.wall_s, width.pixels() / COLUMN_PIXELS);
        let columns = || stretches.iter().flatten();
        if columns().count() < 2 || self.wall_s <= 0.0 {
            return Ok(None);
        }
        let peak_w = columns().map(|column| column.high_w).chain(self.idle_w).fold(0.0, f64::max);
        if peak_w <= 0.0 {
            return Ok(None);
        }
        let watts = Scale::of_quantity(peak_w, "W");
        let (end, top) = (self.time.apply(self.wall_s), watts.apply(peak_w) * 1.08);
        if ![end, top].iter().all(|end| end.is_finite() && *end > SPAN_LEAST) {
            return Ok(None);
        }
        let room = if self.phases.is_empty() { 10 } else { 24 };
        let picture = Picture::draw(width, HEIGHT, |area| {
            let mut chart = ChartBuilder::on(area)
                .margin_top(room * FINE)
                .margin_right(14 * FINE)
                .x_label_area_size(24 * FINE)
                .y_label_area_size(58 * FINE)
                .build_cartesian_2d(0.0..end, 0.0..top)?;
            chart.draw_series(self.phases.iter().skip(1).step_by(2).map(|phase| {
                let across = [phase.began_s, phase.ended_s].map(|at_s| self.time.apply(at_s));
                Rectangle::new([(across[0], 0.0), (across[1], top)], SOFT.mix(0.12).filled())
            }))?;
            let marks = width.marks();
            chart
                .configure_mesh()
                .disable_x_mesh()
                .max_light_lines(0)
                .bold_line_style(GRID.stroke_width(FINE.unsigned_abs()))
                .axis_style(GRID.stroke_width(FINE.unsigned_abs()))
                .set_all_tick_mark_size(4 * FINE)
                .x_labels(marks)
                .y_labels(5)
                .x_label_formatter(&|at| self.time.mark(*at, end, marks))
                .y_label_formatter(&|at| watts.mark(*at, top, 5))
                .x_label_style(letters(12, &SOFT, HPos::Center, VPos::Top))
                .y_label_style(letters(12, &SOFT, HPos::Right, VPos::Center))
                .draw()?;
            let place = |at_s: f64, power_w: f64| (self.time.apply(at_s), watts.apply(power_w));
            for stretch in &stretches {
                let steps = |of: fn(&Column) -> f64| -> Vec<(f64, f64)> {
                    let ends =
                        |column: &Column| [place(column.from_s, of(column)), place(column.to_s, of(column))];
                    stretch.iter().flat_map(ends).collect()
                };
                let mean = steps(|column| column.mean_w);
                let below = mean.iter().map(|(at, _)| (*at, 0.0)).rev().collect::<Vec<_>>();
                let under = [mean.clone(), below].concat();
                let high = steps(|column| column.high_w);
                let low = steps(|column| column.low_w).into_iter().rev().collect::<Vec<_>>();
                let between = [high, low].concat();
                chart.draw_series([under].map(|shape| Polygon::new(shape, FIRST.mix(0.10))))?;
                chart.draw_series([between].map(|shape| Polygon::new(shape, FIRST.mix(0.25))))?;
                let line = FIRST.stroke_width(FINE.unsigned_abs() * 3 / 2);
                chart.draw_series([PathElement::new(mean, line)])?;
            }
            if let Some(idle_w) = self.idle_w {
                let line = SECOND.stroke_width(FINE.unsigned_abs());
                let ends = vec![place(0.0, idle_w), place(self.wall_s, idle_w)];
                chart.draw_series([PathElement::new(ends, line)])?;
                let style = letters(12, &SECOND, HPos::Right, VPos::Bottom);
                let (_, up) = place(0.0, idle_w);
                chart.draw_series([Text::new("idle machine".to_owned(), (end * 0.995, up), style)])?;
            }
            let style = || letters(12, &TEXT, HPos::Left, VPos::Bottom);
            chart.draw_series(
                self.named(width)
                    .into_iter()
                    .map(|(at_s, name)| Text::new(name, (self.time.apply(at_s), top * 1.01), style())),
            )?;
            Ok(())
        })?;
        Ok(Some(picture))
    }

    /// The phases that have room for their name, and where each begins.
    fn named(&self, width: Width) -> Vec<(f64, String)> {
        const LETTERS_LEAST: usize = 3;
        let all = width.letters() * 9 / 10;
        let name = |phase: &Phase| {
            let part = (phase.ended_s - phase.began_s) / self.wall_s;
            let room = (0..all).rev().find(|letters| share(*letters, all) <= part).unwrap_or(0);
            (room >= LETTERS_LEAST).then(|| (phase.began_s, cut(&phase.name, room)))
        };
        self.phases.iter().filter_map(name).collect()
    }
}

/// So many of so many, as a part.
fn share(some: usize, all: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(some) / number(all.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(watts: &[Option<f64>]) -> Vec<Point> {
        let point = |(at, watts): (u32, &Option<f64>)| Point { at_s: f64::from(at), watts: vec![*watts] };
        (1..).zip(watts).map(point).collect()
    }

    #[test]
    fn a_column_keeps_the_mean_and_both_extremes_and_a_gap_parts_stretches() {
        let trace = trace(&[Some(10.0), Some(30.0), Some(20.0), Some(20.0), None, Some(5.0)]);
        let whole = stretches(&trace, &[0], 6.0, 3);
        let column = |from_s, to_s, mean_w, low_w, high_w| Column { from_s, to_s, mean_w, low_w, high_w };
        assert_eq!(
            whole,
            [
                vec![column(0.0, 2.0, 20.0, 10.0, 30.0), column(2.0, 4.0, 20.0, 20.0, 20.0)],
                vec![column(5.0, 6.0, 5.0, 5.0, 5.0)]
            ]
        );
        assert_eq!(stretches(&trace, &[0], 6.0, 100).iter().flatten().count(), 5);
        assert!(stretches(&trace, &[], 6.0, 3).is_empty());
    }

    fn power<'a>(trace: &'a [Point], phases: &'a [Phase]) -> Power<'a> {
        let time = Scale::of_time(4.0, None);
        Power { trace, domains: &[0], wall_s: 4.0, phases, idle_w: Some(3.0), time }
    }

    #[test]
    fn the_curve_has_units_phases_and_the_idle_machine() {
        let trace = trace(&[Some(10.0), Some(30.0), Some(20.0), Some(20.0)]);
        let phase = |name: &str, began_s, ended_s| Phase {
            name: name.to_owned(),
            began_s,
            ended_s,
            energy_j: vec![],
            counters: vec![],
        };
        let phases = [phase("start", 0.0, 1.5), phase("<load>", 1.5, 3.99), phase("end", 3.99, 4.0)];
        let file = power(&trace, &phases).draw(Width::Wide).unwrap().unwrap().file("power");
        for said in ["\n20 W\n", "\n2.0 s\n", "\nstart\n", "\n&lt;load&gt;\n", "\nidle machine\n"] {
            assert!(file.contains(said), "{said:?} in {file}");
        }
        assert!(!file.contains("\nend\n"), "a phase without room has no name on the picture");
    }

    #[test]
    fn a_run_with_too_few_samples_has_no_curve() {
        for few in [&[][..], &[Some(1.0)], &[None, None, Some(2.0)], &[Some(0.0), Some(0.0)]] {
            let trace = trace(few);
            let power = Power { idle_w: None, ..power(&trace, &[]) };
            assert_eq!(power.draw(Width::Narrow).unwrap(), None);
        }
    }
}
