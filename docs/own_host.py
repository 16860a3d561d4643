"""A hook of mkdocs: a page that asks another host for a style, a script, a font or a picture is no page of ours."""

from __future__ import annotations

import re
from typing import Any

from mkdocs.exceptions import PluginError

_ASKED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^>]*>|<link\b[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>"
)


def on_post_page(output: str, *, page: Any, config: Any) -> str:  # noqa: ARG001  # as mkdocs calls it
    """Refuse the page where a browser would ask another host while it is read.

    Raises:
        PluginError: it would; the message shows what.
    """
    asked = [found for found in _ASKED.findall(output) if 'rel="canonical"' not in found]
    if asked:
        raise PluginError(f"{page.file.src_uri} asks another host: {asked[0]}")
    return output
