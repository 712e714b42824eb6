/* The picture: one canvas, drawn from bottom to top. Symbols are stamped from ready images, so
   20,000 of them stay usable; what the keyboard reaches is the table beside the map. */
const FONT = '"Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","Heiti SC",system-ui,sans-serif';
const INK = "#1b1b1b";
const images = new Map();
let redrawWaiting = 0;
const stamps = new Map();

/* A symbol at one size as ready pixels: an SVG picture would be drawn anew at every place. */
function stampOf(number, size) {
  const ratio = window.devicePixelRatio || 1, key = `${state.language}/${number}/${size}/${ratio}`;
  if (!stamps.has(key)) {
    const image = imageOf(SVG_URI[state.language][number]);
    if (!image.complete || !image.naturalWidth) return null;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(size * ratio);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    stamps.set(key, canvas);
  }
  return stamps.get(key);
}

function imageOf(uri) {
  if (!images.has(uri)) {
    const image = new Image();
    image.onload = () => redrawSoon();
    image.src = uri;
    images.set(uri, image);
  }
  return images.get(uri);
}

function redrawSoon() {
  if (redrawWaiting || !window.geoEmsDrawing) return;
  redrawWaiting = requestAnimationFrame(() => { redrawWaiting = 0; window.geoEmsDrawing.redraw(); });
}

function widthAt(widths, zoom) {
  const at = Math.max(0, Math.min(2.999, (zoom - 9) / 3));
  const i = Math.floor(at);
  return widths[i] + (widths[i + 1] - widths[i]) * (at - i);
}

/* Symbols grow with the zoom; where many layers crowd a small scale they start smaller. */
function symbolSize(zoom) {
  const many = DATA.layers.reduce((sum, layer) => sum + (layer.visible && layer.draw === "symbols" ? layer.count : 0), 0) > 120;
  if (zoom < 11) return many ? 13 : 17;
  return zoom < 12 ? (many ? 16 : 20) : zoom < 13.5 ? 23 : 27;
}

/* Scarce things lie on top: incidents, then the layer with the fewest features. */
function symbolLayers() {
  const rank = (layer) => (layer.role === "incident" ? -1 : layer.count);
  return DATA.layers.filter((layer) => layer.visible && layer.draw === "symbols").sort((a, b) => rank(a) - rank(b));
}

function sizeIn(layer, zoom) {
  return layer.role === "incident" ? Math.max(22, symbolSize(zoom)) : symbolSize(zoom);
}

const Drawing = L.Renderer.extend({
  options: { padding: 0.25 },
  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this.ctx = this._container.getContext("2d");
  },
  _destroyContainer() { L.DomUtil.remove(this._container); },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    this.redraw();
  },
  redraw() {
    if (!this._bounds || !this._map) return;
    const size = this._bounds.getSize(), ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    if (this._container.width !== Math.round(size.x * ratio) || this._container.height !== Math.round(size.y * ratio)) {
      this._container.width = Math.round(size.x * ratio);
      this._container.height = Math.round(size.y * ratio);
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
    }
    const zoom = this._map.getZoom(), origin = this._map.getPixelOrigin().add(this._bounds.min);
    const view = { ctx: this.ctx, zoom, scale: 2 ** zoom, ox: origin.x, oy: origin.y, width: size.x, height: size.y };
    const corner = this._map.containerPointToLayerPoint([0, 0]).subtract(this._bounds.min), seen = this._map.getSize();
    view.seen = { x0: corner.x + 2, y0: corner.y + 2, x1: corner.x + seen.x - 2, y1: corner.y + seen.y - 24 };
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.ctx.fillStyle = "#f3f1ea";
    this.ctx.fillRect(0, 0, size.x, size.y);
    this.ctx.lineJoin = this.ctx.lineCap = "round";
    drawAll(view);
  },
});

function isSeen(view, box) {
  const m = 60;
  return box[2] * view.scale - view.ox > -m && box[0] * view.scale - view.ox < view.width + m &&
    box[3] * view.scale - view.oy > -m && box[1] * view.scale - view.oy < view.height + m;
}

