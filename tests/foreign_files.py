"""Small files of every format, written by GDAL or by hand: three places with texts, numbers and days."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
from shapely.geometry import Point

PLACES = (
    ("S1", "东关小学", 120, 104.06, 30.66),
    ("S2", "西门广场", 800, 104.08, 30.67),
    ("S3", "社区中心", 45, 104.1, 30.7),
)
DAYS = pd.to_datetime(["2024-05-01", "2024-05-02", "2024-05-03"])

CSV = "编号,名称,容量,经度,纬度\n" + "".join(",".join(map(str, place)) + "\n" for place in PLACES)
KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>避难场所</name>'
    + "".join(
        f'<Placemark><name>{name}</name><ExtendedData><Data name="code"><value>{code}</value></Data>'
        f'<Data name="capacity"><value>{persons}</value></Data></ExtendedData>'
        f"<Point><coordinates>{lon},{lat},0</coordinates></Point></Placemark>"
        for code, name, persons, lon, lat in PLACES
    )
    + "</Document></kml>"
)
GPX = (
    '<?xml version="1.0"?><gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">'
    + "".join(
        f'<wpt lat="{lat}" lon="{lon}"><ele>500.5</ele><time>2024-05-01T08:00:00Z</time>'
        f"<name>{name}</name><cmt>{code}</cmt><desc>{persons}</desc></wpt>"
        for code, name, persons, lon, lat in PLACES
    )
    + "</gpx>"
)


def frame(crs="EPSG:4326", **columns):
    """Return the places as a frame; further columns may be given."""
    codes, names, persons, lons, lats = zip(*PLACES, strict=True)
    data = {"code": codes, "name": names, "capacity": np.array(persons, dtype="int32"), **columns}
    return geopandas.GeoDataFrame(data, geometry=[Point(*at) for at in zip(lons, lats, strict=True)], crs=crs)


def feature(code, name, persons, lon, lat):
    """Return one place as a GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, "capacity": persons},
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


def write_gdal(path, data, **options):
    """Write a frame with GDAL, the driver by the name of the file."""
    if str(path).endswith(".fgb"):
        options.setdefault("SPATIAL_INDEX", "NO")  # which would put the rows into another order
    pyogrio.write_dataframe(data, path, **options)
    return path


def zipped(folder: Path, *, keep=lambda _name: True, prefix="") -> bytes:
    """Return a folder's files as a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and keep(path.name):
                archive.write(path, prefix + str(path.relative_to(folder)))
    return packed.getvalue()


def archive_of(members) -> bytes:
    """Return name -> bytes as a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in [("编号", "名称", "容量", "经度", "纬度"), *PLACES]:
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def every_format(folder: Path) -> dict[str, bytes]:
    """Return one sound file per format, by the name it would have."""
    data = frame(day=DAYS, share=[0.5, None, 1.5])
    shapes = folder / "shapes"
    shapes.mkdir()
    write_gdal(shapes / "places.shp", data.drop(columns="day"))
    (folder / "geodatabase").mkdir()
    write_gdal(folder / "places.gpkg", data, layer="places")
    write_gdal(folder / "places.fgb", data)
    write_gdal(folder / "geodatabase" / "places.gdb", data, driver="OpenFileGDB", layer="places")
    features = [feature(*place) for place in PLACES]
    return {
        "places.csv": CSV.encode(),
        "places.xlsx": _workbook(),
        "places.geojson": json.dumps({"type": "FeatureCollection", "features": features}).encode(),
        "places.geojsonl": "\n".join(map(json.dumps, features)).encode(),
        "places.gpkg": (folder / "places.gpkg").read_bytes(),
        "places.shp.zip": zipped(shapes),
        "places.gdb.zip": zipped(folder / "geodatabase"),
        "places.kml": KML.encode(),
        "places.kmz": archive_of({"doc.kml": KML.encode()}),
        "places.fgb": (folder / "places.fgb").read_bytes(),
        "places.gpx": GPX.encode(),
        "places.csv.gz": gzip.compress(CSV.encode()),
    }
