//! A collector of the test's own: it takes OTLP over gRPC and keeps what came.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What came.
#[derive(Clone, Debug, Default)]
pub struct Collector(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    spans: Vec<Span>,
    logs: Vec<Log>,
    bytes: Vec<u8>,
}

/// A span with who sent it.
#[derive(Clone, Debug)]
pub struct Span {
    pub program: String,
    pub division: String,
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub links: usize,
    pub attributes: Vec<(String, String)>,
}

/// A log record.
#[derive(Clone, Debug)]
pub struct Log {
    pub division: String,
    pub body: String,
    pub trace: String,
    pub attributes: Vec<(String, String)>,
}

impl Collector {
    /// Listens; gives its address, too.
    pub async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(LogsServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, address)
    }

    /// The spans of a trace so far.
    pub fn trace(&self, id: &str) -> Vec<Span> {
        self.0.lock().unwrap().spans.iter().filter(|span| span.trace == id).cloned().collect()
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().spans.clone()
    }

    /// All records so far.
    pub fn logs(&self) -> Vec<Log> {
        self.0.lock().unwrap().logs.clone()
    }

    /// Whether a number stands in what a span or record says.
    pub fn tells_number(&self, number: &str) -> bool {
        let kept = self.0.lock().unwrap();
        let of_spans =
            kept.spans.iter().flat_map(|span| span.attributes.iter().map(|(_, value)| value).chain([&span.name]));
        let of_logs = kept.logs.iter().flat_map(|log| log.attributes.iter().map(|(_, value)| value).chain([&log.body]));
        let mut texts = of_spans.chain(of_logs);
        texts.any(|text| text.split(|symbol: char| !symbol.is_ascii_digit()).any(|digits| digits == number))
    }

    /// Whether these bytes came in anything at all.
    pub fn holds(&self, secret: &str) -> bool {
        let kept = self.0.lock().unwrap();
        kept.bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes())
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let request = request.into_inner();
        let mut kept = self.0.lock().unwrap();
        kept.bytes.extend(request.encode_to_vec());
        for sent in request.resource_spans {
            let (program, division) = who(sent.resource.as_ref());
            for span in sent.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                kept.spans.push(Span {
                    program: program.clone(),
                    division: division.clone(),
                    name: span.name,
                    trace: hex(&span.trace_id),
                    id: hex(&span.span_id),
                    parent: hex(&span.parent_span_id),
                    links: span.links.len(),
                    attributes: span.attributes.iter().map(read).collect(),
                });
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Collector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let request = request.into_inner();
        let mut kept = self.0.lock().unwrap();
        kept.bytes.extend(request.encode_to_vec());
        for sent in request.resource_logs {
            let (_, division) = who(sent.resource.as_ref());
            for record in sent.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
                let body = record.body.and_then(|body| body.value).map(|value| text(&value)).unwrap_or_default();
                let attributes = record.attributes.iter().map(read).collect();
                kept.logs.push(Log { division: division.clone(), body, trace: hex(&record.trace_id), attributes });
            }
        }
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

fn who(resource: Option<&Resource>) -> (String, String) {
    let attributes: Vec<(String, String)> = resource.unwrap().attributes.iter().map(read).collect();
    let of = |wanted: &str| attributes.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    (of("service.name").unwrap(), of("minsheng.division").unwrap_or_default())
}

fn read(attribute: &KeyValue) -> (String, String) {
    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
    (attribute.key.clone(), value.map(text).unwrap_or_default())
}

fn text(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