function trace(view, shape) {
  const { ctx, scale, ox, oy } = view;
  for (const part of shape.parts) {
    let px = NaN, py = NaN;
    for (let i = 0; i < part.length; i += 2) {
      const x = part[i] * scale - ox, y = part[i + 1] * scale - oy;
      if (i === 0) ctx.moveTo(x, y);
      else if (Math.abs(x - px) + Math.abs(y - py) >= 1 || i === part.length - 2) ctx.lineTo(x, y);
      else continue;
      px = x; py = y;
    }
    if (shape.area) ctx.closePath();
  }
}

function stroke(view, shapes, colour, width, dash = []) {
  const { ctx } = view;
  ctx.beginPath();
  for (const shape of shapes) if (isSeen(view, shape.box)) trace(view, shape);
  ctx.strokeStyle = colour; ctx.lineWidth = width; ctx.setLineDash(dash); ctx.stroke(); ctx.setLineDash([]);
}

function drawAll(view) {
  const shown = DATA.layers.filter((layer) => layer.visible);
  const boxes = new LabelBoxes(view);
  for (const layer of shown) if (layer.draw === "districts") drawDistricts(view, layer);
  drawRivers(view);
  for (const layer of shown) if (layer.draw === "areas") drawAreas(view, layer);
  for (const layer of shown) if (layer.draw === "roads") drawRoads(view, layer);
  drawBaseRoads(view);
  for (const layer of shown) if (layer.draw === "villages") drawVillages(view, layer);
  drawAnswerLines(view);
  for (const layer of symbolLayers().reverse()) drawSymbols(view, layer, boxes);
  drawClosures(view);
  drawIncidents(view);
  drawPlace(view, boxes);
  drawRanks(view, boxes);
  drawSelected(view);
  drawLabels(view, shown, boxes);
}

function levelOf(layer, index) {
  return codeOf(layer, "level", index);
}

const UPPER_LEVELS = ["province", "city", "county"];

function drawDistricts(view, layer) {
  const { ctx } = view;
  const rows = [...layer.shape].map(([index, shape]) => ({ shape, level: levelOf(layer, index) })).filter(({ shape, level }) =>
    shape && shape.area && isSeen(view, shape.box) && !(level === "grid" && view.zoom < 14) && !(level === "village" && view.zoom < 12));
  const upper = rows.filter(({ level }) => UPPER_LEVELS.includes(level)), lower = rows.filter(({ level }) => !UPPER_LEVELS.includes(level));
  for (const { shape } of upper) { ctx.beginPath(); trace(view, shape); ctx.fillStyle = "#fdfcf7"; ctx.fill("evenodd"); }
  for (const { shape, level } of lower) stroke(view, [shape], "#9a8fb3", level === "township" ? 1.2 : 0.7, [6, 3, 1.5, 3]);
  for (const { shape } of upper) { stroke(view, [shape], "rgba(110,90,140,.25)", 7); stroke(view, [shape], "#5f4d80", 2); }
}

function drawRivers(view) {
  const rivers = DATA.baseLines.filter((base) => base.kind === "river" && base.shape);
  const lines = rivers.filter((base) => !base.shape.area), width = widthAt([2, 4, 9, 26], view.zoom);
  // Broad rivers look broad and brooks thin, within bounds that keep both readable.
  const drawn = (base) => width * (base.width === null ? 1 : Math.min(1.7, Math.max(0.4, Math.sqrt(base.width / 120))));
  for (const base of lines) stroke(view, [base.shape], "#5b93c4", drawn(base) + 1.4);
  for (const base of lines) stroke(view, [base.shape], "#b5d7ef", drawn(base));
  for (const base of rivers) {
    if (!base.shape.area || !isSeen(view, base.shape.box)) continue;
    view.ctx.beginPath(); trace(view, base.shape); view.ctx.fillStyle = "#b5d7ef"; view.ctx.fill("evenodd");
    view.ctx.strokeStyle = "#5b93c4"; view.ctx.lineWidth = 1; view.ctx.stroke();
  }
}

