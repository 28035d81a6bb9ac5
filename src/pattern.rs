//! Patterns of names, as the configuration and the command line have them.
//!
//! `*` stands for any run of characters (slashes too, and none at all), `?` for one character, `#` for a run of at
//! least one decimal digit; everything else stands for itself. A pattern covers the whole name.

/// Whether any of `patterns` covers `name`.
#[must_use]
pub fn any_matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

/// Whether `pattern` covers `name`.
///
/// Each `*` but the last needs only its first fit, so one place to go back to is remembered and the work is at most
/// `pattern.len() * name.len()` steps. A `#` takes every digit there is and gives none back.
fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // Where to go on after the last `*`: the pattern behind it, and the name with one more character given to it.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            retry = Some((rest, name));
            pattern = rest;
            continue;
        }
        if pattern.is_empty() && name.is_empty() {
            return true;
        }
        if let Some(rest) = step(pattern, name) {
            (pattern, name) = rest;
            continue;
        }
        let Some((after, from)) = retry else { return false };
        let mut longer = from.chars();
        if longer.next().is_none() {
            return false;
        }
        retry = Some((after, longer.as_str()));
        (pattern, name) = (after, longer.as_str());
    }
}

/// What is left of pattern and name once the pattern's first character (not `*`) has taken its share.
fn step<'a>(pattern: &'a str, name: &'a str) -> Option<(&'a str, &'a str)> {
    let mut wanted = pattern.chars();
    let mut found = name.chars();
    match (wanted.next()?, found.next()?) {
        ('#', digit) if digit.is_ascii_digit() => {
            Some((wanted.as_str(), found.as_str().trim_start_matches(|c: char| c.is_ascii_digit())))
        }
        ('#', _) => None,
        ('?', _) => Some((wanted.as_str(), found.as_str())),
        (one, other) => (one == other).then_some((wanted.as_str(), found.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::{any_matches, matches};
    use crate::config::Sensors;

    #[test]
    fn a_pattern_covers_the_whole_name() {
        for (pattern, name, want) in [
            ("", "", true),
            ("", "a", false),
            ("sda", "sda", true),
            ("sda", "sda1", false),
            ("*", "", true),
            ("*", "anything/at all", true),
            ("/dev/*", "/dev/", true),
            ("/dev/*", "/dev", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("*ab", "aab", true),
            ("?", "", false),
            ("?", "é", true),
            ("#", "", false),
            ("#", "2026", true),
            ("nvme#n#p#", "nvme10n1p12", true),
            ("nvme#n#p#", "nvme0n1", false),
            ("*#", "veth3", true),
            ("*#", "veth", false),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern:?} on {name:?}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_gives_up_in_time_linear_in_each() {
        assert!(!matches(&"a*".repeat(64), &"b".repeat(4096)));
        assert!(!matches(&format!("{}c", "*a".repeat(64)), &"a".repeat(4096)));
    }

    #[test]
    fn the_default_disks_left_out_are_partitions_and_memory() {
        let patterns = Sensors::default().ignored_disks;
        let ignored = |name: &str| any_matches(&patterns, name);
        for name in ["ram0", "zram1", "loop12", "fd0", "hda1", "sda1", "sdz15", "vdb2", "xvda1", "nvme0n1p2"]
        {
            assert!(ignored(name), "{name}");
        }
        for name in ["sda", "sdaa1", "nvme0n1", "dm-0", "md127", "mmcblk0", "sr0", "vda", "loop"] {
            assert!(!ignored(name), "{name}");
        }
    }

    #[test]
    fn the_default_mounts_left_out_are_views_and_containers() {
        let patterns = Sensors::default().ignored_mounts;
        let ignored = |name: &str| any_matches(&patterns, name);
        for name in ["/dev", "/dev/shm", "/proc/sys/fs/binfmt_misc", "/sys", "/run/credentials/a.service"] {
            assert!(ignored(name), "{name}");
        }
        for name in ["/", "/development", "/run", "/var/lib/docker", "/home", "/run/credentials"] {
            assert!(!ignored(name), "{name}");
        }
    }
}
