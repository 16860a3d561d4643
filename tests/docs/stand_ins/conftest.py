"""What the tests in the documentation are taken to have beside them."""

import pytest
from hypothesis import settings

settings.register_profile("few", max_examples=3)
settings.load_profile("few")


@pytest.fixture
def server():
    """A server of the reader's."""

    class Server:
        url = "http://127.0.0.1"

    return Server()
