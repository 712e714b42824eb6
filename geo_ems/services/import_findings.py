"""What is said of a row when it meets what is stored already."""

from geo_ems.formats.findings import Grade, kind

DUPLICATE_KEY = kind(
    "duplicate_key",
    Grade.REFUSED,
    ("“{value}”与第 {first} 行重复", "'{value}' is already on {place} {first}"),
    ("请删去一行,或改正编号", "Delete one of the two, or correct the code"),
)
KEY_UNUSABLE = kind(
    "key_unusable",
    Grade.REFUSED,
    ("“{value}”不能作编号", "'{value}' cannot be a code"),
    ("编号最多 100 个字符,不含 /", "A code has at most 100 characters and no /"),
)
KEY_MISSING = kind(
    "key_missing",
    Grade.WARNED,
    ("没有编号,再次导入时无法识别此行", "has no code: importing the file again will not recognise this row"),
    ("请补编号", "Add a code"),
)
SAME_NAME_NEAR = kind(
    "same_name_near",
    Grade.WARNED,
    ("“{value}”附近 10 米内已有同名记录 {other}", "'{value}' lies within 10 m of {other}, which has the same name"),
    ("请核对是否重复", "Check whether it is the same"),
)
SAME_NAME_IN_FILE = kind(
    "same_name_in_file",
    Grade.WARNED,
    ("“{value}”与第 {first} 行同名,相距 10 米内", "'{value}' lies within 10 m of the one on {place} {first}"),
    ("请核对是否重复", "Check whether it is the same"),
)
OUTSIDE_DISTRICTS = kind(
    "outside_districts",
    Grade.WARNED,
    ("位于所有区划之外(经度 {lon},纬度 {lat})", "lies outside every district (longitude {lon}, latitude {lat})"),
    ("请核对坐标", "Check the coordinates"),
)
# Said once of a whole file.
MOST_OUTSIDE_DISTRICTS = kind(
    "most_outside_districts",
    Grade.WARNED,
    (
        "有坐标的 {located} 行中 {count} 行位于所有区划之外",
        "{count} of the {located} rows with a place lie outside every district",
    ),
    ("请核对坐标和坐标系,或补充区划", "Check the coordinates and their system, or add the districts"),
)
NO_STATUS_COLUMN = kind(
    "no_status_column",
    Grade.WARNED,
    (
        "没有状态列:{count} 处状态未知,查询时不会当作可用",
        "there is no column for the status: {count} have no known status and will not count as available",
    ),
    (
        "请补“{label}”列;您能担保的话,导入时写 --set {option}=…",
        "Add a column '{label_en}', or vouch for them with --set {option}=...",
    ),
)
GIVEN_VALUE = kind(
    "given_value",
    Grade.WARNED,
    (
        "{count} 行的“{label}”由导入者指定为“{value}”,文件里没有写",
        "{count} rows were given '{value_en}' as {label_en} by the one who imports; the file does not say it",
    ),
    ("有变化时请及时更新", "Change it when it changes"),
)
OTHER_UNIT = kind(
    "other_unit",
    Grade.WARNED,
    (
        "“{item}”以“{unit}”计,文件写的是“{value}”,数量未换算",
        "{item_en} are counted in {unit_en}, the file says '{value}'; the quantity was not converted",
    ),
    ("请核对并按规定单位填写数量", "Check it and write the quantity in that unit"),
)
LIVE_VALUE_KEPT = kind(
    "live_value_kept",
    Grade.WARNED,
    ("保留已有值“{kept}”,未用文件中的“{value}”", "the known value '{kept}' was kept, not '{value}' from the file"),
    ("确要覆盖请用 --update-live", "Use --update-live to overwrite it"),
)
PARENT_MISSING = kind(
    "parent_missing",
    Grade.REFUSED,
    ("没有写明属于哪一条记录", "does not say which feature it belongs to"),
    ("请在每行填写编号或名称", "Write the code or name in every row"),
)
PARENT_UNKNOWN = kind(
    "parent_unknown",
    Grade.REFUSED,
    ("没有编号或名称为“{value}”的记录", "there is no feature with the code or name '{value}'"),
    ("请先导入该记录,或改正编号", "Import that feature first, or correct the code"),
)
PARENT_AMBIGUOUS = kind(
    "parent_ambiguous",
    Grade.REFUSED,
    ("有多条记录名为“{value}”:{others}", "several features are called '{value}': {others}"),
    ("请改用编号", "Use the code instead"),
)
PARENT_REFUSED = kind(
    "parent_refused",
    Grade.REFUSED,
    ("“{value}”所在的行未被接受", "the row of '{value}' was refused"),
    ("请先改正该行", "Correct that row first"),
)
CHILDREN_REPLACED = kind(
    "children_replaced",
    Grade.TAKEN,
    (
        "“{value}”的{label}由 {before} 行整体替换为 {now} 行",
        "the {before} rows of {label} of '{value}' were replaced by {now}",
    ),
)
CHILDREN_REPLACED_IN_PART = kind(
    "children_replaced_in_part",
    Grade.WARNED,
    (
        "“{value}”的{label}由 {before} 行整体替换为 {now} 行,另有 {refused} 行被拒绝",
        "the {before} rows of {label} of '{value}' were replaced by {now}; {refused} more were refused",
    ),
    ("请改正被拒绝的行后重新导入全部行", "Correct the refused rows and import all rows again"),
)

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
        "{count} rows without coordinates were placed by name ({levels}); they are only as exact as that",
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
