//! Arguments of `hearth get`.

use std::path::PathBuf;

use clap::Args;

use crate::config::DEFAULT_SOCKET;
use crate::pattern;

/// Arguments of `hearth get`: the figures of a running Hearth.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct GetArgs {
    /// Ask over HTTP, like http://127.0.0.1:9110 [default: over the Unix socket]
    #[arg(long, value_name = "URL", conflicts_with = "socket")]
    pub url: Option<String>,

    /// Ask over this Unix socket [default: /run/hearth/hearth.sock]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long, conflicts_with = "text")]
    pub json: bool,

    /// Print one line for each series; what happens without --json too
    #[arg(long)]
    pub text: bool,

    /// Names of metrics wanted, with * for any characters [default: all]
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
}

/// Whom `hearth get` asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A server's address on the network.
    Url(String),
    /// A server's Unix socket.
    Socket(PathBuf),
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each series.
    Text,
    /// One JSON object.
    Json,
}

impl GetArgs {
    /// Whom to ask: the URL, the socket, or the default socket.
    #[must_use]
    pub fn target(&self) -> Target {
        match (&self.url, &self.socket) {
            (Some(url), _) => Target::Url(url.clone()),
            (None, Some(path)) => Target::Socket(path.clone()),
            (None, None) => Target::Socket(PathBuf::from(DEFAULT_SOCKET)),
        }
    }

    /// How to answer.
    #[must_use]
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }

    /// Whether `metric` is wanted.
    #[must_use]
    pub fn wants(&self, metric: &str) -> bool {
        self.filters.is_empty() || pattern::any_matches(&self.filters, metric)
    }
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

    #[test]
    fn the_default_is_text_of_everything_over_the_socket() {
        let args = parsed(&[]).expect("fine");
        assert_eq!(args.target(), Target::Socket(PathBuf::from("/run/hearth/hearth.sock")));
        assert_eq!(args.format(), Format::Text);
        assert!(args.wants("node_load1"));
    }

    #[test]
    fn target_form_and_filters_are_taken() {
        let args =
            parsed(&["--url", "http://nas:9110", "--json", "node_load*", "hearth_ring"]).expect("fine");
        assert_eq!(args.target(), Target::Url("http://nas:9110".to_owned()));
        assert_eq!(args.format(), Format::Json);
        assert!(args.wants("node_load15") && args.wants("hearth_ring"));
        assert!(!args.wants("node_memory") && !args.wants("hearth_ring_frames"));
        assert_eq!(parsed(&["--socket=s"]).expect("fine").target(), Target::Socket(PathBuf::from("s")));
    }

    #[test]
    fn one_target_and_one_form_at_a_time() {
        for pair in [["--url=x", "--socket=y"], ["--json", "--text"]] {
            let error = parsed(&pair).expect_err("they exclude each other");
            assert!(error.to_string().contains("cannot be used with"), "{error}");
        }
    }
}
