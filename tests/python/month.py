"""A month of the programme run by a foreign client: only grpcio and code generated from the proto files.

Steps (first argument): describe, file, decide, publish, refusals. Settings come from the environment as JSON in
MINSHENG_CLIENT: address, certificate, password, programme, period, offices (office, office2, chief, certifier, leader accounts),
heads (unit -> account); for describe also doors (service -> address and token). Prints one JSON object with what it saw.
"""

import decimal
import hashlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import uuid

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

D = decimal.Decimal
SETTINGS = json.loads(os.environ["MINSHENG_CLIENT"])


def generate():
    """Generates the client from proto/ as any user of the contract would."""
    out = tempfile.mkdtemp(prefix="minsheng-client-")
    root = os.path.join(os.path.dirname(__file__), "..", "..", "proto")
    files = [os.path.join(d, f) for d, _, fs in os.walk(root) for f in fs if f.endswith(".proto")]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{root}", f"--python_out={out}", f"--grpc_python_out={out}"]
        + files,
        check=True,
    )
    sys.path.insert(0, out)


generate()


def load(package, name):
    pb = importlib.import_module(f"minsheng.{package}.v1.{name}_pb2")
    stubs = importlib.import_module(f"minsheng.{package}.v1.{name}_pb2_grpc")
    return pb, stubs


session_pb, session_grpc = load("identity", "session_service")
programme_pb, programme_grpc = load("catalogue", "programme_service")
document_pb, _ = load("catalogue", "programme")
report_pb, report_grpc = load("reporting", "report_service")
content_pb, _ = load("reporting", "report")
item_pb, item_grpc = load("reporting", "item_service")
duty_pb, duty_grpc = load("reporting", "duty_service")
experience_pb, experience_grpc = load("reporting", "experience_service")
case_pb, case_grpc = load("verification", "certification_service")
standing_pb, standing_grpc = load("ranking", "standing_service")
snapshot_pb, _ = load("ranking", "snapshot")
bulletin_pb, bulletin_grpc = load("ranking", "bulletin_service")
ledger_pb, ledger_grpc = load("ledger", "ledger_service")
quantity_pb, _ = load("common", "quantity")
finding_pb, _ = load("common", "finding")
receipt_pb, _ = load("common", "receipt")


class Bearer(
    grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamStreamClientInterceptor
):
    def __init__(self, token):
        self.token = token

    def _with(self, details):
        metadata = list(details.metadata or []) + [("authorization", f"Bearer {self.token}")]
        return details._replace(metadata=metadata)

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._with(details), request)

    def intercept_unary_stream(self, continuation, details, request):
        return continuation(self._with(details), request)

    def intercept_stream_stream(self, continuation, details, requests):
        return continuation(self._with(details), requests)


def channel():
    with open(SETTINGS["certificate"], "rb") as file:
        trust = grpc.ssl_channel_credentials(file.read())
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.max_receive_message_length", -1)]
    return grpc.secure_channel(SETTINGS["address"], trust, options)


def log_in(account):
    plain = channel()
    request = session_pb.LogInRequest(account=account, password=SETTINGS["password"])
    answer = session_grpc.SessionServiceStub(plain).LogIn(request, timeout=30)
    return grpc.intercept_channel(plain, Bearer(answer.token))


def health_of(door, service=""):
    """What a door says of its health, or of one service's."""
    request = health_pb2.HealthCheckRequest(service=service)
    status = health_pb2_grpc.HealthStub(door).Check(request, timeout=10).status
    return health_pb2.HealthCheckResponse.ServingStatus.Name(status)


def described(door):
    """The services behind a door by reflection, and how many methods each has; what is told is what was generated."""
    database = ProtoReflectionDescriptorDatabase(door)
    pool = DescriptorPool(database)
    told = {}
    for name in database.get_services():
        if not name.startswith("minsheng."):
            continue
        methods = {method.name for method in pool.FindServiceByName(name).methods}
        package, service = name.removeprefix("minsheng.").split(".v1.")
        files = [pb for pb in sys.modules if pb.startswith(f"minsheng.{package}.v1.") and pb.endswith("_pb2")]
        generated = [sys.modules[file].DESCRIPTOR.services_by_name.get(service) for file in files]
        for known in filter(None, generated):
            assert methods == {method.name for method in known.methods}, name
        told[name] = len(methods)
    return told


