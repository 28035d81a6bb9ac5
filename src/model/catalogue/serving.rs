//! What Hearth serves.

use crate::{Unit, counter, gauge};

super::metrics! {
    /// Requests answered, by class of status.
    REQUESTS = counter("hearth_http_requests_total", Unit::None, "Requests answered, by class of status.").labels(&["class"]);
    /// Connections open now.
    CONNECTIONS = gauge("hearth_http_connections", Unit::None, "Connections open now.").labels(&["transport"]);
    /// Connections and requests refused by a limit.
    REFUSALS = counter("hearth_http_refusals_total", Unit::None, "Connections and requests refused by a limit.").labels(&["limit"]);
    /// Live streams open now.
    STREAMS = gauge("hearth_stream_clients", Unit::None, "Live streams open now.");
    /// Frames overwritten before a stream's reader came to them.
    LOST_FRAMES = counter("hearth_stream_lost_frames_total", Unit::None, "Frames overwritten before a stream's reader came to them.");
}
