//! The way in, as for everybody: TLS that trusts the tier's own certificate, and a session's token on each call.

use minsheng_proto::catalogue::v1::calendar_service_client::CalendarServiceClient;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::mandate_query_service_client::MandateQueryServiceClient;
use minsheng_proto::catalogue::v1::programme_service_client::ProgrammeServiceClient;
use minsheng_proto::catalogue::v1::unit_service_client::UnitServiceClient;
use minsheng_proto::identity::v1::account_service_client::AccountServiceClient;
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
use minsheng_proto::tier::v1::uplink_service_client::UplinkServiceClient;
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Largest answer that is taken.
const MAX_ANSWER: usize = 64 << 20;

/// Puts a session's token on each call.
#[derive(Clone, Debug)]
pub struct Token(pub(crate) MetadataValue<Ascii>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A channel with a session.
pub type Door = InterceptedService<Channel, Token>;

/// One account's clients.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub(crate) door: Door,
    /// The account.
    pub account: String,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $client:ident,)*) => {
        impl Gateway {
            $($(#[$doc])* pub fn $name(&self) -> $client<Door> {
                $client::new(self.door.clone()).max_decoding_message_size(MAX_ANSWER)
            })*
        }
    };
}

clients! {
    /// Accounts.
    accounts: AccountServiceClient,
    /// Calendars and deadlines.
    calendars: CalendarServiceClient,
    /// Divisions.
    divisions: DivisionServiceClient,
    /// Programmes.
    programmes: ProgrammeServiceClient,
    /// Units.
    units: UnitServiceClient,
    /// Reports.
    reports: ReportServiceClient,
    /// Item lists.
    items: ItemServiceClient,
    /// Evidence.
    evidence: EvidenceServiceClient,
    /// Articles.
    articles: ExperienceServiceClient,
    /// Duties and the closing of months.
    duties: DutyServiceClient,
    /// Fast figures and certification.
    cases: CertificationServiceClient,
    /// Schemes.
    schemes: SchemeServiceClient,
    /// Standings.
    standings: StandingServiceClient,
    /// Bulletins.
    bulletins: BulletinServiceClient,
    /// Ledgers.
    ledgers: LedgerServiceClient,
    /// Lower tiers and the parent.
    tiers: TierAdminServiceClient,
    /// What the parent asks.
    mandates: MandateQueryServiceClient,
    /// What goes up to the parent.
    uplink: UplinkServiceClient,
}
