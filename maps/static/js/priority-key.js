/**
 * Small samples of what the layers of the priority areas look like, from the same patterns as on the map.
 *
 * @typedef {import("./map-style.js").Theme} Theme
 */

import { svg } from "./elements.js";
import { patterned } from "./patterns.js";
import { patterns } from "./priority-style.js";
import { readTheme } from "./theme.js";

const WIDTH = 26;
const HEIGHT = 16;
const FRAME = { x: 2, y: 2, width: WIDTH - 4, height: HEIGHT - 4, rx: 2, fill: "none" };

/**
 * The sample of one layer, or of one of its parts ("margin-2").
 *
 * @param {string} name
 * @returns {SVGElement}
 */
export function key(name) {
  const theme = readTheme();
  const all = patterns(theme);
  if (name === "margin") return steps(["margin-1", "margin-2", "margin-4"]);
  if (name === "stability") return steps(["stability-sometimes", "stability-mostly", "stability-always"]);
  if (name === "changes") return steps(["changes-kept", "changes-added", "changes-removed"]);
  if (name in all) return field(name, name === "links" ? outline(theme.link, 1.5, "5 1.5 1 1.5") : []);
  const ground = svg("rect", { ...FRAME, x: 0, y: 0, width: WIDTH, height: HEIGHT, fill: theme.land });
  return sample(ground, ...lines(name, theme));
}

/** @param {string} name @param {Theme} theme */
function lines(name, theme) {
  if (name === "regions") return outline(theme.proposal, 2.4);
  if (name === "force") return [...outline(theme.force, 4.4), ...outline(theme.proposalHalo, 1.8)];
  if (name === "cases") {
    const middle = { cx: WIDTH / 2, cy: HEIGHT / 2 };
    return [
      svg("circle", { ...middle, r: 5.2, fill: theme.proposalHalo, stroke: theme.force, "stroke-width": 2 }),
      svg("circle", { ...middle, r: 1.9, fill: theme.force }),
    ];
  }
  const tint = svg("rect", { ...FRAME, fill: theme.zone, "fill-opacity": name === "bands-far" ? 0.09 : 0.2 });
  return [tint, ...outline(theme.zone, 1.4, "4 3")];
}

/** @param {...SVGElement} parts */
function sample(...parts) {
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT };
  return svg("svg", { class: "swatch", ...size, "aria-hidden": "true" }, ...parts);
}

/** @param {string} colour @param {number} width @param {string} [dashes] */
function outline(colour, width, dashes) {
  return [svg("rect", { ...FRAME, stroke: colour, "stroke-width": width, "stroke-dasharray": dashes })];
}

/** One pattern on the ground of an area. @param {string} name @param {SVGElement[]} [above] */
function field(name, above = []) {
  return steps([name], above);
}

/** Several patterns side by side, as one sample. @param {string[]} names @param {SVGElement[]} [above] */
function steps(names, above = []) {
  const theme = readTheme();
  const all = patterns(theme);
  const width = WIDTH / names.length;
  const fields = names.flatMap((name, i) => {
    const style = all[name];
    const place = { x: i * width, y: 0, width, height: HEIGHT };
    const ground = svg("rect", { ...place, fill: style.halo ? theme.land : style.colour });
    return [ground, ...(style.pattern.path ? patterned(style, place, true) : [])];
  });
  const edge = { x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, rx: 2, fill: "none" };
  return sample(...fields, ...above, svg("rect", { ...edge, class: "swatch-edge" }));
}
