//! Bad messages end in an error that says where; never in a panic, never in a half-changed client.

use hearth::encode::wire::{
    Bytes, FRAME_MAX_BYTES, Fault, Message, Mirror, VERSION, WireDelta, WireGap, WireSnapshot, take_frame,
};
use hearth::snapshot::Snapshot;
use hearth_model::{Audience, Word};

use crate::machine::{Random, odd};
use crate::wire::{message, mirror};

/// A schema, a snapshot and a delta of one machine.
fn messages() -> (Snapshot, [Vec<u8>; 3]) {
    let before = odd(Audience::Admin);
    let mut now = before.clone();
    now.monotonic_ns += 1;
    for word in now.words.iter_mut().step_by(3) {
        *word = Word::value(1_000_000);
    }
    let schema = message(|encoder, out| encoder.schema(&before.schema, out));
    let whole = message(|encoder, out| encoder.snapshot(&before, out));
    let delta = message(|encoder, out| encoder.delta(&before, &now, out));
    (before, [schema, whole, delta])
}

/// Whether the client takes the message.
fn take(mirror: &mut Mirror, bytes: &[u8]) -> bool {
    match Message::decode(bytes) {
        Err(error) => {
            assert!(error.offset <= bytes.len(), "{error} lies outside of {} bytes", bytes.len());
            false
        }
        Ok(Message::Snapshot(snapshot)) => mirror.snapshot(&snapshot).is_ok(),
        Ok(Message::Delta(delta)) => mirror.delta(&delta).is_ok(),
        Ok(Message::Schema(_) | Message::Gap(_)) => true,
    }
}

#[test]
fn every_shorter_prefix_is_refused_where_it_ends() {
    let (before, messages) = messages();
    let mut mirror = mirror(&before);
    for bytes in &messages {
        for end in 0..bytes.len() {
            let error = Message::decode(&bytes[..end]).unwrap_err();
            assert!(error.offset <= end, "{error} of {end}");
            assert_eq!(error.fault, Fault::Truncated, "{end}");
        }
        assert!(take(&mut mirror, bytes));
        let longer = [bytes.as_slice(), &[0]].concat();
        let error = Message::decode(&longer).unwrap_err();
        assert_eq!((error.offset, error.fault), (bytes.len(), Fault::Trailing));
    }
}

#[test]
fn any_mutation_is_refused_or_read_but_never_a_panic_and_never_half_applied() {
    let (before, messages) = messages();
    let mut clean = mirror(&before);
    assert!(take(&mut clean, &messages[1]));
    let mut random = Random(0xfeed);
    let (mut refused, mut taken) = (0, 0);
    for round in 0..30_000 {
        let mut bytes = messages[round % 3].clone();
        for _ in 0..=random.below(3) {
            let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
            match random.below(4) {
                0 => bytes[at] = random.next().to_le_bytes()[0],
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.insert(at, random.next().to_le_bytes()[0]),
                _ => drop(bytes.remove(at)),
            }
        }
        let mut mirror = clean.clone();
        if take(&mut mirror, &bytes) {
            taken += 1;
        } else {
            refused += 1;
            assert_eq!(mirror, clean);
        }
    }
    assert!(refused > 0 && taken > 0, "{refused} refused, {taken} taken: the mutations test nothing");
}

/// What is wrong with this snapshot body, and at which of its bytes.
fn body_fault(mirror: &Mirror, schema_hash: u64, body: &[u8]) -> (usize, Fault) {
    let snapshot =
        WireSnapshot { version: VERSION, schema_hash, monotonic_ns: 1, realtime_ns: 1, body: Bytes(body) };
    let error = mirror.clone().snapshot(&snapshot).unwrap_err();
    (error.offset, error.fault)
}

