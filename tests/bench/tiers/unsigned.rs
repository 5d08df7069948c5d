//! The limit of the way up: the same sets through the same two hops, stored in groups as durably as a tier does, without
//! TLS, identity, checks, proofs and signatures. Each hop is a process of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::filing_service_server::{FilingService, FilingServiceServer};
use minsheng_proto::tier::v1::{
    FigureSet, FileSetsRequest, FileSetsResponse, FiledSet, ListFilingsRequest, ListFilingsResponse,
};
use prost::Message;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, oneshot};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};

use crate::bare::{begin, create_table, entry, open, report};
use crate::machine::processor_seconds;

/// Sets of a call, as many as a tier sends.
const CALL: usize = 200;
/// Calls of one commit at most.
const GROUP: usize = 8;
/// It waits to go up.
const PENDING: i32 = 1;
/// The next hop has it.
const FILED: i32 = 2;

/// What passing the sets through both hops took.
pub struct Measured {
    /// Sets a second, until the second hop has all.
    pub rate: f64,
    /// Seconds of processor time of everybody, for a set.
    pub processor: f64,
}

/// Passes sets through two hops whose databases lie in a folder.
pub async fn run(folder: &Path, sets: Vec<FigureSet>) -> anyhow::Result<Measured> {
    std::fs::create_dir_all(folder)?;
    let url = |name: &str| format!("sqlite://{}", folder.join(name).display());
    let (above, above_address) = crate::bare::start(&["unsigned", &url("above.db"), ""]).await?;
    let (hop, address) = crate::bare::start(&["unsigned", &url("hop.db"), &above_address]).await?;
    let arrived = open(&url("above.db")).await?;
    let count = sets.len();
    let processes = [above.id(), hop.id(), Some(std::process::id())];
    let processes = processes.into_iter().collect::<Option<Vec<u32>>>().context("a hop has ended")?;
    let taken = || processes.iter().map(|process| processor_seconds(*process)).sum::<anyhow::Result<f64>>();

    let before = taken()?;
    let begin = Instant::now();
    let mut client = connect(&address).await?;
    for call in sets.chunks(CALL) {
        let answer = client
            .file_sets(FileSetsRequest {
                sets: call.iter().map(|set| set.encode_to_vec().into()).collect(),
                ledgers: Vec::new(),
            })
            .await?;
        ensure!(answer.into_inner().filed.len() == call.len(), "a hop did not take all sets");
    }
    let end = Instant::now() + Duration::from_secs(120);
    while entry::Entity::find().count(&arrived).await? < count as u64 {
        ensure!(Instant::now() < end, "the second hop does not get all sets");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = count as f64 / begin.elapsed().as_secs_f64();
    let processor = (taken()? - before) / count as f64;
    arrived.close().await?;
    Ok(Measured { rate, processor })
}

async fn connect(address: &str) -> anyhow::Result<FilingServiceClient<Channel>> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true).connect().await?;
    Ok(FilingServiceClient::new(channel))
}

