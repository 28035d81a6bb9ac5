//! Every route, over TCP and the Unix socket, over io_uring and epoll.

use std::collections::BTreeSet;

use hearth::encode::wire::{Message, Mirror};
use hearth_model::{Audience, catalogue};
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::exposition::parsed;
use crate::outside::run;
use crate::running::{Hearth, Plan};

const POSTCARD: &str = "application/vnd.hearth.postcard";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SENTENCE: &str = "text/plain; charset=utf-8";

/// Target, what is asked for by Accept, what comes.
const FORMS: &[(&str, &str, &str)] = &[
    ("/metrics", "*/*", TEXT),
    ("/metrics", "text/plain", TEXT),
    ("/metrics", "application/openmetrics-text; version=1.0.0", OPEN_METRICS),
    ("/metrics", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4,*/*;q=0.1", OPEN_METRICS),
    ("/metrics", "application/openmetrics-text;q=0.2, text/plain;version=0.0.4", TEXT),
    ("/v1/snapshot", "*/*", POSTCARD),
    ("/v1/snapshot", POSTCARD, POSTCARD),
    ("/v1/snapshot", "text/html, application/json;q=0.9", JSON),
    ("/v1/schema", "*/*", POSTCARD),
    ("/v1/schema", "application/json", JSON),
    ("/v1/history?series=node_load1", "*/*", JSON),
    ("/v1/status", "application/*", JSON),
    ("/healthz", "*/*", SENTENCE),
    ("/readyz", "*/*", SENTENCE),
];

/// Target, a wrong question about it, words of the sentence that comes back.
const WRONG: &[(&str, &str)] = &[
    ("/metrics?format=json", "There is no parameter `format` here"),
    ("/v1/snapshot?x=1", "There is no parameter `x` here"),
    ("/v1/history", "series is missing"),
    ("/v1/history?series=", "expected name or name{key="),
    ("/v1/history?series=node_load1&series=node_load5", "`series` is given more than once"),
    ("/v1/history?series=node_nothing", "nothing here is called node_nothing"),
    (
        "/v1/history?series=node_load1&seconds=601",
        "`seconds` must be a whole number from 1 to 600, not `601`",
    ),
    ("/v1/history?series=node_load1&seconds=0", "`seconds` must be a whole number from 1 to 600, not `0`"),
    ("/v1/history?series=node_load1&step=-1", "`step` must be a whole number from 1 to 600, not `-1`"),
    ("/v1/history?series=node_load1&seconds=ten", "from 1 to 600, not `ten`"),
    ("/v1/history?series=%zz", "percent-encoded"),
];

/// A Hearth over this transport; none where the kernel has no io_uring.
fn over(transport: &str) -> Option<Hearth> {
    match Plan::new().with_socket().with(&["--transport", transport]).try_start() {
        Ok(hearth) => Some(hearth),
        Err(ended) if transport == "io-uring" && ended.said.contains("`auto` falls back to epoll") => {
            hearth_board::not_run("io_uring", &ended.said);
            None
        }
        Err(ended) => panic!("over {transport}: {ended:?}"),
    }
}

/// The same over each transport, once it has values.
fn on_both_transports(check: impl Fn(&Hearth)) {
    for hearth in ["epoll", "io-uring"].into_iter().filter_map(over) {
        hearth.until("it is ready", || (hearth.tcp().get("/readyz").status == 200).then_some(()));
        check(&hearth);
    }
}

fn ways(hearth: &Hearth) -> [Client; 2] {
    [hearth.tcp(), hearth.unix()]
}

fn sentence(answer: &Answer, status: u16) -> &str {
    assert_eq!((answer.status, answer.header("content-type")), (status, Some(SENTENCE)), "{answer:?}");
    let text = answer.text();
    assert_eq!(text.matches('\n').count(), 1, "one line: {text:?}");
    text
}

#[test]
fn every_route_answers_in_the_form_asked_for_and_head_like_get() {
    on_both_transports(|hearth| {
        for mut client in ways(hearth) {
            for (target, accept, content_type) in FORMS {
                let answer = client.get_as(target, accept);
                assert_eq!(answer.status, 200, "{target} as {accept}: {answer:?}");
                assert_eq!(answer.header("content-type"), Some(*content_type), "{target} as {accept}");
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
                assert!(answer.header("access-control-allow-origin").is_none(), "{target}");
                assert!(!answer.body.is_empty(), "{target} as {accept}");
                let head = client.ask("HEAD", target, &[("Host", "localhost"), ("Accept", accept)]);
                assert_eq!(
                    (head.status, head.header("content-type")),
                    (200, Some(*content_type)),
                    "{target}"
                );
                let length: usize =
                    head.header("content-length").expect("a length").parse().expect("a number");
                assert!(length > 0, "{target}");
            }
        }
    });
}

#[test]
fn what_cannot_be_had_is_refused_with_what_can() {
    on_both_transports(|hearth| {
        for mut client in ways(hearth) {
            let absent = client.get("/v2/snapshot");
            let words = sentence(&absent, 404);
            let targets: BTreeSet<&str> = FORMS.iter().map(|(target, ..)| *target).collect();
            for target in targets {
                let path = target.split('?').next().expect("the front");
                assert!(words.contains(path), "{path} in {words}");
                for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
                    let refused = client.ask(method, target, &[("Host", "localhost")]);
                    assert!(sentence(&refused, 405).contains("GET or HEAD"), "{method} {target}");
                    assert_eq!(refused.header("allow"), Some("GET, HEAD"), "{method} {target}");
                }
                if !matches!(path, "/healthz" | "/readyz") {
                    let refused = client.get_as(target, "image/png, text/html;q=0.5");
                    assert!(sentence(&refused, 406).contains("ask for one of them in Accept"), "{target}");
                }
            }
            for (target, words) in WRONG {
                let answer = client.get(target);
                let said = sentence(&answer, 400);
                assert!(said.contains(words), "{target}: {words:?} in {said}");
            }
        }
    });
}

