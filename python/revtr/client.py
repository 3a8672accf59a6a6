"""The client of a Reverse Traceroute server."""

from __future__ import annotations

import itertools
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable, Iterable, Iterator, List, Literal, Optional, Tuple, TypeVar, Union, cast

from . import api
from ._events import Event, read_events
from ._operations import Operations
from ._transport import json_object
from .errors import AnswerError, BadAnswer, Problem, QuotaExceeded, Unreachable

#: A pair to measure with its options.
Pair = api.RunRevtrRequestRevtr
#: A host to which paths can be measured.
Source = api.ListSourcesResponseSrc
#: A batch, and how many of its measurements have ended.
BatchSummary = api.ListBatchesResponseBatch
_Item = TypeVar("_Item")
_Cursor = TypeVar("_Cursor", int, str)
#: A part of a list, and where the next part begins; `None` on the last page.
_Page = Tuple[List[_Item], Optional[int]]
#: Why a measurement ended.
StopReason = Literal["reaches", "failed", "trivial", "cancelled"]
ExportFormat = Literal[
    "jsonl",
    "archive",
    "csv",
    "csv-hops",
    "parquet",
    "parquet-hops",
    "ripe-atlas",
    "scamper",
    "graphml-routers",
    "graphml-networks",
]
#: Pauses in seconds before a broken event stream is opened again. After the last one the client gives up.
_PAUSES = (0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0)
#: Pause in seconds when the server does not say how long its limits hold.
_QUOTA_PAUSE = 10.0
#: Longest line of an export in bytes: a measurement has about 10,000.
_LONGEST_LINE = 16 * 2**20


@dataclass(frozen=True)
class Rejected:
    """A pair that the server left out: its position among the submitted pairs, from 0, and why."""

    index: int
    problem: Problem


@dataclass(frozen=True)
class Submitted:
    """A batch that the server has stored."""

    batch_id: int
    rejected: Tuple[Rejected, ...]


@dataclass(frozen=True)
class UploadedBatch:
    """A part of the pairs of an upload.

    `batch_id` is `None` when the server accepted no pair of this part. `offset` is the position of its first pair among all pairs, from
    which the positions in `rejected` count.
    """

    batch_id: Optional[int]
    offset: int
    size: int
    rejected: Tuple[Rejected, ...]


@dataclass(frozen=True)
class Progress:
    """How far a campaign is, in measurements of the batches that were submitted."""

    done: int
    total: int


