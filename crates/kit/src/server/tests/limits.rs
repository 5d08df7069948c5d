//! What is bounded. These fail when one of the libraries' open-ended defaults creeps back.

use super::*;

#[tokio::test]
async fn whatever_deadline_is_asked_for_the_work_stops_in_time() {
    let server = run(|settings| settings.limits.call_seconds = 1).await;
    let headers: [&[(&str, &str)]; 6] = [
        &[("grpc-timeout", "1n")],
        &[("grpc-timeout", "200m")],
        &[],
        &[("grpc-timeout", "soon")],
        &[("grpc-timeout", "-5S")],
        &[("grpc-timeout", "876000H")],
    ];
    for headers in headers {
        let started = Instant::now();
        let status = server.checkpoint("sleep", headers).await;
        assert_eq!(reason_of(&status), Some(Reason::DeadlineExceeded), "{headers:?}");
        assert_eq!(status.code(), Code::DeadlineExceeded);
        assert!(started.elapsed() < Duration::from_secs(3), "{headers:?}");
        assert_eq!(server.words.working.load(Ordering::SeqCst), 0, "the work goes on");
    }
}

#[tokio::test]
async fn messages_are_bounded_both_ways_also_after_unpacking() {
    let server = run(|settings| {
        settings.limits.message_bytes = 1024 * 1024;
        settings.limits.bulk_message_bytes = 1024 * 1024;
    })
    .await;
    let bearer = format!("Bearer {}", server.token());
    let headers = [("authorization", bearer.as_str()), ("grpc-encoding", "gzip")];
    let gzip = |plain: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    };
    let status = server.checkpoint(&"x".repeat(1024 * 1024), &[]).await;
    assert_eq!(reason_of(&status), Some(Reason::TooLarge));
    let bomb = gzip(&vec![0; 8 * 1024 * 1024]);
    assert!(bomb.len() < 200_000, "{} bytes", bomb.len());
    let status = server.post(CHECKPOINT, &headers, frame(1, &bomb)).await;
    assert_eq!((reason_of(&status), status.code()), (Some(Reason::TooLarge), Code::ResourceExhausted));
    let status = server.post(CHECKPOINT, &headers, frame(1, b"no gzip at all")).await;
    assert_eq!(reason_of(&status), Some(Reason::RequestInvalid));
    let status = server.post(CHECKPOINT, &headers, frame(1, &gzip(&ask("who").encode_to_vec()))).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
    let status = server.client().max_decoding_message_size(usize::MAX).get_checkpoint(ask("large")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::TooLarge));
}

#[tokio::test]
async fn a_large_message_takes_room_that_few_calls_have() {
    const MIB: usize = 1024 * 1024;
    let server = run(|settings| {
        settings.limits.message_bytes = 1024 * 1024;
        settings.limits.bulk_message_bytes = 3 * 1024 * 1024;
        settings.limits.bulk_calls = 1;
    })
    .await;
    let client = || server.client().max_decoding_message_size(usize::MAX);
    assert!(client().get_checkpoint(ask(&"x".repeat(2 * MIB))).await.is_ok());
    let status = client().get_checkpoint(ask(&"x".repeat(3 * MIB))).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::TooLarge));

    let mut slow = ask("sleep").encode_to_vec();
    // Nobody knows this field; the message is large all the same.
    slow.extend([0xa2, 0x06, 0x80, 0x80, 0x80, 0x01]);
    slow.extend(vec![b'x'; 2 * MIB]);
    let bearer = format!("Bearer {}", server.token());
    let headers = [("authorization", bearer.as_str())];
    let sleeping = server.post(CHECKPOINT, &headers, frame(0, &slow));
    let others = async {
        until("one large call at work", || server.words.working.load(Ordering::SeqCst) == 1).await;
        let status = client().get_checkpoint(ask(&"x".repeat(2 * MIB))).await.unwrap_err();
        assert_eq!(reason_of(&status), Some(Reason::TooManyRequests));
        assert!(client().get_checkpoint(ask("who")).await.is_ok(), "small ones pass");
    };
    tokio::select! {
        status = sleeping => panic!("the slow call has ended: {status:?}"),
        () = others => {}
    }
    until("the room is free again", || server.words.working.load(Ordering::SeqCst) == 0).await;
    let packed = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&ask(&"x".repeat(2 * MIB)).encode_to_vec()).unwrap();
        encoder.finish().unwrap()
    };
    let headers = [("authorization", bearer.as_str()), ("grpc-encoding", "gzip")];
    let status = server.post(CHECKPOINT, &headers, frame(1, &packed)).await;
    assert_eq!(status.code(), Code::Ok, "packed ones too: {status:?}");
}

#[tokio::test]
async fn a_full_server_refuses_at_once_and_recovers() {
    let server = run(|settings| settings.limits.concurrent_calls = 3).await;
    let channel = server.peer();
    let slow: Vec<_> = (0..3)
        .map(|_| {
            let mut client = LedgerServiceClient::new(channel.clone());
            tokio::spawn(async move { client.get_checkpoint(ask("sleep")).await.map(|_| ()) })
        })
        .collect();
    until("three calls at work", || server.words.working.load(Ordering::SeqCst) == 3).await;
    let status = server.client().get_checkpoint(ask("who")).await.unwrap_err();
    assert_eq!((reason_of(&status), status.code()), (Some(Reason::TooManyRequests), Code::ResourceExhausted));
    slow.iter().for_each(tokio::task::JoinHandle::abort);
    until("the callers went away and the work stopped", || server.words.working.load(Ordering::SeqCst) == 0).await;
    assert!(server.client().get_checkpoint(ask("who")).await.is_ok());
}

