"""Rules about turns as text in a field of the road they leave from.

`no_left_turn@n5>w7.n5` says: from the end of this road that is node n5, not into the road with the code
w7.n5. `no_u_turn~w8.n5+w9.n6>w7.n5` says: not after this road along those two, in that order, into that one.
A kind that begins with `only_` allows nothing else; `barrier` stands where vehicles cannot pass. Several
rules are separated by semicolons.
"""

import re
from dataclasses import dataclass

_RULE = re.compile(r"\s*([a-z][a-z_]{0,39})\s*([@~])\s*([^>;]{1,2000}?)\s*>\s*([^>;]{1,100}?)\s*")


@dataclass(frozen=True, slots=True)
class TurnRule:
    """One rule; `node` is "" where it leads over the roads `via`, whose codes are in the order of travel."""

    kind: str
    node: str
    via: tuple[str, ...]
    to: str

    @property
    def is_only(self) -> bool:
        """Return whether everything else is forbidden."""
        return self.kind.startswith("only_")

    def text(self) -> str:
        """Return the rule as it is stored."""
        place = f"@{self.node}" if self.node else f"~{'+'.join(self.via)}"
        return f"{self.kind}{place}>{self.to}"


def written_rules(rules: list[TurnRule]) -> str:
    """Return rules as the text of the field, each once."""
    return ";".join(dict.fromkeys(rule.text() for rule in rules))


def read_rules(text: str) -> tuple[tuple[TurnRule, ...], int]:
    """Return the rules of a text, and how many parts of it are none."""
    rules: list[TurnRule] = []
    unread = 0
    for part in text.split(";"):
        match = _RULE.fullmatch(part)
        if match is not None:
            kind, mark, place, to = match.groups()
            is_node = mark == "@"
            via = () if is_node else tuple(code.strip() for code in place.split("+"))
            rules.append(TurnRule(kind, place if is_node else "", via, to))
        elif part.strip():
            unread += 1
    return tuple(rules), unread
