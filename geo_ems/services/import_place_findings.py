"""What is said of where the rows of a file lie: placed by name, or all off as by a shifted datum."""

from geo_ems.formats.findings import Grade, kind

# Rows without coordinates, placed by the names in them.
PLACED_BY_NAME = kind(
    "placed_by_name",
    Grade.REPAIRED,
    ("按地名“{value}”放在 {place}", "placed by the name '{value}' on {place}"),
)
PLACE_AMBIGUOUS = kind(
    "place_ambiguous",
    Grade.WARNED,
    (
        "名为“{value}”的地方有 {count} 处,未落图:{candidates}",
        "'{value}' is the name of {count} places, so the row was not placed: {candidates}",
    ),
    (
        "请确定是哪一处:补上乡镇(--place-by 乡镇,村)或坐标",
        "Decide which one: add the township (--place-by township,village) or coordinates",
    ),
)
PLACE_UNKNOWN = kind(
    "place_unknown",
    Grade.WARNED,
    ("没有名为“{value}”的区划或村", "there is no district or village called '{value}'"),
    ("相近的名称:{near}", "Similar names: {near}"),
)
PLACE_UNKNOWN_WITHOUT_LIKES = kind(
    "place_unknown",
    Grade.WARNED,
    ("没有名为“{value}”的区划或村,也没有相近的", "there is no district or village called '{value}', nor a similar one"),
    ("请核对,或先导入区划和村", "Check it, or import districts and population first"),
)
PLACE_TOO_COARSE = kind(
    "place_too_coarse",
    Grade.WARNED,
    ("“{value}”只到 {candidates},太大,未落图", "'{value}' names only {candidates}, too large to stand for a place"),
    ("请写到乡镇或村", "Name the township or the village"),
)
STORED_PLACE_KEPT = kind(
    "stored_place_kept",
    Grade.TAKEN,
    ("保留已有的准确位置,未按地名移动", "the known place was kept, not moved to that of the name"),
)
PLACED_BY_NAME_COUNT = kind(
    "placed_by_name_count",
    Grade.TAKEN,
    (
        "{count} 行没有坐标,按地名落图({levels}),位置只准到该级区划",
        "{count} rows without coordinates were placed by name ({levels_en}); they are only as exact as that",
    ),
)
NO_NAMED_PLACES = kind(
    "no_named_places",
    Grade.WARNED,
    ("库里没有区划和村,无法按地名落图", "there are no districts and villages to place rows by"),
    ("请先导入 districts 和 population", "Import districts and population first"),
)

# Files whose places all lie off as those of a shifted datum do; said once of a file.
_READ_AGAIN = (
    "请核对;确是如此就用 --datum {datum} 重新导入(接口:datum={datum})",
    "Check it; where it is so, import again with --datum {datum} (in a request: datum={datum})",
)
DATUM_SHIFT = kind(
    "datum_shift",
    Grade.WARNED,
    (
        "{count} 个地点与库中同名地点相差约 {metres} 米,方向和大小与 {name} 偏移一致:坐标很可能是 {name}",
        "{count} places lie about {metres} m from their namesakes, just as {name} is shifted: most likely it is {name}",
    ),
    _READ_AGAIN,
)
NO_DATUM_SHIFT = kind(
    "datum_shift",
    Grade.WARNED,
    (
        "按 {declared} 换算后,{count} 个地点与库中同名地点相差约 {metres} 米,不换算反而一致:坐标很可能本来就是 WGS84",
        "read as {declared}, {count} places lie about {metres} m from their namesakes; unconverted they fit",
    ),
    _READ_AGAIN,
)
DATUM_SHIFT_BY_ROADS = kind(
    "datum_shift",
    Grade.WARNED,
    (
        "多数点离道路较远,按 {name} 换算后都在路边:坐标很可能是 {name}",
        "most points lie away from the roads, and beside them when read as {name}: they are most likely {name}",
    ),
    _READ_AGAIN,
)
NO_DATUM_SHIFT_BY_ROADS = kind(
    "datum_shift",
    Grade.WARNED,
    (
        "按 {declared} 换算后多数点离道路较远,不换算都在路边:坐标很可能本来就是 WGS84",
        "read as {declared} most points lie away from the roads, unconverted beside them: they are most likely WGS84",
    ),
    _READ_AGAIN,
)
