//! The pen: elements of a drawing in hundredths of a unit, a unit being a point in print.

use std::fmt::Write;

use minsheng_domain::quantity::Quantity;

use crate::text::clean;

/// Typefaces in which words are set: the printed document's, then those that machines have.
const FACES: &str = "FandolSong, Noto Serif CJK SC, SimSun, 宋体, serif";
/// Size of the words.
pub(super) const SIZE: i64 = 900;
/// Ink, and the lighter ink of axes.
pub(super) const INK: &str = "#222";
pub(super) const FAINT: &str = "#999";

/// Where a word ends up at its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What fills a rectangle; told apart in black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    Solid,
    Grey,
    Stripes,
    Dots,
    Empty,
}

impl Fill {
    fn paint(self) -> &'static str {
        match self {
            Fill::Solid => "#555",
            Fill::Grey => "#bbb",
            Fill::Stripes => "url(#stripes)",
            Fill::Dots => "url(#dots)",
            Fill::Empty => "#fff",
        }
    }
}

/// A drawing.
pub(super) struct Drawing {
    width: i64,
    height: i64,
    elements: String,
}

impl Drawing {
    pub(super) fn new(width: i64, height: i64) -> Drawing {
        Drawing { width, height, elements: String::new() }
    }

    pub(super) fn rectangle(&mut self, (x, y): (i64, i64), (width, height): (i64, i64), fill: Fill) {
        let _ = write!(
            self.elements,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"{INK}\" stroke-width=\"0.5\"/>",
            units(x),
            units(y),
            units(width),
            units(height),
            fill.paint()
        );
    }

    /// White without an edge, to write on.
    pub(super) fn patch(&mut self, (x, y): (i64, i64), (width, height): (i64, i64)) {
        let _ = write!(
            self.elements,
            "<path d=\"M{} {}h{}v{}h-{}z\" fill=\"#fff\"/>",
            units(x),
            units(y),
            units(width),
            units(height),
            units(width)
        );
    }

    pub(super) fn line(&mut self, from: (i64, i64), to: (i64, i64), ink: &str, dashes: &str) {
        let dashes = if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
        let _ = write!(
            self.elements,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{ink}\" stroke-width=\"0.8\"{dashes}/>",
            units(from.0),
            units(from.1),
            units(to.0),
            units(to.1)
        );
    }

    /// A mark at a point: one of four shapes.
    pub(super) fn mark(&mut self, (x, y): (i64, i64), shape: usize) {
        let path = match shape % 4 {
            0 => "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0",
            1 => "m-2.5 -2.5h5v5h-5z",
            2 => "m0 -3l3 5h-6z",
            _ => "m0 -3.2l3.2 3.2l-3.2 3.2l-3.2 -3.2z",
        };
        let fill = if shape.is_multiple_of(2) { INK } else { "#fff" };
        let _ = write!(
            self.elements,
            "<path d=\"M{} {}{path}\" fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"0.8\"/>",
            units(x),
            units(y)
        );
    }

    /// Words on a baseline, escaped.
    pub(super) fn words(&mut self, (x, y): (i64, i64), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.elements,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            units(x),
            units(y),
            escaped(words)
        );
    }

    pub(super) fn finish(self) -> String {
        let (width, height) = (units(self.width), units(self.height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"{FACES}\" \
             font-size=\"{}\" fill=\"{INK}\"><defs><pattern id=\"stripes\" width=\"4\" height=\"4\" \
             patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" fill=\"#fff\"/><path d=\"M-1 5L5 -1M-1 1L1 -1M3 5L5 \
             3\" stroke=\"{INK}\" stroke-width=\"0.8\"/></pattern><pattern id=\"dots\" width=\"4\" height=\"4\" \
             patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" fill=\"#fff\"/><path d=\"M1 1h1.2v1.2h-1.2z\" \
             fill=\"{INK}\"/></pattern></defs>{}</svg>",
            units(SIZE),
            self.elements
        )
    }
}

/// Hundredths as a decimal number.
pub(super) fn units(hundredths: i64) -> String {
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    let sign = if hundredths < 0 { "-" } else { "" };
    match rest {
        0 => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Text as XML, without control characters.
fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Length of a bar: `value` of `whole` in so much room, nothing below zero, never more than the room.
pub(super) fn length(value: i64, whole: i64, room: i64) -> i64 {
    let exact = i128::from(value.max(0)) * i128::from(room) / i128::from(whole.max(1));
    i64::try_from(exact).unwrap_or(room).min(room)
}

/// A decimal string as ten-thousandths; none where it is no number.
pub(super) fn scaled(text: &str) -> Option<i64> {
    text.parse::<Quantity>().ok().map(Quantity::scaled)
}

/// The round number at or above `value` that a scale ends with: 1, 2 or 5 times a power of ten.
pub(super) fn round_up(value: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for step in [1, 2, 5] {
            match power.checked_mul(step) {
                Some(end) if end >= value => return end,
                Some(_) => {}
                None => return i64::MAX,
            }
        }
        power = match power.checked_mul(10) {
            Some(power) => power,
            None => return i64::MAX,
        };
    }
}

/// A name cut to so many characters, the rest shown by ….
pub(super) fn shortened(name: &str, most: usize) -> String {
    match name.chars().count() > most {
        true => name.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => name.to_owned(),
    }
}