def step_describe():
    """Health without a token and reflection with one, at the gateway and at each service's own door."""
    gateway = channel()
    seen = {"gateway": {"health": health_of(gateway), "services": described(log_in(SETTINGS["office"]))}}
    lists = reflection_pb2.ServerReflectionRequest(list_services="")
    try:
        stub = reflection_pb2_grpc.ServerReflectionStub(gateway)
        next(stub.ServerReflectionInfo(iter([lists]), timeout=10))
        seen["without a token"] = "OK"
    except grpc.RpcError as error:
        seen["without a token"] = f"{error.code().name} {reason(error)}"
    try:
        health_of(gateway, "no.such.Service")
        seen["health of nobody"] = "OK"
    except grpc.RpcError as error:
        seen["health of nobody"] = error.code().name
    for name, door in SETTINGS["doors"].items():
        plain = grpc.insecure_channel(door["address"])
        services = described(grpc.intercept_channel(plain, Bearer(door["token"])))
        # Each service answers for what it serves itself.
        own = {service: health_of(plain, service) for service in services if service.startswith(f"minsheng.{name}.")}
        seen[name] = {"health": health_of(plain), "services": services, "own": own}
    print(json.dumps(seen))


def new_id():
    return str(uuid.uuid4())


def details(error, kind):
    """The first detail of a kind of google.rpc message, or None."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        found = kind()
        if detail.Unpack(found):
            return found
    return None


def reason(error):
    """The stable reason of a refusal."""
    info = details(error, error_details_pb2.ErrorInfo)
    return info.reason if info else ""


def fields(error):
    """The fields at fault with their rules."""
    bad = details(error, error_details_pb2.BadRequest)
    return [f"{violation.field}: {violation.description}" for violation in bad.field_violations] if bad else []


def number(value, unit):
    text = format(value.normalize(), "f") if value else "0"
    return quantity_pb.Value(quantity=quantity_pb.Quantity(value=text, unit=unit))


def share(target, part, decimals):
    step = D(1).scaleb(-decimals)
    return (D(target) * part).quantize(step, rounding=decimal.ROUND_DOWN)


def values_of(programme, indicator, part):
    """Plausible values for an indicator's measures: `part` of each target, with the breakdown where it is allocated."""
    table = programme.allocation_table
    columns = {column.measure: place for place, column in enumerate(table.columns)}
    measures = {measure.code: measure for measure in indicator.measures}
    kinds = document_pb.TargetKind
    found = {}

    def figure(measure):
        if measure.code in found:
            return found[measure.code]
        value = content_pb.MeasureValue(measure=measure.code)
        total = None
        if measure.code in columns:
            total = D(0)
            for row in table.rows:
                cell = row.cells[columns[measure.code]]
                if not cell:
                    continue
                one = share(cell, part, measure.decimals)
                total += one
                value.breakdown.add(division=row.division).value.CopyFrom(number(one, measure.unit))
        elif measure.kind == kinds.TARGET_KIND_PARTS:
            total = sum((figure(measures[code])[1] for code in measure.parts), D(0))
        elif measure.kind == kinds.TARGET_KIND_PERSON_MONTHS:
            heads = figure(measures[measure.parts[0]])[1]
            total = heads * 4
        elif measure.kind == kinds.TARGET_KIND_PENDING:
            total = D(100000)
        elif measure.kind == kinds.TARGET_KIND_RATE:
            total = D(94)
        elif measure.kind == kinds.TARGET_KIND_STANDARD_RAISED:
            total = D(measure.target)
            value.paid = True
        elif measure.kind == kinds.TARGET_KIND_MILESTONE and measure.stages:
            # What is reported is the stage reached; there is no number.
            value.stage = measure.stages[0].title
            value.value.not_reported.SetInParent()
            found[measure.code] = (value, D(0))
            return found[measure.code]
        elif measure.item_list or measure.kind == kinds.TARGET_KIND_MILESTONE:
            total = D(0)
        else:
            total = share(measure.target, part, measure.decimals)
        if measure.kind == kinds.TARGET_KIND_COVERAGE and total < D(measure.target):
            value.not_covered.append("其余尚未接入")
        value.value.CopyFrom(number(total, measure.unit))
        if measure.basis == document_pb.BASIS_FLOW:
            value.this_period.CopyFrom(value.value.quantity)
        found[measure.code] = (value, total)
        return found[measure.code]

    for measure in indicator.measures:
        figure(measure)
    return [found[measure.code][0] for measure in indicator.measures]


