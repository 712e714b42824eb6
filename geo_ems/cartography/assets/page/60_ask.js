/* Questions to the running service. A later question cancels an earlier one, and an answer that
   comes late is never shown: on screen is either the answer to what was asked last, or none. */
const form = { layer: DATA.query.layers.length ? DATA.query.layers[0].name : null, k: DATA.query.k, filters: {}, metric: "", mode: "drive" };
const coverageAsked = { layer: DATA.coverage.layer, cutoff: String(DATA.coverage.cutoff), filters: {}, now: false, unknown: false, fault: false };
/* Behind the ~ stands the number of the last position: where teams have moved, no feature has changed. */
const featuresOf = (snapshotId) => String(snapshotId).split("~")[0];
const FILTERED_FIELD = { capability: "capabilities", suitable_for: "suitable_for" };
/* The page stands at the root of the service and at v1/maps/NAME; questions go to the root. */
const ROOT = window.location.pathname.replace(/v1\/maps\/[^/]*$/, "").replace(/[^/]*$/, "");
let pending = null;

class Refusal extends Error {
  constructor(problem) { super(problem.title || ""); this.problem = problem; }
}

async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, headers: { Accept: "application/json", "Accept-Language": state.language, ...options.headers } });
  let body = null;
  try { body = await response.json(); } catch (error) { if (error.name === "AbortError") throw error; }
  if (!response.ok) throw new Refusal(body && typeof body === "object" ? body : { title: t("failed", { status: response.status }) });
  if (!body || typeof body !== "object") throw new Refusal({ title: t("not_understood") });
  if (body.snapshot_id && featuresOf(body.snapshot_id) !== DATA.snapshot) { state.stale = true; renderStale(); }
  return body;
}

async function askFor(what, question, take) {
  if (pending) pending.abort();
  const mine = (pending = new AbortController());
  state.asking = what; state.problem = null; state[what === "nearest" ? "answer" : "coverage"] = null;
  renderAnswers();
  try {
    const body = await question(mine.signal);
    if (pending !== mine) return;
    state.asking = null;
    take(body);
  } catch (error) {
    if (pending !== mine || error.name === "AbortError") return;
    state.asking = null;
    state.problem = { what, ...(error instanceof Refusal ? error.problem : { title: t("no_connection"), detail: t("no_connection_detail") }) };
  }
  renderAnswers();
}

function nearestParameters(asOf) {
  const query = new URLSearchParams({ layer: form.layer, lon: state.place.lon.toFixed(6), lat: state.place.lat.toFixed(6), k: String(form.k) });
  const filters = form.filters[form.layer] || {};
  for (const [name, value] of Object.entries(filters)) {
    if (name === "quantity" && !filters.item) continue;
    if (value) query.set(name, value);
  }
  if (filters.item && !filters.quantity) query.set("quantity", "1"); // any of it
  if (hasRoads()) {
    if (form.metric) query.set("metric", form.metric);
    if (form.metric !== "straight_line") { query.set("mode", form.mode); query.set("include_route", "true"); }
  }
  query.set("lang", state.language);
  if (asOf) query.set("as_of", asOf);
  return query;
}

function askNearest({ asOf = null, keepView = false } = {}) {
  if (!DATA.served || !state.place || !form.layer) return;
  const asked = form.layer;
  state.raysHidden = false;
  askFor("nearest", (signal) => ask(ROOT + "v1/nearest?" + nearestParameters(asOf), { signal }), (body) => {
    state.answer = { ...body, results: body.results || [], askedLayer: asked };
    renderQuery();
    if (!keepView) showAnswerOnMap();
  });
}

function askCoverage() {
  if (!DATA.served || !coverageAsked.layer) return;
  const cutoff = Number(coverageAsked.cutoff);
  coverageAsked.fault = !(Number.isFinite(cutoff) && cutoff > 0);
  if (coverageAsked.fault) { renderCoverage(); refocus("#tab-coverage [data-control=cutoff]"); return; }
  const asked = { layer: coverageAsked.layer, filters: { ...coverageAsked.filters[coverageAsked.layer] }, now: coverageAsked.now, unknown: coverageAsked.unknown };
  const body = JSON.stringify(coverageQuestion(asked, cutoff));
  askFor("coverage", (signal) => ask(ROOT + "v1/coverage", { method: "POST", body, headers: { "Content-Type": "application/json" }, signal }),
    (answer) => {
      state.coverage = { ...answer, asked };
      state.raysHidden = true;
      if (DATA.bounds) fitTo([[DATA.bounds[1], DATA.bounds[0]], [DATA.bounds[3], DATA.bounds[2]]]);
    });
}

/* What counts: open and planned places; only what is open now; those of unknown status as well. */
function coverageQuestion({ layer, filters, now, unknown }, cutoff) {
  const where = Object.entries(filters).filter(([, value]) => value).map(([name, value]) => ({ field: FILTERED_FIELD[name], op: "=", value }));
  const body = { layer, cutoff_m: cutoff, lang: state.language };
  if (where.length) body.where = where;
  if (now) body.as_of_now = true;
  if (unknown) body.availability = now ? ["available", "unknown"] : ["available", "delayed", "unknown"];
  return body;
}

function choosePlace(place) {
  if (takesPlace()) { takePlace(place); return; }
  state.place = place;
  state.answer = null;
  state.problem = null;
  if (place && place.layer) state.selected = null;
  renderDetails();
  openTab("query");
  if (isPhone()) setSheet("half");
  if (DATA.served) askNearest();
  renderAnswers();
}

function answerLayerName() {
  return state.answer ? state.answer.askedLayer || (state.answer.query && state.answer.query.layer) : form.layer;
}

function uncoveredIds() {
  if (!state.coverage) return null;
  if (!state.coverage.uncoveredIds) {
    state.coverage.uncoveredIds = new Set((state.coverage.demand || []).filter((row) => !row.reachable && row.people > 0).map((row) => row.id));
  }
  return state.coverage.uncoveredIds;
}

function renderAnswers() {
  renderQuery();
  renderCoverage();
  redrawSoon();
}

function problemNode(problem) {
  return el("div", { class: "problem", role: "alert" },
    el("strong", { text: problem.detail || problem.title || t("not_understood") }),
    problem.detail && problem.title ? el("p", { class: "small", text: problem.title }) : null,
    Array.isArray(problem.errors) && problem.errors.length
      ? el("ul", {}, problem.errors.map((fault) => el("li", { text: faultText(fault) }))) : null);
}

function faultText(fault) {
  const value = fault.value === null || fault.value === undefined || fault.value === "" ? "" : ` = ${typeof fault.value === "object" ? JSON.stringify(fault.value) : fault.value}`;
  return [`${fault.field || ""}${value}`, fault.problem || fault.detail || "", fault.remedy || ""].filter(Boolean).join(" — ");
}
