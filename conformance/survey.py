"""What a store says of itself before it is judged: its flags, its mode, its dialect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from conformance.clause import Need
from conformance.dialect import Dialect, dialect_of
from conformance.subject import Subject

FLAGS = {
    Need.WRITES: "supports_writes",
    Need.DELETES: "supports_deletes",
    Need.PARTIAL_WRITES: "supports_partial_writes",
    Need.LISTING: "supports_listing",
}
"""The capability flag of each need that has one."""


@dataclass(frozen=True)
class Survey:
    """What a store says of itself, and what its subject offers.

    Attributes:
        dialect: how it takes values.
        offers: which needs of clauses are met.
        flags: the capability flags as they were read; what is missing or fails counts as False (TYP-2, TYP-5 judge it).
        read_only: whether the handle that the subject opens refuses every change.
        store_class: the store's class.
    """

    dialect: Dialect
    offers: frozenset[Need]
    flags: dict[str, bool]
    read_only: bool
    store_class: type[Any]

    @property
    def kind(self) -> str:
        """The import path of the store's class."""
        return f"{self.store_class.__module__}.{self.store_class.__qualname__}"

    def without(self, need: Need) -> Survey:
        """The same, but that `need` is not met."""
        return replace(self, offers=self.offers - {need})


def survey(subject: Subject, store: Any) -> Survey:
    """Ask `store`, which `subject` opened."""
    flags = {name: _flag(store, name) for name in FLAGS.values()}
    # A method in the place of the mode says nothing of it, and is for TYP-5 to judge.
    read_only = _flag(store, "read_only") and not callable(store.read_only)
    offers = {need for need, name in FLAGS.items() if flags[name]}
    if read_only:
        offers -= {Need.WRITES, Need.DELETES, Need.PARTIAL_WRITES}
    if Need.WRITES not in offers:
        offers -= {Need.DELETES, Need.PARTIAL_WRITES}
    if subject.reopening is not None:
        offers.add(Need.REOPENING)
    if subject.has_recipe:
        offers.add(Need.RECIPE)
    if subject.on_host_files:
        offers.add(Need.HOST_FILES)
    if subject.has_recipe and (subject.backend or (subject.on_host_files and Need.WRITES in offers)):
        offers.add(Need.BACKEND)
    return Survey(subject.dialect or dialect_of(store), frozenset(offers), flags, read_only, _class(store))


def _class(store: object) -> type[Any]:
    return type(store)


def _flag(store: Any, name: str) -> bool:
    try:
        return bool(getattr(store, name))
    except Exception:  # noqa: BLE001  # a flag that cannot be read is judged by TYP-5
        return False
