/* Arrival by road: times in parts, what is met on the way, the way itself on the map. */
const METRICS = ["", "travel_time", "road_distance", "straight_line"];
const MODES = ["drive", "walk"];

function hasRoads() {
  const layer = DATA.layers.find((one) => one.draw === "roads");
  return Boolean(layer && layer.count);
}

/* Minutes as one says them on the phone; a team never arrives earlier than told. */
function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return t("unknown");
  if (seconds < 60) return t("seconds", { n: Math.ceil(seconds) });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return t("minutes", { n: minutes });
  return t("hours_minutes", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

function byRoad(answer) {
  return Boolean(answer && answer.definition && ["travel_time", "road_distance"].includes(answer.definition.metric));
}

function isTimed(row) {
  return Number.isFinite(row.total_s) && state.answer && state.answer.definition && state.answer.definition.metric === "travel_time";
}

function measureText(row) {
  return isTimed(row) ? duration(row.total_s) : distance(row.distance_m);
}

/* What the answer is ranked by, in words that nobody can take for something else. */
function metricText(answer) {
  const metric = answer.definition ? answer.definition.metric : "straight_line";
  if (metric === "travel_time") return t("by_arrival", { mode: t("mode_" + (answer.query.mode || "drive")) });
  return t(metric === "road_distance" ? "by_road_distance" : "straight_line");
}

function partsText(row) {
  if (!isTimed(row)) return null;
  const parts = [["part_turnout", row.turnout_s], ["part_delay", row.delay_s], ["part_travel", row.travel_s]]
    .filter(([, seconds]) => Number.isFinite(seconds) && seconds >= 1);
  const told = parts.map(([key, seconds]) => t(key, { time: duration(seconds) })).join(" + ");
  return row.turnout_assumed ? told + " " + t("turnout_assumed") : told;
}

function wayText(row) {
  if (!state.answer || !byRoad(state.answer)) return null;
  const round = Number.isFinite(row.detour_ratio) && row.detour_ratio >= 1.05 ? t("detour", { n: row.detour_ratio.toFixed(1) }) : "";
  return [t("way", { road: distance(row.distance_m), straight: distance(row.straight_m) }), round].filter(Boolean).join(" · ");
}

/* A bridge is called by its own name, whatever the closure is called. */
function barrierName(met) {
  return met.road && met.name && met.road !== met.name ? `${met.road} (${met.name})` : met.road || met.name || met.id;
}

function wayNodes(row) {
  if (!byRoad(state.answer)) return [];
  const met = (row.barriers_met || []).map(barrierName), round = (row.goes_round || []).map(barrierName);
  return [
    el("p", { class: "small", text: [partsText(row), wayText(row)].filter(Boolean).join(" · ") }),
    Number.isFinite(row.beyond_edge_m) && row.beyond_edge_m > 0
      ? el("p", { class: "caution", text: t("beyond_edge", { distance: distance(row.beyond_edge_m) }) }) : null,
    met.length ? el("p", { class: "caution", text: t("barriers_met", { names: met.join(separator()) }) }) : null,
    round.length ? el("p", { class: "caution", text: t("goes_round", { names: round.join(separator()) }) }) : null,
    row.has_ferry ? el("p", { class: "caution", text: t("has_ferry") }) : null,
    turnsNode(row),
  ];
}

function turnsNode(row) {
  const turns = row.route && Array.isArray(row.route.turns) ? row.route.turns : [];
  return turns.length ? el("details", { "data-key": "turns-" + row.id }, el("summary", { text: t("turn_list", { n: turns.length }) }),
    el("ol", { class: "turns" }, turns.map((turn) => el("li", { text: turnText(turn) })))) : null;
}

function turnText(turn) {
  const words = own(DATA.texts, "turn_" + turn.turn);
  return [words ? label(words) : "", turn.road || t("unnamed_road"), distance(turn.distance_m)].filter(Boolean).join(" · ");
}

function metricControls() {
  if (!hasRoads()) return null;
  const select = (name, values, text, change) => {
    const node = el("select", { "data-control": name, onchange: (event) => { change(event.target.value); setTimeout(askNearest); } },
      values.map((value) => el("option", { value, text: text(value) })));
    node.value = form[name];
    return node;
  };
  return [
    el("label", {}, el("span", { text: t("metric") }), select("metric", METRICS, (value) => t("metric_" + (value || "default")), (value) => { form.metric = value; })),
    el("label", {}, el("span", { text: t("mode") }), select("mode", MODES, (value) => t("mode_" + value), (value) => { form.mode = value; })),
  ];
}

/* The ways of the answer, the first on top; false where the answer holds none, and rays are drawn. */
function drawRoutes(view) {
  if (!byRoad(state.answer)) return false;
  for (const row of [...drawnResults()].reverse()) {
    const geometry = row.route && row.route.geometry;
    if (!geometry) continue;
    row.routeShape = row.routeShape || shapeOf(geometry);
    if (!row.routeShape) continue;
    const first = row.rank === 1;
    stroke(view, [row.routeShape], "#fff", first ? 8 : 5.5);
    stroke(view, [row.routeShape], "#7a0177", first ? 4.6 : 2.4, first ? [] : [9, 5]);
  }
  return drawnResults().some((row) => row.routeShape);
}
