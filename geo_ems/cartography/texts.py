"""The words of the page itself, Chinese and English; `{name}` is filled in by the page."""

from geo_ems.model.definitions import Reason
from geo_ems.model.labels import Label

TEXTS: dict[str, Label] = {
    # frame
    "language": Label("语言", "Language"),
    "panel": Label("查询与图层", "Questions and layers"),
    "search": Label("查找地点", "Find a place"),
    "search_hint": Label("村名、场所、经度,纬度", "Village, place, or lon,lat"),
    "found": Label("找到 {n} 处", "{n} found"),
    "found_none": Label(
        "没有找到。请换一部分名称,或输入 经度,纬度。", "Nothing found. Try another part of the name, or lon,lat."
    ),
    "tab_query": Label("查询", "Nearest"),
    "tab_coverage": Label("覆盖", "Coverage"),
    "tab_layers": Label("图层", "Layers"),
    "tab_table": Label("列表", "List"),
    "zoom_in": Label("放大", "Zoom in"),
    "zoom_out": Label("缩小", "Zoom out"),
    "map_help": Label(
        "地图。方向键移动,加减键缩放,回车键选取地图中心。全部对象在列表页中。",
        "Map. Arrow keys move, plus and minus zoom, Enter takes the centre. Every feature stands in the list.",
    ),
    "close": Label("关闭", "Close"),
    "sheet_raise": Label("展开面板", "Raise the panel"),
    "sheet_lower": Label("收起面板", "Lower the panel"),
    "as_of": Label("数据截至 {time}", "as of {time}"),
    "snapshot": Label("数据版本 {id}", "data version {id}"),
    "own_map": Label("底图由本项目图层绘制", "base map drawn from the project's own layers"),
    # values
    "unknown": Label("未知", "unknown"),
    "none": Label("无", "none"),
    "yes": Label("是", "yes"),
    "no": Label("否", "no"),
    "unnamed": Label("未命名({id})", "unnamed ({id})"),
    "metres": Label("{n} 米", "{n} m"),
    "kilometres": Label("{n} 公里", "{n} km"),
    "people": Label("{n} 人", "{n} people"),
    "in_brackets": Label("({text})", " ({text})"),
    "age_seconds": Label("{n} 秒前", "{n} s ago"),
    "age_minutes": Label("{n} 分钟前", "{n} min ago"),
    "age_hours": Label("{n} 小时前", "{n} h ago"),
    "age_days": Label("{n} 天前", "{n} days ago"),
    "bearing_0": Label("北", "north"),
    "bearing_1": Label("东北", "north-east"),
    "bearing_2": Label("东", "east"),
    "bearing_3": Label("东南", "south-east"),
    "bearing_4": Label("南", "south"),
    "bearing_5": Label("西南", "south-west"),
    "bearing_6": Label("西", "west"),
    "bearing_7": Label("西北", "north-west"),
    # one feature
    "all_facts": Label("其余 {n} 项", "{n} more fields"),
    "no_place": Label("没有位置", "no location"),
    "no_rows": Label("没有登记", "nothing recorded"),
    "ask_from_here": Label("从这里查最近", "Find nearest from here"),
    # the question
    "choose_place": Label(
        "在地图上点一下,或查找一个村,即列出最近的队伍、避难场所或物资。",
        "Click the map, or find a village: the nearest teams, shelters or supplies are listed.",
    ),
    "needs_service": Label(
        "查询需要 geo-ems serve 正在运行。这个文件可以看图、查找和看列表。",
        "Queries need the running service (geo-ems serve). In this file you can look, search and list.",
    ),
    "saved_answer": Label("这是存入文件的答案。", "This answer was saved with the file."),
    "place": Label("地点", "Place"),
    "chosen_place": Label("选定的点", "Chosen point"),
    "inside_area": Label("位于 {name} 内", "inside {name}"),
    "question": Label("查询内容", "Question"),
    "find_what": Label("找最近的", "Find the nearest"),
    "conditions": Label("条件与数量", "Conditions and number"),
    "conditions_set": Label("条件与数量(已设条件)", "Conditions and number (set)"),
    "how_many": Label("列出几个", "How many"),
    "any": Label("不限", "any"),
    "capability": Label("能力", "Capability"),
    "item": Label("物资", "Item"),
    "quantity": Label("至少数量", "At least"),
    "suitable_for": Label("适用灾种", "Suitable for"),
    "asking": Label("正在查询…", "Asking…"),
    # the answer
    "results": Label("结果", "Results"),
    "nearest_heading": Label("最近的{layer}:{n} 个", "Nearest: {layer} ({n})"),
    "straight_line": Label("直线距离,不是行车时间", "Straight line, not travel time"),
    "no_results": Label(
        "没有符合条件的。请看下面的原因,或放宽条件。", "None qualifies. See the reasons below, or relax the conditions."
    ),
    "tied": Label("并列", "tied"),
    "at_home_base": Label("位置为驻地", "at home base"),
    "position_age": Label("位置 {age}", "position {age}"),
    "position_unknown": Label("位置时间未知", "position time unknown"),
    "surveyed": Label("核查 {date}", "surveyed {date}"),
    "no_phone": Label("电话未知", "phone unknown"),
    "phone_hidden": Label("电话不在本图中", "phone not in this map"),
    "to_confirm": Label("未确认,请电话核实", "not confirmed, call"),
    "to_confirm_note": Label(
        "状态未知或位置过时,不计入上面的结果。", "Status unknown or position too old; not counted among the results."
    ),
    "to_open": Label("可启用(备用)", "to be opened (standby)"),
    "to_open_note": Label("需先联系开门。", "Call the key holder first."),
    "passed_over": Label("更近但未列入", "nearer, but passed over"),
    "passed_over_note": Label(
        "直线距离更近,因下列原因未列入。", "Nearer in a straight line; left out for the reason given."
    ),
    "counts": Label("全部 {all} 个:列出 {listed} 个,其余原因", "All {all}: {listed} listed, why not the rest"),
    "judged_at": Label("判定时间 {time}", "judged at {time}"),
    "data_of": Label("数据:{text}", "data: {text}"),
    # failures
    "failed": Label("查询失败(HTTP {status})", "The question failed (HTTP {status})"),
    "not_understood": Label("收到的答案无法理解", "The answer could not be understood"),
    "no_connection": Label("连不上服务", "The service cannot be reached"),
    "no_connection_detail": Label(
        "没有显示任何旧答案。请检查 geo-ems serve 是否在运行,再点一次。",
        "No old answer is shown. Check that geo-ems serve is running, then click again.",
    ),
    # coverage
    "coverage_within": Label("{layer}的距离不超过(米)", "{layer} within (m)"),
    "coverage_ask": Label("计算覆盖", "Work out coverage"),
    "coverage_reach": Label("可达:{reachable} 人,共 {people} 人", "{reachable} of {people} people within reach"),
    "coverage_out": Label(
        "不可达:{n} 人(直线距离超过 {cutoff})", "Out of reach: {n} people (straight line over {cutoff})"
    ),
    "worst_districts": Label("覆盖最差的乡镇", "Worst townships"),
    "uncovered_villages": Label("未覆盖的村({n})", "Villages out of reach ({n})"),
    "all_covered": Label("所有的村都在距离之内。", "Every village is within reach."),
    "nobody_lives": Label("无人口", "nobody lives here"),
    "out_of": Label("不可达 {n} 人,共 {people} 人", "{n} of {people} people out of reach"),
    "nearest_at": Label("最近 {distance}", "nearest {distance}"),
    "and_more": Label("另有 {n} 个", "and {n} more"),
    # layers and list
    "base_map": Label("底图", "Base map"),
    "base_lines": Label("另有河流、道路 {n} 条", "{n} further rivers and roads"),
    "data_time": Label("数据时间 {time}", "data of {time}"),
    "letters": Label("图内字母", "Letters in the symbols"),
    "village_dot": Label("村", "village"),
    "village_uncovered": Label("未覆盖的村", "out of reach"),
    "layer": Label("图层", "Layer"),
    "name": Label("名称", "Name"),
    "name_contains": Label("名称包含", "Name contains"),
    "rows_shown": Label("显示 {shown} 行,共 {all} 行", "{shown} of {all} rows"),
    "more_rows": Label("再显示 100 行", "Show 100 more"),
    "nothing_here": Label("没有数据", "No data"),
}

