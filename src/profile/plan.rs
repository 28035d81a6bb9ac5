//! What is to be run, how often and in which order: decided before anything starts.

use super::parameters::{Parameter, ParameterError, combinations, fill_in};
use super::stats::random::Random;

/// Runs of a command at least, unless the owner says otherwise: hyperfine's number.
pub const RUNS_LEAST: u32 = 10;

/// How long the runs of one command take together at least, in seconds, unless the owner says otherwise: hyperfine's time.
pub const SECONDS_LEAST: f64 = 3.0;

/// Runs of a command at most while a precision is not reached, unless the owner says otherwise.
pub const PRECISION_RUNS_MOST: u32 = 200;

/// A command as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandText {
    /// Words, started as they are.
    Words(Vec<String>),
    /// A line, for the shell or to be split into words.
    Line(String),
}

impl CommandText {
    /// With parameters filled in.
    fn filled_in(&self, way: &[(String, String)]) -> Self {
        match self {
            Self::Words(words) => Self::Words(words.iter().map(|word| fill_in(word, way)).collect()),
            Self::Line(line) => Self::Line(fill_in(line, way)),
        }
    }

    /// The command on one line, as a person would type it.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Words(words) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            Self::Line(line) => line.clone(),
        }
    }
}

/// A word as a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What the owner asked for, word for word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The command that the others are compared with, run in addition to them.
    pub reference: Option<Reference>,
    /// The commands to compare.
    pub commands: Vec<CommandText>,
    /// `-n`: names for them.
    pub names: Vec<String>,
    /// `-L` and `-P`.
    pub parameters: Vec<Parameter>,
    /// `-s`: once before all runs of a command.
    pub setup: Option<String>,
    /// `-p`: before each run; one for all commands, or one for each.
    pub prepare: Vec<String>,
    /// `--conclude`: after each run; one for all commands, or one for each.
    pub conclude: Vec<String>,
    /// `-c`: once after all runs of a command.
    pub cleanup: Option<String>,
}

/// A command that others are compared with. No parameter is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it is called in reports.
    pub name: String,
    /// What is run.
    pub command: CommandText,
}

/// One command with its parameters filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benchmark {
    /// What it is called in reports.
    pub name: String,
    /// What is run.
    pub command: CommandText,
    /// The parameters' values, in the order of the command line.
    pub parameters: Vec<(String, String)>,
    /// Run once before its first run.
    pub setup: Option<String>,
    /// Run before each run.
    pub prepare: Option<String>,
    /// Run after each run.
    pub conclude: Option<String>,
    /// Run once after its last run.
    pub cleanup: Option<String>,
}

/// Why there is nothing sensible to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A parameter that cannot be gone through.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// Neither one for all nor one for each.
    #[error(
        "{option} is given {given} times for {commands} commands: give it once for all of them, or once for each"
    )]
    Count {
        /// The option.
        option: &'static str,
        /// How often it is given.
        given: usize,
        /// How many commands there are.
        commands: usize,
    },
    /// More names than commands.
    #[error("there are {given} names for {commands} benchmarks: give at most one for each")]
    Names {
        /// How many names are given.
        given: usize,
        /// How many benchmarks there are.
        commands: usize,
    },
    /// A command without a word.
    #[error("a command is empty: give a program to run")]
    Empty,
}

impl Wishes {
    /// The reference, if there is one, then every command with every combination of parameters; commands change fastest,
    /// then the first parameter, as in hyperfine.
    ///
    /// # Errors
    /// Options that do not fit the commands, or parameters that cannot be gone through.
    pub fn benchmarks(&self) -> Result<Vec<Benchmark>, PlanError> {
        // Also as in hyperfine: what is given once for each command is given for the reference first.
        let ahead = usize::from(self.reference.is_some());
        let commands = self.commands.len() + ahead;
        for (option, given) in [("--prepare", self.prepare.len()), ("--conclude", self.conclude.len())] {
            if given > 1 && given != commands {
                return Err(PlanError::Count { option, given, commands });
            }
        }
        let all = self.reference.iter().map(|reference| &reference.command).chain(&self.commands);
        if all.into_iter().any(|command| command.line().trim().is_empty()) {
            return Err(PlanError::Empty);
        }
        let first = |texts: &[String]| texts.first().cloned();
        let mut benchmarks: Vec<Benchmark> = Vec::new();
        benchmarks.extend(self.reference.iter().map(|reference| Benchmark {
            name: reference.name.clone(),
            command: reference.command.clone(),
            setup: self.setup.clone(),
            prepare: first(&self.prepare),
            conclude: first(&self.conclude),
            cleanup: self.cleanup.clone(),
            parameters: Vec::new(),
        }));
        for way in combinations(&self.parameters)? {
            for (at, command) in self.commands.iter().enumerate() {
                let filled = |text: &String| fill_in(text, &way);
                let one_for_all = |texts: &[String]| texts.get(at + ahead).or(texts.first()).map(filled);
                let command = command.filled_in(&way);
                benchmarks.push(Benchmark {
                    name: command.line(),
                    command,
                    setup: self.setup.as_ref().map(filled),
                    prepare: one_for_all(&self.prepare),
                    conclude: one_for_all(&self.conclude),
                    cleanup: self.cleanup.as_ref().map(filled),
                    parameters: way.clone(),
                });
            }
        }
        self.name(benchmarks.get_mut(ahead..).unwrap_or_default())?;
        Ok(benchmarks)
    }

