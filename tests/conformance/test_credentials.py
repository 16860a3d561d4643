"""Which arguments of a recipe are credentials."""

from __future__ import annotations

import pytest

from conformance import Factory, Recipe, Subject
from conformance.credentials import credentials
from conformance.report.scrub import scrubbed


def found(**arguments: object) -> dict[str, str]:
    """The credentials of a subject with these arguments."""
    return credentials(Subject(name="any", opening=Recipe("package.module:Store", arguments)))


@pytest.mark.parametrize("name", ["secret", "client_secret", "password", "token", "api_key", "account_key", "connection_string"])
def test_by_name(name: str):
    """The value of an argument with a telling name is a credential."""
    assert found(**{name: "battery staple"}) == {"battery staple": name}


@pytest.mark.parametrize(
    "url", ["ftp://user:battery@host/path", "https://host/path?sig=battery", "https://host/?x=1&token=battery"]
)
def test_in_url(url: str):
    """So is a password in a URL, and a signature or a token in its query."""
    assert found(url=url) == {"battery": "url"}


def test_decoded():
    """A credential is looked for as it was given and percent-decoded."""
    assert found(url="ftp://user:battery%20staple@host") == {"battery%20staple": "url", "battery staple": "url"}


def test_nested():
    """It may stand in options, and in a list of them."""
    assert found(storage_options={"hosts": [{"password": "battery"}]}) == {"battery": "password"}


@pytest.mark.parametrize(
    "arguments", [{"token": "anon"}, {"root": "{tmp_path}"}, {"key": "an id, which is no secret"}, {"port": 8080}]
)
def test_no_credential(arguments: dict[str, object]):
    """Words and places are no credentials."""
    assert found(**arguments) == {}


def test_factory():
    """Nothing is known of what a function gives its store."""
    assert credentials(Subject(name="any", opening=Factory(lambda _: None))) == {}


SECRET = Recipe("package.module:Store", {"options": {"client_secret": "battery staple"}, "hosts": ["ftp://user:battery@host"]})


def test_script_takes_credentials_from_the_environment():
    """A script holds no credential: it takes it from the environment."""
    assert SECRET.python("place")[1] == "Store(options={'client_secret': os.environ['CLIENT_SECRET']}, hosts=[os.environ['HOSTS']])"


def test_script_is_left_whole():
    """What takes credentials out of a report takes nothing else out of such a script."""
    assert scrubbed(SECRET.python("place")[1]) == SECRET.python("place")[1]


def test_shown_without_credentials():
    """A recipe is shown without its credentials."""
    assert str(SECRET) == "package.module:Store(options={'client_secret': '***'}, hosts=['***'])"