#[tokio::test]
async fn one_connection_cannot_have_all_streams() {
    let server = run(|settings| settings.limits.streams_per_connection = 5).await;
    let channel = server.peer();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let mut client = LedgerServiceClient::new(channel.clone());
            tokio::spawn(async move { client.get_checkpoint(ask("sleep")).await.map(|_| ()) })
        })
        .collect();
    until("five calls at work", || server.words.working.load(Ordering::SeqCst) == 5).await;
    // Another connection is served meanwhile.
    assert!(server.client().get_checkpoint(ask("who")).await.is_ok());
    assert_eq!(server.words.working.load(Ordering::SeqCst), 5);
    calls.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = run(|_| {}).await;
    let mut request = Request::new(ask("who"));
    request.metadata_mut().insert("x-much", "x".repeat(64 * 1024).parse().unwrap());
    server.client().get_checkpoint(request).await.unwrap_err();
    assert!(server.client().get_checkpoint(ask("who")).await.is_ok());
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_sent_away() {
    let server = run(|settings| settings.limits.handshake_seconds = 1).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut silent = TcpStream::connect(&address).await.unwrap();
    let mut only_greets = TcpStream::connect(&address).await.unwrap();
    only_greets.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    let mut half_a_greeting = TcpStream::connect(&address).await.unwrap();
    half_a_greeting.write_all(b"PRI * HT").await.unwrap();
    let mut old_protocol = TcpStream::connect(&address).await.unwrap();
    old_protocol.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    for stream in [&mut silent, &mut only_greets, &mut half_a_greeting, &mut old_protocol] {
        assert!(closes(stream, Duration::from_secs(10)).await);
    }
    assert!(server.client().get_checkpoint(ask("who")).await.is_ok());
}

#[tokio::test]
async fn connections_are_bounded() {
    let server = run(|settings| settings.limits.connections = 2).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut first = server.client();
    first.get_checkpoint(ask("who")).await.unwrap();
    let _second = TcpStream::connect(&address).await.unwrap();
    let mut third = TcpStream::connect(&address).await.unwrap();
    assert!(closes(&mut third, Duration::from_secs(5)).await);
    first.get_checkpoint(ask("who")).await.unwrap();
}

#[tokio::test]
async fn a_stream_ends_at_its_maximum_with_a_status() {
    let server = run(|settings| settings.limits.stream_seconds = 1).await;
    let mut stream = server.client().watch(WatchRequest::default()).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    let status = stream.message().await.unwrap_err();
    assert_eq!(reason_of(&status), Some(Reason::DeadlineExceeded));
}

#[tokio::test]
async fn who_never_reads_is_sent_away_and_others_are_served() {
    let server = run(|settings| {
        settings.limits.stream_seconds = 1;
        settings.limits.concurrent_calls = 1;
    })
    .await;
    let request = WatchRequest { ledger: "flood".into(), after: 0 };
    let unread = server.client().watch(request).await.unwrap().into_inner();
    assert_eq!(server.client().get_checkpoint(ask("who")).await.unwrap_err().code(), Code::ResourceExhausted);
    let started = Instant::now();
    while server.client().get_checkpoint(ask("who")).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(15), "the unread stream still holds its place");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(unread);
}

#[tokio::test]
async fn tls_is_spoken_with_the_certificate_made_for_it_and_a_slow_handshake_ends() {
    use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
    let folder = tempfile::tempdir().unwrap();
    let authority = crate::authority::Authority::ensure(folder.path(), "430923").unwrap();
    let files = authority.ensure_server_certificate(folder.path(), &["minsheng.anhua".to_owned()]).unwrap();
    let again = authority.ensure_server_certificate(folder.path(), &[]).unwrap();
    assert_eq!(std::fs::read(&files.certificate_file).unwrap(), std::fs::read(&again.certificate_file).unwrap());
    let pem = std::fs::read(&files.certificate_file).unwrap();
    let server = run(|settings| {
        settings.tls = files;
        settings.limits.handshake_seconds = 1;
    })
    .await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let port = address.rsplit(':').next().unwrap();
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}")).unwrap();
    let channel = endpoint.tls_config(trusting).unwrap().connect().await.unwrap();
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    assert!(health.check(tonic_health::pb::HealthCheckRequest::default()).await.is_ok());
    let mut silent = TcpStream::connect(&address).await.unwrap();
    assert!(closes(&mut silent, Duration::from_secs(5)).await);
    let mut plain = Line::far(&server.url).map(tonic_health::pb::health_client::HealthClient::new).unwrap();
    assert!(plain.check(tonic_health::pb::HealthCheckRequest::default()).await.is_err());
}

#[test]
fn no_limit_is_left_open() {
    let text: toml::Table = settings::COMMON_DEFAULTS.parse().unwrap();
    let limits = text["server"]["limits"].as_table().unwrap();
    assert_eq!(limits.len(), 16);
    assert!(limits.values().all(|limit| limit.as_integer().unwrap() > 0));
}
