//! The real program on boards with chips, thermal zones, supplies and control groups: what it says of them is what their
//! files say, whatever one of them does, holds or is called.
//!
//! Where the board cannot be mounted (no `/dev/fuse`, no privilege) each test says so and has nothing to show.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what failed by stopping"
)]

mod devices_e2e {
    mod arming;
    mod chips;
    mod ending;
    #[path = "../daemon/exposition.rs"]
    #[expect(dead_code, reason = "labels and types are asked for by other tests")]
    pub(crate) mod exposition;
    mod groups;
    mod hostile;
    mod life;
    mod listing;
    #[path = "../encode/outside.rs"]
    pub(crate) mod outside;
    #[path = "../hot_path/program.rs"]
    pub(crate) mod program;
    #[path = "../board_e2e/reader.rs"]
    pub(crate) mod reader;
    #[path = "../board_e2e/stage.rs"]
    #[expect(dead_code, reason = "what other tests need besides")]
    pub(crate) mod stage;
}

use devices_e2e::outside;
use devices_e2e::stage::Stage;
use hearth_board::Board;
use serde_json::Value;

fn set(board: Board) -> Option<Stage> {
    Stage::set(board, &["--rate-hz", "100"])
}

/// Ticks on until a series has this value.
fn demand(stage: &Stage, family: &str, labels: &str, wanted: &str) {
    stage.until(&format!("{family}{labels} {wanted}"), |stage| {
        stage.said(family, labels) == Some(Ok(wanted.to_owned()))
    });
}

/// Every series of a family in a snapshot: its labels and its value, as it is written.
fn series(snapshot: &Value, family: &str) -> Vec<(Value, String)> {
    let families = snapshot["families"].as_array().expect("families");
    let of_family = families.iter().filter(|found| found["name"] == family);
    let series = of_family.flat_map(|found| found["series"].as_array().expect("series"));
    series.map(|one| (one["labels"].clone(), one["value"].to_string())).collect()
}

fn snapshot(stage: &Stage) -> Value {
    serde_json::from_str(&stage.get("/v1/snapshot")).expect("JSON")
}
