"""What readers say of lines and rows, before anybody asks which layer they are for."""

from geo_ems.formats.findings import Grade, kind

_LEFT_OUT = (
    "如果它是数据,请删去表头以上的内容或改写该行",
    "If it is data, change the row so that it no longer looks like one",
)

TITLE_ROW = kind("title_row", Grade.TAKEN, ("表头以上的行,视为标题", "stands above the header, taken as a title"))
UNIT_ROW = kind("unit_row", Grade.TAKEN, ("表头下的单位行", "is a row of units under the header"))
TOTAL_ROW = kind(
    "total_row", Grade.TAKEN, ("合计行“{value}”,未导入", "is a row of totals ('{value}'), left out"), _LEFT_OUT
)
NOTE_ROW = kind("note_row", Grade.TAKEN, ("说明文字“{value}”,未导入", "is a note ('{value}'), left out"), _LEFT_OUT)
EXAMPLE_ROW = kind("example_row", Grade.TAKEN, ("模板的示例行,未导入", "is the example of the form, left out"))
REPEATED_HEADER = kind("repeated_header", Grade.TAKEN, ("重复的表头", "repeats the header"))
SHEET_NOT_USED = kind(
    "sheet_not_used",
    Grade.TAKEN,
    ("工作表“{value}”未使用", "sheet '{value}' was not used"),
    ("需要时请指定工作表名", "Name the sheet to import it"),
)
HIDDEN_SHEET_NOT_USED = kind(
    "hidden_sheet_not_used",
    Grade.TAKEN,
    ("隐藏的工作表“{value}”有 {count} 行,未使用", "the hidden sheet '{value}' with {count} rows was not used"),
    ("需要时请取消隐藏,或指定工作表名", "Show it, or name the sheet, to import it"),
)
COLUMN_RENAMED = kind(
    "column_renamed",
    Grade.TAKEN,
    ("列名“{value}”重复,后者称为“{new_name}”", "column '{value}' appears again; the later one is called '{new_name}'"),
)
ROW_TOO_LONG = kind(
    "row_too_long",
    Grade.REFUSED,
    ("该行有 {cells} 格,表头只有 {columns} 列", "has {cells} cells, the header has {columns} columns"),
    ("含分隔符的内容请加引号", "Put quotation marks round values that contain the separator"),
)
ROW_SHORT = kind(
    "row_short",
    Grade.WARNED,
    (
        "该行只有 {cells} 格,表头有 {columns} 列,缺少的视为空",
        "has {cells} cells of {columns}; the missing ones are taken as empty",
    ),
    ("请核对该行是否错位", "Check that no value has moved to another column"),
)
MERGED_CELL = kind(
    "merged_cell",
    Grade.REPAIRED,
    (
        "列“{column}”的“{value}”取自合并单元格",
        "'{value}' in column '{column}' was taken from the cell it is merged with",
    ),
)
CELL_TOO_LONG = kind(
    "cell_too_long",
    Grade.REFUSED,
    ("单元格超过 {limit} 个字符", "a cell has more than {limit} characters"),
    ("请缩短,或检查引号是否成对", "Shorten it, or look for a quotation mark that is not closed"),
)
FEATURE_MALFORMED = kind(
    "feature_malformed",
    Grade.REFUSED,
    ("不是有效的 GeoJSON 要素:{value}", "is not a GeoJSON feature: {value}"),
    ("请用 GIS 软件重新导出", "Export it again from the GIS program"),
)
GEOMETRY_UNKNOWN = kind(
    "geometry_unknown",
    Grade.REFUSED,
    ("不支持的几何类型“{value}”", "geometry type '{value}' is not known here"),
    ("可用类型:{known}", "Known types: {known}"),
)
GEOMETRY_MALFORMED = kind(
    "geometry_malformed",
    Grade.REFUSED,
    ("几何坐标不正确:{value}", "the coordinates are not right: {value}"),
    ("坐标应为 [经度, 纬度] 数字", "Coordinates are numbers in the form [longitude, latitude]"),
)
TOO_MANY_VERTICES = kind(
    "too_many_vertices",
    Grade.REFUSED,
    ("几何超过 {limit} 个顶点", "the geometry has more than {limit} vertices"),
    ("请先简化或拆分", "Simplify or split it first"),
)
HEIGHT_DROPPED = kind("height_dropped", Grade.REPAIRED, ("已去掉高程坐标", "the height coordinate was dropped"))
DUPLICATE_JSON_KEY = kind(
    "duplicate_json_key",
    Grade.REFUSED,
    ("属性名“{value}”出现两次", "the name '{value}' appears twice in one object"),
    ("请只保留一个", "Keep one of the two"),
)
JSON_NOT_A_NUMBER = kind(
    "json_not_a_number",
    Grade.REFUSED,
    ("“{value}”不是有限的数", "'{value}' is not a finite number"),
    ("未知的值请写 null", "Write null for a value that is not known"),
)
JSON_TOO_DEEP = kind(
    "json_too_deep",
    Grade.REFUSED,
    ("嵌套超过 {limit} 层", "is nested deeper than {limit} levels"),
    ("请把属性展平", "Flatten the properties"),
)
LAYER_NOT_USED = kind(
    "layer_not_used",
    Grade.TAKEN,
    ("图层“{value}”({count} 个要素)未使用", "layer '{value}' with {count} features was not used"),
    ("需要时请用 --sheet 指定图层名", "Name the layer to import it (--sheet)"),
)
COLUMN_LEFT_OUT = kind(
    "column_left_out",
    Grade.TAKEN,
    (
        "列“{value}”是二进制或其他无法读取的类型,未导入",
        "column '{value}' is binary or of another type that is not read",
    ),
)
READER_WARNED = kind("reader_warned", Grade.TAKEN, ("读取时的提示:{value}", "said while reading: {value}"))
FOLDERS_JOINED = kind(
    "folders_joined",
    Grade.TAKEN,
    (
        "文件夹 {value} 的地标已一并读取,见列“folder”",
        "the placemarks of the folders {value} were read together; the column 'folder' tells them apart",
    ),
    ("只要其中一个时请用 --sheet 指定", "Name one to read only that (--sheet)"),
)
ELEMENTS_SKIPPED = kind(
    "elements_skipped",
    Grade.TAKEN,
    (
        "{count} 个 {value} 未读取:只读取文件中的地标,不会去取别处的内容",
        "{count} {value} were not read: only placemarks in the file are, and nothing is fetched from elsewhere",
    ),
)
MEMBERS_NOT_USED = kind(
    "members_not_used",
    Grade.TAKEN,
    ("压缩包中的其他文件未使用:{value}", "other files in the archive were not used: {value}"),
)
DELETED_ROWS = kind(
    "deleted_rows",
    Grade.TAKEN,
    ("文件中标记为已删除的 {count} 行未读取", "{count} rows that are marked as deleted in the file were not read"),
)
TEXT_CUT = kind(
    "text_cut",
    Grade.WARNED,
    ("一个值在字符中间被截断,已去掉残缺的字", "a value is cut off inside a character; the broken one was left out"),
    ("请核对该行文字是否完整", "Check whether the texts of the row are complete"),
)
ENCODING_DIFFERS = kind(
    "encoding_differs",
    Grade.TAKEN,
    (
        "文件说编码是 {value},但内容是 {encoding},已按后者读取",
        "the file says that it is in {value}, but it reads as {encoding}, which was used",
    ),
    ("若文字不对,请用 --encoding 指定", "Name the encoding (--encoding) where texts are wrong"),
)
SEGMENT_TOO_SHORT = kind(
    "segment_too_short",
    Grade.WARNED,
    ("{count} 段只有一个点,已略去", "{count} segments of a single point were left out"),
)
