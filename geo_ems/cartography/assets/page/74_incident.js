/* One incident: its report clock and what decides it, who leads, what is still to be asked, and its end. */
const QUESTIONS = ["trapped_persons", "injured_persons", "seriously_injured_persons", "missing_persons", "dead_persons", "affected_people_persons", "wind_from_deg"];
const NEARBY_AT_ONCE = 2;
const ACTS = ["open", "refine", "merge", "terminate", "reopen", "report_first", "report_follow_up", "report_final", "received", "undo"];

function openIncident(id, { look = true } = {}) {
  desk.id = id; desk.view = null; desk.viewProblem = null; desk.orders = null; desk.failed = null; desk.told = null; desk.placing = false; desk.mergeUndo = null;
  desk.refine = {}; desk.report = {}; desk.chains.clear();
  clearRecommendation();
  keepAddress(id);
  renderIncidents();
  document.getElementById("scroller").scrollTop = 0;
  if (look) loadIncident({ look });
}

/* A page that is loaded anew comes back to the incident that was looked at. */
function keepAddress(id) {
  window.history.replaceState(null, "", id ? "#incident=" + encodeURIComponent(id) : window.location.pathname + window.location.search);
}

function incidentOfAddress() {
  const found = /^#incident=(.+)$/.exec(window.location.hash);
  try { return found ? decodeURIComponent(found[1]) : null; } catch { return null; }
}

function closeIncident() {
  const { id } = desk;
  desk.id = null; desk.view = null; desk.failed = null; desk.placing = false;
  clearRecommendation();
  keepAddress(null);
  loadIncidents();
  renderIncidents();
  redrawSoon();
  refocus(`[data-control="incident-${CSS.escape(id)}"]`);
}

async function loadIncident({ look = false } = {}) {
  if (!DATA.served || !desk.id) return;
  const { id } = desk, mine = (desk.viewing = {});
  try {
    const [view, orders] = await Promise.all([ask(ROOT + incidentPath(id)), ask(ROOT + "v1/assignments?state=all&incident=" + encodeURIComponent(id))]);
    if (desk.viewing !== mine || desk.id !== id) return;
    takeView(view);
    desk.orders = orders.assignments || [];
    loadChains();
  } catch (error) {
    if (desk.viewing !== mine || desk.id !== id) return;
    desk.view = null; desk.orders = null; // an old view would be taken for the present one
    desk.viewProblem = problemOf(error, "no_connection_detail");
  }
  renderIncidents();
  redrawSoon();
  const place = look && desk.view && placeOfIncident(desk.view.incident);
  if (place) showPlace(place[0], place[1], 12);
}

function takeView(view) {
  desk.view = { ...view, heardAt: performance.now() };
  desk.viewProblem = null;
}

/* The answer to an act is the incident whole; with it comes what may be taken back. */
function showIncident(answer, text) {
  if (desk.id !== answer.incident.id) openIncident(answer.incident.id, { look: false });
  takeView(answer);
  desk.told = { text, warnings: answer.warnings };
  loadIncident();
}

function placeOfIncident(incident) {
  const shape = incident.geometry;
  if (!shape) return null;
  if (shape.type === "Point") return shape.coordinates;
  const found = shapeOf(shape);
  return found ? lonLatOf((found.box[0] + found.box[2]) / 2, (found.box[1] + found.box[3]) / 2) : null;
}

function actIncident(what, path, body, text, options = {}) {
  send(what, incidentPath(desk.id, path), body, (answer) => { showIncident(answer, text); loadIncidents(); }, options);
}

