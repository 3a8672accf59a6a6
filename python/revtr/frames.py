"""Measurements as data frames of pandas. It needs pandas, for example the Debian package ``python3-pandas``."""

from __future__ import annotations

from typing import Iterable, List, NamedTuple, TYPE_CHECKING

from .api import Measurement

if TYPE_CHECKING:
    import pandas


class Frames(NamedTuple):
    """One row for each path, and one for each hop.

    Both have the column ``measurement``. The columns of ``paths`` and ``hops`` are those of ``PATH_COLUMNS`` and ``HOP_COLUMNS``.
    """

    paths: pandas.DataFrame
    hops: pandas.DataFrame


PATH_COLUMNS = {
    "measurement": "int64",
    "batch": "int64",
    "source": "string",
    "destination": "string",
    "label": "string",
    "state": "string",
    "started_at": "datetime64[ns, UTC]",
    "duration_ms": "float64",
    "stop_reason": "string",
    "fail_code": "string",
    "hops": "Int64",
    "confidence": "float64",
    "as_path": "object",
}
HOP_COLUMNS = {
    "measurement": "int64",
    "hop": "int64",
    "address": "string",
    "name": "string",
    "asn": "Int64",
    "as_name": "string",
    "technique": "string",
    "trust": "string",
    "confidence": "float64",
    "rtt_ms": "float64",
}


def to_pandas(measurements: Iterable[Measurement]) -> Frames:
    """Data frames of measurements, finished or not. ``hop`` counts from 0, the destination; ``as_path`` is a tuple of AS numbers."""
    import pandas

    paths: List[List[object]] = []
    hops: List[List[object]] = []
    for measurement in measurements:
        paths.append(_path_row(measurement))
        hops.extend(_hop_rows(measurement))
    frames = [
        pandas.DataFrame(rows, columns=list(columns)).astype(columns)
        for rows, columns in ((paths, PATH_COLUMNS), (hops, HOP_COLUMNS))
    ]
    return Frames(*frames)


def _path_row(measurement: Measurement) -> List[object]:
    head: List[object] = [
        measurement["id"],
        measurement["batchId"],
        measurement["source"],
        measurement["destination"],
        measurement["label"],
        measurement["state"],
    ]
    result = measurement.get("result")
    if result is None:
        return [*head, None, None, None, None, None, None, ()]
    started, ended = result["startedAt"], result["endedAt"]
    reason = result.get("failReason")
    as_path: List[int] = []
    for hop in result["hops"]:
        asn = hop.get("asn")
        if asn is not None and as_path[-1:] != [asn]:
            as_path.append(asn)
    return [
        *head,
        _time(started),
        ended - started,
        result["stopReason"],
        None if reason is None else reason["code"],
        len(result["hops"]),
        result.get("confidence"),
        tuple(as_path),
    ]


def _time(milliseconds: float) -> object:
    import pandas

    return pandas.Timestamp(milliseconds, unit="ms", tz="UTC")


def _hop_rows(measurement: Measurement) -> Iterable[List[object]]:
    result = measurement.get("result")
    for position, hop in enumerate([] if result is None else result["hops"]):
        yield [
            measurement["id"],
            position,
            hop["address"],
            hop.get("name"),
            hop.get("asn"),
            hop.get("asName"),
            hop["technique"],
            hop["trust"],
            hop["confidence"],
            hop.get("rttMs"),
        ]
