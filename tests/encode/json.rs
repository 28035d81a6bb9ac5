//! JSON documents and the live stream's events.

use hearth::encode::json;
use hearth::encode::json::events;
use hearth::snapshot::Snapshot;
use hearth_hot::series::Part;
use hearth_model::{Audience, Reason, Word};

use crate::machine::{LATENESS, Place, Random, SECONDS, WATTS, advance, home_server, odd, place, snapshot};
use crate::outside::run;

fn small() -> Snapshot {
    let steady: Vec<Place> = vec![
        place(&SECONDS, &["a \"b\"\n"], Part::Value, Word::value(8125)),
        (None, Word::reason(Reason::Gone)),
        place(&SECONDS, &["idle"], Part::Value, Word::reason(Reason::NoPermission)),
    ];
    let slow = vec![
        place(&LATENESS, &["slow", "+Inf"], Part::Bucket, Word::value(3)),
        place(&LATENESS, &["slow"], Part::Sum, Word::value(1)),
        place(&LATENESS, &["slow"], Part::Count, Word::value(3)),
    ];
    snapshot(&[&LATENESS, &WATTS, &SECONDS], steady, slow, Audience::Everyone)
}

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_snapshot_has_exact_numbers_and_a_reason_for_every_null() {
    let snapshot = small();
    let want = format!(
        concat!(
            r#"{{"schema":"{hash:016x}","monotonic_seconds":12.5,"realtime_seconds":1700000000.000000001,"families":["#,
            r#"{{"name":"odd_lateness_seconds","type":"histogram","unit":"seconds","series":["#,
            r#"{{"index":3,"part":"bucket","labels":{{"lane":"slow","le":"+Inf"}},"value":3}},"#,
            r#"{{"index":4,"part":"sum","labels":{{"lane":"slow"}},"value":0.000000001}},"#,
            r#"{{"index":5,"part":"count","labels":{{"lane":"slow"}},"value":3}}]}},"#,
            r#"{{"name":"odd_seconds_total","type":"counter","unit":"seconds","series":["#,
            r#"{{"index":0,"labels":{{"mode":"a \"b\"\n"}},"value":81.25}},"#,
            r#"{{"index":2,"labels":{{"mode":"idle"}},"value":null,"reason":"no_permission"}}]}}]}}"#,
        ),
        hash = snapshot.schema.hash,
    );
    assert_eq!(text(|out| json::snapshot(&snapshot, out)), want);
}

#[test]
fn a_schema_says_what_every_index_means() {
    let snapshot = small();
    let want = format!(
        concat!(
            r#"{{"schema":"{hash:016x}","families":["#,
            r#"{{"name":"odd_lateness_seconds","type":"histogram","unit":"seconds","labels":["lane"],"#,
            r#""audience":"everyone","help":"Lateness.","series":["#,
            r#"{{"index":3,"part":"bucket","labels":{{"lane":"slow","le":"+Inf"}}}},"#,
            r#"{{"index":4,"part":"sum","labels":{{"lane":"slow"}}}},"#,
            r#"{{"index":5,"part":"count","labels":{{"lane":"slow"}}}}]}},"#,
            r#"{{"name":"odd_seconds_total","type":"counter","unit":"seconds","labels":["mode"],"#,
            r#""audience":"everyone","help":"A back\\slash, a \"quote\",\na line.","series":["#,
            r#"{{"index":0,"labels":{{"mode":"a \"b\"\n"}}}},{{"index":2,"labels":{{"mode":"idle"}}}}]}}]}}"#,
        ),
        hash = snapshot.schema.hash,
    );
    assert_eq!(text(|out| json::schema(&snapshot.schema, out)), want);
}

#[test]
fn a_delta_event_holds_what_changed_and_nothing_else() {
    let before = small();
    let mut now = before.clone();
    now.monotonic_ns += 1_000_000;
    now.words[0] = Word::reason(Reason::Stale);
    now.words[1] = Word::value(77);
    now.words[2] = Word::value(0);
    let head = format!(
        r#"{{"schema":"{:016x}","monotonic_seconds":12.501,"realtime_seconds":1700000000.000000001,"values":"#,
        now.schema.hash
    );
    let delta = text(|out| events::delta(&before, &now, out).unwrap());
    assert_eq!(delta, format!("event: delta\ndata: {head}[[0,null,\"stale\"],[2,0]]}}\n\n"));
    let full = text(|out| events::full(&now, out));
    let values = r#"[[0,null,"stale"],[2,0],[3,3],[4,0.000000001],[5,3]]"#;
    assert_eq!(full, format!("event: full\ndata: {head}{values}}}\n\n"));
    let same = text(|out| events::delta(&now, &now, out).unwrap());
    assert_eq!(same, format!("event: delta\ndata: {head}[]}}\n\n"));
    assert_eq!(text(|out| events::gap(12, out)), "event: gap\ndata: {\"skipped\":12}\n\n");
}

#[test]
fn a_delta_between_two_schemas_is_refused() {
    let mut out = Vec::new();
    let refused = events::delta(&odd(Audience::Everyone), &odd(Audience::Admin), &mut out);
    assert!(refused.is_err() && out.is_empty(), "{refused:?}");
}

#[test]
fn another_reader_takes_every_document_and_every_event_is_one_line_of_data() {
    let home = home_server();
    let later = advance(&home, &mut Random(7));
    let mut documents = Vec::new();
    for snapshot in [&home, &odd(Audience::Admin)] {
        json::snapshot(snapshot, &mut documents);
        documents.push(b'\n');
        json::schema(&snapshot.schema, &mut documents);
        documents.push(b'\n');
    }
    let mut events = Vec::new();
    events::schema(&home.schema, &mut events);
    events::full(&home, &mut events);
    events::delta(&home, &later, &mut events).unwrap();
    let events = String::from_utf8(events).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    assert_eq!(lines.len(), 9, "name, data and an empty line for each");
    for event in lines.chunks(3) {
        documents.extend_from_slice(event[1].strip_prefix("data: ").unwrap().as_bytes());
        documents.push(b'\n');
    }
    let count = "import json, sys; print(sum(1 for line in sys.stdin if json.loads(line)))";
    let said = run("python3", &["-c", count], "python3", &documents);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "7\n"), "{}", said.stderr);
}
