//! Log lines on standard error: text for people, or one JSON object a line.
//!
//! The program speaks through `tracing` events; this is the only listener. Events are all it listens to: spans are
//! declined, so nothing is stored between two lines and an event below the level costs a load and a compare. Level
//! and form can be changed while running ([`Handle`]).
//!
//! A line: time (UTC, RFC 3339), level, target, message, fields in the order they were given.

mod line;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{self, SetGlobalDefaultError};
use tracing::{Event, Metadata, Subscriber};

use crate::config::{Log, LogFormat, LogLevel};
use crate::meter::{LOST_LOG_LINES, Tally};

/// Where lines go: in one piece, from any thread.
pub trait Sink: Send + Sync + 'static {
    /// Writes one line with its line break.
    ///
    /// # Errors
    /// As the device below answers.
    fn write_line(&self, line: &[u8]) -> io::Result<()>;
}

/// Standard error.
#[derive(Debug)]
pub struct Stderr;

impl Sink for Stderr {
    fn write_line(&self, line: &[u8]) -> io::Result<()> {
        io::stderr().lock().write_all(line)
    }
}

/// What can change while the program runs.
#[derive(Debug)]
struct Settings {
    /// Position of the level in `LEVELS`.
    level: AtomicU8,
    json: AtomicBool,
}

/// Every level from the quietest, so that a more talkative one has the greater position.
const LEVELS: [LevelFilter; 5] =
    [LevelFilter::ERROR, LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE];

/// The log as the rest of the program may change it.
#[derive(Clone, Debug)]
pub struct Handle {
    settings: Arc<Settings>,
    terminal: bool,
}

impl Handle {
    /// Takes over level and form; lines begun before may still be in the old form.
    pub fn apply(&self, log: &Log) {
        let level = match log.level {
            LogLevel::Error => 0,
            LogLevel::Warn => 1,
            LogLevel::Info => 2,
            LogLevel::Debug => 3,
            LogLevel::Trace => 4,
        };
        let json = match log.format {
            LogFormat::Auto => !self.terminal,
            LogFormat::Text => false,
            LogFormat::Json => true,
        };
        // Relaxed: each value stands alone; an event seen a moment too late or too early does no harm.
        self.settings.json.store(json, Ordering::Relaxed);
        self.settings.level.store(level, Ordering::Relaxed);
        // Call sites remember what they were told; ask them to ask again.
        tracing::callsite::rebuild_interest_cache();
    }
}

/// Starts logging to standard error for the whole process.
///
/// # Errors
/// When the process logs already.
pub fn start(log: &Log) -> Result<Handle, SetGlobalDefaultError> {
    let (handle, listener) = listener(log, Stderr, &LOST_LOG_LINES, io::stderr().is_terminal());
    subscriber::set_global_default(listener)?;
    // Said again now that there is a listener whose level `tracing` can ask for.
    handle.apply(log);
    Ok(handle)
}

fn listener<S: Sink>(log: &Log, sink: S, lost: &'static Tally, terminal: bool) -> (Handle, Listener<S>) {
    let settings = Arc::new(Settings { level: AtomicU8::new(0), json: AtomicBool::new(false) });
    let handle = Handle { settings: Arc::clone(&settings), terminal };
    handle.apply(log);
    (handle, Listener { settings, sink, lost })
}

struct Listener<S> {
    settings: Arc<Settings>,
    sink: S,
    lost: &'static Tally,
}

impl<S> Listener<S> {
    fn level(&self) -> LevelFilter {
        let position = usize::from(self.settings.level.load(Ordering::Relaxed));
        LEVELS.get(position).copied().unwrap_or(LevelFilter::INFO)
    }
}

