//! Lines that come through a pipe, each waited for no longer than is said.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Bytes of a line at most: the longest path, and the few words before it.
const LINE_BYTES_MAX: usize = 8192;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A whole line, without its end.
    Line(String),
    /// Nothing in time.
    Silence,
    /// The other end is closed.
    End,
}

/// The pipe and what was read of a line that is not whole yet.
pub(super) struct Lines {
    pipe: PipeReader,
    held: Vec<u8>,
}

impl Lines {
    /// Nothing is read yet.
    pub(super) const fn of(pipe: PipeReader) -> Self {
        Self { pipe, held: Vec::new() }
    }

    /// The next line; `None` waits as long as it takes. What was there before the call is heard, however short the
    /// patience.
    ///
    /// # Errors
    /// What the kernel said; [`io::ErrorKind::InvalidData`] for what is no line of text.
    pub(super) fn next(&mut self, patience: Option<Duration>) -> io::Result<Heard> {
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).take(end).collect();
                let line = String::from_utf8(line).map_err(|error| invalid(&error.to_string()))?;
                return Ok(Heard::Line(line));
            }
            if self.held.len() > LINE_BYTES_MAX {
                return Err(invalid("a line without an end"));
            }
            match self.wait(patience) {
                Ok(0) => return Ok(Heard::Silence),
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            }
            let mut room = [0; 512];
            match self.pipe.read(&mut room) {
                Ok(0) => return Ok(Heard::End),
                Ok(bytes) => self.held.extend_from_slice(room.get(..bytes).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn wait(&self, patience: Option<Duration>) -> Result<i32, Errno> {
        // Rounded up: who waits for a moment is not woken before it.
        let whole_ms = |time: Duration| time.as_nanos().div_ceil(1_000_000);
        let limit = patience.map_or(PollTimeout::NONE, |time| {
            PollTimeout::try_from(whole_ms(time)).unwrap_or(PollTimeout::MAX)
        });
        poll(&mut [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)], limit)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn lines_come_whole_however_they_were_written_and_silence_and_the_end_are_told_apart() {
        let (read, mut write) = io::pipe().unwrap();
        let mut lines = Lines::of(read);
        let now = Some(Duration::ZERO);
        assert_eq!(lines.next(now).unwrap(), Heard::Silence);
        write.write_all(b"one\ntw").unwrap();
        assert_eq!(lines.next(now).unwrap(), Heard::Line("one".to_owned()));
        assert_eq!(lines.next(now).unwrap(), Heard::Silence, "half a line is none");
        write.write_all(b"o\n\nthr").unwrap();
        assert_eq!(lines.next(None).unwrap(), Heard::Line("two".to_owned()));
        assert_eq!(lines.next(None).unwrap(), Heard::Line(String::new()));
        drop(write);
        assert_eq!(lines.next(None).unwrap(), Heard::End);
    }

    #[test]
    fn what_is_no_line_of_text_is_refused() {
        for text in [b"\xff\xfe\n".to_vec(), vec![b'x'; 2 * LINE_BYTES_MAX]] {
            let (read, mut write) = io::pipe().unwrap();
            write.write_all(&text).unwrap();
            let error = Lines::of(read).next(None).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
