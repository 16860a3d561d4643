"""S3Objects: values as the objects of a bucket, through s3fs."""

# fsspec's asynchronous calls begin with an underscore, and are meant to be called:
# pyright: reportPrivateUsage=false
from __future__ import annotations

import importlib
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final, Protocol

from reference_stores.paging import PAGE_SIZE
from reference_stores.remote_media.byte_ranges import names_nothing, part_asked_for, range_header
from reference_stores.remote_media.file_systems import FileSystems, recipe
from reference_stores.remote_media.medium import Entry, Medium, together
from storeproto import ByteRequest, resolve
from storeproto.keys import below, is_key

_IN_PARTS_FROM: Final = 100 * 2**20  # bytes; where s3fs itself begins to send a value in parts
_ATTEMPTS_TO_CREATE: Final = 5
_WORTH_A_PAGE: Final = 100

# The keys that the XML of a request for many deletions can carry, and no parser changes.
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\ufffe\uffff]*")


class Calls(Protocol):
    """The calls of s3fs that are made here: its own, for each request of the protocol, which take a key as it is.

    Those that take a path expand and cut it (`?versionId=`), and ask for the size before they read a value.
    """

    @property
    def retries(self) -> int:
        """How often a request is sent before a passing fault is raised."""
        ...

    async def _call_s3(self, method: str, **parameters: Any) -> dict[str, Any]: ...
    async def _pipe_file(self, path: str, value: bytes) -> object: ...


