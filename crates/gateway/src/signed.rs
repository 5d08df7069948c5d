//! The identity that goes with a call to a service: signed for that one service, good for a minute, used for half of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use jiff::Timestamp;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, Signer, TOKEN_SECONDS};

const MOST_KEPT: usize = 20_000;

/// Signs identities and keeps them for a while.
#[derive(Debug)]
pub(crate) struct Identities {
    signer: Signer,
    kept: Mutex<HashMap<(String, &'static str), Kept>>,
}

#[derive(Debug)]
struct Kept {
    caller: Arc<Caller>,
    made: Timestamp,
    header: HeaderValue,
}

impl Kept {
    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..TOKEN_SECONDS / 2).contains(&(now.as_second() - self.made.as_second()))
    }
}

impl Identities {
    pub(crate) fn new(signer: Signer) -> Self {
        Self { signer, kept: Mutex::default() }
    }

    /// The authorization header that tells the service `audience` who calls.
    ///
    /// # Errors
    /// INTERNAL when signing fails.
    pub(crate) fn header(
        &self,
        caller: &Arc<Caller>,
        audience: &'static str,
        now: Timestamp,
    ) -> Result<HeaderValue, Refusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (caller.session.clone(), audience);
        if let Some(known) = kept.get(&key).filter(|known| known.is_fresh(now) && known.caller == *caller) {
            return Ok(known.header.clone());
        }
        let token = self.signer.sign(caller, audience, now)?;
        let mut header =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Refusal::new(Reason::Internal))?;
        header.set_sensitive(true);
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, known| known.is_fresh(now));
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
        }
        kept.insert(key, Kept { caller: caller.clone(), made: now, header: header.clone() });
        Ok(header)
    }
}
