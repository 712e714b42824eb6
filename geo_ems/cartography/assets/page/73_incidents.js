/* Incidents: those that are open, the overdue report clock first, and opening one in a few words.
   What the service says is shown; where it cannot be asked nothing old stays on screen. */
const desk = {
  list: null, overdue: 0, problem: null, // the open incidents, as the service listed them
  id: null, view: null, viewProblem: null, orders: null, chains: new Map(), // the one that is looked at
  busy: null, failed: null, told: null, keys: {}, // what is being sent, what came of it
  draft: null, refine: {}, report: {}, // what is being typed
};
const QUICK_KINDS = ["flood", "waterlogging", "geological", "fire", "road_traffic", "hazchem"];
const KINDS_SHOWN = 8;

const ageOf = (row) => (performance.now() - row.heardAt) / 1000;
const problemOf = (error, detail) => (error instanceof Refusal ? error.problem : { title: t("no_connection"), detail: t(detail) });
const incidentPath = (id, more = "") => `v1/incidents/${encodeURIComponent(id)}${more}?lang=${state.language}`;

async function loadIncidents() {
  if (!DATA.served) return;
  const mine = (desk.loading = {});
  try {
    const body = await ask(ROOT + "v1/incidents?limit=200&lang=" + state.language);
    if (desk.loading !== mine) return;
    desk.list = (body.incidents || []).map((row) => ({ ...row, heardAt: performance.now() }));
    desk.matched = body.matched;
    desk.problem = null;
  } catch (error) {
    if (desk.loading !== mine) return;
    desk.list = null;
    desk.problem = problemOf(error, "no_connection_detail");
  }
  renderIncidents();
  redrawSoon();
}

