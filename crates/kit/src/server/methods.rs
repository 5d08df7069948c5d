//! What the contract says about each method, by its path: whether it streams, whether its messages may be large, and the
//! name it has in metrics, so that callers cannot invent names.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

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
}

static UNKNOWN: LazyLock<Arc<Method>> =
    LazyLock::new(|| Arc::new(Method { path: Arc::from("unknown"), streams: false, bulk: false }));

static METHODS: LazyLock<HashMap<String, Arc<Method>>> = LazyLock::new(|| {
    let declared = minsheng_proto::DESCRIPTORS.services().flat_map(|service| {
        let name = service.full_name().to_owned();
        let bulk = BULK.contains(&name.as_str());
        let methods: Vec<(String, bool, bool)> = service
            .methods()
            .map(|method| {
                let streams = method.is_client_streaming() || method.is_server_streaming();
                (format!("/{name}/{}", method.name()), streams, bulk)
            })
            .collect();
        methods
    });
    let standard = [
        ("/grpc.health.v1.Health/Check".to_owned(), false, false),
        ("/grpc.health.v1.Health/Watch".to_owned(), true, false),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned(), true, false),
        ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo".to_owned(), true, false),
    ];
    let all = declared.chain(standard);
    let method = |(path, streams, bulk): (String, bool, bool)| {
        (path.clone(), Arc::new(Method { path: Arc::from(path), streams, bulk }))
    };
    all.map(method).collect()
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
    }
}
