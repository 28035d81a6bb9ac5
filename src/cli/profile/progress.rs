//! One line that says how far it is, on standard error.
//!
//! What is left is reckoned from the runs that ended, not from when they were told: a stretch of idleness is not taken
//! for a slow run.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ProfileArgs;
use super::look;
use crate::profile::plan::Order;
use crate::profile::session::Step;
use crate::profile::units::with_prefix;

/// What is known before the first run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Commands, the reference among them.
    pub(super) commands: u32,
    /// Runs of each that are not counted.
    pub(super) warmup: u32,
    /// Rounds of each that are counted, at least.
    pub(super) least: u32,
    /// In which order.
    pub(super) order: Order,
    /// Whether energy is estimated where nothing measures it.
    pub(super) estimates: bool,
}

/// The line.
pub(super) struct Progress {
    bar: ProgressBar,
    plan: Plan,
    /// The command that is run.
    doing: String,
    /// Rounds of each command that are expected by now, by how many were begun; the first only, unless each command's
    /// runs are made together.
    rounds: Vec<u32>,
    /// Runs that ended, and their seconds.
    ended: (u32, f64),
    /// How long a stretch of idleness is, once there was one, and how many there were.
    idle: Option<(Duration, u32)>,
    last_w: Option<f64>,
    /// Whether watts are measured; not known before the first run or stretch of idleness ended.
    measured: bool,
}

impl Progress {
    pub(super) fn new(args: &ProfileArgs, plan: Plan) -> Self {
        let target = if look::moves(&args.style) {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self::on(target, look::colours_on_stderr(&args.style), plan)
    }

    fn on(target: ProgressDrawTarget, colours: bool, plan: Plan) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = if colours {
            "{spinner} {bar:24.green} {pos}/{len} {prefix}{wide_msg}"
        } else {
            "{spinner} {bar:24} {pos}/{len} {prefix}{wide_msg}"
        };
        // The template is ours; were it wrong, the bar would look plain.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_plain| ProgressStyle::default_bar()),
        );
        let progress = Self {
            bar,
            plan,
            doing: String::new(),
            rounds: Vec::new(),
            ended: (0, 0.0),
            idle: None,
            last_w: None,
            measured: !plan.estimates,
        };
        progress.bar.set_length(u64::from(progress.runs()));
        progress
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    pub(super) fn show(&mut self, step: &Step<'_>) {
        match step {
            Step::Idle(time) => {
                self.measured = true;
                self.idle = Some((*time, self.idle.map_or(1, |(_, stretches)| stretches + 1)));
                self.bar.set_message(format!("the idle machine, {} s", time.as_secs_f64()));
            }
            Step::Begins { name, round, rounds } => {
                match (round, self.rounds.last_mut()) {
                    (None, _) => {}
                    // A command of its own; where they take turns, the first stands for all.
                    (Some(0), last) if last.is_none() || self.plan.order == Order::Sequential => {
                        self.rounds.push(*rounds);
                    }
                    (Some(_), Some(last)) => *last = *rounds,
                    (Some(_), None) => self.rounds.push(*rounds),
                }
                self.bar.set_length(u64::from(self.runs()));
                let kind = if round.is_some() { "" } else { "warming up: " };
                self.doing = format!("{kind}{}", name.replace('\n', " "));
                self.say(Duration::ZERO, &self.last());
            }
            Step::During { watts, elapsed } => {
                // What is known at the end of a run alone is that of the run before.
                let watts = self.watts(*watts).map_or_else(|| self.last(), |watts| format!(", {watts}"));
                self.say(*elapsed, &format!(", {:.1} s{watts}", elapsed.as_secs_f64()));
            }
            Step::Ended { run, watts } => {
                self.measured |= run.energy_window_s.is_some();
                self.last_w = *watts;
                let (runs, seconds) = self.ended;
                self.ended = (runs + 1, seconds + run.wall_s);
                self.bar.set_position(u64::from(self.ended.0));
            }
        }
    }

