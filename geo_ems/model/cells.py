"""Values of one kind for all features, packed in plain arrays and unpacked only where they are looked at.

Texts, dates, instants and places as Python objects would take most of the time of starting and most
of the memory; as numbers and bytes they are read from a file by mapping it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np
import shapely
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
ObjectArray = NDArray[np.object_]
AnyArray = NDArray[np.generic]

UNKNOWN_DAY: Final = np.iinfo(np.int32).min
UNKNOWN_INSTANT: Final = np.iinfo(np.int64).min


class Cells(Protocol):
    """Values that can be had all at once, or only those of some rows, as the same kind of array."""

    def __len__(self) -> int:
        """Return the number of values."""
        ...

    def whole(self) -> AnyArray:
        """Return all values, shape (n,)."""
        ...

    def taken(self, rows: IntArray) -> AnyArray:
        """Return the values of `rows`, in that order; what `whole()[rows]` gives."""
        ...


@runtime_checkable
class OrderedCells(Protocol):
    """Texts that are held as numbers of the same order."""

    def numbers(self) -> IntArray | None:
        """Return the numbers, shape (n,), whatever stands where nothing is known; None where they are not held so."""
        ...


@dataclass(frozen=True, slots=True)
class ArrayCells:
    """Values that are an array already, shape (n,)."""

    array: AnyArray

    def __len__(self) -> int:
        """Return the number of values."""
        return int(self.array.size)

    def whole(self) -> AnyArray:
        """Return the array itself."""
        return self.array

    def taken(self, rows: IntArray) -> AnyArray:
        """Return the values of `rows`."""
        return np.asarray(self.array[rows])


@dataclass(frozen=True, slots=True)
class TextCells:
    """Texts in one run of UTF-8: text i is `utf8[begin[i]:end[i]]`; begin, end (n,), utf8 (bytes,) uint8."""

    begin: NDArray[np.uint32]
    end: NDArray[np.uint32]
    utf8: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of texts."""
        return int(self.begin.size)

    def whole(self) -> ObjectArray:
        """Return all texts, shape (n,)."""
        raw = self.utf8.tobytes()
        return object_array([raw[begin:end].decode() for begin, end in zip(*self._ends(), strict=True)])

    def taken(self, rows: IntArray) -> ObjectArray:
        """Return the texts of `rows`."""
        bounds = zip(self.begin[rows].tolist(), self.end[rows].tolist(), strict=True)
        return object_array([self.utf8[begin:end].tobytes().decode() for begin, end in bounds])

    def blobs(self, rows: IntArray) -> list[bytes]:
        """Return the bytes of `rows`, not decoded."""
        bounds = zip(self.begin[rows].tolist(), self.end[rows].tolist(), strict=True)
        return [self.utf8[begin:end].tobytes() for begin, end in bounds]

    def _ends(self) -> tuple[list[int], list[int]]:
        return self.begin.tolist(), self.end.tolist()


@dataclass(frozen=True, slots=True)
class DayCells:
    """Dates as days since 1970-01-01, (n,) int32; `UNKNOWN_DAY` is the empty text."""

    days: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of dates."""
        return int(self.days.size)

    def whole(self) -> ObjectArray:
        """Return all dates as YYYY-MM-DD, shape (n,)."""
        return _date_texts(self.days)

    def taken(self, rows: IntArray) -> ObjectArray:
        """Return the dates of `rows` as YYYY-MM-DD."""
        return _date_texts(self.days[rows])

    def numbers(self) -> IntArray:
        """Return the days."""
        return self.days.astype(np.int64)


@dataclass(frozen=True, slots=True)
class InstantCells:
    """Instants as Unix seconds, (n,) int64; `UNKNOWN_INSTANT` is the empty text."""

    seconds: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of instants."""
        return int(self.seconds.size)

    def whole(self) -> ObjectArray:
        """Return all instants as YYYY-MM-DDTHH:MM:SSZ, shape (n,)."""
        return _instant_texts(self.seconds)

    def taken(self, rows: IntArray) -> ObjectArray:
        """Return the instants of `rows` as YYYY-MM-DDTHH:MM:SSZ."""
        return _instant_texts(self.seconds[rows])

    def numbers(self) -> IntArray:
        """Return the seconds."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class PointCells:
    """Points at `lonlat_deg` (n, 2), WGS84 degrees; NaN is no point (None)."""

    lonlat_deg: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of places, unlocated ones included."""
        return int(self.lonlat_deg.shape[0])

    def whole(self) -> ObjectArray:
        """Return all points, shape (n,)."""
        return _points(self.lonlat_deg)

    def taken(self, rows: IntArray) -> ObjectArray:
        """Return the points of `rows`."""
        return _points(self.lonlat_deg[rows])


