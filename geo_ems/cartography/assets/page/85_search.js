/* Search by part of a name: the service's list where it runs, the page's own features in a file. */
let searching = null, searchTimer = 0;
const FOUND_AT_MOST = 12;

function renderSearch() {
  const input = document.getElementById("search");
  document.getElementById("search-label").textContent = t("search");
  input.placeholder = t("search_hint");
  showFound([]);
}

function onSearchInput() {
  clearTimeout(searchTimer);
  if (searching) searching.abort();
  const text = document.getElementById("search").value.trim();
  if (!text) { showFound([]); return; }
  searchTimer = setTimeout(() => search(text), 150);
}

async function search(text) {
  const typed = typedPosition(text);
  if (!DATA.served) { showFound(foundHere(typed, text), text); return; }
  const mine = (searching = new AbortController());
  try {
    const body = await ask(ROOT + "v1/places?" + new URLSearchParams({ q: text, lang: state.language }), { signal: mine.signal });
    if (searching !== mine) return;
    const places = (body.places || []).filter((place) => Number.isFinite(place.lon) && Number.isFinite(place.lat));
    const named = typed ? [typed, ...places.filter((place) => place.layer !== "coordinates")] : places;
    showFound(named.slice(0, FOUND_AT_MOST), text);
  } catch (error) {
    if (searching !== mine || error.name === "AbortError") return;
    showFound(foundHere(typed, text), text, error instanceof Refusal ? error.problem : null);
  }
}

function foundHere(typed, text) {
  return [...(typed ? [typed] : []), ...searchHere(text)].slice(0, FOUND_AT_MOST);
}

function searchHere(text) {
  const wanted = folded(text), found = [];
  for (const layer of [...DATA.layers].sort((a, b) => (b.draw === "villages") - (a.draw === "villages"))) {
    if (layer.draw === "roads") continue;
    for (const index of layer.ids.keys()) {
      if (!layer.places[index] || !searchText(layer, index).includes(wanted)) continue;
      const district = rawValue(layer, "district_id", index);
      found.push({ id: layer.ids[index], layer: layer.name, name: layer.names && layer.names[index], name_en: layer.names_en && layer.names_en[index],
        district: district ? districtName(district) : "", lon: layer.places[index][0], lat: layer.places[index][1] });
      if (found.length >= FOUND_AT_MOST) return found;
    }
  }
  return found;
}

function showFound(places, text = "", problem = null) {
  const node = document.getElementById("found");
  node.hidden = !text;
  if (!text) { fill(node); return; }
  const status = el("p", { class: "small", role: "status", text: places.length ? t("found", { n: places.length }) : t("found_none") });
  fill(node, problem ? problemNode(problem) : null, status, el("ul", {}, places.map((place) => {
    const layer = layerNamed.get(place.layer), kind = layer && layer.kindField ? fieldOf(layer, layer.kindField) : null;
    const what = [layer ? label(layer.label) : "", kind && place.kind ? valueText(kind, place.kind) : "", districtWords(place.district), isOutside(place.lon, place.lat) ? t("outside_county") : ""].filter(Boolean).join(" · ");
    return el("li", {}, el("button", { type: "button", class: "found", onclick: () => takeFound(place) },
      el("strong", { text: rowName(place) }), el("span", { class: "small", text: what })));
  })));
}

function districtWords(district) {
  if (!district) return "";
  return typeof district === "object" ? rowName(district) : districtName(String(district));
}

function takeFound(place) {
  showFound([]);
  const layer = layerNamed.get(place.layer), index = layer ? layer.indexOfId.get(place.id) : undefined;
  showPlace(place.lon, place.lat, 13);
  if (!DATA.served && index !== undefined && !isPlaceLayer(layer)) { select(layer, index, { pan: false, focus: true }); return; }
  choosePlace({ lon: place.lon, lat: place.lat, layer: index === undefined ? undefined : layer, index, names: place });
}
