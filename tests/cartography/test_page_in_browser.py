"""The page in Chromium: what a person sees and can do, and that nothing hostile runs."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from map_samples import PLACE, content, coverage_answer, nearest_json
from page_clicks import click_at
from page_service import Service
from test_page import PAYLOADS

from geo_ems.cartography.page import overview_page

pytestmark = pytest.mark.chromium
HOSTILE = " ".join(PAYLOADS)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service(language="zh")
    yield running
    running.close()


@pytest.fixture
def served_page(service, open_page):
    service.asked.clear()
    service.changed.clear()
    service.refuse = None
    return open_page(service.address)


@pytest.fixture
def file_page(tmp_path, open_page):
    def written(language="zh", text=str, **more):
        path = tmp_path / "overview.html"
        path.write_bytes(overview_page(content(text, **more), language=language, served=False))
        return open_page(path.as_uri())

    return written


def names(page, selector):
    return page.locator(f"{selector} button.name").all_text_contents()


def test_a_click_on_the_map_ranks_the_nearest_and_says_who_was_passed_over(served_page):
    click_at(served_page, 112.026, 28.035)
    served_page.wait_for_selector(".results")
    assert names(served_page, ".results") == ["消防大队", "后备分队"]
    first = served_page.locator(".result.first").inner_text()
    assert "2.4 公里" in first
    assert "东 7" in first  # a word and degrees
    assert "119" in first
    assert names(served_page, ".passed_over") == ["公安分队"]
    passed_over = served_page.locator(".passed_over").inner_text()
    assert "已到场" in passed_over  # the state itself, not "not available" as well
    assert "不可用" not in passed_over
    assert served_page.get_attribute(".passed_over a.phone", "href") == "tel:110"
    confirm = served_page.locator(".to_confirm").inner_text()
    assert "未确认,请电话核实" in confirm
    assert "民兵分队" in confirm
    assert "13800138000" in confirm
    assert "直线距离,不是行车时间" in served_page.locator(".answer").inner_text()
    assert "2026-07-21 03:10 UTC+08:00" in served_page.locator(".answer .foot").inner_text()


def test_a_village_is_found_and_asked_from(served_page, service):
    served_page.fill("#search", "河湾")
    served_page.click("button.found")
    served_page.wait_for_selector(".results")
    assert served_page.locator(".place-name").inner_text().strip() == "河湾村"
    assert "洪水淹没区" in served_page.locator(".place .danger").inner_text()
    (path, query) = service.asked[-1]
    assert path == "/v1/nearest"
    assert service.asked[0] == ("/v1/places", {"q": "河湾", "lang": "zh"})
    by_road = {"mode": "drive", "include_route": "true"}  # the county has a road
    asked = {"layer": "response_teams", "lon": "112.020000", "lat": "28.020000", "k": "5", "lang": "zh"}
    assert query == asked | by_road


def test_the_page_asks_the_root_of_the_service_wherever_it_stands(service, open_page):
    service.asked.clear()
    service.refuse = None
    page = open_page(service.address + "v1/maps/overview")
    click_at(page, *PLACE)
    page.wait_for_selector(".results")
    assert [path for path, _ in service.asked] == ["/v1/nearest"]


def test_shelters_show_what_could_be_opened_and_what_is_unknown(served_page):
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".results")
    served_page.click("[data-layer=shelters]")
    served_page.wait_for_selector(".to_open")
    assert names(served_page, ".to_open") == ["文化广场"]
    assert "13900001111" in served_page.locator(".to_open").inner_text()
    assert names(served_page, ".to_confirm") == ["未命名(S4)"]
    assert "电话未知" in served_page.locator(".to_confirm").inner_text()


def test_a_condition_is_sent_and_its_reason_told_in_words(served_page, service):
    click_at(served_page, *PLACE)
    served_page.click("[data-layer=shelters]")
    served_page.wait_for_selector(".results")
    served_page.click("details[data-key=conditions] summary")
    served_page.select_option(".question select >> nth=0", "earthquake")
    served_page.wait_for_selector(".answer:has-text('不具备所需能力或灾种')")
    assert service.asked[-1][1]["suitable_for"] == "earthquake"


def test_who_types_a_condition_keeps_the_place_while_answers_come(served_page, service):
    click_at(served_page, *PLACE)
    served_page.click("[data-layer=supply_depots]")
    served_page.wait_for_selector(".results")
    served_page.click("details[data-key=conditions] summary")
    served_page.select_option(".question select >> nth=0", "life_jacket")
    served_page.wait_for_selector(".results")
    assert service.asked[-1][1]["quantity"] == "1"  # any of it
    assert "300 件" in served_page.locator(".result.first").inner_text()
    served_page.fill(".question input", "500")
    served_page.keyboard.press("Tab")
    served_page.wait_for_timeout(300)
    assert service.asked[-1][1]["quantity"] == "500"
    assert served_page.evaluate("document.activeElement.dataset.control") == "metric"  # the next field


def test_the_language_changes_words_but_neither_order_nor_numbers(served_page, service):
    click_at(served_page, 112.026, 28.035)
    served_page.wait_for_selector(".results")
    before = served_page.locator(".result .rank, .results .phone").all_text_contents()
    served_page.click("[data-language=en]")
    served_page.wait_for_selector(".results")
    assert served_page.evaluate("document.documentElement.lang") == "en"
    assert names(served_page, ".results") == ["Fire brigade", "后备分队"]
    assert served_page.locator(".result .rank, .results .phone").all_text_contents() == before
    assert "Straight line, not travel time" in served_page.locator(".answer").inner_text()
    assert "2.4 km" in served_page.locator(".result.first").inner_text()
    assert service.asked[-1][1]["as_of"] == "2026-07-20T19:10:00Z"


def test_an_answer_that_comes_late_never_replaces_a_newer_one(served_page, service):
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".results")
    service.hold["shelters"] = threading.Event()
    try:
        served_page.click("[data-layer=shelters]")
        served_page.wait_for_selector(".waiting")
        assert served_page.locator(".results").count() == 0  # nothing old stays on screen
        served_page.click("[data-layer=supply_depots]")
        served_page.wait_for_selector(".results")
    finally:
        service.hold.pop("shelters").set()
    served_page.wait_for_timeout(300)
    assert names(served_page, ".results") == ["县物资库"]


def test_a_refusal_is_shown_in_words_with_its_remedy(served_page, service):
    service.refuse = {
        "title": "The question is wrongly put",
        "detail": "k is out of range",
        "errors": [{"field": "k", "value": 5000, "remedy": "Write 1 to 1000."}],
    }
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".problem")
    shown = served_page.locator(".problem").inner_text()
    assert "k is out of range" in shown
    assert "k = 5000 — Write 1 to 1000." in shown
    assert served_page.locator(".results").count() == 0


def test_coverage_tells_the_share_the_worst_township_and_the_villages(served_page, service):
    ask_coverage(served_page, "1500")
    assert service.asked[-1] == ("/v1/coverage", {"layer": "shelters", "cutoff_m": 1500, "lang": "zh"})
    assert served_page.locator(".figure strong").inner_text() == "47.1%"
    assert names(served_page, "#tab-coverage ol") == ["东乡镇", "西乡镇"]
    assert names(served_page, "#tab-coverage ul") == ["石桥村", "山背村"]
    assert "距离内没有避难场所" in served_page.locator("#tab-coverage ul.rows").inner_text()


def ask_coverage(page, cutoff):
    page.click("#tab-button-coverage")
    page.fill("#tab-coverage [data-control=cutoff]", cutoff)
    page.click("[data-control=coverage-ask]")
    page.wait_for_selector("#tab-coverage .answer")


@pytest.mark.parametrize("written", ["", "0", "-5"])
def test_a_coverage_question_without_a_distance_is_not_asked(served_page, service, written):
    served_page.click("#tab-button-coverage")
    served_page.fill("#tab-coverage [data-control=cutoff]", written)
    served_page.click("[data-control=coverage-ask]")
    served_page.wait_for_selector("#cutoff-fault")
    assert "请填写距离(米)" in served_page.locator("#cutoff-fault").inner_text()
    assert served_page.evaluate("document.activeElement.dataset.control") == "cutoff"
    assert service.asked == []


def test_coverage_is_asked_of_the_layer_condition_and_states_that_were_chosen(served_page, service):
    served_page.click("#tab-button-coverage")
    served_page.select_option("[data-control=coverage-layer]", "response_teams")
    served_page.select_option("#tab-coverage [data-control=capability]", "boat")
    served_page.check("[data-control=now]")
    ask_coverage(served_page, "3000")
    boats = {"field": "capabilities", "op": "=", "value": "boat"}
    asked = {"layer": "response_teams", "cutoff_m": 3000, "lang": "zh", "where": [boats], "as_of_now": True}
    assert service.asked[-1] == ("/v1/coverage", asked)
    served_page.check("[data-control=unknown]")
    ask_coverage(served_page, "3000")
    assert service.asked[-1][1]["availability"] == ["available", "unknown"]
    served_page.uncheck("[data-control=now]")
    ask_coverage(served_page, "3000")
    assert service.asked[-1][1]["availability"] == ["available", "delayed", "unknown"]
    assert "as_of_now" not in service.asked[-1][1]


def test_a_coverage_answer_shows_the_whole_county_without_the_lines_of_the_nearest(served_page):
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".results")
    purple = """() => {
        const canvas = document.querySelector("#map canvas"), ctx = canvas.getContext("2d");
        const all = ctx.getImageData(0, 0, canvas.width, canvas.height).data;
        let found = 0;
        for (let i = 0; i < all.length; i += 4) {
            found += all[i] === 122 && all[i + 1] === 1 && all[i + 2] === 119;
        }
        return found;
    }"""
    served_page.wait_for_timeout(200)
    lines = served_page.evaluate(purple)
    ask_coverage(served_page, "1500")
    served_page.wait_for_timeout(200)
    assert served_page.evaluate(purple) < lines / 2  # the place itself stays marked
    east, north = served_page.text_content("#readout").split()
    assert abs(float(east[:-2]) - 112.055) < 0.01
    assert abs(float(north[:-2]) - 28.055) < 0.01
    served_page.click("#tab-button-query")
    assert names(served_page, ".results")  # the answer itself is kept


def test_the_villages_out_of_reach_are_saved_as_csv_that_runs_no_formula(open_page):
    running = Service(text=lambda text: f"=1+1,{text}" if text == "山背村" else text, language="zh")
    try:
        page = open_page(running.address)
        ask_coverage(page, "1500")
        with page.expect_download() as waiting:
            page.click("[data-control=coverage-csv]")
        written = Path(waiting.value.path()).read_bytes().decode("utf-8")
    finally:
        running.close()
    assert written.startswith("\ufeff编号,名称,区划编号,所属区划,人口,原因,最近的设施,直线距离(米),lon,lat\r\n")
    assert written.splitlines()[1:] == [
        "V2,石桥村,T1,西乡镇,600,距离内没有避难场所,第一中学,2100,112.04,28.03",
        """X9,"'=1+1,山背村",T2,东乡镇,300,距离内没有避难场所,第一中学,7000,112.08,28.08""",
    ]


def test_the_file_answers_no_questions_but_searches_and_lists(file_page):
    page = file_page()
    page.click("#tab-button-query")
    assert "查询需要 geo-ems serve" in page.locator("#tab-query").inner_text()
    page.fill("#search", "school")
    page.click("button.found")
    details = page.locator("#details").inner_text()
    assert "第一中学" in details
    assert "1,200 人" in details
    page.keyboard.press("Escape")
    assert page.asked[1:] == []


def test_a_file_shows_the_answers_saved_in_it(file_page):
    page = file_page(coverage=coverage_answer())
    assert page.locator("#tab-coverage .figure strong").inner_text() == "47.1%"


def test_what_is_unknown_is_said_and_never_left_blank(file_page):
    page = file_page()
    page.click("#tab-button-table")
    page.select_option("#tab-table select", label="避难场所 (5)")
    page.click("#rows tr[data-index='3'] button")
    values = page.locator("#details dd").all_text_contents()
    assert values[0] == "未知"
    assert all(value.strip() for value in values)


def test_the_list_is_walked_by_keyboard_and_the_map_follows(file_page):
    page = file_page()
    page.focus("#tab-button-layers")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-button-table"
    page.select_option("#tab-table select", label="避难场所 (5)")
    page.focus("#rows tr[data-index='0'] button")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#details h2").inner_text() == "文化广场"
    assert page.get_attribute("#rows tr[data-index='1']", "aria-current") == "true"
    east, north = page.text_content("#readout").split()
    assert abs(float(east[:-2]) - 112.06) < 0.002
    assert abs(float(north[:-2]) - 28.05) < 0.002


def test_a_symbol_that_is_clicked_marks_its_row(file_page):
    page = file_page()
    click_at(page, 112.06, 28.05)
    page.wait_for_selector("#details h2")
    assert page.locator("#details h2").inner_text() == "文化广场"
    page.click("#tab-button-table")
    assert page.locator("#rows tr[aria-current]").inner_text().startswith("文化广场")


def test_a_layer_that_is_switched_off_is_not_hit_by_a_click(file_page):
    page = file_page()
    page.locator(".layer", has_text="避难场所").locator("input").uncheck()
    click_at(page, 112.06, 28.05)
    assert page.locator("#details h2").count() == 0


def test_a_standby_shelter_is_to_be_opened_and_not_passed_over_as_well(served_page, service):
    click_at(served_page, 112.058, 28.058)
    served_page.wait_for_selector(".results")
    served_page.click("[data-layer=shelters]")
    served_page.wait_for_selector(".to_open")
    assert names(served_page, ".to_open") == ["文化广场"]
    assert "13900001111" in served_page.locator(".to_open").inner_text()
    passed = served_page.locator(".passed_over").inner_text()
    assert "文化广场" not in passed
    assert "已关闭" in passed
    assert "电话未知" in passed
    assert (
        served_page.locator(".passed_over .second .small").first.inner_text() == "北 341°"
    )  # the state is not said twice


def test_a_depot_that_lacks_the_item_says_how_much_it_holds(served_page, service):
    answer = nearest_json("supply_depots", PLACE, 5)
    short = {**{k: v for k, v in answer["results"][0].items() if k != "stock"}, "reason": "lacks_item", "detail": ""}
    service.changed = {"results": [], "passed_over": [short]}
    click_at(served_page, *PLACE)
    served_page.click("[data-layer=supply_depots]")
    served_page.wait_for_selector(".passed_over")
    served_page.click("details[data-key=conditions] summary")
    served_page.select_option("#tab-query [data-control=item]", "life_jacket")
    served_page.wait_for_selector(".passed_over .stock")
    assert served_page.locator(".passed_over .stock").inner_text() == "救生衣库存 300 件"
    service.changed["snapshot_id"] = "store-1:43"  # what the page holds may no longer be so
    served_page.click("[data-layer=shelters]")
    served_page.click("[data-layer=supply_depots]")
    served_page.wait_for_selector(".passed_over .stock:text('未知')")


def test_a_team_that_was_placed_by_the_name_of_its_village_says_so(served_page, service):
    answer = nearest_json("response_teams", PLACE, 5)
    by_name, exact = answer["results"][:2]
    service.changed = {"results": [{**by_name, "location_precision": "village"}, exact]}
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".results")
    first, second = served_page.locator(".results .result").all_inner_texts()
    assert "位置只准到村" in first
    assert "位置只准到" not in second


def test_newer_data_draw_the_rows_by_the_answer_and_ask_for_a_reload(served_page, service):
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".results")
    assert served_page.locator("#stale").is_hidden()
    first = "[...document.querySelectorAll('.results [data-id=\"T-1\"] .status img')].map(i => i.src)[0]"
    before = served_page.evaluate(first)
    answer = nearest_json("response_teams", PLACE, 5)
    row = {**answer["results"][0], "status": "delayed"}
    service.changed = {"snapshot_id": "store-1:43", "results": [row]}
    served_page.click("[data-layer=response_teams]")
    served_page.wait_for_selector("#stale:not([hidden])")
    served_page.wait_for_selector(".results")
    assert "数据已更新,刷新页面看最新地图" in served_page.locator("#stale").inner_text()
    assert "延迟可用" in served_page.locator(".results").inner_text()
    assert served_page.evaluate(first) != before
    with served_page.expect_navigation():
        served_page.click("#stale button")
    served_page.wait_for_selector("html[data-ready=yes]")
    assert served_page.locator("#stale").is_hidden()


@pytest.mark.parametrize(
    "typed",
    [
        "28.02,112.045",
        "112.045,28.02",
        "112.045 28.02",
        "东经112.045 北纬28.02",
        "北纬28.02度 东经112.045度",
        "N28.02 E112.045",
        "28°1′12″N 112°2′42″E",
        "112°2'42\",28°1'12\"",
        "112度2分42秒,28度1分12秒",
    ],
)
def test_coordinates_are_understood_as_they_are_read_out(file_page, typed):
    page = file_page()
    page.fill("#search", typed)
    page.wait_for_selector("button.found")
    assert page.locator("button.found strong").inner_text().split() == ["112.04500°E", "28.02000°N"]
    assert "在本县之外" not in page.locator("#found").inner_text()


@pytest.mark.parametrize("typed", ["80.05,30.05", "30.05,80.05"])
def test_the_county_decides_which_of_two_possible_coordinates_comes_first(file_page, typed):
    page = file_page(bounds=(80.0, 30.0, 80.1, 30.1))
    page.fill("#search", typed)
    page.wait_for_selector("button.found")
    assert page.locator("button.found strong").inner_text().split() == ["80.05000°E", "30.05000°N"]


def test_a_place_beyond_the_county_is_said_to_be_outside(served_page, file_page):
    for page in (served_page, file_page()):
        page.fill("#search", "113.5,28.02")
        page.wait_for_selector("button.found")
        assert "在本县之外" in page.locator("button.found").inner_text()
        page.click("button.found")
        assert "在本县之外" in page.locator(".place .caution").inner_text()


def test_blanks_in_a_name_do_not_matter(file_page):
    page = file_page()
    page.fill("#search", "第一 中 学")
    assert page.locator("button.found strong").inner_text() == "第一中学"
    page.fill("#search", "no.1SCHOOL")
    assert page.locator("button.found strong").inner_text() == "第一中学"


def test_teams_wear_characters_in_chinese_and_letters_in_english(file_page):
    page = file_page()
    page.click("#tab-button-layers")
    letters = page.locator(".letters b")
    assert letters.all_text_contents() == ["消", "警"]
    page.click("[data-language=en]")
    assert letters.all_text_contents() == ["F", "P"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_warnings_and_choices_stay_above_the_first_telephone(service, open_page, language):
    service.refuse = None
    service.changed.clear()
    page = open_page(service.address, width=390, height=844)
    page.click(f"[data-language={language}]")
    page.fill("#search", "河湾")
    page.click("button.found")
    page.wait_for_selector(".result.first .phone")
    page.wait_for_timeout(200)
    tabs = page.locator("#tabs").bounding_box()
    top = tabs["y"] + tabs["height"]
    for shown in (
        ".place .danger",
        "[data-layer=response_teams]",
        "[data-layer=supply_depots]",
        ".result.first .phone",
    ):
        box = page.locator(shown).first.bounding_box()
        assert top <= box["y"], shown
        assert box["y"] + box["height"] <= 844, shown
    assert "2026-07-21 03:10" in page.locator("header #as-of").inner_text()


def test_on_a_phone_the_first_telephone_is_seen_without_scrolling(service, open_page):
    service.refuse = None
    page = open_page(service.address, width=390, height=844)
    page.fill("#search", "河湾")
    page.click("button.found")
    page.wait_for_selector(".result.first .phone")
    page.wait_for_timeout(200)
    box = page.locator(".result.first .phone").bounding_box()
    assert box["y"] + box["height"] < 844
    assert box["height"] > 24
    assert page.get_attribute(".result.first a.phone", "href") == "tel:119"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    before = page.locator("#panel").bounding_box()["height"]
    page.click("#handle")
    assert page.locator("#panel").bounding_box()["height"] > before


def test_the_page_asks_nobody_but_the_service_it_came_from(served_page, service):
    click_at(served_page, *PLACE)
    served_page.wait_for_selector(".results")
    assert {urlsplit(url).netloc for url in served_page.asked if not url.startswith("data:")} == {
        urlsplit(service.address).netloc
    }
    assert served_page.said == []


def test_a_file_asks_nobody_at_all(file_page):
    page = file_page()
    page.click("#tab-button-table")
    assert [url for url in page.asked if not url.startswith(("data:", "file:"))] == []
    assert page.said == []


def visit_everything(page):
    """Bring every sink on screen: search, place, answer, details, list, legend, coverage, both languages."""
    page.fill("#search", "window")
    page.click("button.found")
    page.wait_for_selector(".results")
    for button in page.locator(".results button.name, .to_confirm button.name").all():
        button.click()
    for tab in ("coverage", "layers", "table"):
        page.click(f"#tab-button-{tab}")
    page.click("#tab-button-coverage")
    page.click("#tab-coverage button[type=submit]")
    page.wait_for_selector("#tab-coverage .answer")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.click("[data-language=en]")
    page.click("#tab-button-query")
    page.wait_for_selector(".results")


def test_no_payload_runs_in_any_sink(open_page):
    hostile = Service(text=lambda _: HOSTILE, language="zh")
    try:
        page = open_page(hostile.address)
        visit_everything(page)
        hostile.refuse = {
            "title": HOSTILE,
            "detail": HOSTILE,
            "errors": [{"field": HOSTILE, "value": HOSTILE, "remedy": HOSTILE}],
        }
        page.click("[data-layer=shelters]")
        page.wait_for_selector(".problem")
        page.fill("#search", "q")
        page.wait_for_selector("#found .problem")
    finally:
        hostile.close()
    assert page.evaluate("window.HACKED") is None
    assert page.said == ["Failed to load resource: the server responded with a status of 400 (Bad Request)"] * 2
    assert page.locator("#panel script, #panel svg, img[src='x'], [onerror], [onload]").count() == 0
    links = page.locator("#panel a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert all(link.startswith("tel:") for link in links)
    assert HOSTILE.replace("\u2028", "").split()[0] in page.text_content("#panel")


def test_a_file_full_of_payloads_runs_none(file_page):
    page = file_page(text=lambda _: HOSTILE, coverage=coverage_answer(lambda _: HOSTILE))
    for tab in ("coverage", "layers", "table"):
        page.click(f"#tab-button-{tab}")
    page.fill("#search", "window")
    page.click("button.found >> nth=1")
    page.click("[data-language=en]")
    assert page.evaluate("window.HACKED") is None
    assert page.said == []


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(served_page, service, open_page, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = served_page if width == 1440 else open_page(service.address, width=390, height=844)
    page.fill("#search", "河湾")
    page.click("button.found")
    page.wait_for_selector(".results")
    page.click(".result.first button.name")
    found = []
    for tab in ("query", "coverage", "layers", "table"):
        page.click(f"#tab-button-{tab}")
        if tab == "coverage":
            page.click("#tab-coverage button[type=submit]")
            page.wait_for_selector("#tab-coverage .answer")
        results = axe.run(page).response["violations"]
        found += [
            (tab, rule["id"], [node["html"][:90] for node in rule["nodes"]][:3])
            for rule in results
            if rule["impact"] in ("serious", "critical")
        ]
    assert found == []


def test_twenty_thousand_symbols_stay_usable(open_page, tmp_path):
    from dataclasses import replace

    import numpy as np
    from map_layers import columns_of, definitions
    from shapely.geometry import Point

    from geo_ems.cartography.content import MapLayer

    random = np.random.default_rng(20)
    lonlat = random.uniform((112.0, 28.0), (112.1, 28.1), (20_000, 2))
    shelters = definitions()["shelters"]
    columns = columns_of(
        shelters, [(f"S{n:05d}", Point(p), {"name": f"场所 {n}", "status": "open"}) for n, p in enumerate(lonlat)]
    )
    path = tmp_path / "many.html"
    path.write_bytes(
        overview_page(replace(content(), layers=(MapLayer(shelters, columns),)), language="zh", served=False)
    )
    page = open_page(path.as_uri())
    page.mouse.move(500, 400)
    page.mouse.wheel(0, -300)
    page.click("#tab-button-table")
    page.fill("#tab-table input", "场所 19999")
    page.click("#rows tr button")
    assert page.locator("#details h2").inner_text() == "场所 19999"
    assert page.said == []