#[test]
fn over_tcp_only_names_of_this_machine_are_answered() {
    on_both_transports(|hearth| {
        let machine = nix::sys::utsname::uname().expect("a name");
        let machine = machine.nodename().to_str().expect("plain");
        let own = [&format!("{machine}:9110"), "localhost", "127.0.0.1:1", "[::1]:9110", "192.0.2.7"];
        for host in own.into_iter().filter(|host| !host.starts_with(':')) {
            assert_eq!(hearth.tcp().ask("GET", "/healthz", &[("Host", host)]).status, 200, "{host}");
        }
        for host in ["attacker.example", "localhost.attacker.example", "127.0.0.1.attacker.example:80"] {
            let refused = hearth.tcp().ask("GET", "/metrics", &[("Host", host)]);
            assert!(sentence(&refused, 421).contains("serve.hosts"), "{host}");
            assert_eq!(hearth.unix().ask("GET", "/metrics", &[("Host", host)]).status, 200, "{host}");
        }
        sentence(&hearth.tcp().ask("GET", "/metrics", &[]), 400);
        sentence(&hearth.tcp().ask("GET", "/metrics", &[("Host", "localhost"), ("Host", "localhost")]), 400);
    });
}

fn names(document: &Value) -> BTreeSet<String> {
    let families = document["families"].as_array().expect("families");
    families.iter().map(|family| family["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn what_is_for_the_administrator_is_shown_on_the_unix_socket_alone() {
    on_both_transports(|hearth| {
        let private: BTreeSet<&str> = catalogue::all()
            .filter(|metric| metric.audience == Audience::Admin)
            .map(|metric| metric.name)
            .collect();
        let schema = hearth.unix().get_as("/v1/schema", JSON).json();
        let mut shown = 0;
        for family in schema["families"].as_array().expect("families") {
            let name = family["name"].as_str().expect("a name");
            let audience = if private.contains(name) { "admin" } else { "everyone" };
            assert_eq!(family["audience"], audience, "{name}");
            shown += usize::from(private.contains(name));
        }
        println!("{shown} families for the administrator: {private:?}");
        let everyone: BTreeSet<String> =
            names(&schema).into_iter().filter(|name| !private.contains(name.as_str())).collect();
        for target in ["/v1/schema", "/v1/snapshot"] {
            assert_eq!(names(&hearth.tcp().get_as(target, JSON).json()), everyone, "{target}");
        }
        for accept in ["text/plain", "application/openmetrics-text"] {
            let answer = hearth.tcp().get_as("/metrics", accept);
            for line in answer.text().lines() {
                let line = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
                let name = line.split(['{', ' ']).next().expect("the front");
                assert!(!private.contains(name), "over TCP: {line}");
            }
        }
        for name in private {
            let answer = hearth.tcp().get(&format!("/v1/history?series={name}"));
            assert!(sentence(&answer, 400).contains("nothing here is called"), "{name}");
        }
    });
}

/// The answers of a moment in which nothing was published between the first and the last.
fn at_rest<const N: usize>(hearth: &Hearth, client: &mut Client, asked: [(&str, &str); N]) -> [Answer; N] {
    hearth.until("the machine holds still for a moment", || {
        let answers = asked.map(|(target, accept)| client.get_as(target, accept));
        let (first, accept) = asked[0];
        (client.get_as(first, accept) == answers[0]).then_some(answers)
    })
}

#[test]
fn postcard_and_json_tell_the_same_of_the_same_moment() {
    on_both_transports(|hearth| {
        for mut client in ways(hearth) {
            let asked = [
                ("/v1/snapshot", JSON),
                ("/v1/snapshot", POSTCARD),
                ("/v1/schema", JSON),
                ("/v1/schema", POSTCARD),
            ];
            let [plain, packed, plain_schema, packed_schema] = at_rest(hearth, &mut client, asked);
            let Ok(Message::Schema(schema)) = Message::decode(&packed_schema.body) else {
                panic!("no schema")
            };
            let Ok(Message::Snapshot(snapshot)) = Message::decode(&packed.body) else {
                panic!("no snapshot")
            };
            let (plain, plain_schema) = (plain.json(), plain_schema.json());
            let hash = format!("{:016x}", schema.hash);
            assert_eq!(
                (&plain["schema"], &plain_schema["schema"]),
                (&hash.as_str().into(), &hash.as_str().into())
            );
            assert_eq!(snapshot.schema_hash, schema.hash);
            assert_eq!(names(&plain), names(&plain_schema));
            let mut mirror = Mirror::new(&schema);
            mirror.snapshot(&snapshot).expect("a body that fits its schema");
            let mut compared = 0;
            for family in plain["families"].as_array().expect("families") {
                for series in family["series"].as_array().expect("series") {
                    let index = series["index"].as_u64().expect("an index");
                    let at = schema.series.iter().position(|row| u64::from(row.index) == index);
                    let at = at.unwrap_or_else(|| panic!("{index} is not in the packed schema"));
                    let metric = schema.series[at].metric as usize;
                    assert_eq!(family["name"], schema.metrics[metric].name);
                    match schema.number(at, mirror.words()[at]) {
                        Ok(number) => {
                            assert_eq!(series["value"].to_string(), number.text().to_string(), "{series}");
                        }
                        Err(reason) => assert_eq!(series["reason"], reason.name(), "{series}"),
                    }
                    compared += 1;
                }
            }
            assert_eq!(compared, schema.series.len());
            assert!(compared > 50, "{compared} series");
        }
    });
}

#[test]
fn the_status_names_the_schema_the_lanes_and_every_sensor() {
    on_both_transports(|hearth| {
        let mut client = hearth.unix();
        // The server answers a moment before what became of its start is noted.
        hearth.until("the transport is noted", || {
            let status = client.get("/v1/status").json();
            let notes = status["notes"].as_array().expect("notes").clone();
            notes.iter().any(|note| note["about"] == "serve.transport").then_some(())
        });
        let [schema, status] = at_rest(hearth, &mut client, [("/v1/schema", JSON), ("/v1/status", JSON)]);
        let (schema, status) = (schema.json(), status.json());
        assert_eq!(status["schema"], schema["schema"]);
        assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
        let of = |rows: &str, key: &str| -> BTreeSet<String> {
            let rows = status[rows].as_array().expect("rows").iter();
            rows.map(|row| row[key].as_str().expect("a word").to_owned()).collect()
        };
        assert_eq!(of("lanes", "lane"), BTreeSet::from(["slow".to_owned(), "steady".to_owned()]));
        let sensors: BTreeSet<String> =
            hearth::daemon::sensor_names().into_iter().map(str::to_owned).collect();
        assert_eq!(of("sensors", "sensor"), sensors);
        assert!(of("notes", "about").contains("serve.transport"), "{status}");
        assert!(status["server"]["requests"].as_u64().is_some_and(|requests| requests > 0), "{status}");
    });
}

#[test]
fn history_has_one_value_a_second_as_exact_as_the_snapshot() {
    on_both_transports(|hearth| {
        for mut client in ways(hearth) {
            let values = hearth.until("two seconds are kept", || {
                let history = client.get("/v1/history?series=node_load1&seconds=5").json();
                let series = history["series"].as_array().expect("series").clone();
                assert_eq!((series.len(), &series[0]["name"]), (1, &"node_load1".into()), "{history}");
                let values = series[0]["values"].as_array().expect("values").clone();
                assert!(values.len() <= 5, "{history}");
                (values.len() >= 2).then_some(values)
            });
            let times: Vec<f64> = values.iter().map(|value| value[0].as_f64().expect("a time")).collect();
            assert!(times.is_sorted_by(|one, next| one < next), "{times:?}");
            for value in &values {
                assert!(value[1].as_f64().is_some_and(|load| load >= 0.0), "{value}");
            }
            let stepped = client.get("/v1/history?series=node_load1&seconds=600&step=600").json();
            assert_eq!(stepped["step_seconds"].to_string(), "600");
            assert!(stepped["series"][0]["values"].as_array().expect("values").len() <= 1, "{stepped}");
        }
    });
}

#[test]
fn metrics_are_valid_for_the_official_parser_and_for_promtool() {
    on_both_transports(|hearth| {
        for mut client in ways(hearth) {
            let open = client.get_as("/metrics", "application/openmetrics-text");
            let open = open.text();
            assert!(open.ends_with("\n# EOF\n"), "the end: {:?}", open.lines().last());
            let created = open
                .lines()
                .find(|line| line.split(['{', ' ']).next().is_some_and(|name| name.ends_with("_created")));
            assert_eq!(created, None, "nothing has begun anew since the start");
            let text = client.get_as("/metrics", "text/plain");
            let text = text.text();
            assert!(!text.contains("# EOF"), "this is for OpenMetrics alone");
            let said = run("promtool", &["check", "metrics"], "prometheus", text.as_bytes());
            // 3 is its advice on names, which are node_exporter's; 1 is a text that is not valid.
            assert!(matches!(said.code, Some(0 | 3)), "{} {}", said.stdout, said.stderr);
            let (open, text) = (parsed("openmetrics", open), parsed("text", text));
            for name in ["node_load1", "node_cpu_seconds", "hearth_lane_tick_lateness_seconds"] {
                assert!(open.contains_key(name) && text.contains_key(name), "{name}");
            }
            assert_eq!(open["node_cpu_seconds"].kind, "counter");
            assert_eq!(open["hearth_lane_tick_lateness_seconds"].kind, "histogram");
            assert_eq!(text["node_cpu_seconds"].label_keys(), BTreeSet::from(["cpu", "mode"]));
        }
    });
}
