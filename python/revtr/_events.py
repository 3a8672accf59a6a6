"""Server-sent events (WHATWG HTML, section 9.2) of a running batch."""

from __future__ import annotations

import codecs
import json
from typing import Dict, Iterable, Iterator, List, Literal, Optional, Tuple, TypedDict, Union, cast

from .errors import BadAnswer

#: Largest event in characters. A path of 100 hops has about 10,000.
_MOST_CHARACTERS = 2**20


class ProgressEvent(TypedDict):
    """How many measurements have ended."""

    type: Literal["progress"]
    total: int
    done: int


class _PathHopRequired(TypedDict):
    address: str
    technique: str
    trust: Literal["measured", "inferred", "assumed"]
    confidence: float


class PathHop(_PathHopRequired, total=False):
    """A hop of a path that grows."""

    asn: int
    rttMs: float
    reusedAgeMs: float


class PathEvent(TypedDict):
    """The hops of a measurement so far."""

    type: Literal["path"]
    measurement: int
    hops: List[PathHop]


class _TryingEventRequired(TypedDict):
    type: Literal["trying"]
    measurement: int
    technique: str
    hop: str


class TryingEvent(_TryingEventRequired, total=False):
    """Which technique looks for the next hop."""

    vantagePoints: int


class RttEvent(TypedDict):
    """The round-trip time of a hop."""

    type: Literal["rtt"]
    measurement: int
    hop: str
    rttMs: float


class EndedEvent(TypedDict):
    """The end of a measurement."""

    type: Literal["ended"]
    measurement: int
    stopReason: str


class CompleteEvent(TypedDict):
    """The end of a batch."""

    type: Literal["complete"]
    total: int


Event = Union[ProgressEvent, PathEvent, TryingEvent, RttEvent, EndedEvent, CompleteEvent]

#: The fields that every event of a type has. Events of other types are skipped: a newer server may send some.
_FIELDS: Dict[str, Dict[str, Union[type, Tuple[type, ...]]]] = {
    "progress": {"total": int, "done": int},
    "path": {"measurement": int, "hops": list},
    "trying": {"measurement": int, "technique": str, "hop": str},
    "rtt": {"measurement": int, "hop": str, "rttMs": (int, float)},
    "ended": {"measurement": int, "stopReason": str},
    "complete": {"total": int},
}


def read_events(body: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream until it ends.

    :raises BadAnswer: when an event cannot be read or exceeds 1 MiB
    """
    kind, data, size = "", cast(List[str], []), 0
    for line in _lines(body):
        if line == "":
            event = _event_of(kind, "\n".join(data)) if data else None
            if event is not None:
                yield event
            kind, data, size = "", [], 0
            continue
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
            size += len(value) + 1
            if size > _MOST_CHARACTERS:
                raise BadAnswer("the server sent an event of more than 1 MiB")


def _lines(body: Iterable[bytes]) -> Iterator[str]:
    """The lines of UTF-8 text, which end with CR, LF or CR LF. A line that does not end is left out."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    rest = ""
    for piece in body:
        text = rest + decoder.decode(piece)
        # A CR at the end may be the first half of CR LF.
        held = text.endswith("\r")
        text = (text[:-1] if held else text).replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        yield from lines
        if held:
            rest += "\r"
        if len(rest) > _MOST_CHARACTERS:
            raise BadAnswer("the server sent a line of more than 1 MiB")


def _event_of(kind: str, data: str) -> Optional[Event]:
    fields = _FIELDS.get(kind)
    if fields is None:
        return None
    try:
        value = json.loads(data)
        if not isinstance(value, dict):
            raise ValueError("no object")
        for field, expected in fields.items():
            if not isinstance(value.get(field), expected) or isinstance(value[field], bool):
                raise ValueError(field)
    except ValueError:
        raise BadAnswer(f"the server sent an unreadable event of type '{kind}'") from None
    return cast(Event, {**value, "type": kind})
