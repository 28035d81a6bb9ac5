//! Medians and quantiles.

/// The middle of `values`; 0 of none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value that the share `rank` (0 to 1) of `values` does not exceed; 0 of none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a rank lies between 0 and the number of values, which is far below 2^52"
)]
#[must_use]
pub fn quantile(values: &[f64], rank: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len().saturating_sub(1) as f64 * rank).round() as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

/// The median of the ratios of pairs taken side by side.
#[must_use]
pub fn paired_ratio(ours: &[f64], peers: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(peers).map(|(ours, peer)| ours / peer).collect();
    median(&ratios)
}
