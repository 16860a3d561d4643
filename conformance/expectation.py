"""What a call came to, and which outcomes the contract allows: said for people and written as Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from conformance.rendering import brief, brief_all, brief_error, python_bytes


@dataclass(frozen=True)
class Returned:
    """A call that returned: bytes for a value read, a list for a listing."""

    value: object

    def __str__(self) -> str:
        return brief(self.value)


@dataclass(frozen=True)
class Raised:
    """A call that raised. A `BaseException` that is no `Exception` (a native panic) is an error to no one's liking."""

    error: BaseException

    def __str__(self) -> str:
        return brief_error(self.error)


Outcome: TypeAlias = Returned | Raised


class Expectation(Protocol):
    """A set of allowed outcomes."""

    @property
    def admits_errors(self) -> bool:
        """Whether an error may be in the set: a script must then catch it."""
        ...

    def allows(self, outcome: Outcome) -> bool:
        """Whether `outcome` is in the set."""
        ...

    def __str__(self) -> str:
        """The set, for people."""
        ...

    def python(self) -> str:
        """A condition on `got`, which holds the value that was returned, or the error that was raised."""
        ...


class _Combinable:
    @property
    def admits_errors(self) -> bool:
        return False

    def __or__(self, other: Expectation) -> AnyOf:
        mine: tuple[Expectation, ...] = self.alternatives if isinstance(self, AnyOf) else (self,)  # type: ignore[assignment]
        return AnyOf((*mine, *(other.alternatives if isinstance(other, AnyOf) else (other,))))


@dataclass(frozen=True)
class Gives(_Combinable):
    """The call returns this value."""

    value: object

    def allows(self, outcome: Outcome) -> bool:
        """Whether the value came back; True and 1 are told apart."""
        return (
            isinstance(outcome, Returned)
            and isinstance(outcome.value, bool) == isinstance(self.value, bool)
            and outcome.value == self.value
        )

    def __str__(self) -> str:
        return brief(self.value)

    def python(self) -> str:
        """A condition on `got`."""
        match self.value:
            case None | True | False:
                return f"got is {self.value}"
            case bytes():
                return f"got == {python_bytes(self.value)}"
            case _:
                return f"got == {self.value!r}"


@dataclass(frozen=True)
class GivesNot(_Combinable):
    """The call comes to anything but this value; an error will do."""

    value: object

    @property
    def admits_errors(self) -> bool:
        """Every error."""
        return True

    def allows(self, outcome: Outcome) -> bool:
        """Whether something else came back."""
        return not (isinstance(outcome, Returned) and outcome.value == self.value)

    def __str__(self) -> str:
        return f"anything but {brief(self.value)}"

    def python(self) -> str:
        """A condition on `got`."""
        return f"got != {python_bytes(self.value) if isinstance(self.value, bytes) else repr(self.value)}"


@dataclass(frozen=True)
class GivesNames(_Combinable):
    """A listing gives each of these names exactly once, in any order.

    Attributes:
        names: the names.
        source: Python for the sorted list of them, where it is too long to write out.
    """

    names: Collection[str]
    source: str | None = None

    def allows(self, outcome: Outcome) -> bool:
        """Whether just these names came, none of them twice."""
        given: object = outcome.value if isinstance(outcome, Returned) else None
        if not isinstance(given, list):
            return False
        came: list[object] = [*cast("list[object]", given)]
        names = [name for name in came if isinstance(name, str)]  # what is none may not even be hashable
        return len(came) == len(names) == len(self.names) and Counter(names) == Counter(self.names)

    def __str__(self) -> str:
        return f"{brief_all(sorted(self.names))}, in any order"

    def python(self) -> str:
        """A condition on `got`."""
        return f"sorted(got) == {self.source or sorted(self.names)}"