impl<S: Sink> Subscriber for Listener<S> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level())
    }

    fn event(&self, event: &Event<'_>) {
        let since_epoch = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since,
            // A clock before 1970 has not been set yet; the line matters more than its time.
            Err(_unset) => std::time::Duration::ZERO,
        };
        let json = self.settings.json.load(Ordering::Relaxed);
        let line = line::of(event, since_epoch, json);
        if self.sink.write_line(line.as_bytes()).is_err() {
            // There is nowhere left to say so; the status and a metric show the count.
            self.lost.add();
        }
    }

    // Spans are declined by `enabled`; `tracing` still asks for the rest.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<String>>>);

    impl Sink for Paper {
        fn write_line(&self, line: &[u8]) -> io::Result<()> {
            let line = String::from_utf8(line.to_vec()).expect("lines are text");
            self.0.lock().expect("no writer panicked").push(line);
            Ok(())
        }
    }

    struct Torn;

    impl Sink for Torn {
        fn write_line(&self, _line: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    impl Paper {
        /// Lines without their time, which is checked for its form alone.
        fn lines(&self) -> Vec<String> {
            let lines = std::mem::take(&mut *self.0.lock().expect("no writer panicked"));
            lines.iter().map(|line| line.strip_suffix('\n').expect("a whole line")).map(timeless).collect()
        }
    }

    fn timeless(line: &str) -> String {
        let (time, rest) = match line.strip_prefix("{\"time\":\"") {
            Some(rest) => rest.split_once("\",").expect("a time"),
            None => line.split_once(' ').expect("a time"),
        };
        assert_eq!(time.len(), "2026-01-01T00:00:00.000000Z".len(), "{line}");
        assert!(time.ends_with('Z') && time.contains('T'), "{line}");
        rest.to_owned()
    }

    fn log(level: LogLevel, format: LogFormat) -> Log {
        Log { level, format }
    }

    #[test]
    fn text_lines_have_level_target_message_and_fields() {
        let paper = Paper::default();
        let (_handle, listener) =
            listener(&log(LogLevel::Info, LogFormat::Auto), paper.clone(), &LOST_LOG_LINES, true);
        subscriber::with_default(listener, || {
            tracing::info!(sensors = 12, path = "/a b", ratio = 0.5, late = true, "armed");
            tracing::warn!(error = %"two\nlines \u{1b}[31m", "kept");
            tracing::debug!("not said");
        });
        assert_eq!(
            paper.lines(),
            [
                "INFO hearth::log::tests: armed sensors=12 path=\"/a b\" ratio=0.5 late=true",
                "WARN hearth::log::tests: kept error=two\\nlines \\u{1b}[31m",
            ]
        );
    }

    #[test]
    fn json_lines_are_one_object_each_with_types_kept() {
        let paper = Paper::default();
        let (_handle, listener) =
            listener(&log(LogLevel::Info, LogFormat::Auto), paper.clone(), &LOST_LOG_LINES, false);
        subscriber::with_default(listener, || {
            tracing::info!(sensors = 12, path = "a\"b\\\n\u{1}é", ratio = f64::NAN, low = -1, "armed");
            tracing::error!(late = false, cause = ?Some("x"));
        });
        assert_eq!(
            paper.lines(),
            [
                r#""level":"INFO","target":"hearth::log::tests","message":"armed","sensors":12,"path":"a\"b\\\n\u0001é","ratio":"NaN","low":-1}"#,
                r#""level":"ERROR","target":"hearth::log::tests","late":false,"cause":"Some(\"x\")"}"#,
            ]
        );
    }

    #[test]
    fn level_and_form_change_while_running() {
        let paper = Paper::default();
        let (handle, listener) =
            listener(&log(LogLevel::Error, LogFormat::Text), paper.clone(), &LOST_LOG_LINES, true);
        subscriber::with_default(listener, || {
            for settings in [
                log(LogLevel::Error, LogFormat::Text),
                log(LogLevel::Debug, LogFormat::Json),
                log(LogLevel::Error, LogFormat::Text),
            ] {
                handle.apply(&settings);
                tracing::debug!("detail");
            }
        });
        assert_eq!(paper.lines(), [r#""level":"DEBUG","target":"hearth::log::tests","message":"detail"}"#]);
    }

    #[test]
    fn spans_are_declined_and_their_events_heard() {
        let paper = Paper::default();
        let (_handle, listener) =
            listener(&log(LogLevel::Trace, LogFormat::Text), paper.clone(), &LOST_LOG_LINES, true);
        subscriber::with_default(listener, || {
            let span = tracing::info_span!("outer", id = 1);
            assert!(span.is_disabled());
            span.in_scope(|| tracing::info!("inside"));
        });
        assert_eq!(paper.lines(), ["INFO hearth::log::tests: inside"]);
    }

    #[test]
    fn a_line_that_cannot_be_written_is_counted() {
        static LOST: Tally = Tally::new();
        let (_handle, listener) = listener(&log(LogLevel::Info, LogFormat::Text), Torn, &LOST, true);
        subscriber::with_default(listener, || {
            tracing::info!("one");
            tracing::info!("two");
        });
        assert_eq!(LOST.get(), 2);
    }
}
