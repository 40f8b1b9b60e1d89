/**
 * Facilities, streets and own layers: a switch for each, which is its legend entry too, and its features on the map.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Overlay} Overlay
 * @typedef {import("./part.js").Context} Context
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} ThingFacts one feature in words
 * @property {string} name "" if it has none
 * @property {string} kind title of its layer
 * @property {string[]} facts what else the layer says of it
 */

import { Problem } from "./api.js";
import { html, svg } from "./elements.js";

const MOST_FACTS = 4;

/** What each kind is drawn with in the legend. @type {Record<Overlay["kind"], (colour: string) => SVGElement>} */
const SIGNS = {
  facility: (colour) => svg("circle", { cx: 9, cy: 7, r: 4.5, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
  street: (colour) => svg("path", { d: "M1 11L7 4L11 9L17 3", fill: "none", stroke: colour, "stroke-width": 2 }),
  other: (colour) =>
    svg("rect", { x: 2, y: 2, width: 14, height: 10, fill: colour, "fill-opacity": 0.25, stroke: colour }),
};

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {ReturnType<typeof import("./api.js").createApi>} options.api
 * @param {ReturnType<typeof import("./map-stage.js").createMapStage>} options.map
 * @param {(change: {overlays: string}) => void} options.onChange of what the address says
 */
export function createOverlays(element, { api, map, onChange }) {
  let drawn = "";
  let turn = 0;

  /** Bring what is wanted upon the map; the others leave it. @param {Overlay[]} wanted @param {Context} context */
  async function bring(wanted, { words }) {
    const key = wanted.map((overlay) => overlay.id).join(" ");
    if (key === drawn) return;
    drawn = key;
    turn += 1;
    const mine = turn;
    const told = /** @type {HTMLElement} */ (element.querySelector("[role=status]"));
    told.textContent = words.t("overlays.loading");
    try {
      const layers = await Promise.all(wanted.map(async (overlay) => coloured(overlay, await api.overlay(overlay.id))));
      if (mine !== turn) return;
      layers.sort((a, b) => b.length - a.length); // what there is little of lies on top
      map.showShapes("overlays", { type: "FeatureCollection", features: layers.flat() });
      told.textContent = "";
    } catch (error) {
      if (mine !== turn) return;
      drawn = ""; // the next switch asks again
      if (!(error instanceof Problem)) throw error;
      told.textContent = words.t("overlays.failed");
    }
  }

  return {
    /** @param {Context} context */
    render(context) {
      const { city, view, words } = context;
      const all = city.overlays ?? [];
      const names = view.overlays.split(".");
      const wanted = all.filter((overlay) => names.includes(nameOf(overlay, city)));
      element.hidden = all.length === 0;
      if (!all.length && !drawn) return;
      const focused = document.activeElement?.id;
      const rows = all.map((overlay) => {
        const name = nameOf(overlay, city);
        const box = html("input", {
          type: "checkbox",
          id: `overlay-${name}`,
          checked: wanted.includes(overlay),
          onchange: () => {
            const kept = all.filter((one) => (one === overlay ? box.checked : wanted.includes(one)));
            onChange({ overlays: kept.map((one) => nameOf(one, city)).join(".") });
          },
        });
        return row(overlay, box, words);
      });
      element.replaceChildren(
        html("fieldset", { class: "switches" }, html("legend", {}, words.t("overlays.title")), ...rows),
        html("p", { class: "note", role: "status" }),
      );
      if (focused?.startsWith("overlay-")) document.getElementById(focused)?.focus();
      void bring(wanted, context);
    },
  };
}

/** @param {Overlay} overlay @param {City} city */
const nameOf = (overlay, city) => overlay.id.slice(city.id.length + 1);

/**
 * @param {Overlay} overlay
 * @param {HTMLInputElement} box
 * @param {Words} words
 */
function row(overlay, box, words) {
  const sign = svg(
    "svg",
    { class: "swatch", viewBox: "0 0 18 14", width: 18, height: 14, "aria-hidden": "true" },
    SIGNS[overlay.kind](overlay.colour),
  );
  const facts = words.t("overlays.facts", {
    features: words.counted("overlays.features", overlay.features),
    date: words.date(overlay.as_of),
    attribution: overlay.attribution,
    licence: overlay.licence,
  });
  const title = html("span", {}, words.of(overlay.title));
  return html(
    "div",
    { class: "switch" },
    html("p", { class: "toggle" }, box, html("label", { for: box.id }, sign, title)),
    html("div", { class: "parts" }, html("p", { class: "note" }, facts)),
  );
}

/** @param {Overlay} overlay @param {Collection} shapes */
function coloured({ id, colour, kind }, shapes) {
  const look = { overlay_id: id, overlay_colour: colour, overlay_kind: kind };
  return shapes.features.map((item) => ({ ...item, properties: { ...item.properties, ...look } }));
}

/**
 * Say what a feature on the map is.
 *
 * @param {Feature["properties"]} properties
 * @param {City} city
 * @param {Words} words
 * @returns {ThingFacts|null} null when its layer is not of this city
 */
export function describeThing({ name, overlay_id, overlay_colour, overlay_kind, ...others }, city, words) {
  const overlay = city.overlays?.find((one) => one.id === overlay_id);
  if (!overlay) return null;
  const facts = Object.entries(others)
    .filter(([, fact]) => fact !== null && fact !== "")
    .map(([key, fact]) => `${key}: ${typeof fact === "number" ? words.number(fact) : fact}`);
  return { name: String(name ?? ""), kind: words.of(overlay.title), facts: facts.slice(0, MOST_FACTS) };
}
