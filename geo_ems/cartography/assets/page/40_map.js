/* The map itself: Leaflet moves it, the canvas draws it, a click chooses a place or a feature. */
let map, drawing, scaleControl, zoomControl;

function makeMap() {
  const [west, south, east, north] = DATA.bounds || [73, 18, 135, 54];
  map = L.map("map", { zoomControl: false, attributionControl: false, minZoom: 4, maxZoom: 19, zoomSnap: 0.25, wheelPxPerZoomLevel: 90 });
  fitTo([[south, west], [north, east]]);
  drawing = new Drawing();
  drawing.addTo(map);
  window.geoEmsDrawing = drawing;
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  map.on("click", (event) => clickAt(event.latlng, event.containerPoint));
  map.on("mousemove", (event) => showPosition(event.latlng));
  map.on("moveend", () => showPosition(map.getCenter()));
  const node = map.getContainer();
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === node) clickAt(map.getCenter(), null);
  });
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(node);
  showPosition(map.getCenter());
}

function renderMapWords() {
  if (zoomControl) zoomControl.remove();
  zoomControl = L.control.zoom({ position: "topleft", zoomInTitle: t("zoom_in"), zoomOutTitle: t("zoom_out") }).addTo(map);
  map.getContainer().setAttribute("aria-label", t("map_help"));
  map.getContainer().setAttribute("role", "application");
}

function showPosition(latlng) {
  document.getElementById("readout").textContent = position(latlng.lng, latlng.lat);
}

/* The part of the map that no sheet covers. */
function freePadding() {
  const sheet = document.getElementById("panel");
  const below = isPhone() ? Math.min(sheet.getBoundingClientRect().height, window.innerHeight * HIGHEST_ANSWER) : 0;
  return { paddingTopLeft: [70, 50], paddingBottomRight: [50, 40 + below] };
}

function fitTo(bounds, maxZoom = 15) {
  map.fitBounds(bounds, { ...freePadding(), maxZoom, animate: false });
}

function showPlace(lon, lat, zoom) {
  const below = isPhone() ? freePadding().paddingBottomRight[1] - 40 : 0;
  const at = Math.max(map.getZoom(), zoom || 0);
  const point = map.project([lat, lon], at).add([0, below / 2]);
  map.setView(map.unproject(point, at), at, { animate: false });
}

function isInSight(lon, lat) {
  const at = map.latLngToContainerPoint([lat, lon]), size = map.getSize(), padding = freePadding();
  return at.x > 20 && at.x < size.x - 20 && at.y > 20 && at.y < size.y - padding.paddingBottomRight[1] + 20;
}

/* The nearest symbol or village dot under a click; what lies on top first. */
function featureAt(point, reach) {
  const origin = map.getPixelOrigin(), pane = map.containerPointToLayerPoint(point), scale = 2 ** map.getZoom();
  const x = (pane.x + origin.x) / scale, y = (pane.y + origin.y) / scale;
  let found = null;
  for (const layer of [...symbolLayers(), ...DATA.layers.filter((one) => one.visible && one.draw === "villages")]) {
    const limit = (layer.draw === "villages" ? reach * 0.7 : reach) / scale;
    for (let index = 0; index < layer.x.length; index++) {
      const far = Math.hypot(layer.x[index] - x, layer.y[index] - y);
      if (far <= limit && (!found || far < found.far)) found = { layer, index, far };
    }
    if (found) return found;
  }
  return null;
}

function clickAt(latlng, point) {
  if (takeToolClick(latlng)) return;
  const found = point ? featureAt(point, symbolSize(map.getZoom()) / 2 + 4) : null;
  if (found && !isPlaceLayer(found.layer) && !takesPlace()) { select(found.layer, found.index, { pan: false }); return; }
  if (found) choosePlace(placeOfFeature(found.layer, found.index));
  else choosePlace({ lon: latlng.wrap().lng, lat: latlng.lat, label: null });
}

/* Villages and incidents are places to ask from; everything else is a resource to look at. */
function isPlaceLayer(layer) {
  return layer.draw === "villages" || layer.role === "incident";
}

function placeOfFeature(layer, index) {
  const [lon, lat] = layer.places[index];
  return { lon, lat, layer, index };
}

function placeName(place) {
  if (place.layer) return featureName(place.layer, place.index);
  return place.names ? rowName(place.names) : null;
}

function rowPlace(row) {
  if (row.geometry && row.geometry.type === "Point" && row.geometry.coordinates.length) return row.geometry.coordinates;
  if (row.position_source === "live") return null; // the home base is not where the team is
  const layer = layerNamed.get(answerLayerName());
  const index = layer ? layer.indexOfId.get(row.id) : undefined;
  return index === undefined ? null : layer.places[index];
}

/* On a phone the sheet grows until the first telephone is seen below the warnings and the choices. */
const HIGHEST_ANSWER = 0.66;

function growToFirstPhone() {
  const first = document.querySelector(".result.first .call");
  if (!first || document.documentElement.dataset.sheet !== "half") return;
  const below = first.getBoundingClientRect().bottom + 8 - window.innerHeight, height = document.getElementById("panel").getBoundingClientRect().height;
  if (below > 0) document.documentElement.style.setProperty("--sheet", `${Math.min(height + below, window.innerHeight * HIGHEST_ANSWER)}px`);
}

function showAnswerOnMap() {
  document.getElementById("scroller").scrollTop = 0; // what endangers the place stands above the results
  if (isPhone()) growToFirstPhone();
  const points = state.answer.results.map(rowPlace).filter(Boolean).map(([lon, lat]) => [lat, lon]);
  if (!points.length) return;
  fitTo([[state.place.lat, state.place.lon], ...points], 14.5);
}
