//! Arguments of `hearth schema`.

use clap::Args;

/// Arguments of `hearth schema`: every metric there is, with unit, kind, labels and help.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct SchemaArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}
