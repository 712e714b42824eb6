"""The dispatcher's desk in Chromium: open, recommend, order, follow and take back; closures; news and lost lines."""

import pytest
from incident_service import TAKEN, TEAM, IncidentService
from map_samples import PLACE
from page_clicks import click_at
from test_page import PAYLOADS

pytestmark = pytest.mark.chromium
HOSTILE = " ".join(PAYLOADS)
DESK = "#tab-incidents"


@pytest.fixture
def service():
    running = IncidentService(language="zh")
    yield running
    running.close()


@pytest.fixture
def desk(service, open_page):
    page = open_page(service.address)
    page.click("#tab-button-incidents")
    page.wait_for_selector(f"{DESK} .incidents")
    return page


def open_first(page):
    page.click("[data-control=incident-I2]")
    page.wait_for_selector("[data-control=recommend]")


def recommended(page):
    open_first(page)
    page.click("[data-control=recommend]")
    page.wait_for_selector(".need")


def ordered(page):
    recommended(page)
    page.click("[data-control=tick-all]")
    page.click("[data-control=preview]")
    page.click("[data-control=order]")
    page.wait_for_selector(".order-row")


def test_the_overdue_report_stands_first_with_its_minutes_and_what_is_to_be_asked(desk):
    rows = desk.locator(".incidents > li")
    first, second = rows.all_inner_texts()
    assert "上报超时 12 分钟" in first  # 725 s: begun minutes are not more than there are
    assert "尚无地点" in first
    assert "还要问清:被困人数、关注清单是否核对" in first
    assert "上报还剩 30 分钟" in second
    assert "尚无地点" not in second
    assert desk.locator("#tab-button-incidents .badge").inner_text() == "1"


def test_an_incident_is_opened_with_a_kind_a_few_words_and_the_place_on_the_map(desk, service):
    desk.click("[data-control=incident-new]")
    assert desk.locator("[data-control=draft-open]").is_disabled()
    desk.fill("[data-control=draft-kind]", "滑坡")  # another name of a kind
    desk.click("[data-kind=geological]")
    desk.fill("[data-control=draft-text]", "两人失联")
    click_at(desk, *PLACE)
    desk.wait_for_selector(f"{DESK} form .hint")
    assert desk.get_attribute("#tab-button-incidents", "aria-selected") == "true"  # the click belongs to the form
    assert desk.input_value("[data-control=draft-text]") == "两人失联"
    desk.click("[data-control=draft-open]")
    desk.wait_for_selector(".told")
    command, path, body = service.bodies[-1]
    assert (command, path) == ("POST", "/v1/incidents")
    assert abs(body.pop("lon") - PLACE[0]) < 0.002
    assert abs(body.pop("lat") - PLACE[1]) < 0.002
    assert body == {"kind": "geological", "text": "两人失联"}
    assert len(service.keys[-1]) == 24
    assert "请问清地点" in desk.locator(".told").inner_text()
    near = desk.locator(f"{DESK} .to_confirm").inner_text()
    assert "石桥村火灾" in near
    assert "900 米" in near
    assert desk.url.endswith("#incident=I3")  # loaded anew, the page comes back to it


def test_the_same_incident_is_merged_and_that_can_be_taken_back(desk, service):
    desk.click("[data-control=incident-new]")
    desk.click("[data-kind=flood]")
    desk.click("[data-control=draft-open]")
    desk.click("[data-control=merge-I2]")
    desk.wait_for_selector(".told:has-text('已并入:石桥村火灾')")
    assert service.bodies[-1] == ("POST", "/v1/incidents/I3/merge", {"into": "I2"})
    desk.click("[data-control=undo]")
    desk.wait_for_selector(".told:has-text('已撤销')")
    assert service.bodies[-1] == ("POST", "/v1/undo", {"seq": 92})


