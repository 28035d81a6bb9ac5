//! Instructions executed, as valgrind counts them: the same on a busy machine as on a quiet one.
//!
//! `sh benches/count/run.sh` prints them beside the committed counts. Counted, once each:
//!
//! - `parse`: every parser that a lane runs again and again, on the newest captured text of its file;
//! - `tick`: a whole tick of a lane with one sensor of four words (schedule, sheet, page, ring), and one that also
//!   pushes the history of 32 columns;
//! - `push`: one frame into the fast ring and one into the history;
//! - `publish`: a page of 1000 words, of which none, 64 or all have changed; and a reader's copy of it;
//! - `encode`: a home server's state as text, OpenMetrics, postcard, and what changed in a second.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gungraun::prelude::*;
use hearth::encode::exposition::{Exposition, Format};
use hearth::encode::wire::Encoder;
use hearth::snapshot::Snapshot;
use hearth_drivers::cgroup::{cpu_stat, io_stat, memory};
use hearth_drivers::proc::keyed::Keyed;
use hearth_drivers::proc::{diskstats, loadavg, meminfo, netstat, pressure, snmp6, sockstat, softnet, stat, vmstat};
use hearth_hot::armed::{Armed, Columns};
use hearth_hot::clock::Clock;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_hot::lane::{LaneCore, LaneEnds, LaneSpec, Shape};
use hearth_hot::page::{Page, PageCopy, PageWriter, Stamp};
use hearth_hot::ring::{FAST_COLUMNS_MAX, HISTORY_COLUMNS_MAX, Ring, RingWriter};
use hearth_hot::schedule::Rates;
use hearth_hot::testing::Bench;
use hearth_model::attribution::{Interval, Party, attribute};
use hearth_model::catalogue::own;
use hearth_model::{Reason, Word};

#[path = "../../../tests/encode/machine/mod.rs"]
#[expect(dead_code, reason = "of its machines only the home server is counted here")]
mod machine;

const CGROUP_CPU: &[u8] = include_bytes!("../../../drivers/fixtures/cgroup_cpu/6.12-limited.txt");
const CGROUP_IO: &[u8] = include_bytes!("../../../drivers/fixtures/cgroup_io/6.12.txt");
const CGROUP_MEMORY: &[u8] = include_bytes!("../../../drivers/fixtures/cgroup_memory/6.12.txt");
const STAT: &[u8] = include_bytes!("../../../drivers/fixtures/stat/6.18.txt");
const MEMINFO: &[u8] = include_bytes!("../../../drivers/fixtures/meminfo/6.18.txt");
const VMSTAT: &[u8] = include_bytes!("../../../drivers/fixtures/vmstat/6.18.txt");
const DISKSTATS: &[u8] = include_bytes!("../../../drivers/fixtures/diskstats/6.18.txt");
const PRESSURE: &[u8] = include_bytes!("../../../drivers/fixtures/pressure/6.18-io.txt");
const LOADAVG: &[u8] = include_bytes!("../../../drivers/fixtures/loadavg/6.18.txt");
const NETSTAT: &[u8] = include_bytes!("../../../drivers/fixtures/netstat/6.18.txt");
const SNMP6: &[u8] = include_bytes!("../../../drivers/fixtures/snmp6/6.18.txt");
const SOCKSTAT: &[u8] = include_bytes!("../../../drivers/fixtures/sockstat/6.18.txt");
const SOFTNET: &[u8] = include_bytes!("../../../drivers/fixtures/softnet/6.18.txt");

#[library_benchmark]
fn parse_cgroup_cpu() -> u64 {
    cpu_stat::parse(black_box(CGROUP_CPU)).map_or(0, |read| read.usage_us)
}

#[library_benchmark]
fn parse_cgroup_io() -> u64 {
    io_stat::parse(black_box(CGROUP_IO)).flatten().map(|line| line.read_bytes).sum()
}

#[library_benchmark]
#[bench::chosen_keys(args = (), setup = armed_groups_memory)]
fn parse_cgroup_memory((mut keyed, mut values): (Keyed, [Option<u64>; 4])) -> u64 {
    keyed.read(black_box(CGROUP_MEMORY), &mut values).map_or(0, |_| values.iter().flatten().sum())
}

fn armed_groups_memory() -> (Keyed, [Option<u64>; 4]) {
    let keyed = memory::arm(CGROUP_MEMORY, &memory::STAT_BYTES).unwrap_or_else(|error| panic!("{error}"));
    (keyed, [None; 4])
}

// The energy of an interval among 64 groups of which every other one ran.
#[library_benchmark]
#[bench::of_64(args = (), setup = parties)]
fn divide_energy(mut parties: Vec<Party>) -> u64 {
    let interval = Interval { energy_uj: 10_000_003, duration_ns: 500_000_000, busy_us: 400_000, cpus: 4 };
    attribute(black_box(&interval), Some(3_000_000), &mut parties).unattributed_uj
}

