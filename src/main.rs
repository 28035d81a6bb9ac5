//! The `hearth` program: arguments in, words and an exit code out.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match hearth::cli::main(std::env::args_os(), &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = ExitCode::from(failure.exit_code());
            match writeln!(io::stderr(), "{failure}") {
                // Where nobody hears the words, the code still says it.
                Ok(()) | Err(_) => code,
            }
        }
    }
}
