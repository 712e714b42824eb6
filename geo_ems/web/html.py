"""Small pages for people: no script, nothing from elsewhere, every text escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from fastapi import Response

from geo_ems.web.responses import HTML

_STYLE = (
    "body{font:16px/1.5 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;"
    "margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse}"
    "th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #767676;vertical-align:top}"
)


def page(title: str, parts: Iterable[str]) -> Response:
    """Return a page; `parts` are written by the functions of this module and by nothing else."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = f"<main><h1>{escape(title)}</h1>{''.join(parts)}</main>"
    text = f'<!doctype html><html lang="zh"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>'
    return Response(text, media_type=HTML)


def paragraph(text: str) -> str:
    """Return one paragraph."""
    return f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    """Return a heading of the second order."""
    return f"<h2>{escape(text)}</h2>"


def link(address: str, text: str) -> str:
    """Return a link; `address` begins with `/` or `http`."""
    return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>'


def links(items: Iterable[tuple[str, str]]) -> str:
    """Return a list of links from (address, text)."""
    return f"<ul>{''.join(f'<li>{link(address, text)}</li>' for address, text in items)}</ul>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