def list_items(session, programme, indicator, values):
    """Puts as many items on a measure's list as its value counts, division by division."""
    names = {row.division: row.display_name for row in programme.allocation_table.rows}
    for measure in indicator.measures:
        if not measure.item_list:
            continue
        value = next(value for value in values if value.measure == measure.code)
        request = item_pb.BatchUpdateItemsRequest(
            programme=SETTINGS["programme"],
            measure=measure.code,
            mode=receipt_pb.BULK_MODE_ALL_OR_NOTHING,
            request_id=new_id(),
        )
        for share_of in value.breakdown:
            for place in range(int(share_of.value.quantity.value)):
                serial = f"{share_of.division}-{place + 1}"
                row = request.rows.add(id=serial)
                row.item.serial = serial
                row.item.title = f"{names[share_of.division]}第{place + 1}处（演示数据）"
                row.item.division = share_of.division
                stages = [stage.title for stage in measure.stages] or [measure.required_stage]
                for stage in stages:
                    row.item.stages.add(stage=stage, date="2023-06-10")
                    if stage == measure.required_stage:
                        break
        if request.rows:
            answer = item_grpc.ItemServiceStub(session).BatchUpdateItems(request, timeout=30)
            assert not answer.failures, answer.failures


def get_programme(session):
    request = programme_pb.GetProgrammeRequest(name=SETTINGS["programme"])
    return programme_grpc.ProgrammeServiceStub(session).GetProgramme(request, timeout=30).version.programme


def file_one(reports, name, content):
    """Checks as a person would: files, reads the warnings, explains each, files again."""
    request_id = new_id()
    try:
        return reports.FileReport(
            report_pb.FileReportRequest(name=name, content=content, request_id=request_id), timeout=60
        )
    except grpc.RpcError as error:
        if reason(error) != "WARNINGS_UNEXPLAINED":
            raise SystemExit(f"{name}: {error.code().name} {reason(error)} {fields(error)}") from error
    draft = reports.UpdateDraft(
        report_pb.UpdateDraftRequest(name=name, content=content, request_id=new_id()), timeout=60
    )
    for finding in draft.findings:
        if finding.severity == finding_pb.SEVERITY_WARNING:
            content.explanations.add(finding_id=finding.id, text="情况属实，已与台账核对（演示数据）。")
    return reports.FileReport(
        report_pb.FileReportRequest(name=name, content=content, request_id=new_id()), timeout=60
    )