fn parties() -> Vec<Party> {
    (0..65).map(|number| Party::new(number % 2 * 1013 * number)).collect()
}

#[library_benchmark]
fn parse_pressure() -> u64 {
    pressure::parse(black_box(PRESSURE)).ok().and_then(|read| read.full).map_or(0, |line| line.total_us)
}

#[library_benchmark]
fn parse_loadavg() -> u64 {
    loadavg::parse(black_box(LOADAVG)).map_or(0, |read| read.tasks)
}

#[library_benchmark]
fn parse_stat() -> u64 {
    let mut cpus = [stat::Cpu::NONE; 8];
    stat::parse(black_box(STAT), &mut cpus).map_or(0, |read| read.ctxt)
}

#[library_benchmark]
fn parse_diskstats() -> u64 {
    diskstats::parse(black_box(DISKSTATS)).flatten().map(|disk| disk.reads.ios).sum()
}

fn armed_meminfo() -> (Keyed, Vec<Option<u64>>) {
    settled(meminfo::arm(MEMINFO).expect("a captured text"), MEMINFO)
}

fn armed_vmstat() -> (Keyed, Vec<Option<u64>>) {
    let wanted = |key: &str| {
        key == "oom_kill" || ["pgpg", "pswp", "pgfault", "pgmajfault"].iter().any(|start| key.starts_with(start))
    };
    settled(vmstat::arm(VMSTAT, wanted).expect("a captured text"), VMSTAT)
}

/// After a first read, which finds out where the keys are.
fn settled(mut keyed: Keyed, text: &[u8]) -> (Keyed, Vec<Option<u64>>) {
    let mut values = vec![None; keyed.len()];
    keyed.read(text, &mut values).expect("armed on this text");
    (keyed, values)
}

#[library_benchmark]
#[bench::all_keys(args = (), setup = armed_meminfo)]
fn parse_meminfo((mut keyed, mut values): (Keyed, Vec<Option<u64>>)) -> (Keyed, Vec<Option<u64>>) {
    keyed.read(black_box(MEMINFO), &mut values).expect("armed on this text");
    (keyed, values)
}

#[library_benchmark]
#[bench::default_keys(args = (), setup = armed_vmstat)]
fn parse_vmstat((mut keyed, mut values): (Keyed, Vec<Option<u64>>)) -> (Keyed, Vec<Option<u64>>) {
    keyed.read(black_box(VMSTAT), &mut values).expect("armed on this text");
    (keyed, values)
}

#[library_benchmark]
fn parse_netstat() -> usize {
    let mut count = 0;
    let read = netstat::parse(black_box(NETSTAT), &mut |_, _, _| count += 1);
    if read.is_ok() { count } else { 0 }
}

#[library_benchmark]
fn parse_snmp6() -> usize {
    let mut count = 0;
    let read = snmp6::parse(black_box(SNMP6), &mut |_, _, _| count += 1);
    if read.is_ok() { count } else { 0 }
}

#[library_benchmark]
fn parse_sockstat() -> usize {
    let mut count = 0;
    let read = sockstat::parse(black_box(SOCKSTAT), &mut |_, _, _| count += 1);
    if read.is_ok() { count } else { 0 }
}

#[library_benchmark]
fn parse_softnet() -> usize {
    let mut count = 0;
    let read = softnet::parse(black_box(SOFTNET), |_| count += 1);
    if read.is_ok() { count } else { 0 }
}

library_benchmark_group!(
    name = parse,
    benchmarks = [
        parse_pressure, parse_loadavg, parse_stat, parse_diskstats, parse_meminfo, parse_vmstat, parse_netstat,
        parse_snmp6, parse_sockstat, parse_softnet, parse_cgroup_cpu, parse_cgroup_io, parse_cgroup_memory, divide_energy
    ]
);

/// Puts the tick's number into its slots, with no system call.
struct Four([Slot; 4]);

impl Sensor for Four {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        for slot in self.0 {
            sheet.count(slot, tick.index);
        }
        Ok(State::Steady)
    }
}

fn arm_four(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    Ok(Box::new(Four([(); 4].map(|()| arming.slot(&own::RATE, &["steady"])))))
}

static FOUR: SensorDef = SensorDef {
    name: "four",
    source: "the tick",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::from_millis(1),
    metrics: &[own::ALL],
    arm: arm_four,
};

/// A clock that stands still.
struct At(u64);

impl Clock for At {
    fn monotonic_ns(&self) -> u64 {
        self.0
    }

    fn realtime_ns(&self) -> u64 {
        self.0
    }
}

type Stage = (LaneCore, LaneEnds, At);

