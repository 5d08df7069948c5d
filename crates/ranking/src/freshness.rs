//! Whether everything that the followed ledgers are known to hold has been applied: a snapshot is not sealed over figures
//! that are known to be on their way.

use std::sync::Arc;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::follower::FollowerState;
use tokio::sync::watch;

/// How far each followed ledger is applied. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Freshness(Arc<Vec<(&'static str, watch::Receiver<FollowerState>)>>);

impl Freshness {
    /// Of these followers.
    pub(crate) fn of(followers: Vec<(&'static str, watch::Receiver<FollowerState>)>) -> Self {
        Self(Arc::new(followers))
    }

    /// Refuses while a ledger is known to be longer than what was applied of it, or is refused as not extending it.
    ///
    /// # Errors
    /// FIGURES_BEHIND with the ledger.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        for (ledger, follower) in self.0.iter() {
            let state = follower.borrow();
            if state.refused.is_some() || state.applied < state.known {
                return Err(Refusal::new(Reason::FiguresBehind)
                    .with("ledger", ledger)
                    .with("applied", state.applied)
                    .with("known", state.known));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_known_and_not_applied_holds_a_publication_back() {
        let (sender, receiver) = watch::channel(FollowerState::default());
        let freshness = Freshness::of(vec![("verification", receiver)]);
        assert!(freshness.check().is_ok());
        sender.send_modify(|state| state.known = 3);
        let refusal = freshness.check().unwrap_err();
        assert_eq!((refusal.reason, refusal.metadata["ledger"].as_str()), (Reason::FiguresBehind, "verification"));
        sender.send_modify(|state| state.applied = 3);
        assert!(freshness.check().is_ok());
        sender.send_modify(|state| state.refused = Some("forked".into()));
        assert!(freshness.check().is_err());
    }
}