function incidentNode(open) {
  const back = el("button", { type: "button", class: "plain-button", "data-control": "incident-back", text: "‹ " + t("all_incidents"), onclick: closeIncident });
  const { view } = desk;
  if (!view) return [back, actNodes(), desk.viewProblem ? problemNode(desk.viewProblem) : el("p", { class: "waiting", text: t("asking") })];
  const values = view.incident.properties, over = values.state === "terminated";
  const group = (key, heading, ...nodes) => el("details", { "data-key": key, class: "part", open: open.has(key) }, el("summary", { "data-control": "part-" + key, text: heading }), nodes);
  const busy = (desk.orders || []).some((row) => !ENDED.includes(row.status)), nearby = over ? null : nearbyNode(view, open);
  return [
    el("div", { class: "line" }, back, undoNode(view, busy)),
    el("div", { class: "line head" }, el("h2", { text: rowName({ ...values, id: view.incident.id }) }), over ? el("span", { class: "tag", text: t("is_over") }) : clockNode(view)),
    el("p", { class: "small", text: [kindText(values.kind), gradeText(values.grade), t("received", { time: shortTime(values.received_at) })].filter(Boolean).join(" · ") }),
    values.description ? el("p", { text: values.description }) : null,
    countsText(values) ? el("p", {}, el("strong", { text: countsText(values) })) : null,
    view.incident.geometry ? null : el("p", { class: "caution", text: t("no_place_yet") }),
    actNodes(),
    over ? el("button", { type: "button", class: "wide", "data-control": "reopen", disabled: Boolean(desk.busy), text: t("reopen"), onclick: () => actIncident("reopen", "/reopen", {}, t("reopened")) }) : null,
    over ? null : reportNode(view, group),
    busy ? null : nearby,
    ordersNode(open),
    busy ? nearby : null,
    over ? null : recommendationNode(open),
    over ? null : group("asks", t("ask_now", { n: view.must_report.ask.length }), refineNode(view)),
    group("conditions", t("conditions_of_report"), conditionsNode(view)),
    group("jurisdiction", t("who_leads", { name: view.jurisdiction.leads ? rowName(view.jurisdiction.leads) : t("unknown") }), jurisdictionNode(view)),
    group("history", t("history", { n: view.history.length }), historyNode(view)),
    over ? null : group("end", t("ending"), el("button", { type: "button", class: "wide", "data-control": "terminate", disabled: Boolean(desk.busy), text: t(desk.busy === "terminate" ? "sending" : "terminate"),
      onclick: () => actIncident("terminate", "/terminate", {}, t("terminated")) })),
  ];
}

function countsText(values) {
  return QUESTIONS.filter((name) => values[name] !== null && values[name] !== undefined && incidentField(name))
    .map((name) => `${label(incidentField(name).label)} ${name === "wind_from_deg" ? bearing(values[name]) : valueText(incidentField(name), values[name])}`).join(" · ");
}

/* The next action: is it to be reported, to whom, and that it was. */
function reportNode(view, group) {
  const { must_report: must, reports } = view, first = !reports.length;
  const words = must.value === true ? "must_report" : must.value === false ? "need_not_report" : null;
  const addressees = (rows) => el("ul", { class: "plain-list" }, rows.map((row) => el("li", {}, row.label + " ", row.phone ? phoneNode(row.phone) : null)));
  return el("section", { class: "report", "aria-label": t("reporting") },
    el("p", { class: first && must.value !== false ? "danger" : "small" }, words ? el("strong", { text: t(words) + " " }) : null, must.why),
    must.province_banner ? el("p", { class: "danger", text: must.province_banner }) : null,
    reports.map((row) => el("p", { class: "small", text: t("report_sent_at", { kind: t("report_" + (["first", "follow_up", "final"].includes(row.kind) ? row.kind : "follow_up")), time: shortTime(row.sent_at) }) })),
    first ? el("button", { type: "button", class: must.value === false ? "wide" : "wide main", "data-control": "report", disabled: Boolean(desk.busy), text: t(desk.busy === "report" ? "sending" : "report_done_first"), onclick: () => sendReport("first") }) : null,
    group("report", t(first ? "report_whom" : "report_more"),
      must.recipients.length ? [el("h3", { text: t("recipients") }), addressees(must.recipients)] : null,
      must.copies.length ? [el("h3", { text: t("copies") }), addressees(must.copies)] : null,
      first ? null : el("div", { class: "filters stacked" },
        ["progress", "measures", "cause", "result"].map((name) => el("label", {}, el("span", { text: t("report_" + name) }), el("textarea", { rows: "2", maxlength: "2000", "data-control": "report-" + name, value: desk.report[name] || "", oninput: (event) => { desk.report[name] = event.target.value; } }))),
        el("div", { class: "line" }, ["follow_up", "final"].map((kind) => el("button", { type: "button", class: "plain-button", "data-control": "report-" + kind, disabled: Boolean(desk.busy), text: t("report_done_" + kind), onclick: () => sendReport(kind) }))))));
}