/// A lane at 1000 Hz that has run 1500 ticks from a whole second on; its next tick is at `next_ms`.
fn stage(next_ms: u64) -> Stage {
    let config = Bench::config();
    let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Steady, &["four"]);
    let sensor = arm_four(&mut arming).expect("always there");
    let columns: Columns = (0..4).map(|at| (u32::from(at), at)).collect();
    let armed = Armed::new(&FOUR, sensor, [0, 1, 2, 3].into(), columns.clone(), columns);
    let spec = LaneSpec {
        kind: LaneKind::Steady,
        rates: Rates::new(1000, 1000, 0),
        sensors: [Some(armed)].into(),
        generation: 1,
        places: 1000,
        ring: Some(Shape { columns: 4, frames: 60_000 }),
        history: Shape { columns: 32, frames: 600 },
        control: std::thread::current(),
    };
    let (mut core, ends) = LaneCore::new(spec, 0).expect("the sensor fits");
    for ms in 0..next_ms {
        core.tick(&At(ms * 1_000_000 + 50_000));
    }
    (core, ends, At(next_ms * 1_000_000 + 50_000))
}

#[library_benchmark]
#[bench::within_a_second(args = (1500), setup = stage)]
#[bench::new_second(args = (2000), setup = stage)]
fn tick((mut core, ends, at): Stage) -> Stage {
    black_box(core.tick(black_box(&at)));
    (core, ends, at)
}

library_benchmark_group!(name = lane, benchmarks = [tick]);

type Pushing = (RingWriter, Arc<Ring>, Vec<Word>);

fn ring(columns: usize) -> Pushing {
    let (mut writer, ring) = Ring::new(columns, 600);
    let words: Vec<Word> = (0..columns).map(|at| Word::count(at as u64)).collect();
    for frame in 0..700 {
        writer.push(frame * 1_000_000, &words);
    }
    (writer, ring, words)
}

#[library_benchmark]
#[bench::fast(args = (FAST_COLUMNS_MAX), setup = ring)]
#[bench::history(args = (HISTORY_COLUMNS_MAX), setup = ring)]
fn push((mut writer, ring, words): Pushing) -> Pushing {
    writer.push(black_box(700_000_000), black_box(&words));
    (writer, ring, words)
}

type Publishing = (PageWriter, Arc<Page>, PageCopy, usize);

const PLACES: usize = 1000;

fn page(changing: usize) -> Publishing {
    let (mut writer, page) = Page::new(PLACES);
    // Twice, so that both buffers hold every word.
    for _ in 0..2 {
        writer.publish(Stamp::default(), |edit| (0..PLACES).for_each(|at| edit.put(at, Word::value(1))));
    }
    let copy = PageCopy::of(&page);
    (writer, page, copy, changing)
}

#[library_benchmark]
#[bench::none(args = (0), setup = page)]
#[bench::some(args = (64), setup = page)]
#[bench::all(args = (PLACES), setup = page)]
fn publish((mut writer, page, copy, changing): Publishing) -> Publishing {
    let stamp = Stamp { tick: 1, ..Stamp::default() };
    writer.publish(stamp, |edit| (0..changing).for_each(|at| edit.put(at, black_box(Word::value(2)))));
    (writer, page, copy, changing)
}

#[library_benchmark]
#[bench::thousand(args = (0), setup = page)]
fn copy((writer, page, mut copy, changing): Publishing) -> Publishing {
    page.copy(&mut copy).expect("nobody publishes");
    (writer, page, copy, changing)
}

library_benchmark_group!(name = shared, benchmarks = [push, publish, copy]);

/// Two states a second apart, an encoder that has worked before, and room.
struct Desk {
    before: Snapshot,
    now: Snapshot,
    exposition: Exposition,
    encoder: Encoder,
    out: Vec<u8>,
}

fn desk() -> Desk {
    let before = machine::home_server();
    let now = machine::advance(&before, &mut machine::Random(7));
    let exposition = Exposition::new(&now.schema);
    let (mut encoder, mut out) = (Encoder::default(), Vec::with_capacity(1 << 20));
    encoder.delta(&before, &now, &mut out).expect("one schema");
    out.clear();
    Desk { before, now, exposition, encoder, out }
}

#[library_benchmark]
#[bench::text(args = (Format::Text), setup = with_desk)]
#[bench::open_metrics(args = (Format::OpenMetrics), setup = with_desk)]
fn encode_exposition((mut desk, format): (Desk, Format)) -> Desk {
    desk.exposition.render(format, &desk.now, &[], &mut desk.out).expect("one schema");
    desk
}

fn with_desk(format: Format) -> (Desk, Format) {
    (desk(), format)
}

#[library_benchmark]
#[bench::home_server(args = (), setup = desk)]
fn encode_postcard(mut desk: Desk) -> Desk {
    desk.encoder.snapshot(&desk.now, &mut desk.out).expect("a snapshot can be written");
    desk
}

#[library_benchmark]
#[bench::home_server(args = (), setup = desk)]
fn encode_delta(mut desk: Desk) -> Desk {
    desk.encoder.delta(&desk.before, &desk.now, &mut desk.out).expect("one schema");
    desk
}

library_benchmark_group!(name = encode, benchmarks = [encode_exposition, encode_postcard, encode_delta]);

main!(library_benchmark_groups = parse, lane, shared, encode);
