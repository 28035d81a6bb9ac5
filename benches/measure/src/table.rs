//! A table of figures, limits and verdicts.

/// Prints rows as they come.
#[derive(Debug)]
pub struct Table;

impl Table {
    /// Prints the head. `peer` is what the figures are compared with.
    #[must_use]
    pub fn begin(title: &str, peer: &str) -> Self {
        println!("\n{title}");
        println!("{:<42} {:>12} {:>12} {:>8} {:>9}  verdict", "figure", "hearth", peer, "ratio", "limit");
        Self
    }

    /// A figure of both sides and their ratio, which is to be at most `limit`.
    pub fn ratio(&mut self, figure: &str, hearth: f64, peer: f64, ratio: f64, limit: f64) {
        let limit_text = if limit < 0.1 { format!("1/{:.0}", 1.0 / limit) } else { format!("{limit:.2}x") };
        let ratio_text = if ratio < 0.1 { format!("1/{:.0}", 1.0 / ratio) } else { format!("{ratio:.2}x") };
        let (hearth, peer) = (number(hearth), number(peer));
        let verdict = verdict(ratio <= limit);
        println!("{figure:<42} {hearth:>12} {peer:>12} {ratio_text:>8} {limit_text:>9}  {verdict}");
    }

    /// A figure that is to be at most `limit`; what the peer has is shown beside it.
    pub fn at_most(&mut self, figure: &str, hearth: f64, peer: Option<f64>, limit: f64) {
        let peer = peer.map_or_else(|| "-".to_owned(), number);
        let (hearth_text, limit_text, verdict) = (number(hearth), number(limit), verdict(hearth <= limit));
        println!("{figure:<42} {hearth_text:>12} {peer:>12} {:>8} {limit_text:>9}  {verdict}", "-");
    }

    /// A figure without a limit.
    pub fn shown(&mut self, figure: &str, hearth: f64, peer: Option<f64>) {
        let peer = peer.map_or_else(|| "-".to_owned(), number);
        println!("{figure:<42} {:>12} {peer:>12} {:>8} {:>9}", number(hearth), "-", "-");
    }
}

fn verdict(kept: bool) -> &'static str {
    if kept { "kept" } else { "MISSED" }
}

/// Three significant digits or more, and no more decimals than they need.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}
