//! What callers write about tiers: divisions, addresses, fingerprints, codes, ledgers with their keys, reasons.

use std::collections::BTreeSet;

use http::Uri;
use http::uri::Scheme;
use minsheng_kit::clock;
use minsheng_kit::error::Refusal;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_proto::tier::v1::LedgerKey;
use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};

/// Characters of a code that cannot be taken for one another.
const CODE_SYMBOLS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CODE_GROUPS: usize = 5;
const CODE_GROUP: usize = 5;
const MOST_REASON_CHARS: usize = 500;
const MOST_LEDGERS: usize = 16;
const MOST_DIVISION_DIGITS: usize = 12;

/// A new code of 125 bits, in groups that can be read aloud.
pub(crate) fn new_code() -> String {
    let mut bytes = [0; CODE_GROUPS * CODE_GROUP];
    OsRng.fill_bytes(&mut bytes);
    let symbols: Vec<u8> = bytes.iter().map(|byte| CODE_SYMBOLS[usize::from(byte & 31)]).collect();
    let groups: Vec<String> =
        symbols.chunks(CODE_GROUP).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join("-")
}

/// What is stored and looked up of a code, however it was typed.
pub(crate) fn code_sha256(code: &str) -> String {
    hex::encode(Sha256::digest(symbols(code).collect::<String>()))
}

/// What seals the files of whoever enrols by a code without a line. It is not told by what is stored of the code elsewhere.
pub(crate) fn file_secret(code: &str) -> String {
    let symbols: String = symbols(code).collect();
    hex::encode(Sha256::digest(format!("minsheng enrolment by file v1\n{symbols}")))
}

fn symbols(code: &str) -> impl Iterator<Item = char> {
    let symbols = code.chars().filter(char::is_ascii_alphanumeric).map(|symbol| symbol.to_ascii_uppercase());
    symbols.take(64)
}

/// The code of a division: 2 to 12 digits.
pub(crate) fn read_division(field: &str, code: &str) -> Result<String, Refusal> {
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (2..=MOST_DIVISION_DIGITS).contains(&code.len()) {
        return Ok(code.to_owned());
    }
    Err(Refusal::invalid(field, "须为2至12位数字的行政区划代码", "must be a division's code of 2 to 12 digits"))
}

/// SHA-256 in hex, with colons or without.
pub(crate) fn read_fingerprint(text: &str) -> Result<String, Refusal> {
    let hex: String = text.chars().filter(|symbol| *symbol != ':').collect::<String>().to_lowercase();
    match hex::decode(&hex) {
        Ok(bytes) if bytes.len() == 32 => Ok(hex),
        _ => Err(Refusal::invalid("fingerprint", "须为64位十六进制的SHA-256", "must be SHA-256 in 64 hex digits")),
    }
}

/// An https address without a path.
pub(crate) fn read_address(url: &str) -> Result<Uri, Refusal> {
    let address: Option<Uri> = url.parse().ok();
    let good = |address: &Uri| {
        address.scheme() == Some(&Scheme::HTTPS) && address.host().is_some() && matches!(address.path(), "" | "/")
    };
    address
        .filter(good)
        .ok_or_else(|| Refusal::invalid("url", "须为https://主机:端口的形式", "must be of the form https://host:port"))
}

/// A stored moment as it travels; 0 is none.
pub(crate) fn moment(milliseconds: i64) -> Option<prost_types::Timestamp> {
    let moment = jiff::Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds != 0);
    moment.map(clock::to_proto)
}

/// A reason that people gave.
pub(crate) fn read_reason(text: &str) -> Result<String, Refusal> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Refusal::required("reason"));
    }
    if trimmed.chars().count() > MOST_REASON_CHARS || trimmed.chars().any(|symbol| symbol.is_control()) {
        return Err(Refusal::invalid(
            "reason",
            format!("须为1至{MOST_REASON_CHARS}个字符，不含控制字符"),
            format!("must be 1 to {MOST_REASON_CHARS} characters without control characters"),
        ));
    }
    Ok(trimmed.to_owned())
}

/// The ledgers of a tier: each once, each of that division, each with a key of its own name.
pub(crate) fn read_ledgers(division: &str, ledgers: Vec<LedgerKey>) -> Result<Vec<LedgerKey>, Refusal> {
    let of_division = format!("minsheng/{division}/");
    let mut seen = BTreeSet::new();
    for (index, ledger) in ledgers.iter().enumerate() {
        let named = ledger.origin.strip_prefix(&of_division).is_some_and(|name| {
            !name.is_empty() && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        });
        let signed = LedgerVerifier::new(&ledger.verifier_key).is_ok_and(|key| key.origin() == ledger.origin);
        if !named || !signed || index >= MOST_LEDGERS || !seen.insert(&ledger.origin) {
            return Err(Refusal::invalid(
                format!("ledgers[{index}]"),
                format!("须为{of_division}下的存证账及其公钥，各一次"),
                format!("must be a ledger under {of_division} with its own key, each once"),
            ));
        }
    }
    Ok(ledgers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let code = new_code();
        assert_eq!(code.len(), 29);
        assert_ne!(code, new_code());
        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        assert_eq!(code_sha256(&code), code_sha256(&typed));
        assert_ne!(code_sha256(&code), code_sha256(&code[1..]));
    }

    #[test]
    fn what_is_no_address_or_fingerprint_is_refused() {
        assert!(read_address("https://parent.example:50050").is_ok() && read_address("https://10.0.0.1/").is_ok());
        for url in ["", "http://parent:1", "parent:50050", "https://", "https://parent/path", "ftp://parent"] {
            assert!(read_address(url).is_err(), "{url}");
        }
        let hex = "AB:".repeat(31) + "cd";
        assert_eq!(read_fingerprint(&hex).unwrap(), "ab".repeat(31) + "cd");
        assert!(read_fingerprint("ab").is_err() && read_fingerprint(&"zz".repeat(32)).is_err());
        for division in ["", "4", "43092x", "4309230010020"] {
            assert!(read_division("division", division).is_err(), "{division}");
        }
    }
}
