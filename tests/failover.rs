//! PostgreSQL as the guide makes it highly available: the machine that leads is killed while units file, the synchronous standby
//! takes its place, every acknowledged report is there once, and the services go on by themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::time::Instant;

use minsheng_tests::Program;
use minsheng_tests::filing::{self, Gateway, Load};
use minsheng_tests::patroni::Cluster;

const CLIENTS: usize = 8;
const INDICATORS: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn the_leading_machine_is_killed_under_load_and_nothing_acknowledged_is_lost() {
    let mut cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let environment: Vec<(String, String)> = cluster
        .databases()
        .into_iter()
        .map(|(service, url)| (format!("MINSHENG_{}__DATABASE__URL", service.to_uppercase()), url))
        .collect();
    let program = Program::start(folder.path(), &environment);
    let gateway = Gateway { address: program.address().to_owned(), certificate: program.certificate() };
    filing::prepare(&gateway, &program.first_password(), INDICATORS).await;
    let load = Load::start(std::slice::from_ref(&gateway), CLIENTS, INDICATORS).await;
    load.more(100).await;
    load.known().longest();

    let (leader, standby) = (cluster.named("leader").unwrap(), cluster.named("sync_standby").unwrap());
    let killed = Instant::now();
    cluster.kill(leader);
    let before = load.known().acknowledged();
    // What was on its way may have been answered just then.
    load.more(CLIENTS + 1).await;
    let away = killed.elapsed();
    load.more(100).await;
    assert_eq!(cluster.named("leader"), Some(standby), "the synchronous standby leads");
    println!(
        "{before} acknowledged when the leader was killed; the first after it {:.1} s later; the longest took {:.1} s; made again {:?}",
        away.as_secs_f32(),
        load.known().longest().as_secs_f32(),
        load.known().retries()
    );

    // The machine comes back with what it had written and nobody was told of, and follows.
    cluster.boot(leader);
    cluster.wait_for("third machine that follows again", |cluster| {
        cluster.named("sync_standby").is_some() && cluster.named("replica") == Some(leader)
            || cluster.named("sync_standby") == Some(leader)
    });
    load.more(50).await;
    let known = load.stop().await;
    let found = known.look_for(&gateway).await;
    println!("{found} acknowledged, {found} found, each once; {} calls", known.attempts());
    program.stop();
}
