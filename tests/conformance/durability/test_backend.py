"""Clauses DUR-5 and DUR-6 for stores behind a server, which the kit's proxy disturbs."""

from __future__ import annotations

import gc
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from conformance import Recipe, Subject, Verdict, check
from conformance.contract import select
from conformance.durability.proxy import Answered, Cut, Disturbance, Proxy, Shortened

CLAUSES = select(["DUR-5", "DUR-6"])


def verdicts(subject: Subject) -> dict[str, tuple[Verdict, str, str]]:
    """What a run says of the two clauses."""
    report = check(subject, clauses=CLAUSES, guard=False, operations=0)
    return {
        result.clause.id: (result.verdict, result.actual, result.reason) for result in report.results if result.clause in CLAUSES
    }


class WebStore:
    """A store of what a plain web server holds, which cannot be written to; the class attribute says how it reads."""

    supports_writes = supports_deletes = supports_partial_writes = supports_listing = False
    read_only = True

    def __init__(self, url: str, fault: str = "") -> None:
        self.url = url
        self.fault = fault

    def read(self, key: str) -> bytes | None:
        try:
            with urlopen(f"{self.url}/{key}", timeout=5) as answer:  # noqa: S310  # loopback
                return bytes(answer.read())
        except IncompleteRead as error:
            if self.fault == "short":
                return error.partial
            raise
        except HTTPError as error:
            error.close()
            if error.code == HTTPStatus.NOT_FOUND or self.fault == "none":
                return None
            raise

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        from storeproto import BytesPrototype, resolve

        value = self.read(key)
        return None if value is None else (prototype or BytesPrototype()).buffer.from_bytes(value[resolve(byte_range, len(value))])

    async def get_partial_values(self, prototype: Any, key_ranges: Any) -> list[Any]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        return self.read(key) is not None

    async def getsize(self, key: str) -> int:
        value = self.read(key)
        if value is None:
            raise FileNotFoundError(key)
        return len(value)

    def close(self) -> None:
        """Close nothing."""


def web_subject(server: Any, fault: str) -> Subject:
    """A store of a web server with one value, which reads as `fault` says."""
    server.values["/a/value"] = value = bytes(range(256)) * 40
    recipe = Recipe(f"{__name__}:WebStore", {"url": server.url, "fault": fault})
    return Subject(name="web", opening=recipe, contents={"a/value": value}, backend=server.url, disposable=True)


async def test_sound_store_over_a_web_server(web_server):
    """A store that raises whatever its server does wrong keeps both clauses."""
    assert {verdict for verdict, _, _ in verdicts(web_subject(web_server, "")).values()} == {Verdict.PASSED}


async def test_none_for_a_fault(web_server):
    """A store that takes every status for a missing key breaks DUR-5 alone."""
    found = verdicts(web_subject(web_server, "none"))
    assert {clause: verdict for clause, (verdict, _, _) in found.items()} == {"DUR-5": Verdict.FAILED, "DUR-6": Verdict.PASSED}


async def test_short_read(web_server):
    """A store that returns what it got of an answer breaks DUR-6 alone."""
    found = verdicts(web_subject(web_server, "short"))
    assert {clause: verdict for clause, (verdict, _, _) in found.items()} == {"DUR-5": Verdict.PASSED, "DUR-6": Verdict.FAILED}


async def test_backend_that_no_argument_holds(web_server):
    """Where no argument is the backend's URL, both clauses say so."""
    subject = web_subject(web_server, "")
    found = verdicts(replace(subject, backend="http://127.0.0.1:1"))
    assert {reason.partition(" holds")[0] for _, _, reason in found.values()} == {"no argument of the subject's recipe"}


@pytest.fixture
def proxy(web_server) -> Iterator[Proxy]:
    """A proxy before a web server that holds one value."""
    web_server.values["/value"] = b"0123456789"
    with Proxy(web_server.url) as made:
        yield made


def fetched(proxy: Proxy) -> bytes | str:
    """What comes through the proxy, or the name of the error."""
    try:
        with urlopen(f"{proxy.url}/value", timeout=5) as answer:  # noqa: S310  # loopback
            return bytes(answer.read())
    except HTTPError as error:
        error.close()
        return str(error.code)
    except (OSError, IncompleteRead, RemoteDisconnected) as error:
        return type(error).__name__


def test_proxy_passes_on(proxy):
    """Without a plan, the backend's answer comes as it is."""
    assert fetched(proxy) == b"0123456789"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answered(status=HTTPStatus.SERVICE_UNAVAILABLE), "503"),
        (Cut(), "RemoteDisconnected"),
        (Shortened(), "IncompleteRead"),
    ],
    ids=str,
)
def test_proxy_disturbs(proxy, fault: Disturbance, expected: str):
    """What is planned happens to the answer."""
    proxy.follow(fault)
    assert fetched(proxy) == expected


def test_plan_counts_requests(proxy):
    """A fault happens to the requests that it was planned for, and to no others."""
    proxy.follow(Cut(after=1, times=1))
    assert [isinstance(fetched(proxy), bytes) for _ in range(3)] == [True, False, True]


def test_closed_proxy_refuses(proxy):
    """Whoever connects to a proxy that was closed is refused."""
    proxy.close()
    assert fetched(proxy) == "URLError"


@pytest.mark.parametrize("url", ["s3://bucket", "https://127.0.0.1", ""])
def test_backend_must_be_plain_http(url: str):
    """A URL that a proxy cannot stand for is refused with what is allowed."""
    with pytest.raises(ValueError, match="give a URL http://host:port"):
        Proxy(url)


async def test_remote_store_over_s3(s3_options, monkeypatch: pytest.MonkeyPatch):
    """RemoteStore raises, or tries again, whatever befalls its S3 server."""
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)  # it would wait longer each time
    options = {**s3_options, "config_kwargs": {"retries": {"max_attempts": 0}}}
    url = str(options["endpoint_url"])
    recipe = Recipe("reference_stores:RemoteStore.from_url", {"url": "s3://bucket/{unique}", "storage_options": options})
    found = verdicts(Subject(name="S3", opening=recipe, backend=url, disposable=True))
    assert {verdict for verdict, _, _ in found.values()} == {Verdict.PASSED}, found


def test_closed_proxy_leaves_no_connection_open(monkeypatch: pytest.MonkeyPatch):
    """Who connects at the moment at which the proxy is closed is let go of."""
    left: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda it: left.append(str(it.exc_value)))
    for _ in range(60):
        with warnings.catch_warnings(), ExitStack() as stack:
            warnings.simplefilter("error")
            with Proxy("http://127.0.0.1:9") as proxy:
                place = ("127.0.0.1", int(proxy.url.rpartition(":")[2]))
                for _ in range(20):
                    stack.enter_context(socket.create_connection(place))
            gc.collect()
    assert left == []
