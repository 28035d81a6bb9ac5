//! What Hearth serves, and what of its log was lost.

use crate::{Unit, counter, gauge};

super::metrics! {
    /// Requests answered, by class of status.
    REQUESTS = counter("hearth_http_requests_total", Unit::None, "Requests whose head was understood, by class of the answer's status: 2xx, 3xx, 4xx, 5xx.").labels(&["class"]);
    /// Connections open now.
    CONNECTIONS = gauge("hearth_http_connections", Unit::None, "Connections open now, through tcp or the unix socket.").labels(&["transport"]);
    /// Connections and requests refused by a limit.
    REFUSALS = counter("hearth_http_refusals_total", Unit::None, "Connections and requests refused or cut off by a limit.").labels(&["limit"]);
    /// Live streams open now.
    STREAMS = gauge("hearth_stream_clients", Unit::None, "Live streams open now.");
    /// Lines of the log that were lost.
    LOST_LOG_LINES = counter("hearth_log_lost_lines_total", Unit::None, "Log lines that could not be written to standard error.");
    /// Moments left out of streams.
    LOST_FRAMES = counter("hearth_stream_lost_frames_total", Unit::None, "Moments left out of live streams: a client read too slowly, or the series changed.");
}
