/* Under way: who was ordered, how far each is, the next step by one press, and its undoing. */
const FORWARD = ["accepted", "departed", "on_scene", "done", "returning", "available"];
const ASIDE = ["declined", "no_answer", "recalled"];
const FORWARD_AT_ONCE = 3; // further steps stand below a fold
const ENDED = ["available", "cancelled", "declined"];
const LAYER_ORDER = ["response_teams", "supply_depots", "shelters", ""];
const CHAINS_AT_MOST = 12;

/* Teams that were given to the incident by their status alone have their own chain. */
async function loadChains() {
  const held = new Set((desk.orders || []).filter((row) => !ENDED.includes(row.status)).map((row) => row.resource_id)), { id } = desk;
  const teams = (desk.view.teams || []).filter((team) => !held.has(team.id)).slice(0, CHAINS_AT_MOST);
  desk.chains.clear();
  for (const team of teams) {
    try {
      const chain = await ask(`${ROOT}v1/teams/${encodeURIComponent(team.id)}/status?lang=${state.language}`);
      if (desk.id !== id) return;
      desk.chains.set(team.id, chain);
    } catch (error) {
      if (desk.id !== id) return;
      desk.chains.set(team.id, { problem: problemOf(error, "no_connection_detail") });
    }
  }
  if (teams.length) renderIncidents();
}

function stepText(status) {
  const words = own(DATA.texts, "step_" + status);
  return words ? label(words) : String(status);
}

function resourceName(row) {
  return nameIn(layerNamed.get(row.resource_layer), { id: row.resource_id, name: row.resource_name });
}

/* Teams first, then goods, then places; within them the newest. */
function ordersNode(open) {
  if (!desk.orders) return null;
  const place = (row) => (LAYER_ORDER.indexOf(row.resource_layer) + LAYER_ORDER.length) % LAYER_ORDER.length;
  const under = desk.orders.filter((row) => !ENDED.includes(row.status)).sort((a, b) => place(a) - place(b)), ended = desk.orders.filter((row) => ENDED.includes(row.status)), alone = [...desk.chains];
  if (!desk.orders.length && !alone.length) return null;
  return el("section", { class: "group", "aria-label": t("under_way") },
    el("h3", { text: `${t("under_way")} (${under.length + alone.length})` }),
    el("ul", { class: "rows orders" }, under.map((row) => orderRow(row, open)), alone.map(([id, chain]) => chainRow(id, chain, open))),
    ended.length ? el("details", { "data-key": "ended", open: open.has("ended") }, el("summary", { "data-control": "ended", text: t("ended", { n: ended.length }) }), el("ul", { class: "rows orders" }, ended.map((row) => orderRow(row, open)))) : null);
}

function orderRow(row, open) {
  const layer = layerNamed.get(row.resource_layer), index = layer ? layer.indexOfId.get(row.resource_id) : undefined;
  const name = resourceName(row);
  const last = (row.history || [])[row.history.length - 1] || {};
  const what = [row.item ? itemText(row.item) + " " + grouped(row.quantity, 2) : "", Number.isFinite(row.places_persons) ? t("amount_places", { n: grouped(row.places_persons) }) : "",
    row.eta && ["ordered", "accepted", "departed"].includes(row.status) ? t("expected", { time: shortTime(row.eta) }) : "", t("since", { time: shortTime(last.occurred_at || row.occurred_at) })].filter(Boolean).join(" · ");
  return el("li", { class: "result order-row", "data-id": row.id, "data-status": row.status },
    el("div", { class: "line" }, el("strong", { class: "layer-name", text: name }), el("span", { class: "tag", text: stepText(row.status) })),
    el("p", { class: "small", text: what }),
    contactNodes(featureValues(layer, index), layer),
    stepButtons(row.id, name, row.may_follow || [], (status) => sendStep(row, name, status), row.status === "cancelled" ? null : () => undoStep(row, name), row.status, open));
}

/* What the page knows of a feature by the names of its fields, as rows of an answer have it. */
function featureValues(layer, index) {
  const values = {};
  if (layer && index !== undefined) for (const name of layer.contact) values[name] = rawValue(layer, name, index);
  return values;
}