@dataclass(frozen=True, slots=True)
class WkbCells:
    """Geometries as WKB; one without bytes is None."""

    wkb: TextCells

    def __len__(self) -> int:
        """Return the number of geometries, missing ones included."""
        return len(self.wkb)

    def whole(self) -> ObjectArray:
        """Return all geometries, shape (n,)."""
        return self.taken(np.arange(len(self)))

    def taken(self, rows: IntArray) -> ObjectArray:
        """Return the geometries of `rows`."""
        return object_array(shapely.from_wkb(object_array([blob or None for blob in self.wkb.blobs(rows)])))

    @classmethod
    def packed(cls, geometries: ObjectArray) -> Self:
        """Return geometries as WKB.

        Raises
        ------
        OverflowError
            Where it is longer than 4 GiB.
        """
        return cls(packed_texts([blob or b"" for blob in shapely.to_wkb(geometries, byte_order=1)]))


def object_array(values: Sequence[object] | ObjectArray) -> ObjectArray:
    """Return any values as an object array, shape (n,)."""
    array: ObjectArray = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def packed_texts(texts: Sequence[str | bytes]) -> TextCells:
    """Return texts, or blobs, in one run of bytes.

    Raises
    ------
    OverflowError
        Where they are longer than 4 GiB together.
    """
    blobs = [text.encode() if isinstance(text, str) else text for text in texts]
    ends = np.cumsum([0, *map(len, blobs)], dtype=np.int64)
    if ends[-1] > np.iinfo(np.uint32).max:
        raise OverflowError
    bounds = ends.astype(np.uint32)
    return TextCells(bounds[:-1], bounds[1:], np.frombuffer(b"".join(blobs), dtype=np.uint8))


def packed_days(dates: ObjectArray) -> DayCells:
    """Return dates YYYY-MM-DD ("" where unknown) as days."""
    days = np.full(dates.size, UNKNOWN_DAY, dtype=np.int32)
    known = np.flatnonzero(dates != "")
    days[known] = dates[known].astype("datetime64[D]").astype(np.int64)
    return DayCells(days)


def packed_instants(instants: ObjectArray) -> InstantCells:
    """Return instants YYYY-MM-DDTHH:MM:SSZ ("" where unknown) as Unix seconds."""
    seconds = np.full(instants.size, UNKNOWN_INSTANT, dtype=np.int64)
    known = np.flatnonzero(instants != "")
    texts = [str(text).removesuffix("Z") for text in instants[known]]
    seconds[known] = np.array(texts, dtype="datetime64[s]").astype(np.int64)
    return InstantCells(seconds)


def point_places(geometries: ObjectArray) -> NDArray[np.float64] | None:
    """Return the places of points, shape (n, 2), NaN for None; None where not all of them are points."""
    missing = shapely.is_missing(geometries)
    if not ((shapely.get_type_id(geometries) == shapely.GeometryType.POINT) | missing).all():
        return None
    if shapely.is_empty(geometries).any():
        return None
    lonlat_deg = np.full((geometries.size, 2), np.nan)
    lonlat_deg[~missing] = shapely.get_coordinates(geometries[~missing])
    return lonlat_deg


def _points(lonlat_deg: NDArray[np.float64]) -> ObjectArray:
    points: ObjectArray = np.full(lonlat_deg.shape[0], None, dtype=object)
    located = ~np.isnan(lonlat_deg[:, 0])
    points[located] = shapely.points(lonlat_deg[located])
    return points


def _date_texts(days: NDArray[np.int32]) -> ObjectArray:
    texts: ObjectArray = np.full(days.size, "", dtype=object)
    known = days != UNKNOWN_DAY
    texts[known] = np.datetime_as_string(days[known].astype("datetime64[D]"))
    return texts


def _instant_texts(seconds: NDArray[np.int64]) -> ObjectArray:
    texts: ObjectArray = np.full(seconds.size, "", dtype=object)
    known = seconds != UNKNOWN_INSTANT
    texts[known] = [f"{text}Z" for text in np.datetime_as_string(seconds[known].astype("datetime64[s]"))]
    return texts
