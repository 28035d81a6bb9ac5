//! The row of the table for what counters give.

use hearth_drivers::perf::layout::{Group, Members, parse_group, parse_single};

/// Events that there is room for.
const ROOM: usize = 8;

/// Parses as each layout, and asserts that what is understood says all of the bytes and nothing else.
pub(super) fn check_perf_layout(bytes: &[u8]) -> bool {
    let single = parse_single(bytes);
    if let Ok(single) = single {
        assert_eq!(words(&[single.value, single.times.enabled_ns, single.times.running_ns]), bytes);
    }
    let groups = [Members::WithId, Members::WithIdAndLost].map(|members| {
        let group = parse_group::<ROOM>(bytes, members);
        if let Ok(group) = &group {
            assert_eq!(written(group), bytes, "{group:?}");
        }
        group.is_ok()
    });
    single.is_ok() || groups.contains(&true)
}

/// A group as the kernel writes it.
fn written(group: &Group<ROOM>) -> Vec<u8> {
    let mut all = vec![group.members().len() as u64, group.times.enabled_ns, group.times.running_ns];
    for member in group.members() {
        all.extend([member.value, member.id].into_iter().chain(member.lost));
    }
    words(&all)
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}
