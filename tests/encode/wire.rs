//! Messages come back as they were, in Rust and in a decoder that knows the documentation alone; and they are small.

use hearth::encode::json::Writer;
use hearth::encode::wire::{EncodeError, Encoder, Message, Mirror, take_frame};
use hearth::snapshot::Snapshot;
use hearth_hot::series::Part;
use hearth_model::{Audience, Decimal, Reason, Scale, Word};

use crate::machine::{Random, advance, home_server, odd};
use crate::outside::{run, script};

pub(crate) fn message(write: impl FnOnce(&mut Encoder, &mut Vec<u8>) -> Result<(), EncodeError>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Encoder::default(), &mut out).unwrap();
    out
}

/// A client that has the schema of `snapshot` and nothing else.
pub(crate) fn mirror(snapshot: &Snapshot) -> Mirror {
    let bytes = message(|encoder, out| encoder.schema(&snapshot.schema, out));
    let Message::Schema(schema) = Message::decode(&bytes).unwrap() else { panic!("a schema was written") };
    Mirror::new(&schema)
}

fn apply(mirror: &mut Mirror, bytes: &[u8]) {
    match Message::decode(bytes).unwrap() {
        Message::Snapshot(snapshot) => mirror.snapshot(&snapshot).unwrap(),
        Message::Delta(delta) => mirror.delta(&delta).unwrap(),
        other @ (Message::Schema(_) | Message::Gap(_)) => panic!("no words in {other:?}"),
    }
}

fn assert_mirrors(mirror: &Mirror, snapshot: &Snapshot) {
    let want: Vec<_> = snapshot.schema.series().map(|(index, _)| snapshot.reading(index)).collect();
    let got: Vec<_> = (0..mirror.words().len()).map(|at| mirror.reading(at)).collect();
    assert_eq!(got, want);
    assert_eq!((mirror.monotonic_ns(), mirror.realtime_ns()), (snapshot.monotonic_ns, snapshot.realtime_ns));
}

#[test]
fn a_schema_comes_back_whole() {
    let snapshot = odd(Audience::Admin);
    let bytes = message(|encoder, out| encoder.schema(&snapshot.schema, out));
    let Message::Schema(schema) = Message::decode(&bytes).unwrap() else { panic!("a schema was written") };
    assert_eq!(schema.hash, snapshot.schema.hash);
    assert_eq!(schema.series.len(), snapshot.schema.series().count());
    for (at, (series, (index, key))) in schema.series.iter().zip(snapshot.schema.series()).enumerate() {
        let metric = &schema.metrics[series.metric as usize];
        assert_eq!((series.index, metric.name), (index, key.metric.name));
        assert_eq!((metric.unit, metric.help), (key.metric.unit.name(), key.metric.help));
        assert_eq!((metric.kind.name(), metric.scale()), (key.metric.kind.name(), key.metric.scale));
        assert_eq!(metric.labels, key.metric.labels);
        assert!(series.labels.iter().copied().eq(key.labels.iter().map(|label| &**label)));
        let plain = matches!(key.part, Part::Bucket | Part::Count);
        let scale = if plain { Scale::ONE } else { key.metric.scale };
        assert_eq!(schema.number(at, Word::value(7)), Ok(scale.apply(7)));
        assert_eq!(schema.number(at, Word::reason(Reason::Stale)), Err(Reason::Stale));
    }
}

#[test]
fn hidden_series_are_in_neither_schema_nor_words() {
    let everyone = odd(Audience::Everyone);
    let schema = message(|encoder, out| encoder.schema(&everyone.schema, out));
    assert!(!schema.windows(7).any(|bytes| bytes == b"WD-1234"));
    assert_eq!(mirror(&everyone).words().len() + 1, mirror(&odd(Audience::Admin)).words().len());
}

