//! The figures of a running Hearth, asked for as any client would: `hearth get`.
//!
//! ```text
//! Target ─► place (connects) ─► http (one exchange) ─► ask (schema and snapshot that fit) ─► Figures ─► show
//! ```
//!
//! Invariants: nothing a server says is trusted: every length has a bound, every exchange a deadline, and what does not
//! hold ends in an error that names what came back; text from a server reaches the terminal only with its control
//! characters escaped.
//! Absent on purpose: TLS, redirects, proxies, connections kept for a second request, the live stream.

mod ask;
mod http;
mod place;
mod show;

pub use ask::{Answers, Figures, ask};
pub use http::Fault;
pub use place::{BadUrl, Place, Target, Unreachable, Url};
pub use show::{json, table, text};

use crate::encode::wire::DecodeError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// Nobody to ask.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The answer to a request is none.
    #[error("asking {place} for {path}: {source}")]
    Exchange {
        /// Who was asked.
        place: Place,
        /// What for.
        path: &'static str,
        /// What came back.
        source: Fault,
    },
    /// The answer holds no message that this program can read.
    #[error("asking {place} for {path}: {bytes} bytes came that are no message of Hearth: {source}")]
    Message {
        /// Who was asked.
        place: Place,
        /// What for.
        path: &'static str,
        /// How many bytes came.
        bytes: usize,
        /// What is wrong with them.
        source: DecodeError,
    },
    /// The answer holds a message, but not the one asked for.
    #[error(
        "asking {place} for {path}: another kind of message came; is a proxy in between mixing answers up?"
    )]
    OtherMessage {
        /// Who was asked.
        place: Place,
        /// What for.
        path: &'static str,
    },
    /// Schema and snapshot did not come to fit each other.
    #[error("{place} changed its series at each of {tries} tries; ask again")]
    Restless {
        /// Who was asked.
        place: Place,
        /// How often both were fetched.
        tries: usize,
    },
}
