//! Settings that are one word out of a few.

use hearth_hot::contract::EnergySource;

/// A setting with a name for each of its values.
pub trait Word: Copy + PartialEq + 'static {
    /// Every value with its word, in the order a person is told.
    const ALL: &'static [(Self, &'static str)];

    /// The value `word` stands for, if it is one of [`Self::ALL`].
    #[must_use]
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|&(value, _)| value)
    }

    /// The word for this value.
    #[must_use]
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or("", |&(_, name)| name)
    }
}

/// How sockets are driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// io_uring where the kernel allows it, epoll otherwise.
    Auto,
    /// io_uring or nothing.
    IoUring,
    /// epoll, whatever the kernel could do.
    Epoll,
}

impl Word for Transport {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Auto, "auto"), (Self::IoUring, "io-uring"), (Self::Epoll, "epoll")];
}

/// The least severe events that are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Something does not work and needs the owner.
    Error,
    /// Something works less well than it could.
    Warn,
    /// What started, stopped or changed.
    Info,
    /// What a developer would ask for.
    Debug,
    /// Everything.
    Trace,
}

impl Word for LogLevel {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Error, "error"),
        (Self::Warn, "warn"),
        (Self::Info, "info"),
        (Self::Debug, "debug"),
        (Self::Trace, "trace"),
    ];
}

impl Word for EnergySource {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Auto, "auto"), (Self::Perf, "perf"), (Self::Powercap, "powercap"), (Self::Msr, "msr")];
}

/// The form log lines take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Word for LogFormat {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Auto, "auto"), (Self::Text, "text"), (Self::Json, "json")];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives<T: Word + std::fmt::Debug>() {
        for &(value, word) in T::ALL {
            assert_eq!(T::from_word(word), Some(value));
            assert_eq!(value.word(), word);
        }
        assert_eq!(T::from_word(""), None);
    }

    #[test]
    fn every_word_stands_for_its_value_and_back() {
        survives::<Transport>();
        survives::<LogLevel>();
        survives::<LogFormat>();
        survives::<EnergySource>();
    }
}
