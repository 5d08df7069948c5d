//! Identity tokens: JWT, EdDSA and nothing else, one minute, for one service. Only the gateway speaks for accounts; a
//! service speaks for itself. Whatever is wrong with a token, the answer is the same.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::caller::{Caller, Role};
use super::keys::{KeyError, load_signing_key, load_trusted};
use crate::error::{Reason, Refusal};

/// Name of the one issuer that may speak for accounts.
pub const GATEWAY: &str = "gateway";
/// How long a token is good.
pub const TOKEN_SECONDS: i64 = 60;

/// How far the clocks of two machines may differ.
const CLOCK_SKEW_SECONDS: i64 = 5;
const MAX_TOKEN_BYTES: usize = 4096;
const MAX_KEPT: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    person: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    unit: String,
    division: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    roles: BTreeSet<Role>,
    /// The caller is the issuing service itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    service: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sid: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Makes tokens in an issuer's name.
#[derive(Clone)]
pub struct Signer {
    issuer: String,
    key: EncodingKey,
    header: Header,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer with the key of this file.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn open(issuer: &str, key_file: &Path) -> Result<Self, KeyError> {
        let key = load_signing_key(key_file)?;
        Self::new(issuer, &key).ok_or_else(|| KeyError::Format(key_file.to_owned()))
    }

    /// A signer with this key; none if the key cannot be encoded.
    pub fn new(issuer: &str, key: &SigningKey) -> Option<Self> {
        let der = key.to_pkcs8_der().ok()?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(issuer.to_owned());
        Some(Self { issuer: issuer.to_owned(), key: EncodingKey::from_ed_der(der.as_bytes()), header })
    }

    /// Whose name it signs in.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token that tells the service `audience` who calls, good for one minute from now.
    ///
    /// # Errors
    /// INTERNAL when signing fails.
    pub fn sign(&self, caller: &Caller, audience: &str, now: Timestamp) -> Result<String, Refusal> {
        let issued = now.as_second();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience.to_owned(),
            sub: caller.account.clone(),
            person: caller.person.clone(),
            unit: caller.unit.clone(),
            division: caller.division.clone(),
            roles: caller.roles.clone(),
            service: caller.is_service(),
            sid: caller.session.clone(),
            iat: issued,
            nbf: issued,
            exp: issued + TOKEN_SECONDS,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(|error| {
            tracing::error!(%error, "signing an identity");
            Refusal::new(Reason::Internal)
        })
    }
}

struct Kept {
    caller: Arc<Caller>,
    not_before: i64,
    expires: i64,
}

/// Verifies tokens meant for one service.
pub struct Verifier {
    audience: String,
    keys: HashMap<String, DecodingKey>,
    kept: Mutex<HashMap<[u8; 32], Kept>>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("audience", &self.audience).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier for the service `audience` that trusts every `<issuer>.pub` of the folder.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn open(audience: &str, trusted_dir: &Path) -> Result<Self, KeyError> {
        let trusted = load_trusted(trusted_dir)?;
        let keys = trusted.into_iter().map(|(issuer, key)| (issuer, DecodingKey::from_ed_der(key.as_bytes())));
        Ok(Self { audience: audience.to_owned(), keys: keys.collect(), kept: Mutex::new(HashMap::new()) })
    }

    /// The caller that a token proves.
    ///
    /// # Errors
    /// TOKEN_INVALID, whatever is wrong with it.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Caller>, Refusal> {
        let now = now.as_second();
        let fingerprint: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(kept) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&fingerprint) {
            return if is_current(kept.not_before, kept.expires, now) {
                Ok(kept.caller.clone())
            } else {
                Err(refused())
            };
        }
        let claims = self.decode(token).ok_or_else(refused)?;
        if !is_current(claims.nbf, claims.exp, now) {
            return Err(refused());
        }
        let (not_before, expires) = (claims.nbf, claims.exp);
        let caller = Arc::new(self.caller(claims).ok_or_else(refused)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, entry| entry.expires > now);
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
        }
        kept.insert(fingerprint, Kept { caller: caller.clone(), not_before, expires });
        Ok(caller)
    }

    fn decode(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let issuer = header.kid?;
        let key = self.keys.get(&issuer)?;
        // Times are checked against the injected clock, not by the library against the machine's.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?;
        Some(decoded.claims)
    }

    fn caller(&self, claims: Claims) -> Option<Caller> {
        let longest = TOKEN_SECONDS + CLOCK_SKEW_SECONDS;
        if claims.exp - claims.nbf > longest {
            return None;
        }
        if claims.service {
            let for_itself = claims.sub == claims.iss && claims.roles.is_empty() && claims.person.is_empty();
            return for_itself.then(|| Caller::service(claims.sub, claims.division));
        }
        if claims.iss != GATEWAY || claims.sub.is_empty() || claims.person.is_empty() {
            return None;
        }
        Some(Caller {
            account: claims.sub,
            person: claims.person,
            unit: claims.unit,
            division: claims.division,
            roles: claims.roles,
            service: None,
            session: claims.sid,
        })
    }
}

fn is_current(not_before: i64, expires: i64, now: i64) -> bool {
    now + CLOCK_SKEW_SECONDS >= not_before && now < expires
}

fn refused() -> Refusal {
    Refusal::new(Reason::TokenInvalid)
}
