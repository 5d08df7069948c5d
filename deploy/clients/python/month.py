"""A unit's month by a program of its own: what it owes, filing it, and the standing once it is published.

    month.py duties PROGRAMME PERIOD
    month.py file PROGRAMME PERIOD FIGURES     FIGURES: JSON, by indicator what its report says (ReportContent)
    month.py follow PROGRAMME PERIOD

MINSHENG_URL, MINSHENG_CERTIFICATE, MINSHENG_ACCOUNT and MINSHENG_PASSWORD_FILE say where, trusting whom, as whom.
"""

import hashlib
import json
import os
import pathlib
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent / "gen"))

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from minsheng.identity.v1 import session_service_pb2, session_service_pb2_grpc
from minsheng.ranking.v1 import standing_service_pb2, standing_service_pb2_grpc
from minsheng.reporting.v1 import duty_service_pb2, duty_service_pb2_grpc
from minsheng.reporting.v1 import report_pb2, report_service_pb2, report_service_pb2_grpc

TIMEOUT = 30
TRIES = 4


class Token(grpc.AuthMetadataPlugin):
    """Sends the session's token with each call."""

    def __init__(self, token):
        self.token = token

    def __call__(self, context, callback):
        callback((("authorization", f"Bearer {self.token}"),), None)


def log_in():
    """A channel with a session."""
    address = urllib.parse.urlsplit(os.environ["MINSHENG_URL"]).netloc
    trust = grpc.ssl_channel_credentials(pathlib.Path(os.environ["MINSHENG_CERTIFICATE"]).read_bytes())
    password = pathlib.Path(os.environ["MINSHENG_PASSWORD_FILE"]).read_text().rstrip("\n")
    request = session_service_pb2.LogInRequest(account=os.environ["MINSHENG_ACCOUNT"], password=password)
    with grpc.secure_channel(address, trust) as channel:
        token = session_service_pb2_grpc.SessionServiceStub(channel).LogIn(request, timeout=TIMEOUT).token
    session = grpc.metadata_call_credentials(Token(token))
    return grpc.secure_channel(address, grpc.composite_channel_credentials(trust, session))


def again(call, request):
    """Calls again when nobody answered: what changes something has a request id, so a repeat changes nothing twice."""
    for left in reversed(range(TRIES)):
        try:
            return call(request, timeout=TIMEOUT)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or left == 0:
                raise
            time.sleep(2 ** (TRIES - 1 - left))


def pages(call, request):
    """All answers of a list, page after page."""
    while True:
        answer = again(call, request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def duties(channel, programme, period):
    request = duty_service_pb2.ListDutiesRequest(programme=programme, period=period, page_size=2)
    for page in pages(duty_service_pb2_grpc.DutyServiceStub(channel).ListDuties, request):
        for duty in page.duties:
            kind = duty_service_pb2.DutyKind.Name(duty.kind)
            print(kind, duty.indicator or "-", duty.due_date, "done" if duty.fulfilled else "open")


def file(channel, programme, period, figures):
    reports = report_service_pb2_grpc.ReportServiceStub(channel)
    for indicator, says in json.loads(pathlib.Path(figures).read_text()).items():
        name = f"{programme}/indicators/{indicator}/reports/{period}"
        content = json_format.ParseDict(says, report_pb2.ReportContent())
        # The same figures have the same id: filing them again gives the same receipt.
        told = json.dumps([name, says], ensure_ascii=False, separators=(",", ":"))
        request_id = hashlib.sha256(told.encode()).hexdigest()
        request = report_service_pb2.FileReportRequest(name=name, content=content, request_id=request_id)
        receipt = again(reports.FileReport, request).receipt
        print(indicator, receipt.origin, receipt.sequence, receipt.leaf_hash.hex())


def follow(channel, programme, period):
    standings = standing_service_pb2_grpc.StandingServiceStub(channel)
    while True:
        request = standing_service_pb2.ListStandingsRequest(programme=programme, page_size=10)
        listed = (standing.snapshot for page in pages(standings.ListStandings, request) for standing in page.standings)
        found = next((snapshot for snapshot in listed if snapshot.period == period), None)
        if found:
            break
        time.sleep(2)
    answer = again(standings.GetStanding, standing_service_pb2.GetStandingRequest(name=found.name))
    snapshot = answer.standing.snapshot
    print(snapshot.name, answer.standing.sha256.hex())
    for row in snapshot.lead_units:
        print(row.rank or "-", row.unit, row.score)


def refused(error):
    """Says why a call was refused: the stable reason, the sentence in Chinese, the fields at fault."""
    reason, sentence, fields = "", error.details(), []
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info, bad, words = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.LocalizedMessage()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad):
            fields = [f"{violation.field}: {violation.description}" for violation in bad.field_violations]
        elif detail.Unpack(words) and words.locale == "zh-CN":
            sentence = words.message
    return "\n".join([f"{reason or error.code().name}: {sentence}", *fields])


try:
    steps = {"duties": duties, "file": file, "follow": follow}
    steps[sys.argv[1]](log_in(), *sys.argv[2:])
except grpc.RpcError as error:
    sys.exit(refused(error))
