//! How runs are made, as the owner wants it.

use std::path::PathBuf;
use std::time::Duration;

use hearth_drivers::perf::event::Event;

use super::plan::{CommandText, Order, Runs};

/// What starts a command's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shell {
    /// Nobody: the line is split into words, and the first is the program.
    None,
    /// The shell only for lines that need one.
    Auto,
    /// This program with these words, then `-c` and the line.
    With(Vec<String>),
}

/// Where a program's output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `/dev/null`, as a program may notice.
    Null,
    /// Through a pipe, and away.
    Pipe,
    /// Where ours goes.
    Inherit,
    /// Into a file, anew at each run.
    File(PathBuf),
}

/// How runs are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where the processor's counters are looked for; `/` but for tests.
    pub root: PathBuf,
    /// How often.
    pub runs: Runs,
    /// In which order.
    pub order: Order,
    /// Where orders and draws come from.
    pub seed: u64,
    /// How often energy is sampled during a run, in Hz.
    pub rate_hz: u32,
    /// How long idleness is measured before, between and after; none if it is not.
    pub idle: Option<Duration>,
    /// Events to count.
    pub counters: Vec<Event>,
    /// Whether programs may fail.
    pub ignores_failure: bool,
    /// What starts a line.
    pub shell: Shell,
    /// Where output goes.
    pub output: Output,
    /// Where input comes from; `/dev/null` if not said.
    pub input: Option<PathBuf>,
    /// The CPU that programs are kept on.
    pub pin: Option<usize>,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// Whether programs may mark phases.
    pub phases: bool,
    /// Watts of the whole processor under full load, to estimate energy by where there is no counter.
    pub estimate_tdp_w: Option<f64>,
}

/// Why a command cannot be run as it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Quotes that do not close.
    #[error("a quote in {line:?} is not closed")]
    Quote {
        /// The command.
        line: String,
    },
    /// Only a shell could understand it.
    #[error(
        "{line:?} needs a shell, because of {letter:?}; leave -N away, or write the program and its words"
    )]
    NeedsShell {
        /// The command.
        line: String,
        /// What only a shell understands.
        letter: char,
    },
    /// Nothing to run.
    #[error("a command is empty: give a program to run")]
    Empty,
}

/// Letters that mean something to a shell and nothing to a program.
const SHELLS: &str = "|&;<>()$`\\*?[]#~=%!{}\n";

impl Shell {
    /// The words of the program that `command` makes, at least one; also whether it is a shell.
    ///
    /// # Errors
    /// A line that cannot be split, or that needs the shell it is not given.
    pub fn words(&self, command: &CommandText) -> Result<(Vec<String>, bool), CommandError> {
        let line = match (command, self) {
            (CommandText::Words(words), _) if words.is_empty() => return Err(CommandError::Empty),
            (CommandText::Words(words), Self::None | Self::Auto) => return Ok((words.clone(), false)),
            (CommandText::Line(line), Self::None) => return Ok((split(line)?, false)),
            (CommandText::Line(line), Self::Auto) if !line.contains(|letter| SHELLS.contains(letter)) => {
                return Ok((split(line)?, false));
            }
            (command, _) => command.line(),
        };
        let shell = match self {
            Self::With(words) if !words.is_empty() => words.clone(),
            Self::With(_) | Self::None | Self::Auto => vec!["sh".to_owned()],
        };
        Ok((shell.into_iter().chain(["-c".to_owned(), line]).collect(), true))
    }
}

/// A line's words, as a shell would split it, with quotes and backslashes; what else only a shell knows is refused.
fn split(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    let unclosed = || CommandError::Quote { line: line.to_owned() };
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next().ok_or_else(unclosed)? {
                        '\'' => break,
                        letter => word.push(letter),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next().ok_or_else(unclosed)? {
                        '"' => break,
                        '\\' => word.push(letters.next().ok_or_else(unclosed)?),
                        letter => word.push(letter),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next().ok_or_else(unclosed)?),
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '\n' => {
                return Err(CommandError::NeedsShell { line: line.to_owned(), letter });
            }
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    if words.is_empty() { Err(CommandError::Empty) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(shell: &Shell, line: &str) -> Vec<String> {
        shell.words(&CommandText::Line(line.to_owned())).unwrap().0
    }

    #[test]
    fn a_plain_line_needs_no_shell_and_another_gets_one() {
        assert_eq!(words(&Shell::Auto, "sleep 0.1"), ["sleep", "0.1"]);
        assert_eq!(words(&Shell::Auto, "echo 'a  b' \"c d\"e ''"), ["echo", "a  b", "c de", ""]);
        assert_eq!(words(&Shell::Auto, "a | b"), ["sh", "-c", "a | b"]);
        assert_eq!(words(&Shell::None, "echo *"), ["echo", "*"]);
        assert_eq!(
            words(&Shell::With(vec!["bash".to_owned(), "--norc".to_owned()]), "a"),
            ["bash", "--norc", "-c", "a"]
        );
    }

    #[test]
    fn words_are_started_as_they_are_unless_a_shell_is_wanted() {
        let text = CommandText::Words(vec!["echo".to_owned(), "a b;".to_owned()]);
        let (words, in_shell) = Shell::Auto.words(&text).unwrap();
        assert_eq!((words.len(), in_shell), (2, false));
        let (words, in_shell) = Shell::With(vec!["sh".to_owned()]).words(&text).unwrap();
        assert_eq!((words.last().unwrap().as_str(), in_shell), ("echo 'a b;'", true));
    }

    #[test]
    fn what_cannot_be_started_says_why() {
        let error =
            |line: &str| Shell::None.words(&CommandText::Line(line.to_owned())).err().unwrap().to_string();
        assert!(error("a | b").contains("needs a shell, because of '|'"), "{}", error("a | b"));
        assert!(error("echo 'a").contains("not closed"));
        assert!(error("echo \"a\\").contains("not closed"));
        assert!(error("   ").contains("give a program"));
    }
}
