//! One HTTP/1.1 exchange, from the client's side (RFC 9112), with bounds on everything that a server chooses.

use std::io::{self, BufRead, BufReader, Read, Write};

use crate::encode::wire::{FRAME_MAX_BYTES, MEDIA_TYPE};

/// Status line and header fields of an answer, in bytes, at most; Hearth's own take some 200.
const HEAD_BYTES_MAX: u64 = 16 * 1024;

/// An answer's body in bytes, at most: the largest message there is.
const BODY_BYTES_MAX: u64 = FRAME_MAX_BYTES as u64;

/// A chunk's line (its length and extensions), in bytes, at most.
const CHUNK_LINE_BYTES_MAX: u64 = 256;

/// How much of what came back an error quotes, in bytes.
const QUOTE_BYTES_MAX: usize = 80;

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The connection failed before the answer was whole.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The deadline passed before the answer was whole.
    #[error("no whole answer came in time")]
    TooSlow(#[source] io::Error),
    /// The connection was closed without a byte.
    #[error("the connection was closed without an answer")]
    Nothing,
    /// The answer is not HTTP.
    #[error("the answer is not HTTP but begins with \"{0}\"")]
    NotHttp(String),
    /// The answer's head is cut off.
    #[error("the answer ends in the middle of its header")]
    HeadCutOff,
    /// The answer's head is longer than any.
    #[error("the answer's header is longer than {HEAD_BYTES_MAX} bytes")]
    HeadTooLong,
    /// A header field is malformed.
    #[error("a header field is malformed: \"{0}\"")]
    Field(String),
    /// The answer does not say how long it is, or says it in two ways.
    #[error("the answer does not say clearly how long it is")]
    Length,
    /// The body is longer than any message.
    #[error("the answer's body is longer than {BODY_BYTES_MAX} bytes")]
    BodyTooLong,
    /// The body is shorter than promised.
    #[error("the answer ends {missing} bytes too early")]
    CutOff {
        /// How many bytes of the body, or of its present chunk, did not come.
        missing: u64,
    },
    /// A chunked body is malformed.
    #[error("the answer's chunks are malformed: \"{0}\"")]
    Chunk(String),
    /// The server declined.
    #[error("the server says {status}: {words}")]
    Status {
        /// Its status code.
        status: u16,
        /// Its words.
        words: String,
    },
    /// The body is something else.
    #[error("the answer is {0}, not {MEDIA_TYPE}; is this Hearth?")]
    MediaType(String),
}

/// What the head says about the body.
#[derive(Debug, Default)]
struct Fields {
    length: Option<u64>,
    chunked: bool,
    media: Option<String>,
}

/// Asks for `path` and returns the message in the answer. The server closes the connection afterwards.
pub(super) fn exchange(mut stream: impl Read + Write, host: &str, path: &str) -> Result<Vec<u8>, Fault> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: hearth/{version}\r\nAccept: {MEDIA_TYPE}\r\n\
         Connection: close\r\n\r\n",
        version = env!("CARGO_PKG_VERSION")
    );
    stream.write_all(request.as_bytes()).map_err(in_time)?;
    answer(&mut BufReader::new(stream))
}

/// Reads an answer whose body must be a message.
fn answer(input: &mut impl BufRead) -> Result<Vec<u8>, Fault> {
    let mut room = HEAD_BYTES_MAX;
    let status = status(input, &mut room)?;
    let fields = fields(input, &mut room)?;
    if status != 200 {
        let words = match body(input, &fields) {
            Ok(words) => quote(words.trim_ascii()),
            Err(fault) => format!("(its words could not be read: {fault})"),
        };
        return Err(Fault::Status { status, words });
    }
    match &fields.media {
        Some(media) if media.eq_ignore_ascii_case(MEDIA_TYPE) => body(input, &fields),
        Some(other) => Err(Fault::MediaType(quote(other.as_bytes()))),
        None => Err(Fault::MediaType("of no stated type".to_owned())),
    }
}

fn status(input: &mut impl BufRead, room: &mut u64) -> Result<u16, Fault> {
    let raw = raw_line(input, room)?;
    if raw.is_empty() {
        return Err(Fault::Nothing);
    }
    let not_http = || Fault::NotHttp(quote(&raw));
    // "HTTP/1.1 200 OK": a digit of version, three of status, and a space or nothing behind them.
    let rest = raw.strip_prefix(b"HTTP/1.").ok_or_else(not_http)?;
    let line = ended(rest.to_vec(), *room)?;
    let [minor, b' ', hundreds, tens, ones, rest @ ..] = line.as_slice() else { return Err(not_http()) };
    let digits = [hundreds, tens, ones];
    let sound = minor.is_ascii_digit() && matches!(rest, [] | [b' ', ..]);
    if !sound || !digits.iter().all(|digit| digit.is_ascii_digit()) {
        return Err(not_http());
    }
    Ok(digits.iter().fold(0, |status, digit| status * 10 + u16::from(**digit - b'0')))
}