function sendReport(kind) {
  const body = { kind };
  for (const [name, text] of Object.entries(desk.report)) if (text.trim()) body[name] = text.trim();
  actIncident("report", "/reports", body, t("report_kept"));
  desk.report = {};
}

/* Those near it that are open: perhaps the same. Merging ends this one; its history stays. */
function nearbyNode(view, open) {
  if (!view.nearby_open.length) return null;
  const first = view.nearby_open.slice(0, NEARBY_AT_ONCE), more = view.nearby_open.slice(NEARBY_AT_ONCE);
  const list = (rows) => el("ul", { class: "rows" }, rows.map(nearbyRow));
  return el("section", { class: "group to_confirm", "aria-label": t("nearby") }, el("h3", { text: t("nearby") }), list(first),
    more.length ? el("details", { "data-key": "nearby", open: open.has("nearby") }, el("summary", { "data-control": "nearby", text: t("and_more", { n: more.length }) }), list(more)) : null);
}

function nearbyName(row) {
  const listed = (desk.list || []).find((one) => one.id === row.id);
  return listed ? rowName({ ...listed.properties, id: row.id }) : row.name || row.id;
}

function nearbyRow(row) {
  return el("li", { class: "result", "data-id": row.id },
    el("p", {}, el("strong", { text: nearbyName(row) }), " · " + [kindText(row.kind), Number.isFinite(row.straight_m) ? distance(row.straight_m) : t("no_place_yet"), t("received", { time: shortTime(row.received_at) })].join(" · ")),
    el("div", { class: "line" },
      el("button", { type: "button", class: "plain-button", "data-control": "merge-" + row.id, disabled: Boolean(desk.busy), text: t("merge"), onclick: () => mergeInto(row) }),
      el("button", { type: "button", class: "plain-button", "data-control": "look-" + row.id, text: t("look_at_it"), onclick: () => openIncident(row.id) })));
}

function mergeInto(row) {
  send("merge", incidentPath(desk.id, "/merge"), { into: row.id }, (answer) => {
    const undo = lastAct(answer);
    openIncident(row.id);
    desk.told = { text: t("merged", { name: nearbyName(row) }), warnings: answer.warnings };
    desk.mergeUndo = undo;
    loadIncidents();
  });
}

/* What was done last and not taken back; the service tells its number. */
function lastAct(view) {
  const acts = view.history.filter((entry) => !entry.undone_by && entry.action !== "undo");
  return acts.length ? acts[acts.length - 1] : null;
}

function actText(entry) {
  return ACTS.includes(entry.action) ? t("act_" + entry.action) : t("act_other");
}

/* An incident that has somebody under way is not taken back as if it had not been. */
function undoNode(view, busy) {
  const last = desk.mergeUndo || lastAct(view);
  if (!last || (busy && last.action === "open")) return null;
  return el("button", { type: "button", class: "plain-button", "data-control": "undo", disabled: Boolean(desk.busy), text: t("undo_act", { what: actText(last) }), onclick: () => undoAct(last) });
}

