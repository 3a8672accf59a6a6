"""A client of the Reverse Traceroute API: the path from any destination back to a source."""

from . import api
from ._events import Event
from .client import BatchSummary, Client, Pair, Progress, Rejected, Source, Submitted, UploadedBatch
from .errors import (
    AnswerError,
    BadAnswer,
    NotFound,
    Problem,
    QuotaExceeded,
    Refused,
    RevtrError,
    ServerFailed,
    Unauthorized,
    Unreachable,
)
from .frames import to_pandas

__all__ = [
    "AnswerError",
    "BadAnswer",
    "BatchSummary",
    "Client",
    "Event",
    "NotFound",
    "Pair",
    "Problem",
    "Progress",
    "QuotaExceeded",
    "Refused",
    "Rejected",
    "RevtrError",
    "ServerFailed",
    "Source",
    "Submitted",
    "Unauthorized",
    "Unreachable",
    "UploadedBatch",
    "api",
    "to_pandas",
]
