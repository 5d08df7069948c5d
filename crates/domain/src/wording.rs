//! Printed wordings: comparing them without what print varies freely, and quoting them inside a Chinese sentence.

/// A wording without blanks, quotation marks, brackets, full stops, commas and semicolons, so that two prints of the same
/// words compare equal.
pub fn plain(text: &str) -> String {
    const VARIED: &[char] = &['“', '”', '‘', '’', '"', '(', ')', '（', '）', '。', '，', ',', '；', ';'];
    text.chars().filter(|c| !c.is_whitespace() && !VARIED.contains(c)).collect()
}

/// Quotation marks inside quotation marks become single ones, as Chinese print has them: “‘两癌’免费检查”.
pub fn nest_quotes(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .map(|c| match c {
            '“' => {
                depth += 1;
                if depth.is_multiple_of(2) { '‘' } else { '“' }
            }
            '”' => {
                let closed = depth;
                depth = depth.saturating_sub(1);
                if closed > 0 && closed.is_multiple_of(2) { '’' } else { '”' }
            }
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_nested_and_left_alone_elsewhere() {
        assert_eq!(nest_quotes("印作““两癌”免费检查”，又作“检查”"), "印作“‘两癌’免费检查”，又作“检查”");
        assert_eq!(nest_quotes("”多了一个"), "”多了一个");
    }

    #[test]
    fn prints_of_the_same_words_compare_equal() {
        assert_eq!(plain("“两癌” 免费检查（人）。"), plain("两癌免费检查(人)"));
        assert_ne!(plain("新增蓄水能力"), plain("新增改善蓄水能力"));
    }
}
