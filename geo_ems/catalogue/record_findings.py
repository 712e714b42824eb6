"""What is said of the cells of a row once it is known which layer they are for."""

from geo_ems.formats.findings import Grade, kind

_TAKEN, _REPAIRED, _WARNED, _REFUSED = Grade.TAKEN, Grade.REPAIRED, Grade.WARNED, Grade.REFUSED

REQUIRED_MISSING = kind(
    "required_missing", _REFUSED, ("必填项为空", "a value is required here"), ("请填写", "Fill it in")
)
DASH_AS_EMPTY = kind("dash_as_empty", _REPAIRED, ("“{value}”按空白处理", "'{value}' was read as empty"))
NOT_A_NUMBER = kind(
    "not_a_number",
    _REFUSED,
    ("“{value}”不是数字", "'{value}' is not a number"),
    ("只写数字,如 1200,不带单位和说明", "Write digits only, such as 1200, without unit or remark"),
)
NOT_WHOLE = kind(
    "not_whole",
    _REFUSED,
    ("“{value}”不是整数", "'{value}' is not a whole number"),
    ("请写整数", "Write a whole number"),
)
BELOW_MINIMUM = kind(
    "below_minimum",
    _REFUSED,
    ("“{value}”小于最小值 {limit}", "'{value}' is less than {limit}"),
    ("请核对后改正,未知请留空", "Correct it, or leave it empty where it is not known"),
)
ABOVE_MAXIMUM = kind(
    "above_maximum",
    _REFUSED,
    ("“{value}”大于最大值 {limit}", "'{value}' is more than {limit}"),
    ("请核对后改正,未知请留空", "Correct it, or leave it empty where it is not known"),
)
COMMA_UNCLEAR = kind(
    "comma_unclear",
    _REFUSED,
    ("“{value}”中的逗号不知是小数点还是千分位", "it is not clear whether the comma in '{value}' is decimal"),
    ("小数请用点,如 34.5", "Write a decimal point, such as 34.5"),
)
NUMBER_REPAIRED = kind("number_repaired", _REPAIRED, ("“{value}”读作 {now}", "'{value}' was read as {now}"))
CODES_SEPARATED = kind("codes_separated", _REPAIRED, ("“{value}”读作 {now}", "'{value}' was read as {now}"))
UNKNOWN_CODE = kind(
    "unknown_code",
    _REFUSED,
    ("“{value}”不在可选值中", "'{value}' is not among the possible values"),
    ("可选:{known}", "Possible: {known}"),
)
UNKNOWN_FLAG = kind(
    "unknown_flag",
    _REFUSED,
    ("“{value}”既不是“是”也不是“否”", "'{value}' is neither yes nor no"),
    (
        "是:○ 1 是 有 yes true √;有条件:△;否:× 0 否 无 或留空",
        "Yes: ○ 1 yes true √; with limits: △; no: × 0 no or empty",
    ),
)
NOT_YES_NO = kind(
    "not_yes_no",
    _REFUSED,
    ("“{value}”既不是“是”也不是“否”", "'{value}' is neither yes nor no"),
    ("请写 是 或 否", "Write yes or no"),
)
NOT_A_DATE = kind(
    "not_a_date",
    _REFUSED,
    ("“{value}”不是日期", "'{value}' is not a date"),
    ("写作 2026-02-01、2026/2/1 或 2026年2月1日", "Write 2026-02-01, 2026/2/1 or 2026年2月1日"),
)
TIME_DROPPED = kind(
    "time_dropped", _REPAIRED, ("“{value}”只取日期 {now}", "of '{value}' only the date {now} was taken")
)
NOT_AN_INSTANT = kind(
    "not_an_instant",
    _REFUSED,
    ("“{value}”不是日期时间", "'{value}' is not a date and time"),
    ("写作 2026-02-01 08:30 或 2026-02-01T08:30:00+08:00", "Write 2026-02-01 08:30 or 2026-02-01T08:30:00+08:00"),
)
MIDNIGHT_TAKEN = kind(
    "midnight_taken",
    _WARNED,
    ("“{value}”没有时刻,按当日 0 时", "'{value}' has no time of day; midnight was taken"),
    ("需要时请写时刻", "Write the time of day where it matters"),
)
NO_SUCH_LOCAL_TIME = kind(
    "no_such_local_time",
    _REFUSED,
    ("时区 {zone} 没有“{value}”这一时刻", "the clocks of {zone} skip '{value}'"),
    ("请写带时差的时间", "Write the time with its offset"),
)
TEXT_CLEANED = kind(
    "text_cleaned",
    _REPAIRED,
    ("已去掉不可见的控制字符:“{now}”", "control characters were removed: '{now}'"),
)
LINE_BREAK_REPLACED = kind(
    "line_break_replaced", _REPAIRED, ("换行改为空格:“{now}”", "line breaks became spaces: '{now}'")
)
TEXT_TOO_LONG = kind(
    "text_too_long",
    _REFUSED,
    ("文字有 {length} 个字符,最多 {limit} 个", "the text has {length} characters, at most {limit} are kept"),
    ("请缩短", "Shorten it"),
)
DIGITS_LOST = kind(
    "digits_lost",
    _WARNED,
    (
        "“{value}”像是被表格软件缩写的号码,后面的数字可能已丢失",
        "'{value}' looks like a number shortened by a spreadsheet",
    ),
    ("请在原表把该列设为文本后重新导出", "Set the column to text in the spreadsheet and export it again"),
)
PHONE_DOUBTFUL = kind(
    "phone_doubtful",
    _WARNED,
    ("“{value}”不像电话号码,已原样保留", "'{value}' does not look like a telephone number; kept as it is"),
    ("请核对", "Check it"),
)
PHONE_ZERO_LOST = kind(
    "phone_zero_lost",
    _WARNED,
    (
        "电话“{value}”在表格中是数字,区号前的 0 可能已丢失",
        "the number '{value}' may have lost its leading 0 in the spreadsheet",
    ),
    ("请把该列设为文本后补上 0", "Set the column to text and add the 0"),
)
SPREADSHEET_ERROR = kind(
    "spreadsheet_error",
    _REFUSED,
    ("单元格是公式错误“{value}”", "the cell holds the formula error '{value}'"),
    ("请改正公式或填写数值", "Correct the formula or write the value"),
)
UNLOCATED = kind(
    "unlocated",
    _WARNED,
    ("没有坐标,已保留但不在图上", "has no coordinates: kept, but not on the map"),
    ("请补经纬度,或用 --place-by 乡镇,村", "Add longitude and latitude, or use --place-by township,village"),
)
HALF_LOCATED = kind(
    "half_located",
    _WARNED,
    ("只有经度或纬度之一,按没有坐标处理", "only one of longitude and latitude is there: kept without a place"),
    ("请补齐另一个", "Add the other one"),
)
NOT_A_COORDINATE = kind(
    "not_a_coordinate",
    _REFUSED,
    ("“{value}”不是坐标", "'{value}' is not a coordinate"),
    ("写作 104.0657 或 104°03'56\"E", "Write 104.0657 or 104°03'56\"E"),
)
DECIMAL_COMMA = kind(
    "decimal_comma",
    _REFUSED,
    ("“{value}”用了逗号,而同列其他值用小数点", "'{value}' has a comma where other values of the column have a point"),
    ("请改为小数点,如 {now}", "Write a decimal point: {now}"),
)
OUT_OF_RANGE = kind(
    "coordinate_out_of_range",
    _REFUSED,
    ("坐标 经度 {lon}、纬度 {lat} 超出范围", "longitude {lon}, latitude {lat} is out of range"),
    (
        "经度在 ±180、纬度在 ±90 之内;若整列是以米计的平面坐标,请用 --crs 写明坐标系",
        "Longitude lies within ±180, latitude within ±90; for a file in metres name its system with --crs",
    ),
)
SWAPPED = kind(
    "coordinates_swapped",
    _REFUSED,
    ("经度 {lon}、纬度 {lat} 像是写反了", "longitude {lon}, latitude {lat} look swapped"),
    ("请对调此行的经度和纬度", "Swap longitude and latitude in this row"),
)
COLUMNS_SWAPPED = kind(
    "coordinates_swapped",
    _REFUSED,
    ("经度 {lon}、纬度 {lat} 像是写反了", "longitude {lon}, latitude {lat} look swapped"),
    ("多数行如此,请对调两列{hint}", "Most rows are so: swap the two columns{hint}"),
)
NULL_ISLAND = kind(
    "null_island",
    _REFUSED,
    ("坐标为 (0, 0)", "the coordinates are (0, 0)"),
    ("请填真实坐标,未知请留空", "Write the real coordinates, or leave them empty where they are not known"),
)
KIND_NOT_ALLOWED = kind(
    "geometry_kind_not_allowed",
    _REFUSED,
    ("此图层不收“{value}”几何", "this layer does not take geometries of type {value}"),
    ("可用:{known}", "It takes: {known}"),
)
INVALID_GEOMETRY = kind(
    "invalid_geometry",
    _REFUSED,
    ("几何无效:{value}", "the geometry is not valid: {value}"),
    ("请用 GIS 软件修复后再导入", "Repair it in a GIS program and import it again"),
)
ACROSS_180 = kind(
    "edge_wider_than_half_the_earth",
    _WARNED,
    (
        "有一条边横跨 {value} 度经度,按经过 0 度一侧读取",
        "an edge spans {value} degrees of longitude and was read the long way round",
    ),
    ("跨 180 度经线的区域请在该线切成两块", "Cut an area that crosses 180 degrees in two at that meridian"),
)
HEIGHT_DROPPED = kind("height_dropped", _REPAIRED, ("已去掉高程坐标", "the height coordinate was dropped"))

