/* Names on the map: greedy, most important first; a name that finds no free place is not drawn. */
class LabelBoxes {
  constructor(view) { this.view = view; this.cells = new Map(); }
  isFree(x0, y0, x1, y1) {
    for (let i = Math.floor(x0 / 48); i <= Math.floor(x1 / 48); i++) {
      for (let j = Math.floor(y0 / 48); j <= Math.floor(y1 / 48); j++) {
        const cell = this.cells.get(i * 4096 + j);
        if (cell && cell.some((b) => b[0] < x1 && b[2] > x0 && b[1] < y1 && b[3] > y0)) return false;
      }
    }
    return true;
  }
  take(x0, y0, x1, y1) {
    const box = [x0, y0, x1, y1];
    for (let i = Math.floor(x0 / 48); i <= Math.floor(x1 / 48); i++) {
      for (let j = Math.floor(y0 / 48); j <= Math.floor(y1 / 48); j++) {
        const key = i * 4096 + j;
        if (!this.cells.has(key)) this.cells.set(key, []);
        this.cells.get(key).push(box);
      }
    }
  }
}

function placeText(view, boxes, text, x, y, { size = 12, weight = 400, colour = INK, offset = 0, halo = 3 }) {
  const { ctx } = view;
  ctx.font = `${weight} ${size}px ${FONT}`;
  const width = ctx.measureText(text).width, h = size * 1.2;
  const spots = offset === 0
    ? [[x - width / 2, y - h / 2]]
    : [[x + offset, y - h / 2], [x - offset - width, y - h / 2], [x - width / 2, y + offset], [x - width / 2, y - offset - h]];
  const seen = view.seen;
  const spot = spots.find(([left, top]) => boxes.isFree(left - 2, top, left + width + 2, top + h) &&
    (offset === 0 || (left > seen.x0 && left + width < seen.x1 && top > seen.y0 && top + h < seen.y1) || x < seen.x0 || x > seen.x1 || y < seen.y0 || y > seen.y1));
  if (!spot) return false;
  boxes.take(spot[0] - 2, spot[1], spot[0] + width + 2, spot[1] + h);
  ctx.textBaseline = "middle"; ctx.textAlign = "left"; ctx.lineJoin = "round";
  ctx.strokeStyle = "rgba(255,255,255,.92)"; ctx.lineWidth = halo;
  ctx.strokeText(text, spot[0], spot[1] + h / 2);
  ctx.fillStyle = colour; ctx.fillText(text, spot[0], spot[1] + h / 2);
  return true;
}

const LABELS_TRIED = 1500; // per layer and picture: more than fit on a screen
const DISTRICT_NAMES = { province: [0, 7], city: [0, 9], county: [7, 10.4], zone: [9, 10.4], development_zone: [10, 13], township: [9.5, 13.4], village: [14.5, 20], grid: [16, 20] };

function drawLabels(view, shown, boxes) {
  for (const layer of shown) if (layer.draw === "areas") labelAreas(view, layer, boxes);
  for (const layer of shown) if (layer.draw === "districts") labelDistricts(view, layer, boxes);
  labelRivers(view, boxes);
  const from = { symbols: 13, villages: 12 };
  for (const layer of shown) {
    if (view.zoom < (from[layer.draw] ?? 99)) continue;
    const village = layer.draw === "villages";
    const style = village
      ? { size: view.zoom < 13 ? 11.5 : 13, colour: "#3a3a3a", offset: 6 }
      : { size: 12.5, weight: 600, colour: INK, offset: symbolSize(view.zoom) / 2 + 2 };
    let tried = 0;
    for (const index of layer.ids.keys()) {
      if (labelPoint(view, boxes, layer, index, style) !== null && ++tried >= LABELS_TRIED) break;
    }
  }
}

/* Place the name of one feature; null where it is out of sight or has none, else whether it found a place. */
function labelPoint(view, boxes, layer, index, style) {
  const x = layer.x[index] * view.scale - view.ox, y = layer.y[index] * view.scale - view.oy;
  if (!(x > -80 && x < view.width + 80 && y > -20 && y < view.height + 20)) return null;
  if (!(layer.names && layer.names[index]) && !(layer.names_en && layer.names_en[index])) return null;
  if (view.named.has(`${layer.name}/${layer.ids[index]}`)) return null;
  return placeText(view, boxes, featureName(layer, index), x, y, style);
}

function labelDistricts(view, layer, boxes) {
  for (const index of layer.ids.keys()) {
    const level = levelOf(layer, index), range = own(DISTRICT_NAMES, level) || [10, 13];
    if (view.zoom < range[0] || view.zoom >= range[1]) continue;
    const county = level === "county" || level === "city";
    labelPoint(view, boxes, layer, index, { size: county ? 19 : level === "township" ? 14 : 12, weight: 600, colour: "#574a74", halo: 4 });
  }
}

