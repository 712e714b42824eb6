/* Closures: what acts on the roads now, closing a bridge or a road by a click, drawing an area,
   lifting and confirming. Every change is told by the service before it is shown. */
const closures = { list: null, asOf: null, problem: null, busy: false, tool: null, points: [], draft: { policy: "closed", direction: "both", reason: "", factor: "3", delay: "300" } };

async function loadClosures() {
  if (!DATA.served || !hasRoads()) return;
  try {
    const body = await ask(ROOT + "v1/barriers?lang=" + state.language);
    closures.list = (body.barriers || []).map((one) => ({ ...one, shape: shapeOf(one.geometry) }));
    closures.asOf = body.as_of;
    closures.problem = null;
  } catch (error) {
    closures.list = null; // an old list would be taken for the present one
    closures.problem = error instanceof Refusal ? error.problem : { title: t("no_connection"), detail: t("no_connection_detail") };
  }
  renderClosures();
  redrawSoon();
}

async function sendClosure(path, body) {
  if (closures.busy) return;
  closures.busy = true; closures.problem = null;
  renderClosures();
  try {
    await ask(ROOT + path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", "Idempotency-Key": newKey() } });
    endTool();
  } catch (error) {
    closures.problem = error instanceof Refusal ? error.problem : { title: t("no_connection"), detail: t("not_sent") };
  }
  closures.busy = false;
  const { problem } = closures;
  await loadClosures();
  if (problem) { closures.problem = problem; renderClosures(); } else if (state.place) askNearest({ keepView: true });
}

/* The same press, sent twice by a bad line, closes once. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function draftBody(more) {
  const { policy, direction, reason, factor, delay } = closures.draft;
  const body = { policy, ...more };
  if (direction !== "both") body.direction = direction;
  if (reason.trim()) body.reason = reason.trim();
  if (policy === "slow") body.slow_factor = Number(factor);
  if (policy === "delay") body.delay_s = Number(delay);
  return body;
}

function startTool(tool) {
  closures.tool = closures.tool === tool ? null : tool;
  closures.points = [];
  document.getElementById("map").classList.toggle("closing", Boolean(closures.tool));
  if (closures.tool && isPhone()) setSheet("low");
  renderClosures();
  redrawSoon();
}

function endTool() {
  closures.tool = null; closures.points = [];
  document.getElementById("map").classList.remove("closing");
}

/* A click while a tool is held belongs to the tool; true where it took it. */
function takeToolClick(latlng) {
  if (!closures.tool) return false;
  const at = latlng.wrap();
  if (closures.tool === "road") {
    closures.road = nearestRoad(at.lng, at.lat);
    closures.points = closures.road ? [closures.road.at] : [];
    openTab("closures");
    if (isPhone()) setSheet("half");
  } else {
    closures.points.push([at.lng, at.lat]);
  }
  renderClosures();
  redrawSoon();
  return true;
}

/* The road drawn nearest to a click, with the point on it; null where none lies within a finger's breadth. */
function nearestRoad(lon, lat) {
  const x = worldX(lon), y = worldY(lat), reach = 16 / 2 ** map.getZoom();
  let found = null;
  for (const layer of DATA.layers.filter((one) => one.draw === "roads")) {
    for (const [index, shape] of layer.shape) {
      if (!shape || x < shape.box[0] - reach || x > shape.box[2] + reach || y < shape.box[1] - reach || y > shape.box[3] + reach) continue;
      for (const part of shape.parts) {
        for (let i = 0; i + 3 < part.length; i += 2) {
          const [dx, dy] = [part[i + 2] - part[i], part[i + 3] - part[i + 1]], square = dx * dx + dy * dy;
          const share = square ? Math.max(0, Math.min(1, ((x - part[i]) * dx + (y - part[i + 1]) * dy) / square)) : 0;
          const [px, py] = [part[i] + share * dx, part[i + 1] + share * dy], far = Math.hypot(px - x, py - y);
          if (far <= (found ? found.far : reach)) found = { layer, index, far, at: lonLatOf(px, py) };
        }
      }
    }
  }
  return found;
}

function lonLatOf(x, y) {
  return [(x / 256) * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 256))) * 180) / Math.PI];
}

