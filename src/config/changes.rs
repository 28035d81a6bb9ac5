//! What differs between the configuration in force and a new one.

use std::fmt;

use super::Config;
use super::keys::{Applies, keys};

/// One key with another value than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key with its section: `lanes.idle_rate_hz`.
    pub key: String,
    /// The value before, as the file would have it; empty where the key was left out.
    pub before: String,
    /// The value now.
    pub after: String,
}

impl fmt::Display for Change {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |text: &str| if text.is_empty() { "unset".to_owned() } else { text.to_owned() };
        write!(to, "{}: {} -> {}", self.key, value(&self.before), value(&self.after))
    }
}

/// What a reload changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys that take effect at once.
    pub live: Vec<Change>,
    /// Keys that take effect when the program is started again.
    pub at_restart: Vec<Change>,
}

impl Changes {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.at_restart.is_empty()
    }
}

impl Config {
    /// Takes over what `new` changes and may change in a running program; the rest stays as it is in force.
    /// Answers with both, key by key in the order of the default file.
    pub fn reload(&mut self, new: &Self) -> Changes {
        let mut new = new.clone();
        let mut changes = Changes::default();
        for (in_force, wanted) in keys(self).iter_mut().zip(keys(&mut new).iter_mut()) {
            let change = Change {
                key: format!("{}.{}", in_force.section, in_force.name),
                before: in_force.slot.shown(),
                after: wanted.slot.shown(),
            };
            if change.before == change.after {
                continue;
            }
            match in_force.applies {
                Applies::Live => {
                    in_force.slot.swap(&mut wanted.slot);
                    changes.live.push(change);
                }
                Applies::Restart => changes.at_restart.push(change),
            }
        }
        if self.fans != new.fans {
            let count = |config: &Self| format!("{} fans", config.fans.len());
            let change = Change { key: "fan".to_owned(), before: count(self), after: count(&new) };
            changes.at_restart.push(change);
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LogLevel, Transport};

    #[test]
    fn a_reload_takes_over_live_keys_and_names_those_that_wait() {
        let mut config = Config::default();
        let mut new = Config::default();
        new.lanes.idle_rate_hz = 20;
        new.lanes.cpu = Some(1);
        new.sensors.disabled = vec!["load".to_owned()];
        new.serve.transport = Transport::Epoll;
        new.log.level = LogLevel::Debug;
        let changes = config.reload(&new);
        let said = |changes: &[Change]| changes.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            said(&changes.live),
            [
                "lanes.idle_rate_hz: 10 -> 20",
                "sensors.disabled: [] -> [\"load\"]",
                "log.level: \"info\" -> \"debug\"",
            ]
        );
        assert_eq!(
            said(&changes.at_restart),
            ["lanes.cpu: unset -> 1", "serve.transport: \"auto\" -> \"epoll\""]
        );
        let mut in_force = new.clone();
        in_force.lanes.cpu = None;
        in_force.serve.transport = Transport::Auto;
        assert_eq!(config, in_force);
        let again = config.reload(&new);
        assert!(again.live.is_empty(), "{:?}", again.live);
        assert_eq!(again.at_restart, changes.at_restart);
    }

    #[test]
    fn a_reload_of_the_same_changes_nothing() {
        let mut config = Config::default();
        assert!(config.reload(&Config::default()).is_empty());
        assert_eq!(config, Config::default());
    }
}
