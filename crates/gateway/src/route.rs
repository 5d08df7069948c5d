//! Where each method of the contract is answered: here, or by the service that owns its package. What the contract does
//! not hold is not passed on.

use std::collections::HashMap;

use minsheng_proto::DESCRIPTORS;

/// The services behind the door, which are also the audiences of identities.
pub(crate) const UPSTREAMS: [&str; 4] = ["catalogue", "reporting", "verification", "ranking"];

const LEDGER_SERVICE: &str = "minsheng.ledger.v1.LedgerService";
const MANDATE_SERVICE: &str = "minsheng.tier.v1.MandateService";
const FILING_SERVICE: &str = "minsheng.tier.v1.FilingService";
const UPLINK_SERVICE: &str = "minsheng.tier.v1.UplinkService";
const BUNDLE_SERVICE: &str = "minsheng.tier.v1.BundleService";
const BUNDLE_ENROLMENT_SERVICE: &str = "minsheng.tier.v1.BundleEnrolmentService";
const BUNDLE_SETS_SERVICE: &str = "minsheng.tier.v1.BundleSetsService";
const BUNDLE_MANDATES_SERVICE: &str = "minsheng.tier.v1.BundleMandatesService";
const TRACE_SERVICE: &str = "minsheng.tier.v1.TraceService";
const ENROLMENT_SERVICE: &str = "minsheng.tier.v1.EnrolmentService";
const WITNESS_SERVICE: &str = "minsheng.tier.v1.WitnessService";

/// The methods that need no proof of who calls, beside health: they check a password or a code themselves.
const OPEN: [&str; 2] = ["/minsheng.identity.v1.SessionService/LogIn", "/minsheng.tier.v1.EnrolmentService/Enrol"];

/// Whether anybody may call it.
pub(crate) fn is_open_to_everybody(method: &str) -> bool {
    OPEN.contains(&method)
}

/// Whether a lower tier may call it.
pub(crate) fn is_for_tiers(method: &str) -> bool {
    let of = |service: &str| method.strip_prefix('/').and_then(|path| path.strip_prefix(service)?.strip_prefix('/'));
    of(ENROLMENT_SERVICE) == Some("Renew")
        || [WITNESS_SERVICE, MANDATE_SERVICE, FILING_SERVICE].into_iter().any(|service| of(service).is_some())
}

/// Whether a service of this tier may call it: to have it passed on to the parent.
pub(crate) fn is_for_services(method: &str) -> bool {
    let of = |service: &str| method.strip_prefix('/').and_then(|path| path.strip_prefix(service)?.strip_prefix('/'));
    [MANDATE_SERVICE, FILING_SERVICE].into_iter().any(|service| of(service).is_some())
}

/// Whether a lower tier files figures by it.
pub(crate) fn files_figures(method: &str) -> bool {
    method.strip_prefix('/').and_then(|path| path.strip_prefix(FILING_SERVICE)) == Some("/FileSets")
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The gateway itself.
    Here,
    /// The service with this name.
    Upstream(&'static str),
    /// Whoever keeps the ledger that the request names.
    Ledger,
    /// For a lower tier the service with this name; for a service of this tier the parent.
    BetweenTiers(&'static str),
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    pub(crate) target: Target,
    /// Requests or answers come as a stream.
    pub(crate) streams: bool,
}

/// All methods by path.
#[derive(Debug)]
pub(crate) struct Methods(HashMap<String, Method>);

impl Methods {
    pub(crate) fn of_the_contract() -> Self {
        let mut methods = HashMap::new();
        for service in DESCRIPTORS.services() {
            let Some(target) = target(service.full_name(), service.parent_file().package_name()) else {
                continue;
            };
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let streams = method.is_client_streaming() || method.is_server_streaming();
                methods.insert(path, Method { target, streams });
            }
        }
        Self(methods)
    }

    pub(crate) fn find(&self, path: &str) -> Option<Method> {
        self.0.get(path).copied()
    }
}

/// The service with this name.
pub(crate) fn upstream(name: &str) -> Option<&'static str> {
    UPSTREAMS.into_iter().find(|upstream| *upstream == name)
}

fn target(service: &str, package: &str) -> Option<Target> {
    if service == LEDGER_SERVICE {
        return Some(Target::Ledger);
    }
    match service {
        MANDATE_SERVICE => return upstream("catalogue").map(Target::BetweenTiers),
        FILING_SERVICE => return upstream("reporting").map(Target::BetweenTiers),
        UPLINK_SERVICE | TRACE_SERVICE | BUNDLE_SETS_SERVICE => return upstream("reporting").map(Target::Upstream),
        BUNDLE_MANDATES_SERVICE => return upstream("catalogue").map(Target::Upstream),
        BUNDLE_SERVICE | BUNDLE_ENROLMENT_SERVICE | ENROLMENT_SERVICE | WITNESS_SERVICE => return Some(Target::Here),
        _ => {}
    }
    let owner = package.strip_prefix("minsheng.")?.strip_suffix(".v1")?;
    match owner {
        "identity" => Some(Target::Here),
        owner => upstream(owner).map(Target::Upstream),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_method_of_the_contract_has_an_owner() {
        let methods = Methods::of_the_contract();
        let declared: usize = DESCRIPTORS.services().map(|service| service.methods().count()).sum();
        assert!(declared > 50);
        assert_eq!(methods.0.len(), declared);
        let target = |path: &str| methods.find(path).map(|method| (method.target, method.streams));
        assert_eq!(target("/minsheng.identity.v1.SessionService/LogIn"), Some((Target::Here, false)));
        assert_eq!(target("/minsheng.ledger.v1.LedgerService/Watch"), Some((Target::Ledger, true)));
        assert_eq!(
            target("/minsheng.reporting.v1.EvidenceService/UploadEvidence"),
            Some((Target::Upstream("reporting"), true))
        );
        assert_eq!(target("/minsheng.reporting.v1.EvidenceService/Delete"), None);
        assert_eq!(target("/made.up.v1.Service/Method"), None);
    }
}
