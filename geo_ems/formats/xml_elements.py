"""XML that is read strictly: no document types, no entities of its own, bounded depth; element by element."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from geo_ems.errors import DataError
from geo_ems.formats.encodings import KNOWN_ENCODINGS, decode_text
from geo_ems.formats.raw import Limits

_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHUNK_CHARACTERS = 1 << 20
_SPELLED_SO = {"utf8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "latin1": "iso8859-1"}


@dataclass(slots=True)
class Element:
    """An element by its local name; inside a wanted element it keeps its children."""

    name: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: list["Element"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    title: str = ""

    @property
    def text(self) -> str:
        """Return the element's own text without blanks around it."""
        return "".join(self.parts).strip()

    def child(self, name: str) -> "Element | None":
        """Return the first child of a name."""
        for child in self.children:  # a loop: this is asked for every name of every placemark
            if child.name == name:
                return child
        return None

    def text_of(self, name: str) -> str:
        """Return the text of the first child of a name, "" without one."""
        child = self.child(name)
        return child.text if child is not None else ""

    def descendants(self, name: str) -> Iterator["Element"]:
        """Give all elements of a name below this one, in the order of the file."""
        waiting = list(reversed(self.children))
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))


def decode_xml(data: bytes, *, encoding: str | None, where: str) -> tuple[str, str]:
    """Return (text, encoding): as asked for, as the file declares, else as it reads best.

    Raises
    ------
    UsageError, DataError
        As `encodings.decode_text`.
    """
    declared = _DECLARATION.match(data.removeprefix(b"\xef\xbb\xbf"))
    if encoding is None and declared is not None:
        name = declared[1].decode().casefold()
        name = _SPELLED_SO.get(name, name).replace("iso-8859", "iso8859").replace("windows-", "cp")
        if name in KNOWN_ENCODINGS and not name.startswith(("utf-8", "utf-16")):
            encoding = name
    return decode_text(data, encoding=encoding, where=where)


def read_elements(
    text: str, take: Callable[[Element], None], *, wanted: frozenset[str], limits: Limits, where: str
) -> None:
    """Call `take` with every element as it ends; those inside a wanted one are its children instead.

    Raises
    ------
    DataError
        Where the text is not well-formed, has a document type, or is nested or branched too far.
    """
    walker = _Walker(take, wanted, limits, where)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.CharacterDataHandler = walker.characters
    parser.StartDoctypeDeclHandler = walker.doctype
    parser.EntityDeclHandler = walker.doctype
    try:
        for start in range(0, len(text), _CHUNK_CHARACTERS):
            parser.Parse(text[start : start + _CHUNK_CHARACTERS].encode("utf-8", "replace"), False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DataError(
            f"Line {error.lineno}, column {error.offset + 1} is not well-formed XML: {expat.ErrorString(error.code)}",
            where=where,
            remedy="The file is damaged or cut off: fetch or copy it again, or export it again.",
        ) from error


class _Walker:
    """Builds elements from the events of the parser."""

    def __init__(self, take: Callable[[Element], None], wanted: frozenset[str], limits: Limits, where: str) -> None:
        self._take = take
        self._wanted = wanted
        self._limits = limits
        self._where = where
        self._stack: list[Element] = []
        self._outermost: Element | None = None
        self._kept = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        if len(self._stack) >= self._limits.xml_depth:
            raise self._refused(f"is nested deeper than {self._limits.xml_depth} levels")
        element = Element(name.rpartition(":")[2], attributes, self._stack[-1] if self._stack else None)
        self._stack.append(element)
        if self._outermost is None:
            if element.name in self._wanted:
                self._outermost, self._kept = element, 0
            return
        self._kept += 1
        if self._kept > self._limits.vertices:
            raise self._refused(f"has more than {self._limits.vertices} elements in one '{self._outermost.name}'")

    def end(self, _name: str) -> None:
        """Close an element: it goes to its parent inside a wanted one, else to the caller."""
        element = self._stack.pop()
        if self._outermost is not None and element is not self._outermost:
            self._stack[-1].children.append(element)
            return
        self._outermost = None
        self._take(element)

    def characters(self, data: str) -> None:
        """Keep text."""
        if self._stack:
            self._stack[-1].parts.append(data)

    def doctype(self, name: str, *_declared: object) -> None:
        """Refuse what could define entities or name other files."""
        if name.casefold() == "html":
            raise DataError("This is a web page (HTML)", where=self._where, remedy="Choose the file with the data.")
        raise self._refused("declares a document type (DTD), which could reach for other files")

    def _refused(self, reason: str) -> DataError:
        return DataError(f"The XML {reason}", where=self._where, remedy="Export the file again without that.")
