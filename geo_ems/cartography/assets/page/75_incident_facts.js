/* What one reads of an incident: the conditions of its report, who leads with telephones, what happened. */
function conditionsNode(view) {
  const look = { true: "holds", false: "holds_not", null: "must_ask" };
  const order = [true, null, false], rows = [...view.must_report.conditions].sort((a, b) => order.indexOf(a.matched) - order.indexOf(b.matched));
  return el("ul", { class: "rows" }, rows.map((row) => el("li", {}, el("div", { class: "line" }, el("span", { class: "condition", text: row.label }),
    el("span", { class: row.matched === true ? "tag policy-closed" : "tag", text: t(own(look, String(row.matched)) || "must_ask") })), el("p", { class: "small", text: row.why }))));
}

function jurisdictionNode(view) {
  const { jurisdiction } = view, row = (district) => el("li", {}, rowName(district) + " ", district.duty_phone ? phoneNode(district.duty_phone) : el("span", { class: "no-phone", text: t("no_phone") }));
  if (!jurisdiction.chain.length) return el("p", { class: "caution", text: jurisdiction.words });
  return [
    jurisdiction.outside || jurisdiction.partly_outside ? el("p", { class: "caution", text: t("outside_county") }) : null,
    jurisdiction.leads ? null : el("p", { class: "caution", text: jurisdiction.words }),
    el("h3", { text: t("duty_phones") }), el("ul", { class: "plain-list" }, jurisdiction.chain.map(row)),
    jurisdiction.consent.length ? [el("h3", { text: t("consent_of") }), el("ul", { class: "plain-list" }, jurisdiction.consent.map(row))] : null,
  ];
}

function historyNode(view) {
  const entries = [...view.history.map((entry) => ({ entry, of: "" })), ...(view.merged || []).flatMap((other) => other.history.map((entry) => ({ entry, of: other.name || other.id })))];
  entries.sort((a, b) => b.entry.seq - a.entry.seq);
  if (!entries.length) return el("p", { class: "small", text: t("no_history") });
  return el("ul", { class: "rows" }, entries.map(({ entry, of }) => el("li", {},
    el("p", {}, el("strong", { text: actText(entry) }), ` · ${shortTime(entry.occurred_at || entry.recorded_at)}` + (entry.who ? ` · ${entry.who}` : "") + (of ? ` · ${of}` : ""), entry.undone_by ? el("span", { class: "tag", text: t("taken_back") }) : null),
    el("p", { class: "small", text: entry.changes.filter((change) => change.field !== "geometry").slice(0, 8).map(changeText).join("; ") }))));
}

function changeText(change) {
  const field = incidentField(change.field), told = (value) => (field && typeof value !== "object" ? valueText(field, value) : value === null || value === undefined ? t("none") : "…");
  return `${change.label}: ${change.words || (change.from === null || change.from === undefined ? told(change.to) : `${told(change.from)} → ${told(change.to)}`)}`;
}

/* The open incidents on the map, also those that are newer than the page; a ring marks the one looked at. */
function drawIncidents(view) {
  if (!desk.list) return;
  const { ctx } = view, layer = DATA.layers.find((one) => one.role === "incident");
  for (const row of desk.list) {
    const at = placeOfIncident(row), chosen = row.id === desk.id;
    const drawn = layer && layer.visible && layer.indexOfId.has(row.id);
    if (!at || (drawn && !chosen)) continue;
    const [x, y] = toScreen(view, at[0], at[1]);
    ctx.beginPath(); ctx.arc(x, y, chosen ? 17 : 11, 0, 7);
    if (!drawn) { ctx.fillStyle = "#ffe600"; ctx.fill(); }
    ctx.lineWidth = 3; ctx.strokeStyle = chosen ? "#a50f15" : "#000"; ctx.stroke();
    if (!drawn) { ctx.fillStyle = "#000"; ctx.font = "700 15px system-ui, sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.fillText("!", x, y); }
  }
}
