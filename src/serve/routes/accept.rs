//! Which of the forms on offer a client likes best (RFC 9110, section 12.5.1).

use hyper::HeaderMap;
use hyper::header::ACCEPT;

/// Something a client may ask for, as `type/subtype`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<T> {
    /// `type/subtype`, lower case.
    pub(super) media: &'static str,
    /// What it stands for.
    pub(super) form: T,
}

/// The offer the client likes best; among equals the first. `None` if it accepts none of them.
pub(super) fn choose<T: Copy>(headers: &HeaderMap, offers: &[Offer<T>]) -> Option<T> {
    let mut ranges = Vec::new();
    for value in headers.get_all(ACCEPT) {
        // What is not text is no media range that anything could match.
        ranges.extend(value.to_str().unwrap_or("").split(',').filter_map(range));
    }
    if ranges.is_empty() {
        return offers.first().map(|offer| offer.form);
    }
    let mut best: Option<(u16, T)> = None;
    for offer in offers {
        let quality = quality_of(offer.media, &ranges);
        if quality > best.as_ref().map_or(0, |&(quality, _)| quality) {
            best = Some((quality, offer.form));
        }
    }
    best.map(|(_, form)| form)
}

/// A media range and its quality in thousandths.
type Range<'a> = (&'a str, u16);

fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().filter(|media| media.contains('/'))?;
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((media, quality.map_or(Some(1000), thousandths)?))
}

/// A quality value as RFC 9110 writes it: 0 to 1 with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

/// The quality of the most specific range that covers `media`.
fn quality_of(media: &str, ranges: &[Range<'_>]) -> u16 {
    let covering = ranges.iter().filter_map(|&(range, quality)| Some((specificity(range, media)?, quality)));
    covering.max_by_key(|&(specific, _)| specific).map_or(0, |(_, quality)| quality)
}

fn specificity(range: &str, media: &str) -> Option<u8> {
    if range.eq_ignore_ascii_case(media) {
        return Some(2);
    }
    let kind = range.strip_suffix("/*")?;
    if kind == "*" {
        return Some(0);
    }
    media.split_once('/').filter(|(of, _)| of.eq_ignore_ascii_case(kind)).map(|_| 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<u8> {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(ACCEPT, accept.parse().unwrap());
        }
        let offers = [
            Offer { media: "text/plain", form: 1 },
            Offer { media: "application/openmetrics-text", form: 2 },
        ];
        choose(&headers, &offers)
    }

    #[test]
    fn the_best_liked_offer_is_chosen_and_the_first_among_equals() {
        for (accept, form) in [
            ("", Some(1)),
            ("*/*", Some(1)),
            ("text/*", Some(1)),
            ("application/openmetrics-text", Some(2)),
            (
                "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Some(2),
            ),
            ("text/plain;q=0.2, application/openmetrics-text;q=0.1", Some(1)),
            ("text/plain;q=0, */*;q=0.1", Some(2)),
            ("image/png", None),
            ("text/plain;q=0", None),
            ("nonsense", Some(1)),
            ("text/plain;q=7", Some(1)),
        ] {
            assert_eq!(chosen(accept), form, "{accept}");
        }
    }
}
