/* Who reaches a facility and who does not: the total, the worst districts, the villages left out. */
const LISTED = 12;

function renderCoverage() {
  const node = document.getElementById("tab-coverage");
  const kept = node.contains(document.activeElement) ? document.activeElement.dataset.control : null;
  const problem = state.problem && state.problem.what === "coverage" ? problemNode(state.problem) : null;
  fill(node,
    DATA.served && coverageAsked.layer ? coverageForm() : (state.coverage ? el("p", { class: "hint", text: t("saved_answer") }) : el("p", { class: "hint", text: t("needs_service") })),
    problem,
    state.asking === "coverage" ? el("p", { class: "waiting", text: t("asking") }) : null,
    state.coverage ? coverageNode(state.coverage) : null);
  if (kept) refocus(`#tab-coverage [data-control="${kept}"]`);
}

/* The layers one may ask about, with the conditions that a place of theirs either fits or not. */
function coverageLayers() {
  const specs = DATA.query.layers.map((spec) => ({ name: spec.name, label: spec.label, filters: spec.filters.filter((one) => own(FILTERED_FIELD, one.name)) }));
  const first = layerNamed.get(DATA.coverage.layer);
  return first && !specs.some((spec) => spec.name === first.name) ? [{ name: first.name, label: first.label, filters: [] }, ...specs] : specs;
}

function coverageForm() {
  const specs = coverageLayers(), spec = specs.find((one) => one.name === coverageAsked.layer);
  const set = (coverageAsked.filters[spec.name] = coverageAsked.filters[spec.name] || {});
  const choose = el("select", { "data-control": "coverage-layer", onchange: (event) => { coverageAsked.layer = event.target.value; renderCoverage(); } },
    specs.map((one) => el("option", { value: one.name, text: label(one.label) })));
  choose.value = spec.name;
  const input = el("input", { type: "number", step: "any", inputmode: "decimal", "data-control": "cutoff", value: coverageAsked.cutoff,
    "aria-invalid": coverageAsked.fault ? "true" : null, "aria-describedby": coverageAsked.fault ? "cutoff-fault" : null,
    oninput: (event) => { coverageAsked.cutoff = event.target.value; } });
  const tick = (name, text) => {
    const box = el("input", { type: "checkbox", "data-control": name, checked: coverageAsked[name], onchange: () => { coverageAsked[name] = box.checked; } });
    return el("label", { class: "tick" }, box, el("span", { text: t(text) }));
  };
  return el("form", { class: "filters", novalidate: true, onsubmit: (event) => { event.preventDefault(); askCoverage(); } },
    el("label", {}, el("span", { text: t("layer") }), choose),
    el("label", {}, el("span", { text: t("coverage_within") }), input),
    coverageAsked.fault ? el("p", { class: "problem", role: "alert", id: "cutoff-fault", text: t("coverage_distance_needed") }) : null,
    spec.filters.map((filter) => filterControl(filter, set, () => {})),
    tick("now", "coverage_now"), tick("unknown", "coverage_unknown"),
    el("button", { type: "submit", class: "wide", "data-control": "coverage-ask", text: t("coverage_ask") }));
}

/* What was asked, in words: the form may have moved on since. */
function coverageSubject(answer) {
  const name = answer.query && answer.query.layer, asked = answer.asked || { filters: {} };
  const spec = coverageLayers().find((one) => one.name === name), layer = layerNamed.get(name);
  const conditions = spec ? spec.filters.filter((one) => asked.filters[one.name]).map((one) => {
    const code = one.codes.find((each) => each.code === asked.filters[one.name]);
    return code ? label(code.label) : asked.filters[one.name];
  }) : [];
  return [spec || layer ? label((spec || layer).label) : name || "", ...conditions, asked.now ? t("coverage_now") : "", asked.unknown ? t("coverage_unknown") : ""].filter(Boolean).join(" · ");
}

function percent(part, whole) {
  return whole > 0 ? ((100 * part) / whole).toFixed(1) + "%" : t("nobody_lives");
}

