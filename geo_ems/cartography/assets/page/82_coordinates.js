/* Coordinates as they are typed or read out: decimal degrees, or degrees, minutes and seconds; in
   either order, with or without letters. Where nothing says which comes first, the county does. */
const ANGLE = /^\s*(N|S|E|W|东经|西经|北纬|南纬|经度|纬度)?\s*:?\s*([-+]?)(\d{1,3}(?:\.\d{1,12})?)\s*(?:°|度|:)?\s*(?:(\d{1,2}(?:\.\d{1,12})?)\s*(?:'|′|’|分|:)\s*)?(?:(\d{1,2}(?:\.\d{1,12})?)\s*(?:"|”|秒|''|′′|’’)?\s*)?(N|S|E|W)?\s*$/i;
const LON_WORDS = ["E", "W", "东经", "西经", "经度"], LAT_WORDS = ["N", "S", "北纬", "南纬", "纬度"], NEGATIVE_WORDS = ["W", "S", "西经", "南纬"];
const OUTSIDE_KM = 20;

function angleOf(text) {
  const found = ANGLE.exec(text);
  if (!found) return null;
  const [, before, sign, whole, minutes, seconds, after] = found;
  const words = [before, after].filter(Boolean).map((word) => word.toUpperCase());
  if (words.length > 1 || Number(minutes || 0) >= 60 || Number(seconds || 0) >= 60 || (seconds !== undefined && minutes === undefined)) return null;
  const size = Number(whole) + Number(minutes || 0) / 60 + Number(seconds || 0) / 3600;
  const axis = words.some((word) => LON_WORDS.includes(word)) ? "lon" : words.some((word) => LAT_WORDS.includes(word)) ? "lat" : "";
  return { degrees: sign === "-" || words.some((word) => NEGATIVE_WORDS.includes(word)) ? -size : size, axis };
}

/* Two halves at a comma; without one, at the blank or letter where both halves are whole angles. */
function twoAngles(text) {
  const halves = text.split(/\s*[,;、]\s*/);
  if (halves.length > 2) return null;
  const cuts = halves.length === 2 ? [] : [...text.matchAll(/[NSEW]\s*|\s+|(?=东经|西经|北纬|南纬|经度|纬度)/gi)].map((found) => found.index + found[0].length);
  const pairs = halves.length === 2 ? [halves] : cuts.filter((cut) => cut > 0 && cut < text.length).map((cut) => [text.slice(0, cut), text.slice(cut)]);
  for (const [first, second] of pairs) {
    const angles = [angleOf(first), angleOf(second)];
    if (angles[0] && angles[1]) return angles;
  }
  return null;
}

function typedPosition(text) {
  const angles = text.length > 100 ? null : twoAngles(text.normalize("NFKC").trim());
  if (!angles) return null;
  const [first, second] = angles;
  if (first.axis && first.axis === second.axis) return null;
  const lonFirst = [first.degrees, second.degrees], latFirst = [second.degrees, first.degrees];
  const told = first.axis === "lat" || second.axis === "lon" ? [latFirst] : first.axis || second.axis ? [lonFirst] : [lonFirst, latFirst];
  const possible = told.filter(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90);
  if (!possible.length) return null;
  const [lon, lat] = possible.reduce((best, one) => (outsideKm(...one) < outsideKm(...best) ? one : best));
  return { id: "", name: position(lon, lat), lon, lat };
}

/* How far a place lies outside the bounds of the page, in km; 0 inside, or where the page has none. */
function outsideKm(lon, lat) {
  if (!DATA.bounds) return 0;
  const [west, south, east, north] = DATA.bounds;
  const across = Math.max(west - lon, 0, lon - east) * 111.32 * Math.cos((lat * Math.PI) / 180);
  return Math.hypot(across, Math.max(south - lat, 0, lat - north) * 110.57);
}

function isOutside(lon, lat) {
  return outsideKm(lon, lat) > OUTSIDE_KM;
}
