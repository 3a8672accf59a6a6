"""When a request is sent again, and after which pause."""

from email.utils import parsedate_to_datetime
from typing import Callable, Mapping, Optional, Union

from .errors import AnswerError, Unreachable

#: The request was not carried out: too many requests, or a gateway in between reached no server.
_PASSING = frozenset({429, 502, 503, 504})
#: Methods whose repetition has the effect of a single request (RFC 9110, section 9.2.2).
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_FIRST_PAUSE = 0.5
#: Clients that were refused at the same moment come back at different moments within this time.
_SPREAD = 1.0


def is_repeatable(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request may be sent twice."""
    return method in _IDEMPOTENT or "Idempotency-Key" in headers


def pause_after(
    failure: Union[AnswerError, Unreachable],
    failures: int,
    *,
    retries: int,
    longest: float,
    random: Callable[[], float],
) -> Optional[float]:
    """Seconds to wait before a request is sent again; ``None``: it is not.

    ``failures`` counts from 1, ``failure`` is the last one.
    """
    answer = failure if isinstance(failure, AnswerError) else None
    if failures > retries or (answer is not None and answer.status not in _PASSING):
        return None
    asked = None if answer is None else answer.retry_after
    if asked is None:
        return min(longest, _FIRST_PAUSE * 2.0 ** (failures - 1) * (0.5 + random() / 2))
    return None if asked > longest else asked + _SPREAD * random()


def retry_after(headers: Mapping[str, str]) -> Optional[float]:
    """Seconds that ``Retry-After`` asks to wait (RFC 9110, section 10.2.3). A date counts from the date of the answer."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("Date") or "")
        return max(0.0, (at - now).total_seconds())
    except (TypeError, ValueError):
        return None
