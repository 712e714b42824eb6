/* Places on the screen. World coordinates are those of Web Mercator at zoom 0, in pixels (0..256),
   worked out once; drawing at any zoom is then one multiplication and one shift. */
function worldX(lon) {
  return ((lon + 180) / 360) * 256;
}

function worldY(lat) {
  const s = Math.sin((Math.max(-85.0511, Math.min(85.0511, lat)) * Math.PI) / 180);
  return (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * 256;
}

function line(coordinates) {
  const flat = new Float64Array(coordinates.length * 2);
  coordinates.forEach(([lon, lat], i) => { flat[2 * i] = worldX(lon); flat[2 * i + 1] = worldY(lat); });
  return flat;
}

/* A shape is {area, parts: [ring or line, ...], box: [minx, miny, maxx, maxy]}. */
function shapeOf(geometry) {
  if (!geometry) return null;
  const { type, coordinates } = geometry;
  let parts = [];
  if (type === "LineString") parts = [line(coordinates)];
  else if (type === "MultiLineString") parts = coordinates.map(line);
  else if (type === "Polygon") parts = coordinates.map(line);
  else if (type === "MultiPolygon") parts = coordinates.flat().map(line);
  else return null;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      box[0] = Math.min(box[0], part[i]); box[2] = Math.max(box[2], part[i]);
      box[1] = Math.min(box[1], part[i + 1]); box[3] = Math.max(box[3], part[i + 1]);
    }
  }
  return { area: type.endsWith("Polygon"), parts, box };
}

function shapeContains(shape, x, y) {
  if (!shape || !shape.area || x < shape.box[0] || x > shape.box[2] || y < shape.box[1] || y > shape.box[3]) return false;
  let inside = false;
  for (const ring of shape.parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const crosses = ring[i + 1] > y !== ring[j + 1] > y;
      if (crosses && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) inside = !inside;
    }
  }
  return inside;
}

for (const layer of DATA.layers) {
  layer.x = new Float64Array(layer.ids.length).fill(NaN);
  layer.y = new Float64Array(layer.ids.length).fill(NaN);
  layer.places.forEach((place, index) => {
    if (place) { layer.x[index] = worldX(place[0]); layer.y[index] = worldY(place[1]); }
  });
  layer.shape = new Map(Object.entries(layer.shapes).map(([index, geometry]) => [Number(index), shapeOf(geometry)]));
  layer.indexOfId = new Map(layer.ids.map((id, index) => [id, index]));
}
for (const base of DATA.baseLines) base.shape = shapeOf(base.geometry);

/* Which districts and hazard areas a place lies in, smallest district last. */
function surroundings(lon, lat) {
  const x = worldX(lon), y = worldY(lat);
  const found = { districts: [], areas: [] };
  for (const layer of DATA.layers) {
    if (layer.draw !== "districts" && layer.draw !== "areas") continue;
    for (const [index, shape] of layer.shape) {
      if (!shapeContains(shape, x, y)) continue;
      const size = (shape.box[2] - shape.box[0]) * (shape.box[3] - shape.box[1]);
      (layer.draw === "areas" ? found.areas : found.districts).push({ layer, index, size });
    }
  }
  found.districts.sort((a, b) => b.size - a.size);
  found.areas.sort((a, b) => a.size - b.size);
  return found;
}
