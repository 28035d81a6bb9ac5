//! The client of upsd against servers of the test's own, on the loopback: sound, refusing, lying, silent, gone.

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread::{self, JoinHandle};

    use hearth_drivers::nut::{NutError, Refusal, Upsd};

    const SOUND: &str = "BEGIN LIST VAR ups\nVAR ups battery.charge \"87\"\nVAR ups ups.status \"OB LB\"\n\
                         END LIST VAR ups\n";

    /// A server that plays its part on each connection in turn, and then is gone.
    fn server(parts: Vec<fn(BufReader<TcpStream>)>) -> (Upsd, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            for part in parts {
                part(BufReader::new(listener.accept().unwrap().0));
            }
        });
        (Upsd::new("ups", "127.0.0.1", port), thread)
    }

    fn hears_question(stream: &mut BufReader<TcpStream>) -> bool {
        let mut question = String::new();
        let length = stream.read_line(&mut question).unwrap();
        assert!(length == 0 || question == "LIST VAR ups\n", "{question:?}");
        length > 0
    }

    fn says(mut stream: BufReader<TcpStream>, text: &[u8]) {
        if hears_question(&mut stream) {
            // Who had enough closes, and the rest is not wanted.
            drop(stream.get_mut().write_all(text));
        }
        // The other side closes first, so that nothing said is lost by a reset.
        drop(stream.read_line(&mut String::new()));
    }

    fn sound_for_ever(mut stream: BufReader<TcpStream>) {
        while hears_question(&mut stream) {
            stream.get_mut().write_all(SOUND.as_bytes()).unwrap();
        }
    }

    fn sound_once(mut stream: BufReader<TcpStream>) {
        assert!(hears_question(&mut stream));
        stream.get_mut().write_all(SOUND.as_bytes()).unwrap();
    }

    #[test]
    fn a_connection_is_kept_and_made_anew_when_it_was_closed() {
        let (mut upsd, server) = server(vec![sound_once, sound_for_ever]);
        for _ in 0..4 {
            let reading = upsd.ask().unwrap();
            assert_eq!(reading.number("battery.charge"), Some(87_000));
            assert_eq!(reading.flags.map(|flags| flags[..3].to_vec()), Some(vec![false, true, true]));
        }
        drop(upsd);
        server.join().unwrap();
    }

    #[test]
    fn refusals_garbage_and_endless_answers_are_errors_and_the_next_question_is_answered() {
        let (mut upsd, server) = server(vec![
            |stream| says(stream, b"ERR UNKNOWN-UPS\n"),
            |stream| says(stream, b"220 mail.example.org ESMTP\n"),
            |stream| says(stream, &[b'x'; 5000]),
            |stream| says(stream, b"BEGIN LIST VAR ups\nVAR ups a \"\xff\xfe\x00\"\nEND LIST VAR ups\njunk"),
            |stream| {
                let endless = "BEGIN LIST VAR ups\n".to_owned() + &"VAR ups a \"b\"\n".repeat(10_000);
                says(stream, endless.as_bytes());
            },
            sound_for_ever,
        ]);
        for error in [
            NutError::Refused(Refusal::UnknownUps),
            NutError::Malformed,
            NutError::TooLong,
            NutError::Malformed,
            NutError::TooLong,
        ] {
            assert_eq!(upsd.ask(), Err(error));
        }
        assert!(upsd.ask().is_ok());
        drop(upsd);
        server.join().unwrap();
    }

    #[test]
    fn a_server_that_hangs_up_or_falls_silent_is_not_waited_for() {
        let (mut upsd, server) = server(vec![
            |mut stream| assert!(hears_question(&mut stream)),
            // Silent until the client has had enough and closes.
            |stream| says(stream, b"BEGIN LIST VAR ups\n"),
        ]);
        assert!(matches!(upsd.ask(), Err(NutError::Closed | NutError::Connection(_))));
        assert_eq!(upsd.ask(), Err(NutError::Late));
        server.join().unwrap();
        assert!(matches!(upsd.ask(), Err(NutError::Connection(_))), "nobody listens any more");
    }
}
