import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.catalogue.toml_positions import KeyPath, find_key_lines, line_of

TEXT = '''# a comment with [brackets] = "and quotes"
name = "shelters"
label = { zh = "避难 # 场所", en = "Shelters" }

geometry = [
  "Point",   # first
  "Polygon",
]
[fields.code]
type = "text"
text = """
[not.a.table]
a = 1 \\""" """
literal = \'\'\'
b = 2\'\'\'
[fields."a.b".'c d']
symbol.colour = "#008A5E"
synonyms = [{ name = "面积(公顷)", unit = "ha" }, "面积",
  { name = "last" }]
[[rows]]
x = 1
[[rows]]
x = 2
[rows.inner]
"\\u6d2a" = 0x1F
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("label", "en"), 3),
        (("geometry", 1), 7),
        (("fields", "code"), 9),
        (("fields", "code", "literal"), 14),
        (("fields", "a.b", "c d"), 16),
        (("fields", "a.b", "c d", "symbol", "colour"), 17),
        (("fields", "a.b", "c d", "synonyms", 0, "unit"), 18),
        (("fields", "a.b", "c d", "synonyms", 2, "name"), 19),
        (("rows", 0, "x"), 21),
        (("rows", 1, "x"), 23),
        (("rows", 1, "inner", "洪"), 25),
    ],
)
def test_a_key_stands_on_its_line(path: KeyPath, line: int) -> None:
    assert find_key_lines(TEXT)[path] == line


def test_a_key_that_is_missing_is_told_at_the_table_around_it() -> None:
    lines = find_key_lines(TEXT)

    assert line_of(("fields", "code", "label"), lines) == 9
    assert line_of(("symbol", "colour"), lines) == 1


def _paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _paths(inner, (*path, position))


def test_exactly_the_keys_that_tomllib_reads_are_found() -> None:
    assert set(find_key_lines(TEXT)) == set(_paths(tomllib.loads(TEXT)))


WORDS = st.text(alphabet="ab#=[]{},.'\" \\é洪", min_size=0, max_size=6)
VALUES = st.recursive(
    st.integers() | st.booleans() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


def _basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'" if "'" not in value else _basic(value)
    if isinstance(value, list):
        return "[" + ",\n".join(_written(inner) for inner in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_basic(key)} = {_written(inner)}" for key, inner in value.items()) + " }"
    return str(value)


@given(st.dictionaries(WORDS, VALUES, max_size=4))
def test_whatever_toml_says_every_key_is_found_and_no_other(document: dict[str, object]) -> None:
    text = "".join(f"{_basic(key)} = {_written(value)} # {key}\n" for key, value in document.items())

    lines = find_key_lines(text)

    assert set(lines) == set(_paths(tomllib.loads(text)))
    for key in document:
        assert text.split("\n")[lines[(key,)] - 1].startswith(_basic(key))
