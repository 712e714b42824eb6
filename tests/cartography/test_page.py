import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from map_samples import content, coverage_answer

from geo_ems.cartography.desk_texts import DESK_TEXTS
from geo_ems.cartography.page import overview_page
from geo_ems.cartography.texts import REASON_TEXTS, TEXTS
from geo_ems.model.definitions import Reason

PAYLOADS = [
    "</script><script>window.HACKED=1</script>",
    '<img src=x onerror="window.HACKED=1">',
    "<!--<script>",
    "${window.HACKED=1}",
    "`;window.HACKED=1;`",
    "{{7*7}}",
    "{% raw %}{% endraw %}{# no #}",
    "line\u2028and\u2029paragraph",
    '"><svg onload="window.HACKED=1">',
    "javascript:window.HACKED=1",
    "\\u003c/script\\u003e\\",
]
FAMILIES = (  # words whose names are put together from a code
    *("bearing_", "tab_", "flag_", "inside_", "metric_", "mode_", "turn_", "part_", "tool_", "draft_", "policy_"),
    *("direction_", "send_", "act_", "amount_", "ask_", "clock_", "report_", "report_done_", "step_", "wind_"),
)
ASSETS = files("geo_ems.cartography").joinpath("assets")


class Reader(HTMLParser):
    """Collects elements with their attributes, and the text of scripts and styles."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.inside = [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.texts.append("")
        self.inside = tag in ("script", "style")

    def handle_endtag(self, _tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data


def read(page: bytes) -> Reader:
    reader = Reader()
    reader.feed(page.decode("utf-8"))
    return reader


def contents(reader: Reader, tag: str) -> list[str]:
    return [text for (name, _), text in zip(reader.tags, reader.texts, strict=True) if name == tag]


def data_of(page: bytes):
    reader = read(page)
    (text,) = [
        text
        for (tag, attributes), text in zip(reader.tags, reader.texts, strict=True)
        if tag == "script" and attributes.get("type") == "application/json"
    ]
    return text


@pytest.fixture(scope="module")
def page() -> bytes:
    return overview_page(content(coverage=coverage_answer()), language="zh", served=False)


def test_the_same_content_gives_the_same_bytes(page):
    assert overview_page(content(coverage=coverage_answer()), language="zh", served=False) == page


def test_nothing_in_the_page_loads_from_elsewhere(page):
    reader = read(page)
    for tag, attributes in reader.tags:
        for name in ("src", "href", "action", "srcset", "poster", "background", "data"):
            assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
    for style in contents(reader, "style"):
        assert "@import" not in style
        assert all(link.startswith(("data:", "#default#VML")) for link in re.findall(r"url\(([^)]*)\)", style))
    for script in contents(reader, "script"):
        assert "sourceMappingURL" not in script


def test_the_policy_allows_exactly_the_scripts_and_styles_of_the_page(page):
    reader = read(page)
    (policy,) = [a["content"] for tag, a in reader.tags if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    scripts = [
        text
        for (tag, attributes), text in zip(reader.tags, reader.texts, strict=True)
        if tag == "script" and "type" not in attributes
    ]

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules["script-src"].split() == [source(text) for text in scripts]
    assert rules["style-src"].split() == [source(text) for text in contents(reader, "style")]
    assert "unsafe" not in policy
    served = overview_page(content(), language="zh", served=True)
    assert b"connect-src 'self'" in served


@pytest.mark.parametrize(("language", "code"), [("zh", "zh-Hans"), ("en", "en")])
def test_the_page_says_its_language_and_can_be_zoomed(language, code):
    reader = read(overview_page(content(), language=language, served=False))
    tags = [tag for tag, _ in reader.tags]
    assert ("html", {"lang": code}) in reader.tags
    assert tags.count("main") == tags.count("h1") == tags.count("title") == 1
    (viewport,) = [a["content"] for tag, a in reader.tags if a.get("name") == "viewport"]
    assert viewport == "width=device-width, initial-scale=1"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_string_of_the_data_reaches_markup(payload, page):
    def hostile(_text: str) -> str:
        return payload

    attacked = overview_page(
        content(hostile, coverage=coverage_answer(hostile)), language="zh", served=False, include_private=True
    )
    plain_data, hostile_data = data_of(page), data_of(attacked)
    outside = attacked.decode().replace(hostile_data, "")
    assert outside == page.decode().replace(plain_data, "")
    assert not re.search("[<>&\u2028\u2029]", hostile_data)
    document = json.loads(hostile_data)
    shelters = next(layer for layer in document["layers"] if layer["name"] == "shelters")
    assert shelters["names"][0] == payload
    assert shelters["label"]["zh"] == payload
    assert document["project"] == {"zh": payload, "en": payload}


def test_a_lone_surrogate_does_not_break_the_page():
    made = overview_page(content(lambda text: text + "\ud800"), language="zh", served=False)
    assert json.loads(data_of(made))["project"]["zh"] == "样例县应急局\ufffd"


def page_script() -> str:
    parts = sorted(part.name for part in ASSETS.joinpath("page").iterdir())
    return "\n".join(ASSETS.joinpath("page", name).read_text("utf-8") for name in parts)


def test_the_script_never_writes_markup():
    script = page_script()
    for sink in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "bindPopup",
    ):
        assert sink not in script, sink


def test_every_word_the_script_asks_for_exists_and_none_is_left_over():
    script, words = page_script(), TEXTS | DESK_TEXTS
    asked = set(re.findall(r'\bt\("(\w+)"', script))
    asked |= {name for name in re.findall(r'"(\w+)"', script) if name in words}  # told by a condition, then looked up
    asked -= set(FAMILIES)
    assert asked <= set(words), asked - set(words)
    spare = {"capability", "item", "quantity", "suitable_for"}  # labels of the filters, placed in the data
    left_over = {name for name in set(words) - asked - spare if not name.startswith(FAMILIES)}
    assert left_over == set()


def test_both_languages_fill_in_the_same_values():
    for name, label in (TEXTS | DESK_TEXTS).items():
        assert label.zh, name
        assert label.en, name
        assert set(re.findall(r"\{\w+\}", label.zh)) == set(re.findall(r"\{\w+\}", label.en)), name


def test_every_reason_has_words():
    assert set(REASON_TEXTS) == set(Reason)


def test_vendored_files_are_those_that_were_checked():
    listed = re.findall(
        r"^\| `(leaflet/[^`]+)` \| `([0-9a-f]{64})` \|$",
        ASSETS.joinpath("VENDORED.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(listed) == 6
    for name, digest in listed:
        assert hashlib.sha256(ASSETS.joinpath(*name.split("/")).read_bytes()).hexdigest() == digest, name
