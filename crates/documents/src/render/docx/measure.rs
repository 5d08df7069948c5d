//! Lengths of the page in twips (1/20 pt), after GB/T 9704-2012 as domain rules give it: A4, type area 156 × 225 mm, 22 lines
//! of 28 characters.

/// Micrometres as twips, to the nearest.
pub(super) const fn twips(micrometres: i64) -> i64 {
    (micrometres * 1440 + 12_700) / 25_400
}

/// Twips as English Metric Units, which drawings are measured in.
pub(super) const fn emu(twips: i64) -> i64 {
    twips * 635
}

/// Short side of A4.
pub(super) const SHORT: i64 = 11_906;
/// Long side of A4.
pub(super) const LONG: i64 = 16_838;
/// Above the type area (天头).
pub(super) const TOP: i64 = twips(37_000);
/// At its binding side (订口).
pub(super) const LEFT: i64 = twips(28_000);
/// Below it.
pub(super) const BOTTOM: i64 = twips(35_000);
/// At its outer side.
pub(super) const RIGHT: i64 = twips(26_000);
/// Width of the type area.
pub(super) const WIDTH: i64 = SHORT - LEFT - RIGHT;
/// Height of the type area.
pub(super) const HEIGHT: i64 = LONG - TOP - BOTTOM;
/// Lines of a page.
pub(super) const LINES: i64 = 22;
/// Characters of a line.
pub(super) const CHARACTERS: i64 = 28;
/// Pitch of the lines; rounded down, or the last line would go over.
pub(super) const LINE: i64 = HEIGHT / LINES;
/// Width of a character of the text: 3号 a quarter of a point closer, as the styles say. Not by the grid of the page: what
/// goes by it shows 16 pt in 15.8, which LibreOffice would give two cells each.
pub(super) const EM: i64 = 16 * 20 - 5;
/// One character of 4号, by which page numbers and imprint are set in.
pub(super) const SMALL_EM: i64 = 280;

/// Width of a text in half characters: what Latin letters, digits and their signs take.
pub(super) fn halves(text: &str) -> i64 {
    text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum()
}

/// Width of a line of the text in twips.
pub(super) fn width_of(text: &str) -> i64 {
    halves(text) * EM / 2
}

// The type area holds 22 lines of 28 characters, and not one more.
const _: () = assert!(LINES * LINE <= HEIGHT && (LINES + 1) * LINE > HEIGHT);
const _: () = assert!(CHARACTERS * EM <= WIDTH && (CHARACTERS + 1) * EM > WIDTH);
