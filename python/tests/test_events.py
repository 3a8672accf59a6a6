import unittest
from typing import Iterator, List

from revtr import BadAnswer, Event
from revtr._events import read_events

#: With every line ending of the specification, a byte order mark, a comment, an id, data in two lines, and text of several bytes.
STREAM = (
    "\ufeff: comment\n\n"
    'event: progress\nid: 1\ndata: {"total":2,"done":0}\n\n'
    'event:path\r\ndata: {"measurement":7,\r\ndata: "hops":[{"address":"192.0.2.1","technique":"äöü 🜁"}]}\r\n\r\n'
    'event: ended\rdata: {"measurement":7,"stopReason":"reaches"}\r\r'
    "event: future\ndata: not even JSON\n\n"
    'event: complete\ndata: {"total":2,"unknown":true}\n\n'
).encode()
EVENTS: List[object] = [
    {"type": "progress", "total": 2, "done": 0},
    {"type": "path", "measurement": 7, "hops": [{"address": "192.0.2.1", "technique": "äöü 🜁"}]},
    {"type": "ended", "measurement": 7, "stopReason": "reaches"},
    {"type": "complete", "total": 2, "unknown": True},
]


class EventsTest(unittest.TestCase):
    def test_are_the_same_when_the_stream_is_cut_anywhere(self) -> None:
        for cut in range(len(STREAM) + 1):
            self.assertEqual(list(read_events([STREAM[:cut], STREAM[cut:]])), EVENTS)
        self.assertEqual(list(read_events([bytes([byte]) for byte in STREAM])), EVENTS)

    def test_are_yielded_before_the_stream_ends(self) -> None:
        def endless() -> Iterator[bytes]:
            yield b'event: complete\ndata: {"total":1}\n\n'
            raise AssertionError("read too far")

        self.assertEqual(next(read_events(endless())), {"type": "complete", "total": 1})

    def test_that_cannot_be_read_are_reported(self) -> None:
        for text in (
            'event: progress\ndata: {"total":\n\n',
            'event: progress\ndata: {"total":"2","done":0}\n\n',
            'event: progress\ndata: {"total":true,"done":0}\n\n',
            "event: ended\ndata: null\n\n",
            "event: path\ndata:\n\n",
        ):
            with self.subTest(text), self.assertRaises(BadAnswer):
                list(read_events([text.encode()]))

    def test_without_end_are_reported_before_they_fill_the_memory(self) -> None:
        def endless(first: bytes, more: bytes) -> Iterator[bytes]:
            yield first
            for _ in range(1_000):
                yield more * 8_000
            raise AssertionError("read too far")

        for first, more in ((b"data: ", b"x"), (b"", b"data: x\n")):
            events: Iterator[Event] = read_events(endless(first, more))
            with self.subTest(first), self.assertRaises(BadAnswer):
                next(events)
