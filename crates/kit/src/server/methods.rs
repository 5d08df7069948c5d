//! What the contract says about each method, by its path: whether it streams, whether its messages may be large, and the
//! name it has in metrics, so that callers cannot invent names.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use prost_reflect::{DescriptorPool, MessageDescriptor};

/// Services whose messages may hold a whole programme, or figures down to every village of a province.
const BULK: [&str; 9] = [
    "minsheng.catalogue.v1.ProgrammeService",
    "minsheng.ledger.v1.LedgerService",
    "minsheng.ranking.v1.StandingService",
    "minsheng.reporting.v1.ReportService",
    "minsheng.tier.v1.BundleMandatesService",
    "minsheng.tier.v1.BundleSetsService",
    "minsheng.tier.v1.FilingService",
    "minsheng.tier.v1.MandateService",
    "minsheng.verification.v1.CertificationService",
];

/// A method of the contract.
#[derive(Debug)]
pub(super) struct Method {
    /// Its path, as in metrics.
    pub(super) path: Arc<str>,
    /// Requests or answers come as a stream.
    pub(super) streams: bool,
    /// Messages may be as large as the limit for bulk.
    pub(super) bulk: bool,
    /// What it takes and gives, as far as the contract says.
    pub(super) messages: Option<Messages>,
}

/// What a method takes and gives.
#[derive(Debug)]
pub(super) struct Messages {
    pub(super) input: MessageDescriptor,
    pub(super) output: MessageDescriptor,
}

static UNKNOWN: LazyLock<Arc<Method>> =
    LazyLock::new(|| Arc::new(Method { path: Arc::from("unknown"), streams: false, bulk: false, messages: None }));

static METHODS: LazyLock<HashMap<String, Arc<Method>>> = LazyLock::new(|| {
    let health = DescriptorPool::decode(tonic_health::pb::FILE_DESCRIPTOR_SET).unwrap_or_default();
    let mut all = HashMap::new();
    for service in minsheng_proto::DESCRIPTORS.services().chain(health.services()) {
        let name = service.full_name();
        for method in service.methods() {
            let path = format!("/{name}/{}", method.name());
            let declared = Method {
                path: Arc::from(path.as_str()),
                streams: method.is_client_streaming() || method.is_server_streaming(),
                bulk: BULK.contains(&name),
                messages: Some(Messages { input: method.input(), output: method.output() }),
            };
            all.insert(path, Arc::new(declared));
        }
    }
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let reflection = Method { path: Arc::from(path.as_str()), streams: true, bulk: false, messages: None };
        all.insert(path, Arc::new(reflection));
    }
    all
});

/// The method of a path; an unknown one does not stream.
pub(super) fn find(path: &str) -> Arc<Method> {
    METHODS.get(path).unwrap_or(&UNKNOWN).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_large_messages_are_in_the_contract() {
        for service in BULK {
            let known = minsheng_proto::DESCRIPTORS.services().any(|known| known.full_name() == service);
            assert!(known, "{service}");
        }
        assert!(find("/minsheng.reporting.v1.ReportService/BatchFileReports").bulk);
        assert!(!find("/minsheng.identity.v1.SessionService/LogIn").bulk);
        assert!(
            find("/grpc.health.v1.Health/Watch").streams && find("/grpc.health.v1.Health/Check").messages.is_some()
        );
    }
}
