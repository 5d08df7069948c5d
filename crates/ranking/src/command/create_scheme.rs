//! The next version of a scoring scheme; a version is never changed.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::ranking::v1::{CreateSchemeRequest, CreateSchemeResponse, Scheme, SchemeCreated};
use prost::Message;

use crate::entity::scheme;
use crate::names;
use crate::scheme::rules;

/// Makes a version.
#[derive(Debug)]
pub struct CreateScheme {
    scheme: Scheme,
}

impl CreateScheme {
    /// Reads the request.
    ///
    /// # Errors
    /// FIELD_REQUIRED, FIELD_OUTPUT_ONLY, SCHEME_INVALID with the fields at fault.
    pub fn parse(request: &CreateSchemeRequest) -> Result<Self, Refusal> {
        let scheme = request.scheme.clone().ok_or_else(|| Refusal::required("scheme"))?;
        if scheme.version != 0 {
            return Err(Refusal::output_only("scheme.version"));
        }
        rules(&scheme)?;
        Ok(Self { scheme })
    }
}

impl Command for CreateScheme {
    type Answer = CreateSchemeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.group::<scheme::Entity>(self.scheme.name.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<CreateSchemeResponse, Refusal> {
        context.authorise(Action::CreateScheme, &Resource::new("scheme"))?;
        let versions = context.group::<scheme::Entity>(&self.scheme.name);
        let version = versions.iter().map(|row| row.version).max().unwrap_or(0).checked_add(1);
        let version = version.ok_or_else(|| Refusal::new(Reason::SchemeInvalid))?;
        let scheme = Scheme { version, ..self.scheme.clone() };
        put(context, &scheme);
        Ok(CreateSchemeResponse { scheme: Some(scheme), receipt: None })
    }
}

/// Stores a version and records it.
pub(super) fn put(context: &mut Context<'_>, scheme: &Scheme) {
    context.record(&scheme.name, &SchemeCreated { scheme: Some(scheme.clone()) });
    context.put::<scheme::Entity>(scheme::Model {
        name: names::version(&scheme.name, scheme.version),
        scheme: scheme.name.clone(),
        version: scheme.version,
        definition: scheme.encode_to_vec(),
    });
}
