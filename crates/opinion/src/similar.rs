//! How alike two wordings are, by the pairs of characters they share, in thousandths.

use std::collections::BTreeMap;

use minsheng_domain::wording::plain;

fn pairs(text: &str) -> BTreeMap<(char, char), usize> {
    let characters: Vec<char> = plain(text).chars().filter(|c| !c.is_ascii_punctuation() && *c != '、').collect();
    let mut pairs = BTreeMap::new();
    for pair in characters.windows(2) {
        *pairs.entry((pair[0], pair[1])).or_insert(0) += 1;
    }
    pairs
}

fn shared(left: &BTreeMap<(char, char), usize>, right: &BTreeMap<(char, char), usize>) -> usize {
    left.iter().map(|(pair, count)| right.get(pair).copied().unwrap_or(0).min(*count)).sum()
}

/// How alike two texts are: 1000 where they share all pairs.
pub(crate) fn alike(left: &str, right: &str) -> usize {
    let (left, right) = (pairs(left), pairs(right));
    let total: usize = left.values().sum::<usize>() + right.values().sum::<usize>();
    (shared(&left, &right) * 2000).checked_div(total).unwrap_or(0)
}

/// How much of a text stands in another: 1000 where all its pairs do.
pub(crate) fn within(text: &str, other: &str) -> usize {
    let (text, other) = (pairs(text), pairs(other));
    let total: usize = text.values().sum();
    (shared(&text, &other) * 1000).checked_div(total).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_grows_with_what_is_shared() {
        assert_eq!(alike("适老化改造", "适老化改造"), 1000);
        assert_eq!(alike("", "适老化改造"), 0);
        assert!(alike("新增蓄水能力", "新增改善蓄水能力") > 600);
        assert!(within("蓄水能力", "新增改善蓄水能力") == 1000 && within("水库除险", "新增蓄水能力") < 300);
    }
}