function drawBaseRoads(view) {
  const lines = DATA.baseLines.filter((base) => base.kind === "road" && base.shape).map((base) => base.shape);
  stroke(view, lines, "#98885a", widthAt([1.4, 2.6, 5, 11], view.zoom) + 1.2);
  stroke(view, lines, "#fbebb9", widthAt([1.4, 2.6, 5, 11], view.zoom));
}

/* Hatching is fixed to the ground, so that it does not crawl while the map is moved. */
function hatch(view, shape, style, step) {
  const { ctx, scale, ox, oy, width, height } = view;
  const x0 = Math.max(-4, shape.box[0] * scale - ox), x1 = Math.min(width + 4, shape.box[2] * scale - ox);
  const y0 = Math.max(-4, shape.box[1] * scale - oy), y1 = Math.min(height + 4, shape.box[3] * scale - oy);
  const a = (-style.angle * Math.PI) / 180, c = Math.cos(a), s = Math.sin(a);
  const across = (x, y) => -(x + ox) * s + (y + oy) * c; // distance from the ground's origin, across the lines
  const corners = [[x0, y0], [x1, y0], [x0, y1], [x1, y1]];
  const reach = corners.map(([x, y]) => across(x, y));
  const along = corners.map(([x, y]) => x * c + y * s);
  const from = Math.min(...along), to = Math.max(...along), shift = across(0, 0);
  ctx.beginPath();
  for (let d = Math.ceil(Math.min(...reach) / step) * step; d <= Math.max(...reach); d += step) {
    const off = d - shift;
    ctx.moveTo(from * c - off * s, from * s + off * c);
    ctx.lineTo(to * c - off * s, to * s + off * c);
  }
  ctx.strokeStyle = style.colour; ctx.lineWidth = 1.1; ctx.stroke();
}

function codeOf(layer, name, index) {
  const field = fieldOf(layer, name), value = rawValue(layer, name, index);
  return field && value !== null ? field.codes[value].code : "";
}

/* An area counts as in force unless it is said to be something else: unknown is never harmless. */
function areaForce(layer, index) {
  const code = layer.statusField ? codeOf(layer, layer.statusField, index) : "";
  return code === "watch" || code === "expired" ? code : "active";
}

function drawAreas(view, layer) {
  const { ctx } = view;
  const order = { outer: 0, middle: 1, "": 2, inner: 3 };
  const zoneOf = (index) => codeOf(layer, "zone", index);
  const rows = [...layer.shape].sort((a, b) => order[zoneOf(a[0])] - order[zoneOf(b[0])]);
  for (const [index, shape] of rows) {
    if (!shape || !isSeen(view, shape.box)) continue;
    const style = DATA.areaStyles[layer.areaStyles[index]], zone = zoneOf(index), force = areaForce(layer, index);
    if (force !== "active") { drawQuietArea(view, shape, style, force); continue; }
    ctx.beginPath(); trace(view, shape);
    if (!shape.area) { ctx.strokeStyle = style.colour; ctx.lineWidth = 3; ctx.stroke(); continue; }
    ctx.save(); ctx.clip("evenodd");
    ctx.globalAlpha = zone === "inner" ? 0.2 : style.tint; ctx.fillStyle = style.colour; ctx.fillRect(0, 0, view.width, view.height);
    ctx.globalAlpha = 0.75;
    hatch(view, shape, style, style.step * (zone === "inner" ? 0.75 : zone === "outer" ? 1.6 : 1));
    ctx.restore();
    ctx.beginPath(); trace(view, shape);
    ctx.strokeStyle = style.colour; ctx.lineWidth = zone === "inner" ? 2.6 : 1.8;
    ctx.setLineDash(zone === "outer" ? [8, 4] : []); ctx.stroke(); ctx.setLineDash([]);
  }
}

