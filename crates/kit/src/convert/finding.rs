//! Findings as they travel, each with an id that stays the same as long as what was found does.

use minsheng_domain::finding::{Finding, Severity};
use minsheng_proto::common::v1 as proto;
use sha2::{Digest, Sha256};

/// A finding as it travels.
pub fn to_proto(finding: &Finding) -> proto::Finding {
    let severity = match finding.severity {
        Severity::Error => proto::Severity::Error,
        Severity::Warning => proto::Severity::Warning,
        Severity::Note => proto::Severity::Note,
    };
    proto::Finding {
        code: finding.code.to_ascii_uppercase(),
        severity: severity.into(),
        field: finding.field.clone(),
        message: finding.zh.clone(),
        message_en: finding.en.clone(),
        facts: finding.facts.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect(),
        id: id(finding),
    }
}

/// The finding's id within its document: 16 hexadecimal digits that follow from code, field and facts, not from wording.
pub fn id(finding: &Finding) -> String {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    part(finding.code);
    part(&finding.field);
    for (name, text) in &finding.facts {
        part(name);
        part(text);
    }
    hex::encode(&hasher.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_follows_from_what_was_found() {
        let found = |zh: &str, printed: u32| {
            to_proto(&Finding::warning("sum_differs", "allocation_table", zh, "sum").fact("printed", printed))
        };
        let first = found("合计不符", 20400);
        assert_eq!(first.code, "SUM_DIFFERS");
        assert_eq!(first.id.len(), 16);
        assert_eq!(first.id, found("另一种说法", 20400).id);
        assert_ne!(first.id, found("合计不符", 20401).id);
        assert_eq!(first.facts["printed"], "20400");
    }
}
