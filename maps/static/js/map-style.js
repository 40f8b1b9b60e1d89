/** What the map consists of: its sources and, from the ground up, its layers. */

import { LAYERS } from "./priority-layers.js";
import { groundLayers, growing, priorityLayers } from "./priority-style.js";

/**
 * @typedef {object} Theme colours of what is not data, read from the style sheet
 * @property {string} ground
 * @property {string} land an area without a colour of its own
 * @property {string} border between filled areas
 * @property {string} edge between areas that carry circles
 * @property {string} focus
 * @property {string} proposal
 * @property {string} proposalHalo
 * @property {string} zone
 * @property {string} link
 * @property {string} force the map in force, and single cases
 * @property {string} kept
 * @property {string} added
 * @property {string} removed
 */

const EMPTY = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
const DETAILED = { ...EMPTY, tolerance: 0.15, buffer: 32, maxzoom: 14 };
/** @type {Record<string, any>} */
export const SOURCES = {
  areas: { ...DETAILED, promoteId: "area_id" },
  states: DETAILED,
  points: { ...EMPTY, promoteId: "area_id" },
  ...Object.fromEntries(LAYERS.map(({ id }) => [id, DETAILED])),
  overlays: DETAILED,
  focus: EMPTY,
};

/** @type {any} */
const state = (/** @type {string} */ name) => ["feature-state", name];

/**
 * Borders get thinner with the number of areas, or thousands of blocks would be more border than colour.
 *
 * @param {number} areas
 * @returns {any}
 */
export function borderWidth(areas) {
  const share = Math.min(1, Math.max(0.25, Math.sqrt(250 / areas)));
  return growing(0.9 * share, 0.5 + 0.7 * share);
}

/** @param {Theme} theme @returns {any[]} */
export function layers(theme) {
  return [
    { id: "ground", type: "background", paint: { "background-color": theme.ground } },
    {
      id: "areas",
      type: "fill",
      source: "areas",
      paint: { "fill-color": ["coalesce", state("colour"), theme.land], "fill-antialias": false },
    },
    { id: "states", type: "fill", source: "states", paint: { "fill-pattern": ["get", "pattern"] } },
    ...groundLayers(),
    {
      id: "areas-line",
      type: "line",
      source: "areas",
      paint: { "line-color": theme.border, "line-width": borderWidth(1) },
    },
    ...priorityLayers(theme),
    ...overlayLayers(),
    {
      id: "circles",
      type: "circle",
      source: "points",
      paint: {
        "circle-radius": ["coalesce", state("radius"), 0],
        "circle-color": ["coalesce", state("circle"), "rgba(0,0,0,0)"],
        "circle-opacity": 0.82,
        "circle-stroke-color": "#ffffff",
        "circle-stroke-width": ["min", 0.8, ["*", 0.14, ["coalesce", state("radius"), 0]]],
      },
    },
    {
      id: "focus-halo",
      type: "line",
      source: "focus",
      layout: { "line-join": "round" },
      paint: { "line-color": "#ffffff", "line-width": ["match", ["get", "role"], "selected", 6, 4.5] },
    },
    {
      id: "focus-line",
      type: "line",
      source: "focus",
      layout: { "line-join": "round" },
      paint: { "line-color": theme.focus, "line-width": ["match", ["get", "role"], "selected", 3.2, 2] },
    },
  ];
}

/** Facilities, streets and own layers: in their colours, with a light edge that is seen on every class. */
function overlayLayers() {
  const colour = ["get", "overlay_colour"];
  const is = (/** @type {string} */ kind) => ["match", ["geometry-type"], [kind, `Multi${kind}`], true, false];
  const source = "overlays";
  const drawn = { source, layout: { "line-join": "round", "line-cap": "round" } };
  const isStreet = ["==", ["get", "overlay_kind"], "street"]; // so many that they must be thin, and have no edge
  // Of a whole city there are thousands: from afar they are a grain upon the colours, and grow as one comes nearer.
  const nearing = (/** @type {number[]} */ ...sizes) => [
    "interpolate",
    ["linear"],
    ["zoom"],
    ...[10, 11.5, 13, 15].flatMap((zoom, i) => [zoom, sizes[i]]),
  ];
  return [
    {
      id: "overlays-fill",
      type: "fill",
      source,
      filter: is("Polygon"),
      paint: { "fill-color": colour, "fill-opacity": 0.22 },
    },
    {
      id: "overlays-street",
      type: "line",
      source,
      layout: { "line-join": "round" }, // round caps would lie on each other where streets meet
      filter: isStreet,
      paint: { "line-color": colour, "line-width": nearing(0.3, 0.5, 1, 2.2), "line-opacity": nearing(0.35, 0.45, 0.6, 0.8) },
    },
    {
      id: "overlays-halo",
      type: "line",
      ...drawn,
      filter: ["all", ["!", is("Point")], ["!", isStreet]],
      paint: { "line-color": "#ffffff", "line-width": growing(2, 4.5) },
    },
    {
      id: "overlays-line",
      type: "line",
      ...drawn,
      filter: ["all", ["!", is("Point")], ["!", isStreet]],
      paint: { "line-color": colour, "line-width": growing(1, 2.4) },
    },
    {
      id: "overlays-point",
      type: "circle",
      source,
      filter: is("Point"),
      paint: {
        "circle-radius": nearing(1.5, 2.4, 4.2, 6.5),
        "circle-color": colour,
        "circle-stroke-color": "#ffffff",
        "circle-stroke-width": nearing(0.4, 0.7, 1.2, 1.6),
      },
    },
  ];
}