    /// Gives the names: one a benchmark in their order, or, where parameters make several of a command, one a command.
    fn name(&self, benchmarks: &mut [Benchmark]) -> Result<(), PlanError> {
        if self.names.len() > benchmarks.len() {
            return Err(PlanError::Names { given: self.names.len(), commands: benchmarks.len() });
        }
        let a_command_each = self.names.len() == self.commands.len();
        for (at, benchmark) in benchmarks.iter_mut().enumerate() {
            let which = if a_command_each { at % self.commands.len() } else { at };
            if let Some(name) = self.names.get(which) {
                benchmark.name = fill_in(name, &benchmark.parameters);
            }
        }
        Ok(())
    }
}

/// The order of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A B A B A B.
    Interleaved,
    /// Each round in an order of its own: A B, B A, B A.
    Randomized,
    /// A A A B B B, as hyperfine does; drift of the machine then counts against one of them.
    Sequential,
}

/// How often each command is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runs {
    /// Runs that are not counted, before all others.
    pub warmup: u32,
    /// Rounds at least.
    pub least: u32,
    /// Rounds at most.
    pub most: u32,
    /// Go on until the half-width of each interval is this part of its middle.
    pub precision: Option<f64>,
}

impl Runs {
    /// As hyperfine's options say: `-r` alone, or `-m` and `-M` around what [`SECONDS_LEAST`] takes.
    #[must_use]
    pub fn new(
        warmup: u32,
        exactly: Option<u32>,
        least: Option<u32>,
        most: Option<u32>,
        precision: Option<f64>,
    ) -> Self {
        let (least, most) = match exactly {
            Some(runs) => (runs, runs),
            None => {
                let least = least.unwrap_or(RUNS_LEAST.min(most.unwrap_or(RUNS_LEAST)));
                let usual_most = if precision.is_some() { PRECISION_RUNS_MOST } else { u32::MAX };
                (least, most.unwrap_or(usual_most).max(least))
            }
        };
        Self { warmup, least, most, precision }
    }

    /// How many rounds make [`SECONDS_LEAST`] of the slowest command, which took `slowest_s`.
    #[must_use]
    pub fn rounds(&self, slowest_s: f64) -> u32 {
        let wanted = (SECONDS_LEAST / slowest_s.max(1e-6)).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "3 s by a microsecond at most"
        )]
        let wanted = wanted as u32;
        wanted.clamp(self.least, self.most)
    }
}

