"""Lists of numbers that cross the boundary, such as the breaks of service areas."""

from collections.abc import Callable, Sequence

from geo_ems.web.kinds import Kind, Schema, WrongValueError, number


def numbers(max_items: int, minimum: float, maximum: float) -> Kind[tuple[float, ...]]:
    """Return some numbers above `minimum`: separated by commas in a query, a list in JSON."""
    one = number(minimum, maximum, above=True)

    def checked(parts: Sequence[object], read: Callable[..., float]) -> tuple[float, ...]:
        if not parts or len(parts) > max_items:
            raise WrongValueError(f"has {len(parts)} items", f"Write 1 to {max_items}.")
        return tuple(read(part) for part in parts)

    def of_text(value: str) -> tuple[float, ...]:
        return checked(value.split(","), one.of_text)

    def of_json(value: object) -> tuple[float, ...]:
        if not isinstance(value, list):
            raise WrongValueError("is not a list", "Write [300, 600].")
        return checked(value, one.of_json)

    schema: Schema = {"type": "array", "items": one.schema, "minItems": 1, "maxItems": max_items}
    return Kind(schema, of_text, of_json)