/// One hop; serves until standard input ends.
pub async fn serve(url: &str, next: &str) -> anyhow::Result<()> {
    let database = open(url).await.context("the hop's database")?;
    create_table(report::Entity, &database).await?;
    create_table(entry::Entity, &database).await?;
    let (queue, jobs) = mpsc::channel(64);
    let news = Arc::new(Notify::new());
    tokio::spawn(write(database.clone(), jobs, news.clone()));
    if !next.is_empty() {
        tokio::spawn(pass_on(database, connect(next).await?, news));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = FilingServiceServer::new(Hop(queue)).max_decoding_message_size(usize::MAX);
    Ok(Server::builder().add_service(service).serve_with_incoming_shutdown(incoming, crate::bare::gone()).await?)
}

type Job = (Vec<FigureSet>, oneshot::Sender<Result<(), DbErr>>);

struct Hop(mpsc::Sender<Job>);

#[tonic::async_trait]
impl FilingService for Hop {
    async fn file_sets(&self, request: Request<FileSetsRequest>) -> Result<Response<FileSetsResponse>, Status> {
        let sets = request.into_inner().sets.into_iter().map(FigureSet::decode).collect::<Result<Vec<_>, _>>();
        let sets = sets.map_err(|error| Status::invalid_argument(error.to_string()))?;
        let filed = sets.iter().map(|set| FiledSet { id: set.id.clone(), receipt: Some(Receipt::default()) });
        let answer = FileSetsResponse { filed: filed.collect(), failures: Vec::new() };
        let (reply, done) = oneshot::channel();
        self.0.send((sets, reply)).await.map_err(|_| Status::unavailable("the writer is gone"))?;
        let done = done.await.map_err(|_| Status::unavailable("the writer is gone"))?;
        done.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(answer))
    }

    async fn list_filings(&self, _: Request<ListFilingsRequest>) -> Result<Response<ListFilingsResponse>, Status> {
        Err(Status::unimplemented("a hop takes sets and nothing else"))
    }
}

/// Takes what waits and commits it together.
async fn write(database: DatabaseConnection, mut jobs: mpsc::Receiver<Job>, news: Arc<Notify>) {
    let mut sequence = 0;
    while let Some(first) = jobs.recv().await {
        let mut group = vec![first];
        while group.len() < GROUP {
            let Ok(job) = jobs.try_recv() else { break };
            group.push(job);
        }
        let (calls, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let sets: Vec<FigureSet> = calls.into_iter().flatten().collect();
        let done = commit(&database, &sets, sequence).await;
        sequence += sets.len() as i64;
        news.notify_one();
        for reply in replies {
            let _ = reply.send(done.clone());
        }
    }
}

async fn commit(database: &DatabaseConnection, sets: &[FigureSet], sequence: i64) -> Result<(), DbErr> {
    let name = |set: &FigureSet| format!("{}/reports/{}/{}", set.indicator, set.period, set.mark);
    let without_proofs = |set: &FigureSet| {
        let set = FigureSet { decision: None, submission: None, attachments: Vec::new(), ..set.clone() };
        set.encode_to_vec()
    };
    let reports =
        sets.iter().map(|set| report::Model { name: name(set), state: PENDING, content: without_proofs(set) });
    let entries = (sequence..).zip(sets).map(|(sequence, set)| entry::Model {
        sequence,
        subject: name(set),
        body: set.encode_to_vec(),
    });
    let reports: Vec<_> = reports.map(|row| row.into_active_model().reset_all()).collect();
    let entries: Vec<_> = entries.map(|row| row.into_active_model().reset_all()).collect();
    let transaction = begin(database).await?;
    report::Entity::insert_many(reports).exec_without_returning(&transaction).await?;
    entry::Entity::insert_many(entries).exec_without_returning(&transaction).await?;
    transaction.commit().await
}

/// Carries what is stored to the next hop, and notes that it is there.
async fn pass_on(
    database: DatabaseConnection,
    mut next: FilingServiceClient<Channel>,
    news: Arc<Notify>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut after = -1;
    loop {
        let query = entry::Entity::find().filter(entry::Column::Sequence.gt(after));
        let rows = query.order_by_asc(entry::Column::Sequence).limit(CALL as u64).all(&database).await?;
        let Some(last) = rows.last().map(|row| row.sequence) else {
            news.notified().await;
            continue;
        };
        let sets = rows.iter().map(|row| row.body.clone().into()).collect();
        next.file_sets(FileSetsRequest { sets, ledgers: Vec::new() }).await?;
        let transaction = begin(&database).await?;
        report::Entity::update_many()
            .col_expr(report::Column::State, Expr::value(FILED))
            .filter(report::Column::Name.is_in(rows.into_iter().map(|row| row.subject)))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        after = last;
    }
}
