"""A saved trace as a test that a store's author can paste: plain pytest, the store, and nothing of the kit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.contract import CONTRACT
from conformance.profile import DEFAULT
from conformance.session import Session
from conformance.subject import Subject
from conformance.trace import Trace


def render_tests(traces: Mapping[str, Trace], subject: Subject) -> str:
    """Return a module with a test for each trace, by clause; a test passes when its fault is mended.

    Raises:
        TargetError: the subject cannot be opened.
    """
    with Session(subject, DEFAULT) as session:
        dialect = session.survey().dialect
    texts = {clause.id: clause.text for clause in CONTRACT}
    imports: dict[str, None] = {}
    tests: list[str] = []
    for name, trace in traces.items():
        head, _, rest = trace.script(subject, dialect).partition("async def main():\n")
        body = rest.removesuffix("asyncio.run(main())\n")
        if body:
            imports |= dict.fromkeys(head.splitlines())
            tests.append(_test(name, texts.get(name, ""), body))
    return "\n".join(_grouped(imports)) + "\n" + "".join(tests)


def _test(name: str, text: str, body: str) -> str:
    """One test, named after its clause, which is its requirement."""
    function = f"test_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"
    requirement = f"{name}: {text}".replace("\\", "\\\\").replace('"""', "'''")
    lines = [f"    {line}" if line else "" for line in body.splitlines()]
    return "\n".join(
        [
            "",
            "",
            f"def {function}() -> None:",
            f'    """{requirement}"""',
            "",
            "    async def main() -> None:",
            *lines,
            "",
            "    asyncio.run(main())",
            "",
        ]
    )


def _grouped(imports: Mapping[str, None]) -> list[str]:
    """Import lines, each module once: those of the standard library, then the others."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for line in imports:
        if match := re.fullmatch(r"from (\S+) import (.+)", line):
            names.setdefault(match[1], set()).update(match[2].split(", "))
        else:
            modules.update(line.removeprefix("import ").split(", "))
    others = [f"from {module} import {', '.join(sorted(found))}" for module, found in sorted(names.items())]
    return [*[f"import {module}" for module in sorted(modules)], *([""] if others else []), *others]