/// The same for a delta's body.
fn delta_fault(mirror: &Mirror, schema_hash: u64, body: &[u8]) -> (usize, Fault) {
    let delta = WireDelta {
        version: VERSION,
        schema_hash,
        base_monotonic_ns: mirror.monotonic_ns(),
        monotonic_ns: 1,
        realtime_ns: 1,
        body: Bytes(body),
    };
    let error = mirror.clone().delta(&delta).unwrap_err();
    (error.offset, error.fault)
}

#[test]
fn every_fault_of_a_body_is_named_with_its_byte() {
    let before = odd(Audience::Everyone);
    let (mirror, hash) = (mirror(&before), before.schema.hash);
    let lowest_but_one = [4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    for (body, want) in [
        (&[][..], (0, Fault::Truncated)),
        (&[0x80], (0, Fault::Truncated)),
        (&[4], (1, Fault::Truncated)),
        (&[4, 2, 6], (3, Fault::Truncated)),
        (&[4, 2, 6, 9], (3, Fault::BadReason)),
        (&[0], (1, Fault::BadRun)),
        (&[7], (1, Fault::BadRun)),
        (&[0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], (10, Fault::BadRun)),
        (&[0xff; 11], (0, Fault::BadVarint)),
        (&lowest_but_one, (11, Fault::BadValue)),
    ] {
        assert_eq!(body_fault(&mirror, hash, body), want, "{body:x?}");
    }
    for (body, want) in [
        (&[3][..], (1, Fault::Truncated)),
        (&[0, 1], (2, Fault::BadRun)),
        (&[200, 1, 2, 2], (3, Fault::BadRun)),
        (&[0, 3, 9], (2, Fault::BadReason)),
        (&[0, 2], (2, Fault::Truncated)),
        (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 2], (11, Fault::BadRun)),
    ] {
        assert_eq!(delta_fault(&mirror, hash, body), want, "{body:x?}");
    }
    assert_eq!(body_fault(&mirror, 5, &[]), (0, Fault::OtherSchema(5)));
}

#[test]
fn a_delta_for_another_moment_is_refused() {
    let before = odd(Audience::Everyone);
    let delta = WireDelta {
        version: VERSION,
        schema_hash: before.schema.hash,
        base_monotonic_ns: 77,
        monotonic_ns: 78,
        realtime_ns: 1,
        body: Bytes(&[]),
    };
    assert_eq!(mirror(&before).delta(&delta).unwrap_err().fault, Fault::OtherBase(77));
}

#[test]
fn another_version_and_a_senseless_schema_are_refused() {
    let gap = message(|_, out| {
        out.extend(postcard::to_allocvec(&Message::Gap(WireGap { version: VERSION + 1, skipped: 0 }))?);
        Ok(())
    });
    assert_eq!(Message::decode(&gap).unwrap_err().fault, Fault::Version(VERSION + 1));
    let (_, [bytes, ..]) = messages();
    let Ok(Message::Schema(good)) = Message::decode(&bytes) else { panic!("a schema was written") };
    let mut bad = [good.clone(), good.clone(), good.clone(), good.clone(), good.clone(), good];
    bad[0].hash = 0;
    bad[1].metrics[0].mul = 0;
    bad[2].metrics[0].decimals = 19;
    bad[3].series.swap(0, 1);
    bad[4].series[0].metric = 1000;
    bad[5].series[0].labels.clear();
    for schema in bad {
        let bytes = postcard::to_allocvec(&Message::Schema(schema)).unwrap();
        let error = Message::decode(&bytes).unwrap_err();
        assert!(matches!(error.fault, Fault::Schema(_)), "{error}");
    }
}

#[test]
fn a_frame_of_no_size_that_there_is_is_refused() {
    let long = u32::try_from(FRAME_MAX_BYTES).unwrap() + 1;
    for len in [0, long, u32::MAX] {
        assert_eq!(take_frame(&len.to_le_bytes()).unwrap_err().fault, Fault::FrameSize(len));
    }
    assert_eq!(take_frame(&(long - 1).to_le_bytes()), Ok(None));
}