    fn say(&self, elapsed: Duration, more: &str) {
        let left = self.left(elapsed).map_or_else(String::new, |left| format!("{} left, ", span(left)));
        self.bar.set_prefix(left);
        self.bar.set_message(format!("{}{more}", self.doing));
    }

    fn last(&self) -> String {
        self.watts(self.last_w).map_or_else(String::new, |watts| format!(", last {watts}"))
    }

    fn watts(&self, watts: Option<f64>) -> Option<String> {
        let mark = if self.measured { "" } else { " estimated" };
        watts.map(|watts| format!("{}{mark}", with_prefix(watts, "W")))
    }

    /// Runs that are expected by now, those that warm up among them.
    fn runs(&self) -> u32 {
        let Plan { commands, warmup, least, order, .. } = self.plan;
        let counted: u32 = if order == Order::Sequential {
            let begun = u32::try_from(self.rounds.len()).unwrap_or(commands);
            self.rounds
                .iter()
                .sum::<u32>()
                .saturating_add(commands.saturating_sub(begun).saturating_mul(least))
        } else {
            self.rounds.last().copied().unwrap_or(least).saturating_mul(commands)
        };
        warmup.saturating_mul(commands).saturating_add(counted)
    }

    /// How long it still takes, if the runs to come take as long as those that ended; none before one has.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let (ended, seconds) = self.ended;
        if ended == 0 {
            return None;
        }
        let each_s = seconds / f64::from(ended);
        let others = self.runs().saturating_sub(ended + 1);
        let this_s = (each_s - elapsed.as_secs_f64()).max(0.0);
        let idle =
            self.idle.map_or(Duration::ZERO, |(time, stretches)| time * self.stretches_left(stretches));
        Duration::try_from_secs_f64(f64::from(others) * each_s + this_s)
            .map_or(None, |runs| runs.checked_add(idle))
    }

    /// Stretches of idleness to come: one in the middle, or after each command, and one at the end.
    fn stretches_left(&self, so_far: u32) -> u32 {
        let all = match self.plan.order {
            Order::Sequential => self.plan.commands + 2,
            Order::Interleaved | Order::Randomized => {
                if self.rounds.last().is_some_and(|rounds| *rounds >= 4) { 3 } else { 2 }
            }
        };
        all.saturating_sub(so_far)
    }
}

