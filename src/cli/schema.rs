//! `hearth schema`: every metric there is.

use std::io::Write;

use clap::Args;
use hearth_model::catalogue;

use super::Failure;
use crate::schema_doc;

/// Arguments of `hearth schema`: every metric there is, with unit, kind, labels and help.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct SchemaArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Prints the catalogue, as a Markdown table or as JSON.
///
/// # Errors
/// When nobody takes the answer.
pub(super) fn schema(args: &SchemaArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let answer = if args.json {
        let mut json = Vec::new();
        schema_doc::json(catalogue::all(), &mut json);
        json.push(b'\n');
        json
    } else {
        let mut table = String::new();
        schema_doc::markdown(catalogue::all(), &mut table);
        table.into_bytes()
    };
    Failure::unless_written(out.write_all(&answer))
}
