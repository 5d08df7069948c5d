//! The catalogue as it is deployed: opened from its settings, behind kit's server on a port, called with a signed identity.

use std::sync::Arc;

use crate::house::{divisions, office, refused};
use minsheng_catalogue::{Migrator, NAME, Settings};
use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::Reason;
use minsheng_kit::identity::{GATEWAY, KeyRing};
use minsheng_kit::policy::Policies;
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::{CommonSettings, SERVICES, Service, Surroundings};
use minsheng_kit::telemetry::Readiness;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::{GetDivisionRequest, ImportDivisionsRequest};
use minsheng_testkit::moment;
use tokio_util::sync::CancellationToken;
use tonic::Request;
use tonic::transport::Endpoint;

#[tokio::test]
async fn it_serves_signed_callers_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(moment("2023-06-10T12:00:00+08:00")));
    let listen = "[server]\nlisten = \"127.0.0.1:0\"\n";
    let settings: Settings = minsheng_kit::settings::load_with(Settings::DEFAULTS, Some(("test", listen)), []).unwrap();
    let cancel = CancellationToken::new();
    let surroundings = Surroundings {
        folder: folder.path().to_owned(),
        clock: clock.clone(),
        policies: Arc::new(Policies::load().unwrap()),
        cancel: cancel.clone(),
    };
    let common = CommonSettings {
        division: &settings.division,
        server: &settings.server,
        database: &settings.database,
        ledger: &settings.ledger,
        identity: &settings.identity,
    };
    let readiness = Readiness::default();
    let server = BoundServer::bind(&settings.server, readiness.clone()).await.unwrap();
    let address = server.addr();
    let opened = Service::open::<Migrator>(NAME, common, &[], readiness, &surroundings)
        .await
        .unwrap();
    let routes = minsheng_catalogue::routes(opened.service, &settings).await.unwrap();
    let services = Services::from_routes(routes, ["minsheng.catalogue.v1.DivisionService"]);
    let serving = tokio::spawn(server.serve(services, opened.callers, cancel.clone()));

    let channel = Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client = DivisionServiceClient::new(channel);
    let get = GetDivisionRequest {
        name: "divisions/430923".into(),
    };
    assert_eq!(refused(client.get_division(get.clone()).await).0, Reason::TokenInvalid);
    let ring = KeyRing::ensure(&folder.path().join("keys"), &SERVICES).unwrap();
    let token = ring
        .signer(GATEWAY)
        .unwrap()
        .sign(&office(), NAME, moment("2023-06-10T12:00:00+08:00"))
        .unwrap();
    let bearer = format!("Bearer {token}");
    let import = ImportDivisionsRequest {
        divisions: divisions(|code| code.starts_with("430923")),
        request_id: "served".into(),
        validate_only: false,
    };
    let mut request = Request::new(import);
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    assert!(client.import_divisions(request).await.unwrap().into_inner().changed > 450);
    let mut request = Request::new(get);
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    assert_eq!(
        client
            .get_division(request)
            .await
            .unwrap()
            .into_inner()
            .division
            .unwrap()
            .name,
        "安化县"
    );
    cancel.cancel();
    serving.await.unwrap().unwrap();
}
