//! Programme versions as cases are decided by them: as the domain reads them.

use minsheng_domain::programme::{Indicator, Programme};
use minsheng_kit::catalogue;
use minsheng_kit::error::{Reason, Refusal};

/// Versions read so far.
pub(crate) type Programmes = catalogue::Programmes<Programme>;

/// Nothing is read yet.
pub(crate) fn programmes() -> Programmes {
    Programmes::new(|version| Ok(version.programme))
}

/// An indicator of a programme.
pub(crate) fn indicator<'a>(programme: &'a Programme, code: &str) -> Result<&'a Indicator, Refusal> {
    let found = programme.indicators().map(|(_, indicator)| indicator).find(|indicator| indicator.code == code);
    found.ok_or_else(|| internal("a report on an indicator that its programme version does not have"))
}

/// What cannot happen as long as ledgers say the truth: logged, and the caller learns no more.
pub(crate) fn internal(what: &str) -> Refusal {
    tracing::error!(what, "what is stored or followed contradicts itself");
    Refusal::new(Reason::Internal)
}
