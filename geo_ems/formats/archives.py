"""Zip archives of other files: listed and judged first, then only the members that are needed are unpacked, in memory.

Nothing is ever written under a name from an archive, and archives inside archives are not opened.
"""

import io
import re
import stat
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from geo_ems.errors import DataError, known_names
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.containers import KNOWN_FORMATS, ZIP_FAULTS, Growth
from geo_ems.formats.raw import FileFormat, Limits, Reading

_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 1
_UTF8_NAMES = 0x800
_LINK_MODE_BITS = 16
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|[\x00-\x1f]")
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX/.*|\.[^/]*|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)
_GEODATABASE_PART = re.compile(
    r"[a-z0-9_]{1,40}\.(?:gdbtable|gdbtablx|gdbindexes|freelist|atx|spx|horizon)|gdb|timestamps"
)
_GEODATABASE_FOLDER = "data.gdb"
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SINGLE = (".gpkg", ".fgb", ".geojson", ".json", ".geojsonl", ".ndjson", ".csv", ".tsv", ".txt", ".gpx")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive holds: the parts of one dataset, or one file that is read like any other (`format` None).

    `members` are named as their reader wants them: by suffix for a Shapefile, as files in a folder for a
    geodatabase. `datasets` are the names among which was chosen; `unused` are members nobody looked at.
    """

    format: FileFormat | None
    members: Mapping[str, bytes]
    datasets: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def unpack_archive(data: bytes, *, reading: Reading) -> Unpacked:
    """Return the dataset of an archive: a Shapefile, a geodatabase, KML, or a single file of another format.

    With several Shapefiles, `reading.sheet` names one by its name without suffix.

    Raises
    ------
    DataError
        Where the archive is damaged, hostile or too large, holds nothing that is read, or too much of it.
    NotFoundError
        Where there is no Shapefile of the name.
    """
    where = reading.where
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _list_members(archive, limits=reading.limits, where=where)
            unpacker = _Unpacker(archive, Growth(len(data), reading.limits, where))
            return _unpack_dataset(members, unpacker, reading)
    except ZIP_FAULTS as error:
        raise DataError(
            f"The zip archive is damaged: {error}", where=where, remedy="Fetch or copy it again, or pack it again."
        ) from error


@dataclass(frozen=True, slots=True)
class _Unpacker:
    """Unpacks members, counting the bytes of all of them together."""

    archive: zipfile.ZipFile
    growth: Growth

    def bytes_of(self, member: zipfile.ZipInfo) -> bytes:
        chunks: list[bytes] = []
        with self.archive.open(member) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                self.growth.add(len(chunk))
                chunks.append(chunk)
        return b"".join(chunks)


def _list_members(archive: zipfile.ZipFile, *, limits: Limits, where: str) -> dict[str, zipfile.ZipInfo]:
    """Return the files of an archive by name, after looking that none of them is hostile."""
    entries = archive.infolist()
    if len(entries) > limits.archive_members:
        raise _hostile(f"it has {len(entries)} members, more than {limits.archive_members}", where)
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = _readable_name(entry)
        if _UNSAFE.search(name) or _UNSAFE.search(entry.orig_filename):
            raise _hostile(f"a member is named {name!r:.80}, which leads out of the archive", where)
        if stat.S_ISLNK(entry.external_attr >> _LINK_MODE_BITS):
            raise _hostile(f"its member {name!r:.80} is a link to another file", where)
        if entry.flag_bits & _ENCRYPTED:
            raise DataError("The archive has a password", where=where, remedy="Pack it again without one.")
        if entry.is_dir() or _LITTER.search(name):
            continue
        if name in members:
            raise _hostile(f"it has two members named {name!r:.80}", where)
        members[name] = entry
    if sum(entry.file_size for entry in members.values()) > limits.unpacked_bytes:
        raise _hostile(f"it unpacks to more than {limits.unpacked_bytes} bytes", where)
    return members


def _readable_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a member with slashes; names without the mark of UTF-8 are most often GBK here."""
    name = entry.filename
    if not (entry.flag_bits & _UTF8_NAMES or name.isascii()):
        packed = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            with suppress(UnicodeDecodeError):
                name = packed.decode(encoding)
                break
    return name.replace("\\", "/")


def _hostile(reason: str, where: str) -> DataError:
    return DataError(
        f"The zip archive is not opened: {reason}",
        where=where,
        remedy="Pack the needed files alone into a new archive.",
    )


