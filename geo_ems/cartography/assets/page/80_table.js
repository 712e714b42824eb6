/* Every feature as a row the keyboard reaches: choose a row and the map goes there; choose a
   symbol and its row is marked. Rows are made a hundred at a time. */
const ROWS_AT_ONCE = 100;
const table = { layer: null, text: "", limit: ROWS_AT_ONCE };

function tableLayers() {
  return DATA.layers.filter((layer) => !layer.base);
}

function renderTable() {
  const node = document.getElementById("tab-table");
  const layers = tableLayers();
  if (!layers.length) { fill(node, el("p", { text: t("nothing_here") })); return; }
  table.layer = table.layer || layers[0];
  const choose = el("select", { onchange: (event) => { table.layer = layers[Number(event.target.value)]; table.limit = ROWS_AT_ONCE; renderRows(); } },
    layers.map((layer, number) => el("option", { value: String(number), text: `${label(layer.label)} (${layer.count})` })));
  choose.value = String(layers.indexOf(table.layer));
  const filter = el("input", { type: "text", value: table.text, oninput: (event) => { table.text = event.target.value; table.limit = ROWS_AT_ONCE; renderRows(); } });
  fill(node, el("div", { class: "filters" }, el("label", {}, el("span", { text: t("layer") }), choose), el("label", {}, el("span", { text: t("name_contains") }), filter)),
    el("div", { id: "rows" }));
  renderRows();
}

/* Names are compared without blanks, in one width and in small letters. */
function folded(text) {
  return String(text).normalize("NFKC").toLowerCase().replace(/\s+/g, "");
}

function searchText(layer, index) {
  layer.searchTexts = layer.searchTexts || layer.ids.map((id, at) => [id, layer.names && layer.names[at], layer.names_en && layer.names_en[at]].filter(Boolean).map(folded).join("\n"));
  return layer.searchTexts[index];
}

function rowOrder(layer) {
  const wanted = folded(table.text);
  return [...layer.ids.keys()].filter((index) => !wanted || searchText(layer, index).includes(wanted));
}

function renderRows() {
  const layer = table.layer, node = document.getElementById("rows");
  const order = rowOrder(layer), shown = order.slice(0, table.limit);
  const told = layer.statusField && fieldOf(layer, layer.statusField);
  const kind = layer.kindField && fieldOf(layer, layer.kindField);
  const head = el("tr", {}, el("th", { scope: "col", text: t("name") }), told ? el("th", { scope: "col", text: label(told.label) }) : null,
    kind ? el("th", { scope: "col", text: label(kind.label) }) : null);
  const body = el("tbody", { onkeydown: moveInTable }, shown.map((index) => tableRow(layer, index, told, kind)));
  fill(node, el("p", { class: "small", role: "status", text: t("rows_shown", { shown: shown.length, all: order.length }) }),
    el("table", { class: "features" }, el("caption", { class: "hidden", text: label(layer.label) }), el("thead", {}, head), body),
    order.length > shown.length ? el("button", { type: "button", class: "wide", text: t("more_rows"), onclick: () => { table.limit += ROWS_AT_ONCE; renderRows(); } }) : null);
  markTableRow();
}

function tableRow(layer, index, told, kind) {
  const cell = (field) => {
    const value = rawValue(layer, field.name, index);
    return el("td", { class: value === null ? "unknown" : "", text: valueText(field, value) });
  };
  return el("tr", { "data-index": String(index) },
    el("th", { scope: "row" }, el("button", { type: "button", class: "name", onclick: () => select(layer, index) },
      layer.symbols ? symbolImage(layer.symbols[index], 18) : null, el("span", { text: featureName(layer, index) }))),
    told ? cell(told) : null, kind ? cell(kind) : null);
}

function moveInTable(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest("tr");
  if (!step || !row) return;
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  if (!next) return;
  event.preventDefault();
  next.querySelector("button").focus();
}

/* The row of what is selected; a table that shows another layer is turned to this one. */
function markTableRow() {
  for (const row of document.querySelectorAll("#rows tr[aria-current]")) row.removeAttribute("aria-current");
  if (!state.selected || state.selected.layer.base) return;
  const { layer, index } = state.selected;
  if (table.layer !== layer) { table.layer = layer; table.text = ""; table.limit = ROWS_AT_ONCE; renderTable(); return; }
  const at = rowOrder(layer).indexOf(index);
  if (at >= table.limit) { table.limit = Math.ceil((at + 1) / ROWS_AT_ONCE) * ROWS_AT_ONCE; renderRows(); return; }
  const row = document.querySelector(`#rows tr[data-index="${index}"]`);
  if (!row) return;
  row.setAttribute("aria-current", "true");
  if (state.tab === "table") row.scrollIntoView({ block: "nearest" });
}
