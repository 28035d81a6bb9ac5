//! What the program says of one series, found in its JSON.

/// A value as it is written, or the name of the reason why there is none.
pub(crate) type Said = Result<String, String>;

/// The series of `family` with exactly these labels, `{"cpu":"0"}` as in the document; `None` if there is none.
pub(crate) fn said(snapshot: &str, family: &str, labels: &str) -> Option<Said> {
    let begin = snapshot.find(&format!(r#"{{"name":"{family}","#))?;
    let family = snapshot[begin + 1..].split(r#"{"name":""#).next()?;
    let (_, series) = family.split_once(&format!(r#""labels":{labels},"value":"#))?;
    let series = series.split('}').next()?;
    Some(match series.split_once(r#","reason":""#) {
        None => Ok(series.to_owned()),
        Some((_null, reason)) => Err(reason.trim_end_matches('"').to_owned()),
    })
}

#[test]
fn values_and_reasons_are_found_by_family_and_labels() {
    let text = r#"{"families":[{"name":"a","type":"gauge","series":[{"index":0,"labels":{},"value":1.5}]},
        {"name":"ab","series":[{"index":1,"labels":{"x":"1"},"value":null,"reason":"io_error"}]}]}"#;
    assert_eq!(said(text, "a", "{}"), Some(Ok("1.5".to_owned())));
    assert_eq!(said(text, "ab", r#"{"x":"1"}"#), Some(Err("io_error".to_owned())));
    assert_eq!(said(text, "a", r#"{"x":"1"}"#), None);
    assert_eq!(said(text, "b", "{}"), None);
}