def _unpack_dataset(members: Mapping[str, zipfile.ZipInfo], unpacker: _Unpacker, reading: Reading) -> Unpacked:
    shapefiles = _shapefiles(members)
    geodatabases = sorted(
        {str(PurePosixPath(name).parent) for name in members if name.casefold().endswith(".gdbtable")}
    )
    kml = _main_kml(members)
    if shapefiles:
        stem = _chosen(sorted(shapefiles), reading)
        parts = {suffix: unpacker.bytes_of(entry) for suffix, entry in shapefiles[stem].items()}
        others = tuple(name for name in sorted(shapefiles) if name != stem)
        unused = tuple(name for name in members if not _is_of(name, (stem, *others)))
        return Unpacked(FileFormat.SHAPEFILE, parts, tuple(sorted(shapefiles)), (*others, *unused))
    if geodatabases:
        if len(geodatabases) > 1:
            raise _too_many([PurePosixPath(name).name for name in geodatabases], reading.where)
        return Unpacked(FileFormat.FILE_GEODATABASE, _geodatabase(members, geodatabases[0], unpacker))
    if kml:
        if len(kml) > 1:
            raise _too_many(kml, reading.where)
        return Unpacked(FileFormat.KMZ, {kml[0]: unpacker.bytes_of(members[kml[0]])})
    single = [name for name in members if name.casefold().endswith(_SINGLE)]
    if len(single) > 1:
        raise _too_many(single, reading.where)
    if not single:
        listed = ", ".join(list(members)[:5]) or "nothing"
        raise DataError(
            f"This is an archive of other files (zip), none of which is read here: {listed:.200}",
            where=reading.where,
            remedy=f"Known: {KNOWN_FORMATS}. An archive inside the archive must be taken out first.",
        )
    unused = tuple(name for name in members if name != single[0])
    return Unpacked(None, {single[0]: unpacker.bytes_of(members[single[0]])}, unused=unused)


def _too_many(names: Sequence[str], where: str) -> DataError:
    return DataError(
        f"The archive holds {len(names)} files that could be meant: {', '.join(names):.200}",
        where=where,
        remedy="Take them out and import them one by one.",
    )


def _shapefiles(members: Mapping[str, zipfile.ZipInfo]) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Return the parts of each Shapefile by suffix, under its name; the folder is kept where names repeat."""
    by_path: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for name, entry in members.items():
        path = PurePosixPath(name)
        if path.suffix.casefold() in _SHAPEFILE_PARTS:
            by_path.setdefault(str(path.with_suffix("")), {})[path.suffix.casefold()] = entry
    whole = {path: parts for path, parts in by_path.items() if ".shp" in parts}
    stems = [PurePosixPath(path).name for path in whole]
    return {stem if stems.count(stem) == 1 else path: whole[path] for stem, path in zip(stems, whole, strict=True)}


def _is_of(name: str, stems: Sequence[str]) -> bool:
    """Return whether a member belongs to one of the Shapefiles: a part, or an index or description beside it."""
    return any(PurePosixPath(name).name.startswith(f"{PurePosixPath(stem).name}.") for stem in stems)


def _chosen(stems: list[str], reading: Reading) -> str:
    if reading.sheet is not None:
        named = [stem for stem in stems if fold_name(stem) == fold_name(reading.sheet.removesuffix(".shp"))]
        if not named:
            raise known_names("layer", reading.sheet, stems)
        return named[0]
    offered = [stem for stem in stems if fold_name(stem) not in reading.ignored_sheets] or stems
    if len(offered) > 1:
        raise DataError(
            f"The archive holds {len(offered)} Shapefiles; it is not said which is meant: {', '.join(offered):.200}",
            where=reading.where,
            remedy=f"Name it: --sheet {offered[0]}.",
        )
    return offered[0]


def _geodatabase(members: Mapping[str, zipfile.ZipInfo], folder: str, unpacker: _Unpacker) -> dict[str, bytes]:
    inside = {
        PurePosixPath(name).name: entry for name, entry in members.items() if str(PurePosixPath(name).parent) == folder
    }
    return {
        f"{_GEODATABASE_FOLDER}/{name}": unpacker.bytes_of(entry)
        for name, entry in inside.items()
        if _GEODATABASE_PART.fullmatch(name)
    }


def _main_kml(members: Mapping[str, zipfile.ZipInfo]) -> list[str]:
    """Return the KML files of an archive; of a KMZ only its main one, doc.kml."""
    names = [name for name in members if name.casefold().endswith(".kml")]
    main = [name for name in names if PurePosixPath(name).name.casefold() == "doc.kml"]
    return main[:1] or names
