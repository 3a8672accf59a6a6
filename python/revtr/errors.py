"""The errors that the client raises."""

from typing import List, NamedTuple, Optional, Tuple


class Problem(NamedTuple):
    """A fault in a request, and its place, for example ``revtrs[0].dst``."""

    at: str
    code: str
    message: str


class RevtrError(Exception):
    """The base of all errors of this package."""


class Unreachable(RevtrError):
    """The server cannot be reached, the connection broke, or no answer came in time."""


class BadAnswer(RevtrError):
    """The answer is not what the API describes, or larger than the client accepts."""


class AnswerError(RevtrError):
    """The server answered with an error.

    ``status`` is the HTTP status, ``code`` the stable code of the server, for example ``quotaPerDay``, and ``problems`` the faults in the
    request.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        problems: Tuple[Problem, ...] = (),
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.problems = problems
        #: Seconds after which the same request can succeed; ``None`` when the server does not say so.
        self.retry_after = retry_after

    def __str__(self) -> str:
        lines: List[str] = [super().__str__()]
        lines += [f"  {at}: {message}" for at, _, message in self.problems[:20]]
        if len(self.problems) > 20:
            lines.append(f"  and {len(self.problems) - 20} more")
        return "\n".join(lines)


class Unauthorized(AnswerError):
    """The API key is missing, unknown, revoked or expired (status 401)."""


class NotFound(AnswerError):
    """What the request names does not exist, or is not yours (status 404)."""


class QuotaExceeded(AnswerError):
    """A limit is used up (status 429). ``retry_after`` says when to try again."""


class Refused(AnswerError):
    """The server rejects the request (every other status below 500)."""


class ServerFailed(AnswerError):
    """The server, or a service that it needs, failed (status 500 and above)."""
