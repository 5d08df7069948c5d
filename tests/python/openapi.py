"""The OpenAPI document against the running gateway: a validator that is not ours, every path called, and the office's part of
a month done in JSON, with each request and each answer held against its schema.

Steps (first argument): paths, decide, publish. Settings come from the environment as JSON in MINSHENG_CLIENT: document (a
file), address, certificate, password, programme, period, office, certifier. Prints one JSON object with what it saw.
"""

import http.client
import json
import os
import pathlib
import ssl
import sys
import time
import uuid

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

SETTINGS = json.loads(os.environ["MINSHENG_CLIENT"])
DOCUMENT = json.loads(pathlib.Path(SETTINGS["document"]).read_text())
TRUST = ssl.create_default_context(cafile=SETTINGS["certificate"])
HOST, PORT = SETTINGS["address"].split(":")


def check(value, schema):
    """Fails unless the value is what the document says."""
    whole = {**schema, "components": DOCUMENT["components"]}
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(whole, format_checker=checker).validate(value)


class Session:
    """Calls by the document: nothing is known of the gateway but what it says."""

    def __init__(self, account=None):
        self.token = None
        self.connection = http.client.HTTPSConnection(HOST, int(PORT), context=TRUST, timeout=60)
        if account:
            answer = self.ok("identity.v1.SessionService/LogIn", account=account, password=SETTINGS["password"])
            self.token = answer["token"]

    def call(self, path, request):
        """Status and answer, both as the document says they may be."""
        headers = {"content-type": "application/json", "connect-timeout-ms": "30000"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        operation = DOCUMENT["paths"][path]["post"]
        check(request, operation["requestBody"]["content"]["application/json"]["schema"])
        self.connection.request("POST", path, json.dumps(request), headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        if response.status == 200:
            check(answer, operation["responses"]["200"]["content"]["application/json"]["schema"])
        else:
            refused = DOCUMENT["components"]["responses"]["Refused"]
            check(answer, refused["content"]["application/json"]["schema"])
        return response.status, answer

    def ok(self, method, **request):
        status, answer = self.call(f"/minsheng.{method}", request)
        assert status == 200, (method, status, answer)
        return answer


def reason(answer):
    """The stable reason of a refusal."""
    details = answer.get("details", [])
    return next((d["debug"]["reason"] for d in details if d["type"] == "google.rpc.ErrorInfo"), "")


def step_paths():
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    session, stranger = Session(SETTINGS["office"]), Session()
    # Logging out comes last: it would end the session.
    paths = sorted(DOCUMENT["paths"], key=lambda path: path.endswith("/LogOut"))
    codes = {}
    for path in paths:
        status, answer = stranger.call(path, {})
        assert status == 401, (path, status, answer)
        status, answer = session.call(path, {})
        code = answer["code"] if status != 200 else "ok"
        assert code not in ("unimplemented", "unknown", "internal"), (path, status, answer)
        codes[code] = codes.get(code, 0) + 1
    print(json.dumps({"paths": len(paths), "codes": codes}))


def step_decide():
    month = {"programme": SETTINGS["programme"], "period": SETTINGS["period"]}
    counts = {}
    for role, state, decision in (
        ("office", "CASE_STATE_TO_CHECK", "DECISION_PASS"),
        ("certifier", "CASE_STATE_FAST", "DECISION_CERTIFY"),
    ):
        session = Session(SETTINGS[role])
        deadline = time.monotonic() + 60
        cases = []
        # Verification follows reporting: what was filed a moment ago may take a moment more.
        while len(cases) < SETTINGS["filed"]:
            assert time.monotonic() < deadline, cases
            time.sleep(0.1)
            listed = session.ok("verification.v1.CertificationService/ListCases", **month, states=[state], pageSize=100)
            cases = listed.get("cases", [])
        rows = [{"id": str(n), "name": c["name"], "etag": c["etag"], "decision": decision} for n, c in enumerate(cases)]
        answer = session.ok(
            "verification.v1.CertificationService/BatchDecide",
            rows=rows,
            mode="BULK_MODE_ALL_OR_NOTHING",
            requestId=str(uuid.uuid4()),
        )
        counts[decision] = len(answer["successes"])
    print(json.dumps(counts))


def step_publish():
    month = {"programme": SETTINGS["programme"], "period": SETTINGS["period"]}
    office = Session(SETTINGS["office"])
    version = office.ok("catalogue.v1.ProgrammeService/GetProgramme", name=SETTINGS["programme"])["version"]
    reports = office.ok("reporting.v1.ReportService/ListReports", **month, pageSize=1000)["reports"]
    state = {report["name"]: report["state"] for report in reports}
    for name in state:
        office.ok("reporting.v1.ReportService/GetReport", name=name)
    closed = office.ok("reporting.v1.DutyService/ClosePeriod", **month, requestId=str(uuid.uuid4()))
    wanted = {**month, "basis": "FIGURE_BASIS_CERTIFIED", "requestId": str(uuid.uuid4())}
    deadline = time.monotonic() + 60
    while True:
        status, answer = office.call("/minsheng.ranking.v1.StandingService/PublishStanding", wanted)
        if status == 200:
            break
        assert reason(answer) in ("PERIOD_NOT_CLOSED", "FIGURES_BEHIND"), answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    snapshot = answer["standing"]["snapshot"]
    ledger = office.ok("ranking.v1.StandingService/ListStandings", programme=SETTINGS["programme"])
    assert ledger["standings"][0]["snapshot"]["name"] == snapshot["name"]
    rows = [f"{row.get('rank') or '-'} {row['unit']} {row.get('score', '')}" for row in snapshot["leadUnits"]]
    certified = [name for name, now in state.items() if now == "REPORT_STATE_CERTIFIED"]
    seen = {"indicators": sum(len(p["indicators"]) for p in version["programme"]["projects"]), "rows": rows}
    print(json.dumps({**seen, "name": snapshot["name"], "certified": len(certified), "missing": len(closed["missing"])}))


{"paths": step_paths, "decide": step_decide, "publish": step_publish}[sys.argv[1]]()
