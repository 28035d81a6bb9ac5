//! Arguments of `hearth run`, and how they are laid over the configuration.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, word};
use crate::config::{Config, SOCKET_PATH_BYTES_MAX, Source, Transport};

/// Arguments of `hearth run`. Those that have a key in the configuration take precedence over it, also after a
/// reload.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RunArgs {
    /// The configuration [default: /etc/hearth/hearth.toml, which may be missing]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Address and port to listen on, instead of the configured ones; may be given more than once
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Vec<SocketAddr>,

    /// Unix socket for local clients, instead of the configured one; '' for none
    #[arg(long, value_name = "PATH", value_parser = socket_path)]
    pub socket: Option<PathBuf>,

    /// Read everything below this directory instead of the running system's root
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,

    /// Measurements a second while nobody asks for more, instead of the configured rate
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate_hz: Option<u32>,

    /// How sockets are driven, instead of as configured
    #[arg(long, value_parser = word::<Transport>())]
    pub transport: Option<Transport>,
}

impl RunArgs {
    /// The file the configuration comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::new(self.config.as_deref())
    }

    /// The configuration as it is now, with these arguments laid over it: at the start and at each reload.
    /// `sensors` are the names sensors may have.
    ///
    /// # Errors
    /// When the file cannot be read or has faults, or an argument contradicts it.
    pub fn configuration(&self, sensors: &[&str]) -> Result<Config, Failure> {
        self.lay_over(self.source().load(sensors)?)
    }

    fn lay_over(&self, mut config: Config) -> Result<Config, Failure> {
        if !self.listen.is_empty() {
            config.serve.listen.clone_from(&self.listen);
        }
        if let Some(path) = &self.socket {
            config.serve.socket = (path != Path::new("")).then(|| path.clone());
        }
        if let Some(transport) = self.transport {
            config.serve.transport = transport;
        }
        if let Some(rate_hz) = self.rate_hz {
            let max_rate_hz = config.lanes.max_rate_hz;
            if rate_hz > max_rate_hz {
                let words = format!(
                    "error: --rate-hz {rate_hz} is above lanes.max_rate_hz, which the configuration sets to {max_rate_hz}"
                );
                return Err(Failure::Usage(words));
            }
            config.lanes.idle_rate_hz = rate_hz;
        }
        Ok(config)
    }
}

/// An absolute path short enough for a socket, or the empty one.
fn socket_path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Ok(PathBuf::new());
    }
    let path = std::path::absolute(text).map_err(|error| error.to_string())?;
    let bytes = path.as_os_str().len();
    if bytes > SOCKET_PATH_BYTES_MAX {
        return Err(format!("{bytes} bytes; a socket's path has at most {SOCKET_PATH_BYTES_MAX}"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        run: RunArgs,
    }

    fn parsed(args: &[&str]) -> Result<RunArgs, clap::Error> {
        Alone::try_parse_from(["run"].iter().chain(args)).map(|alone| alone.run)
    }

    fn laid_over(args: &[&str]) -> Config {
        let args = parsed(args).expect("the arguments are fine");
        args.lay_over(Config::default()).expect("they fit the defaults")
    }

    #[test]
    fn without_arguments_the_configuration_stands() {
        assert_eq!(laid_over(&[]), Config::default());
        assert_eq!(parsed(&[]).expect("fine").root, Path::new("/"));
    }

    #[test]
    fn arguments_take_precedence() {
        let config = laid_over(&[
            "--listen=0.0.0.0:80",
            "--listen=[::]:80",
            "--socket=/tmp/h.sock",
            "--rate-hz=100",
            "--transport=io-uring",
        ]);
        let mut want = Config::default();
        want.serve.listen = vec!["0.0.0.0:80".parse().expect("fine"), "[::]:80".parse().expect("fine")];
        want.serve.socket = Some(PathBuf::from("/tmp/h.sock"));
        want.serve.transport = Transport::IoUring;
        want.lanes.idle_rate_hz = 100;
        assert_eq!(config, want);
        assert_eq!(laid_over(&["--socket="]).serve.socket, None);
        let relative = laid_over(&["--socket=h.sock"]).serve.socket.expect("a socket");
        assert!(relative.is_absolute() && relative.ends_with("h.sock"), "{}", relative.display());
    }

    #[test]
    fn bad_values_are_refused_with_what_is_possible() {
        let long = format!("--socket=/{}", "x".repeat(107));
        for (argument, words) in [
            ("--listen=localhost", "--listen <ADDRESS:PORT>"),
            ("--rate-hz=0", "0 is not in 1..=1000"),
            ("--rate-hz=1001", "1001 is not in 1..=1000"),
            ("--rate-hz=ten", "--rate-hz <HZ>"),
            ("--transport=uring", "possible values: auto, io-uring, epoll"),
            (&long, "108 bytes; a socket's path has at most 107"),
            ("--speed=1", "unexpected argument '--speed'"),
        ] {
            let error = parsed(&[argument]).expect_err(argument);
            assert_eq!(error.exit_code(), 2, "{argument}");
            assert!(error.to_string().contains(words), "{argument}: {error}");
        }
    }

    #[test]
    fn a_rate_above_the_configured_maximum_is_wrong_usage() {
        let mut config = Config::default();
        config.lanes.max_rate_hz = 100;
        let args = parsed(&["--rate-hz=101"]).expect("within the flag's range");
        let failure = args.lay_over(config).expect_err("above the maximum");
        assert_eq!(failure.exit_code(), 2);
        assert_eq!(
            failure.to_string(),
            "error: --rate-hz 101 is above lanes.max_rate_hz, which the configuration sets to 100"
        );
    }
}
