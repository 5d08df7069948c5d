//! A tier to be measured: the program as a process of its own with the bench's settings, and a programme in force in it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
use minsheng_kit::service::SERVICES;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::programme_service_client::ProgrammeServiceClient;
use minsheng_proto::catalogue::v1::{
    Division, ImportDivisionsRequest, ImportProgrammeRequest, IssueProgrammeRequest, Programme,
};
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::GetReportRequest;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_testkit::Postgres;
use minsheng_tests::small::{PASSWORD, account};
use minsheng_tests::{Client, Program, small};

/// Divisions of a call.
const DIVISIONS: usize = 10_000;

/// Settings that differ from the defaults: limits that protect a tier from one caller, who here is the load.
pub const SETTINGS: &str = "defaults, but for callers.calls_per_second and callers.burst (a client here never rests), \
    server.limits.call_seconds (a province's month in few calls)";

/// Starts a tier of a division on SQLite in a folder, or on a PostgreSQL server.
pub fn start(division: &str, folder: &Path, postgres: Option<&Postgres>) -> anyhow::Result<Program> {
    std::fs::create_dir_all(folder)?;
    let mut environment = Vec::new();
    for service in SERVICES {
        let mut set = |key: &str, value: &str| {
            environment.push((format!("MINSHENG_{}__{key}", service.to_uppercase()), value.to_owned()));
        };
        set("DIVISION", division);
        set("SERVER__LIMITS__CALL_SECONDS", "120");
        if let Some(server) = postgres {
            set("DATABASE__URL", &server.create(&format!("{service}_{division}")));
        }
    }
    for key in ["CALLS_PER_SECOND", "BURST"] {
        environment.push((format!("MINSHENG_GATEWAY__CALLERS__{key}"), "1000000".to_owned()));
    }
    Ok(Program::start(folder, &environment))
}

/// Logs in with the password that all accounts of the bench have.
pub async fn log_in(program: &Program, account: &str) -> anyhow::Result<Client> {
    Ok(Client::log_in(program.address(), &program.certificate(), account, PASSWORD).await?)
}

/// A refusal with its details, which name fields and rules.
pub fn refused(status: tonic::Status) -> anyhow::Error {
    let details = String::from_utf8_lossy(status.details()).replace(char::is_control, " ");
    anyhow!("{status}: {}", details.chars().take(1_000).collect::<String>())
}

/// What a tier is to hold before it is measured.
pub struct Content {
    /// Code of its division, in which the units lie.
    pub division: &'static str,
    /// Divisions, parents first.
    pub divisions: Vec<Division>,
    /// Programmes, each put in force; all have an indicator 1.1.
    pub programmes: Vec<Programme>,
    /// Accounts of heads of the lead unit.
    pub heads: usize,
}

/// Makes accounts and units and puts the programmes in force.
pub async fn prepare(program: &Program, content: Content) -> anyhow::Result<()> {
    let (address, certificate) = (program.address(), program.certificate());
    let security = Client::log_in(address, &certificate, "security-admin", &program.first_password()).await?;
    account(&security, "office", "office", "ssb", &[Role::Office]).await?;
    account(&security, "certifier", "certifier", "tjj", &[Role::Certifier]).await?;
    for head in 0..content.heads {
        let id = crate::load::account(head);
        account(&security, &id, &id, "jyj", &[Role::Head]).await?;
    }
    let office = log_in(program, "office").await?;
    for (number, rows) in content.divisions.chunks(DIVISIONS).enumerate() {
        let request_id = format!("divisions-{number}");
        let asked = ImportDivisionsRequest { divisions: rows.to_vec(), request_id, validate_only: false };
        DivisionServiceClient::new(office.door()).import_divisions(asked).await.map_err(refused)?;
    }
    small::units(&office, content.division).await.map_err(refused)?;

    let mut service = ProgrammeServiceClient::new(office.door())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let mut report = String::new();
    for programme in content.programmes {
        let name = format!("programmes/{}-{}", programme.division, programme.year);
        report = format!("{name}/indicators/1.1/reports/{}-01", programme.year);
        let request_id = format!("import-{name}");
        let asked = ImportProgrammeRequest { programme: Some(programme), request_id, validate_only: false };
        let draft = service.import_programme(asked).await.map_err(refused)?.into_inner().draft.unwrap_or_default();
        let request_id = format!("issue-{name}");
        let asked = IssueProgrammeRequest { name, etag: draft.etag, request_id };
        service.issue_programme(asked).await.map_err(refused)?;
    }

    // Reporting follows the catalogue.
    let mut reports = ReportServiceClient::new(office.door());
    let end = Instant::now() + Duration::from_secs(60);
    while let Err(status) = reports.get_report(GetReportRequest { name: report.clone() }).await {
        ensure!(Instant::now() < end, "reporting does not learn of the programme: {status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
