//! The way to the gateway: TLS that trusts one certificate, a token on each call, a deadline on each call.
//! Plain text is spoken to this machine only.

use std::time::Duration;

use minsheng_kit::telemetry::trace;
use minsheng_proto::catalogue::v1::calendar_service_client::CalendarServiceClient;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::mandate_alarm_service_client::MandateAlarmServiceClient;
use minsheng_proto::catalogue::v1::mandate_query_service_client::MandateQueryServiceClient;
use minsheng_proto::catalogue::v1::programme_service_client::ProgrammeServiceClient;
use minsheng_proto::catalogue::v1::unit_service_client::UnitServiceClient;
use minsheng_proto::identity::v1::account_service_client::AccountServiceClient;
use minsheng_proto::identity::v1::audit_service_client::AuditServiceClient;
use minsheng_proto::identity::v1::session_service_client::SessionServiceClient;
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ranking::v1::bulletin_service_client::BulletinServiceClient;
use minsheng_proto::ranking::v1::scheme_service_client::SchemeServiceClient;
use minsheng_proto::ranking::v1::standing_service_client::StandingServiceClient;
use minsheng_proto::reporting::v1::duty_service_client::DutyServiceClient;
use minsheng_proto::reporting::v1::evidence_service_client::EvidenceServiceClient;
use minsheng_proto::reporting::v1::experience_service_client::ExperienceServiceClient;
use minsheng_proto::reporting::v1::item_service_client::ItemServiceClient;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::tier_alarm_service_client::TierAlarmServiceClient;
use minsheng_proto::tier::v1::bundle_enrolment_service_client::BundleEnrolmentServiceClient;
use minsheng_proto::tier::v1::bundle_service_client::BundleServiceClient;
use minsheng_proto::tier::v1::trace_service_client::TraceServiceClient;
use minsheng_proto::tier::v1::uplink_service_client::UplinkServiceClient;
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::profile::Profile;
use crate::spans;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer that is taken.
const MAX_ANSWER: usize = 64 << 20;

/// Puts token and deadline on each call.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    token: Option<MetadataValue<Ascii>>,
    deadline: Duration,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request.set_timeout(self.deadline);
        if let Some(cause) = trace::Cause::current().or_else(spans::inherited)
            && let Ok(value) = cause.to_text().parse()
        {
            request.metadata_mut().insert(trace::TRACEPARENT, value);
        }
        Ok(request)
    }
}

/// The channel that all clients share.
pub(crate) type Door = InterceptedService<Channel, Bearer>;

/// A connection to a gateway.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    door: Door,
}

/// One method a service: a client of it.
macro_rules! clients {
    ($($name:ident: $client:ident,)*) => {
        impl Gateway {
            $(pub(crate) fn $name(&self) -> $client<Door> {
                $client::new(self.door.clone()).max_decoding_message_size(MAX_ANSWER)
            })*
        }
    };
}

clients! {
    divisions: DivisionServiceClient,
    units: UnitServiceClient,
    programmes: ProgrammeServiceClient,
    mandates: MandateQueryServiceClient,
    mandate_alarms: MandateAlarmServiceClient,
    calendars: CalendarServiceClient,
    reports: ReportServiceClient,
    items: ItemServiceClient,
    evidence: EvidenceServiceClient,
    experience: ExperienceServiceClient,
    duties: DutyServiceClient,
    certifications: CertificationServiceClient,
    schemes: SchemeServiceClient,
    standings: StandingServiceClient,
    bulletins: BulletinServiceClient,
    ledgers: LedgerServiceClient,
    sessions: SessionServiceClient,
    accounts: AccountServiceClient,
    audit: AuditServiceClient,
    tiers: TierAdminServiceClient,
    tier_alarms: TierAlarmServiceClient,
    uplink: UplinkServiceClient,
    traces: TraceServiceClient,
    bundles: BundleServiceClient,
    bundle_enrolments: BundleEnrolmentServiceClient,
}

impl Gateway {
    /// Connects to the profile's gateway, with its token if it has one.
    pub(crate) async fn connect(profile: &Profile, deadline: Duration) -> Outcome<Self> {
        let endpoint = endpoint(profile)?;
        let token = match profile.token.as_str() {
            "" => None,
            token => {
                let value = MetadataValue::try_from(format!("Bearer {token}"));
                let mut value = value.map_err(|_| Failure::usage("登录文件中的令牌已损坏，请重新登录"))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let channel = endpoint.connect().await.map_err(|error| unreachable(profile, &error))?;
        Ok(Self { door: InterceptedService::new(channel, Bearer { token, deadline }) })
    }
}

fn endpoint(profile: &Profile) -> Outcome<Endpoint> {
    if profile.gateway.is_empty() {
        return Err(Failure::new(Kind::NotAllowed, "还没有登录").hint("先运行 minsheng login --gateway 地址 --ca 证书"));
    }
    let wrong = |_| Failure::usage(format!("网关地址{}不是网址，例如 https://127.0.0.1:50443", profile.gateway));
    let endpoint = Endpoint::from_shared(profile.gateway.clone()).map_err(wrong)?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10));
    let local = matches!(endpoint.uri().host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match endpoint.uri().scheme_str() {
        Some("https") => {
            minsheng_kit::tls::install_crypto();
            let tls = if profile.ca_file.as_os_str().is_empty() {
                return Err(Failure::usage("缺少要信任的证书：用 --ca 指定网关的证书文件（PEM）"));
            } else {
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(file::bytes(&profile.ca_file)?))
            };
            endpoint.tls_config(tls).map_err(|error| Failure::file(&profile.ca_file, error))
        }
        Some("http") if local => Ok(endpoint),
        Some("http") => Err(Failure::usage("明文只能用于本机；网关地址须以 https:// 开头")),
        _ => Err(Failure::usage(format!("网关地址{}须以 https:// 开头", profile.gateway))),
    }
}

fn unreachable(profile: &Profile, error: &tonic::transport::Error) -> Failure {
    let mut causes = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let failure = Failure::new(Kind::Unavailable, format!("连不上网关{}", profile.gateway));
    failure.fault("原因", causes.join(": ")).hint("检查网关是否在运行、地址和 --ca 证书是否对应")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refusal(gateway: &str) -> Failure {
        endpoint(&Profile { gateway: gateway.to_owned(), ..Profile::default() }).unwrap_err()
    }

    #[test]
    fn plain_text_goes_to_this_machine_only() {
        assert!(endpoint(&Profile { gateway: "http://127.0.0.1:1".to_owned(), ..Profile::default() }).is_ok());
        assert_eq!(refusal("http://10.0.0.1:1").kind, Kind::Usage);
        assert_eq!(refusal("https://10.0.0.1:1").kind, Kind::Usage, "no certificate to trust");
        assert_eq!(refusal("ftp://10.0.0.1:1").kind, Kind::Usage);
        assert_eq!(refusal("").kind, Kind::NotAllowed);
    }
}