def test_the_incident_tells_conditions_and_duty_phones_and_is_refined_and_reported(desk, service):
    open_first(desk)
    desk.click("[data-control=part-conditions]")
    conditions = desk.locator(f"{DESK} details[data-key=conditions]").inner_text()
    assert conditions.index("仍在持续") < conditions.index("有人被困")  # what holds stands first
    assert "须问清" in conditions
    desk.click("[data-control=part-jurisdiction]")
    assert desk.get_attribute("details[data-key=jurisdiction] a.phone", "href") == "tel:0737-555".replace("-", "")
    desk.click("[data-control=part-asks]")
    desk.fill("[data-control=refine-trapped_persons]", "3")
    desk.select_option("[data-control=refine-ongoing]", "true")
    desk.click("[data-control=refine-send]")
    desk.wait_for_selector(".told:has-text('已补充')")
    assert service.bodies[-1] == ("PATCH", "/v1/incidents/I2", {"trapped_persons": 3, "ongoing": True})
    desk.click("[data-control=report]")
    desk.wait_for_selector(".told:has-text('已记录上报')")
    assert service.bodies[-1] == ("POST", "/v1/incidents/I2/reports", {"kind": "first"})


def test_a_recommendation_says_who_comes_when_why_and_what_is_short(desk):
    recommended(desk)
    need = desk.locator(".need").inner_text()
    assert "9 分钟到" in need
    assert "具备所需能力" in need
    assert "还缺 1 队" in need
    assert "→ 召回" in need
    assert "先打电话,对方说能来再勾选。" in need
    assert desk.get_attribute(".need .pick a.phone >> nth=0", "href") == "tel:119"
    assert "示例市" in desk.locator(".support").inner_text()
    assert desk.locator("[data-control=order]").count() == 0  # nothing is ordered that nobody ticked


def test_another_alarm_level_is_asked_for(desk, service):
    recommended(desk)
    desk.select_option("[data-control=alarm-level]", "2")
    desk.wait_for_selector(".need")
    assert service.bodies[-1][2] == {"incident": "I2", "lang": "zh", "alarm_level": 2}


def test_an_order_is_previewed_first_and_carries_the_call_that_was_made(desk, service):
    recommended(desk)
    desk.locator(".need input[type=checkbox]").nth(1).check()  # the one to be confirmed by phone
    desk.click("[data-control=preview]")
    desk.wait_for_selector("[data-control=order]")
    _, path, body = service.bodies[-1]
    assert (path, body["preview"]) == ("/v1/assignments", True)
    assert body["picks"] == [
        {
            "layer": "response_teams",
            "id": "T-3",
            "requirement": "boats",
            "eta": "2026-07-20T19:19:00.000Z",
            "confirmed": True,
        }
    ]
    assert service.orders == {}
    desk.click("[data-control=order]")
    desk.wait_for_selector(".order-row")
    assert "preview" not in service.bodies[-1][2]
    assert service.bodies[-1][2]["picks"] == body["picks"]


def test_the_team_under_way_goes_step_by_step_and_a_wrong_step_is_taken_back(desk, service):
    ordered(desk)
    row = desk.locator(".order-row")
    assert row.get_attribute("data-status") == "ordered"
    assert row.locator("a.phone").get_attribute("href") == "tel:119"
    row.locator("[data-step=departed]").click()
    desk.wait_for_selector(".order-row[data-status=departed]")
    assert service.bodies[-1] == ("POST", "/v1/assignments/A0/status", {"status": "departed"})
    row.locator(".undo").click()
    desk.wait_for_selector(".order-row[data-status=ordered]")
    assert service.bodies[-1] == ("POST", "/v1/assignments/A0/undo", {})
    row.locator("[data-step=recalled]").click()
    desk.wait_for_selector(".order-row[data-status=recalled]")
    assert service.bodies[-1] == ("POST", "/v1/assignments/A0/recall", {})
    assert desk.locator("[data-control=undo]").count() == 0  # with somebody under way it is not erased


