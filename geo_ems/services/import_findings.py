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
CODE_ALIKE = kind(
    "code_alike",
    Grade.WARNED,
    (
        "编号“{value}”与 {other} 只是写法不同,按另一条新记录收下",
        "code '{value}' is only another writing of {other}; it was taken as another, new one",
    ),
    (
        "如果是同一个,请按原来的写法(大小写、全角、前导零)改正",
        "If they are one, write it as before: case, width, leading zeros",
    ),
)
ID_OF_ANOTHER = kind(
    "id_of_another",
    Grade.WARNED,
    (
        "永久编号是 {other} 的,编号“{value}”不是;按编号收下",
        "the permanent id is that of {other}, the code '{value}' is not; the row was taken by its code",
    ),
    ("请核对是否改过编号或错行", "Check whether the code was changed or rows have slipped"),
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
    (
        "“{label}”保留已有值“{kept}”,未用文件中的“{value}”",
        "the known value '{kept}' of {label_en} was kept, not '{value}' from the file",
    ),
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
CORRECTION_KEPT = kind(
    "correction_kept",
    Grade.TAKEN,
    (
        "“{label}”的人工更正“{kept}”保留,文件仍为“{value}”",
        "{label_en}: the correction by hand '{kept}' was kept; the file still says '{value}'",
    ),
)
CORRECTION_CONFLICT = kind(
    "correction_conflict",
    Grade.WARNED,
    (
        "“{label}”人工更正为“{kept}”,文件改为“{value}”,已保留人工更正",
        "{label_en}: it was corrected by hand to '{kept}', and the file says '{value}'; the correction was kept",
    ),
    (
        "请核实;以文件为准请用 --overwrite-corrections",
        "Check which is right; --overwrite-corrections takes the file",
    ),
)
CORRECTION_OVERWRITTEN = kind(
    "correction_overwritten",
    Grade.WARNED,
    (
        "“{label}”的人工更正“{kept}”已被文件的“{value}”替换",
        "{label_en}: the correction by hand '{kept}' was overwritten by '{value}' from the file",
    ),
)
RETURNED = kind(
    "returned",
    Grade.TAKEN,
    ("曾停用,文件中又有,已恢复", "was retired and is in the file again: it is back"),
)
DELETED_SINCE = kind(
    "deleted_since",
    Grade.WARNED,
    ("上次导入后已被删除,文件中仍有,重新建立", "was deleted since a file brought it, and is created again"),
    ("不应再有请再次删除,并从文件中去掉", "Where it is gone for good, delete it again and take it out of the file"),
)
MERGED_BEFORE = kind(
    "merged_before",
    Grade.TAKEN,
    ("“{value}”已并入 {other},此行未再建立", "'{value}' was merged into {other}; the row was not created again"),
)
# Said once of a whole file.
SIMILAR_NAMES_NEAR = kind(
    "similar_names_near",
    Grade.WARNED,
    (
        "{count} 条新记录 50 米内另有同名或名称相似的记录,如{examples}",
        "{count} new rows have the same or a similar name as another feature within 50 m, such as {examples}",
    ),
    ("请核对:geo-ems duplicates {layer}", "Look at them: geo-ems duplicates {layer}"),
)
CORRECTIONS_KEPT = kind(
    "corrections_kept",
    Grade.TAKEN,
    (
        "保留了 {features} 条记录的 {count} 处人工更正(文件未改动这些值)",
        "{count} corrections by hand in {features} features were kept; the file says there what it said before",
    ),
)
CHILDREN_CORRECTION_KEPT = kind(
    "children_correction_kept",
    Grade.TAKEN,
    (
        "“{value}”的{label}人工更正后有 {before} 行,予以保留;文件未改动",
        "the {label} of '{value}' was corrected by hand ({before} rows) and kept; the file says what it said before",
    ),
)
CHILDREN_CORRECTION_CONFLICT = kind(
    "children_correction_conflict",
    Grade.WARNED,
    (
        "“{value}”的{label}有人工更正({before} 行),文件也改了({now} 行),已保留人工更正",
        "the {label} of '{value}' was corrected by hand ({before} rows) and differs in the file ({now}); it was kept",
    ),
    (
        "请核实;以文件为准请用 --overwrite-corrections",
        "Check which is right; --overwrite-corrections takes the file",
    ),
)
CHILDREN_CORRECTION_OVERWRITTEN = kind(
    "children_correction_overwritten",
    Grade.WARNED,
    (
        "“{value}”的{label}人工更正({before} 行)已被文件的 {now} 行替换",
        "the {label} of '{value}', corrected by hand ({before} rows), was overwritten by {now} rows of the file",
    ),
)
RETIRED_NOT_KEYED = kind(
    "retired_not_keyed",
    Grade.WARNED,
    (
        "有 {count} 行既无编号也无名称(如{lines}),无法断定缺了哪些,未停用任何记录",
        "{count} rows have neither code nor name ({lines}), so it is not known what is missing; nothing was retired",
    ),
    ("请补编号后再导入", "Add the codes and import again"),
)
RETIRED_TOO_MANY = kind(
    "retired_too_many",
    Grade.REFUSED,
    (
        "按此文件要停用 {count} 条,多于允许的 {limit}(在用 {total} 条),整个文件未写入",
        "the file would retire {count} features, more than {limit} (of {total} in force); nothing of it was stored",
    ),
    (
        "请核对文件是否完整;确认无误请用 --retire-at-most {count}",
        "Check that the file is the full register; if it is, say --retire-at-most {count}",
    ),
)
RETIRED_IN_USE = kind(
    "retired_in_use",
    Grade.WARNED,
    ("“{value}”({other})正在使用,未停用", "'{value}' ({other}) is in use and was not retired"),
    ("使用结束后请核对", "Look at it again when it is free"),
)
HAND_MADE_NOT_RETIRED = kind(
    "hand_made_not_retired",
    Grade.TAKEN,
    (
        "{count} 条人工新增的记录不在文件中,未停用:{ids}",
        "{count} features were added by hand and are not in the file; they were not retired: {ids}",
    ),
)
