# SPDX-License-Identifier: Apache-2.0
"""The fake site's pages: frames around the components, as the real ones are."""

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rialto</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/board/icon.svg"><link rel="stylesheet" href="/static/board/page.css">
<script type="module" src="/static/board/{module}.js"></script>
<script type="module" src="/static/board/page.js"></script></head><body><main>{element}</main></body></html>"""


def page(path: str, scope: str) -> str:
    """Return the page at `path` for somebody of this scope."""
    if path == "/login":
        return "<!doctype html><title>Sign in</title>"
    common = f'src="/api/v1" scope="{scope}" csrf="c"'
    if path.startswith("/halls/"):
        return _PAGE.format(module="hall-page", element=f'<hall-page {common} hall="{path[7:]}"></hall-page>')
    if path == "/diagram":
        return _PAGE.format(module="hall-board", element=f'<hall-diagram {common} hall="h1"></hall-diagram>')
    extra = {"/ticket": 'ticket-url="/api/v1/stream/tickets"', "/wall": "wall"}.get(path, 'hall-href="/halls/{id}"')
    return _PAGE.format(module="hall-board", element=f"<hall-board {common} {extra}></hall-board>")
