//! `hearth get`: the figures of a running Hearth.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::get::{self, Place, Target, Url};
use crate::pattern;

/// Arguments of `hearth get`: the figures of a running Hearth.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(
    after_help = "Without --url and --socket, the Unix socket /run/hearth/hearth.sock is asked, which shows \
                        everything to the owner;\nwhere nobody answers there or it may not be opened, \
                        http://127.0.0.1:9110 is."
)]
pub struct GetArgs {
    /// Ask this server over HTTP, like http://nas:9110
    #[arg(long, value_name = "URL", conflicts_with = "socket")]
    pub url: Option<Url>,

    /// Ask over this Unix socket
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long, conflicts_with = "text")]
    pub json: bool,

    /// Print lines like those of /metrics instead of a table
    #[arg(long)]
    pub text: bool,

    /// Names of metrics wanted, with * for any characters [default: all]
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Table,
    /// Lines in the manner of the Prometheus text format.
    Text,
    /// One JSON object.
    Json,
}

impl GetArgs {
    /// Whom to ask.
    #[must_use]
    pub fn target(&self) -> Target {
        match (&self.url, &self.socket) {
            (Some(url), _) => Target::At(Place::Url(url.clone())),
            (None, Some(path)) => Target::At(Place::Socket(path.clone())),
            (None, None) => Target::Here,
        }
    }

    /// How to answer.
    #[must_use]
    pub fn format(&self) -> Format {
        match (self.json, self.text) {
            (true, _) => Format::Json,
            (false, true) => Format::Text,
            (false, false) => Format::Table,
        }
    }

    /// Whether `metric` is wanted.
    #[must_use]
    pub fn wants(&self, metric: &str) -> bool {
        self.filters.is_empty() || pattern::any_matches(&self.filters, metric)
    }
}

/// Fetches the figures and prints those that are wanted.
///
/// # Errors
/// When nobody answers sensibly, nothing there is wanted, or nobody takes the answer.
pub(super) fn get(args: &GetArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let answers = get::ask(&args.target())?;
    let figures = answers.figures()?;
    let wants = |metric: &str| args.wants(metric);
    let mut answer = Vec::new();
    let nothing = match args.format() {
        Format::Table => {
            answer = get::table(&figures, wants).into_bytes();
            answer.is_empty()
        }
        Format::Text => {
            answer = get::text(&figures, wants).into_bytes();
            answer.is_empty()
        }
        Format::Json => {
            let shown = get::json(&figures, wants, &mut answer);
            answer.push(b'\n');
            shown == 0
        }
    };
    if nothing && !args.filters.is_empty() {
        let filters = args.filters.join(" ");
        return Err(Failure::Failed(format!(
            "error: no metric there is called {filters}; `hearth schema` lists every name, and * stands for any characters"
        )));
    }
    Failure::unless_written(out.write_all(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        get: GetArgs,
    }

    fn parsed(args: &[&str]) -> Result<GetArgs, clap::Error> {
        Alone::try_parse_from(["get"].iter().chain(args)).map(|alone| alone.get)
    }

    fn url(text: &str) -> Target {
        Target::At(Place::Url(text.parse().expect("a URL")))
    }

    #[test]
    fn the_default_is_a_table_of_everything_here() {
        let args = parsed(&[]).expect("fine");
        assert_eq!(args.target(), Target::Here);
        assert_eq!(args.format(), Format::Table);
        assert!(args.wants("node_load1"));
    }

    #[test]
    fn target_form_and_filters_are_taken() {
        let args =
            parsed(&["--url", "http://nas:9110", "--json", "node_load*", "hearth_ring"]).expect("fine");
        assert_eq!(args.target(), url("http://nas:9110"));
        assert_eq!(args.format(), Format::Json);
        assert!(args.wants("node_load15") && args.wants("hearth_ring"));
        assert!(!args.wants("node_memory") && !args.wants("hearth_ring_frames"));
        let args = parsed(&["--socket=s", "--text"]).expect("fine");
        assert_eq!(args.target(), Target::At(Place::Socket(PathBuf::from("s"))));
        assert_eq!(args.format(), Format::Text);
    }

    #[test]
    fn one_target_and_one_form_at_a_time() {
        for pair in [["--url=http://x", "--socket=y"], ["--json", "--text"]] {
            let error = parsed(&pair).expect_err("they exclude each other");
            assert!(error.to_string().contains("cannot be used with"), "{error}");
        }
    }
}
