/* Tabs, languages, the sheet of small screens, printing; then the start. */
const TABS = ["query", "incidents", "closures", "coverage", "layers", "table"];

function isPhone() {
  return window.matchMedia("(max-width: 760px)").matches;
}

function renderFrame() {
  document.documentElement.lang = state.language === "zh" ? "zh-Hans" : "en";
  const title = label(DATA.title);
  document.title = `${title} — ${label(DATA.project)}`;
  document.getElementById("title").textContent = title;
  document.getElementById("project").textContent = label(DATA.project);
  document.getElementById("as-of").textContent = t("as_of", { time: instant(DATA.asOf) });
  document.getElementById("attribution").textContent = attributionText();
  document.getElementById("panel").setAttribute("aria-label", t("panel"));
  const languages = document.getElementById("languages");
  languages.setAttribute("aria-label", t("language"));
  fill(languages, [["zh", "中文"], ["en", "English"]].map(([code, text]) => el("button", { type: "button", lang: code === "zh" ? "zh-Hans" : "en",
    "aria-pressed": state.language === code ? "true" : "false", "data-language": code, text,
    onclick: () => changeLanguage(code) })));
  fill(document.getElementById("tabs"), TABS.map((name) => el("button", { type: "button", role: "tab", id: "tab-button-" + name, "aria-controls": "tab-" + name,
    "aria-selected": state.tab === name ? "true" : "false", tabindex: state.tab === name ? "0" : "-1", text: t("tab_" + name), onclick: () => { openTab(name); if (isPhone()) setSheet("half", { grow: true }); } })));
  renderIncidentTab();
  renderHandle();
}

/* The symbols and the list are those of the page; that newer data exist is said until it is loaded anew. */
function renderStale() {
  const node = document.getElementById("stale");
  node.hidden = !(DATA.served && state.stale);
  if (node.hidden || node.dataset.told === state.language) return;
  node.dataset.told = state.language;
  fill(node, el("span", { text: t("stale") }), el("button", { type: "button", text: t("reload"), onclick: () => window.location.reload() }));
}

/* Labels change, codes, order and numbers do not; what the service worded is asked for again,
   as of the same instant. */
function changeLanguage(code) {
  const { answer } = state;
  state.language = code;
  renderAll();
  refocus(`[data-language="${code}"]`);
  if (DATA.served && answer && !answer.saved) askNearest({ asOf: answer.as_of, keepView: true });
  loadClosures();
  loadIncidents();
  if (desk.id) { if (dispatch.answer) askRecommendation(); loadIncident(); }
}

function openTab(name) {
  state.tab = name;
  for (const one of TABS) {
    document.getElementById("tab-" + one).hidden = one !== name;
    const button = document.getElementById("tab-button-" + one);
    button.setAttribute("aria-selected", one === name ? "true" : "false");
    button.tabIndex = one === name ? 0 : -1;
  }
  if (name === "query" && state.raysHidden) { state.raysHidden = false; redrawSoon(); }
  if (name === "table") markTableRow();
}

function onTabKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  openTab(TABS[(TABS.indexOf(state.tab) + step + TABS.length) % TABS.length]);
  document.getElementById("tab-button-" + state.tab).focus();
}

function renderAll() {
  renderFrame();
  renderStale();
  renderMapWords();
  renderSearch();
  renderDetails();
  renderLive();
  renderClosures();
  renderIncidents();
  renderLayers();
  renderTable();
  renderAnswers();
  openTab(state.tab);
}

/* The sheet: three heights, by dragging its handle or by pressing it. */
const SHEET = { low: 0.16, half: 0.58, high: 0.9 };
let sheetHeight = "half";

function setSheet(name, { grow = false } = {}) {
  if (grow && SHEET[sheetHeight] >= SHEET[name]) return;
  sheetHeight = name;
  document.documentElement.dataset.sheet = name;
  document.documentElement.style.setProperty("--sheet", `${Math.round(SHEET[name] * 100)}vh`);
  renderHandle();
}

function renderHandle() {
  const handle = document.getElementById("handle");
  const next = { low: "half", half: "high", high: "low" }[sheetHeight];
  handle.setAttribute("aria-label", t(next === "low" ? "sheet_lower" : "sheet_raise"));
}

function makeSheet() {
  const handle = document.getElementById("handle"), panel = document.getElementById("panel");
  let drag = null;
  handle.addEventListener("click", () => { if (!drag || !drag.moved) setSheet({ low: "half", half: "high", high: "low" }[sheetHeight]); drag = null; });
  handle.addEventListener("pointerdown", (event) => {
    drag = { y: event.clientY, height: panel.getBoundingClientRect().height, moved: false };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!drag || !handle.hasPointerCapture(event.pointerId)) return;
    if (Math.abs(event.clientY - drag.y) > 5) drag.moved = true;
    if (drag.moved) document.documentElement.style.setProperty("--sheet", `${Math.max(60, drag.height + drag.y - event.clientY)}px`);
  });
  handle.addEventListener("pointerup", (event) => {
    if (!drag || !drag.moved) return;
    const share = (drag.height + drag.y - event.clientY) / window.innerHeight;
    const nearest = Object.entries(SHEET).sort((a, b) => Math.abs(a[1] - share) - Math.abs(b[1] - share))[0][0];
    setSheet(nearest);
  });
  setSheet("half");
}

function takeSavedAnswers() {
  if (DATA.nearest) {
    const { query } = DATA.nearest;
    state.answer = { ...DATA.nearest, askedLayer: query.layer, saved: true };
    form.layer = DATA.query.layers.some((one) => one.name === query.layer) ? query.layer : form.layer;
    if (Number.isFinite(query.lon) && Number.isFinite(query.lat)) state.place = { lon: query.lon, lat: query.lat };
  }
  if (DATA.coverage.answer) state.coverage = DATA.coverage.answer;
}

/* The frame takes the size of the sheet before the picture is taken, so that what is seen is printed. */
function setPrinting(on) {
  const bounds = map.getBounds();
  document.documentElement.classList.toggle("printing", on);
  map.invalidateSize({ pan: false });
  if (on) map.fitBounds(bounds, { animate: false });
  drawing.redraw();
}

function start() {
  makeSheet();
  takeSavedAnswers();
  state.tab = DATA.served || state.answer ? "query" : state.coverage ? "coverage" : "layers";
  const followed = DATA.served ? incidentOfAddress() : null;
  if (followed) state.tab = "incidents";
  makeMap();
  renderAll();
  if (state.answer && state.place) showAnswerOnMap();
  loadClosures();
  loadIncidents();
  if (followed) openIncident(followed);
  setInterval(updateClocks, 10000);
  listen();
  document.getElementById("search").addEventListener("input", onSearchInput);
  document.getElementById("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const first = document.querySelector("#found button");
    if (first) first.click(); else onSearchInput();
  });
  document.getElementById("search").addEventListener("keydown", (event) => { if (event.key === "Escape") { event.target.value = ""; showFound([]); } });
  document.getElementById("tabs").addEventListener("keydown", onTabKey);
  window.addEventListener("beforeprint", () => setPrinting(true));
  window.addEventListener("afterprint", () => setPrinting(false));
  document.documentElement.dataset.ready = "yes";
}

start();
