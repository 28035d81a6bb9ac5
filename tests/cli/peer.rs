//! A server that says exactly what a test wants, right or wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use hearth::encode::wire::{Encoder, MEDIA_TYPE};
use hearth::schema::{LaneSchema, Schema};
use hearth::snapshot::Snapshot;
use hearth_hot::contract::LaneKind;
use hearth_hot::series::{Part, SeriesKey};
use hearth_model::catalogue::{cpu, own};
use hearth_model::{Audience, Metric, Reason, Word};

/// What to say, byte for byte, to who asks for this path.
pub(crate) type Script = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// A URL at which `script` answers for as long as the test runs.
pub(crate) fn tcp(script: Script) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &script)));
    format!("http://{address}")
}

/// A socket below `directory` at which `script` answers for as long as the test runs.
pub(crate) fn unix(directory: &Path, script: Script) -> PathBuf {
    let path = directory.join("hearth.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &script)));
    path
}

fn serve(stream: impl Read + Write, script: &Script) {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if reader.read_line(&mut request).expect("text") == 0 {
            return;
        }
    }
    let path = request.split(' ').nth(1).expect("a path").to_owned();
    let mut stream = reader.into_inner();
    // A client that has seen enough closes first, which is its right.
    if let Err(error) = stream.write_all(&script(&path)) {
        println!("the client left early: {error}");
    }
}

/// An answer with `body` as a message.
pub(crate) fn ok(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// A machine with a value and a missing one, as messages: its schema and its snapshot.
pub(crate) fn machine() -> (Vec<u8>, Vec<u8>) {
    let place = |metric: &'static Metric, labels: &[&str]| {
        let labels = labels.iter().map(|&label| label.into()).collect();
        Some(Arc::new(SeriesKey { metric, labels, part: Part::Value }))
    };
    let places = vec![place(&cpu::LOAD1, &[]), place(&own::TICKS, &["slow"])];
    let lane = LaneSchema { places, ..LaneSchema::empty(LaneKind::Steady) };
    let lanes = [Arc::new(lane), Arc::new(LaneSchema::empty(LaneKind::Slow))];
    let snapshot = Snapshot {
        schema: Arc::new(Schema::new(lanes, Audience::Admin)),
        monotonic_ns: 2_500_000_000,
        realtime_ns: 1_700_000_000_000_000_001,
        words: vec![Word::value(125), Word::reason(Reason::NoPermission)],
    };
    let (mut schema, mut words) = (Vec::new(), Vec::new());
    let mut encoder = Encoder::default();
    encoder.schema(&snapshot.schema, &mut schema).expect("encoded");
    encoder.snapshot(&snapshot, &mut words).expect("encoded");
    (schema, words)
}

/// Answers as Hearth does with this machine's messages.
pub(crate) fn honest() -> Script {
    let (schema, snapshot) = machine();
    Arc::new(move |path| match path {
        "/v1/schema" => ok(&schema),
        "/v1/snapshot" => ok(&snapshot),
        other => panic!("nobody asks for {other}"),
    })
}
