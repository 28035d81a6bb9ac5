//! The ring of atomic words beside the same ring over an `UnsafeCell`, alternately in one run.
//!
//! `cargo bench -p hearth-hot --bench ring` prints medians in nanoseconds a frame and their ratio. The ring without
//! `unsafe` was taken because it keeps within 10 % of the peer that copies word by word and checks its indices.

#[path = "peers/unsafe_ring.rs"]
mod unsafe_ring;

use std::hint::black_box;
use std::time::Instant;

use hearth_hot::frames::Frames;
use hearth_hot::ring::{Cursor, FAST_COLUMNS_MAX, FAST_FRAMES, HISTORY_COLUMNS_MAX, HISTORY_FRAMES, Ring};
use hearth_model::Word;
use unsafe_ring::{Copying, UnsafeFrames, UnsafeRing};

/// Measurements of each side.
const ROUNDS: usize = 301;
/// Pairs of rings that are pushed to, each anew in memory.
const PLACES: usize = 15;

fn main() {
    println!("{:<44} {:>9} {:>9} {:>6}", "ns a frame (median)", "ours", "peer", "ratio");
    pushes::<true>("push, fast ring", FAST_COLUMNS_MAX, FAST_FRAMES);
    pushes::<true>("push, history", HISTORY_COLUMNS_MAX, HISTORY_FRAMES);
    pushes::<false>("push, fast ring; unchecked, for scale", FAST_COLUMNS_MAX, FAST_FRAMES);
    pushes::<false>("push, history; unchecked, for scale", HISTORY_COLUMNS_MAX, HISTORY_FRAMES);
    for (peer, copying) in
        [("volatile words", Copying::Volatile), ("racing blocks, for scale", Copying::Block)]
    {
        reads(&format!("read 100 frames, fast ring; {peer}"), FAST_COLUMNS_MAX, FAST_FRAMES, 100, copying);
        reads(
            &format!("read a minute, fast ring; {peer}"),
            FAST_COLUMNS_MAX,
            FAST_FRAMES,
            FAST_FRAMES,
            copying,
        );
        let all = HISTORY_FRAMES;
        reads(
            &format!("read ten minutes, history; {peer}"),
            HISTORY_COLUMNS_MAX,
            HISTORY_FRAMES,
            all,
            copying,
        );
    }
}

/// Pushes as many frames as make a batch of some microseconds, beside a peer that checks its indices as safe code does,
/// or does not.
fn pushes<const CHECKED: bool>(name: &str, columns: usize, frames: usize) {
    let words: Vec<Word> = (0..columns).map(|column| Word::count(column as u64)).collect();
    let bits: Vec<u64> = words.iter().map(|word| word.bits()).collect();
    let batch = 16_384 / columns;
    let mut times = Times::default();
    // Where a ring lies in memory decides how its columns share the cache: each side gets several places.
    for _ in 0..PLACES {
        let (mut writer, _ring) = Ring::new(columns, frames);
        let mut peer = UnsafeRing::new(columns, frames);
        let (mut ours_ns, mut peer_ns) = (0_u64, 0_u64);
        times.compare(
            batch,
            || {
                for _ in 0..batch {
                    ours_ns += 1_000_000;
                    writer.push(ours_ns, black_box(&words));
                }
            },
            || {
                for _ in 0..batch {
                    peer_ns += 1_000_000;
                    peer.push::<CHECKED>(peer_ns, black_box(&bits));
                }
            },
        );
    }
    times.print(name);
}

/// Reads `count` frames at a time across a full ring.
fn reads(name: &str, columns: usize, frames: usize, count: usize, copying: Copying) {
    let words: Vec<Word> = (0..columns).map(|column| Word::count(column as u64)).collect();
    let bits: Vec<u64> = words.iter().map(|word| word.bits()).collect();
    let (mut writer, ring) = Ring::new(columns, frames);
    let mut peer = UnsafeRing::new(columns, frames);
    let mut times = Times::default();
    for frame in 0..frames as u64 * 3 / 2 {
        writer.push(frame * 1_000_000, &words);
        peer.push::<true>(frame * 1_000_000, &bits);
    }
    let mut out = Frames::of(&ring, count);
    let mut peer_out = UnsafeFrames::new(columns, count);
    let first = ring.first_frame();
    let steps = (frames / count) as u64;
    let (mut ours_step, mut peer_step) = (0, 0);
    times.compare(
        count,
        || {
            let mut cursor = Cursor::since(first + ours_step % steps * count as u64);
            ours_step += 1;
            assert_eq!(ring.read(&mut cursor, count, &mut out).frames, count);
            black_box(&out);
        },
        || {
            let from = first + peer_step % steps * count as u64;
            peer_step += 1;
            assert_eq!(peer.read(from, count, &mut peer_out, copying), 0);
            black_box((&peer_out.times, &peer_out.words));
        },
    );
    times.print(name);
}

/// What a frame took each side, measurement by measurement.
#[derive(Default)]
struct Times {
    ours_ns: Vec<f64>,
    peer_ns: Vec<f64>,
}

impl Times {
    /// Runs both sides alternately.
    fn compare(&mut self, frames: usize, mut ours: impl FnMut(), mut peer: impl FnMut()) {
        for _ in 0..ROUNDS {
            self.ours_ns.push(timed(frames, &mut ours));
            self.peer_ns.push(timed(frames, &mut peer));
        }
    }

    /// The medians, and their ratio.
    fn print(self, name: &str) {
        let (ours, peer) = (median(self.ours_ns), median(self.peer_ns));
        println!("{name:<44} {ours:>9.2} {peer:>9.2} {:>6.2}", ours / peer);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a batch has far fewer frames than 2^52")]
fn timed(frames: usize, side: &mut impl FnMut()) -> f64 {
    let begun = Instant::now();
    side();
    begun.elapsed().as_secs_f64() * 1e9 / frames as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
