//! At the first start: the schemes that come with the software become version 1. One that is there already is left alone.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::Scheme;

use super::create_scheme::put;
use crate::entity::scheme;
use crate::scheme::embedded;

/// Makes what is missing.
#[derive(Debug)]
pub struct EmbedSchemes {
    schemes: Vec<Scheme>,
}

impl EmbedSchemes {
    /// Reads the embedded schemes.
    ///
    /// # Errors
    /// REQUEST_INVALID for a damaged one.
    pub fn new() -> Result<Self, Refusal> {
        Ok(Self { schemes: embedded()? })
    }
}

impl Command for EmbedSchemes {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        for scheme in &self.schemes {
            wants.group::<scheme::Entity>(scheme.name.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        for scheme in &self.schemes {
            if context.group::<scheme::Entity>(&scheme.name).is_empty() {
                put(context, scheme);
            }
        }
        Ok(())
    }
}
