//! What the encoders write, judged by readers that Hearth has not written, and by machines that do not exist.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test needs and does not get is its failure")]

mod exposition;
mod json;
mod machine;
mod outside;
mod wire;
mod wire_faults;