/// A time in two units at most.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::record::Run;
    use indicatif::InMemoryTerm;

    const PLAN: Plan = Plan { commands: 2, warmup: 1, least: 3, order: Order::Interleaved, estimates: false };

    /// What the line says after each step.
    fn said(plan: Plan, steps: &[Step<'_>]) -> Vec<String> {
        let term = InMemoryTerm::new(2, 120);
        let mut progress = Progress::on(ProgressDrawTarget::term_like(Box::new(term.clone())), false, plan);
        let said = |step| {
            progress.show(step);
            progress.bar.tick();
            let line = term.contents();
            // Without the spinner and the bar.
            line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
        };
        steps.iter().map(said).collect()
    }

    fn begins(name: &str, round: Option<u32>, rounds: u32) -> Step<'_> {
        Step::Begins { name, round, rounds }
    }

    fn during(watts: Option<f64>, ms: u64) -> Step<'static> {
        Step::During { watts, elapsed: Duration::from_millis(ms) }
    }

    fn run(wall_s: f64, is_measured: bool) -> Run {
        Run { wall_s, energy_window_s: is_measured.then_some(wall_s), ..Run::default() }
    }

    #[test]
    fn warm_ups_and_rounds_are_counted_in_the_position_and_in_the_length() {
        let run = run(2.0, true);
        let ended = Step::Ended { run: &run, watts: Some(10.0) };
        let said = said(
            PLAN,
            &[
                begins("a", None, 0),
                ended.clone(),
                begins("b", None, 0),
                ended.clone(),
                begins("a", Some(0), 3),
                ended.clone(),
                begins("b", Some(0), 3),
                ended.clone(),
                // After the first round it is known how many fit.
                begins("a", Some(1), 10),
            ],
        );
        let told: Vec<&str> = said.iter().step_by(2).map(String::as_str).collect();
        assert_eq!(
            told,
            [
                "0/8 warming up: a",
                "1/8 14 s left, warming up: b, last 10.0 W",
                "2/8 12 s left, a, last 10.0 W",
                "3/8 10 s left, b, last 10.0 W",
                "4/22 36 s left, a, last 10.0 W",
            ]
        );
    }

    #[test]
    fn a_long_run_shows_the_watts_of_now_and_less_and_less_time_left() {
        let run = run(100.0, true);
        let said = said(
            Plan { warmup: 0, commands: 1, least: 2, ..PLAN },
            &[
                begins("long", Some(0), 2),
                during(None, 250),
                during(Some(31.25), 500),
                Step::Ended { run: &run, watts: Some(30.0) },
                begins("long", Some(1), 2),
                during(Some(42.0), 40_000),
                during(Some(43.0), 200_000),
            ],
        );
        let told = [
            "0/2 long",
            "0/2 long, 0.2 s",
            "0/2 long, 0.5 s, 31.2 W",
            "1/2 long, 0.5 s, 31.2 W",
            "1/2 1 min 40 s left, long, last 30.0 W",
            "1/2 1 min 0 s left, long, 40.0 s, 42.0 W",
            "1/2 0 s left, long, 200.0 s, 43.0 W",
        ];
        assert_eq!(said, told);
    }

    #[test]
    fn an_estimate_is_called_one_and_a_measurement_is_not() {
        let plan = Plan { warmup: 0, commands: 1, estimates: true, ..PLAN };
        let (estimated, measured) = (run(1.0, false), run(1.0, true));
        for (run, mark) in [(&estimated, " estimated"), (&measured, "")] {
            let ended = Step::Ended { run, watts: Some(5.0) };
            let steps = [
                begins("a", Some(0), 3),
                ended,
                begins("a", Some(1), 3),
                during(Some(6.0), 250),
                during(None, 500),
            ];
            let said = said(plan, &steps);
            assert!(said[2].ends_with(&format!(", last 5.00 W{mark}")), "{said:?}");
            assert!(said[3].ends_with(&format!(", 6.00 W{mark}")), "{said:?}");
            assert!(said[4].ends_with(&format!(", 0.5 s, last 5.00 W{mark}")), "{said:?}");
        }
    }

    #[test]
    fn runs_of_each_command_together_count_those_of_commands_to_come() {
        let plan = Plan { warmup: 0, least: 10, order: Order::Sequential, ..PLAN };
        let run = run(1.0, true);
        let ended = Step::Ended { run: &run, watts: None };
        let said = said(
            plan,
            &[
                begins("a", Some(0), 10),
                ended.clone(),
                begins("a", Some(1), 2),
                ended,
                begins("b", Some(0), 10),
            ],
        );
        assert_eq!(said[0], "0/20 a");
        assert_eq!(said[2], "1/12 11 s left, a", "the second command takes ten at least");
        assert_eq!(said[4], "2/12 10 s left, b");
    }

    #[test]
    fn stretches_of_idleness_are_told_and_reckoned_with() {
        let run = run(1.0, true);
        let idle = Step::Idle(Duration::from_secs(5));
        let ended = Step::Ended { run: &run, watts: None };
        let plan = Plan { warmup: 0, commands: 1, least: 4, ..PLAN };
        let said = said(plan, &[idle, begins("a", Some(0), 4), ended, begins("a", Some(1), 4)]);
        assert_eq!(said[0], "0/4 the idle machine, 5 s");
        // Three runs, and idleness in the middle and at the end.
        assert_eq!(said[3], "1/4 13 s left, a");
        assert_eq!(span(Duration::from_secs(7265)), "2 h 1 min");
    }
}
