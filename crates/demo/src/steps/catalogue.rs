//! What a tier's catalogue takes in: territory, units, calendar, a programme and its amendments.

use minsheng_proto::catalogue::v1::{
    AmendProgrammeRequest, BatchUpdateUnitsRequest, Calendar, CheckProgrammeRequest, Division, ImportDivisionsRequest,
    ImportProgrammeRequest, ImportProgrammeResponse, IssueProgrammeRequest, Programme, ProgrammeVersion, Unit,
    UpdateCalendarRequest, UpdateUnitRow,
};
use minsheng_proto::common::v1::{BulkMode, Finding};
use minsheng_proto::reporting::v1::GetReportRequest;

use super::{OFFICER, all_taken, report_name};
use crate::error::DemoError;
use crate::world::World;

/// Rows of the territory in one call.
const DIVISIONS_A_CALL: usize = 4_000;

/// Takes a territory in.
pub(crate) async fn take_divisions(world: &World, divisions: &[Division]) -> Result<(), DemoError> {
    let office = world.as_account(OFFICER).await?;
    for rows in divisions.chunks(DIVISIONS_A_CALL) {
        let request =
            ImportDivisionsRequest { divisions: rows.to_vec(), request_id: world.tick(), validate_only: false };
        let done = office.divisions().import_divisions(request).await;
        done.map_err(|status| DemoError::call("导入行政区划", status))?;
    }
    Ok(())
}

/// Takes units in.
pub(crate) async fn take_units(world: &World, units: &[Unit]) -> Result<(), DemoError> {
    let rows = units.iter().map(|unit| UpdateUnitRow { id: unit.id.clone(), unit: Some(unit.clone()) });
    let request = BatchUpdateUnitsRequest {
        rows: rows.collect(),
        mode: BulkMode::AllOrNothing.into(),
        request_id: world.tick(),
        validate_only: false,
    };
    let units = world.as_account(OFFICER).await?.units().batch_update_units(request).await;
    let units = units.map_err(|status| DemoError::call("登记单位", status))?.into_inner();
    all_taken("登记单位", &units.failures)
}

/// Takes a year's days off in.
pub(crate) async fn take_calendar(world: &World, calendar: &Calendar) -> Result<(), DemoError> {
    let request = UpdateCalendarRequest { calendar: Some(calendar.clone()), request_id: world.tick() };
    let calendar = world.as_account(OFFICER).await?.calendars().update_calendar(request).await;
    calendar.map_err(|status| DemoError::call("设置工作日历", status))?;
    Ok(())
}

/// Takes a programme in as a draft.
pub(crate) async fn import(world: &World, programme: &Programme) -> Result<ImportProgrammeResponse, DemoError> {
    let request =
        ImportProgrammeRequest { programme: Some(programme.clone()), request_id: world.tick(), validate_only: false };
    let imported = world.as_account(OFFICER).await?.programmes().import_programme(request).await;
    Ok(imported.map_err(|status| DemoError::call("导入实事项目", status))?.into_inner())
}

/// Puts a draft in force.
pub(crate) async fn issue(world: &World, name: &str, etag: String) -> Result<ProgrammeVersion, DemoError> {
    let request = IssueProgrammeRequest { name: name.to_owned(), etag, request_id: world.tick() };
    let issued = world.as_account(OFFICER).await?.programmes().issue_programme(request).await;
    let issued = issued.map_err(|status| DemoError::call("下达实事项目", status))?.into_inner();
    issued.version.ok_or(DemoError::Answer("version"))
}

/// Amends a programme, in force from the first month; gives the version and what its check finds.
pub(crate) async fn change(
    world: &World,
    name: &str,
    programme: &Programme,
    reason: String,
    etag: String,
) -> Result<(ProgrammeVersion, Vec<Finding>), DemoError> {
    let office = world.as_account(OFFICER).await?;
    let request = AmendProgrammeRequest {
        name: name.to_owned(),
        programme: Some(programme.clone()),
        reason,
        in_force_from: "2023-06".to_owned(),
        etag,
        request_id: world.tick(),
    };
    let amended = office.programmes().amend_programme(request).await;
    let amended = amended.map_err(|status| DemoError::call("修订实事项目", status))?.into_inner();
    let version = amended.version.ok_or(DemoError::Answer("version"))?;
    let check = CheckProgrammeRequest { name: name.to_owned(), version: version.version };
    let check = office.programmes().check_programme(check).await;
    let check = check.map_err(|status| DemoError::call("核对修订版", status))?.into_inner();
    Ok((version, check.findings))
}

/// Waits until reporting knows a version of the programme.
pub(crate) async fn known_to_reporting(
    world: &World,
    name: &str,
    programme: &Programme,
    version: i32,
) -> Result<(), DemoError> {
    let reports = world.as_account(OFFICER).await?.reports();
    let first = programme.projects.iter().flat_map(|project| &project.indicators).next();
    let first = first.ok_or(DemoError::Answer("indicators"))?;
    let report = report_name(name, &first.code, "2023-06");
    world
        .wait("报送服务得知修订版", async || {
            let report = reports.clone().get_report(GetReportRequest { name: report.clone() }).await;
            Ok(match report {
                Ok(report) => {
                    let known = report.into_inner().report.map_or(0, |report| report.programme_version);
                    if known == version { Ok(()) } else { Err(format!("第{known}版")) }
                }
                Err(status) => Err(status.message().to_owned()),
            })
        })
        .await
}
