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
NO_ROWS = kind(
    "no_rows",
    Grade.TAKEN,
    ("文件里没有填写任何数据行,导入了 0 行", "no row of data is filled in: 0 rows were imported"),
    ("请在表头下面逐行填写,示例行不算", "Fill in one row per record below the header; the example does not count"),
)
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
