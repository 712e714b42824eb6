"""What an order does to the resource itself: stock and places are moved between free, reserved and gone, never twice.

Amounts are added and subtracted as decimal numbers, so that what is booked back is to the last digit what was there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from geo_ems.errors import ConflictError
from geo_ems.model.definitions import CapacityRule, StockRule
from geo_ems.model.features import Feature, Properties, Value
from geo_ems.queries.capacity import places_of
from geo_ems.services.assignment_chain import Booked

RESERVED_FIELD = "reserved_quantity"
_LINE_KEY = ("item", "mode", "expires_on", "available_from")


@dataclass(frozen=True, slots=True)
class StockLines:
    """The stock of one depot: which child table and fields hold it."""

    rule: StockRule
    rows: tuple[Properties, ...]

    @property
    def _fields(self) -> tuple[str, str]:
        return self.rule.item_field, self.rule.quantity_field

    def free(self, item: str, *, on_date: str) -> float:
        """Return how much of an item may be given out on a date: neither expired nor only to come."""
        usable = (self._quantity(row) for row in self.rows if self._is_usable(row, item, on_date))
        return float(sum(usable, Decimal(0)))

    def expired(self, item: str, *, on_date: str) -> float:
        """Return how much of an item has passed its date."""
        rows = (row for row in self.rows if row.get(self.rule.item_field) == item and self._is_expired(row, on_date))
        return float(sum(map(self._quantity, rows), Decimal(0)))

    def to_come(self, item: str, *, on_date: str) -> float:
        """Return how much of an item is there only from a later date on."""
        rows = (
            row
            for row in self.rows
            if row.get(self.rule.item_field) == item and str(row.get("available_from") or "") > on_date
        )
        return float(sum(map(self._quantity, rows), Decimal(0)))

    def taken(self, item: str, quantity: float, *, on_date: str) -> tuple[Properties, ...]:
        """Return from which lines a quantity is taken: what expires first goes first; short where there is less."""
        missing = _decimal(quantity)
        lines: list[Properties] = []
        usable = [row for row in self.rows if self._is_usable(row, item, on_date)]
        for row in sorted(usable, key=lambda row: str(row.get(self.rule.expiry_field or "") or "9999")):
            part = min(missing, self._quantity(row))
            if part > 0:
                lines.append({**{key: row.get(key) for key in _LINE_KEY}, "item": item, "quantity": float(part)})
                missing -= part
        return tuple(lines)

    def moved(self, lines: Iterable[Properties], *, now: Booked, then: Booked) -> tuple[Properties, ...]:
        """Return the stock with the lines of an assignment moved from one state to another.

        Raises
        ------
        ConflictError
            Where there is not so much left to reserve.
        """
        rows = [dict(row) for row in self.rows]
        for line in lines:
            amount = _decimal(line["quantity"])
            if now is not Booked.GONE:
                amount -= _not_taken(rows, line, amount, (self._pot(now), self._pot(Booked.NOTHING)))
            if now is Booked.NOTHING and amount < _decimal(line["quantity"]):
                raise ConflictError(
                    f"Only {float(amount):g} of '{line['item']}' are left of {line['quantity']:g}",
                    remedy="Ask for a new recommendation.",
                )
            if then is not Booked.GONE and amount > 0:
                _give(rows, line, amount, self._pot(then), self.rule)
        return tuple(rows)

    def _pot(self, booked: Booked) -> str:
        return self.rule.quantity_field if booked is Booked.NOTHING else RESERVED_FIELD

    def _quantity(self, row: Properties) -> Decimal:
        return _decimal(row.get(self.rule.quantity_field))

    def _is_expired(self, row: Properties, on_date: str) -> bool:
        expires = row.get(self.rule.expiry_field) if self.rule.expiry_field else None
        return expires is not None and str(expires) < on_date

    def _is_usable(self, row: Properties, item: str, on_date: str) -> bool:
        is_it = row.get(self.rule.item_field) == item and str(row.get("available_from") or "") <= on_date
        return is_it and not self._is_expired(row, on_date)


def _not_taken(rows: list[dict[str, Value]], line: Properties, amount: Decimal, pots: tuple[str, str]) -> Decimal:
    """Take an amount out of the first pot of the matching lines, then of the second; return what is missing.

    A new list of the depot, imported meanwhile, may have put into the free stock what was reserved before.
    """
    for pot in dict.fromkeys(pots):
        for row in _matching(rows, line):
            part = min(amount, _decimal(row.get(pot)))
            if part > 0:
                row[pot] = _kept(pot, _decimal(row.get(pot)) - part)
                amount -= part
    return amount


def _kept(pot: str, amount: Decimal) -> float | None:
    """Return an amount as it is stored: nothing reserved is unknown, as it was before the first order."""
    return None if pot == RESERVED_FIELD and amount == 0 else float(amount)


def _give(rows: list[dict[str, Value]], line: Properties, amount: Decimal, pot: str, rule: StockRule) -> None:
    """Put an amount into a pot of the matching line; a line that is gone is made again."""
    row = next(iter(_matching(rows, line)), None)
    if row is None:
        row = {rule.item_field: line["item"], rule.quantity_field: 0.0}
        row |= {key: line.get(key) for key in _LINE_KEY[1:]}
        rows.append(row)
    row[pot] = float(_decimal(row.get(pot)) + amount)


def _matching(rows: Iterable[dict[str, Value]], line: Properties) -> list[dict[str, Value]]:
    return [row for row in rows if all(row.get(key) == line.get(key) for key in _LINE_KEY)]


def _decimal(value: Value) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, int | float) else Decimal(0)


def free_places(values: Mapping[str, Value], rule: CapacityRule) -> int | None:
    """Return how many more people a shelter takes; None where its capacity is unknown.

    Where nobody counted, nobody is in it.
    """
    capacity, occupied, reserved = places_of(values, rule)
    return None if capacity is None else capacity - (occupied or 0) - reserved


def moved_places(feature: Feature, rule: CapacityRule, persons: int, *, now: Booked, then: Booked) -> Feature:
    """Return a shelter with places of an assignment moved from one state to another; never below none."""
    if rule.reserved_field is None or rule.occupied_field is None:
        raise ConflictError(
            "Places cannot be kept here: the layer has no field for them",
            where=feature.id,
            remedy="Declare reserved_field under [capacity] of the layer.",
        )
    values = dict(feature.properties)
    pots = {Booked.RESERVED: rule.reserved_field, Booked.GONE: rule.occupied_field}
    for booked, change in ((now, -persons), (then, persons)):
        if booked in pots:
            held = values.get(pots[booked])
            values[pots[booked]] = max(0, (int(held) if isinstance(held, int | float) else 0) + change)
    values[rule.reserved_field] = values.get(rule.reserved_field) or None
    return replace(feature, properties=values)
