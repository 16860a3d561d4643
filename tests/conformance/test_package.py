"""Reports name the distribution that a store's class comes from."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from conformance.package import package_of


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        pytest.param("hypothesis", "hypothesis", id="its own name"),
        pytest.param("typing_extensions", "typing_extensions", id="a name in another spelling"),
        pytest.param("_pytest", "pytest", id="another name"),
    ],
)
def test_distribution_with_its_version(module: str, distribution: str):
    """A module is reported by the distribution that installed it, with the version."""
    assert package_of(module) == f"{distribution} {version(distribution)}"


def test_module_of_no_distribution():
    """A module that no distribution installed is reported by its own name."""
    assert package_of("broken_stores") == "broken_stores"
