//! The `hearth` program: arguments in, words and an exit code out.

use std::io::{self, Write};
use std::process::ExitCode;

use hearth::daemon::Surroundings;

fn main() -> ExitCode {
    let surroundings = Surroundings {
        notify_socket: std::env::var_os("NOTIFY_SOCKET"),
        watchdog_usec: std::env::var_os("WATCHDOG_USEC"),
        watchdog_pid: std::env::var_os("WATCHDOG_PID"),
        phase_fd: std::env::var_os(hearth::profile::phases::VARIABLE),
    };
    match hearth::cli::main(std::env::args_os(), &surroundings, &mut io::stdout()) {
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