# Said once of a whole file.
ZONE_ASSUMED = kind(
    "zone_assumed", _TAKEN, ("没有时差的时间按 {zone} 读取", "times without an offset were read in {zone}")
)
DECIMAL_COMMA_COLUMN = kind(
    "decimal_comma_column", _TAKEN, ("列“{column}”的逗号是小数点", "column '{column}' is written with decimal commas")
)
ORDER_BY_RANGE = kind(
    "order_by_range",
    _TAKEN,
    (
        "列“{column}”按 {order} 读取,因为另一顺序超出范围",
        "column '{column}' was read as {order}: the other order is out of range",
    ),
)
ORDER_BY_NAME = kind("order_by_name", _TAKEN, ("列“{column}”按 {order} 读取", "column '{column}' was read as {order}"))
UNIT_CONVERTED = kind(
    "unit_converted",
    _TAKEN,
    ("列“{column}”由 {source} 换算为 {target}", "column '{column}' was converted from {source} to {target}"),
)

# Coordinate systems: of rows, then of a whole file.
OUTSIDE_SYSTEM = kind(
    "outside_coordinate_system",
    _REFUSED,
    ("坐标({first},{second})在 {system} 的范围之外", "({first}, {second}) is no place of {system}"),
    ("请核对该行坐标是否写错或缺位", "Check the row for wrong, missing or swapped digits"),
)
WRONG_ZONE = kind(
    "wrong_zone_number",
    _REFUSED,
    (
        "坐标({first},{second})的带号与 {system} 不符",
        "the zone number in ({first}, {second}) is not that of {system}",
    ),
    (
        "请核对;跨带的文件用 --crs CGCS2000,按各行带号读取",
        "Check it; a file across zones is read with --crs CGCS2000, each row by its own number",
    ),
)
SYSTEM_READ = kind(
    "coordinate_system_read",
    _TAKEN,
    (
        "坐标按 {system} 读取,已换算为 WGS84({way})",
        "the coordinates were read as {system} and turned into WGS84 ({way})",
    ),
)
SYSTEM_ACCEPTED = kind(
    "coordinate_accuracy_accepted",
    _WARNED,
    (
        "坐标按 {system} 读取,换算为 WGS84({way}),精度{accuracy_zh}由导入者接受",
        "read as {system} and turned into WGS84 ({way}); the one who imports accepted the accuracy, {accuracy}",
    ),
    ("有 CGCS2000 坐标时请重新导入", "Import again when the coordinates are there in CGCS2000"),
)
DATUM_OF_HEADINGS = kind(
    "datum_of_headings",
    _TAKEN,
    ("列名写明坐标为 {datum}", "the headings say that the coordinates are {datum}"),
)
DATUM_OF_HEADINGS_NOT_USED = kind(
    "datum_of_headings_not_used",
    _WARNED,
    (
        "列名写的是 {datum},按导入者指定的 {asked} 读取",
        "the headings say {datum}; the coordinates were read as {asked}, as the one who imports says",
    ),
    ("请核对", "Check it"),
)
SYSTEM_OF_FILE_NOT_USED = kind(
    "system_of_file_not_used",
    _WARNED,
    (
        "文件写的坐标系是 {value},按导入者指定的 {asked} 读取",
        "the file says {value}; the coordinates were read as {asked}, as the one who imports says",
    ),
    ("请核对", "Check it"),
)
WGS84_ASSUMED = kind(
    "wgs84_assumed",
    _WARNED,
    (
        "文件没有写坐标系,数值像经纬度,按 WGS84 读取",
        "the file does not say its coordinate system; the numbers look like degrees and were read as WGS84",
    ),
    ("请核对;不是时写 --crs 或 --datum", "Check it; where it is another one, name it with --crs or --datum"),
)
AXES_READ = kind(
    "axes_read",
    _TAKEN,
    (
        "列“{north}”读作北坐标,列“{east}”读作东坐标",
        "column '{north}' was read as northing, column '{east}' as easting",
    ),
)
AXES_SWAPPED = kind(
    "axes_swapped",
    _WARNED,
    (
        "坐标的两个数与所写次序相反,已按北、东互换读取",
        "the two numbers of the coordinates stand the other way round than named; they were read swapped",
    ),
    ("请核对图上位置", "Check the places on the map"),
)
ZONE_NUMBERS = kind(
    "zone_numbers",
    _REPAIRED,
    (
        "{count} 个点的东坐标带号与所用坐标系写法不同,已增减带号",
        "the zone number of {count} eastings was taken off or put in front, as the coordinate system has it",
    ),
)