/// One round: every benchmark once, by its position.
#[must_use]
pub fn round(order: Order, benchmarks: usize, random: &mut Random) -> Vec<usize> {
    let mut round: Vec<usize> = (0..benchmarks).collect();
    if order == Order::Randomized {
        random.shuffle(&mut round);
    }
    round
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(wishes: &Wishes) -> Vec<(String, String)> {
        let benchmarks = wishes.benchmarks().unwrap();
        benchmarks.into_iter().map(|benchmark| (benchmark.name, benchmark.command.line())).collect()
    }

    fn commands(lines: &[&str]) -> Vec<CommandText> {
        lines.iter().map(|line| CommandText::Line((*line).to_owned())).collect()
    }

    #[test]
    fn commands_change_fastest_then_the_first_parameter() {
        let parameters = vec![Parameter::list("x", "1,2"), Parameter::list("y", "a,b")];
        let wishes =
            Wishes { commands: commands(&["echo {x}{y}", "true {y} {x}"]), parameters, ..Wishes::default() };
        let lines: Vec<String> = lines(&wishes).into_iter().map(|(_, line)| line).collect();
        let hyperfines =
            ["echo 1a", "true a 1", "echo 2a", "true a 2", "echo 1b", "true b 1", "echo 2b", "true b 2"];
        assert_eq!(lines, hyperfines);
    }

    #[test]
    fn names_go_to_benchmarks_in_order_or_to_commands_with_their_parameters() {
        let mut wishes = Wishes { commands: commands(&["a {x}", "b"]), ..Wishes::default() };
        wishes.names = vec!["first".to_owned()];
        assert_eq!(lines(&wishes)[0].0, "first");
        assert_eq!(lines(&wishes)[1].0, "b");
        wishes.parameters = vec![Parameter::list("x", "1,2")];
        wishes.names = vec!["first {x}".to_owned(), "second".to_owned()];
        let names: Vec<String> = lines(&wishes).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["first 1", "second", "first 2", "second"]);
        wishes.names = vec![String::new(); 5];
        assert_eq!(wishes.benchmarks(), Err(PlanError::Names { given: 5, commands: 4 }));
    }

    #[test]
    fn a_reference_comes_first_and_is_left_as_it_is_written() {
        let reference =
            Reference { name: "old".to_owned(), command: CommandText::Line("old {x}".to_owned()) };
        let mut wishes = Wishes { reference: Some(reference), ..Wishes::default() };
        wishes.commands = commands(&["new {x}"]);
        wishes.parameters = vec![Parameter::list("x", "1,2")];
        wishes.names = vec!["first".to_owned(), "second".to_owned()];
        wishes.prepare = vec!["before old".to_owned(), "before new {x}".to_owned()];
        let made = wishes.benchmarks().unwrap();
        let of = |of: fn(&Benchmark) -> String| made.iter().map(of).collect::<Vec<_>>();
        assert_eq!(of(|one| one.name.clone()), ["old", "first", "second"]);
        assert_eq!(of(|one| one.command.line()), ["old {x}", "new 1", "new 2"]);
        assert_eq!(of(|one| one.prepare.clone().unwrap()), ["before old", "before new 1", "before new 2"]);
        assert!(made[0].parameters.is_empty());
        wishes.prepare.push("too many".to_owned());
        assert!(wishes.benchmarks().unwrap_err().to_string().contains("given 3 times for 2 commands"));
    }

    #[test]
    fn what_is_run_around_a_run_is_one_for_all_or_one_for_each() {
        let mut wishes = Wishes { commands: commands(&["a", "b", "c"]), ..Wishes::default() };
        wishes.prepare = vec!["sync".to_owned()];
        assert!(wishes.benchmarks().unwrap().iter().all(|one| one.prepare.as_deref() == Some("sync")));
        wishes.conclude = ["1", "2", "3"].map(str::to_owned).to_vec();
        assert_eq!(wishes.benchmarks().unwrap()[2].conclude.as_deref(), Some("3"));
        wishes.conclude.pop();
        let error = wishes.benchmarks().unwrap_err().to_string();
        assert!(error.contains("--conclude is given 2 times for 3 commands"), "{error}");
    }

    #[test]
    fn words_are_shown_as_a_shell_would_take_them_and_empty_commands_are_refused() {
        let words =
            |words: &[&str]| CommandText::Words(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(words(&["echo", "it's", "a b", ""]).line(), "echo 'it'\\''s' 'a b' ''");
        let wishes = Wishes { commands: commands(&["  "]), ..Wishes::default() };
        assert_eq!(wishes.benchmarks(), Err(PlanError::Empty));
    }

    #[test]
    fn runs_are_as_many_as_hyperfine_takes() {
        let usual = Runs::new(0, None, None, None, None);
        assert_eq!((usual.rounds(0.1), usual.rounds(5.0), usual.rounds(0.0)), (30, 10, 3_000_000));
        assert_eq!(Runs::new(0, Some(4), None, None, None).rounds(0.001), 4);
        assert_eq!(Runs::new(0, None, Some(2), None, None).rounds(60.0), 2);
        assert_eq!(Runs::new(0, None, None, Some(5), None).rounds(0.001), 5);
        assert_eq!(Runs::new(0, None, None, None, Some(0.01)).most, PRECISION_RUNS_MOST);
    }

    #[test]
    fn a_round_has_every_benchmark_once_in_the_order_wanted() {
        let mut random = Random::seeded(1);
        assert_eq!(round(Order::Interleaved, 3, &mut random), [0, 1, 2]);
        let rounds: Vec<Vec<usize>> = (0..60).map(|_| round(Order::Randomized, 3, &mut random)).collect();
        let mut firsts: Vec<usize> = rounds.iter().map(|round| round[0]).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts, [0, 1, 2], "each comes first at times");
        assert!(rounds.iter().all(|round| round.iter().sum::<usize>() == 3 && round.len() == 3));
    }
}
