//! The compact form: postcard messages.
//!
//! ```text
//! layout   the messages, field by field, and everything a decoder in another language needs
//! body     the coding of the words inside a message
//! encode   Schema and Snapshot ──► messages
//! decode   messages ──► Mirror, a client's copy of the words
//! ```
//!
//! Invariants: the same snapshot gives the same bytes; a decoder never trusts a length, and bad input ends in an error
//! that says where, never in a panic or in memory out of proportion to the input.

mod body;
mod decode;
mod encode;
mod layout;
mod varint;

/// The media type of a message, in HTTP.
pub const MEDIA_TYPE: &str = "application/vnd.hearth.postcard";

pub use decode::{DecodeError, FRAME_MAX_BYTES, Fault, Frame, Mirror, take_frame};
pub use encode::{EncodeError, Encoder};
pub use layout::{
    Bytes, Message, VERSION, WireDelta, WireGap, WireKind, WireMetric, WirePart, WireSchema, WireSeries,
    WireSnapshot,
};
