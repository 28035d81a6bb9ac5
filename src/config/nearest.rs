//! What somebody may have meant by a word that is not known.

/// The known word closest to `wrong`, if it is close enough to be worth asking about: at most a third of the
/// letters changed. The first of several equally close ones wins.
pub(super) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.chars().flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .map(|word| (distance(&wrong, &word.chars().collect::<Vec<_>>()), word))
        .filter(|(distance, word)| *distance * 3 <= wrong.len().max(word.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Edits that turn `from` into `to`, where an edit adds, drops or replaces a letter or swaps two neighbours
/// (optimal string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let width = to.len() + 1;
    let mut rows = [vec![0; width], vec![0; width], (0..width).collect::<Vec<_>>()];
    for (i, a) in from.iter().enumerate() {
        rows.rotate_left(1);
        let [before, above, row] = &mut rows;
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = above[j] + usize::from(a != b);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        if i + 1 == from.len() {
            return row[to.len()];
        }
    }
    to.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(from: &str, to: &str) -> usize {
        distance(&from.chars().collect::<Vec<_>>(), &to.chars().collect::<Vec<_>>())
    }

    #[test]
    fn edits_are_counted() {
        for (from, to, want) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
            ("seconds", "second", 1),
        ] {
            assert_eq!(edits(from, to), want, "{from} -> {to}");
        }
    }

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let known = ["idle_rate_hz", "max_rate_hz", "cpu"];
        assert_eq!(nearest("idel_rate_hz", known), Some("idle_rate_hz"));
        assert_eq!(nearest("idle_rate", known), Some("idle_rate_hz"));
        assert_eq!(nearest("Max_Rate_Hz", known), Some("max_rate_hz"));
        assert_eq!(nearest("cpus", known), Some("cpu"));
        assert_eq!(nearest("temperature", known), None);
        assert_eq!(nearest("", known), None);
    }
}
