/* Data, words and numbers. Everything that came from a file or a form reaches the page as text:
   by textContent or on the canvas, never as markup. */
const DATA = JSON.parse(document.getElementById("geo-ems-data").textContent);
const svgUri = (svg) => "data:image/svg+xml," + encodeURIComponent(svg);
const SVG_URI = { en: DATA.symbols.map(svgUri) };
SVG_URI.zh = SVG_URI.en.map((uri, number) => (own(DATA.symbolsZh, String(number)) ? svgUri(DATA.symbolsZh[number]) : uri));
const state = {
  language: DATA.language,
  tab: "query",
  selected: null, // {layer, index}
  place: null, // {lon, lat, label, layer?, index?}
  answer: null, // the nearest answer shown
  coverage: null, // the coverage answer shown
  stale: false, // the service answered from newer data than the page was made of
  raysHidden: false, // the lines of the nearest answer, while coverage is looked at
  asking: null, // "nearest" | "coverage" while an answer is awaited
  problem: null,
};
const layerNamed = new Map(DATA.layers.map((layer) => [layer.name, layer]));

function own(object, key) {
  return object && Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

function label(words) {
  return words ? words[state.language] : "";
}

function t(key, values = {}) {
  const words = own(DATA.texts, key);
  if (!words) throw new Error("no text " + key);
  return label(words).replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "checked" || name === "value" || name === "disabled" || name === "open") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined) node.append(child);
  return node;
}

function symbolImage(number, size = 22) {
  return el("img", { src: SVG_URI[state.language][number], width: size, height: size, alt: "", class: "symbol" });
}

function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

const separator = () => (state.language === "zh" ? "、" : ", ");

function grouped(number, digits = 0) {
  return number.toLocaleString("en-US", { maximumFractionDigits: digits });
}

function distance(metres) {
  if (metres === null || metres === undefined || !Number.isFinite(metres)) return t("unknown");
  if (metres < 999.5) return t("metres", { n: Math.round(metres) });
  return t("kilometres", { n: (metres / 1000).toFixed(metres < 99950 ? 1 : 0) });
}

function bearing(degrees) {
  if (degrees === null || degrees === undefined || !Number.isFinite(degrees)) return "";
  const whole = Math.round(degrees) % 360;
  return t("bearing_" + (Math.round(degrees / 45) % 8)) + " " + whole + "°";
}

function age(seconds) {
  const s = Math.max(0, seconds);
  if (s < 90) return t("age_seconds", { n: Math.round(s) });
  if (s < 5400) return t("age_minutes", { n: Math.round(s / 60) });
  if (s < 172800) return t("age_hours", { n: Math.round(s / 3600) });
  return t("age_days", { n: Math.round(s / 86400) });
}

function instant(text) {
  const time = new Date(text);
  if (!text || Number.isNaN(time.getTime())) return text ? String(text) : t("unknown");
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: DATA.timeZone, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "longOffset",
  }).formatToParts(time);
  const part = (kind) => (parts.find((p) => p.type === kind) || { value: "" }).value;
  const offset = part("timeZoneName").replace("GMT", "UTC");
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")} ${offset}`;
}

/* When the data were observed; where nobody wrote that down, it is said, with when they were stored. */
function dataTime(asOf) {
  const shown = (text) => (text.length > 10 ? instant(text) : text);
  if (asOf && asOf.observed_max) return shown(asOf.observed_max);
  return asOf && asOf.changed_at ? t("stored_at", { time: shown(asOf.changed_at) }) : t("unknown");
}

function position(lon, lat) {
  const east = Math.abs(lon).toFixed(5) + "°" + (lon < 0 ? "W" : "E");
  const north = Math.abs(lat).toFixed(5) + "°" + (lat < 0 ? "S" : "N");
  return east + "  " + north;
}

/* Features: a layer keeps one column per field; the number of the feature is its place in them. */
function featureName(layer, index) {
  const zh = layer.names && layer.names[index];
  const en = layer.names_en && layer.names_en[index];
  return (state.language === "en" ? en || zh : zh || en) || t("unnamed", { id: layer.ids[index] });
}

function rowName(row) {
  return (state.language === "en" ? row.name_en || row.name : row.name || row.name_en) || t("unnamed", { id: row.id });
}

/* The name of a row of an answer; the page knows English names that the answer leaves out. */
function nameIn(layer, row) {
  const index = layer ? layer.indexOfId.get(row.id) : undefined;
  return index === undefined ? rowName(row) : featureName(layer, index);
}

function fieldOf(layer, name) {
  return layer.fields.find((field) => field.name === name);
}

function rawValue(layer, name, index) {
  const column = own(layer.values, name);
  return column ? column[index] : null;
}

/* The value of a feature in words; numbers of codes come from the page, codes from an answer. */
function valueText(field, value) {
  if (value === null || value === undefined || value === "") return t("unknown");
  const codeText = (one) => {
    const code = typeof one === "number" ? field.codes[one] : field.codes.find((c) => c.code === one);
    return code ? label(code.label) : String(one);
  };
  switch (field.type) {
    case "code": return codeText(value);
    case "codes": return value.length ? value.map(codeText).join(separator()) : t("none");
    case "boolean": return value ? t("yes") : t("no");
    case "integer": case "real":
      return typeof value === "number" ? grouped(value, 2) + (field.unit ? " " + label(field.unit) : "") : String(value);
    case "datetime": return instant(value);
    default: {
      if (field.name === "district_id") return districtName(String(value));
      return String(value);
    }
  }
}

function districtName(id) {
  const layer = DATA.layers.find((one) => one.draw === "districts");
  const index = layer ? layer.ids.indexOf(id) : -1;
  return index < 0 ? id : featureName(layer, index);
}

function statusText(layer, code) {
  const field = layer && layer.statusField ? fieldOf(layer, layer.statusField) : null;
  return field ? valueText(field, code) : null;
}

/* A telephone link is made of digits only, whatever the field holds; the text stays as it is. */
function phoneNode(text) {
  const digits = String(text).split(/[^0-9+\-() 　]/)[0].replace(/[^0-9+]/g, "");
  if (digits.length < 3 || digits.length > 20) return el("span", { class: "phone", text });
  return el("a", { class: "phone", href: "tel:" + digits, text });
}
