//! Charts as SVG, by plotters' back end: what is drawn, in which colours, at which size.
//!
//! - [`power`]: the power of a run over its time, with its phases and the idle machine.
//! - [`spread`]: every run of each command as a dot, with quartiles.
//! - [`forest`]: each comparison as an interval beside "no difference".
//!
//! The back end draws at whole pixels and writes each colour into its shape. So charts are drawn [`FINE`] times as large
//! as they are shown, and a style sheet answers to the colours' values where the reader's scheme is dark. A chart is
//! drawn for a [`Width`], so that its words are as large on a phone as on paper.

pub(super) mod forest;
pub(super) mod power;
pub(super) mod scale;
pub(super) mod spread;

use std::fmt::Write;
use std::io;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{DrawingArea, IntoDrawingArea, RGBColor, SVGBackend, TextStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::markup::Escaped;

/// How many times larger a chart is drawn than shown.
pub(super) const FINE: i32 = 4;

/// What an owner reads.
pub(super) const TEXT: RGBColor = RGBColor(0x1c, 0x1e, 0x20);
/// What explains it.
pub(super) const SOFT: RGBColor = RGBColor(0x5a, 0x60, 0x67);
/// Lines to measure by.
pub(super) const GRID: RGBColor = RGBColor(0xde, 0xdd, 0xd8);
/// Figures, and what became less.
pub(super) const FIRST: RGBColor = RGBColor(0x0a, 0x5f, 0xa4);
/// What is compared with, and what became more.
pub(super) const SECOND: RGBColor = RGBColor(0xb3, 0x49, 0x0a);
/// What all of it lies on.
pub(super) const GROUND: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Every colour, and what stands for it in the dark.
const DARK: [(RGBColor, RGBColor); 6] = [
    (TEXT, RGBColor(0xe7, 0xe6, 0xe2)),
    (SOFT, RGBColor(0xa5, 0xab, 0xb1)),
    (GRID, RGBColor(0x33, 0x38, 0x3d)),
    (FIRST, RGBColor(0x6f, 0xb4, 0xf4)),
    (SECOND, RGBColor(0xf2, 0xa3, 0x5e)),
    (GROUND, RGBColor(0x1b, 0x1e, 0x21)),
];

/// What is being drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
#[error("a chart cannot be drawn: {0}")]
pub struct ChartError(#[from] DrawingAreaErrorKind<io::Error>);

/// The reader's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Paper and large screens.
    Wide,
    /// Phones.
    Narrow,
}

impl Width {
    pub(super) const ALL: [(Self, &'static str); 2] = [(Self::Wide, "wide"), (Self::Narrow, "narrow")];

    /// In pixels as they are shown.
    pub(super) const fn pixels(self) -> u16 {
        match self {
            Self::Wide => 720,
            Self::Narrow => 320,
        }
    }

    /// How many letters fit on a line, at least.
    pub(super) const fn letters(self) -> usize {
        match self {
            Self::Wide => 90,
            Self::Narrow => 38,
        }
    }

    /// How many marks an axis has room for.
    pub(super) const fn marks(self) -> usize {
        match self {
            Self::Wide => 8,
            Self::Narrow => 5,
        }
    }
}

/// A chart that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    width: u16,
    height: u16,
    shapes: String,
}

impl Picture {
    /// Draws with `draw` on so many pixels.
    pub(super) fn draw(
        width: Width,
        height: u16,
        draw: impl FnOnce(&Area<'_>) -> Result<(), DrawingAreaErrorKind<io::Error>>,
    ) -> Result<Self, ChartError> {
        let width = width.pixels();
        let mut text = String::new();
        {
            let size = (fine(width), fine(height));
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            draw(&area)?;
            area.present()?;
        }
        // The outermost element is ours.
        let inner = text.split_once('>').map_or("", |(_, inner)| inner);
        let shapes = inner.trim_end().trim_end_matches("</svg>").to_owned();
        Ok(Self { width, height, shapes })
    }

    /// As part of a page, whose style sheet holds [`dark_rules`].
    pub(super) fn inline(&self, class: &str, words: &str) -> String {
        let (width, height) = (self.width, self.height);
        let (inner_width, inner_height) = (fine(width), fine(height));
        format!(
            "<svg class=\"{class}\" role=\"img\" aria-label=\"{}\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {inner_width} {inner_height}\" xmlns=\"http://www.w3.org/2000/svg\">{}</svg>\n",
            Escaped(words),
            self.shapes
        )
    }

    /// As a file of its own.
    pub(super) fn file(&self, words: &str) -> String {
        /// Around the chart, and above it for its words.
        const MARGIN: u16 = 16;
        const HEAD: u16 = 26;
        let shapes = format!(
            "<title>{0}</title><style>{1}{2}</style>\
             <rect width=\"100%\" height=\"100%\" fill=\"{3}\"/>\
             <text x=\"{4}\" y=\"{5}\" font-size=\"{6}\" font-weight=\"bold\" fill=\"{7}\">{0}</text>\
             <g transform=\"translate({4} {8})\">{9}</g>",
            Escaped(words),
            font_rules(),
            dark_rules(),
            code(GROUND),
            fine(MARGIN),
            fine(MARGIN + 12),
            fine(14),
            code(TEXT),
            fine(MARGIN + HEAD),
            self.shapes
        );
        let (width, height) = (self.width + 2 * MARGIN, self.height + 2 * MARGIN + HEAD);
        Self { width, height, shapes }.inline("chart", words)
    }
}

/// So many shown pixels, as they are drawn.
fn fine(pixels: u16) -> u32 {
    u32::from(pixels) * FINE.unsigned_abs()
}

/// The letters of a chart, with a rim that keeps them apart from lines below; the attributes that the back end writes
/// give way to any rule.
pub(super) fn font_rules() -> String {
    let (rim, width) = (code(GROUND), fine(4));
    format!(
        "svg text{{font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums;\
         paint-order:stroke;stroke:{rim};stroke-width:{width}px;stroke-linejoin:round}}"
    )
}

/// A colour as the back end writes it.
fn code(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}

/// Rules that show the charts in the dark scheme. Paper is never dark.
pub(super) fn dark_rules() -> String {
    let mut rules = String::from("@media screen and (prefers-color-scheme:dark){");
    let rim = DARK.iter().find(|(light, _)| *light == GROUND).map_or(GROUND, |(_, dark)| *dark);
    for (light, dark) in DARK {
        let (light, dark) = (code(light), code(dark));
        let rule =
            write!(rules, "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}");
        debug_assert!(rule.is_ok(), "a string takes everything");
    }
    format!("{rules}svg text{{stroke:{}}}}}", code(rim))
}

/// Letters of so many shown pixels, at a place of their own.
pub(super) fn letters(pixels: u8, colour: &RGBColor, across: HPos, along: VPos) -> TextStyle<'_> {
    // The back end makes letters smaller by this.
    const SHRINKS: f64 = 1.24;
    let size = f64::from(pixels) * f64::from(FINE) * SHRINKS;
    TextStyle::from(("sans-serif", size)).color(colour).pos(Pos::new(across, along))
}

/// `text` cut to so many letters, with a sign where it is cut.
pub(super) fn cut(text: &str, letters: usize) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    if text.chars().count() <= letters {
        return text.chars().map(plain).collect();
    }
    text.chars().map(plain).take(letters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use plotters::prelude::Text;

    /// The luminance of the WCAG's contrast.
    fn luminance(RGBColor(red, green, blue): RGBColor) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
    }

    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn letters_and_figures_stand_out_in_both_schemes() {
        let dark = |wanted: RGBColor| DARK.iter().find(|(light, _)| *light == wanted).unwrap().1;
        for colour in [TEXT, SOFT, FIRST, SECOND] {
            assert!(contrast(colour, GROUND) >= 4.5, "{}", code(colour));
            assert!(contrast(dark(colour), dark(GROUND)) >= 4.5, "{} in the dark", code(colour));
        }
    }

    #[test]
    fn a_file_stands_alone_and_its_words_cannot_leave_their_place() {
        let draw = |area: &Area<'_>| {
            area.draw(&Text::new("a < b & c", (10, 10), letters(12, &TEXT, HPos::Left, VPos::Top)))
        };
        let picture = Picture::draw(Width::Narrow, 20, draw).unwrap();
        let file = picture.file("it's \"<b>\"");
        assert_eq!((file.matches("<svg").count(), file.matches("</svg>").count()), (1, 1), "{file}");
        assert!(file.contains("viewBox=\"0 0 1408 312\"") && file.contains("a &lt; b &amp; c"), "{file}");
        assert!(file.contains("<title>it&#39;s &quot;&lt;b&gt;&quot;</title>"), "{file}");
        assert!(file.contains("prefers-color-scheme:dark") && file.contains("[fill=\"#1C1E20\"]"), "{file}");
    }

    #[test]
    fn a_long_word_is_cut_with_a_sign() {
        assert_eq!(
            (cut("abcdef", 6), cut("abcdef", 4), cut("a\nb", 9)),
            ("abcdef".into(), "abc…".into(), "a b".into())
        );
    }
}