def step_file():
    part = D(SETTINGS.get("part", "0.45"))
    filed, receipts = 0, []
    for unit, account in sorted(SETTINGS["heads"].items()):
        session = log_in(account)
        programme = get_programme(session)
        indicators = {i.code: i for project in programme.projects for i in project.indicators}
        duties = duty_grpc.DutyServiceStub(session).ListDuties(
            duty_pb.ListDutiesRequest(programme=SETTINGS["programme"], period=SETTINGS["period"], page_size=1000),
            timeout=30,
        )
        reports = report_grpc.ReportServiceStub(session)
        for duty in duties.duties:
            assert duty.unit == unit, f"{account} sees duties of {duty.unit}"
            if duty.kind == duty_pb.DUTY_KIND_ARTICLE:
                experience_grpc.ExperienceServiceStub(session).FileArticle(
                    experience_pb.FileArticleRequest(
                        programme=SETTINGS["programme"],
                        period=SETTINGS["period"],
                        title="典型经验（演示数据）",
                        text="上门服务，集中办理（演示数据）。",
                        request_id=new_id(),
                    ),
                    timeout=30,
                )
                continue
            content = content_pb.ReportContent(filled_by="甲", reviewed_by="乙", head="丙", telephone="0737-7222222")
            content.narrative.progress = "按计划推进（演示数据）。"
            content.values.extend(values_of(programme, indicators[duty.indicator], part))
            list_items(session, programme, indicators[duty.indicator], content.values)
            answer = file_one(reports, duty.report, content)
            filed += 1
            receipts.append({"origin": answer.receipt.origin, "sequence": answer.receipt.sequence})
    print(json.dumps({"filed": filed, "receipts": receipts}))


def cases(session, states):
    request = case_pb.ListCasesRequest(
        programme=SETTINGS["programme"], period=SETTINGS["period"], states=states, page_size=1000
    )
    return case_grpc.CertificationServiceStub(session).ListCases(request, timeout=30).cases


def decide(session, found, decision):
    rows = [
        case_pb.DecideRow(id=str(place), name=case.name, etag=case.etag, decision=decision)
        for place, case in enumerate(found)
    ]
    request = case_pb.BatchDecideRequest(rows=rows, mode=receipt_pb.BULK_MODE_ALL_OR_NOTHING, request_id=new_id())
    answer = case_grpc.CertificationServiceStub(session).BatchDecide(request, timeout=60)
    assert not answer.failures, answer.failures
    return len(answer.successes)


def step_decide():
    office = log_in(SETTINGS["office"])
    passed = decide(office, cases(office, [case_pb.CASE_STATE_TO_CHECK]), case_pb.DECISION_PASS)
    certifier = log_in(SETTINGS["certifier"])
    certified = decide(certifier, cases(certifier, [case_pb.CASE_STATE_FAST]), case_pb.DECISION_CERTIFY)
    print(json.dumps({"passed": passed, "certified": certified}))


def step_publish():
    office = log_in(SETTINGS["office"])
    duty_grpc.DutyServiceStub(office).ClosePeriod(
        duty_pb.ClosePeriodRequest(
            programme=SETTINGS["programme"], period=SETTINGS["period"], request_id=new_id()
        ),
        timeout=30,
    )
    standings = standing_grpc.StandingServiceStub(office)
    published = None
    # The ranking service follows the others; until it has, it says so.
    for _ in range(200):
        try:
            published = standings.PublishStanding(
                standing_pb.PublishStandingRequest(
                    programme=SETTINGS["programme"],
                    period=SETTINGS["period"],
                    basis=snapshot_pb.FIGURE_BASIS_CERTIFIED,
                    request_id=new_id(),
                ),
                timeout=60,
            )
            break
        except grpc.RpcError as error:
            if reason(error) not in ("PERIOD_NOT_CLOSED", "FIGURES_BEHIND"):
                raise
            import time

            time.sleep(0.1)
    assert published is not None, "the ranking service did not catch up"
    snapshot = published.standing.snapshot
    bulletins = bulletin_grpc.BulletinServiceStub(office)
    composed = bulletins.ComposeBulletin(
        bulletin_pb.ComposeBulletinRequest(
            snapshot=snapshot.name,
            date=SETTINGS["date"],
            kind="monthly",
            request_id=new_id(),
        ),
        timeout=60,
    ).bulletin
    approver = bulletin_grpc.BulletinServiceStub(log_in(SETTINGS["office2"]))
    approved = approver.ApproveBulletin(
        bulletin_pb.ApproveBulletinRequest(name=composed.name, etag=composed.etag, request_id=new_id()), timeout=60
    ).bulletin
    bureau = bulletin_grpc.BulletinServiceStub(log_in(SETTINGS["certifier"]))
    agreed = bureau.CountersignBulletin(
        bulletin_pb.CountersignBulletinRequest(name=composed.name, etag=approved.etag, request_id=new_id()), timeout=60
    ).bulletin
    laid = bulletins.CirculateBulletin(
        bulletin_pb.CirculateBulletinRequest(
            name=composed.name, etag=agreed.etag, leaders=["分管领导"], request_id=new_id()
        ),
        timeout=60,
    ).bulletin
    chief = bulletin_grpc.BulletinServiceStub(log_in(SETTINGS["chief"]))
    issued = chief.IssueBulletin(
        bulletin_pb.IssueBulletinRequest(name=composed.name, etag=laid.etag, request_id=new_id()), timeout=60
    ).bulletin
    files = {}
    for file in issued.files:
        chunks = bulletins.DownloadBulletin(
            bulletin_pb.DownloadBulletinRequest(name=issued.name, format=file.format), timeout=60
        )
        content = b"".join(chunk.chunk for chunk in chunks)
        assert hashlib.sha256(content).digest() == file.sha256, "the file is not the one that was issued"
        files[bulletin_pb.BulletinFormat.Name(file.format)] = len(content)
    rows = [
        {"unit": row.unit, "rank": row.rank, "score": row.score, "lines": [line.points for line in row.lines]}
        for row in snapshot.lead_units
    ]
    print(
        json.dumps(
            {
                "number": issued.document_number,
                "files": files,
                "rows": rows,
                "indicators": len(snapshot.indicators),
                "townships": len(snapshot.townships),
            },
            ensure_ascii=False,
        )
    )