function coverageNode(answer) {
  const { people, reachable, unreachable } = answer.total;
  const cutoff = answer.query && (answer.query.cutoff_m ?? null);
  const inhabited = (answer.districts || []).filter((row) => row.people > 0);
  const townships = inhabited.filter((row) => row.level === "township");
  const worst = (townships.length ? townships : inhabited)
    .filter((row) => row.unreachable > 0)
    .sort((a, b) => a.reachable / a.people - b.reachable / b.people || b.unreachable - a.unreachable || (a.id < b.id ? -1 : 1));
  const out = (answer.demand || []).filter((row) => !row.reachable && row.people > 0).sort((a, b) => b.people - a.people || (a.id < b.id ? -1 : 1));
  return el("section", { class: "answer", "aria-label": t("tab_coverage") },
    el("h3", { text: coverageSubject(answer) }),
    el("p", { class: "figure" }, el("strong", { text: percent(reachable, people) }),
      el("span", { text: t("coverage_reach", { reachable: grouped(reachable), people: grouped(people) }) })),
    el("p", { class: "plain", text: t("coverage_out", { n: grouped(unreachable), cutoff: cutoff === null ? "" : distance(cutoff) }) }),
    warningNodes(answer, new Set([...document.querySelectorAll("#tab-coverage details[open]")].map((one) => one.dataset.key))),
    worst.length ? el("h3", { text: t("worst_districts") }) : null,
    worst.length ? el("ol", { class: "rows" }, worst.slice(0, LISTED).map(districtRow)) : null,
    out.length ? el("h3", { text: t("uncovered_villages", { n: out.length }) }) : el("p", { text: t("all_covered") }),
    out.length ? el("button", { type: "button", class: "wide", "data-control": "coverage-csv", text: t("coverage_csv"), onclick: () => saveText("uncovered.csv", uncoveredCsv(answer, out)) }) : null,
    out.length ? el("ul", { class: "rows" }, out.slice(0, LISTED).map(villageRow)) : null,
    out.length > LISTED ? el("p", { class: "small", text: t("and_more", { n: out.length - LISTED }) }) : null,
    answerFoot(answer));
}

/* A cell that a spreadsheet would read as a formula is held back by an apostrophe. */
function csvCell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? "'" + value : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

function uncoveredCsv(answer, out) {
  const villages = DATA.layers.find((one) => one.draw === "villages"), facilities = layerNamed.get(answer.query && answer.query.layer);
  const nameOf = (layer, id) => { const index = layer ? layer.indexOfId.get(id) : undefined; return index === undefined ? null : featureName(layer, index); };
  const head = [t("csv_code"), t("name"), t("csv_district_code"), t("csv_district"), t("csv_people"), t("csv_reason"), t("csv_nearest"), t("csv_distance"), "lon", "lat"];
  const rows = out.map((row) => {
    const index = villages ? villages.indexOfId.get(row.id) : undefined, place = index === undefined ? null : villages.places[index];
    const at = place || (row.geometry && row.geometry.type === "Point" ? row.geometry.coordinates : []);
    return [row.id, nameOf(villages, row.id) || rowName(row), row.district_id, row.district_id ? districtName(row.district_id) : null, row.people,
      row.reason ? reasonText(row.reason) : null, row.nearest_id ? nameOf(facilities, row.nearest_id) || row.nearest_id : null,
      typeof row.nearest_cost === "number" ? Math.round(row.nearest_cost) : null, at[0], at[1]];
  });
  return "\ufeff" + [head, ...rows].map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");
}

function saveText(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function districtRow(row) {
  const bar = el("div", { class: "bar-full", "aria-hidden": "true" });
  const part = el("div", { class: "bar-part" });
  part.style.width = (100 * row.reachable) / row.people + "%";
  bar.append(part);
  return el("li", {}, el("div", { class: "line" }, el("button", { type: "button", class: "name", text: rowName(row), onclick: () => showDistrict(row.id) }),
    el("span", { class: "distance", text: percent(row.reachable, row.people) })), bar,
    el("span", { class: "small", text: t("out_of", { n: grouped(row.unreachable), people: grouped(row.people) }) }));
}

function showDistrict(id) {
  const layer = DATA.layers.find((one) => one.draw === "districts");
  const index = layer ? layer.indexOfId.get(id) : undefined;
  const shape = index === undefined ? null : layer.shape.get(index);
  if (!shape) return;
  const at = (x, y) => map.options.crs.pointToLatLng(L.point(x, y), 0);
  fitTo(L.latLngBounds(at(shape.box[0], shape.box[1]), at(shape.box[2], shape.box[3])), 14);
  state.selected = { layer, index };
  renderDetails();
  redrawSoon();
}

function villageRow(row) {
  const layer = DATA.layers.find((one) => one.draw === "villages");
  const index = layer ? layer.indexOfId.get(row.id) : undefined;
  const where = row.district_id ? districtName(row.district_id) : "";
  const known = index === undefined ? rowName(row) : featureName(layer, index);
  return el("li", {}, el("div", { class: "line" },
    el("button", { type: "button", class: "name", text: known, onclick: () => { if (index !== undefined) select(layer, index); else showDistrict(row.district_id); } }),
    el("span", { class: "distance", text: t("people", { n: grouped(row.people) }) })),
    el("span", { class: "small", text: [where, row.reason ? reasonText(row.reason) : "", row.nearest_cost !== null && row.nearest_cost !== undefined
      ? t("nearest_at", { distance: distance(row.nearest_cost) }) : ""].filter(Boolean).join(" · ") }));
}
