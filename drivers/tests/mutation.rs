//! Every parser over its texts, cut and damaged in every way that a fixed seed comes up with.
//!
//! The fuzz targets in `tests/fuzz` go further; this is what every test run has.

mod parsers;

#[cfg(test)]
mod tests {
    use super::parsers::network::WHOLES;
    use super::parsers::{PARSERS, check, check_memory};
    use std::fs;
    use std::path::Path;

    /// How many bytes of damaged text each fixture gives: few rounds of a long one, many of a short one.
    const BYTES_PER_FIXTURE: usize = 150_000;
    /// The most rounds of one fixture.
    const ROUNDS_MAX: usize = 600;

    /// The texts of the parser called `name` by file name, in a fixed order.
    fn fixtures(name: &str) -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
        let mut texts: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
            .collect();
        texts.sort();
        assert!(!texts.is_empty(), "{} holds no text", folder.display());
        texts
    }

    /// A generator of numbers that are the same in every run (xorshift64).
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        /// A number below `end`, 0 where `end` is 0.
        fn below(&mut self, end: usize) -> usize {
            (self.roll() >> 11).checked_rem(end as u64).map_or(0, |rest| usize::try_from(rest).unwrap())
        }
    }

    /// Damages `text` in one way.
    fn damage(text: &mut Vec<u8>, dice: &mut Dice) {
        let at = dice.below(text.len());
        match dice.below(6) {
            0 if !text.is_empty() => text[at] ^= 1 << dice.below(8),
            1 => text.truncate(at),
            // A stretch of the text, repeated elsewhere.
            2 => {
                let from = dice.below(text.len());
                let to = (from + dice.below(80)).min(text.len());
                let stretch = text[from..to].to_vec();
                text.splice(at..at, stretch);
            }
            // A stretch taken out.
            3 => {
                let to = (at + dice.below(40)).min(text.len());
                text.drain(at..to);
            }
            // Digits, up to more than a word holds.
            4 => {
                let digits: Vec<u8> = (0..dice.below(24)).map(|_| b"0123456789"[dice.below(10)]).collect();
                text.splice(at..at, digits);
            }
            // A byte that parsers look for.
            _ => text.insert(at, b" \t\n:=./-x\0\xff0"[dice.below(12)]),
        }
    }

    #[test]
    fn every_text_is_understood() {
        for parser in PARSERS {
            for (name, text) in fixtures(parser.name) {
                assert!(!(parser.values)(&text).is_empty(), "{name} gives no value");
                check(parser, &text);
            }
        }
    }

    #[test]
    fn a_text_cut_anywhere_gives_nothing_or_the_first_of_its_values() {
        for parser in PARSERS {
            for (name, text) in fixtures(parser.name) {
                let whole = (parser.values)(&text);
                for end in 0..text.len() {
                    let values = (parser.values)(&text[..end]);
                    assert!(whole.starts_with(&values), "{name} cut at {end}");
                    assert!(values.len() < whole.len(), "{name} cut at {end} is not told from the whole");
                }
            }
        }
    }

    #[test]
    fn damage_gives_no_panic_and_no_value_that_is_not_written() {
        for (number, parser) in (1..).zip(PARSERS) {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ number);
            for (_, text) in fixtures(parser.name) {
                for _ in 0..(BYTES_PER_FIXTURE / text.len()).min(ROUNDS_MAX) {
                    let mut damaged = text.clone();
                    for _ in 0..=dice.below(4) {
                        damage(&mut damaged, &mut dice);
                    }
                    check(parser, &damaged);
                }
            }
        }
    }

    #[test]
    fn parsers_that_sum_or_read_no_lines_bear_cuts_and_damage() {
        for (number, parser) in (1..).zip(WHOLES) {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ number);
            for (name, input) in fixtures(parser.name) {
                assert!((parser.check)(&input), "{name} is not understood");
                for end in 0..input.len() {
                    (parser.check)(&input[..end]);
                }
                for _ in 0..(BYTES_PER_FIXTURE / input.len()).min(ROUNDS_MAX) {
                    let mut damaged = input.clone();
                    for _ in 0..=dice.below(4) {
                        damage(&mut damaged, &mut dice);
                    }
                    (parser.check)(&damaged);
                }
            }
        }
    }

    /// What drives answered, by parser: files below `tests/fixtures/qemu`, and the pages rebuilt from what was published.
    const OF_DRIVES: &[(&str, &str)] = &[
        ("nvme_health", "tests/fixtures/qemu/nvme-smart.bin"),
        ("nvme_error_log", "tests/fixtures/qemu/nvme-errors.bin"),
        ("nvme_identify", "tests/fixtures/qemu/nvme-identify.bin"),
        ("ata_identify", "tests/fixtures/qemu/ata-identify.bin"),
        ("ata_smart", "tests/fixtures/qemu/ata-smart.bin"),
        ("ata_thresholds", "tests/fixtures/qemu/ata-thresholds.bin"),
        ("ata_selftest", "tests/fixtures/qemu/ata-selftests.bin"),
        ("nvme_health", "fixtures/nvme_health/published-970-evo.bin"),
        ("ata_smart", "fixtures/ata_smart/published-st1500dl003.bin"),
        ("ata_smart", "fixtures/ata_smart/published-wd2500bevs.bin"),
        ("ata_thresholds", "fixtures/ata_thresholds/published-st1500dl003.bin"),
        ("ata_thresholds", "fixtures/ata_thresholds/published-wd2500bevs.bin"),
        ("ata_selftest", "fixtures/ata_selftest/published-st1500dl003.bin"),
    ];

    #[test]
    fn pages_of_drives_bear_every_cut_and_every_single_flipped_bit() {
        for (name, file) in OF_DRIVES {
            let check = WHOLES.iter().find(|parser| parser.name == *name).unwrap().check;
            let mut page = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
            // The one log without an entry gives none.
            assert_eq!(check(&page), *name != "nvme_error_log", "{file}");
            for end in 0..page.len() {
                assert!(!check(&page[..end]), "{file} cut at {end} is taken for the whole");
            }
            for bit in 0..page.len() * 8 {
                page[bit / 8] ^= 1 << (bit % 8);
                // ATA's pages have a checksum, save the identity, which keeps one from ACS-2 on.
                let is_noticed = !check(&page);
                let is_sealed = name.starts_with("ata_") && *name != "ata_identify";
                assert!(is_noticed || !is_sealed, "{file}: nobody notices bit {bit}");
                page[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    #[test]
    fn a_remembered_place_never_gives_another_keys_value() {
        for parser in PARSERS {
            let separator = match parser.name {
                "meminfo" => b':',
                "vmstat" => b' ',
                _ => continue,
            };
            let texts = fixtures(parser.name);
            let mut dice = Dice(0x2545_f491_4f6c_dd1d);
            for (_, armed_on) in &texts {
                for (_, text) in &texts {
                    check_memory(armed_on, text, separator);
                    let mut damaged = text.clone();
                    for _ in 0..8 {
                        damage(&mut damaged, &mut dice);
                        check_memory(armed_on, &damaged, separator);
                    }
                }
            }
        }
    }
}