#[test]
fn any_words_come_back_whole_and_by_deltas() {
    let mut random = Random(0x00dd_ba11);
    let mut snapshot = odd(Audience::Admin);
    let mut mirror = mirror(&snapshot);
    apply(&mut mirror, &message(|encoder, out| encoder.snapshot(&snapshot, out)));
    assert_mirrors(&mirror, &snapshot);
    let mut encoder = Encoder::default();
    for round in 0..3000_u64 {
        let before = snapshot.clone();
        snapshot.monotonic_ns = random.next();
        snapshot.realtime_ns = round;
        let busy = random.below(11);
        for word in &mut snapshot.words {
            if random.below(10) < busy {
                *word = any_word(&mut random);
            }
        }
        let mut out = Vec::new();
        if random.below(4) == 0 {
            encoder.snapshot(&snapshot, &mut out).unwrap();
        } else {
            encoder.delta(&before, &snapshot, &mut out).unwrap();
        }
        apply(&mut mirror, &out);
        assert_mirrors(&mirror, &snapshot);
    }
}

/// Every magnitude, both signs, the borders, runs of zeros and every reason.
fn any_word(random: &mut Random) -> Word {
    match random.below(8) {
        0 | 1 => Word::value(0),
        2 => Word::reason(Reason::ALL[usize::try_from(random.below(9)).unwrap()]),
        3 => Word::value([i64::MAX, i64::MIN + 16, 1, -1][usize::try_from(random.below(4)).unwrap()]),
        4 => Word::from_bits(random.next()),
        sign => {
            let below = 1 << random.below(63);
            let magnitude = i64::try_from(random.below(below)).unwrap();
            Word::value(if sign == 5 { -magnitude } else { magnitude })
        }
    }
}

#[test]
fn nothing_changed_takes_no_body() {
    let before = odd(Audience::Everyone);
    let same = message(|encoder, out| encoder.delta(&before, &before, out));
    let Message::Delta(delta) = Message::decode(&same).unwrap() else { panic!("a delta was written") };
    assert_eq!(delta.body.0, b"");
}

#[test]
fn a_delta_between_two_schemas_is_refused() {
    let mut out = Vec::new();
    let mut encoder = Encoder::default();
    let (everyone, admin) = (odd(Audience::Everyone), odd(Audience::Admin));
    let refused = encoder.frame(&mut out, |encoder, out| encoder.delta(&everyone, &admin, out));
    assert!(matches!(refused, Err(EncodeError::OtherSchema(_))), "{refused:?}");
    assert_eq!(out, b"", "a frame that failed leaves nothing behind");
}

#[test]
fn a_home_server_takes_six_kilobytes_and_a_second_of_it_one() {
    let mut snapshot = home_server();
    let series = snapshot.schema.series().count();
    assert!(series >= 1100, "{series} series are fewer than a home server has");
    let whole = message(|encoder, out| encoder.snapshot(&snapshot, out)).len();
    let schema = message(|encoder, out| encoder.schema(&snapshot.schema, out)).len();
    let mut random = Random(3);
    let mut deltas = Vec::new();
    let mut changed = Vec::new();
    for _ in 0..60 {
        let next = advance(&snapshot, &mut random);
        deltas.push(message(|encoder, out| encoder.delta(&snapshot, &next, out)).len());
        changed.push(snapshot.words.iter().zip(&next.words).filter(|(before, now)| before != now).count());
        snapshot = next;
    }
    let (delta, changed) = (deltas.iter().max().unwrap(), changed.iter().max().unwrap());
    println!("{series} series: schema {schema}, snapshot {whole}, delta {delta} bytes ({changed} changed)");
    assert!(whole <= 6 * 1024, "{whole}");
    assert!(*delta <= 1024, "{delta} bytes for {changed} changes");
}

