/* Switches, counts, how old the data are, and the legend: one list, so that each layer is read once. */
function renderLayers() {
  const node = document.getElementById("tab-layers");
  const upper = DATA.layers.filter((layer) => !layer.base), base = DATA.layers.filter((layer) => layer.base);
  const rivers = DATA.baseLines.length ? el("p", { class: "small", text: t("base_lines", { n: DATA.baseLines.length }) }) : null;
  fill(node, el("ul", { class: "layers" }, upper.map(layerRow)), el("h3", { text: t("base_map") }), el("ul", { class: "layers" }, base.map(layerRow)), rivers,
    el("p", { class: "small foot", text: attributionText() }));
}

function layerRow(layer) {
  const box = el("input", { type: "checkbox", checked: layer.visible, onchange: () => { layer.visible = box.checked; redrawSoon(); } });
  const legend = layer.legend.map((entry) => el("li", {},
    entry.area ? areaSwatch(DATA.areaStyles[entry.area]) : symbolImage(entry.symbol, 22),
    el("span", { text: label(entry.label) }), el("span", { class: "small", text: String(entry.count) })));
  if (layer.draw === "villages") legend.push(el("li", {}, el("span", { class: "dot", "aria-hidden": "true" }), el("span", { text: t("village_dot") })),
    el("li", {}, el("span", { class: "dot uncovered", "aria-hidden": "true" }), el("span", { text: t("village_uncovered") })));
  const letters = (layer.letters || []).filter((entry) => label(entry.letter));
  return el("li", { class: "layer" },
    el("label", { class: "switch" }, box, el("span", { class: "layer-name", text: label(layer.label) }), el("span", { class: "count", text: grouped(layer.count) })),
    el("p", { class: "small", text: t("data_time", { time: dataTime(layer.asOf) }) }),
    legend.length ? el("ul", { class: "legend" }, legend) : null,
    letters.length ? el("details", {}, el("summary", { text: t("letters") }),
      el("ul", { class: "legend letters" }, letters.map((entry) => el("li", {}, el("b", { text: label(entry.letter) }), el("span", { text: label(entry.label) }))))) : null);
}

function areaSwatch(style) {
  const canvas = el("canvas", { width: "48", height: "40", class: "swatch", "aria-hidden": "true" });
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  ctx.globalAlpha = style.tint; ctx.fillStyle = style.colour; ctx.fillRect(0, 0, 24, 20); ctx.globalAlpha = 1;
  const view = { ctx, scale: 1, ox: 0, oy: 0, width: 24, height: 20 };
  ctx.save(); ctx.beginPath(); ctx.rect(0, 0, 24, 20); ctx.clip();
  hatch(view, { box: [0, 0, 24, 20] }, style, 5);
  ctx.restore(); ctx.strokeStyle = style.colour; ctx.lineWidth = 2; ctx.strokeRect(1, 1, 22, 18);
  return canvas;
}

function attributionText() {
  const dates = DATA.layers.filter((layer) => !layer.base && layer.asOf && layer.asOf.observed_max).map((layer) => dataTime(layer.asOf).slice(0, 10)).sort();
  const span = dates.length ? t("data_span", { from: dates[0], to: dates[dates.length - 1] }) : t("data_span_unknown");
  return [label(DATA.project), span, t("as_of", { time: instant(DATA.asOf) }), t("snapshot", { id: DATA.snapshot }), t("own_map"), DATA.roadsNote ? label(DATA.roadsNote) : ""].filter(Boolean).join(" · ");
}
