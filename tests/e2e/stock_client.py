"""A stock gRPC client against a running hailongd: Debian's python3-grpcio and the contract, no code
of ours. Run by stock_client_test with: the server program, a directory, the generated messages.

Every step prints what it showed; the exit status is 0 only if all did.
"""

import pathlib
import secrets
import signal
import subprocess
import sys
import time
import uuid

PROGRAM, DIRECTORY, GENERATED = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
sys.path.insert(0, GENERATED)

import grpc  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from google.rpc import error_details_pb2, status_pb2  # noqa: E402
from hailong.v1 import collection_service_pb2 as collection  # noqa: E402
from hailong.v1 import common_pb2 as common  # noqa: E402
from hailong.v1 import kiosk_pb2 as kiosks  # noqa: E402
from hailong.v1 import kiosk_service_pb2 as kiosk_service  # noqa: E402
from hailong.v1 import questionnaire_pb2 as questionnaires  # noqa: E402
from hailong.v1 import registry_service_pb2 as registry  # noqa: E402
from hailong.v1 import results_service_pb2 as results  # noqa: E402

DEADLINE_S = 30
RESPONSES = 1203

QUESTIONNAIRE = """
    questionnaire_id: "desk" version: 1
    legal_basis { source: "made up for a test" grade: GRADE_UNVERIFIED }
    title { vi: "Quầy" } audience: AUDIENCE_CITIZENS
    questions {
      question_id: "rating" kind: QUESTION_KIND_RATING text { vi: "Hài lòng?" } required: true
      options { text { vi: "1" } } options { text { vi: "2" } } options { text { vi: "3" } }
      options { text { vi: "4" } } options { text { vi: "5" } }
    }"""


def check(condition, claim):
    if not condition:
        raise AssertionError(claim)
    print("ok:", claim, flush=True)


class Client:
    def __init__(self, channel, credential):
        self.channel = channel
        self.metadata = [("authorization", "Bearer " + credential)]

    def call(self, module, service, method, **fields):
        request, response = self._messages(module, method)
        run = self.channel.unary_unary(
            f"/hailong.v1.{service}/{method}", request.SerializeToString, response.FromString)
        return run(request(**fields), metadata=self.metadata, timeout=DEADLINE_S)

    def stream(self, module, service, method, **fields):
        request, response = self._messages(module, method)
        run = self.channel.unary_stream(
            f"/hailong.v1.{service}/{method}", request.SerializeToString, response.FromString)
        return run(request(**fields), metadata=self.metadata, timeout=DEADLINE_S)

    @staticmethod
    def _messages(module, method):
        return getattr(module, method + "Request"), getattr(module, method + "Response")