def test_a_refused_order_says_who_took_what_and_when_and_that_nothing_was_booked(desk, service):
    recommended(desk)
    desk.click("[data-control=tick-all]")
    desk.click("[data-control=preview]")
    desk.wait_for_selector("[data-control=order]")
    service.failing.add("/v1/assignments")
    desk.click("[data-control=order]")
    desk.wait_for_selector(".order .problem")
    shown = desk.locator(".order").inner_text()
    assert "没有下令,什么也没有占用。" in shown
    assert "was taken by 'Li' at 2026-07-21 03:02:00" in shown
    assert TAKEN in shown
    assert service.orders == {}
    assert desk.locator("[data-control=preview]").is_enabled()  # it is checked again before it is ordered
    assert desk.locator(".order-row").count() == 0


def test_a_press_that_got_no_answer_is_sent_again_under_the_same_key(desk, service):
    open_first(desk)
    desk.route("**/reports*", lambda route: route.abort())
    with desk.expect_request("**/reports*") as first:
        desk.click("[data-control=report]")
    desk.wait_for_selector(f"{DESK} .problem:has-text('再按一次不会重复执行')")
    desk.unroute("**/reports*")
    with desk.expect_request("**/reports*") as second:
        desk.click("[data-control=report]")
    desk.wait_for_selector(".told")
    assert first.value.headers["idempotency-key"] == second.value.headers["idempotency-key"]


def test_while_something_is_sent_no_button_can_be_pressed(desk, service):
    open_first(desk)
    held = []
    desk.route("**/reports*", lambda route: held.append(route))  # noqa: PLW0108  (a builtin method cannot be a handler)
    desk.click("[data-control=report]")
    desk.wait_for_selector("[data-control=report]:disabled:has-text('正在发送')")
    desk.click("[data-control=part-end]")
    assert desk.locator("[data-control=terminate]").is_disabled()
    held[0].continue_()
    desk.wait_for_selector("[data-control=report]:enabled")


def test_a_list_that_cannot_be_asked_is_not_shown_as_the_present_one(desk, service):
    service.failing.add("/v1/incidents")
    service.tell("incidents")
    desk.wait_for_selector(f"{DESK} .problem:has-text('the store is away')")
    assert desk.locator(".incidents").count() == 0


def test_news_asks_again_and_the_words_being_typed_stay(desk, service):
    desk.click("[data-control=incident-new]")
    desk.type("[data-control=draft-text]", "水进")
    desk.fill("[data-control=draft-kind]", "洪")
    before = service.heard.count("/v1/incidents")
    service.tell("incidents")
    desk.wait_for_timeout(1200)
    assert service.heard.count("/v1/incidents") == before + 1
    assert desk.input_value("[data-control=draft-text]") == "水进"
    assert desk.evaluate("document.activeElement.dataset.control") == "draft-kind"


def test_teams_that_move_do_not_ask_for_the_incidents_again(desk, service):
    open_first(desk)
    desk.wait_for_timeout(700)
    before = (service.heard.count("/v1/incidents"), len(service.asked))
    service.tell("response_teams", event="position")
    desk.wait_for_timeout(900)
    assert (service.heard.count("/v1/incidents"), len(service.asked)) == before


def test_a_lost_line_is_said_and_what_is_shown_is_asked_again_when_it_is_back(desk, service):
    before = service.heard.count("/v1/incidents")
    service.hang_up()
    desk.wait_for_selector("#offline:not([hidden])")
    assert "与服务的连接断开" in desk.locator("#offline").inner_text()
    desk.wait_for_selector("#offline", state="hidden")
    desk.wait_for_timeout(900)
    assert service.heard.count("/v1/incidents") == before + 1


def test_a_bridge_is_closed_by_a_click_and_lifted(service, open_page):
    page = open_page(service.address)
    page.click("#tab-button-closures")
    page.click("[data-control=tool-road]")
    click_at(page, 112.06, 28.012)
    page.wait_for_selector("#tab-closures .hint:has-text('选中桥梁:清河大桥')")
    page.fill("[data-control=draft-reason]", "水位过高")
    page.click("[data-control=draft-send]")
    page.wait_for_selector("[data-control=draft-send]", state="detached")
    assert service.bodies[-1] == ("POST", "/v1/barriers", {"policy": "closed", "road_id": "R2", "reason": "水位过高"})
    assert len(service.keys[-1]) == 24
    service.barriers.append({"id": "B/1", "name": "清河大桥", "policy": "closed", "roads_hit": 1, "layer": "barriers"})
    service.tell("barriers")
    page.wait_for_selector("#tab-closures .rows:has-text('清河大桥')")
    page.click("[data-control='lift-B/1']")
    page.wait_for_timeout(300)
    assert service.bodies[-1] == ("POST", "/v1/barriers/B%2F1/lift", {})


