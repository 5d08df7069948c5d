//! Who calls: signed identities of one minute, made by the gateway for accounts and by each service for itself, verified
//! by every service. Each issuer has an Ed25519 key of its own; its public half lies in the folder of trusted keys.

mod caller;
mod keys;
mod layer;
mod token;

#[cfg(test)]
mod tests;

pub use caller::{Caller, Role};
pub use keys::{KeyError, KeyRing, ensure_signing_key, load_public_key, load_signing_key};
pub(crate) use keys::{load_private_text, write_once};
pub use layer::{Authenticate, SignedIdentities, bearer, caller, is_open_method, strip_claims_of_others};
pub use token::{GATEWAY, Signer, TOKEN_SECONDS, Verifier};