@dataclass(frozen=True)
class Raises(_Combinable):
    """The call raises one of these errors."""

    kinds: tuple[type[Exception], ...]

    @property
    def admits_errors(self) -> bool:
        """They all are."""
        return True

    def allows(self, outcome: Outcome) -> bool:
        """Whether one of the errors was raised."""
        return isinstance(outcome, Raised) and isinstance(outcome.error, self.kinds)

    def __str__(self) -> str:
        names = " or ".join([kind.__name__ for kind in self.kinds])
        return "an error" if self.kinds == (Exception,) else f"{names} raised"

    def python(self) -> str:
        """A condition on `got`."""
        names = ", ".join([kind.__name__ for kind in self.kinds])
        return f"isinstance(got, {names if len(self.kinds) == 1 else f'({names})'})"


@dataclass(frozen=True)
class Anything(_Combinable):
    """The call returns anything, but it returns."""

    def allows(self, outcome: Outcome) -> bool:
        """Whether the call returned."""
        return isinstance(outcome, Returned)

    def __str__(self) -> str:
        return "no error"

    def python(self) -> str:
        """A condition on `got`."""
        return "not isinstance(got, BaseException)"


@dataclass(frozen=True)
class ErrorsName(_Combinable):
    """Where the call raises, the message names this key, and says more than that."""

    key: str

    @property
    def admits_errors(self) -> bool:
        """They are what it judges."""
        return True

    def allows(self, outcome: Outcome) -> bool:
        """Whether the message, if there is one, is as it should be."""
        if not isinstance(outcome, Raised):
            return True
        message = str(outcome.error)
        return self.key in message and any(map(str.isalpha, message.replace(self.key, "")))

    def __str__(self) -> str:
        return f"no error, or one whose message names {self.key!r} and says what was wrong with it"

    def python(self) -> str:
        """A condition on `got`."""
        rest = f"str(got).replace({self.key!r}, '')"
        return f"not isinstance(got, Exception) or ({self.key!r} in str(got) and any(map(str.isalpha, {rest})))"


@dataclass(frozen=True)
class ForgesNoLine(_Combinable):
    """No line of the text that is returned, or of the message of the error, begins so."""

    beginning: str

    @property
    def admits_errors(self) -> bool:
        """They are judged too."""
        return True

    def allows(self, outcome: Outcome) -> bool:
        """Whether the text has no such line; a value that is no text is not judged."""
        said = outcome.error if isinstance(outcome, Raised) else outcome.value
        text = str(said) if isinstance(said, (str, BaseException)) else ""
        return not any(line.startswith(self.beginning) for line in text.splitlines())

    def __str__(self) -> str:
        return f"no line that begins with {self.beginning!r}"

    def python(self) -> str:
        """A condition on `got`."""
        return f"not any(line.startswith({self.beginning!r}) for line in str(got).splitlines())"


@dataclass(frozen=True)
class AnyOf(_Combinable):
    """One of several."""

    alternatives: tuple[Expectation, ...]

    @property
    def admits_errors(self) -> bool:
        """Whether one of the alternatives may be an error."""
        return any(alternative.admits_errors for alternative in self.alternatives)

    def allows(self, outcome: Outcome) -> bool:
        """Whether one of the alternatives allows `outcome`."""
        return any(alternative.allows(outcome) for alternative in self.alternatives)

    def __str__(self) -> str:
        return ", or ".join([str(alternative) for alternative in self.alternatives])

    def python(self) -> str:
        """A condition on `got`."""
        return " or ".join([alternative.python() for alternative in self.alternatives])


def gives(value: object) -> Gives:
    """The call returns `value`."""
    return Gives(value)


def gives_not(value: object) -> GivesNot:
    """The call does not return `value`."""
    return GivesNot(value)


def gives_names(names: Iterable[str], source: str | None = None) -> GivesNames:
    """The listing gives each of `names` once, in any order."""
    return GivesNames(tuple(names), source)


def raises(*kinds: type[Exception]) -> Raises:
    """The call raises one of `kinds`; any error where none is named."""
    return Raises(kinds or (Exception,))


def errors_name(key: str) -> ErrorsName:
    """The call returns, or raises an error whose message names `key` and says what was wrong with it."""
    return ErrorsName(key)


def forges_no_line(beginning: str) -> ForgesNoLine:
    """No line of the text returned, or of the error's message, begins with `beginning`."""
    return ForgesNoLine(beginning)


returns = Anything()
"""The call returns, whatever it is."""
