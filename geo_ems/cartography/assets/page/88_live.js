/* News from the service: every acknowledged change, as it happens. What is on screen is asked again;
   while the line is down this is said, because silence would look like calm. */
const live = { source: null, waiting: 0, down: false };
const ANSWERED_BY = new Set(["response_teams", "shelters", "supply_depots", "barriers", "hazard_areas", "roads", "incidents", "assignments"]);
const TOLD_OF_INCIDENT = new Set(["incidents", "assignments", "response_teams"]);

function listen() {
  if (!DATA.served || typeof EventSource === "undefined") return;
  live.source = new EventSource(ROOT + "v1/events");
  live.source.addEventListener("open", () => { if (live.down) { live.down = false; renderLive(); takeNews(new Set(ANSWERED_BY)); } });
  live.source.addEventListener("error", () => { if (!live.down) { live.down = true; renderLive(); } });
  live.source.addEventListener("change", (event) => takeNews(new Set([layerOfNews(event.data)])));
  live.source.addEventListener("position", () => takeNews(new Set(["positions"]), { quiet: true }));
  live.source.addEventListener("reset", () => { state.stale = true; renderStale(); takeNews(new Set(ANSWERED_BY)); });
  window.addEventListener("pagehide", () => live.source.close());
}

function layerOfNews(text) {
  try { return JSON.parse(text).layer; } catch { return null; }
}

/* Many changes at once make one question, half a second later. */
function takeNews(layers, { quiet = false } = {}) {
  if (!quiet) { state.stale = true; renderStale(); }
  live.layers = new Set([...(live.layers || []), ...layers]);
  if (live.waiting) return;
  live.waiting = setTimeout(() => {
    const changed = live.layers;
    live.waiting = 0; live.layers = null;
    if (changed.has("incidents")) loadIncidents();
    if (desk.id && [...changed].some((name) => TOLD_OF_INCIDENT.has(name))) loadIncident();
    if (changed.has("barriers") || changed.has("hazard_areas") || changed.has("roads")) loadClosures();
    const answered = state.answer && !state.answer.saved && !state.asking;
    if (answered && (changed.has(answerLayerName()) || (changed.has("positions") && answerLayerName() === "response_teams") || [...changed].some((name) => ["barriers", "hazard_areas", "roads"].includes(name)))) askNearest({ keepView: true });
  }, 500);
}

function renderLive() {
  const node = document.getElementById("offline");
  node.hidden = !live.down;
  fill(node, live.down ? t("line_down") : null);
}
