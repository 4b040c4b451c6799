"""HTTP under one policy: TLS is verified, passwords go to their own host, reads can be ended."""

import hashlib
import os
import re
import socket
import ssl
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from livestyle.errors import SourceError

_CHUNK_BYTES = 64 * 1024
_USERINFO = re.compile(r"(?<=://)(?:[^/?#]*@|[^@]*:.*@)")
_SECRET = re.compile(r"(?i)([?&;][^=&;#]*(?:pass|pwd|pw|token|key|auth|secret)[^=&;#]*=)[^&;#]*")
_DIGESTS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5, "SHA": hashlib.sha1}
"""Algorithms of digest authentication, the strongest first."""


class HttpBody:
    """What a server answers, as a file to read; PyAV takes it as one.

    It goes to another place in the file by another request, where the server serves parts.

    Attributes:
        name: the address it came from in the end, without a password.
        content_type: as the server says, in lower case.
        is_finite: whether the server said how long it is: then it is a file, not a live stream.
        failure: why reading broke off; "" when it did not.
    """

    def __init__(self, response: HTTPResponse, reopen: Callable[[str, int], HTTPResponse]) -> None:
        """Takes over a response.

        Args:
            response: of a GET.
            reopen: opens the same address from a byte on.

        Raises:
            SourceError: its content encoding is not known.
        """
        self._line: socket.socket | None = None
        self._take(response)
        self._reopen = reopen
        self._whole = response.length
        self._at = self._response_at = 0
        self.name = without_password(response.url)
        self.content_type = response.headers.get_content_type()
        self.is_finite = response.length is not None
        self.failure = ""
        self._ahead = b""
        self._unzip: Any = None
        self._zipped = b""
        encoding = response.headers.get("Content-Encoding", "identity").lower().strip()
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._unzip = zlib.decompressobj(zlib.MAX_WBITS | 32)
        elif encoding not in ("identity", ""):
            self.close()
            raise SourceError(
                f"{self.name} is sent with content encoding {encoding}, which is not read here."
            )

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end; they stay to be read."""
        while len(self._ahead) < size and (data := self._read(_CHUNK_BYTES)):
            self._ahead += data
        return self._ahead[:size]

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        """Up to `size` bytes, as soon as there are some; none at the end or after a failure."""
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        return self._read(size)

    def seekable(self) -> bool:
        """Whether the server serves parts of what it sends."""
        ranges = self._response.headers.get("Accept-Ranges", "")
        return self.is_finite and self._unzip is None and ranges.strip().lower() == "bytes"

    def tell(self) -> int:
        """Where the next `read` begins."""
        return self._at - len(self._ahead)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes there with the next `read`; as for files."""
        origins = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._whole or 0}
        place = origins[whence] + offset
        if place != self.tell():
            self._at, self._ahead = place, b""
        return place

    def shutdown(self) -> None:
        """Ends a `read` that waits in another thread."""
        line = self._line
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connection."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
        with suppress(OSError, HTTPException):
            self._response.close()

    def _take(self, response: HTTPResponse) -> None:
        # A handle of its own on the connection, which another thread may shut down.
        line = socket.fromfd(response.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        self._response, self._line = response, line

    def _read(self, size: int) -> bytes:
        try:
            if self._at != self._response_at:
                self._go_there()
            data = self._response.read1(size) if self._unzip is None else self._unzipped(size)
            if not data and self._response.length:
                self.failure = f"{self._response.length} bytes did not come"
        except (OSError, HTTPException, ValueError, zlib.error) as error:
            self.failure = str(error) or type(error).__name__
            return b""
        self._at += len(data)
        self._response_at = self._at
        return data

    def _go_there(self) -> None:
        self.close()
        if self._whole is not None and self._at >= self._whole:
            self._response_at = self._at
            return
        self._take(self._reopen(self._response.url, self._at))
        if self._response.status != HTTPStatus.PARTIAL_CONTENT:
            raise ValueError("the server does not serve the part asked for")

    def _unzipped(self, size: int) -> bytes:
        while not self._unzip.eof:
            zipped = self._zipped or self._response.read1(size)
            data: bytes = self._unzip.decompress(zipped, size)
            self._zipped = self._unzip.unconsumed_tail
            if data or not zipped:
                return data
        return b""


class HttpClient:
    """Opens an address and what it leads to; close ends all of it, from any thread.

    User and password of the address go to its own scheme, host and port, where the server asks.
    """

    def __init__(
        self, url: str, timeout_s: float, tls_verify: bool = True, ca_file: Path | None = None
    ) -> None:
        """Prepares; nothing is opened yet.

        Args:
            url: http or https, may hold user and password.
            timeout_s: for connecting and for each wait for data.
            tls_verify: whether a server of https has to prove who it is.
            ca_file: certificates (PEM) to trust instead of the system's.

        Raises:
            SourceError: the address or `ca_file` cannot be used.
        """
        self._url = _without_userinfo(url)
        self._timeout_s = timeout_s
        self._bodies: set[HttpBody] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._opener = _opener(url, tls_context(tls_verify, ca_file))

    def open(self, url: str | None = None, start: int = 0, end: int | None = None) -> HttpBody:
        """Opens the client's own address, or another that it led to.

        Args:
            url: http or https; None for the client's own.
            start, end: the bytes wanted, as in a slice.

        Raises:
            SourceError: not reached, or refused by the server.
        """
        address = url or self._url
        name = without_password(address)
        try:
            body = HttpBody(self._request(address, start, end), self._request)
        except urllib.error.HTTPError as error:
            error.close()
            raise SourceError(f"{name} answers {error.code} {error.reason}.") from None
        except (OSError, HTTPException, ValueError) as error:
            raise SourceError(_not_reached(name, error)) from None
        with self._lock:
            self._bodies.add(body)
            closed = self._closed
        if closed:
            body.close()
            raise SourceError(f"{name} was closed while it was being opened.")
        return body

    def open_for_ffmpeg(self, url: str, flags: int, options: dict[str, str]) -> HttpBody:
        """What PyAV calls for the further addresses that a playlist names.

        Raises:
            SourceError: neither http nor https, or it cannot be opened.
        """
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            raise SourceError(
                f"{without_password(self._url)} leads to {url.split(':')[0]}:, "
                "which is not opened from a stream."
            )
        end = options.get("end_offset")
        return self.open(url, int(options.get("offset", 0)), int(end) if end else None)

    def shutdown(self) -> None:
        """Ends reads that wait, in any thread; nothing is opened any more."""
        with self._lock:
            self._closed = True
            bodies = list(self._bodies)
        for body in bodies:
            body.shutdown()

    def close(self) -> None:
        """Closes every connection; for the thread that reads."""
        self.shutdown()
        for body in self._bodies:
            body.close()

    def _request(self, url: str, start: int = 0, end: int | None = None) -> HTTPResponse:
        request = urllib.request.Request(url, headers={"User-Agent": "livestyle"})
        if start or end is not None:
            request.add_header("Range", f"bytes={start}-{'' if end is None else end - 1}")
        response = cast(HTTPResponse, self._opener.open(request, timeout=self._timeout_s))
        if self._closed:
            response.close()
            raise ConnectionAbortedError("closed while it was being opened")
        return response


class _BasicAuth(urllib.request.HTTPBasicAuthHandler):
    """Basic authentication, where a server asks for it; urllib's own fails on all else."""

    def http_error_401(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        asked = headers.get_all("WWW-Authenticate") or []
        if not any(challenge.partition(" ")[0].lower() == "basic" for challenge in asked):
            return None
        return super().http_error_401(req, fp, code, msg, headers)


class _DigestAuth(urllib.request.HTTPDigestAuthHandler):
    """Digest authentication by the strongest algorithm that server and client know."""

    def http_error_401(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        offered = [
            (urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest)), challenge)
            for challenge in headers.get_all("WWW-Authenticate") or []
            for scheme, _, rest in [challenge.partition(" ")]
            if scheme.lower() == "digest" and rest.strip()
        ]
        if not offered or req.has_header("Authorization"):
            return None
        for algorithm in _DIGESTS:
            for fields, challenge in offered:
                if fields.get("algorithm", "MD5").upper() == algorithm:
                    return self.retry_http_digest_auth(req, challenge)
        asked = ", ".join(fields.get("algorithm", "MD5") for fields, _ in offered)
        raise ValueError(f"it asks for digest authentication by {asked}, which is not known here")

    def get_algorithm_impls(
        self, algorithm: str
    ) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
        make = _DIGESTS[algorithm.upper()]

        def digest(text: str) -> str:
            return make(text.encode()).hexdigest()

        return digest, lambda secret, data: digest(f"{secret}:{data}")


def tls_context(tls_verify: bool, ca_file: Path | None) -> ssl.SSLContext:
    """How a server of https is verified.

    Raises:
        SourceError: `ca_file` cannot be read, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SourceError(f"The certificates in {ca_file} cannot be read: {error}.") from error
    if not tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def without_password(url: str) -> str:
    """The address as it may be shown and logged: no user, no password, no secret parameters."""
    return _SECRET.sub(r"\1***", _USERINFO.sub("", url))


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _opener(url: str, context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    parts = urlsplit(url)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
        passwords.add_password(None, origin, user, password)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.UnknownHandler(),
        _BasicAuth(passwords),
        _DigestAuth(passwords),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _not_reached(name: str, error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"{name} is not trusted: {reason.verify_message}. --ca-file FILE trusts a camera's own "
            "certificate; --no-tls-verify trusts anybody."
        )
    return f"{name} cannot be reached: {reason}. Is the address right, and the camera on?"
