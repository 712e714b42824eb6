/* The recommendation for one incident, and the order: a person ticks, sees what would be booked, then orders. */
const dispatch = { answer: null, problem: null, asking: false, level: null, ticked: new Map(), preview: null };
const ORDERED_WHAT = ["teams", "trucks", "supplies", "places"];

function clearRecommendation() {
  Object.assign(dispatch, { answer: null, problem: null, asking: false, level: null, preview: null, mine: null });
  dispatch.ticked.clear();
}

async function askRecommendation() {
  const { id } = desk, mine = (dispatch.mine = {}), body = { incident: id, lang: state.language };
  if (dispatch.level) body.alarm_level = dispatch.level;
  Object.assign(dispatch, { asking: true, answer: null, problem: null, preview: null });
  dispatch.ticked.clear();
  if (isPhone()) setSheet("high", { grow: true });
  renderIncidents();
  try {
    const answer = await ask(ROOT + "v1/dispatch", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    if (dispatch.mine !== mine) return;
    dispatch.answer = answer;
  } catch (error) {
    if (dispatch.mine !== mine) return;
    dispatch.problem = problemOf(error, "no_connection_detail");
  }
  dispatch.asking = false;
  renderIncidents();
  const node = document.querySelector("#tab-incidents .recommendation");
  if (node) node.scrollIntoView({ block: "start" });
}

function recommendationNode(open) {
  const { answer } = dispatch, levels = answer ? answer.levels || [] : [];
  const level = levels.length > 1 ? el("label", {}, el("span", { text: t("alarm_level") }), levelSelect(levels)) : null;
  return el("section", { class: "recommendation", "aria-label": t("recommendation") },
    el("button", { type: "button", class: answer ? "wide" : "wide main", "data-control": "recommend", disabled: dispatch.asking || !desk.view.incident.geometry, text: t(dispatch.asking ? "asking" : answer ? "recommend_again" : "recommend"), onclick: askRecommendation }),
    desk.view.incident.geometry ? null : el("p", { class: "caution", text: t("place_before_force") }),
    dispatch.problem ? problemNode(dispatch.problem) : null,
    answer ? [
      el("div", { class: "filters" }, level),
      el("p", { class: "small", text: [t("card_of", { kind: kindText(answer.kind), level: answer.alarm_level }), answer.card && answer.card.note, t("judged_at", { time: shortTime(answer.as_of) })].filter(Boolean).join(" · ") }),
      warningNodes(answer, open),
      answer.needs.some((need) => orderable(need) && need.picks.length) ? el("button", { type: "button", class: "plain-button", "data-control": "tick-all", text: t("tick_all"), onclick: () => tickAll(answer) }) : null,
      answer.needs.map((need) => needNode(need, open)),
      supportNode(answer.support_request),
      (answer.cover || []).filter((row) => row.after < row.minimum).map((row) => el("p", { class: "caution", text: t("cover_short", { area: row.area_name || row.area, rule: row.label, after: row.after, minimum: row.minimum }) })),
      (answer.move_ups || []).map((row) => el("p", { class: "caution", text: `${row.team_name || row.team_id} → ${row.area_name || row.area}: ${row.why}` })),
      orderNode(),
    ] : null);
}

function levelSelect(levels) {
  const select = el("select", { "data-control": "alarm-level", onchange: (event) => { dispatch.level = Number(event.target.value); askRecommendation(); } },
    levels.map((level) => el("option", { value: String(level), text: t("level_n", { n: level }) })));
  select.value = String(dispatch.answer.alarm_level);
  return select;
}

/* Hospitals are told by phone; of a depot one must know which item is meant. */
const orderable = (need, pick) => ORDERED_WHAT.includes(need.what) && !(need.what === "trucks" && pick && pick.amounts.trucks && !pick.item);
const pickKey = (need, pick) => [need.what, need.name, pick.layer, pick.id].join("|");

/* Amounts in words: 1 team, 42 people, 7 vehicles; 50 of an item in its unit. */
function amountsText(amounts, unit) {
  return Object.entries(amounts || {}).filter(([, value]) => Number.isFinite(value) && value !== 0).map(([name, value]) => {
    if (name === "quantity") return `${grouped(value, 2)} ${unit || ""}`.trim();
    return own(DATA.texts, "amount_" + name) ? t("amount_" + name, { n: grouped(value) }) : `${name} ${grouped(value)}`;
  }).join(separator());
}

function needNode(need, open) {
  const short = need.shortfall, list = (key, heading, rows, row) => (rows.length ? el("details", { "data-key": `${key}-${need.what}-${need.name}`, open: open.has(`${key}-${need.what}-${need.name}`) || key !== "passed" },
    el("summary", { text: `${heading} (${rows.length})` }), el("ul", { class: "rows" }, rows.map(row))) : null);
  return el("section", { class: "need", "data-need": need.name, "aria-label": need.label },
    el("h3", { text: need.label }),
    el("p", { class: "small", text: [t("wanted", { what: amountsText(need.wanted, need.unit) }), Number.isFinite(need.within_s) ? t("within", { time: duration(need.within_s) }) : "", t("got", { what: amountsText(need.got, need.unit) || "0" })].filter(Boolean).join(" · ") }),
    el("ul", { class: "rows" }, need.picks.map((pick) => pickRow(need, pick, true))),
    short ? el("div", { class: "shortfall" }, el("p", {}, el("strong", { text: "⚠ " + t("short_of", { what: amountsText(short.missing, need.unit) }) })),
      short.reasons.map((reason) => el("p", { class: "small", text: reason.text })), short.cures.map((cure) => el("p", {}, "→ ", cure.text))) : null,
    list("confirm", t("confirm_by_phone"), need.to_confirm, (pick) => pickRow(need, pick, false)),
    list("opening", t("to_open"), need.to_open, (pick) => pickRow(need, pick, false)),
    list("passed", t("passed_over"), need.passed_over, (row) => el("li", {}, el("strong", { text: row.name || row.id }), el("p", { class: "small", text: [row.detail || reasonText(row.reason), arrivalText(row)].filter(Boolean).join(" · ") }))));
}

function arrivalText(row) {
  return Number.isFinite(row.total_s) ? t("arrives_in", { time: duration(row.total_s) }) : Number.isFinite(row.straight_m) ? t("straight_away", { distance: distance(row.straight_m) }) : t("unknown");
}

/* One resource: when it comes, why it, its telephone. What is not confirmed is ticked only after a call. */
function pickRow(need, pick, ready) {
  const layer = layerNamed.get(pick.layer), key = pickKey(need, pick), name = nameIn(layer, pick);
  const calls = !ready || pick.state !== "ready";
  const tick = orderable(need, pick) ? el("label", { class: "switch" }, el("input", { type: "checkbox", "data-control": "tick-" + key, checked: dispatch.ticked.has(key), onchange: (event) => { tickPick(need, pick, calls, event.target.checked); renderIncidents(); } }),
    el("span", { class: "layer-name", text: name }), el("span", { class: "distance", text: arrivalText(pick) })) : el("div", { class: "line" }, el("strong", { text: name }), el("span", { class: "distance", text: arrivalText(pick) }));
  return el("li", { class: "pick", "data-id": pick.id }, tick,
    el("p", { class: "small", text: [amountsText(pick.amounts, need.unit), pick.why].filter(Boolean).join(" · ") }),
    calls ? el("p", { class: "caution", text: t(pick.state === "to_open" ? "tick_after_opening" : "tick_after_call") }) : null,
    pick.consent ? el("p", { class: "caution", text: pick.consent }) : null,
    (pick.flags || []).filter((flag) => flag !== "destination_in").map((flag) => el("p", { class: "danger", text: flagText(flag) })),
    contactNodes({ ...pick.contact, id: pick.id }, layer));
}

/* What was ticked, as the order names it. */
function tickPick(need, pick, calls, on) {
  const key = pickKey(need, pick);
  dispatch.preview = null;
  if (!on) { dispatch.ticked.delete(key); return; }
  const row = { layer: pick.layer, id: pick.id, requirement: need.name };
  if (need.what === "supplies") { row.item = need.name; row.quantity = pick.amounts.quantity; }
  if (need.what === "trucks" && pick.item) { row.item = pick.item; row.quantity = pick.amounts.trucks; }
  if (need.what === "places") row.places = pick.amounts.places;
  if (Number.isFinite(pick.total_s)) row.eta = new Date(Date.parse(dispatch.answer.as_of) + pick.total_s * 1000).toISOString();
  if (calls) row.confirmed = true;
  dispatch.ticked.set(key, { row, name: nameIn(layerNamed.get(pick.layer), pick), what: amountsText(pick.amounts, need.unit) });
}

function tickAll(answer) {
  for (const need of answer.needs) if (orderable(need)) for (const pick of need.picks) if (pick.state === "ready" && orderable(need, pick)) tickPick(need, pick, false, true);
  renderIncidents();
}

function supportNode(support) {
  if (!support || !support.needed) return null;
  const upper = support.ask || {};
  return el("section", { class: "group to_confirm support", "aria-label": t("support_list") }, el("h3", { text: t("support_list") }),
    el("p", {}, t("ask_upper", { name: rowName({ ...upper, id: upper.id || t("unknown") }) }) + " ", upper.duty_phone ? phoneNode(upper.duty_phone) : null),
    el("ul", { class: "plain-list" }, support.missing.map((text) => el("li", { text }))),
    support.resources.length ? el("ul", { class: "rows" }, support.resources.map((pick) => pickRow({ what: "support", name: "support" }, pick, true))) : null);
}

/* The order: first what would be booked and what stands against it, then the order itself. */
function orderNode() {
  const { ticked, preview } = dispatch;
  if (!ticked.size) return el("p", { class: "hint", text: t("tick_first") });
  const blocked = preview && preview.conflicts.length;
  return el("section", { class: "order", role: "group", "aria-label": t("order") },
    el("h3", { text: t("ticked", { n: ticked.size }) }),
    el("ul", { class: "plain-list" }, [...ticked.values()].map(({ name, what, row }) => el("li", { text: [name, what, row.confirmed ? t("confirmed_by_call") : ""].filter(Boolean).join(" · ") }))),
    preview ? el("div", { class: blocked ? "problem" : "told", role: "status" }, el("p", {}, el("strong", { text: blocked ? t("preview_conflicts", { n: blocked }) : t("preview_free", { n: preview.assignments.length }) })),
      el("ul", {}, preview.conflicts.map((row) => el("li", { text: [row.problem, row.remedy].filter(Boolean).join(" — ") })))) : null,
    desk.failed && ["order", "preview"].includes(desk.failed.what) ? [el("p", { class: "danger", text: t("not_ordered") }), problemNode(desk.failed)] : null,
    !preview || blocked ? el("button", { type: "button", class: "wide main", "data-control": "preview", disabled: Boolean(desk.busy), text: t(desk.busy === "preview" ? "sending" : "preview"), onclick: () => sendOrder(true) })
      : el("button", { type: "button", class: "wide main", "data-control": "order", disabled: Boolean(desk.busy), text: desk.busy === "order" ? t("sending") : t("order_now", { n: ticked.size }), onclick: () => sendOrder(false) }));
}

function sendOrder(preview) {
  const body = { incident: desk.id, picks: [...dispatch.ticked.values()].map(({ row }) => row) };
  if (preview) {
    dispatch.preview = null;
    send("preview", "v1/assignments", { ...body, preview: true }, (answer) => { dispatch.preview = answer; setTimeout(() => refocus(answer.conflicts.length ? "[data-control=preview]" : "[data-control=order]")); });
    return;
  }
  send("order", "v1/assignments", body, (answer) => {
    clearRecommendation();
    desk.told = { text: t("ordered_told", { n: answer.assignments.length, names: answer.assignments.map(resourceName).join(separator()) }) };
    document.getElementById("scroller").scrollTop = 0;
    loadIncident();
  }).then(() => { if (desk.failed && desk.failed.what === "order") { dispatch.preview = null; renderIncidents(); } });
}