/* Watched areas are hatched wide and without tint; expired ones are an outline only. */
function drawQuietArea(view, shape, style, force) {
  const { ctx } = view;
  if (shape.area && force === "watch") {
    ctx.save(); ctx.beginPath(); trace(view, shape); ctx.clip("evenodd");
    ctx.globalAlpha = 0.3; hatch(view, shape, style, style.step * 2.5);
    ctx.restore();
  }
  ctx.globalAlpha = force === "watch" ? 0.8 : 0.4;
  stroke(view, [shape], style.colour, 1.2, [5, 4]);
  ctx.globalAlpha = 1;
}

function drawRoads(view, layer) {
  const field = fieldOf(layer, "road_class");
  const byClass = new Map(DATA.roadStyles.map((style) => [style.name, []]));
  for (const [index, shape] of layer.shape) {
    const value = rawValue(layer, "road_class", index);
    const group = byClass.get(field && value !== null ? field.codes[value].code : "tertiary");
    if (group && shape) group.push(shape);
  }
  const styles = [...DATA.roadStyles].reverse().filter((style) => view.zoom >= style.minZoom);
  for (const style of styles) stroke(view, byClass.get(style.name), style.casing, widthAt(style.widths, view.zoom) + 1.3);
  for (const style of styles) stroke(view, byClass.get(style.name), style.colour, widthAt(style.widths, view.zoom));
}

function drawVillages(view, layer) {
  const { ctx } = view;
  const r = view.zoom < 11 ? 1.5 : view.zoom < 13 ? 2.4 : 3.4;
  const uncovered = uncoveredIds();
  for (const index of layer.ids.keys()) {
    const x = layer.x[index] * view.scale - view.ox, y = layer.y[index] * view.scale - view.oy;
    if (!(x > -20 && x < view.width + 20 && y > -20 && y < view.height + 20)) continue;
    if (uncovered && uncovered.has(layer.ids[index])) {
      ctx.fillStyle = "#fff"; ctx.strokeStyle = "#b0120a"; ctx.lineWidth = 2.2;
      ctx.beginPath(); ctx.arc(x, y, r + 2.6, 0, 7); ctx.fill(); ctx.stroke();
      ctx.beginPath(); ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y + r); ctx.moveTo(x + r, y - r); ctx.lineTo(x - r, y + r); ctx.stroke();
    } else {
      ctx.fillStyle = "#5b5b5b"; ctx.beginPath(); ctx.arc(x, y, r, 0, 7); ctx.fill();
    }
  }
}

function drawSymbols(view, layer, boxes) {
  const { ctx } = view;
  const size = sizeIn(layer, view.zoom), half = size / 2;
  for (const [index, shape] of layer.shape) {
    if (!shape || !isSeen(view, shape.box)) continue;
    ctx.beginPath(); trace(view, shape);
    if (shape.area) { ctx.globalAlpha = 0.12; ctx.fillStyle = layer.colour; ctx.fill("evenodd"); ctx.globalAlpha = 1; }
    const over = layer.hollow.includes(index) && !shape.area;
    ctx.strokeStyle = "#fff"; ctx.lineWidth = shape.area || over ? 3 : 6; ctx.stroke();
    ctx.strokeStyle = layer.colour; ctx.lineWidth = shape.area || over ? 1.4 : 3.4; ctx.setLineDash(over ? [4, 4] : []); ctx.stroke(); ctx.setLineDash([]);
  }
  const stamped = new Set();
  for (let index = 0; index < layer.x.length; index++) {
    const x = layer.x[index] * view.scale - view.ox, y = layer.y[index] * view.scale - view.oy;
    if (!(x > -half && x < view.width + half && y > -half && y < view.height + half)) continue;
    const spot = ((x + 64) >> 1) * 16384 * 64 + ((y + 64) >> 1) * 64 + layer.symbols[index]; // the same picture on the same two pixels is drawn once
    if (stamped.has(spot)) continue;
    stamped.add(spot);
    const stamp = stampOf(layer.symbols[index], size);
    if (stamp) ctx.drawImage(stamp, Math.round(x - half), Math.round(y - half), size, size);
    if (size >= 17) boxes.take(x - half, y - half, x + half, y + half);
  }
}
