"""What the pages have in common: one file each, that needs no network, in light and dark."""

from __future__ import annotations

from html import escape

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1d2125; --faint: #596066; --line: #d5d9dd; --raised: #f4f6f8;
  --passed: #1e6b2d; --failed: #b3261e; --warned: #8a5300; --other: #596066; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --page: #16191c; --text: #e6e9ec; --faint: #a5adb5; --line: #3a4047;
  --raised: #20252a; --passed: #7ed68d; --failed: #ff9a91; --warned: #f0bd6a; --other: #a5adb5; --link: #9ec1ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.faint { color: var(--faint); } code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: .25rem; padding: .75rem; margin: .25rem 0;
  overflow-x: auto; overflow-wrap: normal; }
.passed { color: var(--passed); } .failed, .unexpected-pass, .error { color: var(--failed); }
.warned, .inconclusive { color: var(--warned); }
.other, .noted, .not-applicable, .not-decided, .expected-failure { color: var(--other); }
a { color: var(--link); } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def page(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """Return a whole page; `body` is HTML, `title` is text."""
    behaviour = f"<script>{script}</script>\n" if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n'
        f"<body>\n{body}\n{behaviour}</body>\n</html>\n"
    )
