"""Requests to one server, with the standard library."""

from __future__ import annotations

import http.client
import json
import os
import random as _random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from types import TracebackType
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Type, TypeVar
from weakref import WeakSet

from ._retry import is_repeatable, pause_after, retry_after
from .errors import AnswerError, BadAnswer, NotFound, Problem, QuotaExceeded, Refused, ServerFailed, Unauthorized, Unreachable

_DEFAULT_SERVER = "http://127.0.0.1:8080"
#: Largest answer in bytes. A batch of 20,000 measurements has about 180 MB.
_MOST_BYTES = 512 * 2**20
_MOST_ERROR_BYTES = 16 * 2**20
_CHUNK = 65_536
_Self = TypeVar("_Self", bound="Transport")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would send the API key to another server."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Transport:
    """Sends requests to one server and turns every failure into a `RevtrError`."""

    def __init__(
        self,
        server: Optional[str] = None,
        key: Optional[str] = None,
        *,
        timeout: float = 60.0,
        retries: int = 3,
        longest_pause: float = 30.0,
        context: Optional[ssl.SSLContext] = None,
        random: Callable[[], float] = _random.random,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Connects to a server when the first request is sent.

        `server`: its address; default: the environment variable `REVTR_SERVER`, or else `http://127.0.0.1:8080`
        `key`: an API key; default: the environment variable `REVTR_KEY`, or else none
        `timeout`: seconds that the server may be silent
        `retries`: how often a request is repeated that was not carried out, if its repetition does no harm
        `longest_pause`: seconds; if the server asks for a longer pause before the repetition, the call fails at once
        `context`: settings of TLS, such as further certificate authorities
        `random`, `sleep`: spread and make the pauses
        """
        address = server if server is not None else os.environ.get("REVTR_SERVER", _DEFAULT_SERVER)
        if "://" not in address:
            address = f"http://{address}"
        if not address.lower().startswith(("http://", "https://")):
            raise ValueError(f"'{address}' is not the address of a server")
        #: The address of the server, without a slash at its end.
        self.server = address.rstrip("/")
        self._key = key if key is not None else os.environ.get("REVTR_KEY", "")
        self._timeout = timeout
        self._retries = retries
        self._longest_pause = longest_pause
        self._random = random
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirect(), urllib.request.HTTPSHandler(context=context))
        self._is_closed = False
        self._open_streams: WeakSet[http.client.HTTPResponse] = WeakSet()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the streams that are still open."""
        self._is_closed = True
        for response in list(self._open_streams):
            response.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, object]] = None,
        headers: Optional[Mapping[str, object]] = None,
        body: object = None,
        data: Optional[bytes] = None,
    ) -> object:
        """The JSON object with which the server answers."""
        sent = {_header_name(name): str(value) for name, value in (headers or {}).items() if value is not None}
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        elif data is not None:
            sent["Content-Type"] = "application/octet-stream"
        elif method in ("POST", "PUT", "PATCH"):
            data = b""
        with self._open(method, path, query, sent, data) as response:
            content = _read(response, _MOST_BYTES)
        return json_object(content, "an answer")

    def _stream(self, method: str, path: str, *, query: Optional[Mapping[str, object]] = None) -> Iterator[bytes]:
        """The body of the answer, piece by piece."""
        response = self._open(method, path, query, {}, None)
        self._open_streams.add(response)
        return self._pieces(response)

    def _pieces(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        with response:
            while True:
                try:
                    piece = response.read1(_CHUNK)
                except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
                    # Reading from a response that `close` has closed raises ValueError or AttributeError.
                    raise Unreachable(f"the connection to {self.server} broke: {error}") from error
                if self._is_closed:
                    raise Unreachable("the client was closed")
                if not piece:
                    # `read1` does not report that a body of known length ends early.
                    if response.length:
                        raise Unreachable(f"the connection to {self.server} broke in the middle of an answer")
                    return
                yield piece

    def _open(
        self,
        method: str,
        path: str,
        query: Optional[Mapping[str, object]],
        headers: Mapping[str, str],
        data: Optional[bytes],
    ) -> http.client.HTTPResponse:
        sent = {**headers, "Revtr-Key": self._key} if self._key else {**headers}
        url = f"{self.server}{path}{_query(query or {})}"
        failures = 0
        while True:
            answer = self._attempt(urllib.request.Request(url, data=data, headers=sent, method=method))
            if isinstance(answer, http.client.HTTPResponse):
                return answer
            failures += 1
            pause = None
            if is_repeatable(method, sent):
                pause = pause_after(
                    answer,
                    failures,
                    retries=self._retries,
                    longest=self._longest_pause,
                    random=self._random,
                )
            if pause is None:
                raise answer
            self._sleep(pause)

    def _attempt(self, request: urllib.request.Request) -> http.client.HTTPResponse | Unreachable | AnswerError:
        try:
            response = self._opener.open(request, timeout=self._timeout)
            assert isinstance(response, http.client.HTTPResponse)
            return response
        except urllib.error.HTTPError as error:
            # Names of headers have no case.
            headers: Dict[str, str] = {name.title(): value for name, value in error.headers.items()}
            with error:
                try:
                    content = error.read(_MOST_ERROR_BYTES)
                except (OSError, http.client.HTTPException):
                    content = b""
            return _error_of(error.code, headers, content)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            return Unreachable(f"cannot reach the server at {self.server}: {reason}")


def segment(value: object) -> str:
    """A value as one segment of a path."""
    return urllib.parse.quote(str(value), safe="")


def json_object(text: bytes, what: str) -> Dict[str, object]:
    """The object that a text is in JSON. `what` names the text in the error."""
    try:
        value = json.loads(text)
    except ValueError:
        raise BadAnswer(f"the server sent {what} that is not JSON") from None
    if not isinstance(value, dict):
        raise BadAnswer(f"the server sent {what} that is not a JSON object")
    return value


def _query(query: Mapping[str, object]) -> str:
    given = {name: _word(value) for name, value in query.items() if value is not None}
    return f"?{urllib.parse.urlencode(given)}" if given else ""


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _header_name(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    try:
        content = response.read(most + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"the connection broke in the middle of an answer: {error}") from error
    if len(content) > most:
        raise BadAnswer(f"the answer exceeds {most} bytes")
    return content


def _error_of(status: int, headers: Mapping[str, str], content: bytes) -> AnswerError:
    code, message, problems = "unknown", f"the server answered with status {status}", []
    try:
        error = json.loads(content)["error"]
        code, message = str(error["code"]), str(error["message"])
        problems = [Problem(str(one["at"]), str(one["code"]), str(one["message"])) for one in error.get("details", [])]
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    kind: Type[AnswerError] = ServerFailed if status >= 500 else Refused
    kind = {401: Unauthorized, 404: NotFound, 429: QuotaExceeded}.get(status, kind)
    return kind(message, status=status, code=code, problems=tuple(problems), retry_after=retry_after(headers))