fn fields(input: &mut impl BufRead, room: &mut u64) -> Result<Fields, Fault> {
    let mut fields = Fields::default();
    loop {
        let line = line(input, room)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let malformed = || Fault::Field(quote(&line));
        let colon = line.iter().position(|&byte| byte == b':').ok_or_else(malformed)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        // A name with a space, or a line that goes on with the one before it, is how answers are smuggled.
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Err(malformed());
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = whole_number(value, 10).ok_or_else(malformed)?;
            if fields.length.is_some_and(|before| before != length) {
                return Err(Fault::Length);
            }
            fields.length = Some(length);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if fields.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(malformed());
            }
            fields.chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-type") {
            let media = value.split(|&byte| byte == b';').next().unwrap_or_default();
            fields.media = Some(String::from_utf8_lossy(media.trim_ascii()).into_owned());
        }
    }
}

fn body(input: &mut impl BufRead, fields: &Fields) -> Result<Vec<u8>, Fault> {
    match (fields.length, fields.chunked) {
        (Some(length), false) => {
            let mut body = Vec::new();
            take(input, length, &mut body)?;
            Ok(body)
        }
        (None, true) => chunks(input),
        (None, false) | (Some(_), true) => Err(Fault::Length),
    }
}

fn chunks(input: &mut impl BufRead) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    loop {
        let head = line(input, &mut { CHUNK_LINE_BYTES_MAX })?;
        let digits = head.split(|&byte| byte == b';').next().unwrap_or_default();
        let length = whole_number(digits.trim_ascii(), 16).ok_or_else(|| Fault::Chunk(quote(&head)))?;
        if length == 0 {
            break;
        }
        take(input, length, &mut body)?;
        let end = raw_line(input, &mut 2)?;
        if !matches!(end.as_slice(), b"\r\n" | b"\n") {
            return Err(Fault::Chunk(quote(&end)));
        }
    }
    let mut room = HEAD_BYTES_MAX;
    while !line(input, &mut room)?.is_empty() {}
    Ok(body)
}

/// Appends `length` bytes of input to `body`; memory grows with what comes, not with what is promised.
fn take(input: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> Result<(), Fault> {
    let room = BODY_BYTES_MAX.saturating_sub(body.len() as u64);
    if length > room {
        return Err(Fault::BodyTooLong);
    }
    let came = input.take(length).read_to_end(body).map_err(in_time)? as u64;
    if came < length { Err(Fault::CutOff { missing: length - came }) } else { Ok(()) }
}

/// A line without its end.
fn line(input: &mut impl BufRead, room: &mut u64) -> Result<Vec<u8>, Fault> {
    let raw = raw_line(input, room)?;
    ended(raw, *room)
}

/// A line with its end, or what came of it before the input or `room` ended. Takes from `room` what it reads.
fn raw_line(input: &mut impl BufRead, room: &mut u64) -> Result<Vec<u8>, Fault> {
    let mut line = Vec::new();
    let read = input.take(*room).read_until(b'\n', &mut line).map_err(in_time)?;
    *room = room.saturating_sub(read as u64);
    Ok(line)
}

/// `line` without its end, which must be there.
fn ended(mut line: Vec<u8>, room: u64) -> Result<Vec<u8>, Fault> {
    if line.pop() != Some(b'\n') {
        return Err(if room == 0 { Fault::HeadTooLong } else { Fault::HeadCutOff });
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

/// Digits alone: no sign, no space, nothing beyond 64 bits.
fn whole_number(digits: &[u8], radix: u32) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    let plain = text.chars().all(|digit| digit.is_digit(radix));
    if plain { u64::from_str_radix(text, radix).ok() } else { None }
}

/// The beginning of what came back, fit for a terminal.
fn quote(bytes: &[u8]) -> String {
    let more = if bytes.len() > QUOTE_BYTES_MAX { "…" } else { "" };
    let start = &bytes[..bytes.len().min(QUOTE_BYTES_MAX)];
    format!("{}{more}", String::from_utf8_lossy(start).escape_debug())
}

/// Time-outs of the socket come as either of two kinds (socket(7), `SO_RCVTIMEO`).
fn in_time(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Fault::TooSlow(error),
        _ => Fault::Io(error),
    }
}

#[cfg(test)]
mod tests;