REASON_TEXTS: dict[Reason, Label] = {
    Reason.WRONG_KIND: Label("类型不符", "another kind"),
    Reason.WRONG_TYPE: Label("不满足条件", "does not meet the conditions"),
    Reason.LACKS_CAPABILITY: Label("不具备所需能力或灾种", "lacks what is needed"),
    Reason.LACKS_ITEM: Label("物资不够", "lacks the item"),
    Reason.UNAVAILABLE: Label("不可用", "not available"),
    Reason.STATUS_UNKNOWN: Label("状态未知", "status unknown"),
    Reason.CLOSED: Label("已关闭", "closed"),
    Reason.FULL: Label("已满", "full"),
    Reason.ALREADY_ASSIGNED: Label("已有任务", "already assigned"),
    Reason.POSITION_MISSING: Label("没有位置", "no position"),
    Reason.POSITION_STALE: Label("位置过时", "position too old"),
    Reason.INSIDE_HAZARD: Label("在危险区内", "inside a hazard area"),
    Reason.ISOLATED: Label("道路不通", "cut off"),
    Reason.UNREACHABLE: Label("无法到达", "cannot be reached"),
    Reason.BEYOND_CUTOFF: Label("超出距离", "beyond the limit"),
    Reason.BELOW_RANK_K: Label("排名在后", "ranked lower"),
}