class Client(Operations):
    """A client of a Reverse Traceroute server. Every method raises `RevtrError`.

    Beside the methods below, there is one for each operation of the API under its name in the OpenAPI document, such as `get_account`.
    """

    def sources(self) -> List[Source]:
        """The sources that you may measure to."""
        return self.list_sources()["srcs"]

    def measure(self, source: str, destination: str, *, fresh: bool = False, forward: bool = False) -> api.Measurement:
        """Measures the path from `destination` (an address or a host name) back to `source`, and waits for the result.

        `fresh`: do not reuse results of earlier measurements
        `forward`: measure the forward path too
        """
        pair: Pair = {"src": source, "dst": destination, "isRunRttPings": True, "isRunForwardTraceroute": forward}
        if fresh:
            pair["useCache"] = False
        batch_id = self.submit([pair]).batch_id
        self.wait(batch_id)
        measurements = self.get_batch(batch_id)["measurements"]
        if not measurements:
            raise BadAnswer(f"batch {batch_id} has no measurement")
        return measurements[0]

    def submit(
        self, pairs: Iterable[Pair], *, skip_invalid: bool = False, idempotency_key: Optional[str] = None
    ) -> Submitted:
        """Submits pairs as one batch, which the server has stored when this returns.

        `skip_invalid`: leave invalid pairs out; without it, one invalid pair rejects the batch
        `idempotency_key`: the same call with the same key within 24 hours returns the same batch; default: a random one
        """
        answer = self.submit_batch(
            {"revtrs": list(pairs)},
            skip_invalid=skip_invalid,
            idempotency_key=idempotency_key if idempotency_key is not None else secrets.token_hex(16),
        )
        found = re.search(r"[?&]batchid=(\d{1,15})(?:&|$)", answer["result_uri"])
        if found is None:
            raise BadAnswer(f"the server named no batch in '{answer['result_uri']}'")
        rejected = answer.get("rejected", [])
        return Submitted(
            int(found.group(1)),
            tuple(Rejected(one["index"], Problem(one["at"], one["code"], one["message"])) for one in rejected),
        )

    def upload(self, pairs: Iterable[Pair], *, per_batch: int = 1_000) -> Iterator[UploadedBatch]:
        """Submits pairs as batches, as the limits of the account permit, and yields each when the server has stored it.

        Invalid pairs are left out. `pairs` is read only as far as needed, so that it can come from a file of any size.
        """
        remaining, offset = iter(pairs), 0
        while True:
            part = list(itertools.islice(remaining, per_batch))
            if not part:
                return
            batch_id, rejected = self._submit_patiently(part)
            yield UploadedBatch(batch_id, offset, len(part), rejected)
            offset += len(part)

    def _submit_patiently(self, part: List[Pair]) -> Tuple[Optional[int], Tuple[Rejected, ...]]:
        while True:
            try:
                submitted = self.submit(part, skip_invalid=True)
                return submitted.batch_id, submitted.rejected
            except QuotaExceeded as error:
                self._sleep(_QUOTA_PAUSE if error.retry_after is None else error.retry_after)
            except AnswerError as error:
                # No pair of the part can be measured: there is no batch.
                if error.code != "invalidPairs":
                    raise
                return None, tuple(Rejected(_index_in(problem), problem) for problem in error.problems)

    def measure_all(
        self,
        pairs: Iterable[Union[Pair, Tuple[str, str]]],
        *,
        per_batch: int = 1_000,
        on_progress: Optional[Callable[[Progress], object]] = None,
        on_rejected: Optional[Callable[[int, Problem], object]] = None,
    ) -> Iterator[api.Measurement]:
        """Measures pairs, given with options or as (source, destination), and yields the results batch by batch.

        `on_progress`: receives how many measurements have ended
        `on_rejected`: receives the position of each pair that the server left out, and why; default: they are left out silently
        """
        expanded = (pair if isinstance(pair, dict) else _pair_of(pair) for pair in pairs)
        done = total = 0
        batches: List[Tuple[int, int]] = []
        for batch in self.upload(expanded, per_batch=per_batch):
            for one in batch.rejected:
                if on_rejected is not None:
                    on_rejected(batch.offset + one.index, one.problem)
            if batch.batch_id is not None:
                accepted = batch.size - len(batch.rejected)
                batches.append((batch.batch_id, accepted))
                total += accepted
        for batch_id, size in batches:

            def report(event: Event, before: int = done) -> None:
                if on_progress is not None and event["type"] == "progress":
                    on_progress(Progress(before + event["done"], total))

            self.wait(batch_id, on_event=report)
            done += size
            if on_progress is not None:
                on_progress(Progress(done, total))
            yield from self.results(batch_id)

    def wait(self, batch_id: int, *, on_event: Optional[Callable[[Event], object]] = None, paths: bool = False) -> None:
        """Waits until a batch is complete.

        A broken event stream is opened again after a pause; the client gives up after eight failures in a row (about 30 s).
        `on_event` receives the events; with `paths` also those that show how a measurement goes on.
        """
        pauses = iter(_PAUSES)
        while True:
            failure: Union[Unreachable, BadAnswer]
            failure = BadAnswer(f"the event stream of batch {batch_id} ended before the batch was complete")
            try:
                for event in self.events(batch_id, paths=paths):
                    pauses = iter(_PAUSES)
                    if on_event is not None:
                        on_event(event)
                    if event["type"] == "complete":
                        return
            except Unreachable as error:
                failure = error
            pause = next(pauses, None)
            if pause is None:
                raise failure
            self._sleep(pause)

    def events(self, batch_id: int, *, paths: bool = False) -> Iterator[Event]:
        """The events of a batch until it is complete or the stream breaks (`Unreachable`).

        `paths`: also yield `path`, `trying` and `rtt`, which show how a measurement goes on
        """
        return read_events(self.stream_batch_events(batch_id, paths=paths))

    def results(self, batch_id: int) -> Iterator[api.Measurement]:
        """The measurements of a batch that have ended, one after the other: a batch of any size takes little memory."""
        rest = b""
        for piece in self.export_batch(batch_id, format="jsonl"):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield _measurement_in(line)
            if len(rest) > _LONGEST_LINE:
                raise BadAnswer(f"a line exceeds {_LONGEST_LINE} bytes")
        if rest:
            raise BadAnswer("the answer ended in the middle of a line")

    def save(self, batch_id: int, path: str, format: ExportFormat = "jsonl") -> int:
        """Writes the measurements of a batch that have ended to a file, and returns its size in bytes."""
        size = 0
        with open(path, "wb") as file:
            for piece in self.export_batch(batch_id, format=format):
                size += file.write(piece)
        return size

    def batches(self) -> Iterator[BatchSummary]:
        """All your batches, newest first. Reads a page at a time."""

        def load(before: Optional[int]) -> _Page[BatchSummary]:
            page = self.list_batches(before=before)
            return page["batches"], page.get("next")

        return _items(load)

    def outlines(self, batch_id: int) -> Iterator[api.MeasurementOutline]:
        """All measurements of a batch without their hops, in the order of the batch. Reads a page at a time."""

        def load(after: Optional[int]) -> _Page[api.MeasurementOutline]:
            page = self.list_measurement_outlines(batch_id, after=after)
            return page["measurements"], page.get("next")

        return _items(load)

    def find(
        self,
        *,
        source: Optional[str] = None,
        destination: Optional[str] = None,
        prefix: Optional[str] = None,
        asn: Optional[int] = None,
        label: Optional[str] = None,
        submitted_from: Optional[datetime] = None,
        submitted_before: Optional[datetime] = None,
        stop_reason: Optional[StopReason] = None,
        batch: Optional[int] = None,
        newest_first: bool = False,
        per_page: int = 250,
    ) -> Iterator[api.Measurement]:
        """Your measurements that meet all filters, by default the oldest first. Reads a page at a time.

        `prefix`: of the destination
        `asn`: number of an AS on the path
        `submitted_from`, `submitted_before`: a time without a zone is local time
        `batch`: can also be a batch of another user that you may read
        """

        def load(cursor: Optional[str]) -> Tuple[List[api.Measurement], Optional[str]]:
            page = self.find_measurements(
                source=source,
                destination=destination,
                prefix=prefix,
                asn=asn,
                label=label,
                from_=_time(submitted_from),
                to=_time(submitted_before),
                stop_reason=stop_reason,
                batch=batch,
                order="newest" if newest_first else "oldest",
                limit=per_page,
                cursor=cursor,
            )
            return page["measurements"], page.get("cursor")

        return _items(load)


def _pair_of(pair: Tuple[str, str]) -> Pair:
    source, destination = pair
    return {"src": source, "dst": destination}


def _index_in(problem: Problem) -> int:
    """The position of the pair that a problem names, for example 3 for ``revtrs[3].dst``."""
    found = re.search(r"\[(\d{1,9})\]", problem.at)
    return int(found.group(1)) if found else 0


def _measurement_in(line: bytes) -> api.Measurement:
    return cast(api.Measurement, json_object(line, "a line"))


def _time(time: Optional[datetime]) -> Optional[str]:
    """A time in the form that the API reads, in milliseconds."""
    return None if time is None else time.astimezone(timezone.utc).isoformat(timespec="milliseconds")


def _items(load: Callable[[Optional[_Cursor]], Tuple[List[_Item], Optional[_Cursor]]]) -> Iterator[_Item]:
    """The items of all pages of a list. `load` reads the page that begins at a cursor; `None`: the first page."""
    cursor: Optional[_Cursor] = None
    while True:
        items, following = load(cursor)
        yield from items
        if following is None:
            return
        if following == cursor:
            raise BadAnswer(f"the server sent a page that names itself as the next one: {cursor}")
        cursor = following