def step_refusals():
    """What a foreign client gets for bad input: code and reason."""
    unit, account = sorted(SETTINGS["heads"].items())[0]
    session = log_in(account)
    reports = report_grpc.ReportServiceStub(session)
    seen = {}

    def attempt(name, call):
        try:
            call()
            seen[name] = "OK"
        except grpc.RpcError as error:
            seen[name] = f"{error.code().name} {reason(error)}"

    no_token = report_grpc.ReportServiceStub(channel())
    ask = report_pb.GetReportRequest(name=f"{SETTINGS['programme']}/indicators/3.1/reports/{SETTINGS['period']}")
    attempt("no token", lambda: no_token.GetReport(ask, timeout=10))
    content = content_pb.ReportContent(filled_by="甲", reviewed_by="乙", head="丙")
    bad = content_pb.ReportContent()
    bad.CopyFrom(content)
    bad.values.add(measure="3.1-1").value.quantity.value = "1e400"
    own = SETTINGS["own_indicator"]
    attempt(
        "another unit's indicator",
        lambda: reports.FileReport(
            report_pb.FileReportRequest(
                name=f"{SETTINGS['programme']}/indicators/{SETTINGS['other_indicator']}/reports/{SETTINGS['period']}",
                content=content,
                request_id=new_id(),
            ),
            timeout=10,
        ),
    )
    attempt(
        "month 13",
        lambda: reports.FileReport(
            report_pb.FileReportRequest(
                name=f"{SETTINGS['programme']}/indicators/{own}/reports/2023-13", content=content, request_id=new_id()
            ),
            timeout=10,
        ),
    )
    attempt(
        "no request id",
        lambda: reports.FileReport(
            report_pb.FileReportRequest(
                name=f"{SETTINGS['programme']}/indicators/{own}/reports/{SETTINGS['period']}", content=content
            ),
            timeout=10,
        ),
    )
    attempt(
        "a unit certifies",
        lambda: case_grpc.CertificationServiceStub(session).CertifyReport(
            case_pb.CertifyReportRequest(
                name=f"{SETTINGS['programme']}/indicators/{own}/reports/{SETTINGS['period']}/versions/1",
                etag="1",
                request_id=new_id(),
            ),
            timeout=10,
        ),
    )
    print(json.dumps(seen))


STEPS = {
    "describe": step_describe,
    "file": step_file,
    "decide": step_decide,
    "publish": step_publish,
    "refusals": step_refusals,
}
STEPS[sys.argv[1]]()
