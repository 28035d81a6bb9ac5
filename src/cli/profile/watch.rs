//! `hearth profile --duration`: the box itself, without a command.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{ProfileArgs, files, look};
use crate::cli::Failure;
use crate::profile::units::with_prefix;
use crate::profile::watch::{Second, Wish, watch};

/// Watches the box for `duration` and reports.
///
/// # Errors
/// Exports that a watch has not, what keeps it from watching, files that cannot be written.
pub(super) fn profile(args: &ProfileArgs, duration: Duration, out: &mut dyn Write) -> Result<(), Failure> {
    let others = [
        ("--export-csv", &args.export_csv),
        ("--export-markdown", &args.export_markdown),
        ("--export-html", &args.export_html),
        ("--export-svg", &args.export_svg),
        ("--export-postcard", &args.export_postcard),
    ];
    if let Some((option, _)) = others.iter().find(|(_, place)| place.is_some()) {
        let words = format!("error: {option} needs a command: what --duration finds goes to --export-json");
        return Err(Failure::Usage(words));
    }
    let bar = progress(&args.style, duration);
    let wish = Wish { root: args.root.clone(), duration, seed: args.seed.unwrap_or(1) };
    let watched = watch(&wish, &mut |Second { passed, watts }| {
        bar.set_position(passed.as_secs());
        bar.set_message(watts.map_or_else(String::new, |watts| with_prefix(watts, "W")));
    });
    bar.finish_and_clear();
    let watched = watched.map_err(|error| Failure::Failed(format!("error: {error}")))?;
    // What was watched is shown before anything else can fail.
    let shown = if args.style == "none" {
        Ok(())
    } else {
        Failure::unless_written(write!(out, "{watched}").and_then(|()| out.flush()))
    };
    if let Some(place) = &args.export_json {
        let text = serde_json::to_string_pretty(&watched);
        let text = text.map_err(|error| Failure::Failed(format!("error: {error}")))?;
        files::put(place, (text + "\n").as_bytes())?;
    }
    shown
}

fn progress(style: &str, duration: Duration) -> ProgressBar {
    let bar = if look::moves(style) { ProgressBar::new(duration.as_secs()) } else { ProgressBar::hidden() };
    let template = "{spinner} the box {msg} {bar:24} {pos}/{len} s";
    // The template is ours; were it wrong, the bar would look plain.
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_plain| ProgressStyle::default_bar()),
    );
    bar
}
