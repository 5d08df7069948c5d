//! The ledgers' public keys: given by hand, or kept in the profile when first seen. A ledger that shows another key than
//! the one kept is not believed.

use std::path::Path;

use minsheng_kit::ledger::{LedgerFault, LedgerVerifier};
use minsheng_proto::ledger::v1::GetCheckpointRequest;

use super::fault;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::session::Session;

/// A verifier key, or the file that holds one.
pub(crate) fn read_key(given: &str) -> Outcome<String> {
    let path = Path::new(given);
    let key = if path.is_file() { file::text(path)? } else { given.to_owned() };
    let key = key.trim().to_owned();
    verifier(&key).map_err(|_| {
        Failure::usage(format!("“{given}”不是公钥，也不是公钥文件；公钥写作 minsheng/430923/reporting+编号+公钥"))
    })?;
    Ok(key)
}

/// Keys given by hand.
pub(crate) fn given_keys(given: &[String]) -> Outcome<Vec<String>> {
    given.iter().map(|text| read_key(text)).collect()
}

/// The verifier of a key.
pub(crate) fn verifier(key: &str) -> Outcome<LedgerVerifier> {
    LedgerVerifier::new(key).map_err(|error| fault(&LedgerFault::Head(error)))
}

/// The key of a ledger: the one kept, or the one that it shows when it is seen for the first time.
pub(crate) async fn key_of(session: &mut Session, ledger: &str) -> Outcome<String> {
    let request = GetCheckpointRequest { ledger: ledger.to_owned() };
    let shown = session.gateway.ledgers().get_checkpoint(request).await?.into_inner().verifier_key;
    match session.profile.ledger_keys.get(ledger) {
        Some(kept) if *kept == shown => Ok(shown),
        Some(kept) => Err(Failure::verification(format!("{ledger}的存证账换了公钥，不予采信"))
            .fault("原来", kept.as_str())
            .fault("现在", shown)
            .hint("请向运维人员核实；确认无误后从登录文件中删去旧公钥")),
        None => {
            verifier(&shown)?;
            session.output.remark(&format!("首次见到{ledger}存证账的公钥，已记入登录文件，请与公布的核对：{shown}"));
            session.profile.ledger_keys.insert(ledger.to_owned(), shown.clone());
            session.profile.save(&session.profile_path)?;
            Ok(shown)
        }
    }
}
