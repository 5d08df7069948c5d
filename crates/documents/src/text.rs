//! Small things that Chinese official text needs: numerals, dates, lists; and texts freed of characters that no document may
//! carry.

/// Text without control characters (line breaks stay) and without marks that turn the direction of reading, which could
/// make a document read otherwise than it says; each becomes U+FFFD.
pub(crate) fn clean(text: &str) -> String {
    let replaced = text.chars().map(|character| match character {
        '\n' => '\n',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    });
    replaced.collect()
}

/// 1 is 一, 10 is 十, 23 is 二十三; for 1 to 99, otherwise the digits.
pub(crate) fn chinese_number(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match (number / 10, number % 10) {
        (0, 0) | (10.., _) => number.to_string(),
        (0, ones) => DIGITS[ones].to_owned(),
        (1, ones) => format!("十{}", DIGITS[ones]),
        (tens, ones) => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
    }
}

/// 2023-06-02 is 2023年6月2日; what is no date stays as it is.
pub(crate) fn date_text(iso: &str) -> String {
    match iso.parse::<jiff::civil::Date>() {
        Ok(date) => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Err(_) => clean(iso),
    }
}

/// Items with 、 between them.
pub(crate) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push('、');
        }
        text.push_str(item.as_ref());
    }
    text
}

/// Lines that a text takes in a cell so many characters wide, for programs that do not fit wrapped rows by themselves; a
/// Chinese character is two wide.
pub(crate) fn lines_in(text: &str, width: u16) -> usize {
    let room = usize::from(width.saturating_sub(1).max(1));
    let broken = text.lines().map(|line| {
        let wide: usize = line.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
        wide.div_ceil(room).max(1)
    });
    broken.sum::<usize>().max(1)
}

/// Height in points of a row of so many lines, within what spreadsheets allow.
pub(crate) fn row_height(lines: usize) -> u16 {
    16 * u16::try_from(lines.clamp(1, 25)).unwrap_or(25)
}
