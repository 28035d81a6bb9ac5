//! A server of UPS that says the same at every question.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

const ANSWER: &str = "BEGIN LIST VAR ups\nVAR ups ups.status \"OL\"\nVAR ups battery.charge \"97\"\n\
                      VAR ups ups.load \"20\"\nVAR ups ups.realpower.nominal \"500\"\nEND LIST VAR ups\n";

/// Starts it; `ups@host:port` as a configuration names it.
pub(crate) fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = BufReader::new(stream);
            let asked = stream.read_line(&mut String::new());
            // Who asked may be gone by now, which is no fault of this server.
            if let Err(error) = asked.and_then(|_| stream.get_mut().write_all(ANSWER.as_bytes())) {
                eprintln!("the UPS was not asked to the end: {error}");
            }
        }
    });
    format!("ups@127.0.0.1:{port}")
}
