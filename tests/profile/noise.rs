//! Noise of known shapes, for simulated experiments: of mean 0, in standard deviations unless a shape says otherwise.

use hearth::profile::stats::random::Random;

/// A source of noise and what it remembers.
pub(crate) struct Noise {
    pub(crate) random: Random,
    shape: Shape,
    last: f64,
}

/// How it is distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// The bell.
    Normal,
    /// Exponential: often a little less, at times much more, as interruptions look.
    Leaning,
    /// The same turned around: a cap that is seldom missed by much.
    LeaningDown,
    /// Logarithmic normal, of parameter 0.6, as times of programs look.
    Lognormal,
    /// Normal, and one value in ten 6 higher.
    Outliers,
    /// Each remembers this part of the one before: how heat looks.
    Slow(f64),
}

impl Noise {
    pub(crate) fn new(shape: Shape, seed: u64) -> Self {
        let mut noise = Self { random: Random::seeded(seed), shape, last: 0.0 };
        noise.settle();
        noise
    }

    /// Forgets by then what it was before.
    pub(crate) fn settle(&mut self) {
        if matches!(self.shape, Shape::Slow(_)) {
            for _ in 0..20 {
                self.next();
            }
        }
    }

    /// Twelve uniform numbers added up: a normal one but for its far tails.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.random.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn next(&mut self) -> f64 {
        let exponential = |random: &mut Random| -(1.0 - random.unit()).ln() - 1.0;
        match self.shape {
            Shape::Normal => self.normal(),
            Shape::Leaning => exponential(&mut self.random),
            Shape::LeaningDown => -exponential(&mut self.random),
            Shape::Lognormal => {
                // Its mean and its deviation.
                const PARAMETER: f64 = 0.6;
                let mean = (PARAMETER * PARAMETER / 2.0).exp();
                let deviation = mean * ((PARAMETER * PARAMETER).exp() - 1.0).sqrt();
                ((PARAMETER * self.normal()).exp() - mean) / deviation
            }
            Shape::Outliers => {
                let outlier = if self.random.below(10) == 0 { 6.0 } else { 0.0 };
                self.normal() + outlier - 0.6
            }
            Shape::Slow(remembered) => {
                self.last = remembered * self.last + (1.0 - remembered * remembered).sqrt() * self.normal();
                self.last
            }
        }
    }
}
