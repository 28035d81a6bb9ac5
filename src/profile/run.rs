//! One run of one command, measured.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hearth_hot::clock::{Clock, SystemClock, sleep_until};

use super::child::{ChildError, Ended, Ending, Waiting};
use super::counters::Countable;
use super::energy::{Meters, Span, between, seconds};
use super::options::{Options, Output};
use super::phases::{Pipe, VARIABLE, Whole};
use super::program::{Program, Stream};
use super::record::{DomainFacts, Run};
use super::sampler::{Sampler, trace};
use super::sys;

/// How long samples of the run's end are waited for, in nanoseconds: two ticks, but no more and no less than this.
const LAST_SAMPLE_NS: (u64, u64) = (3_000_000, 30_000_000);

/// Told while a program runs: joules of each domain over the last so many seconds, where they are known, and how long it
/// has run.
pub(super) type During<'a> = dyn FnMut(&[Option<f64>], f64, Duration) + 'a;

/// What measures: opened once for all runs.
pub(super) struct Bench {
    pub(super) clock: SystemClock,
    pub(super) meters: Option<Meters>,
    pub(super) sampler: Option<Sampler>,
    /// What the meters read.
    pub(super) domains: Vec<DomainFacts>,
    pub(super) countable: Countable,
    pub(super) cpus: u32,
    /// When the profile began.
    pub(super) zero_ns: u64,
}

impl Bench {
    /// Seconds since the profile began.
    pub(super) fn now_s(&self) -> f64 {
        seconds(self.clock.monotonic_ns().saturating_sub(self.zero_ns))
    }

    /// Runs the program of these words, measured; also the last of its messages.
    ///
    /// # Errors
    /// It could not be run. That it failed is none.
    pub(super) fn run(
        &mut self,
        words: Vec<String>,
        options: &Options,
        round: u32,
        during: &mut During<'_>,
    ) -> Result<(Run, String), ChildError> {
        let mut program = Program::new(words);
        let name = program.name().to_owned();
        let refused = |what| {
            let program = name.clone();
            move |source: io::Error| ChildError::System { what, program, source }
        };
        streams(&mut program, options).map_err(refused("open the streams"))?;
        let pipe = if options.phases { Some(Pipe::new().map_err(refused("make a pipe"))?) } else { None };
        if let Some(pipe) = &pipe {
            program.variable(VARIABLE, pipe.number().to_string());
            program.keeps = Some(pipe.number());
        }
        program.cpu = options.pin;
        let waiting = Waiting::spawn(program)?;
        let counters = Arc::new(self.countable.open(waiting.pid()));
        let listener =
            pipe.map(|pipe| pipe.listen(Arc::clone(&counters))).transpose().map_err(refused("hear marks"))?;
        if let Some(sampler) = &mut self.sampler {
            sampler.begin();
        }
        let from = self.meters.as_mut().map(|meters| {
            meters.begin(&self.clock);
            meters.read_at_edge(&self.clock)
        });
        let began_s = self.now_s();
        let began_ns = self.clock.monotonic_ns();
        let running = waiting.release()?;
        let (sampler, meters) = (&mut self.sampler, &mut self.meters);
        let mut seen = 0;
        let look = || {
            let elapsed = Duration::from_nanos(self.clock.monotonic_ns().saturating_sub(began_ns));
            let (mut joules, mut window_s) = (Vec::new(), 0.0);
            if let Some(sampler) = sampler {
                sampler.drain();
                if let Some([first, .., last]) = sampler.samples().get(seen..) {
                    joules = between(first, last, u64::MAX);
                    window_s = seconds(last.at_ns.saturating_sub(first.at_ns));
                    seen = sampler.samples().len() - 1;
                }
            }
            during(&joules, window_s, elapsed);
            if let Some(meters) = meters {
                meters.follow(&self.clock);
            }
            sys::interruptions() > 0
        };
        let ended = running.wait(options.timeout, look)?;
        let to = self.meters.as_mut().map(|meters| meters.read_at_edge(&self.clock));
        let marks = listener.map(super::phases::Listener::finish).unwrap_or_default();
        let run_ns = nanoseconds(ended.wall);
        let mut run = describe(&ended, began_s, round);
        run.counters = counters.read();
        if let (Some(from), Some(to)) = (&from, &to) {
            let span = Span { from, to, run_ns };
            run.energy_j = span.energy_j();
            run.energy_error_j = span.error_j(&self.domains);
            run.energy_window_s = Some(seconds(span.window_ns()));
        }
        if let Some(sampler) = &mut self.sampler {
            let (least_ns, most_ns) = LAST_SAMPLE_NS;
            let ticks_ns = 2_000_000_000 / u64::from(options.rate_hz.max(1));
            wait_until(began_ns + run_ns + ticks_ns.clamp(least_ns, most_ns));
            sampler.drain();
            (run.trace, run.peak_w) = trace(sampler.samples(), began_ns, run_ns);
            let span_ns = (began_ns, began_ns + run_ns);
            let (energy_j, counts, samples) = (&run.energy_j, &run.counters, sampler.samples());
            run.phases = Whole { span_ns, energy_j, counters: counts, samples }.phases(&marks);
        } else {
            let whole = Whole {
                span_ns: (began_ns, began_ns + run_ns),
                energy_j: &run.energy_j,
                counters: &run.counters,
                samples: &[],
            };
            run.phases = whole.phases(&marks);
        }
        if let Some(tdp_w) = options.estimate_tdp_w.filter(|_| self.meters.is_none()) {
            run.energy_j = vec![Some(tdp_w * (run.user_s + run.system_s) / f64::from(self.cpus.max(1)))];
        }
        Ok((run, ended.messages))
    }
}

fn wait_until(at_ns: u64) {
    if let Err(errno) = sleep_until(at_ns) {
        tracing::warn!("the clock does not let us wait: {errno}");
    }
}

fn streams(program: &mut Program, options: &Options) -> io::Result<()> {
    if let Some(path) = &options.input {
        program.input = Stream::File(File::open(path)?);
    }
    // Its last messages are told if it fails.
    program.messages = Stream::Pipe;
    match &options.output {
        Output::Null => {}
        Output::Pipe => program.output = Stream::Pipe,
        Output::Inherit => (program.output, program.messages) = (Stream::Inherit, Stream::Inherit),
        Output::File(path) => program.output = Stream::File(File::create(path)?),
    }
    Ok(())
}

fn describe(ended: &Ended, began_s: f64, round: u32) -> Run {
    let usage = ended.usage;
    let (exit_code, signal) = match ended.ending {
        Ending::Code(code) => (Some(code), None),
        Ending::Signal(signal) => (None, Some(signal)),
    };
    Run {
        round,
        began_s,
        wall_s: ended.wall.as_secs_f64(),
        user_s: usage.user.as_secs_f64(),
        system_s: usage.system.as_secs_f64(),
        max_rss_bytes: usage.max_rss_bytes,
        minor_faults: usage.minor_faults,
        major_faults: usage.major_faults,
        voluntary_switches: usage.voluntary_switches,
        involuntary_switches: usage.involuntary_switches,
        exit_code,
        signal,
        cut_short: ended.cut_short,
        ..Run::default()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