/* One name per river and picture, at the bend nearest to the middle of what is seen. */
function labelRivers(view, boxes) {
  if (view.zoom < 10.5) return;
  const mx = (view.seen.x0 + view.seen.x1) / 2, my = (view.seen.y0 + view.seen.y1) / 2, best = new Map();
  for (const base of DATA.baseLines) {
    const name = (state.language === "en" && base.nameEn) || base.name;
    if (base.kind !== "river" || !name || !base.shape || !isSeen(view, base.shape.box)) continue;
    for (const part of base.shape.parts) {
      for (let i = 0; i < part.length; i += 2) {
        const x = part[i] * view.scale - view.ox, y = part[i + 1] * view.scale - view.oy, far = Math.hypot(x - mx, y - my);
        if (x > view.seen.x0 + 40 && x < view.seen.x1 - 40 && y > view.seen.y0 && y < view.seen.y1 && !(best.has(name) && best.get(name).far <= far)) best.set(name, { x, y, far });
      }
    }
  }
  for (const [name, { x, y }] of best) placeText(view, boxes, name, x, y, { size: 13, colour: "#1f5f96", halo: 4 });
}

function labelAreas(view, layer, boxes) {
  if (view.zoom < 10) return;
  for (const [index, shape] of layer.shape) {
    if (areaForce(layer, index) !== "active" && view.zoom < 12) continue;
    if (!shape || !isSeen(view, shape.box) || (shape.box[2] - shape.box[0]) * view.scale < 60) continue;
    labelPoint(view, boxes, layer, index, { size: 12.5, weight: 600, colour: DATA.areaStyles[layer.areaStyles[index]].colour, halo: 4 });
  }
}

/* The lines from the place to each result, the ranks, and the place itself. */
function toScreen(view, lon, lat) {
  return [worldX(lon) * view.scale - view.ox, worldY(lat) * view.scale - view.oy];
}

function drawnResults() {
  return state.answer && !state.raysHidden ? state.answer.results : [];
}

function drawAnswerLines(view) {
  const { ctx } = view;
  if (!state.place || drawRoutes(view)) return;
  const [px, py] = toScreen(view, state.place.lon, state.place.lat);
  for (const row of [...drawnResults()].reverse()) {
    const at = rowPlace(row);
    if (!at) continue;
    const [x, y] = toScreen(view, at[0], at[1]);
    const far = Math.hypot(x - px, y - py) || 1, out = Math.min(22, far / 2) / far;
    ctx.beginPath(); ctx.moveTo(px + (x - px) * out, py + (y - py) * out); ctx.lineTo(x, y);
    ctx.strokeStyle = "#fff"; ctx.lineWidth = row.rank === 1 ? 7 : 4.5; ctx.stroke();
    ctx.strokeStyle = "#7a0177"; ctx.lineWidth = row.rank === 1 ? 3.6 : 1.8; ctx.setLineDash(row.rank === 1 ? [] : [7, 4]); ctx.stroke(); ctx.setLineDash([]);
  }
}

function drawRanks(view, boxes) {
  const { ctx } = view;
  view.named = new Set();
  const layer = layerNamed.get(answerLayerName());
  for (const row of [...drawnResults()].reverse()) {
    const at = rowPlace(row);
    if (!at) continue;
    const [x, y] = toScreen(view, at[0], at[1]);
    const r = 12, bx = x, by = y - symbolSize(view.zoom) / 2 - r + 1;
    ctx.beginPath(); ctx.arc(bx, by, r, 0, 7); ctx.fillStyle = row.rank === 1 ? "#7a0177" : "#fff"; ctx.fill();
    ctx.strokeStyle = "#7a0177"; ctx.lineWidth = 2; ctx.stroke();
    ctx.font = `700 14px ${FONT}`; ctx.textAlign = "center"; ctx.textBaseline = "middle";
    ctx.fillStyle = row.rank === 1 ? "#fff" : "#7a0177"; ctx.fillText(String(row.rank), bx, by + 0.5);
    boxes.take(bx - r, by - r, bx + r, by + r);
    if (row.rank <= 10) {
      placeText(view, boxes, nameIn(layer, row), x, y, { size: 13.5, weight: 700, offset: symbolSize(view.zoom) / 2 + 3, halo: 4 });
      if (layer) view.named.add(`${layer.name}/${row.id}`);
    }
  }
}

function drawPlace(view, boxes) {
  if (!state.place) return;
  const { ctx } = view, [px, py] = toScreen(view, state.place.lon, state.place.lat);
  for (const [reach, width, colour] of [[13, 7, "#fff"], [13, 3, "#7a0177"]]) {
    ctx.strokeStyle = colour; ctx.lineWidth = width; ctx.beginPath(); ctx.arc(px, py, reach, 0, 7);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { ctx.moveTo(px + dx * 6, py + dy * 6); ctx.lineTo(px + dx * 21, py + dy * 21); }
    ctx.stroke();
  }
  boxes.take(px - 20, py - 20, px + 20, py + 20);
}

function drawSelected(view) {
  if (!state.selected) return;
  const { layer, index } = state.selected;
  const shape = layer.shape.get(index);
  if (shape) { stroke(view, [shape], "#fff", 7); stroke(view, [shape], "#7a0177", 3.5); }
  const x = layer.x[index] * view.scale - view.ox, y = layer.y[index] * view.scale - view.oy;
  if (!Number.isFinite(x)) return;
  const r = symbolSize(view.zoom) / 2 + 5;
  for (const [colour, width] of [["#fff", 6], ["#7a0177", 3]]) {
    view.ctx.beginPath(); view.ctx.arc(x, y, r, 0, 7); view.ctx.strokeStyle = colour; view.ctx.lineWidth = width; view.ctx.stroke();
  }
}
