/**
 * The view in the address: what is shown can be sent as a link, and the back button works.
 *
 * @typedef {import("./types.js").View} View
 */

import { FIRST_LAYERS, LAYERS } from "./priority-layers.js";

const TEXTS = /** @type {const} */ ([
  "city",
  "indicator",
  "geography",
  "period",
  "edition",
  "area",
  "at",
  "measure",
  "alerts",
  "region",
  "overlays",
]);
const NONE = "none";

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
    edition: text("edition"),
    view: text("view") === "table" ? "table" : "map",
    layers: readLayers(given),
    area: text("area"),
    at: text("at"),
    measure: text("measure"),
    alerts: text("alerts"),
    region: text("region"),
    overlays: text("overlays"),
    why: text("why") !== "0",
    member: text("member") === "1",
  };
}

/** Older links know one switch for all proposals. @param {URLSearchParams} given */
function readLayers(given) {
  const text = given.get("layers");
  if (text === null) return given.get("proposals") === "0" ? [] : FIRST_LAYERS;
  const wanted = text.split(".");
  return LAYERS.map((layer) => layer.id).filter((id) => wanted.includes(id));
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
  const layers = view.layers.join(".") || NONE;
  if (layers !== FIRST_LAYERS.join(".")) query.set("layers", layers);
  if (view.member) query.set("member", "1");
  if (!view.why) query.set("why", "0");
  if (view.language !== language) query.set("lang", view.language);
  const text = query.toString();
  return text ? `?${text}` : "";
}
