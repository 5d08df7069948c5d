//! Pages of lists: how many rows, and from where. A token belongs to the query it was made for and says nothing to others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::{Reason, Refusal};

const QUERY_HASH_BYTES: usize = 12;
const MAX_TOKEN_BYTES: usize = 2048;

/// How many rows a page may have.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    /// When nothing is asked for.
    pub default: u32,
    /// At most.
    pub max: u32,
}

/// 100 rows, at most 1000.
pub const LIST: PageLimits = PageLimits { default: 100, max: 1000 };

/// A page as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows wanted.
    pub size: u32,
    /// Key of the last row of the page before; none for the first page.
    pub after: Option<String>,
    query: [u8; QUERY_HASH_BYTES],
}

impl Page {
    /// Reads page_size and page_token of a query that is named by `query`: the method and every filter in order.
    /// A size above the maximum is the maximum.
    ///
    /// # Errors
    /// PAGE_SIZE_INVALID for a negative size, PAGE_TOKEN_INVALID for a token of another query.
    pub fn parse(limits: PageLimits, query: &[&str], page_size: i32, page_token: &str) -> Result<Page, Refusal> {
        let asked = u32::try_from(page_size).map_err(|_| {
            let limit = limits.max;
            Refusal::new(Reason::PageSizeInvalid).with("maximum", limit).field(
                "page_size",
                format!("须为0至{limit}"),
                format!("must be 0 to {limit}"),
            )
        })?;
        let size = if asked == 0 { limits.default } else { asked.min(limits.max) };
        let query = hash(query);
        if page_token.is_empty() {
            return Ok(Page { size, after: None, query });
        }
        let after = open(page_token, &query).ok_or_else(|| {
            Refusal::new(Reason::PageTokenInvalid).field(
                "page_token",
                "须为同一查询上一页给出的标记",
                "must be the token that the page before of the same query gave",
            )
        })?;
        Ok(Page { size, after: Some(after), query })
    }

    /// Rows to read: one more than the page has, to know whether there is another.
    pub fn fetch(&self) -> u64 {
        u64::from(self.size) + 1
    }

    /// Cuts what was read to the page and gives the token of the next one, empty at the end.
    pub fn cut<T>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> String) -> String {
        let size = self.size as usize;
        if rows.len() <= size {
            return String::new();
        }
        rows.truncate(size);
        rows.last().map(|last| self.token(&key(last))).unwrap_or_default()
    }

    /// The token of the page after the row with this key.
    pub fn token(&self, after: &str) -> String {
        let mut bytes = self.query.to_vec();
        bytes.extend_from_slice(after.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn open(token: &str, query: &[u8]) -> Option<String> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let after = bytes.strip_prefix(query)?;
    String::from_utf8(after.to_vec()).ok()
}

fn hash(query: &[&str]) -> [u8; QUERY_HASH_BYTES] {
    let mut hasher = Sha256::new();
    for part in query {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes() {
        let size = |asked| Page::parse(LIST, &["m"], asked, "").map(|page| page.size);
        assert_eq!(size(0).unwrap(), 100);
        assert_eq!(size(1).unwrap(), 1);
        assert_eq!(size(i32::MAX).unwrap(), 1000);
        assert_eq!(size(-1).unwrap_err().reason, Reason::PageSizeInvalid);
        assert_eq!(size(i32::MIN).unwrap_err().reason, Reason::PageSizeInvalid);
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all: Vec<u32> = (0..25).collect();
        let mut seen = Vec::new();
        let mut token = String::new();
        loop {
            let page = Page::parse(LIST, &["ListUnits", "430923"], 10, &token).unwrap();
            let after = page.after.as_ref().map(|key| key.parse::<u32>().unwrap());
            let read = all.iter().copied().filter(|row| after.is_none_or(|after| *row > after));
            let mut rows: Vec<u32> = read.take(usize::try_from(page.fetch()).unwrap()).collect();
            token = page.cut(&mut rows, u32::to_string);
            seen.append(&mut rows);
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_token_of_another_query_is_refused() {
        let page = Page::parse(LIST, &["ListReports", "programmes/430923-2023", "jyj"], 10, "").unwrap();
        let token = page.token("3.2");
        let other = Page::parse(LIST, &["ListReports", "programmes/430923-2023", "wjj"], 10, &token);
        assert_eq!(other.unwrap_err().reason, Reason::PageTokenInvalid);
        for forged in ["3.2", "====", "AAAA", &"A".repeat(5000)] {
            let answer = Page::parse(LIST, &["ListReports", "programmes/430923-2023", "jyj"], 10, forged);
            assert_eq!(answer.unwrap_err().reason, Reason::PageTokenInvalid);
        }
    }
}