def test_closures_that_cannot_be_asked_leave_no_old_list(service, open_page):
    service.barriers.append({"id": "B1", "name": "清河大桥", "policy": "closed", "roads_hit": 1, "layer": "barriers"})
    page = open_page(service.address)
    page.click("#tab-button-closures")
    page.wait_for_selector("#tab-closures .rows")
    service.failing.add("/v1/barriers")
    service.tell("barriers")
    page.wait_for_selector("#tab-closures .problem:has-text('the store is away')")
    assert page.locator("#tab-closures .rows").count() == 0


def test_no_payload_of_service_or_data_runs_on_the_desk(open_page):
    hostile = IncidentService(text=lambda _: HOSTILE, language="zh")
    hostile.barriers.append(
        {"id": HOSTILE, "name": HOSTILE, "policy": "closed", "reason": HOSTILE, "layer": "barriers"}
    )
    try:
        page = open_page(hostile.address)
        page.click("#tab-button-incidents")
        page.wait_for_selector(".incidents")
        page.click("[data-control=incident-new]")
        page.click("[data-kind=flood]")
        page.click("[data-control=draft-open]")
        page.wait_for_selector("[data-control=recommend]")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.click("[data-control=incident-back]")
        ordered(page)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        hostile.failing.add("/v1/assignments/A0/status")
        page.click("[data-step=departed]")
        page.wait_for_selector(f"{DESK} .problem")
        page.click("[data-language=en]")
        page.click("#tab-button-closures")
        page.wait_for_selector("#tab-closures .rows")
    finally:
        hostile.close()
    assert page.evaluate("window.HACKED") is None
    assert [text for text in page.said if "status of 409" not in text and "ERR_" not in text] == []
    assert page.locator("#panel script, #panel svg, img[src='x'], [onerror], [onload]").count() == 0
    links = page.locator("#panel a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert all(link.startswith("tel:") for link in links)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(service, open_page, width, language):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    service.barriers.append({"id": "B1", "name": "清河大桥", "policy": "closed", "roads_hit": 1, "layer": "barriers"})
    page = open_page(service.address, width=width, height=844 if width == 390 else 900)
    page.click(f"[data-language={language}]")
    found = []

    def look(where):
        found.extend(
            (where, rule["id"], [node["html"][:90] for node in rule["nodes"]][:3])
            for rule in axe.run(page).response["violations"]
            if rule["impact"] in ("serious", "critical")
        )

    page.click("#tab-button-closures")
    page.click("[data-control=tool-road]")
    if width == 390:
        page.click("#handle")
    page.wait_for_selector("#tab-closures .rows")
    look("roads")
    page.click("[data-control=tool-road]")
    page.click("#tab-button-incidents")
    page.wait_for_selector(".incidents")
    look("list")
    page.click("[data-control=incident-new]")
    look("opening")
    page.click("[data-control=draft-drop]")
    recommended(page)
    page.click("[data-control=tick-all]")
    look("recommendation")
    page.click("[data-control=preview]")
    page.click("[data-control=order]")
    page.wait_for_selector(".order-row")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    look("under way")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tabs = page.locator("#tabs").evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert tabs[0] <= tabs[1]  # all six labels are seen


def test_the_first_team_is_ticked_from_the_keyboard(desk):
    recommended(desk)
    desk.focus(".need input[type=checkbox] >> nth=0")
    desk.keyboard.press("Space")
    assert desk.locator(".need input[type=checkbox]").first.is_checked()
    assert TEAM in desk.evaluate("document.activeElement.dataset.control")  # the mark stays where it was