function isBridge({ layer, index }) {
  return rawValue(layer, "bridge", index) === true;
}

function sendDraft() {
  const round = ([lon, lat]) => [Number(lon.toFixed(6)), Number(lat.toFixed(6))];
  const points = closures.points.map(round);
  if (closures.tool === "area") { sendClosure("v1/barriers", draftBody({ geometry: { type: "Polygon", coordinates: [[...points, points[0]]] } })); return; }
  const place = { road_id: closures.road.layer.ids[closures.road.index] }; // a bridge whole, and not the road beneath it
  if (!isBridge(closures.road)) place.geometry = { type: "Point", coordinates: points[0] };
  sendClosure("v1/barriers", draftBody(place));
}

function isDrawn() {
  return closures.tool === "road" ? closures.points.length === 1 : closures.points.length >= 3;
}

function renderClosures() {
  const node = document.getElementById("tab-closures");
  const kept = node.contains(document.activeElement) ? document.activeElement.dataset.control : null;
  fill(node, !DATA.served ? el("p", { class: "hint", text: t("needs_service") }) : !hasRoads() ? el("p", { class: "hint", text: t("no_roads") })
    : [toolsNode(), closures.problem ? problemNode(closures.problem) : null, closureList()]);
  if (kept) refocus(`[data-control="${kept}"]`);
}

function toolsNode() {
  const tool = (name) => el("button", { type: "button", class: "choice", "aria-pressed": closures.tool === name ? "true" : "false", "data-control": "tool-" + name,
    text: t("tool_" + name), onclick: () => startTool(name) });
  return el("section", { class: "tools", "aria-label": t("closing") },
    el("div", { class: "choices two", role: "group", "aria-label": t("closing") }, tool("road"), tool("area")),
    closures.tool ? el("p", { class: "hint", role: "status", text: toolText() }) : null,
    closures.tool ? draftNode() : null);
}

function toolText() {
  if (!isDrawn()) return t("tool_" + closures.tool + "_hint", { n: closures.points.length });
  if (closures.tool === "area") return t("tool_ready");
  const { layer, index } = closures.road;
  return t(isBridge(closures.road) ? "bridge_chosen" : "road_chosen", { name: layer.names && layer.names[index] ? featureName(layer, index) : t("unnamed_road") });
}

function draftNode() {
  const { draft } = closures;
  const choose = (name, codes, prefix) => {
    const input = el("select", { "data-control": "draft-" + name, onchange: (event) => { draft[name] = event.target.value; renderClosures(); } },
      codes.map((code) => el("option", { value: code, text: t(prefix + code) })));
    input.value = draft[name];
    return el("label", {}, el("span", { text: t("draft_" + name) }), input);
  };
  const write = (name, type) => el("label", {}, el("span", { text: t("draft_" + name) }),
    el("input", { type, "data-control": "draft-" + name, value: draft[name], maxlength: "200", oninput: (event) => { draft[name] = event.target.value; } }));
  return el("div", { class: "filters" },
    choose("policy", ["closed", "slow", "delay"], "policy_"),
    draft.policy === "slow" ? write("factor", "number") : draft.policy === "delay" ? write("delay", "number") : null,
    closures.tool === "road" ? choose("direction", ["both", "forward", "backward"], "direction_") : null,
    write("reason", "text"),
    el("button", { type: "button", class: "wide", disabled: !isDrawn() || closures.busy, "data-control": "draft-send", text: t(closures.busy ? "sending" : "send_" + draft.policy), onclick: sendDraft }),
    el("button", { type: "button", class: "plain-button", "data-control": "draft-cancel", text: t("cancel"), onclick: () => { endTool(); renderClosures(); redrawSoon(); } }));
}

function closureList() {
  if (!closures.list) return closures.problem ? null : el("p", { class: "waiting", text: t("asking") });
  if (!closures.list.length) return el("p", { class: "hint", text: t("nothing_closed") });
  return [el("h3", { text: t("acting", { n: closures.list.length }) }), el("ul", { class: "rows" }, closures.list.map(closureRow))];
}

