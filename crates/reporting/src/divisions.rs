//! Divisions that are known to be there, kept in memory: one that the catalogue has made is never taken away, so that it
//! need be looked up only once.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;

use crate::entity::division;

/// Codes of divisions that were found so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Divisions(Arc<RwLock<HashSet<String>>>);

impl Divisions {
    /// The division's row, unless it is known.
    pub(crate) fn wants(&self, code: &str, wants: &mut Wants) {
        if !self.is_known(code) {
            wants.row::<division::Entity>(code);
        }
    }

    /// Whether there is a division of this code; it must have been asked for.
    pub(crate) fn exists(&self, code: &str, context: &Context<'_>) -> bool {
        if self.is_known(code) {
            return true;
        }
        let exists = context.get::<division::Entity>(code).is_some();
        if exists {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(code.to_owned());
        }
        exists
    }

    fn is_known(&self, code: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(code)
    }
}
