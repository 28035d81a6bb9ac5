//! The parsers of control groups beside a plain reading of the same bytes, on the groups of the machine the tests run on
//! and one made for the test where that is permitted.

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::path::Path;

    use hearth_drivers::cgroup::walk::{Bounds, walk};
    use hearth_drivers::cgroup::{cpu_stat, io_stat, memory, number, place};
    use hearth_drivers::proc::pressure;

    /// Keys and numbers, one a line, by the standard library.
    fn plain(text: &str) -> HashMap<&str, u64> {
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(key, value)| (key, value.parse().unwrap()))
            .collect()
    }

    /// `some … total=5` and the like: the last number of each line.
    fn totals(text: &str) -> Vec<u64> {
        text.lines()
            .filter_map(|line| line.rsplit_once('='))
            .map(|(_, total)| total.parse().unwrap())
            .collect()
    }

    fn compare_cpu(text: &str) {
        let (ours, theirs) = (cpu_stat::parse(text.as_bytes()).unwrap(), plain(text));
        assert_eq!(
            [ours.usage_us, ours.user_us, ours.system_us].map(Some),
            ["usage_usec", "user_usec", "system_usec"].map(|key| theirs.get(key).copied())
        );
        let held = ours.throttling.map(|held| (held.periods, held.throttled_periods, held.throttled_us));
        let keys = ["nr_periods", "nr_throttled", "throttled_usec"].map(|key| theirs.get(key).copied());
        assert_eq!(
            held,
            if let [Some(periods), Some(met), Some(us)] = keys { Some((periods, met, us)) } else { None }
        );
    }

    fn compare_keys(text: &str, keys: &[&str]) {
        let (mut keyed, theirs) = (memory::arm(text.as_bytes(), keys).unwrap(), plain(text));
        let mut values = vec![None; keyed.len()];
        keyed.read(text.as_bytes(), &mut values).unwrap();
        let ours: HashMap<&str, u64> =
            keyed.keys().map(|(key, _)| key).zip(values.iter().map(|value| value.unwrap())).collect();
        assert_eq!(ours, theirs.into_iter().filter(|(key, _)| keys.contains(key)).collect());
    }

    fn compare_io(text: &str) {
        let ours: Vec<_> = io_stat::parse(text.as_bytes()).map(|line| line.unwrap().read_bytes).collect();
        let words = text.split_whitespace().filter_map(|word| word.strip_prefix("rbytes="));
        assert_eq!(ours, words.map(|number| number.parse::<u64>().unwrap()).collect::<Vec<_>>());
    }

    /// Compares whatever of a group's files there is; the number of them.
    fn compare(directory: &Path) -> usize {
        let mut compared = 0;
        let mut each = |file: &str, compare: &dyn Fn(&str)| {
            // What is not there, and a group that goes meanwhile, is compared by others.
            if let Ok(text) = fs::read_to_string(directory.join(file)) {
                compare(&text);
                compared += 1;
            }
        };
        each(cpu_stat::FILE, &compare_cpu);
        each(memory::STAT, &|text| compare_keys(text, &memory::STAT_BYTES));
        each(memory::EVENTS, &|text| compare_keys(text, &memory::EVENT_KEYS));
        each(memory::CENSUS, &|text| compare_keys(text, &[memory::DESCENDANTS]));
        each(io_stat::FILE, &compare_io);
        for file in [number::MEMORY_CURRENT, number::MEMORY_PEAK, number::PIDS_CURRENT] {
            each(file, &|text| assert_eq!(number::parse(text.as_bytes()).ok(), text.trim().parse().ok()));
        }
        for file in ["cpu.pressure", "memory.pressure", "io.pressure"] {
            each(file, &|text| {
                let ours = pressure::parse(text.as_bytes()).unwrap();
                let ours: Vec<u64> =
                    [ours.some, ours.full].into_iter().flatten().map(|line| line.total_us).collect();
                assert_eq!(ours, totals(text));
            });
        }
        compared
    }

    #[test]
    fn the_files_of_real_groups_are_read_as_a_plain_reader_reads_them() {
        let place = match place::find(Path::new("/")) {
            Ok(place) => place,
            Err(error) => {
                eprintln!("not compared here: {error}");
                return;
            }
        };
        let made = place.directory.join(format!("hearth-compare-{}", std::process::id()));
        let is_made = fs::create_dir(&made);
        if let Err(error) = &is_made {
            eprintln!("no group of the test's own: cannot make {}: {error}", made.display());
        }
        let groups = walk(&place.directory, Bounds { depth: 8, groups: 500 }, |_| true).unwrap().groups;
        let files: usize = groups.iter().map(|group| compare(&group.directory(&place.directory))).sum();
        let of_root = compare(&place.directory);
        if is_made.is_ok() {
            let is_found = groups.iter().any(|group| group.directory(&place.directory) == made);
            fs::remove_dir(&made).unwrap();
            assert!(is_found, "a group that was made is walked to");
        }
        println!("{files} files of {} groups and {of_root} of the root compared", groups.len());
        assert!(of_root > 0);
    }
}
