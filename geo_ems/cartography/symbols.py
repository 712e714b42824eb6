"""The one symbol set of screen and paper: shape says the layer, filling and strokes say the state.

Nothing depends on colour alone, so a symbol survives a photocopy and colour blindness (PRINT 5).
"""

import re
from dataclasses import dataclass, replace
from math import cos, pi, sin
from xml.sax.saxutils import escape

from geo_ems.errors import DefinitionError
from geo_ems.model.definitions import Symbol
from geo_ems.model.symbol_states import SymbolState

INK = "#1B1B1B"
PAPER = "#FFFFFF"
_LETTER_FONT = "Arial,'Liberation Sans','Noto Sans CJK SC','Microsoft YaHei',sans-serif"


@dataclass(frozen=True, slots=True)
class SymbolKey:
    """What tells one drawn symbol from another: the layer's symbol, a state and a letter.

    `letter_zh` is worn on pages in Chinese; empty where the letter is the same in both languages.
    """

    symbol: Symbol
    state: SymbolState
    letter: str = ""
    letter_zh: str = ""

    @property
    def text(self) -> str:
        """Return a short text that is the same for the same picture."""
        parts = (
            self.symbol.shape,
            self.symbol.colour,
            self.symbol.fill or "",
            self.symbol.glyph,
            self.letter,
            self.letter_zh,
        )
        return "|".join((*parts, self.state.value))


def symbol_svg(key: SymbolKey) -> str:
    """Return the symbol as an SVG picture of 28 by 28 units, centred on its place; it wears `letter`.

    Raises
    ------
    DefinitionError
        The shape is not drawn, or a colour is not written as #RRGGBB.
    """
    symbol = key.symbol
    for colour in (symbol.colour, symbol.fill):
        if colour is not None and not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
            raise DefinitionError(f"'{colour}' is not a colour", where="[symbol]", remedy="Write #RRGGBB.")
    outline = _OUTLINES.get(symbol.shape)
    if outline is None:
        raise DefinitionError(
            f"There is no symbol shape '{symbol.shape}'", where="[symbol]", remedy=f"Known: {', '.join(POINT_SHAPES)}."
        )
    body = _halo(outline) + _body(symbol, key.state, outline) + _inner(symbol, key.state, key.letter)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28" viewBox="-14 -14 28 28">'
        f"{body}{_strike(key.state)}</svg>"
    )


def symbol_svg_zh(key: SymbolKey) -> str:
    """Return the symbol as pages in Chinese draw it: with its Chinese letter where it has one.

    Raises
    ------
    DefinitionError
        As `symbol_svg`.
    """
    return symbol_svg(replace(key, letter=key.letter_zh or key.letter))


def _halo(outline: str) -> str:
    return f'<path d="{outline}" fill="{PAPER}" stroke="{PAPER}" stroke-width="5" stroke-linejoin="round"/>'


def _body(symbol: Symbol, state: SymbolState, outline: str) -> str:
    full = symbol.fill or symbol.colour
    filled = state in (SymbolState.SOLID, SymbolState.SLASH)
    dashes = ' stroke-dasharray="3.2 2.4"' if state is SymbolState.UNKNOWN else ""
    stroke = symbol.colour
    half = ""
    if state is SymbolState.HALF:
        half = (
            '<clipPath id="h"><path d="M-14,-14H0V14H-14Z"/></clipPath>'
            f'<path d="{outline}" fill="{full}" clip-path="url(#h)"/>'
        )
    return (
        f'<path d="{outline}" fill="{full if filled else PAPER}"/>{half}'
        f'<path d="{outline}" fill="none" stroke="{stroke}" stroke-width="2" stroke-linejoin="round"{dashes}/>'
    )


def _inner(symbol: Symbol, state: SymbolState, letter: str) -> str:
    if state is SymbolState.UNKNOWN:
        return _letter("?", symbol, colour=symbol.colour)
    filled = state in (SymbolState.SOLID, SymbolState.SLASH)
    on_dark = filled and symbol.fill is None
    colour = PAPER if on_dark else symbol.colour
    if letter:
        return _letter(letter, symbol, colour=colour, edged=state is SymbolState.HALF)
    drawn = _GLYPHS.get(symbol.glyph)
    if drawn is not None:
        if symbol.shape == "house" and state is not SymbolState.SOLID:
            return ""  # an empty or closed store shows no bars
        return f'<path d="{drawn}" fill="{colour}"/>'
    return ""


def _letter(letter: str, symbol: Symbol, *, colour: str, edged: bool = False) -> str:
    triangle = symbol.shape == "triangle"
    baseline, size = (7.2, 11.5) if triangle else (5.1, 14.0 if letter.isascii() else 13.5)
    edge = f' stroke="{PAPER}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"' if edged else ""
    return (
        f'<text x="0" y="{baseline}" font-family="{_LETTER_FONT}" font-size="{size}" font-weight="700" '
        f'text-anchor="middle" fill="{colour}"{edge}>{escape(letter)}</text>'
    )


def _strike(state: SymbolState) -> str:
    lines = {SymbolState.SLASH: "M-11,11L11,-11", SymbolState.CROSS: "M-11,11L11,-11M-11,-11L11,11"}.get(state)
    if lines is None:
        return ""
    return (
        f'<path d="{lines}" stroke="{PAPER}" stroke-width="5.4" stroke-linecap="round"/>'
        f'<path d="{lines}" stroke="{INK}" stroke-width="2.6" stroke-linecap="round"/>'
    )


def _polygon(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{round(x, 2)},{round(y, 2)}" for x, y in points) + "Z"


def _regular(corners: int, radius: float, *, inner: float | None = None) -> str:
    steps = corners * (1 if inner is None else 2)
    points = []
    for step in range(steps):
        reach = radius if inner is None or step % 2 == 0 else inner
        angle = -pi / 2 + 2 * pi * step / steps
        points.append((reach * cos(angle), reach * sin(angle)))
    return _polygon(points)


def _disc(radius: float) -> str:
    return f"M-{radius},0A{radius},{radius} 0 1 1 {radius},0A{radius},{radius} 0 1 1 -{radius},0Z"


_OUTLINES: dict[str, str] = {
    "square": _polygon([(-10, -10), (10, -10), (10, 10), (-10, 10)]),
    "circle": _disc(10.8),
    "house": _polygon([(-10.5, -2.5), (0, -11), (10.5, -2.5), (10.5, 10), (-10.5, 10)]),
    "triangle": _polygon([(0, -11.2), (11.6, 9.6), (-11.6, 9.6)]),
    "burst": _regular(10, 12.6, inner=7.8),
    "hexagon": _regular(6, 11.6),
    "diamond": _regular(4, 11.8),
    "octagon": _regular(8, 11.2),
    "dot": _disc(4.6),
    "line": _regular(8, 11.6),
    "area": _regular(4, 8.0),
}
POINT_SHAPES: tuple[str, ...] = tuple(sorted(_OUTLINES))

_GLYPHS: dict[str, str] = {
    "house": "M0,-7L7,-0.6H4.9V6.6H-4.9V-0.6H-7Z",
    "bars": "M-6.5,-0.4H6.5V1.9H-6.5ZM-6.5,4.1H6.5V6.4H-6.5Z",
    "core": _disc(3.2),
    "x": "M-6,-3.6L-3.6,-6L0,-2.4L3.6,-6L6,-3.6L2.4,0L6,3.6L3.6,6L0,2.4L-3.6,6L-6,3.6L-2.4,0Z",
    "bar": "M-6.5,-1.9H6.5V1.9H-6.5Z",
}
