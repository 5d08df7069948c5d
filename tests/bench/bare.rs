//! The limit of filing: a gRPC server of one hop without TLS, identity, policy, checks or proofs, which commits two rows a
//! request in groups through sea-orm's insert_many, as durably as a service does. It runs in a process of its own.

use std::convert::Infallible;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use anyhow::Context as _;
use minsheng_proto::reporting::v1::{FileReportRequest, FileReportResponse, Report};
use prost::Message;
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, Schema, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tonic::codegen::{Service, http};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

const PATH: &str = "/minsheng.bench.Bare/File";
/// Requests of one commit at most, as many as a service takes.
const GROUP: usize = 512;

/// The report as it stands.
pub mod report {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "report")]
    pub struct Model {
        /// Name of the report.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// Where it stands.
        pub state: i32,
        /// Encoded content.
        pub content: Vec<u8>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The entry that says that it was filed.
pub mod entry {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "entry")]
    pub struct Model {
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// Name of the report.
        pub subject: String,
        /// Encoded request.
        pub body: Vec<u8>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Opens a database as services do: WAL and full synchronisation on SQLite, one connection that writes.
pub async fn open(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
        sqlite.create_if_missing(true).pragma("journal_mode", "WAL").pragma("synchronous", "FULL")
    });
    Database::connect(options).await
}

/// A writing transaction.
pub async fn begin(database: &DatabaseConnection) -> Result<sea_orm::DatabaseTransaction, DbErr> {
    let is_sqlite = database.get_database_backend() == DbBackend::Sqlite;
    let options = TransactionOptions {
        sqlite_transaction_mode: is_sqlite.then_some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    database.begin_with_options(options).await
}

/// Makes the table of an entity.
pub async fn create_table<E: EntityTrait>(entity: E, database: &DatabaseConnection) -> Result<(), DbErr> {
    let table = Schema::new(database.get_database_backend()).create_table_from_entity(entity);
    database.execute(&table).await.map(|_| ())
}

type Job = (FileReportRequest, oneshot::Sender<Result<(), DbErr>>);

/// Serves until standard input ends, which it does when whoever started it is gone.
pub async fn serve(url: &str) -> anyhow::Result<()> {
    let database = open(url).await.context("the bare server's database")?;
    create_table(report::Entity, &database).await?;
    create_table(entry::Entity, &database).await?;
    let (queue, jobs) = mpsc::channel(4096);
    tokio::spawn(write(database, jobs));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Ok(Server::builder().add_service(Bare(queue)).serve_with_incoming_shutdown(incoming, gone()).await?)
}

/// Until standard input ends.
pub async fn gone() {
    let _ = tokio::task::spawn_blocking(|| std::io::Read::read_to_end(&mut std::io::stdin(), &mut Vec::new())).await;
}

/// Starts this program as a server of the bench, which says its address first; it is killed when it is dropped.
pub async fn start(arguments: &[&str]) -> anyhow::Result<(Child, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut output = child.stdout.take().context("no output of the server")?;
    let mut address = String::new();
    while !address.ends_with('\n') {
        let byte = output.read_u8().await.context("the server did not start; it says why above")?;
        address.push(byte.into());
    }
    Ok((child, address.trim().to_owned()))
}

/// Takes what waits and commits it together.
async fn write(database: DatabaseConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut sequence = 0;
    while let Some(first) = jobs.recv().await {
        let mut group = vec![first];
        while group.len() < GROUP {
            let Ok(job) = jobs.try_recv() else { break };
            group.push(job);
        }
        let (requests, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let done = commit(&database, &requests, sequence).await;
        sequence += requests.len() as i64;
        for reply in replies {
            let _ = reply.send(done.clone());
        }
    }
}

async fn commit(database: &DatabaseConnection, requests: &[FileReportRequest], sequence: i64) -> Result<(), DbErr> {
    let reports = requests.iter().map(|request| report::Model {
        name: request.name.clone(),
        state: 5,
        content: request.content.as_ref().map(Message::encode_to_vec).unwrap_or_default(),
    });
    let entries = (sequence..).zip(requests).map(|(sequence, request)| entry::Model {
        sequence,
        subject: request.name.clone(),
        body: request.encode_to_vec(),
    });
    let reports: Vec<_> = reports.map(|row| row.into_active_model().reset_all()).collect();
    let entries: Vec<_> = entries.map(|row| row.into_active_model().reset_all()).collect();
    let transaction = begin(database).await?;
    report::Entity::insert_many(reports).exec_without_returning(&transaction).await?;
    entry::Entity::insert_many(entries).exec_without_returning(&transaction).await?;
    transaction.commit().await
}

#[derive(Clone)]
struct Bare(mpsc::Sender<Job>);

impl tonic::server::NamedService for Bare {
    const NAME: &'static str = "minsheng.bench.Bare";
}

impl Service<http::Request<tonic::body::Body>> for Bare {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let file = File(self.0.clone());
        Box::pin(async move { Ok(tonic::server::Grpc::new(codec()).unary(file, request).await) })
    }
}

fn codec<T: Message + Default + 'static, U: Message + Default + 'static>() -> ProstCodec<T, U> {
    ProstCodec::default()
}

struct File(mpsc::Sender<Job>);

impl tonic::server::UnaryService<FileReportRequest> for File {
    type Response = FileReportResponse;
    type Future = Pin<Box<dyn Future<Output = Result<Response<FileReportResponse>, Status>> + Send>>;

    fn call(&mut self, request: Request<FileReportRequest>) -> Self::Future {
        let queue = self.0.clone();
        Box::pin(async move {
            let request = request.into_inner();
            let name = request.name.clone();
            let (reply, done) = oneshot::channel();
            queue.send((request, reply)).await.map_err(|_| Status::unavailable("the writer is gone"))?;
            let done = done.await.map_err(|_| Status::unavailable("the writer is gone"))?;
            done.map_err(|error| Status::internal(error.to_string()))?;
            let report = Some(Report { name, ..Report::default() });
            Ok(Response::new(FileReportResponse { report, ..FileReportResponse::default() }))
        })
    }
}

/// A client of it.
pub struct Client(tonic::client::Grpc<Channel>);

impl Client {
    /// Connects.
    pub async fn connect(address: &str) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        Ok(Self(tonic::client::Grpc::new(channel)))
    }

    /// Files a report.
    pub async fn file(&mut self, request: FileReportRequest) -> anyhow::Result<()> {
        self.0.ready().await?;
        let path = http::uri::PathAndQuery::from_static(PATH);
        let _: Response<FileReportResponse> = self.0.unary(Request::new(request), path, codec()).await?;
        Ok(())
    }
}
