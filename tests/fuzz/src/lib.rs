//! What the fuzz targets share: the table of parsers and its checks, taken from the drivers' own tests.

#[path = "../../../drivers/tests/parsers/mod.rs"]
mod parsers;

#[doc(hidden)]
pub use libfuzzer_sys::fuzz_target;

/// Runs the parser called `name` over `text` and aborts where a value is made up.
pub fn parse(name: &str, text: &[u8]) {
    let parser = parsers::PARSERS.iter().find(|parser| parser.name == name);
    parsers::check(parser.expect("the target is named after a row of the table"), text);
}

/// Runs the parser called `name`, which sums or reads no lines, over `input` and aborts where it breaks its rules.
pub fn check(name: &str, input: &[u8]) {
    let whole = parsers::network::WHOLES.iter().find(|whole| whole.name == name);
    (whole.expect("the target is named after a row of the table").check)(input);
}

/// Arms on what precedes the first NUL byte of `texts`, reads what follows, and aborts where a key has the
/// value of another.
pub fn remember(texts: &[u8], separator: u8) {
    let (armed_on, text) = match texts.iter().position(|byte| *byte == 0) {
        Some(nul) => (&texts[..nul], &texts[nul + 1..]),
        None => (texts, texts),
    };
    parsers::check_memory(armed_on, text, separator);
}
