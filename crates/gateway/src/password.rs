//! Passwords: what one must be like, and argon2id on a bounded number of threads, so that guesses cost the guesser and not
//! the calls beside them. Accounts known by source or device have turns of their own.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::service::StartError;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::PasswordSettings;

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 200;
const MIN_DIFFERENT: usize = 6;
/// Checks that may wait for a turn, and for how long.
const WAITING: usize = 256;
const WAIT: Duration = Duration::from_secs(10);
/// What people begin with; a password is not longer for holding it.
const COMMON: &[&str] = &[
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyuiop",
    "qwerty",
    "asdfgh",
    "letmein",
    "welcome",
    "iloveyou",
    "woaini",
];

/// Whether a password is long enough and not easily guessed.
///
/// # Errors
/// PASSWORD_WEAK, naming the field and what is missing.
pub(crate) fn check_strength(field: &str, password: &str, account: &str) -> Result<(), Refusal> {
    let weak = |zh: &str, en: &str| Err(Refusal::new(Reason::PasswordWeak).field(field, zh, en));
    let count = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&count) {
        return weak("须为12至200个字符", "must be 12 to 200 characters");
    }
    let mut rest = password.to_lowercase();
    if account.len() >= 4 && rest.contains(account) {
        return weak("不能包含账号", "must not hold the account's id");
    }
    for common in COMMON {
        rest = rest.replace(common, "");
    }
    let characters: Vec<u32> = rest.chars().map(u32::from).collect();
    let mut different = characters.clone();
    different.sort_unstable();
    different.dedup();
    let foreseeable = characters.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    if different.len() < MIN_DIFFERENT || foreseeable * 2 > characters.len() {
        return weak(
            "太容易猜出：避免重复、连续的字符和常见的词",
            "is too easily guessed: avoid repeated, consecutive characters and common words",
        );
    }
    Ok(())
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Anybody.
    Anyone,
    /// An account from a source or device it is known by.
    Known,
}

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    params: Params,
    anyone: Arc<Semaphore>,
    known: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What is checked when there is no such account, so that it takes as long.
    nobody: Arc<str>,
}

/// Permission to use a thread.
#[derive(Debug)]
pub(crate) struct Turn {
    params: Params,
    nobody: Arc<str>,
    _permit: OwnedSemaphorePermit,
}

impl Hasher {
    /// With the cost of the settings.
    ///
    /// # Errors
    /// When argon2 does not know such a cost.
    pub(crate) fn new(settings: &PasswordSettings) -> Result<Self, StartError> {
        let unusable = |_: argon2::Error| StartError::Value {
            key: "password",
            zh: "中的memory_kib至少为8，passes至少为1",
            en: "needs memory_kib of 8 or more and passes of 1 or more",
        };
        let params = Params::new(settings.memory_kib, settings.passes, 1, None).map_err(unusable)?;
        let threads = settings.threads.max(1) as usize;
        let nobody = hash(&params, "no account has this", &salt(&["nobody"]))
            .map_err(|refusal| StartError::Other(refusal.to_string()))?;
        Ok(Self {
            params,
            anyone: Arc::new(Semaphore::new(threads)),
            known: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            nobody: nobody.into(),
        })
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// LOGIN_THROTTLED when too many wait, or it takes too long.
    pub(crate) async fn turn(&self, lane: Lane) -> Result<Turn, Refusal> {
        let throttled = || Refusal::new(Reason::LoginThrottled).with("retry_after_seconds", WAIT.as_secs());
        let lane = match lane {
            Lane::Anyone => &self.anyone,
            Lane::Known => &self.known,
        };
        let _waiting = self.waiting.try_acquire().map_err(|_| throttled())?;
        let turn = tokio::time::timeout(WAIT, lane.clone().acquire_owned()).await;
        let permit = turn.ok().and_then(Result::ok).ok_or_else(throttled)?;
        Ok(Turn { params: self.params.clone(), nobody: self.nobody.clone(), _permit: permit })
    }
}

impl Turn {
    /// Whether the password is the one of this hash; without a hash it takes as long, and is not.
    pub(crate) async fn verify(self, password: String, stored: Option<String>) -> Result<bool, Refusal> {
        on_a_thread(move || {
            let known = stored.is_some();
            let against = stored.unwrap_or_else(|| self.nobody.to_string());
            let parsed = PasswordHash::new(&against).map_err(|error| broken(&error))?;
            let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(right && known && password.len() <= MAX_CHARS * 4)
        })
        .await
    }

    /// The hash of a new password. Its salt comes from the names of this one change, which are never used twice; so a
    /// repeated request has the same hash, and nothing that is faster to guess from needs to be stored.
    pub(crate) async fn hash(self, password: String, change: &[&str]) -> Result<String, Refusal> {
        let salt = salt(change);
        on_a_thread(move || hash(&self.params, &password, &salt)).await
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| broken(&error))?
}

fn hash(params: &Params, password: &str, salt: &[u8]) -> Result<String, Refusal> {
    let salt = SaltString::encode_b64(salt).map_err(|error| broken(&error))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hashed = hasher.hash_password(password.as_bytes(), &salt).map_err(|error| broken(&error))?;
    Ok(hashed.to_string())
}

fn salt(change: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in change {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    std::array::from_fn(|index| digest[index])
}

fn broken(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "password hashing");
    Refusal::new(Reason::Internal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn weak_passwords_are_refused_and_others_not() {
        let check = |password: &str| check_strength("password", password, "jyj.head").map_err(|refusal| refusal.reason);
        for weak in [
            "",
            "Ab3$Ab3$Ab3",
            "aaaaaaaaaaaaaaaa",
            "123456789012",
            "abcdefghijkl",
            "password1234",
            "Passw0rdQwerty1",
            "xx-jyj.head-2023!",
            "121212121212121",
        ] {
            assert_eq!(check(weak), Err(Reason::PasswordWeak), "{weak}");
        }
        assert_eq!(check(&"Kx9!m".repeat(50)), Err(Reason::PasswordWeak));
        for good in ["correct horse battery", "安化县二零二三年民生实事项目", "Minsheng-2023-demo", "g7#Kd92!mQx0"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn a_password_is_recognised_and_nobody_has_one() {
        let hasher = Hasher::new(&PasswordSettings { memory_kib: 64, passes: 1, threads: 1 }).unwrap();
        let change = ["accounts/jyj.head", "P9", "r1"];
        let turn = hasher.turn(Lane::Anyone).await.unwrap();
        let stored = turn.hash("g7#Kd92!mQx0".into(), &change).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        let again = hasher.turn(Lane::Anyone).await.unwrap().hash("g7#Kd92!mQx0".into(), &change).await.unwrap();
        assert_eq!(stored, again);
        let other = hasher.turn(Lane::Anyone).await.unwrap().hash("g7#Kd92!mQx0".into(), &["x"]).await.unwrap();
        assert_ne!(stored, other);
        let verify = async |password: &str, stored: Option<String>| {
            hasher.turn(Lane::Known).await.unwrap().verify(password.into(), stored).await.unwrap()
        };
        assert!(verify("g7#Kd92!mQx0", Some(stored.clone())).await);
        assert!(!verify("g7#Kd92!mQx1", Some(stored)).await);
        assert!(!verify("no account has this", None).await);
    }
}
