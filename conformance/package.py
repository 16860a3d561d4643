"""The distribution that a module comes from, as reports name it."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, version


def package_of(module: str) -> str:
    """The distribution that has the top-level `module`, with its version; the module's name where none has it."""
    for name in [module] if _is_named_alike(module) else _distributions().get(module, []):
        with suppress(PackageNotFoundError):
            return f"{name} {version(name)}"
    return module


def _is_named_alike(module: str) -> bool:
    """Whether the module's distribution bears its name, as most do: reading one record takes a hundredth of reading all."""
    try:
        files = distribution(module).files or []
    except PackageNotFoundError:
        return False
    return any(file.parts[0] == module for file in files)


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())
