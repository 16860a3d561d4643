"""The credentials among the arguments that a subject gives its store."""

from __future__ import annotations

from urllib.parse import unquote

from conformance.recipe import Recipe
from conformance.secret_values import secrets_in
from conformance.subject import Subject


def credentials(subject: Subject) -> dict[str, str]:
    """Return each credential that the recipe of `subject` holds, and the name of the argument that it is in."""
    if not isinstance(subject.opening, Recipe):
        return {}
    found = dict(secrets_in("", subject.opening.arguments))
    return {form: name for secret, name in found.items() for form in (secret, unquote(secret))}
