//! The server as the daemon runs it: from the configuration to listeners, and what is noted on the way.

use std::sync::Arc;
use std::time::Duration;

use super::control::Started;
use super::now_ns;
use crate::cli::RunArgs;
use crate::config::Config;
use crate::fans;
use crate::meter::SERVED;
use crate::pulse::Watch;
use crate::serve::routes::{EnergyRefresh, Facts, Routes};
use crate::serve::{DEFAULT_WRITE_TIMEOUT, HostNames, Rules, ServeError, Server, Settings};
use crate::view::View;

/// A running server and what it is told.
pub(super) struct Serving {
    server: Server,
    view: Arc<View>,
    facts: Arc<Facts>,
    energy: Arc<EnergyRefresh>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServingError {
    #[error(transparent)]
    Server(#[from] ServeError),
    #[error("neither serve.listen nor serve.socket names a place to serve at")]
    Nowhere,
}

impl Serving {
    pub(super) fn start(config: &Config, args: &RunArgs, started: &Started) -> Result<Self, ServingError> {
        let counters = Arc::clone(&SERVED);
        let facts = Facts::new(Arc::clone(&started.report), Arc::clone(&counters), now_ns);
        let energy = EnergyRefresh::new(config.serve.energy_refresh_hz);
        let open = |socket: Option<std::path::PathBuf>| {
            let routes = Routes::new(&started.view, Arc::clone(&facts), Arc::clone(&energy));
            let settings = Settings {
                listen: config.serve.listen.clone(),
                socket,
                transport: config.serve.transport,
                rules: rules(config),
                write_timeout: DEFAULT_WRITE_TIMEOUT,
            };
            Server::start(settings, routes, Arc::clone(&counters))
        };
        if config.serve.listen.is_empty() && config.serve.socket.is_none() {
            return Err(ServingError::Nowhere);
        }
        let (server, missing) = match open(config.serve.socket.clone()) {
            // Nobody asked for this path by an argument, and there is another way in: go on without.
            Err(error @ ServeError::Socket { .. })
                if args.socket.is_none() && !config.serve.listen.is_empty() =>
            {
                (open(None)?, Some(error))
            }
            other => (other?, None),
        };
        let serving = Self { server, view: Arc::clone(&started.view), facts, energy };
        if let Some(error) = missing {
            serving.note(
                "serve.socket",
                &format!("{error}; run as root, or set serve.socket to a path you may write"),
            );
        }
        for address in serving.server.addresses() {
            tracing::info!("serving at http://{address}/");
        }
        let backend = serving.server.backend();
        serving.facts.note("serve.transport", &backend.reason);
        tracing::info!("{}", backend.reason);
        Ok(serving)
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// Says something the owner should know, in the log and in the status.
    pub(super) fn note(&self, about: &str, text: &str) {
        tracing::warn!("{about}: {text}");
        self.facts.note(about, text);
    }

    /// The same for threads apart, which say it as often as they like: what is noted already is not said again.
    pub(super) fn noter(&self) -> Arc<dyn Fn(&fans::Note) + Send + Sync> {
        let facts = Arc::clone(&self.facts);
        Arc::new(move |note| {
            let known = facts.notes().into_iter().find(|known| known.about == note.about);
            if known.map_or_else(String::new, |known| known.text) == note.text {
                return;
            }
            match note.text.as_str() {
                "" => tracing::info!("{}: well again", note.about),
                text => tracing::warn!("{}: {text}", note.about),
            }
            facts.note(&note.about, &note.text);
        })
    }

    /// Takes over what may change while serving.
    pub(super) fn apply(&self, config: &Config) {
        self.server.set_rules(rules(config));
        self.energy.set(config.serve.energy_refresh_hz);
        self.view.lanes[0].wanted.limit(config.lanes.idle_rate_hz, config.lanes.max_rate_hz);
    }

    /// For how long the serving thread has not answered, in nanoseconds; it is asked anew.
    pub(super) fn silence_ns(&self, watch: &mut Watch, now_ns: u64) -> u64 {
        self.server.silence_ns(watch, now_ns)
    }

    /// Asks the server to end, without waiting for it.
    pub(super) fn ask_to_stop(&self) {
        self.server.stop_handle().stop();
    }

    /// Ends the server, or leaves it behind after `at_most`.
    pub(super) fn stop(self, at_most: Duration) {
        if let Err(error) = self.server.stop_within(at_most) {
            tracing::error!("{error}");
        }
    }
}

fn rules(config: &Config) -> Rules {
    let machine = nix::sys::utsname::uname();
    let name = machine.as_ref().map_or("", |names| names.nodename().to_str().unwrap_or(""));
    Rules { limits: config.limits.clone(), hosts: HostNames::new(name, &config.serve.hosts) }
}