function undoAct(entry) {
  const erased = entry.action === "open";
  send("undo", "v1/undo", { seq: entry.seq }, () => {
    desk.told = { text: t("undone", { what: actText(entry) }) };
    desk.mergeUndo = null;
    if (erased) { const { told } = desk; closeIncident(); desk.told = told; } else { loadIncident(); loadIncidents(); }
  });
}

/* What must be asked first; the counts and the wind stand below it. A field left empty changes nothing. */
function refineNode(view) {
  const asked = view.must_report.ask.filter((name) => incidentField(name)), others = QUESTIONS.filter((name) => !asked.includes(name));
  const checks = view.must_report.ask.filter((name) => !incidentField(name));
  const changed = Object.values(desk.refine).some((value) => value !== "");
  return el("form", { class: "filters", autocomplete: "off", onsubmit: (event) => { event.preventDefault(); sendRefined(view); } },
    checks.length ? el("p", { class: "small", text: t("still_ask", { what: checks.map(askText).join(separator()) }) }) : null,
    [...asked, ...others].map((name) => questionField(name, view.incident.properties[name])),
    el("label", {}, el("span", { text: t("incident_words") }), el("textarea", { rows: "2", maxlength: "1000", "data-control": "refine-description", value: desk.refine.description ?? view.incident.properties.description ?? "", oninput: (event) => { desk.refine.description = event.target.value; } })),
    el("div", { class: "hint" }, el("label", { class: "tick" }, el("input", { type: "checkbox", "data-control": "refine-place", checked: Boolean(desk.placing), onchange: (event) => { desk.placing = event.target.checked; renderIncidents(); } }), el("span", { text: t("set_place") })),
      desk.placing ? el("p", { class: "small", text: state.place ? placeWords(state.place) : t("place_how") }) : null),
    el("button", { type: "submit", class: "wide main", "data-control": "refine-send", disabled: Boolean(desk.busy), "data-changed": changed ? "yes" : null, text: t(desk.busy === "refine" ? "sending" : "refine_send") }));
}

function questionField(name, now) {
  const field = incidentField(name);
  if (!field) return null;
  const typed = (event) => { desk.refine[name] = event.target.value; }, control = "refine-" + name, value = desk.refine[name] ?? (now === null || now === undefined ? "" : String(now));
  const choices = field.type === "boolean" ? [["true", t("yes")], ["false", t("no")]] : field.codes.map((code) => [code.code, label(code.label)]);
  if (field.type === "boolean" || field.type === "code") {
    const input = el("select", { "data-control": control, onchange: typed }, el("option", { value: "", text: t("not_known") }), choices.map(([code, text]) => el("option", { value: code, text })));
    input.value = value;
    return el("label", {}, el("span", { text: label(field.label) }), input);
  }
  const isText = field.type !== "integer" && field.type !== "real";
  return el("label", {}, el("span", { text: label(field.label) + (name === "wind_from_deg" ? " " + t("degrees") : "") }),
    el("input", { type: isText ? "text" : "number", min: isText ? null : "0", step: isText ? null : "1", inputmode: isText ? null : "numeric", maxlength: isText ? "500" : null, "data-control": control, value, oninput: typed }));
}

function sendRefined(view) {
  const body = {};
  for (const [name, text] of Object.entries(desk.refine)) {
    const field = incidentField(name), type = field ? field.type : "text";
    if (text === "") continue;
    body[name] = type === "boolean" ? text === "true" : type === "integer" || type === "real" ? Number(text) : text;
  }
  if (desk.placing && state.place) { body.lon = Number(state.place.lon.toFixed(6)); body.lat = Number(state.place.lat.toFixed(6)); }
  if (!Object.keys(body).length) { desk.failed = { what: "refine", title: t("nothing_changed") }; renderIncidents(); return; }
  send("refine", incidentPath(desk.id), body, (answer) => { desk.refine = {}; desk.placing = false; showIncident(answer, t("refined")); loadIncidents(); },
    { method: "PATCH", headers: { "If-Match": `"${view.rev}"` } });
}
