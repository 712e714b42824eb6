/* Who reaches a facility and who does not: the total, the worst districts, the villages left out. */
const LISTED = 12;

function renderCoverage() {
  const node = document.getElementById("tab-coverage");
  const layer = layerNamed.get(DATA.coverage.layer);
  const problem = state.problem && state.problem.what === "coverage" ? problemNode(state.problem) : null;
  fill(node,
    DATA.served && DATA.coverage.layer ? coverageForm(layer) : (state.coverage ? el("p", { class: "hint", text: t("saved_answer") }) : el("p", { class: "hint", text: t("needs_service") })),
    problem,
    state.asking === "coverage" ? el("p", { class: "waiting", text: t("asking") }) : null,
    state.coverage ? coverageNode(state.coverage) : null);
}

function coverageForm(layer) {
  const input = el("input", { type: "number", min: "100", max: "100000", step: "100", inputmode: "numeric", value: String(form.cutoff),
    onchange: (event) => { form.cutoff = Number(event.target.value); } });
  return el("form", { class: "filters", onsubmit: (event) => { event.preventDefault(); form.cutoff = Number(input.value); askCoverage(); } },
    el("label", {}, el("span", { text: t("coverage_within", { layer: layer ? label(layer.label) : DATA.coverage.layer }) }), input),
    el("button", { type: "submit", class: "wide", text: t("coverage_ask") }));
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
    el("p", { class: "figure" }, el("strong", { text: percent(reachable, people) }),
      el("span", { text: t("coverage_reach", { reachable: grouped(reachable), people: grouped(people) }) })),
    el("p", { class: "plain", text: t("coverage_out", { n: grouped(unreachable), cutoff: cutoff === null ? "" : distance(cutoff) }) }),
    (answer.warnings || []).map((text) => el("p", { class: "warning" }, el("span", { "aria-hidden": "true", text: "⚠ " }), text)),
    worst.length ? el("h3", { text: t("worst_districts") }) : null,
    worst.length ? el("ol", { class: "rows" }, worst.slice(0, LISTED).map(districtRow)) : null,
    out.length ? el("h3", { text: t("uncovered_villages", { n: out.length }) }) : el("p", { text: t("all_covered") }),
    out.length ? el("ul", { class: "rows" }, out.slice(0, LISTED).map(villageRow)) : null,
    out.length > LISTED ? el("p", { class: "small", text: t("and_more", { n: out.length - LISTED }) }) : null,
    answerFoot(answer));
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
