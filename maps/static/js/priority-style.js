/**
 * How the priority areas are drawn: patterns and lines that differ without their colours, for the map and its legend.
 *
 * @typedef {import("./map-style.js").Theme} Theme
 * @typedef {{colour: string, ink: string, halo?: string, pattern: {name: string, tile: number, path: string,
 *   width: number}}} PatternStyle
 */

const CLEAR = "rgba(0,0,0,0)";
const HALO = "rgba(255,255,255,0.45)";
const MARK = "rgba(255,255,255,0.85)"; // single marks have to be seen on every colour
const DOTS = [
  { tile: 9, path: "M2.25 2.25h.01M6.75 6.75h.01M2.25 6.75h.01M6.75 2.25h.01", width: 2.3 },
  { tile: 10, path: "M2.5 2.5h.01M7.5 7.5h.01", width: 2.3 },
  { tile: 14, path: "M3.5 3.5h.01M10.5 10.5h.01", width: 2.1 },
  { tile: 20, path: "M5 5h.01M15 15h.01", width: 2 },
];

/**
 * Every pattern by its name; the map and the legend draw from the same.
 *
 * @param {Theme} theme
 * @returns {Record<string, PatternStyle>}
 */
export function patterns(theme) {
  const { proposal, link, kept, added, removed } = theme;
  return {
    core: drawn("core", 12, "M-2 2L2-2M0 12L12 0M10 14L14 10", 1.3, proposal),
    ...Object.fromEntries(
      DOTS.map(({ tile, path, width }, i) => [`margin-${i + 1}`, drawn(`margin-${i + 1}`, tile, path, width, proposal)]),
    ),
    links: drawn("links", 10, "M0 3H10M0 8H10", 1.3, link),
    "changes-kept": drawn("changes-kept", 18, "M6 7.5H12M6 10.5H12", 1.3, kept, MARK),
    "changes-added": drawn("changes-added", 16, "M8 3.5V12.5M3.5 8H12.5", 2, added, MARK),
    "changes-removed": drawn("changes-removed", 16, "M4.5 4.5L11.5 11.5M4.5 11.5L11.5 4.5", 2, removed, MARK),
    "stability-always": filled("stability-always", "#4f2378"),
    "stability-mostly": filled("stability-mostly", "#a58bc4", "M-2 2L2-2M0 8L8 0M6 10L10 6", 1.1),
    "stability-sometimes": filled("stability-sometimes", "#e3daee", "M2 2h.01M6 6h.01", 1.7),
    "stability-never": filled("stability-never", "#f8f9f7"),
  };
}

/**
 * @param {string} name
 * @param {number} tile
 * @param {string} path
 * @param {number} width
 * @param {string} ink
 * @param {string} [halo]
 * @returns {PatternStyle}
 */
function drawn(name, tile, path, width, ink, halo = HALO) {
  return { colour: CLEAR, ink, halo, pattern: { name, tile, path, width } };
}

/**
 * @param {string} name
 * @param {string} colour
 * @param {string} [path] none for a plain colour
 * @param {number} [width]
 * @returns {PatternStyle}
 */
function filled(name, colour, path = "", width = 1) {
  return { colour, ink: "#4f2378", pattern: { name, tile: 8, path, width } };
}

/**
 * A width that grows from a view of the whole city to one of a few streets.
 *
 * @param {number} far
 * @param {number} near
 * @returns {any}
 */
export const growing = (far, near) => ["interpolate", ["linear"], ["zoom"], 10.5, far, 13.5, near];

/** What takes the place of the indicator, below the borders of the areas. @returns {any[]} */
export const groundLayers = () => [
  { id: "stability-fill", type: "fill", source: "stability", paint: { "fill-pattern": ["get", "pattern"] } },
];

/** What lies upon the areas, from the bottom up. @param {Theme} theme @returns {any[]} */
export function priorityLayers(theme) {
  const round = { "line-join": "round", "line-cap": "round" };
  const joined = { "line-join": "round" };
  const line = (/** @type {string} */ id, /** @type {string} */ source, /** @type {any} */ paint, layout = joined) => ({
    id,
    type: "line",
    source,
    layout,
    paint,
  });
  const pattern = (/** @type {string} */ id, /** @type {any} */ name) => ({
    id: `${id}-fill`,
    type: "fill",
    source: id,
    paint: { "fill-pattern": name },
  });
  const halo = { "line-color": theme.proposalHalo };
  return [
    {
      id: "bands-fill",
      type: "fill",
      source: "bands",
      paint: {
        "fill-color": theme.zone,
        "fill-opacity": ["match", ["get", "ring"], "near", 0.2, 0.09],
        "fill-antialias": false,
      },
    },
    line("bands-halo", "bands", { ...halo, "line-width": 2.6, "line-opacity": 0.5 }),
    line("bands-line", "bands", { "line-color": theme.zone, "line-width": 1.3, "line-dasharray": [3, 2.5] }),
    pattern("links", "links"),
    line("links-halo", "links", { ...halo, "line-width": 3.2, "line-opacity": 0.7 }),
    line("links-line", "links", { "line-color": theme.link, "line-width": 1.6, "line-dasharray": [5, 1.5, 0.8, 1.5] }),
    pattern("margin", ["get", "pattern"]),
    pattern("core", "core"),
    pattern("changes", ["get", "pattern"]),
    line("changes-line", "changes", {
      "line-color": [
        "match",
        ["get", "change"],
        "added",
        theme.added,
        "removed",
        theme.removed,
        theme.kept,
      ],
      "line-width": 1.4,
    }),
    line("regions-halo", "regions", { ...halo, "line-width": growing(3.4, 5), "line-opacity": 0.85 }),
    line("regions-line", "regions", { "line-color": theme.proposal, "line-width": growing(1.7, 2.6) }),
    line("force-wide", "force", { "line-color": theme.force, "line-width": growing(4.4, 6) }),
    line("force-within", "force", { ...halo, "line-width": growing(2, 3) }),
    line("cases-halo", "cases", { ...halo, "line-width": 4.4, "line-opacity": 0.9 }),
    line("cases-line", "cases", { "line-color": theme.force, "line-width": 2.4, "line-dasharray": [0.1, 1.8] }, round),
    {
      id: "cases-ring",
      type: "circle",
      source: "cases",
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": growing(5.5, 7),
        "circle-color": theme.proposalHalo,
        "circle-stroke-color": theme.force,
        "circle-stroke-width": 2.2,
      },
    },
    {
      id: "cases-point",
      type: "circle",
      source: "cases",
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": growing(2, 2.6), "circle-color": theme.force },
    },
  ];
}