def refused(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("was not refused")


def detail(error, kind):
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    for packed in status.details:
        if packed.Is(kind.DESCRIPTOR):
            found = kind()
            packed.Unpack(found)
            return found
    raise AssertionError("no " + kind.DESCRIPTOR.full_name)


def response(unit_id, rating, now):
    made = collection.Response(
        response_id=str(uuid.uuid4()), round_id="autumn", questionnaire_version=1, unit_id=unit_id)
    made.submitted_at.seconds = now
    made.answers.add(question_id="rating", choice=rating)
    return made


def set_up(admin, now):
    admin.call(registry, "RegistryService", "ImportUnits", units=[
        registry.Unit(unit_id="1", name="Tỉnh", level="province", valid_from="2020-01-01"),
        registry.Unit(unit_id="1.1", name="Xã", level="commune", parent_unit_id="1",
                      valid_from="2020-01-01")])
    admin.call(registry, "RegistryService", "PublishQuestionnaire",
               questionnaire=text_format.Parse(QUESTIONNAIRE, questionnaires.Questionnaire()))
    wanted = registry.Round(
        round_id="autumn", questionnaire_id="desk", questionnaire_version=1, root_unit_id="1",
        framework_id="lecture-rating", synthetic=True)
    wanted.title.vi = "Mùa thu"
    wanted.opens_at.seconds = now - 3600
    wanted.closes_at.seconds = now + 3600
    admin.call(registry, "RegistryService", "OpenRound", round=wanted)
    admin.call(registry, "RegistryService", "ImportPopulations", round_id="autumn", populations=[
        registry.Population(unit_id="1.1", size=5000, source="made up for a test")])
    return admin.call(registry, "RegistryService", "CreateCollector", collector=registry.Collector(
        collector_id="web", channel=common.CHANNEL_WEB)).credential


def use_kiosk(channel, admin):
    code = admin.call(registry, "RegistryService", "CreateCollector", by_enrolment=True,
                      collector=registry.Collector(
                          collector_id="kiosk", channel=common.CHANNEL_KIOSK, unit_id="1.1",
                          kiosk=kiosks.KioskConfiguration(round_id="autumn"))).enrolment_code
    nobody = channel.unary_unary(
        "/hailong.v1.KioskService/Enroll", kiosk_service.EnrollRequest.SerializeToString,
        kiosk_service.EnrollResponse.FromString)
    credential = secrets.token_urlsafe(32)
    for attempt in ("a code is traded without a credential", "the same trade again is the same"):
        enrolled = nobody(kiosk_service.EnrollRequest(
            enrolment_code=code.lower().replace("-", " "), credential=credential),
            timeout=DEADLINE_S)
        check(enrolled.collector_id == "kiosk", attempt)
    error = refused(lambda: nobody(kiosk_service.EnrollRequest(
        enrolment_code=code, credential=secrets.token_urlsafe(32)), timeout=DEADLINE_S))
    check(error.code() == grpc.StatusCode.UNAUTHENTICATED
          and detail(error, error_details_pb2.ErrorInfo).reason == "BAD_ENROLMENT_CODE",
          "a used code is worth nothing to another")
    heard = Client(channel, credential).call(
        kiosk_service, "KioskService", "Heartbeat",
        status=kiosks.KioskStatus(version="1", waiting=3, screen=kiosks.SCREEN_STATE_READY))
    check(heard.round.round_id == "autumn" and heard.questionnaire_digest != "",
          "a heartbeat brings the round and the questionnaire's digest")
    listed = admin.call(registry, "RegistryService", "ListCollectors").collectors
    check([one.status.waiting for one in listed] == [3, 0], "and the list shows it at once")


def use(port):
    now = int(time.time())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        health = channel.unary_unary("/grpc.health.v1.Health/Check")
        check(health(b"", timeout=DEADLINE_S) == b"\x08\x01", "the health check says SERVING")

        admin = Client(channel, (DIRECTORY / "admin.token").read_text().strip())
        web = Client(channel, set_up(admin, now))
        sent = [response("1.1", 1 + i % 5, now - 60) for i in range(RESPONSES)]
        first = web.call(collection, "CollectionService", "SubmitResponse", response=sent[0])
        check(first.outcome == collection.OUTCOME_RECORDED, "a response is recorded")
        for begin in range(0, RESPONSES, 500):
            batch = web.call(collection, "CollectionService", "SubmitResponses",
                             responses=sent[begin:begin + 500])
            check(all(one.HasField("stored") for one in batch.results), "a batch is recorded")

        bad = response("1.1", 9, now)
        error = refused(lambda: web.call(collection, "CollectionService", "SubmitResponse",
                                         response=bad))
        violations = detail(error, error_details_pb2.BadRequest).field_violations
        check(error.code() == grpc.StatusCode.INVALID_ARGUMENT
              and [one.field for one in violations] == ["response.answers[0].choice"],
              "a bad choice is refused with a BadRequest that names it: "
              + violations[0].description)
        error = refused(lambda: Client(channel, "guessed").call(
            registry, "RegistryService", "ListRounds"))
        check(error.code() == grpc.StatusCode.UNAUTHENTICATED
              and detail(error, error_details_pb2.ErrorInfo).reason == "BAD_CREDENTIAL",
              "a guessed credential is refused with its reason")

        use_kiosk(channel, admin)

        exported = []
        for message in admin.stream(results, "ResultsService", "ExportResponses",
                                    round_id="autumn"):
            exported += [one.response_id for one in message.responses]
        check(exported == [one.response_id for one in sent],
              f"an export streams all {RESPONSES} responses in the order stored")
        watch = admin.stream(results, "ResultsService", "WatchRound", round_id="autumn")
        check(next(watch).counts.counted == RESPONSES, "a watcher hears the counts at once")
        watch.cancel()
        sipas = admin.call(results, "ResultsService", "GetSipas", round_id="autumn").result
        check(sipas.synthetic and sipas.overall.n == RESPONSES, "the round is scored")


def main():
    server = subprocess.Popen(
        [PROGRAM, "--data", str(DIRECTORY), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
        text=True)
    try:
        line = server.stdout.readline()
        use(int(line.rsplit(":", 1)[1]))
        server.send_signal(signal.SIGTERM)
        check(server.wait(timeout=DEADLINE_S) == 0, "SIGTERM stops the server with status 0")
    finally:
        server.kill()
        server.wait()


main()