/// What the second decoder prints for `snapshot`.
fn rows(kind: &str, snapshot: &Snapshot, out: &mut Vec<u8>) {
    let mut json = Writer::new(out);
    json.begin_object();
    json.key(kind);
    json.hash(snapshot.schema.hash);
    json.key("monotonic_ns");
    json.unsigned(snapshot.monotonic_ns);
    json.key("realtime_ns");
    json.unsigned(snapshot.realtime_ns);
    json.end_object();
    out.push(b'\n');
    for (index, key) in snapshot.schema.series() {
        let mut json = Writer::new(out);
        json.begin_array();
        json.unsigned(u64::from(index));
        json.string(key.metric.name);
        json.string(match key.part {
            Part::Value => "value",
            Part::Bucket => "bucket",
            Part::Sum => "sum",
            Part::Count => "count",
        });
        json.begin_object();
        for (name, value) in key.metric.labels.iter().copied().chain(["le"]).zip(&key.labels) {
            json.key(name);
            json.string(value);
        }
        json.end_object();
        match snapshot.reading(index) {
            Ok(value) => {
                let plain = matches!(key.part, Part::Bucket | Part::Count);
                let number: Decimal = if plain { Scale::ONE } else { key.metric.scale }.apply(value);
                json.string(std::str::from_utf8(number.text().as_bytes()).unwrap());
                json.null();
            }
            Err(reason) => {
                json.null();
                json.string(reason.name());
            }
        }
        json.end_array();
        out.push(b'\n');
    }
}

#[test]
fn a_decoder_written_from_the_documentation_reads_every_message() {
    let mut random = Random(99);
    let mut encoder = Encoder::default();
    let (mut stream, mut want) = (Vec::new(), Vec::new());
    for mut snapshot in [odd(Audience::Admin), home_server()] {
        encoder.frame(&mut stream, |encoder, out| encoder.schema(&snapshot.schema, out)).unwrap();
        encoder.frame(&mut stream, |encoder, out| encoder.snapshot(&snapshot, out)).unwrap();
        rows("snapshot", &snapshot, &mut want);
        for _ in 0..3 {
            let before = snapshot.clone();
            snapshot.monotonic_ns += 1;
            for word in &mut snapshot.words {
                *word = if random.below(3) == 0 { any_word(&mut random) } else { *word };
            }
            encoder.frame(&mut stream, |encoder, out| encoder.gap(17, out)).unwrap();
            encoder.frame(&mut stream, |encoder, out| encoder.delta(&before, &snapshot, out)).unwrap();
            want.extend_from_slice(b"{\"gap\":17}\n");
            rows("delta", &snapshot, &mut want);
        }
    }
    let said = run("python3", &[&script("decode_wire.py")], "python3", &stream);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let got: Vec<&str> = said.stdout.lines().filter(|line| !line.starts_with("{\"schema\"")).collect();
    let want = String::from_utf8(want).unwrap();
    let want: Vec<&str> = want.lines().collect();
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert_eq!(*got, want);
    }
    let seconds = concat!(
        r#"{"name":"odd_seconds_total","kind":"counter","unit":"seconds","mul":1,"decimals":2,"labels":["mode"],"#,
        r#""help":"A back\\slash, a \"quote\",\na line."}"#
    );
    assert!(said.stdout.lines().next().unwrap().contains(seconds), "{:?}", said.stdout.lines().next());
}

#[test]
fn frames_are_split_at_every_border() {
    let snapshot = odd(Audience::Everyone);
    let mut encoder = Encoder::default();
    let mut stream = Vec::new();
    encoder.frame(&mut stream, |encoder, out| encoder.gap(5, out)).unwrap();
    let first = stream.len();
    encoder.frame(&mut stream, |encoder, out| encoder.snapshot(&snapshot, out)).unwrap();
    for end in 0..first {
        assert_eq!(take_frame(&stream[..end]), Ok(None));
    }
    let (gap, rest) = take_frame(&stream).unwrap().unwrap();
    assert!(matches!(Message::decode(gap), Ok(Message::Gap(gap)) if gap.skipped == 5));
    let (whole, rest) = take_frame(rest).unwrap().unwrap();
    assert_eq!(whole, message(|encoder, out| encoder.snapshot(&snapshot, out)));
    assert_eq!(rest, b"");
}
