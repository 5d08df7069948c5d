//! Who is let in, what callers are told, how a server ends.

use super::*;

#[tokio::test]
async fn without_a_token_only_health_is_open() {
    let server = run(|_| {}).await;
    let mut paths: Vec<String> = minsheng_proto::DESCRIPTORS
        .services()
        .flat_map(|service| {
            let name = service.full_name().to_owned();
            service.methods().map(|method| format!("/{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect();
    assert!(paths.len() > 50);
    paths.push("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".into());
    paths.push("/made.up.Service/Method".into());
    for path in &paths {
        for headers in
            [&[][..], &[("authorization", "Bearer x")], &[("x-user-id", "P1"), ("authorization", "Basic eDp4")]]
        {
            let status = server.post(path, headers, frame(0, &[])).await;
            assert_eq!(reason_of(&status), Some(Reason::TokenInvalid), "{path} {headers:?}");
        }
    }
    let health = server.post("/grpc.health.v1.Health/Check", &[], frame(0, &[])).await;
    assert_eq!(health.code(), Code::Ok);
}

#[tokio::test]
async fn the_caller_is_who_the_token_says_and_other_claims_are_gone() {
    let server = run(|_| {}).await;
    let mut request = Request::new(ask("headers"));
    request.metadata_mut().insert("x-user-id", "person-99".parse().unwrap());
    request.metadata_mut().insert("x-forwarded-client-cert", "Subject=CN=gateway".parse().unwrap());
    let seen = server.client().get_checkpoint(request).await.unwrap().into_inner().checkpoint;
    assert!(!seen.contains("person-99") && !seen.contains("forwarded"), "{seen}");
    let who = server.client().get_checkpoint(ask("who")).await.unwrap().into_inner().checkpoint;
    assert_eq!(who, "reporting");
    assert_eq!(server.checkpoint("who", &[]).await.code(), Code::Ok);
}

#[tokio::test]
async fn the_remaining_deadline_is_passed_on() {
    let server = run(|_| {}).await;
    for mut client in server.clients() {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(7);
        let asked = DEADLINE.scope(deadline, client.get_checkpoint(ask("headers")));
        let seen = asked.await.unwrap().into_inner().checkpoint;
        assert!(seen.contains("\"grpc-timeout\": \"6") || seen.contains("\"grpc-timeout\": \"7000m"), "{seen}");
        let soon = tokio::time::Instant::now() + Duration::from_millis(50);
        let status = DEADLINE.scope(soon, client.get_checkpoint(ask("sleep"))).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::DeadlineExceeded));
    }
}

#[tokio::test]
async fn the_near_way_asks_who_it_is_too() {
    let server = run(|_| {}).await;
    let mut stranger = LedgerServiceClient::new(Line::Near(server.near.clone()));
    let status = stranger.get_checkpoint(ask("who")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::TokenInvalid));
    let [_, mut near] = server.clients();
    let who = near.get_checkpoint(ask("who")).await.unwrap().into_inner().checkpoint;
    assert_eq!(who, "reporting");
    server.shutdown.cancel();
    server.serving.await.unwrap().unwrap();
    let status = near.get_checkpoint(ask("who")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::ServiceUnavailable));
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_unavailable_at_once() {
    let server = run(|_| {}).await;
    let mut client = server.client();
    server.shutdown.cancel();
    server.serving.await.unwrap().unwrap();
    let status = client.get_checkpoint(ask("who")).await.unwrap_err();
    assert_eq!((reason_of(&status), status.code()), (Some(Reason::ServiceUnavailable), Code::Unavailable));
}

#[tokio::test]
async fn what_cannot_be_read_is_the_callers_fault() {
    let server = run(|_| {}).await;
    let bearer = format!("Bearer {}", server.token());
    let headers = [("authorization", bearer.as_str())];
    let bad_utf8 = frame(0, &[0x0a, 2, 0xff, 0xfe]);
    for body in [bad_utf8, frame(0, &[0xff; 30]), frame(7, &[]), Bytes::from_static(&[0, 0, 0, 0, 9, 1]), Bytes::new()]
    {
        let status = server.post(CHECKPOINT, &headers, body.clone()).await;
        assert_eq!(reason_of(&status), Some(Reason::RequestInvalid), "{body:?} {status:?}");
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let unknown = server.post("/minsheng.ledger.v1.LedgerService/Nothing", &headers, frame(0, &[])).await;
    assert_eq!(reason_of(&unknown), Some(Reason::MethodUnknown));
    let refused = server.client().get_entry(GetEntryRequest::default()).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(Reason::EntryUnknown));
}

#[tokio::test]
async fn a_panic_is_one_calls_end_and_a_librarys_words_stay_inside() {
    let server = run(|_| {}).await;
    let mut client = server.client();
    let status = client.get_checkpoint(ask("panic")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::Internal));
    let status = client.get_inclusion_proof(GetInclusionProofRequest::default()).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::Internal));
    assert!(!format!("{status:?}").contains("secret"));
    assert!(client.get_checkpoint(ask("who")).await.is_ok());
}

#[tokio::test]
async fn shutdown_ends_streams_and_itself() {
    let server = run(|settings| settings.limits.shutdown_seconds = 2).await;
    server.readiness.set("ledger", true);
    let mut stream = server.client().watch(WatchRequest::default()).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    let stuck = tokio::spawn({
        let mut client = server.client();
        async move { client.get_checkpoint(ask("sleep")).await.map(|_| ()) }
    });
    until("a call at work", || server.words.working.load(Ordering::SeqCst) == 1).await;
    let started = Instant::now();
    server.shutdown.cancel();
    let status = stream.message().await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::ServiceUnavailable));
    server.serving.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(stuck.await.unwrap().is_err());
}

#[tokio::test]
async fn health_follows_readiness() {
    let server = run(|_| {}).await;
    let mut health = tonic_health::pb::health_client::HealthClient::new(Line::far(&server.url).unwrap());
    let request = |service: &str| tonic_health::pb::HealthCheckRequest { service: service.into() };
    let mut watching = health.watch(request("minsheng.ledger.v1.LedgerService")).await.unwrap().into_inner();
    let mut told = HashMap::new();
    for (step, ready) in [(0, true), (1, false), (2, true)] {
        server.readiness.set("follower of catalogue", ready);
        let expected = if ready { 1 } else { 2 };
        while told.insert(step, watching.message().await.unwrap().unwrap().status) != Some(expected)
            && told[&step] != expected
        {}
        assert_eq!(told[&step], expected);
    }
    assert_eq!(health.check(request("no.such.Service")).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_tells_the_contract_to_who_may_call() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    let server = run(|_| {}).await;
    let mut reflection = ServerReflectionClient::new(server.peer());
    let list = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection.server_reflection_info(tokio_stream::once(list)).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(listed)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list");
    };
    assert!(listed.service.iter().any(|service| service.name == "minsheng.ledger.v1.LedgerService"));
}
