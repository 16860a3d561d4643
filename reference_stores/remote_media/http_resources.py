"""HttpResources: values as what a plain HTTP server has under its URLs, to be read only."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import quote

from reference_stores.credentials import mask_url
from reference_stores.remote_media.byte_ranges import names_nothing, part_asked_for, range_header
from reference_stores.remote_media.file_systems import FileSystems, recipe, require_fsspec
from storeproto import ByteRequest, resolve
from storeproto.errors import missing_key_error

_MISSING: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_FORBIDDEN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
_NO_HEAD: Final = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)


class Calls(Protocol):
    """The calls of fsspec's HTTP file system that are made here: it opens the session, and the requests go out from here.

    Its own reads do not tell a part from the whole, and its own URLs decode `%41` and end at `?`.
    """

    @property
    def kwargs(self) -> dict[str, Any]:
        """The options of each request."""
        ...

    async def set_session(self) -> Any:
        """Return the aiohttp session, opened with the first call."""
        ...


class HttpResources:
    """Values to be read, on a plain HTTP server, which cannot be written to; nor is a page of links a listing, so there is none.

    Args:
        systems: the file system.
        path: the URL of the root; its query, a signature for example, is sent with each key.
    """

    def __init__(self, systems: FileSystems[Calls], path: str) -> None:
        self._systems = systems
        base, self._mark, self._query = path.partition("?")
        self._base: Final = base.rstrip("/")
        self._encoded: Final[bool] = systems.fs.encoded
        self._url_class: Final = require_fsspec("fsspec.implementations.http").yarl.URL

    @property
    def location(self) -> str:
        """The URL of the root, without credentials."""
        return mask_url(self._base + self._mark + self._query)

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for the same root in file systems made alike."""
        return (*recipe(self._systems.fs), self._base, self._query)

    def share(self) -> None:
        """Take note of one more handle."""
        self._systems.share()

    def close(self) -> None:
        """Take note that a handle has ended."""
        self._systems.close()

    def _url(self, key: str) -> Any:
        """The URL of a key, each character of which is data."""
        base = str(self._url_class(self._base, encoded=self._encoded))
        return self._url_class(f"{base}/{quote(key, safe='/')}{self._mark}{self._query}", encoded=True)

    def _options(self, fs: Calls, headers: dict[str, str]) -> dict[str, Any]:
        # A compressed answer has neither the size nor the ranges of the value.
        return {
            "allow_redirects": True,
            **fs.kwargs,
            "headers": {**fs.kwargs.get("headers", {}), "Accept-Encoding": "identity", **headers},
        }

    def _check(self, answer: Any, key: str) -> None:
        """Raise what the status of an answer means."""
        status: int = answer.status
        if status in _MISSING or (answer.history and answer.url.path == self._url(key).path + "/"):
            raise missing_key_error(key)  # a server sends whoever asks for a directory to its name with a slash
        if status < 400:
            return
        message = f"the server answered {status} {answer.reason} for the key {key!r} of {self.location}"
        if status in _FORBIDDEN:
            raise PermissionError(message)
        if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT):
            raise TimeoutError(message)
        raise OSError(message)

    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names, with one request."""
        if names_nothing(request):
            await self.size(key)  # which says whether there is a value
            return b""
        value = await self._fetch(key, request)
        if value is not None:
            return value
        # Right where none of the bytes is in the value; some servers say so of a suffix longer than it, too.
        part = resolve(request, await self.size(key))
        if part.start == part.stop:
            return b""
        whole = await self._fetch(key, None) or b""
        return whole[resolve(request, len(whole))]

    async def _fetch(self, key: str, request: ByteRequest | None) -> bytes | None:
        """The part; None where the server says that there is none."""
        headers = {} if request is None else {"Range": range_header(request)}
        async with (
            self._systems.request() as fs,
            (await fs.set_session()).get(self._url(key), **self._options(fs, headers)) as answer,
        ):
            if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and request is not None:
                return None
            self._check(answer, key)
            body: bytes = await answer.read()
            return part_asked_for(request, body, answer.status, answer.headers.get("Content-Range"), key)

    async def size(self, key: str) -> int:
        """Return the number of bytes of the value, from the answer to a HEAD request where the server gives it."""
        async with (
            self._systems.request() as fs,
            (await fs.set_session()).head(self._url(key), **self._options(fs, {})) as answer,
        ):
            if answer.status not in _NO_HEAD:
                self._check(answer, key)
                if "Content-Length" in answer.headers:
                    return int(answer.headers["Content-Length"])
        return len(await self.read(key, None))
