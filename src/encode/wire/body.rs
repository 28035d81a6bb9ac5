//! The coding of words inside a message; [`super::layout`] describes it.
//!
//! Most words of a machine are small or zero and most of its missing values stand side by side (a sensor without its
//! device), so that runs and varints do better here than a general compressor would, at a fraction of its time.

use hearth_model::{Reading, Reason, Word};

use super::decode::{DecodeError, Fault};
use super::varint;

const LITERALS: u64 = 0;
const ZEROS: u64 = 1;
const REASON: u64 = 2;

/// From so many zeros on, a run of its own (and another header behind it) takes fewer bytes than literal zeros.
const ZEROS_MIN: usize = 3;

/// So many unchanged values between two changes cost no more as differences of 0 than as another run.
const BRIDGE_MAX: usize = 2;

/// Appends `words` as runs.
pub(super) fn put_words(words: &[Word], body: &mut Vec<u8>) {
    let mut rest = words;
    while let Some(first) = rest.first() {
        let len = match first.reading() {
            Err(reason) => {
                let len = run(rest, Err(reason));
                put_header(len, 4, REASON, body);
                body.push(reason.code());
                len
            }
            Ok(0) if run(rest, Ok(0)) >= ZEROS_MIN => {
                let len = run(rest, Ok(0));
                put_header(len, 4, ZEROS, body);
                len
            }
            Ok(_) => {
                let len = literals(rest);
                put_header(len, 4, LITERALS, body);
                for value in rest[..len].iter().filter_map(|word| word.reading().ok()) {
                    varint::put(varint::zigzag(value), body);
                }
                len
            }
        };
        rest = &rest[len..];
    }
}

/// Appends what turns `before` into `now`; both are of the same length.
pub(super) fn put_changes(before: &[Word], now: &[Word], body: &mut Vec<u8>) {
    let changed = |at: usize| before[at].reading() != now[at].reading();
    let mut done = 0;
    while let Some(start) = (done..now.len()).find(|&at| changed(at)) {
        varint::put(wide(start - done), body);
        match now[start].reading() {
            Err(reason) => {
                let len = run(&now[start..], Err(reason));
                put_header(len, 2, 1, body);
                body.push(reason.code());
                done = start + len;
            }
            Ok(_) => {
                done = end_of_changes(before, now, start);
                put_header(done - start, 2, 0, body);
                for (before, now) in before[start..done].iter().zip(&now[start..done]) {
                    let (Ok(now), before) = (now.reading(), before.reading().unwrap_or(0)) else { continue };
                    varint::put(varint::zigzag(now.wrapping_sub(before)), body);
                }
            }
        }
    }
}

/// Appends the run that turns one series from `before` into `now`, `skipped` series behind the last run.
pub(super) fn put_change(skipped: u32, before: Reading, now: Reading, body: &mut Vec<u8>) {
    varint::put(u64::from(skipped), body);
    match now {
        Err(reason) => {
            put_header(1, 2, 1, body);
            body.push(reason.code());
        }
        Ok(now) => {
            put_header(1, 2, 0, body);
            varint::put(varint::zigzag(now.wrapping_sub(before.unwrap_or(0))), body);
        }
    }
}

/// Where a run of changed values ends that begins at `start`.
fn end_of_changes(before: &[Word], now: &[Word], start: usize) -> usize {
    let mut end = start + 1;
    let mut at = end;
    while at < now.len() && at <= end + BRIDGE_MAX && now[at].reading().is_ok() {
        if before[at].reading() != now[at].reading() {
            end = at + 1;
        }
        at += 1;
    }
    end
}

/// How many words at the front are `reading`.
fn run(words: &[Word], reading: Reading) -> usize {
    words.iter().take_while(|word| word.reading() == reading).count()
}

/// How many words at the front are values, up to a run of zeros worth a header.
fn literals(words: &[Word]) -> usize {
    let mut zeros = 0;
    for (at, word) in words.iter().enumerate() {
        match word.reading() {
            Err(_) => return at,
            Ok(0) => {
                zeros += 1;
                if zeros == ZEROS_MIN {
                    return at + 1 - ZEROS_MIN;
                }
            }
            Ok(_) => zeros = 0,
        }
    }
    words.len()
}

fn put_header(len: usize, kinds: u64, kind: u64, body: &mut Vec<u8>) {
    varint::put(wide(len) * kinds + kind, body);
}

const fn wide(len: usize) -> u64 {
    len as u64
}

/// Puts the words of a snapshot's body into `words`, which has one for each series.
///
/// # Errors
/// What is wrong with the body and where; `words` then holds some of it.
pub(super) fn take_words(body: &[u8], words: &mut [Word]) -> Result<(), DecodeError> {
    let mut input = Input { bytes: body, at: 0 };
    let mut done = 0;
    while !input.is_empty() {
        let header = input.varint()?;
        let run = input.run(words, done, header / 4)?;
        done += run.len();
        match header % 4 {
            LITERALS => {
                for word in run {
                    *word = input.value(0)?;
                }
            }
            ZEROS => run.fill(Word::value(0)),
            REASON => run.fill(Word::reason(input.reason()?)),
            _ => return Err(input.fault(Fault::BadRun)),
        }
    }
    if done < words.len() { Err(input.fault(Fault::Truncated)) } else { Ok(()) }
}

/// Applies a delta's body to `words`.
///
/// # Errors
/// What is wrong with the body and where; `words` then holds some of it.
pub(super) fn take_changes(body: &[u8], words: &mut [Word]) -> Result<(), DecodeError> {
    let mut input = Input { bytes: body, at: 0 };
    let mut done = 0_usize;
    while !input.is_empty() {
        let skipped = input.varint()?;
        let start = usize::try_from(skipped).ok().and_then(|skipped| done.checked_add(skipped));
        let start = start.ok_or_else(|| input.fault(Fault::BadRun))?;
        let header = input.varint()?;
        let run = input.run(words, start, header / 2)?;
        done = start + run.len();
        if header % 2 == 1 {
            run.fill(Word::reason(input.reason()?));
        } else {
            for word in run {
                *word = input.value(word.reading().unwrap_or(0))?;
            }
        }
    }
    Ok(())
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Input<'_> {
    fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn fault(&self, fault: Fault) -> DecodeError {
        DecodeError { offset: self.at, fault }
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let (value, len) = varint::take(rest).map_err(|fault| self.fault(fault))?;
        self.at += len;
        Ok(value)
    }

    /// A difference, added to `base`.
    fn value(&mut self, base: i64) -> Result<Word, DecodeError> {
        let value = base.wrapping_add(varint::unzigzag(self.varint()?));
        let word = Word::value(value);
        // The lowest values of the word are reasons, which are not coded as values.
        if word.reading() == Ok(value) { Ok(word) } else { Err(self.fault(Fault::BadValue)) }
    }

    fn reason(&mut self) -> Result<Reason, DecodeError> {
        let code = *self.bytes.get(self.at).ok_or_else(|| self.fault(Fault::Truncated))?;
        let reason = Reason::from_code(code).ok_or_else(|| self.fault(Fault::BadReason))?;
        self.at += 1;
        Ok(reason)
    }

    /// The `len` words from `start`, at least one and none beyond the schema's series.
    fn run<'w>(&self, words: &'w mut [Word], start: usize, len: u64) -> Result<&'w mut [Word], DecodeError> {
        let end = usize::try_from(len).ok().filter(|&len| len > 0).and_then(|len| start.checked_add(len));
        end.and_then(|end| words.get_mut(start..end)).ok_or_else(|| self.fault(Fault::BadRun))
    }
}
