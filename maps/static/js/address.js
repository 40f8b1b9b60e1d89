/**
 * The view in the address: what is shown can be sent as a link, and the back button works.
 *
 * @typedef {import("./types.js").View} View
 */

const TEXTS = /** @type {const} */ (["city", "indicator", "geography", "period", "area", "at", "measure", "alerts"]);

/**
 * Read the view from the address; what is absent or not understood is the default.
 *
 * @param {string} query for example "?city=leipzig&period=2019"
 * @param {string} language the page's own language
 * @returns {View}
 */
export function readView(query, language) {
  const given = new URLSearchParams(query);
  const text = (/** @type {string} */ name) => given.get(name) ?? "";
  const asked = text("lang") || language;
  return {
    language: asked === "en" ? "en" : "de",
    city: text("city"),
    indicator: text("indicator"),
    geography: text("geography"),
    period: text("period"),
    view: text("view") === "table" ? "table" : "map",
    proposals: text("proposals") !== "0",
    zones: text("zones") !== "0",
    area: text("area"),
    at: text("at"),
    measure: text("measure"),
    alerts: text("alerts"),
    why: text("why") !== "0",
  };
}

/**
 * Write the view as a query; what equals the default is left out, except what tells which map it is.
 *
 * @param {View} view
 * @param {string} language the page's own language
 * @returns {string}
 */
export function writeView(view, language) {
  const query = new URLSearchParams();
  for (const name of TEXTS) if (view[name]) query.set(name, view[name]);
  if (view.view === "table") query.set("view", view.view);
  if (!view.proposals) query.set("proposals", "0");
  if (!view.zones) query.set("zones", "0");
  if (!view.why) query.set("why", "0");
  if (view.language !== language) query.set("lang", view.language);
  const text = query.toString();
  return text ? `?${text}` : "";
}
