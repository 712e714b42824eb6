/* The nearest: who is first, how far, which telephone; then who was passed over and why. */
function renderQuery() {
  const node = document.getElementById("tab-query");
  const open = new Set([...node.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  const kept = node.contains(document.activeElement) ? document.activeElement.dataset.control : null;
  fill(node, placeNode(), DATA.served ? questionNode(open) : null, answerStatus(), state.answer ? answerNode(open) : null);
  if (kept) refocus(`[data-control="${kept}"]`); // the one who types keeps the place
}

function placeNode() {
  if (!state.place) {
    return el("p", { class: "hint", text: DATA.served ? t("choose_place") : t("needs_service") });
  }
  const { lon, lat } = state.place, name = placeName(state.place), where = surroundings(lon, lat);
  const district = where.districts.slice(-3).map(({ layer, index }) => featureName(layer, index)).join(" · ");
  return el("section", { class: "place", "aria-label": t("place") },
    el("p", { class: "place-name" }, el("span", { class: "place-mark", "aria-hidden": "true" }),
      el("strong", { text: name || district || t("chosen_place") })),
    el("p", { class: "small", text: [name && district ? district : null, name === position(lon, lat) ? null : position(lon, lat)].filter(Boolean).join(" · ") }),
    isOutside(lon, lat) ? el("p", { class: "caution" }, el("span", { "aria-hidden": "true", text: "⚠ " }), t("outside_county")) : null,
    areasNode(where.areas, "active", "danger", "inside_areas"),
    areasNode(where.areas, "watch", "caution", "inside_watched"),
    DATA.served ? null : el("p", { class: "hint", text: state.answer ? t("saved_answer") : t("needs_service") }));
}

function areasNode(areas, force, look, text) {
  const names = areas.filter(({ layer, index }) => areaForce(layer, index) === force).map(({ layer, index }) => featureName(layer, index));
  return names.length ? el("p", { class: look }, el("span", { "aria-hidden": "true", text: "⚠ " }), t(text, { names: names.join(separator()) })) : null;
}

function questionNode(open) {
  const buttons = DATA.query.layers.map((spec) => {
    const layer = layerNamed.get(spec.name), chosen = form.layer === spec.name;
    return el("button", { type: "button", class: "choice", "aria-pressed": chosen ? "true" : "false", "data-layer": spec.name, "data-control": spec.name,
      onclick: () => { form.layer = spec.name; state.answer = null; renderQuery(); askNearest(); } },
      layer && layer.symbols ? symbolImage(spec.symbol, 20) : null, el("span", { text: label(spec.label) }));
  });
  const count = el("select", { "data-control": "k", onchange: (event) => { form.k = Number(event.target.value); setTimeout(askNearest); } },
    [...new Set([3, 5, 10, 20, form.k])].sort((a, b) => a - b).map((k) => el("option", { value: String(k), text: String(k) })));
  count.value = String(form.k);
  const spec = DATA.query.layers.find((one) => one.name === form.layer);
  return el("section", { class: "question", "aria-label": t("question") },
    el("div", { class: "choices", role: "group", "aria-label": t("find_what") }, buttons),
    el("details", { "data-key": "conditions", open: open.has("conditions") || hasFilters() },
      el("summary", { "data-control": "conditions", text: hasFilters() ? t("conditions_set") : t("conditions") }),
      el("div", { class: "filters" }, spec ? spec.filters.map(filterNode) : null,
        metricControls(), el("label", {}, el("span", { text: t("how_many") }), count))));
}

function hasFilters() {
  return Object.values(form.filters[form.layer] || {}).some(Boolean);
}

function refocus(selector) {
  const node = document.querySelector(selector);
  if (node) node.focus({ preventScroll: true });
}

function filterNode(filter) {
  const set = (form.filters[form.layer] = form.filters[form.layer] || {});
  return filterControl(filter, set, () => setTimeout(askNearest)); // after the focus has moved on
}

function filterControl(filter, set, changed) {
  const change = (event) => { set[filter.name] = event.target.value; changed(); };
  if (filter.codes) {
    const input = el("select", { "data-control": filter.name, onchange: change }, el("option", { value: "", text: t("any") }),
      filter.codes.map((code) => el("option", { value: code.code, text: label(code.label) })));
    input.value = set[filter.name] || "";
    return el("label", {}, el("span", { text: label(filter.label) }), input);
  }
  return el("label", {}, el("span", { text: label(filter.label) }),
    el("input", { "data-control": filter.name, type: "number", min: "0", step: "any", inputmode: "decimal", value: set[filter.name] || "", onchange: change }));
}

function answerStatus() {
  const problem = state.problem && state.problem.what === "nearest" ? problemNode(state.problem) : null;
  const waiting = state.asking === "nearest" ? el("p", { class: "waiting", text: t("asking") }) : null;
  return [problem, waiting];
}

function answerNode(open) {
  const answer = state.answer, layer = layerNamed.get(answerLayerName());
  const excluded = Object.entries(answer.excluded_counts || {}).filter(([, count]) => count > 0);
  const total = excluded.reduce((sum, [, count]) => sum + count, 0);
  const opened = new Set((answer.to_open || []).map((row) => row.id)); // said once, where it can be acted on
  const passedOver = (answer.passed_over || []).filter((row) => !opened.has(row.id));
  const list = (key, heading, rows, note) => (rows && rows.length ? el("section", { class: "group " + key },
    el("h3", { text: `${heading} (${rows.length})` }), note ? el("p", { class: "small", text: note }) : null,
    el("ul", { class: "rows" }, rows.map((row) => excludedRow(row, layer, key)))) : null);
  return el("section", { class: "answer", "aria-label": t("results") },
    el("div", { class: "heading" }, el("h3", { text: t("nearest_heading", { layer: layer ? label(layer.label) : "", n: answer.results.length }) }),
      el("p", { class: "plain", text: metricText(answer) })),
    warningNodes(answer, open),
    answer.results.length ? el("ol", { class: "rows results" }, answer.results.map((row) => resultRow(row, layer))) : el("p", { class: "problem", text: t("no_results") }),
    list("to_confirm", t("to_confirm"), answer.to_confirm, t("to_confirm_note")),
    list("to_open", t("to_open"), answer.to_open, t("to_open_note")),
    list("passed_over", t("passed_over"), passedOver, t("passed_over_note")),
    el("details", { "data-key": "counts", open: open.has("counts") }, el("summary", { text: t("counts", { listed: answer.results.length, all: total + answer.results.length }) }),
      el("ul", { class: "plain-list" }, excluded.map(([reason, count]) => el("li", { text: `${reasonText(reason)}: ${count}` })))),
    answerFoot(answer));
}

/* Warnings of the service; a hazard area that it calls by its code is called by its name. More than two
   stand folded with their number: the first team must be seen without a finger's push. */
function warningNodes(answer, open) {
  const areas = DATA.layers.filter((layer) => layer.draw === "areas");
  const named = (text) => areas.reduce((told, layer) => layer.ids.reduce((all, id, index) =>
    (id.length > 2 && !all.includes(featureName(layer, index)) ? all.split(id).join(featureName(layer, index)) : all.split(" " + id).join("")), told), text);
  const nodes = (answer.warnings || []).map((text) => el("p", { class: "warning" }, el("span", { "aria-hidden": "true", text: "⚠ " }), named(String(text))));
  if (nodes.length <= 2) return nodes;
  return el("details", { "data-key": "warnings", class: "warnings", open: open.has("warnings") }, el("summary", {}, el("span", { class: "warning", text: "⚠ " + t("warnings", { n: nodes.length }) })), nodes);
}

function answerFoot(answer) {
  const ages = Object.entries(answer.data_as_of || {}).map(([name, asOf]) => {
    const layer = layerNamed.get(name);
    return `${layer ? label(layer.label) : name} ${dataTime(asOf)}`;
  });
  return el("p", { class: "small foot", text: [t("judged_at", { time: instant(answer.as_of) }), ages.length ? t("data_of", { text: ages.join(separator()) }) : "",
    t("snapshot", { id: answer.snapshot_id || t("unknown") })].filter(Boolean).join(" · ") });
}

function reasonText(reason) {
  const words = own(DATA.reasons, reason);
  return words ? label(words) : reason;
}

const RADIO = ["call_sign", "radio_channel"];

/* Telephones of a row, from the answer; contacts without one are said to have none. */
function contactNodes(row, layer) {
  if (!layer) return [];
  const fields = layer.contact.map((name) => fieldOf(layer, name)).filter(Boolean);
  const phones = fields.filter(isPhoneField), people = fields.filter((field) => !isPhoneField(field) && !RADIO.includes(field.name));
  const known = (field) => { const value = own(row, field.name); return value === null || value === undefined || value === "" ? null : value; };
  const names = people.map(known).filter(Boolean).map(String);
  const radio = RADIO.map((name) => fieldOf(layer, name)).filter(Boolean).filter(known);
  const numbers = [];
  for (const field of phones) if (known(field) && !numbers.some((one) => one.text === String(known(field)))) numbers.push({ field, text: String(known(field)) });
  const spoken = [names.join(separator()), ...radio.map((field) => `${label(field.label)} ${known(field)}`)].filter(Boolean).join(" · ");
  if (!numbers.length) {
    return el("p", { class: "call" }, el("span", { class: "no-phone", text: phones.length ? t("no_phone") : t("phone_hidden") }),
      el("span", { class: "small", text: spoken }));
  }
  return numbers.map(({ field, text }, number) => el("p", { class: "call" }, phoneNode(text),
    el("span", { class: "small", text: [number === 0 ? spoken : "", numbers.length > 1 ? label(field.label) : ""].filter(Boolean).join(" · ") })));
}

function flagText(flag) {
  const words = own(DATA.texts, "flag_" + flag);
  return words ? label(words) : t("flag_other", { flag });
}

/* How much of the item asked for a depot holds. */
function stockText(row, layer) {
  const item = (form.filters[form.layer] || {}).item;
  if (!item || !layer) return null;
  for (const child of layer.children) {
    const field = child.fields.find((one) => one.type === "code" && one.codes.some((code) => code.code === item));
    const code = field && field.codes.find((one) => one.code === item);
    if (!code) continue;
    const lines = stockLines(row, layer, child, field, item);
    const known = lines && lines.filter((quantity) => typeof quantity === "number");
    const held = !lines ? t("unknown") : !lines.length ? t("no_rows") : !known.length ? t("unknown") : grouped(known.reduce((sum, quantity) => sum + quantity, 0), 2) + " " + label(code.unit);
    return el("p", { class: "small stock", text: t("in_stock", { item: label(code.label), amount: held }) });
  }
  return null;
}

/* Quantities of one item, from the answer; a row without stock lines has those of the page while the data are the same. */
function stockLines(row, layer, child, field, item) {
  const told = own(row, child.name);
  if (Array.isArray(told)) return told.filter((line) => own(line, field.name) === item).map((line) => line.quantity);
  const index = layer.indexOfId.get(row.id);
  if (index === undefined || featuresOf(state.answer.snapshot_id) !== DATA.snapshot) return null;
  const at = child.fields.indexOf(field), amount = child.fields.findIndex((one) => one.name === "quantity");
  return (own(child.rows, String(index)) || []).filter((line) => line[at] !== null && field.codes[line[at]].code === item).map((line) => line[amount]);
}

function showRow(row, layer) {
  const index = layer ? layer.indexOfId.get(row.id) : undefined;
  if (index !== undefined) select(layer, index, { keepView: true });
  else { const at = rowPlace(row); if (at) showPlace(at[0], at[1], 13); }
}

function statusCode(row, layer) {
  return layer && layer.statusField ? own(row, layer.statusField) ?? own(row, "status") : null;
}

/* The symbol of the state that the answer tells: the page may have been made before it changed. */
function rowSymbol(row, layer) {
  if (!layer || !layer.stateSymbols) return null;
  const index = layer.indexOfId.get(row.id), status = statusCode(row, layer);
  return layer.stateSymbols[index === undefined ? 0 : layer.letterOf[index]][status || ""] ?? null;
}

function rowStatus(row, layer) {
  const code = statusCode(row, layer), symbol = rowSymbol(row, layer);
  const text = layer && layer.statusField ? statusText(layer, code) : null;
  return text === null ? null : el("span", { class: code ? "status" : "status unknown" },
    symbol === null ? null : symbolImage(symbol, 18), text);
}

function ageText(row, layer) {
  if (row.position_source === "home_base") return t("at_home_base");
  if (row.position_age_s !== null && row.position_age_s !== undefined) return t("position_age", { age: age(row.position_age_s) });
  if (row.position_source === "live") return t("position_unknown");
  const surveyed = own(row, "surveyed_on");
  return layer && fieldOf(layer, "surveyed_on") ? t("surveyed", { date: surveyed || t("unknown") }) : null;
}

/* A place that is only that of a village or a larger area is not where the team stands. */
function roughText(row, layer) {
  const field = layer ? fieldOf(layer, "location_precision") : null, precision = own(row, "location_precision");
  return field && ["village", "township", "county", "city"].includes(precision) ? t("placed_roughly", { level: valueText(field, precision) }) : null;
}

function resultRow(row, layer) {
  const free = row.capacity_free !== null && row.capacity_free !== undefined ? t("free_places", { n: grouped(row.capacity_free) })
    : layer && layer.role === "shelter" ? t("free_unknown") : null;
  const facts = [bearing(row.bearing_deg), free, ageText(row, layer), roughText(row, layer)].filter(Boolean).join(" · ");
  return el("li", { class: row.rank === 1 ? "result first" : "result", "data-id": row.id },
    el("div", { class: "line" }, el("span", { class: "rank", text: String(row.rank) }),
      el("button", { type: "button", class: "name", text: nameIn(layer, row), onclick: () => showRow(row, layer) }),
      el("span", { class: "distance", text: measureText(row) })),
    el("div", { class: "line second" }, rowStatus(row, layer), el("span", { class: "small", text: facts }),
      row.tied ? el("span", { class: "tag", text: t("tied") }) : null),
    (row.hazard_flags || []).filter((flag) => flag !== "destination_in").map((flag) => el("p", { class: "danger" }, el("span", { "aria-hidden": "true", text: "⚠ " }), flagText(flag))),
    wayNodes(row),
    row.wind_side ? el("p", { class: row.wind_side === "downwind" ? "caution" : "small", text: t("wind_" + row.wind_side) }) : null,
    stockText(row, layer),
    contactNodes(row, layer));
}

/* The detail of a reason; a hazard area is told by its name where the page knows it. */
function detailText(row) {
  if (row.reason !== "inside_hazard") return row.detail;
  for (const layer of DATA.layers) {
    const index = layer.draw === "areas" ? layer.indexOfId.get(row.detail) : undefined;
    if (index !== undefined) return featureName(layer, index);
  }
  return row.detail;
}

/* A reason and its detail, each said once: a state that says more than "not available" stands alone. */
function whyLeftOut(row, layer) {
  const why = reasonText(row.reason), status = statusCode(row, layer);
  const told = detailText(row) || "", detail = status && codeIs(layer, status, told) ? statusText(layer, status) : told;
  if (detail && row.reason === "unavailable") return { why: detail, detail: "" };
  const same = why.toLowerCase().replace(/^已/, "") === detail.toLowerCase().replace(/^已/, "");
  return { why, detail: same ? "" : detail };
}

/* Whether a text is the state itself, in either language: the service worded it in the language asked. */
function codeIs(layer, status, text) {
  const field = fieldOf(layer, layer.statusField), code = field && field.codes.find((one) => one.code === status);
  return Boolean(code) && (code.label.zh === text || code.label.en === text);
}

function excludedRow(row, layer, key) {
  const { why, detail } = key === "to_open" ? { why: null, detail: null } : whyLeftOut(row, layer);
  return el("li", { class: "result excluded", "data-id": row.id },
    el("div", { class: "line" }, el("button", { type: "button", class: "name", text: nameIn(layer, row), onclick: () => showRow(row, layer) }),
      el("span", { class: "distance", text: distance(row.straight_m) })),
    el("div", { class: "line second" }, why ? el("strong", { class: "reason", text: why }) : rowStatus(row, layer),
      el("span", { class: "small", text: [detail, bearing(row.bearing_deg)].filter(Boolean).join(" · ") })),
    row.reason === "lacks_item" ? stockText(row, layer) : null,
    contactNodes(row, layer));
}
