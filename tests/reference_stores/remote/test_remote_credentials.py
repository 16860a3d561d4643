"""No credential that a store was given shows in its text, its errors or the log."""

import logging
import traceback

import pytest

from reference_stores import RemoteStore
from reference_stores.credentials import Secrets, mask_url, secrets_in_options, secrets_in_url

SECRET = "p4ssw0rd"  # noqa: S105  # to be looked for


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"http://user:{SECRET}@host/a", "http://***@host/a"),
        (f"http://host/a?sig={SECRET}&exp=3", "http://host/a?sig=***&exp=***"),
        ("http://host/a@b", "http://host/a@b"),
        ("s3://bucket/a", "s3://bucket/a"),
    ],
)
def test_a_masked_url(url: str, shown: str):
    """Of a URL the user, the password and the query's values are masked."""
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    "options",
    [
        {"secret": SECRET},
        {"password": SECRET},
        {"client_kwargs": {"aws_session_token": SECRET}},
        {"auth": ("user", SECRET)},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"base_url": f"https://user:{SECRET}@host"},
        {"account_key": SECRET.encode()},
    ],
    ids=repr,
)
def test_secrets_are_found_in_options(options: dict[str, object]):
    """What stands under a telling name, or in a URL, however deep, is taken for a secret."""
    assert any(SECRET in text for text in secrets_in_options(options))


def test_other_options_are_no_secrets():
    """What stands under no telling name is none."""
    assert list(secrets_in_options({"endpoint_url": "http://host:1", "anon": False, "region": "here"})) == []


@pytest.mark.parametrize("kind", [OSError, FileNotFoundError, PermissionError, ValueError])
def test_an_error_keeps_its_class(kind: type[Exception]):
    """A masked error is of the same built-in class, and says the same but for the secret."""
    masked = Secrets(iter([SECRET])).masked(kind(f"refused {SECRET}"))
    assert (type(masked), "refused ***" in str(masked)) == (kind, True)


def test_an_error_without_secrets_is_left_alone():
    """An error that shows no secret is not replaced."""
    assert Secrets(iter([SECRET])).masked(OSError("refused")) is None


def test_a_cause_is_masked():
    """An error is replaced where the error that led to it shows a secret."""
    error = OSError("refused")
    error.__cause__ = ValueError(SECRET)
    masked = Secrets(iter([SECRET])).masked(error)
    assert masked is not None
    assert masked.__cause__ is None


def test_short_texts_are_not_masked():
    """A text of one or two characters is found by chance, and is let be."""
    assert Secrets(secrets_in_url("http://a:b@host")).masked(OSError("a b c")) is None


def web_store(url: str) -> RemoteStore:
    """A store whose URL has a user, a password and a signature."""
    return RemoteStore.from_url(url.replace("http://", f"http://user:{SECRET}@") + f"/root?signature={SECRET}")


def test_a_store_does_not_show_them(web_server):
    """Neither the text nor repr of a store has a credential."""
    store = web_store(web_server.url)
    assert SECRET not in f"{store} {store!r}"


@pytest.mark.parametrize("status", [500, 403, None])
async def test_an_error_does_not_show_them(web_server, status: int | None):
    """An error of a web server, or of the connection, has no credential in all of its traceback."""
    web_server.status = status
    url = web_server.url if status else "http://127.0.0.1:9"
    async with web_store(url) as store:
        with pytest.raises(OSError) as raised:  # noqa: PT011  # the text is looked at below
            await store.get("k")
    assert SECRET not in "".join(traceback.format_exception(raised.value))


async def test_the_log_does_not_show_them(web_server, caplog: pytest.LogCaptureFixture):
    """No log record of this package has a credential."""
    web_server.values["/root/k"] = b"v"
    with caplog.at_level(logging.DEBUG, logger="reference_stores"):
        async with web_store(web_server.url) as store:
            await store.get("k")
    assert SECRET not in caplog.text


def test_options_do_not_show(s3_options: dict[str, object]):
    """A store on S3 shows nothing of its storage options."""
    store = RemoteStore.from_url("s3://bucket/root", {**s3_options, "secret": SECRET})
    assert SECRET not in f"{store} {store!r}"


async def test_an_unfit_credential_is_not_shown(s3_options: dict[str, object], monkeypatch: pytest.MonkeyPatch):
    """An error of the file system that repeats a credential is masked."""
    async with RemoteStore.from_url("s3://bucket/root", {**s3_options, "secret": SECRET}) as store:

        async def repeating(*_: object, **__: object) -> None:
            raise PermissionError(f"{SECRET} is not the secret")

        monkeypatch.setattr(store.fs, "_call_s3", repeating)
        with pytest.raises(PermissionError, match=r"\*\*\* is not the secret"):
            await store.get("k")