function itemText(code) {
  for (const layer of DATA.layers) {
    for (const child of layer.children || []) {
      const field = child.fields.find((one) => one.type === "code" && one.codes.some((item) => item.code === code));
      if (field) return label(field.codes.find((item) => item.code === code).label);
    }
  }
  return code;
}

/* The steps that may follow as the service says them; the usual ones as buttons, the rest below a fold. */
function stepButtons(id, name, steps, press, undo, status, open) {
  const usual = [...FORWARD.filter((step) => steps.includes(step)).slice(0, FORWARD_AT_ONCE), ...ASIDE.filter((step) => steps.includes(step))];
  const rare = steps.filter((step) => !usual.includes(step));
  const button = (step) => el("button", { type: "button", class: "plain-button step", "data-control": `step-${id}-${step}`, "data-step": step, disabled: Boolean(desk.busy), "aria-label": `${name}: ${stepText(step)}`, text: step === "recalled" ? t("do_recalled") : stepText(step), onclick: () => press(step) });
  return el("div", { class: "steps", role: "group", "aria-label": t("next_step", { name }) }, usual.map(button),
    undo ? el("button", { type: "button", class: "plain-button undo", "data-control": "undo-" + id, disabled: Boolean(desk.busy), "aria-label": `${name}: ${t("undo_step", { step: stepText(status) })}`, text: t("undo_step", { step: stepText(status) }), onclick: undo }) : null,
    rare.length ? el("details", { "data-key": "rare-" + id, open: open.has("rare-" + id) }, el("summary", { "data-control": "rare-" + id, text: t("other_steps") }), rare.map(button)) : null);
}

function takeStep(name) {
  return (answer) => {
    const done = answer.assignments[0];
    desk.orders = (desk.orders || []).map((row) => (row.id === done.id ? done : row));
    desk.told = { text: `${name}: ${stepText(done.status)}` };
    loadIncident();
  };
}

function sendStep(row, name, status) {
  const path = `v1/assignments/${encodeURIComponent(row.id)}/`, expected = { headers: { "If-Match": `"${row.rev}"` } };
  if (status === "recalled") send("step", path + "recall", {}, takeStep(name), expected);
  else send("step", path + "status", { status }, takeStep(name), expected);
}

function undoStep(row, name) {
  send("step", `v1/assignments/${encodeURIComponent(row.id)}/undo`, {}, takeStep(name), { headers: { "If-Match": `"${row.rev}"` } });
}

function chainRow(id, chain, open) {
  const layer = layerNamed.get("response_teams"), index = layer ? layer.indexOfId.get(id) : undefined, team = (desk.view.teams || []).find((one) => one.id === id) || {};
  const name = team.name || id;
  if (chain.problem) return el("li", {}, el("strong", { text: name }), problemNode(chain.problem));
  const steps = chain.may_follow.map((step) => step.status).filter((status) => !["ordered", "out_of_service"].includes(status));
  const acts = chain.chain.filter((step) => !step.undone_by && step.action !== "undo"), last = acts[acts.length - 1], status = chain.team.properties.status;
  return el("li", { class: "result order-row", "data-id": id, "data-status": status },
    el("div", { class: "line" }, el("strong", { class: "layer-name", text: name }), el("span", { class: "tag", text: statusText(layer, status) || stepText(status) })),
    contactNodes({ ...featureValues(layer, index), ...team }, layer),
    stepButtons(id, name, steps, (step) => sendTeamStatus(id, name, step, status), last ? () => send("step", "v1/undo", { seq: last.seq }, () => { desk.told = { text: t("undone", { what: stepText(status) }) }; loadIncident(); }) : null, status, open));
}

function sendTeamStatus(id, name, status, seen) {
  const body = { status, incident: desk.id };
  if (seen) body.expected_status = seen;
  send("step", `v1/teams/${encodeURIComponent(id)}/status?lang=${state.language}`, body, (answer) => {
    const next = answer.next_proposal;
    desk.told = { text: `${name}: ${stepText(status)}`, warnings: [...answer.warnings, next && next.team ? t("next_team", { name: next.team.name || next.team.id, why: next.why }) : ""].filter(Boolean) };
    loadIncident();
  });
}
