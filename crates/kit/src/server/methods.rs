//! What the contract says about each method, by its path: whether it streams, and the name it has in metrics, so that
//! callers cannot invent names.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// A method of the contract.
#[derive(Debug)]
pub(super) struct Method {
    /// Its path, as in metrics.
    pub(super) path: Arc<str>,
    /// Requests or answers come as a stream.
    pub(super) streams: bool,
}

static UNKNOWN: LazyLock<Arc<Method>> =
    LazyLock::new(|| Arc::new(Method { path: Arc::from("unknown"), streams: false }));

static METHODS: LazyLock<HashMap<String, Arc<Method>>> = LazyLock::new(|| {
    let declared = minsheng_proto::DESCRIPTORS.services().flat_map(|service| {
        let name = service.full_name().to_owned();
        let methods: Vec<(String, bool)> = service
            .methods()
            .map(|method| {
                (format!("/{name}/{}", method.name()), method.is_client_streaming() || method.is_server_streaming())
            })
            .collect();
        methods
    });
    let standard = [
        ("/grpc.health.v1.Health/Check".to_owned(), false),
        ("/grpc.health.v1.Health/Watch".to_owned(), true),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned(), true),
    ];
    let all = declared.chain(standard);
    all.map(|(path, streams)| (path.clone(), Arc::new(Method { path: Arc::from(path), streams }))).collect()
});

/// The method of a path; an unknown one does not stream.
pub(super) fn find(path: &str) -> Arc<Method> {
    METHODS.get(path).unwrap_or(&UNKNOWN).clone()
}
