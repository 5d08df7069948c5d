//! A client of the gateway, as anybody would write it: TLS, a token, the generated services.

use minsheng_proto::identity::v1::LogInRequest;
use minsheng_proto::identity::v1::session_service_client::SessionServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

/// Puts the token on each call.
#[derive(Clone, Debug)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// What generated clients are made of.
pub type Door = InterceptedService<Channel, Bearer>;

/// A session.
#[derive(Clone, Debug)]
pub struct Client {
    door: Door,
}

/// A channel to the gateway that trusts its certificate; it connects when it is used.
pub fn channel(address: &str, certificate: &str) -> Channel {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(certificate)).domain_name("localhost");
    Endpoint::from_shared(format!("https://{address}")).unwrap().tls_config(tls).unwrap().connect_lazy()
}

impl Client {
    /// Logs in.
    pub async fn log_in(address: &str, certificate: &str, account: &str, password: &str) -> Result<Self, Status> {
        minsheng_kit::tls::install_crypto();
        let channel = channel(address, certificate);
        let asked = LogInRequest { account: account.to_owned(), password: password.to_owned() };
        let answer = SessionServiceClient::new(channel.clone()).log_in(asked).await?.into_inner();
        let token = format!("Bearer {}", answer.token).parse().unwrap();
        Ok(Self { door: InterceptedService::new(channel, Bearer(token)) })
    }

    /// For any generated client: `ReportServiceClient::new(client.door())`.
    pub fn door(&self) -> Door {
        self.door.clone()
    }
}
