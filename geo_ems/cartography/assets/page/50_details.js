/* One feature in full: label and value, codes by their label, what is not known said to be unknown. */
function select(layer, index, { pan = true, keepView = false, focus = false } = {}) {
  state.selected = { layer, index };
  const place = layer.places[index];
  if (pan && place && !(keepView && isInSight(place[0], place[1]))) showPlace(place[0], place[1], 12.5);
  renderDetails();
  markTableRow();
  redrawSoon();
  if (isPhone()) setSheet("half");
  if (focus) document.getElementById("details-name").focus();
}

function closeDetails() {
  state.selected = null;
  renderDetails();
  markTableRow();
  redrawSoon();
}

function isPhoneField(field) {
  return field.type === "phone";
}

function detailRow(field, value) {
  const unknown = value === null || value === undefined || value === "";
  const text = valueText(field, value);
  const shown = isPhoneField(field) && !unknown ? phoneNode(text) : el("span", { class: unknown ? "unknown" : "", text });
  return [el("dt", { text: label(field.label) }), el("dd", {}, shown)];
}

function renderDetails() {
  const node = document.getElementById("details");
  node.hidden = !state.selected;
  if (!state.selected) { fill(node); return; }
  const { layer, index } = state.selected;
  const first = [layer.statusField, ...layer.contact, ...layer.summary].filter(Boolean);
  const fields = [...layer.fields].sort((a, b) => {
    const [i, j] = [first.indexOf(a.name), first.indexOf(b.name)];
    return (i < 0 ? 99 : i) - (j < 0 ? 99 : j);
  });
  const leading = fields.filter((field) => first.includes(field.name));
  const rest = fields.filter((field) => !first.includes(field.name));
  const rows = (some) => el("dl", { class: "facts" }, some.flatMap((field) => detailRow(field, rawValue(layer, field.name, index))));
  const place = layer.places[index];
  fill(node,
    el("div", { class: "details-head" },
      layer.symbols ? symbolImage(layer.symbols[index], 28) : null,
      el("h2", { id: "details-name", tabindex: "-1", text: featureName(layer, index) }),
      el("button", { type: "button", class: "quiet close", "aria-label": t("close"), text: "×", onclick: closeDetails })),
    el("p", { class: "small", text: `${label(layer.label)} · ${layer.ids[index]}` }),
    rows(leading),
    place && DATA.served ? el("button", { type: "button", class: "wide", text: t("ask_from_here"), onclick: () => choosePlace(placeOfFeature(layer, index)) }) : null,
    rest.length ? el("details", {}, el("summary", { text: t("all_facts", { n: rest.length }) }), rows(rest),
      place ? el("p", { class: "small", text: position(place[0], place[1]) }) : el("p", { class: "unknown", text: t("no_place") })) : null,
    layer.children.map((child) => childTable(child, index)));
}

function childTable(child, index) {
  const rows = own(child.rows, String(index)) || [];
  return el("details", { open: rows.length > 0 && rows.length <= 12 },
    el("summary", { text: `${label(child.label)} (${rows.length})` }),
    rows.length ? el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label(child.label) }, el("table", {},
      el("thead", {}, el("tr", {}, child.fields.map((field) => el("th", { scope: "col", text: label(field.label) })))),
      el("tbody", {}, rows.map((row) => el("tr", {}, child.fields.map((field, column) => childCell(child, field, row, column)))))))
      : el("p", { class: "unknown", text: t("no_rows") }));
}

/* A quantity is shown in the unit of its item. */
function childCell(child, field, row, column) {
  const value = row[column];
  let text = valueText(field, value);
  if (typeof value === "number" && /quantity/.test(field.name)) {
    const at = child.fields.findIndex((one) => one.type === "code" && one.codes.some((code) => code.unit));
    const code = at >= 0 && row[at] !== null ? child.fields[at].codes[row[at]] : null;
    if (code && code.unit) text += " " + label(code.unit);
  }
  return el("td", { class: value === null ? "unknown" : "", text });
}