function closureRow(one) {
  const reach = one.roads_hit ? t("roads_hit", { n: one.roads_hit }) : "";
  const confirmed = Number.isFinite(one.confirmed_age_s) ? t("confirmed", { age: age(one.confirmed_age_s) }) : t("never_confirmed");
  const isBarrier = !one.layer || one.layer === "barriers";
  return el("li", { class: "result", "data-id": one.id },
    el("div", { class: "line" }, el("button", { type: "button", class: "name", text: rowName(one), onclick: () => showClosure(one) }),
      el("span", { class: "tag policy-" + one.policy, text: t("policy_" + one.policy) })),
    el("p", { class: "small", text: [one.reason, reach, isBarrier ? confirmed : layerLabel(one.layer), one.valid_to ? t("until", { time: instant(one.valid_to) }) : ""].filter(Boolean).join(" · ") }),
    reach ? null : el("p", { class: "danger" }, el("span", { "aria-hidden": "true", text: "⚠ " }), t("no_roads_hit")),
    isBarrier ? el("div", { class: "line" },
      el("button", { type: "button", class: "plain-button", "data-control": "lift-" + one.id, disabled: closures.busy, text: t("lift"), onclick: () => sendClosure(`v1/barriers/${encodeURIComponent(one.id)}/lift`, {}) }),
      el("button", { type: "button", class: "plain-button", "data-control": "confirm-" + one.id, disabled: closures.busy, text: t("confirm_again"), onclick: () => sendClosure(`v1/barriers/${encodeURIComponent(one.id)}/confirm`, {}) })) : null);
}

function layerLabel(name) {
  const layer = layerNamed.get(name);
  return layer ? label(layer.label) : name;
}

function showClosure(one) {
  if (one.geometry && one.geometry.type === "Point") { showPlace(one.geometry.coordinates[0], one.geometry.coordinates[1], 14); return; }
  if (!one.shape) return;
  const [west, south] = lonLatOf(one.shape.box[0], one.shape.box[3]), [east, north] = lonLatOf(one.shape.box[2], one.shape.box[1]);
  fitTo([[south, west], [north, east]], 14);
}

/* What acts now, as the service says it, and what is being drawn: a white cross on red marks a closure. */
function drawClosures(view) {
  for (const one of closures.list || []) {
    if (one.layer === "hazard_areas") continue; // drawn with its own layer
    if (one.shape) { stroke(view, [one.shape], "#fff", 8); stroke(view, [one.shape], "#b0120a", 4.5, one.policy === "closed" ? [] : [9, 6]); }
    const at = one.geometry && one.geometry.type === "Point" ? one.geometry.coordinates : null;
    if (at) drawCross(view, at, one.policy === "closed");
  }
  const points = closures.points.map(([lon, lat]) => toScreen(view, lon, lat)), { ctx } = view;
  if (!points.length) return;
  ctx.beginPath();
  points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  if (points.length > 2) ctx.closePath();
  ctx.fillStyle = "rgba(176,18,10,.18)"; ctx.fill(); ctx.strokeStyle = "#b0120a"; ctx.lineWidth = 2.5; ctx.setLineDash([6, 4]); ctx.stroke(); ctx.setLineDash([]);
  for (const [x, y] of points) { ctx.beginPath(); ctx.arc(x, y, 6, 0, 7); ctx.fillStyle = "#fff"; ctx.fill(); ctx.lineWidth = 3; ctx.stroke(); }
}

function drawCross(view, [lon, lat], closed) {
  const { ctx } = view, [x, y] = toScreen(view, lon, lat), r = 11;
  ctx.beginPath(); ctx.arc(x, y, r, 0, 7); ctx.fillStyle = closed ? "#b0120a" : "#b36b00"; ctx.fill(); ctx.strokeStyle = "#fff"; ctx.lineWidth = 2; ctx.stroke();
  ctx.beginPath();
  if (closed) { ctx.moveTo(x - 5, y - 5); ctx.lineTo(x + 5, y + 5); ctx.moveTo(x + 5, y - 5); ctx.lineTo(x - 5, y + 5); } else { ctx.moveTo(x, y - 6); ctx.lineTo(x, y + 2); ctx.moveTo(x, y + 5); ctx.lineTo(x, y + 6); }
  ctx.lineWidth = 3; ctx.stroke();
}
