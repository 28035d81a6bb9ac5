//! What a thread asks of the kernel, counted by strace.

use std::process::{Command, Stdio};

/// System calls that thread `tid` makes from one sleep to the next, its sleep included, over some two seconds in which
/// it is slowed by being watched.
///
/// # Errors
/// In words, why they were not counted.
pub fn a_tick(tid: i32) -> Result<f64, String> {
    let watched = Command::new("timeout")
        .args(["--signal=INT", "2", "strace", "-c", "-U", "calls,name", "-p", &tid.to_string()])
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("timeout does not start: {error}"))?;
    let table = String::from_utf8_lossy(&watched.stderr);
    let calls = |wanted: &str| {
        let line = table.lines().find(|line| line.split_whitespace().last() == Some(wanted))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    match (calls("total"), calls("clock_nanosleep")) {
        (Some(all), Some(sleeps)) if sleeps > 0.0 => Ok(all / sleeps),
        _ => Err(format!("strace says: {}", table.lines().next().unwrap_or("nothing"))),
    }
}
