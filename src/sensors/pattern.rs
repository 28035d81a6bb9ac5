//! Names with a `*` in them, as the configuration lists what is to be left out.

/// Whether any of `patterns` matches all of `name`; `*` stands for any bytes, none included.
pub(super) fn any_matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
}

/// Each `*` but the last needs only its first fit, so one step back is remembered and the work is at most quadratic.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, n));
            p += 1;
        } else if pattern.get(p) == name.get(n) {
            p += 1;
            n += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            n = from + 1;
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or(&[]).iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::any_matches;

    #[test]
    fn a_star_stands_for_anything_and_all_else_for_itself() {
        for (pattern, name, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("loop*", "loop7", true),
            ("loop*", "xloop7", false),
            ("sd*1", "sda1", true),
            ("sd*1", "sda11", true),
            ("sd*1", "sda12", false),
            ("/run/*/x*", "/run/a/b/xy", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "acb", false),
            ("exact", "exactly", false),
        ] {
            assert_eq!(any_matches(&[pattern.to_owned()], name), fits, "{pattern} {name}");
        }
    }
}