class S3Objects(Medium):
    """A medium over one bucket. A read is one request; a listing comes a page at a time; a create is conditional.

    Args:
        systems: the file system.
        path: the bucket, and the prefix in it.

    Raises:
        ValueError: `path` names no bucket.
    """

    def __init__(self, systems: FileSystems[Calls], path: str) -> None:
        bucket, prefix, _ = systems.fs.split_path(path.strip("/"))
        if not bucket:
            raise ValueError(f"the path {path!r} names no bucket: give 'bucket' or 'bucket/prefix'")
        self._systems = systems
        self._bucket: Final[str] = bucket
        self._prefix: Final[str] = below(prefix.strip("/"))
        self._passing_faults: Final[tuple[type[Exception], ...]] = importlib.import_module("s3fs.core").S3_RETRYABLE_ERRORS
        self._checksum_error: Final[type[Exception]] = importlib.import_module("botocore.exceptions").FlexibleChecksumError

    @property
    def location(self) -> str:
        """The URL of the root."""
        return f"s3://{self._bucket}/{self._prefix}".removesuffix("/")

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for the same root in file systems made alike."""
        return (*recipe(self._systems.fs), self._bucket, self._prefix)

    def share(self) -> None:
        """Take note of one more handle."""
        self._systems.share()

    def close(self) -> None:
        """Take note that a handle has ended."""
        self._systems.close()

    def _object(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    # Reading

    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names, with one request."""
        if request is None:
            return await self._fetch(key, None)
        if names_nothing(request):
            await self.size(key)  # which says whether there is a value
            return b""
        try:
            return await self._fetch(key, request)
        except OSError as error:
            if _status(error) != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            # Right where none of the bytes is in the value; some servers say so of a suffix longer than it, too.
            part = resolve(request, await self.size(key))
            if part.start == part.stop:
                return b""
        except self._checksum_error:
            pass  # some servers send the checksum of the whole with a part
        whole = await self._fetch(key, None)
        return whole[resolve(request, len(whole))]

    async def _fetch(self, key: str, request: ByteRequest | None) -> bytes:
        parameters = self._object(key)
        if request is not None:
            parameters["Range"] = range_header(request)
        async with self._systems.request() as fs:
            attempts_left = fs.retries
            while True:
                attempts_left -= 1
                answer = await fs._call_s3("get_object", **parameters)
                try:
                    body: bytes = await answer["Body"].read()
                    break
                except self._passing_faults:
                    if attempts_left <= 0:
                        raise
                finally:
                    answer["Body"].close()
        if len(body) != answer["ContentLength"]:
            raise OSError(f"the value of the key {key!r} came short: {len(body)} of {answer['ContentLength']} bytes")
        status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
        return part_asked_for(request, body, status, answer.get("ContentRange"), key)

    async def size(self, key: str) -> int:
        """Return the number of bytes of the value."""
        async with self._systems.request() as fs:
            return int((await fs._call_s3("head_object", **self._object(key)))["ContentLength"])

    # Writing

    async def write(self, key: str, value: bytes) -> None:
        """Store the value."""
        async with self._systems.request() as fs:
            # s3fs takes `?versionId=` in a path for the version of an object.
            if len(value) >= _IN_PARTS_FROM and "?versionId=" not in key:
                await fs._pipe_file(f"{self._bucket}/{self._prefix}{key}", value)
            else:
                await fs._call_s3("put_object", **self._object(key), Body=value)

    async def create(self, key: str, value: bytes) -> None:
        """Store the value on the condition that there is none. A look comes first, since a server may not know conditions."""
        for attempts_left in reversed(range(_ATTEMPTS_TO_CREATE)):
            try:
                await self.size(key)
            except FileNotFoundError:
                pass
            else:
                return
            async with self._systems.request() as fs:
                try:
                    await fs._call_s3("put_object", **self._object(key), Body=value, IfNoneMatch="*")
                except FileExistsError:
                    return
                except OSError as error:
                    status = _status(error)
                    if status == HTTPStatus.PRECONDITION_FAILED:
                        return
                    if status != HTTPStatus.CONFLICT or not attempts_left:  # a conflict: another request for the key is under way
                        raise
                else:
                    return

    async def remove(self, key: str) -> None:
        """Remove the key; to S3 a missing one is no error."""
        async with self._systems.request() as fs:
            await fs._call_s3("delete_object", **self._object(key))

    async def remove_all(self, keys: list[str]) -> None:
        """Remove up to a page of keys with one request, and those that its XML cannot carry one by one.

        Raises:
            OSError: the server kept some.
        """
        plain = [key for key in keys if _PLAIN.fullmatch(key)]
        await together([self.remove(key) for key in keys if not _PLAIN.fullmatch(key)])
        if not plain:
            return
        objects = [{"Key": self._prefix + key} for key in plain]
        async with self._systems.request() as fs:
            answer = await fs._call_s3("delete_objects", Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
        errors: list[dict[str, str]] = answer.get("Errors") or []
        if errors:
            first = errors[0]
            kind = PermissionError if first.get("Code") == "AccessDenied" else OSError
            raise kind(f"the server did not delete {len(errors)} keys; of {first.get('Key')!r} it said {first.get('Code')}")

    # Listing

    async def _page(self, **parameters: Any) -> dict[str, Any]:
        async with self._systems.request() as fs:
            return await fs._call_s3("list_objects_v2", Bucket=self._bucket, **parameters)

    async def _pages(self, **parameters: Any) -> AsyncGenerator[dict[str, Any], None]:
        while True:
            try:
                page = await self._page(**parameters)
            except FileNotFoundError:
                if "ContinuationToken" in parameters:
                    raise
                return  # there is no such bucket
            yield page
            if not page.get("IsTruncated"):
                return
            parameters["ContinuationToken"] = page["NextContinuationToken"]

    def _entries(self, page: dict[str, Any]) -> list[Entry]:
        """The keys of a page; what is not a legal key, a directory marker as `a/` for one, is not in it."""
        cut = len(self._prefix)
        objects: list[dict[str, Any]] = page.get("Contents") or []
        return [(item["Key"][cut:], item["Size"]) for item in objects if is_key(item["Key"][cut:])]

    async def pages(self, prefix: str) -> AsyncGenerator[list[Entry], None]:
        """Give the keys that begin with `prefix`, a page of the server's at a time."""
        async with aclosing(self._pages(Prefix=self._prefix + prefix, MaxKeys=PAGE_SIZE)) as pages:
            async for page in pages:
                entries = self._entries(page)
                if entries:
                    yield entries

    async def children(self, directory: str) -> AsyncGenerator[list[str], None]:
        """Give the names in `directory`: of a small one with one request, of a large one a page of the server's at a time."""
        start = below(directory)
        cut = len(start)
        async with aclosing(self._pages(Prefix=self._prefix + start, MaxKeys=PAGE_SIZE)) as pages:
            first = await anext(pages, None)
        if first is None:
            return
        names = [key[cut:].partition("/")[0] for key, _ in self._entries(first)]
        if not first.get("IsTruncated"):
            yield [*dict.fromkeys(names)]
            return
        seen: set[str] = set()
        async with aclosing(self._pages(Prefix=self._prefix + start, Delimiter="/", MaxKeys=PAGE_SIZE)) as pages:
            async for page in pages:
                prefixes: list[dict[str, str]] = page.get("CommonPrefixes") or []
                directories = [item["Prefix"][len(self._prefix) + cut : -1] for item in prefixes]
                inhabited = await self._inhabited(start, sorted([name for name in directories if is_key(name)]))
                # A name may be a key on one page and a directory on the next.
                names = [*[key[cut:] for key, _ in self._entries(page)], *inhabited]
                fresh = [*dict.fromkeys([name for name in names if name not in seen])]
                seen.update(fresh)
                if fresh:
                    yield fresh

    async def _inhabited(self, start: str, names: list[str]) -> set[str]:
        """Which of the directories, sorted, have a key below them, and not only a marker.

        Pages of all that is below `start` tell of many directories at once, where these are small; the rest is asked one by one.
        """
        found: set[str] = set()
        while len(names) > 1:
            after = self._prefix + start + names[0]
            page = await self._page(Prefix=self._prefix + start, StartAfter=after, MaxKeys=PAGE_SIZE)
            keys = [key[len(start) :] for key, _ in self._entries(page)]
            found.update([key.partition("/")[0] for key in keys if "/" in key])
            if not page.get("IsTruncated"):
                return found
            # All below a directory has been seen once the page ends behind it.
            last: str = page["Contents"][-1]["Key"].removeprefix(self._prefix + start)
            rest = [name for name in names if name not in found and (last < f"{name}/" or last.startswith(f"{name}/"))]
            known, names = len(names) - len(rest), rest
            if known < _WORTH_A_PAGE:
                break
        has_keys = await together([self.has_below(start + name) for name in names])
        return found | {name for name, has in zip(names, has_keys, strict=True) if has}

    async def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        async with aclosing(self._pages(Prefix=self._prefix + below(directory), MaxKeys=10)) as pages:
            async for page in pages:
                if self._entries(page):
                    return True
        return False


def _status(error: OSError) -> int | None:
    """The HTTP status behind an error of s3fs."""
    response: dict[str, Any] = getattr(error.__cause__, "response", None) or {}
    status: int | None = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status
