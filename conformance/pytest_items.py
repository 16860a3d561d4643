"""Subjects as pytest collectors, clauses as their items."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from inspect import Parameter, Signature, getsourcefile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest

from conformance.pytest_texts import Finding

if TYPE_CHECKING:
    from types import FunctionType

    from conformance.clause import Clause
    from conformance.expectations import KnownFailure
    from conformance.inquiry import Inquiry
    from conformance.profile import Profile
    from conformance.report.report import Result
    from conformance.session import Session
    from conformance.subject import Subject

SEARCH = "SEARCH"
"""The name of the item that searches with programs."""


@dataclass(frozen=True)
class Settings:
    """What the command line and the ini file say.

    Attributes:
        profile: how much to ask.
        strict: a broken SHOULD is a failure.
        clauses: what to ask.
        contract: the version of the contract.
        seed: of the search.
        operations: for how many to search; None for the profile's time.
        expect: known failures, by clause.
    """

    profile: Profile
    strict: bool
    clauses: tuple[Clause, ...]
    contract: str
    seed: int
    operations: int | None
    expect: Mapping[str, KnownFailure]


def settings_of(config: pytest.Config) -> Settings:
    """Return the settings of a run.

    Raises:
        pytest.UsageError: one of them cannot be used.
    """
    if SETTINGS in config.stash:
        return config.stash[SETTINGS]
    lacking = [name for name in ("hypothesis", "rich") if find_spec(name) is None]
    if lacking:
        raise pytest.UsageError(f"judging a store needs {', '.join(lacking)}: pip install 'storeproto[conformance]'")
    from conformance.contract import UnknownClauseError, select
    from conformance.expectations import ExpectationError, read_known_failures
    from conformance.profile import PROFILES
    from conformance.versions import UnknownVersionError, at_version, version_asked

    def setting(name: str) -> str:
        given = config.getoption(f"storeproto_{name}")
        return str(config.getini(f"storeproto_{name}") if given is None else given)

    profile, operations, expect = setting("profile") or "default", setting("operations"), setting("expect")
    if profile not in PROFILES:
        raise pytest.UsageError(f"there is no profile {profile!r}; the profiles are {', '.join(PROFILES)}")
    strict = config.getoption("storeproto_strict")
    try:
        clauses = select(setting("clauses").replace(",", " ").split())
        contract = version_asked(setting("contract"), clauses)
        found = Settings(
            PROFILES[profile],
            bool(config.getini("storeproto_strict") if strict is None else strict),
            at_version(contract, clauses),
            contract,
            _count("seed", setting("seed") or "0"),
            _count("operations", operations) if operations else None,
            read_known_failures(config.rootpath / expect, contract) if expect else {},
        )
    except (ExpectationError, UnknownClauseError, UnknownVersionError) as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[SETTINGS] = found
    return found


def _count(name: str, text: str) -> int:
    if not text.isdecimal():
        raise pytest.UsageError(f"storeproto_{name} is {text!r}; give a number that is not negative")
    return int(text)


SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()


@dataclass(frozen=True)
class _Given:
    """Makes a subject that is there already."""

    subject: Subject

    def __call__(self, values: Mapping[str, Any]) -> Subject:  # noqa: ARG002  # it has no fixtures
        return self.subject


class Questioning:
    """One subject in one process: made ready when the first of its items runs, asked a clause at a time.

    Args:
        make: makes the subject of the values of its fixtures.
        settings: what the command line says.
    """

    def __init__(self, make: Callable[[Mapping[str, Any]], Subject], settings: Settings) -> None:
        self._make = make
        self._settings = settings
        self._values: dict[str, Any] = {}
        self._session: Session | None = None
        self._unusable: str | None = None
        self.planned: list[Clause] = []
        """The clauses that were collected and not deselected."""

    @cached_property
    def expect(self) -> Mapping[str, str | KnownFailure]:
        """The known failures."""
        return {**self._make(self._values).expect, **self._settings.expect}

    @cached_property
    def _inquiry(self) -> Inquiry:
        from conformance.cache import cache_folder
        from conformance.inquiry import Inquiry
        from conformance.session import Session

        self._session = Session(self._make(self._values), self._settings.profile, cache_folder())
        return Inquiry(self._session, self.planned)

    def take(self, values: Mapping[str, Any]) -> None:
        """Open stores with these values of the fixtures from now on."""
        self._values.clear()
        self._values.update(values)

    def begin(self) -> None:
        """Ask whether the subject can be judged: the first item fails where it cannot, and the others are not asked."""
        from conformance.recipe import TargetError

        if self._unusable:
            pytest.skip(f"not asked: {self._unusable}")
        if self._unusable is None:
            try:
                self._unusable = self._inquiry.begin()
            except TargetError as error:
                self._unusable = str(error)
            if self._unusable:
                raise Finding(f"the store cannot be judged: {self._unusable}", "")

    def ask(self, clause: Clause) -> Result:
        """Return the answer to a clause, the expectations looked at."""
        from conformance.recorded import ask_recorded

        return self._settled([ask_recorded(self._inquiry.ask(clause), self.expect, self._inquiry)])[0]

    def search(self) -> list[Result]:
        """Return what a search found of the clauses that hold when they are asked directly."""
        from conformance.clause import Verdict
        from conformance.contract import CONTRACT

        by_id = {clause.id: clause for clause in CONTRACT}
        broken = {id_ for id_, result in self._inquiry.results.items() if result.verdict is not Verdict.PASSED}
        found = self._inquiry.search(
            wanted={*by_id} - broken,
            expected=self.expect,
            seed=self._settings.seed,
            operations=self._settings.operations,
        )
        # What is broken when it is asked directly is the finding of its own item.
        direct = [result for result in found if self._inquiry.ask(result.clause).verdict is Verdict.PASSED]
        return self._settled(direct)

    def _settled(self, results: Iterable[Result]) -> list[Result]:
        from conformance.expectations import settle
        from conformance.versions import in_its_form

        return settle([in_its_form(result, self._settings.contract) for result in results], self.expect)

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.__exit__(None, None, None)


class SubjectCollector(pytest.Collector):
    """A subject; its items are the clauses.

    Args:
        questioning: asks it.
        settings: what the command line says.
        function: what was declared, whose fixtures and markers its items have; None where there is none.
        fixtures: their names.
        parameters: what pytest made of the parameters of the function or of its fixtures, to be given to each item.
    """

    def __init__(
        self,
        *,
        questioning: Questioning,
        settings: Settings,
        function: FunctionType | None,
        fixtures: tuple[str, ...],
        parameters: Mapping[str, Any],
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.questioning = questioning
        self.settings = settings
        self.function = function
        self.fixtures = fixtures
        self.parameters = parameters

    def collect(self) -> Iterable[pytest.Item]:
        """One item for each clause, and one for the search."""
        called = _callable(self.function, self.fixtures)
        items = [self._item(clause.id, called, clause) for clause in self.settings.clauses]
        return items if self.settings.operations == 0 else [*items, self._item(SEARCH, called, None)]

    def _item(self, name: str, called: Callable[..., None], clause: Clause | None) -> ClauseItem:
        untyped: Any = ClauseItem  # its from_parent takes anything
        make: Callable[..., ClauseItem] = untyped.from_parent
        return make(self, name=name, callobj=called, clause=clause, **self.parameters)


def _callable(function: FunctionType | None, fixtures: tuple[str, ...]) -> Callable[..., None]:
    """A function with these fixtures as parameters, and the markers of another: what pytest needs to know of an item."""

    def ask(**values: object) -> None:
        """Stand for the question, which the item asks itself."""

    ask.__dict__["__signature__"] = Signature([Parameter(name, Parameter.KEYWORD_ONLY) for name in fixtures])
    ask.__dict__["pytestmark"] = getattr(function, "pytestmark", [])
    if function is not None:
        ask.__dict__["__wrapped__"] = function  # which an error about a fixture shows
    return ask


class ClauseItem(pytest.Function):
    """One clause, asked of one subject.

    Args:
        clause: the clause; None for the search.
        parameters: of the subject; None where it has none.
    """

    def __init__(self, *, clause: Clause | None, parameters: Any = None, **more: Any) -> None:
        super().__init__(**more)  # pyright: ignore[reportUnknownMemberType]  # pytest's
        if parameters is not None:  # the collector has them in its name, and the item needs them not in its own
            self.callspec = parameters
            self.own_markers.extend(parameters.marks)
        self.clause = clause
        self.collector = cast("SubjectCollector", self.parent)
        self.add_marker(pytest.mark.storeproto)
        if clause is not None:
            self.extra_keyword_matches.update([clause.chapter, clause.level.value])

    def reportinfo(self) -> tuple[Path | str, int | None, str]:
        """Where the factory is."""
        function = self.collector.function
        if function is None:
            return self.path, None, self.nodeid
        return getsourcefile(function) or self.path, function.__code__.co_firstlineno - 1, f"{function.__name__}::{self.name}"

    def runtest(self) -> None:
        """Ask, and turn the answer into pytest's."""
        questioning = self.collector.questioning
        questioning.planned[:] = [
            item.clause
            for item in self.session.items
            if isinstance(item, ClauseItem) and item.collector is self.collector and item.clause is not None
        ]
        questioning.take({name: self.funcargs[name] for name in self.collector.fixtures})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a store warns of is for those who use it, not for its verdict
            questioning.begin()
            if self.clause is None:
                self._settle(questioning.search())
            else:
                result = questioning.ask(self.clause)
                self.user_properties.extend(
                    [("store", self.collector.name), ("clause", self.clause.id), ("verdict", result.verdict.value)]
                )
                self._settle([result])

    def _settle(self, results: Sequence[Result]) -> None:
        """End as the worst of the results ends."""
        from conformance.clause import Verdict

        def having(*verdicts: Verdict) -> list[Result]:
            return [result for result in results if result.verdict in verdicts]

        failures = having(Verdict.FAILED, Verdict.ERROR, Verdict.UNEXPECTED_PASS)
        if self.collector.settings.strict:
            failures += having(Verdict.WARNED, Verdict.INCONCLUSIVE)
        if failures:
            raise Finding.of(failures)
        borne = having(Verdict.WARNED, Verdict.EXPECTED_FAILURE)
        if borne:
            _bear(borne)
        for result in having(Verdict.NOT_APPLICABLE, Verdict.NOT_DECIDED, Verdict.INCONCLUSIVE, Verdict.NOTED):
            pytest.skip(f"{result.clause.id} {result.verdict.value}: {result.reason or result.clause.text}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any) -> Any:
        """A finding as text, without the kit's own stack; anything else as pytest shows it."""
        if isinstance(excinfo.value, Finding):
            return excinfo.value
        return super().repr_failure(excinfo, *more)


def _bear(results: Sequence[Result]) -> NoReturn:
    """End as an expected failure; as a failure where pytest was told to see none as expected."""
    pytest.xfail("; ".join([f"{result.clause.id}: {result.reason or result.clause.text}" for result in results]))
    raise Finding.of(results)  # --runxfail


def _collector(
    parent: pytest.Collector,
    name: str,
    make: Callable[[Mapping[str, Any]], Subject],
    function: FunctionType | None = None,
    fixtures: tuple[str, ...] = (),
    parameters: Mapping[str, Any] | None = None,
    nodeid: str | None = None,
) -> SubjectCollector:
    from conformance.pytest_plugin import CLOSING

    settings = settings_of(parent.config)
    questioning = Questioning(make, settings)
    parent.session.stash.setdefault(CLOSING, []).append(questioning.close)
    untyped: Any = SubjectCollector  # its from_parent takes anything
    collect: Callable[..., SubjectCollector] = untyped.from_parent
    return collect(
        parent,
        name=name,
        nodeid=nodeid,
        questioning=questioning,
        settings=settings,
        function=function,
        fixtures=fixtures,
        parameters=parameters or {},
    )


def _variants(
    parent: pytest.Collector, name: str, function: FunctionType, fixtures: tuple[str, ...]
) -> list[tuple[str, dict[str, Any]]]:
    """The names of the subjects that a function stands for, one for each set of parameters, and what each item is to be given."""
    if not fixtures:
        return [(name, {})]
    module: Any = parent  # pytest offers what makes the parameters of a test function under no public name
    made: list[Any] = [*module._genfunctions(name, _callable(function, fixtures))]
    return [
        (each.name, {"parameters": each.callspec, "fixtureinfo": each._fixtureinfo} if hasattr(each, "callspec") else {})
        for each in made
    ]


def collect_declared(parent: pytest.Collector, name: str, function: FunctionType) -> list[SubjectCollector]:
    """Return the collectors of a function that was declared a subject: one for each set of its parameters."""
    from conformance.declaring import MARK, Declaration

    if isinstance(parent, pytest.Class):
        raise parent.CollectError(f"the subject {name!r} is a method: declare a function of the module")
    declaration: Declaration = getattr(function, MARK)
    try:
        return [
            _collector(parent, each, declaration.make, function, declaration.fixtures, parameters)
            for each, parameters in _variants(parent, name, function, declaration.fixtures)
        ]
    except pytest.UsageError as error:  # collection tells it without a stack
        raise parent.CollectError(str(error)) from None


def collect_targets(session: pytest.Session, targets: Iterable[str], arguments: Iterable[str]) -> list[pytest.Item]:
    """Return the items of the stores on the command line.

    Raises:
        pytest.UsageError: there is no such target, or an argument cannot be used.
    """
    settings_of(session.config)
    from conformance.recipe import TargetError
    from conformance.target import look_in, parse_arguments, resolve_target

    items: list[pytest.Item] = []
    try:
        look_in(session.config.invocation_params.dir)
        given = parse_arguments(arguments)
        for target in dict.fromkeys(targets):
            subject = resolve_target(target, given)
            found = list(_collector(session, target, _Given(subject), nodeid=target).collect())
            for item in found:
                item.ihook.pytest_itemcollected(item=item)
            session.ihook.pytest_collectreport(report=pytest.CollectReport(target, "passed", None, [*found]))
            items.extend(found)
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None
    return items
