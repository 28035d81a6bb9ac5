//! Arguments of `hearth sensors`.

use std::path::PathBuf;

use clap::Args;

use crate::config::Source;

/// Arguments of `hearth sensors`: what this machine has, and what is absent and why.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct SensorsArgs {
    /// The configuration [default: /etc/hearth/hearth.toml, which may be missing]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Look below this directory instead of the running system's root
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
}

impl SensorsArgs {
    /// The file the configuration comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::new(self.config.as_deref())
    }
}