/* One act at a time. The same act sent again after a lost line has the same key: it happens once. */
async function send(what, path, body, take, { method = "POST", headers = {} } = {}) {
  if (desk.busy) return;
  const act = what + JSON.stringify(body);
  const key = (desk.keys[act] = desk.keys[act] || newKey());
  desk.busy = what; desk.failed = null; desk.told = null;
  renderIncidents();
  try {
    const answer = await ask(ROOT + path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", "Idempotency-Key": key, ...headers } });
    delete desk.keys[act];
    desk.busy = null;
    take(answer);
  } catch (error) {
    if (error instanceof Refusal) delete desk.keys[act]; // refused: the next press is another act
    desk.busy = null;
    desk.failed = { what, ...problemOf(error, "no_reply") };
    if (error instanceof Refusal && desk.id) loadIncident(); // somebody else was faster: what is so now
  }
  renderIncidents();
}

/* The tab is drawn anew while somebody types in it: the one who types keeps place and caret. */
function renderIncidents() {
  const node = document.getElementById("tab-incidents"), focused = document.activeElement;
  const kept = node.contains(focused) ? focused.dataset.control : null, caret = kept && focused.type === "text" ? focused.selectionStart : null;
  const open = new Set([...node.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  fill(node, !DATA.served ? el("p", { class: "hint", text: t("needs_service") })
    : desk.draft ? draftIncidentNode() : desk.id ? incidentNode(open) : incidentListNode());
  renderIncidentTab();
  if (!kept) return;
  refocus(`[data-control="${kept}"]`);
  if (caret !== null && document.activeElement.dataset.control === kept) document.activeElement.setSelectionRange(caret, caret);
}

/* How many reports are overdue stands on the tab, whatever else is looked at. */
function renderIncidentTab() {
  const button = document.getElementById("tab-button-incidents");
  if (!button) return;
  desk.overdue = (desk.list || []).filter((row) => clockOf(row).late).length;
  fill(button, t("tab_incidents"), desk.overdue ? el("span", { class: "badge", "aria-hidden": "true", text: String(desk.overdue) }) : null,
    desk.overdue ? el("span", { class: "hidden", text: " " + t("overdue_count", { n: desk.overdue }) }) : null);
}

function incidentListNode() {
  const rows = desk.list || [];
  return [
    el("button", { type: "button", class: "wide main", "data-control": "incident-new", text: t("incident_new"), onclick: startIncident }),
    actNodes(),
    desk.problem ? problemNode(desk.problem) : null,
    !desk.list && !desk.problem ? el("p", { class: "waiting", text: t("asking") }) : null,
    desk.list && !rows.length ? el("p", { class: "hint", text: t("no_incidents") }) : null,
    rows.length ? el("h3", { text: t("open_incidents", { n: desk.matched ?? rows.length }) }) : null,
    rows.length ? el("ul", { class: "rows incidents" }, rows.map(incidentRow)) : null,
  ];
}

/* What came of the last act: refused, or done with what can be taken back. */
function actNodes() {
  return [
    desk.failed && !(dispatch.ticked.size && ["order", "preview"].includes(desk.failed.what)) ? problemNode(desk.failed) : null,
    desk.told ? el("div", { class: "told", role: "status" }, el("p", {}, el("strong", { text: desk.told.text })),
      (desk.told.warnings || []).map((text) => el("p", { class: "caution", text: String(text) }))) : null,
  ];
}

function incidentRow(row) {
  const values = row.properties || {}, asks = (row.ask || []).map(askText);
  return el("li", { class: clockOf(row).late ? "result overdue" : "result", "data-id": row.id },
    el("div", { class: "line" }, el("button", { type: "button", class: "name", "data-control": "incident-" + row.id, text: rowName({ ...values, id: row.id }), onclick: () => openIncident(row.id) }),
      clockNode(row)),
    el("p", { class: "small", text: [kindText(values.kind), gradeText(values.grade), values.district_id ? districtName(values.district_id) : "", t("received", { time: shortTime(values.received_at) })].filter(Boolean).join(" · ") }),
    row.geometry ? null : el("p", { class: "caution", text: t("no_place_yet") }),
    asks.length ? el("p", { class: "small", text: t("still_ask", { what: asks.slice(0, 4).join(separator()) + (asks.length > 4 ? " " + t("and_more", { n: asks.length - 4 }) : "") }) }) : null);
}

/* The report clock, counted on from when the service said it. */
function clockOf({ clock, heardAt }) {
  if (!clock) return { text: t("unknown"), late: false };
  const gone = ageOf({ heardAt });
  const left = Number.isFinite(clock.remaining_s) ? clock.remaining_s - gone : Number.isFinite(clock.overdue_s) ? -clock.overdue_s - (clock.state === "overdue" ? gone : 0) : null;
  if (clock.state === "running" || clock.state === "overdue") {
    return left >= 0 ? { text: t("clock_left", { time: span(left) }), late: false, soon: left < 900 } : { text: t("clock_over", { time: span(-left) }), late: true };
  }
  if (clock.state === "met_late") return { text: t("clock_met_late", { time: span(-left) }), late: false };
  return { text: t("clock_" + (clock.state === "met" || clock.state === "merged" ? clock.state : "unknown")), late: false };
}

/* Minutes left are cut, minutes over are rounded up: never more time than there is. */
function span(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 120) return t("minutes", { n: minutes });
  return minutes < 2880 ? t("hours_minutes", { h: Math.floor(minutes / 60), m: minutes % 60 }) : t("days", { n: Math.floor(minutes / 1440) });
}

/* Of today the time, of other days the day as well. */
function shortTime(text) {
  const whole = instant(text), today = instant(new Date().toISOString()).slice(0, 10);
  return /^\d{4}-\d\d-\d\d \d\d:\d\d/.test(whole) ? (whole.slice(0, 10) === today ? whole.slice(11, 16) : whole.slice(0, 16)) : whole;
}

function clockNode(row) {
  const clock = clockOf(row);
  return el("span", { class: clock.late ? "clock late" : clock.soon ? "clock soon" : "clock", "data-clock": row.id || row.incident.id, text: clock.text });
}

function updateClocks() {
  for (const node of document.querySelectorAll("#tab-incidents [data-clock]")) {
    const row = desk.view && desk.view.incident.id === node.dataset.clock ? desk.view : (desk.list || []).find((one) => one.id === node.dataset.clock);
    if (!row) continue;
    const clock = clockOf(row);
    node.textContent = clock.text;
    node.className = clock.late ? "clock late" : clock.soon ? "clock soon" : "clock";
  }
  renderIncidentTab();
}

function incidentField(name) {
  return DATA.incidents.fields.find((field) => field.name === name);
}

function askText(name) {
  const field = incidentField(name), words = own(DATA.texts, "ask_" + name);
  return field ? label(field.label) : words ? label(words) : name;
}

function kindText(code) {
  const kind = DATA.incidents.kinds.find((one) => one.code === code);
  return kind ? label(kind.label) : code || "";
}

function gradeText(code) {
  const field = incidentField("grade");
  return field && code ? valueText(field, code) : "";
}

/* Opening one: a kind, a few words, and a place if there is one. */
function startIncident() {
  desk.draft = { kind: null, typed: "", text: "", placeless: false };
  desk.failed = null; desk.told = null;
  if (isPhone()) setSheet("half", { grow: true });
  renderIncidents();
  refocus("[data-control=draft-kind]");
}

/* While an incident is opened or corrected, a place that is chosen belongs to it. */
function takesPlace() {
  return state.tab === "incidents" && Boolean(desk.draft || desk.placing);
}

function takePlace(place) {
  state.place = place; state.answer = null;
  if (desk.draft) desk.draft.placeless = false;
  if (isPhone()) setSheet("half", { grow: true });
  renderIncidents();
  renderQuery();
  redrawSoon();
}

function placeWords(place) {
  const { districts } = surroundings(place.lon, place.lat);
  return [placeName(place), ...districts.slice(-2).map(({ layer, index }) => featureName(layer, index)), position(place.lon, place.lat)].filter(Boolean).join(" · ");
}

function foundKinds({ typed }) {
  const wanted = folded(typed);
  if (!wanted) return DATA.incidents.kinds.filter((kind) => QUICK_KINDS.includes(kind.code));
  const words = (kind) => [kind.label.zh, kind.label.en, kind.code, ...kind.also].map(folded);
  const rank = (kind) => (words(kind).some((word) => word.startsWith(wanted)) ? 0 : 1);
  return DATA.incidents.kinds.filter((kind) => words(kind).some((word) => word.includes(wanted))).sort((a, b) => rank(a) - rank(b)).slice(0, KINDS_SHOWN);
}

function draftIncidentNode() {
  const { draft } = desk, kinds = foundKinds(draft), place = draft.placeless ? null : state.place;
  const choose = (kind) => el("button", { type: "button", class: "choice", "aria-pressed": draft.kind === kind.code ? "true" : "false", "data-control": "kind-" + kind.code, "data-kind": kind.code,
    text: label(kind.label), onclick: () => { draft.kind = draft.kind === kind.code ? null : kind.code; renderIncidents(); } });
  const shown = draft.kind && !kinds.some((kind) => kind.code === draft.kind) ? [DATA.incidents.kinds.find((kind) => kind.code === draft.kind), ...kinds] : kinds;
  return el("form", { class: "filters stacked", autocomplete: "off", "aria-label": t("incident_new"), onsubmit: (event) => { event.preventDefault(); sendIncident(); } },
    el("h2", { text: t("incident_new") }),
    el("label", {}, el("span", { text: t("incident_kind") }), el("input", { type: "text", maxlength: "100", "data-control": "draft-kind", value: draft.typed, placeholder: t("kind_hint"), "aria-controls": "kinds",
      oninput: (event) => { draft.typed = event.target.value; renderIncidents(); },
      onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); if (kinds.length) { draft.kind = foundKinds(draft)[0].code; renderIncidents(); refocus("[data-control=draft-text]"); } } } })),
    el("div", { id: "kinds", class: "choices", role: "group", "aria-label": t("incident_kind") }, shown.map(choose)),
    kinds.length ? null : el("p", { class: "caution", role: "status", text: t("no_kind") }),
    el("label", {}, el("span", { text: t("incident_words") }), el("textarea", { rows: "2", maxlength: "1000", "data-control": "draft-text", value: draft.text, placeholder: t("words_hint"), oninput: (event) => { draft.text = event.target.value; } })),
    el("div", { class: place ? "hint" : "caution" }, el("p", {}, el("strong", { text: t("place") + " " }), place ? placeWords(place) : t("no_place_yet")),
      el("p", { class: "small", text: t("place_how") }),
      place ? el("button", { type: "button", class: "plain-button", "data-control": "draft-placeless", text: t("without_place"), onclick: () => { draft.placeless = true; renderIncidents(); } }) : null),
    desk.failed ? problemNode(desk.failed) : null,
    el("button", { type: "submit", class: "wide main", "data-control": "draft-open", disabled: !draft.kind || Boolean(desk.busy), text: t(desk.busy ? "sending" : draft.kind ? "incident_open" : "choose_kind") }),
    el("button", { type: "button", class: "plain-button", "data-control": "draft-drop", text: t("cancel"), onclick: () => { desk.draft = null; desk.failed = null; renderIncidents(); refocus("[data-control=incident-new]"); } }));
}

function sendIncident() {
  const { draft } = desk, place = draft.placeless ? null : state.place;
  if (!draft.kind) return;
  const body = { kind: draft.kind };
  if (draft.text.trim()) body.text = draft.text.trim();
  if (place) { body.lon = Number(place.lon.toFixed(6)); body.lat = Number(place.lat.toFixed(6)); if (place.layer && place.layer.draw === "villages" && place.layer.names[place.index]) body.address = place.layer.names[place.index]; }
  send("open", "v1/incidents?lang=" + state.language, body, (answer) => {
    desk.draft = null;
    showIncident(answer, t("incident_opened"));
    loadIncidents();
  });
}
