import unittest
from typing import Callable, Dict, List, Optional

from revtr import (
    BadAnswer,
    Client,
    NotFound,
    Pair,
    Problem,
    QuotaExceeded,
    Refused,
    RevtrError,
    ServerFailed,
    Unauthorized,
    Unreachable,
)

from .server import Answer, Request, Server

ERROR = {"error": {"code": "aCode", "message": "a message", "details": [{"at": "a", "code": "b", "message": "c"}]}}
SOURCES = {"srcs": [{"ip": "192.0.2.1"}]}
ACCEPTED = {"result_uri": "http://192.0.2.9/api/v1/revtr?batchid=17"}
PAIR: Pair = {"src": "192.0.2.1", "dst": "192.0.2.2"}


def failing(times: int, status: int, headers: Optional[Dict[str, str]] = None) -> Callable[[Request], Answer]:
    """Answers the first requests with an error, and those after them as a working server does."""
    seen: List[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        if len(seen) <= times:
            return status, headers or {}, ERROR
        return 200, {}, ACCEPTED if request.method == "POST" else SOURCES

    return answer


class TransportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.pauses: List[float] = []

    def client_of(self, server: Server, **options: float) -> Client:
        return Client(
            server.url, "a-key", random=lambda: 0.5, sleep=self.pauses.append, timeout=options.get("timeout", 10.0)
        )

    def test_sends_the_key_and_decodes_the_answer(self) -> None:
        with Server(failing(0, 500)) as server, self.client_of(server) as client:
            self.assertEqual(client.sources(), [{"ip": "192.0.2.1"}])
        self.assertEqual(server.requests[0].headers["Revtr-Key"], "a-key")

    def test_waits_as_long_as_retry_after_says_and_a_random_time_longer(self) -> None:
        with Server(failing(2, 429, {"retry-after": "7"})) as server:
            self.client_of(server).sources()
        self.assertEqual(self.pauses, [7.5, 7.5])

    def test_reads_a_date_against_the_clock_of_the_server(self) -> None:
        dates = {"Date": "Wed, 01 Jan 2031 00:00:00 GMT", "Retry-After": "Wed, 01 Jan 2031 00:00:12 GMT"}
        with Server(failing(1, 503, dates)) as server:
            self.client_of(server).sources()
        self.assertEqual(self.pauses, [12.5])

    def test_doubles_its_pauses_and_gives_up_after_three(self) -> None:
        with Server(failing(9, 502)) as server, self.assertRaises(ServerFailed):
            self.client_of(server).sources()
        self.assertEqual(self.pauses, [0.375, 0.75, 1.5])

    def test_does_not_wait_longer_than_it_may(self) -> None:
        with Server(failing(1, 429, {"Retry-After": "31"})) as server, self.assertRaises(QuotaExceeded) as caught:
            self.client_of(server).sources()
        self.assertEqual((caught.exception.retry_after, self.pauses), (31.0, []))

    def test_repeats_a_submission_with_the_same_idempotency_key(self) -> None:
        with Server(failing(1, 503)) as server:
            client = self.client_of(server)
            self.assertEqual(client.submit([PAIR]).batch_id, 17)
            client.submit([PAIR])
        first, second, third = [request.headers["Idempotency-Key"] for request in server.requests]
        self.assertRegex(first, "^[0-9a-f]{32}$")
        self.assertEqual(first, second)
        self.assertNotEqual(first, third)

    def test_does_not_repeat_a_request_that_would_have_its_effect_twice(self) -> None:
        with Server(failing(1, 503)) as server, self.assertRaises(ServerFailed):
            self.client_of(server).create_key({"name": "laptop"})
        self.assertEqual(len(server.requests), 1)

    def test_repeats_a_request_whose_connection_broke(self) -> None:
        def answer(_: Request) -> Optional[Answer]:
            return None if len(server.requests) == 1 else (200, {}, SOURCES)

        with Server(answer) as server:
            self.assertEqual(self.client_of(server).sources(), [{"ip": "192.0.2.1"}])

    def test_raises_an_error_for_each_kind_of_status(self) -> None:
        kinds = {400: Refused, 401: Unauthorized, 403: Refused, 404: NotFound, 409: Refused, 500: ServerFailed}
        for status, kind in kinds.items():
            with self.subTest(status), Server(failing(1, status)) as server, self.assertRaises(kind) as caught:
                self.client_of(server).sources()
            self.assertEqual(len(server.requests), 1)
            self.assertEqual((caught.exception.status, caught.exception.code), (status, "aCode"))
            self.assertEqual(caught.exception.problems, (Problem("a", "b", "c"),))

    def test_describes_an_unreadable_error_by_its_status(self) -> None:
        for body in (b"<html>", b"null", b'{"error":null}', b'{"error":{"code":1}}', b""):
            with self.subTest(body), Server(lambda _: (500, {}, body)) as server, self.assertRaises(ServerFailed) as caught:
                self.client_of(server).sources()
            self.assertEqual(str(caught.exception), "the server answered with status 500")

    def test_reports_answers_that_are_no_json_objects(self) -> None:
        for body in (b"<html>", b'{"srcs":[', b"null", b'"text"', b""):
            with self.subTest(body), Server(lambda _: (200, {}, body)) as server, self.assertRaises(BadAnswer):
                self.client_of(server).sources()

    def test_follows_no_redirect(self) -> None:
        with Server(lambda _: (307, {"Location": "/elsewhere"}, b"")) as server, self.assertRaises(RevtrError):
            self.client_of(server).sources()
        self.assertEqual(len(server.requests), 1)

    def test_reports_a_stream_that_ends_early(self) -> None:
        short = (200, {"Content-Length": "1000"}, b'{"id":1}\n')
        with Server(lambda _: short) as server:
            results = self.client_of(server).results(1)
            self.assertEqual(next(results), {"id": 1})
            with self.assertRaises(Unreachable):
                next(results)

    def test_closes_open_streams(self) -> None:
        with Server(lambda _: (200, {"Content-Length": "1000"}, b'{"id":1}\n')) as server:
            with self.client_of(server) as client:
                results = client.results(1)
                next(results)
            with self.assertRaises(Unreachable):
                next(results)

    def test_reports_a_server_that_cannot_be_reached(self) -> None:
        client = Client("127.0.0.1:9", "", sleep=self.pauses.append)
        with self.assertRaisesRegex(Unreachable, "cannot reach the server at http://127.0.0.1:9"):
            client.sources()
        self.assertEqual(len(self.pauses), 3)

    def test_uploads_in_parts_and_waits_for_the_limits(self) -> None:
        sizes: List[int] = []

        def answer(request: Request) -> Answer:
            sizes.append(request.body.count(b'"src"'))
            if len(sizes) == 2:
                return 429, {"Retry-After": "3600"}, ERROR
            if sizes[-1] == 1:
                detail = {"at": "revtrs[0].dst", "code": "destinationUnrouted", "message": "no network announces it"}
                return 400, {}, {"error": {"code": "invalidPairs", "message": "none", "details": [detail]}}
            return 200, {}, ACCEPTED

        with Server(answer) as server:
            uploaded = list(self.client_of(server).upload(iter([PAIR] * 5), per_batch=2))
        self.assertEqual([(u.batch_id, u.offset, u.size) for u in uploaded], [(17, 0, 2), (17, 2, 2), (None, 4, 1)])
        self.assertEqual(uploaded[2].rejected[0].problem.code, "destinationUnrouted")
        self.assertEqual(self.pauses, [3600.0])
        self.assertEqual(sizes, [2, 2, 2, 1])

    def test_reports_a_page_that_names_itself_as_the_next_one(self) -> None:
        with Server(lambda _: (200, {}, {"batches": [], "next": 5})) as server, self.assertRaises(BadAnswer):
            list(self.client_of(server).batches())

    def test_refuses_an_address_of_another_kind(self) -> None:
        with self.assertRaises(ValueError):
            Client("file:///etc/passwd")
