"""The pytest plugin: its options, and what it looks for.

It is loaded in every run of everyone who has the package, so it imports nothing of the kit until it meets a subject.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import FunctionType
from typing import TYPE_CHECKING

import pytest

from conformance.pytest_fixtures import (
    each_reference_store,
    faulty_store,
    local_store,
    memory_store,
    remote_store,
    zip_store,
)

if TYPE_CHECKING:
    from conformance.pytest_items import SubjectCollector

__all__ = ["each_reference_store", "faulty_store", "local_store", "memory_store", "remote_store", "zip_store"]

_SHORT = {"--store": "--storeproto-store", "--store-arg": "--storeproto-store-arg"}
"""Options that are known by a shorter name too, unless another plugin or a conftest.py has it."""


CLOSING: pytest.StashKey[list[Callable[[], None]]] = pytest.StashKey()
"""What is to be called at the end of the run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options. The short names are not among them: whoever else adds them must not be in anyone's way."""
    group = parser.getgroup("storeproto", "stores judged by the store contract")
    group.addoption(
        "--storeproto-store",
        action="append",
        default=[],
        metavar="TARGET",
        help="judge a store: package.module:name, or a reference store; also --store where nothing else is called so",
    )
    group.addoption(
        "--storeproto-store-arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument for it, as --arg of storeproto check; also --store-arg where nothing else is called so",
    )
    for name, text in (
        ("profile", "quick, default or thorough: how much to ask"),
        ("clauses", "ids and chapters, with commas: ask only these"),
        ("contract", "judge by this version of the contract; the newest by default"),
        ("seed", "fixes the programs of the search"),
        ("operations", "search for this many operations, not for the profile's time; 0: not at all"),
        ("expect", "a TOML file of known failures with their reasons"),
    ):
        group.addoption(f"--storeproto-{name}", default=None, help=text, metavar=name.upper())
        parser.addini(f"storeproto_{name}", text, default="")
    group.addoption("--storeproto-strict", action="store_true", default=None, help="a broken SHOULD is a failure")
    parser.addini("storeproto_strict", "a broken SHOULD is a failure", type="bool", default=False)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,  # noqa: ARG001  # as pytest calls it
    parser: pytest.Parser,
    args: list[str],
) -> Generator[None, None, None]:
    """Give the options their longer names, once every plugin and conftest.py has said which names are its own."""
    yield
    if any(arg.partition("=")[0] in _SHORT for arg in args):
        ends = args.index("--") if "--" in args else len(args)
        free = [name for name in _SHORT if f"{name}=x" in parser.parse_known_and_unknown_args([f"{name}=x"])[1]]
        for position in range(ends):
            name, equals, value = args[position].partition("=")
            if name in free:
                args[position] = f"{_SHORT[name]}{equals}{value}"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of the items."""
    config.addinivalue_line("markers", "storeproto: a clause of the store contract, asked of a store (storeproto adds it)")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> list[SubjectCollector] | None:
    """Collect a function that `@conformance.subject(...)` declared."""
    if isinstance(obj, FunctionType) and "__storeproto_subject__" in obj.__dict__:
        from conformance.pytest_items import collect_declared

        return collect_declared(collector, name, obj)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the items of the stores on the command line, before anything is selected or put in another order."""
    targets: list[str] = config.getoption("storeproto_store") or []
    if targets:
        from conformance.pytest_items import collect_targets

        items.extend(collect_targets(session, targets, config.getoption("storeproto_store_arg") or []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what the subjects' runs hold."""
    for close in session.stash.setdefault(CLOSING, []):
        close()
