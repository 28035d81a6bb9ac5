//! What a file says: fixed bytes, a function of board time and pass, or a script of steps.

use nix::errno::Errno;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The moment a file is read at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Board time since the board was made.
    pub elapsed: Duration,
    /// Which pass over the file this is, from 1.
    pub pass: u64,
}

type Render = dyn Fn(At) -> Vec<u8> + Send + Sync;

/// The value of the register at an address.
pub(crate) type Registers = dyn Fn(At, u64) -> Result<u64, Errno> + Send + Sync;

/// Where the bytes of one pass come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// The same bytes at every pass.
    Bytes(Arc<[u8]>),
    /// Bytes computed for the pass; called without any lock held.
    Function(Arc<Render>),
    /// Each read is a question for the register at its offset; called without any lock held.
    Registers(Arc<Registers>),
    /// The pass fails.
    Error(Errno),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(&bytes.len()).finish(),
            Self::Function(_) => f.write_str("Function"),
            Self::Registers(_) => f.write_str("Registers"),
            Self::Error(errno) => f.debug_tuple("Error").field(errno).finish(),
        }
    }
}

/// How long a step of a script lasts.
#[derive(Debug, Clone, Copy)]
enum Lasts {
    Passes(u64),
    Until(Duration),
}

/// One step of a script: what is answered, and for how long. The last step of a script stays for good.
#[derive(Debug, Clone)]
pub struct Step {
    source: Source,
    lasts: Lasts,
}

impl Step {
    /// Answers these bytes for one pass.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { source: Source::Bytes(bytes.into().into()), lasts: Lasts::Passes(1) }
    }

    /// Answers what the function says, for one pass.
    #[must_use]
    pub fn function(render: impl Fn(At) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self { source: Source::Function(Arc::new(render)), lasts: Lasts::Passes(1) }
    }

    /// Fails with this error for one pass.
    #[must_use]
    pub fn error(errno: Errno) -> Self {
        Self { source: Source::Error(errno), lasts: Lasts::Passes(1) }
    }

    /// Makes the step last this many passes. Zero skips the step unless it is the last one.
    #[must_use]
    pub fn times(mut self, passes: u64) -> Self {
        self.lasts = Lasts::Passes(passes);
        self
    }

    /// Makes the step last until this board time, counted from the making of the board.
    #[must_use]
    pub fn until(mut self, elapsed: Duration) -> Self {
        self.lasts = Lasts::Until(elapsed);
        self
    }
}

#[derive(Debug, Clone)]
enum Kind {
    Plain(Source),
    Script { steps: Arc<[Step]>, step: usize, passes_in_step: u64 },
}

/// The content of a file.
#[derive(Debug, Clone)]
pub struct Content(Kind);

impl Content {
    /// Fixed bytes.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Kind::Plain(Source::Bytes(bytes.into().into())))
    }

    /// Fixed text. Kernel files end in a newline; none is added here.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::bytes(text)
    }

    /// Bytes computed at each pass from board time and the number of the pass. The function runs on the
    /// thread that serves the board: it must not read from the mounted tree. If it panics, the read fails
    /// with `EIO` and the panic's message stands on stderr.
    #[must_use]
    pub fn function(render: impl Fn(At) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Kind::Plain(Source::Function(Arc::new(render))))
    }

    /// A device of 64-bit registers, as `/dev/cpu/N/msr`: a read of 8 bytes at offset A answers the register at
    /// address A in the machine's byte order. As in `arch/x86/kernel/msr.c`, a longer read repeats the
    /// register, a length that is no multiple of 8 is `EINVAL`, and a register that the processor does not
    /// have is whatever error `read` says (`EIO`). Every read counts as a pass.
    #[must_use]
    pub fn registers(read: impl Fn(At, u64) -> Result<u64, Errno> + Send + Sync + 'static) -> Self {
        Self(Kind::Plain(Source::Registers(Arc::new(read))))
    }

    /// Every read fails with this error, as a normal state of the file (an interface without a link answers
    /// `EINVAL` for its speed).
    #[must_use]
    pub fn error(errno: Errno) -> Self {
        Self(Kind::Plain(Source::Error(errno)))
    }

    /// A script: each pass takes the current step's answer; the last step stays. No steps: an empty file.
    #[must_use]
    pub fn script(steps: impl IntoIterator<Item = Step>) -> Self {
        Self(Kind::Script { steps: steps.into_iter().collect(), step: 0, passes_in_step: 0 })
    }

    /// The source of the pass that begins now. Moves a script on.
    pub(crate) fn begin_pass(&mut self, elapsed: Duration) -> Source {
        let (steps, step, passes_in_step) = match &mut self.0 {
            Kind::Plain(source) => return source.clone(),
            Kind::Script { steps, step, passes_in_step } => (steps, step, passes_in_step),
        };
        while let Some(current) = steps.get(*step)
            && *step + 1 < steps.len()
        {
            let over = match current.lasts {
                Lasts::Passes(passes) => *passes_in_step >= passes,
                Lasts::Until(until) => elapsed >= until,
            };
            if !over {
                break;
            }
            *step += 1;
            *passes_in_step = 0;
        }
        *passes_in_step += 1;
        steps.get(*step).map_or_else(|| Source::Bytes(Arc::from([])), |current| current.source.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(content: &mut Content, seconds: u64) -> Result<Vec<u8>, Errno> {
        match content.begin_pass(Duration::from_secs(seconds)) {
            Source::Bytes(bytes) => Ok(bytes.to_vec()),
            Source::Function(render) => Ok(render(At { elapsed: Duration::from_secs(seconds), pass: 1 })),
            Source::Registers(read) => read(At { elapsed: Duration::from_secs(seconds), pass: 1 }, 0)
                .map(|value| value.to_ne_bytes().to_vec()),
            Source::Error(errno) => Err(errno),
        }
    }

    #[test]
    fn a_script_moves_on_by_passes_and_by_time_and_stays_at_its_last_step() {
        let mut content = Content::script([
            Step::bytes("a").times(2),
            Step::bytes("never").times(0),
            Step::error(Errno::EIO),
            Step::bytes("b").until(Duration::from_secs(10)),
            Step::bytes("c"),
        ]);
        assert_eq!(said(&mut content, 0), Ok(b"a".to_vec()));
        assert_eq!(said(&mut content, 0), Ok(b"a".to_vec()));
        assert_eq!(said(&mut content, 0), Err(Errno::EIO));
        assert_eq!(said(&mut content, 9), Ok(b"b".to_vec()));
        assert_eq!(said(&mut content, 9), Ok(b"b".to_vec()));
        assert_eq!(said(&mut content, 10), Ok(b"c".to_vec()));
        assert_eq!(said(&mut content, 10), Ok(b"c".to_vec()));
    }

    #[test]
    fn a_script_without_steps_is_an_empty_file() {
        assert_eq!(said(&mut Content::script([]), 0), Ok(Vec::new()));
    }
}
