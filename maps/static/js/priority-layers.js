/**
 * What the map can show of the priority areas: one entry per switch, in their order, and where its shapes come from.
 *
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./priority-data.js").Proposal} Proposal
 * @typedef {ReturnType<typeof import("./api.js").createApi>} Api
 *
 * @typedef {object} PriorityLayer
 * @property {string} id in the address and, before a dash, in the layers of the map
 * @property {string} collection where its shapes are; "" where they are made here
 * @property {string} title key of its text
 */

import { interiorPoint } from "./interior.js";

/** @type {PriorityLayer[]} */
export const LAYERS = [
  { id: "regions", collection: "priority-areas", title: "priority.regions" },
  { id: "core", collection: "priority-classes", title: "priority.core" },
  { id: "margin", collection: "priority-classes", title: "priority.margin" },
  { id: "cases", collection: "priority-cases", title: "priority.cases" },
  { id: "bands", collection: "priority-bands", title: "priority.bands" },
  { id: "links", collection: "priority-links", title: "priority.links" },
  { id: "force", collection: "priority-map", title: "priority.force" },
  { id: "changes", collection: "priority-changes", title: "priority.changes" },
  { id: "stability", collection: "", title: "priority.stability" },
];
/** What is shown to somebody who has chosen nothing. */
export const FIRST_LAYERS = ["regions", "core", "margin", "cases"];

/** How often an area is in a priority area, from often to seldom, as the service names it. */
export const STANDINGS = ["always", "mostly", "sometimes", "never"];
export const CHANGES = ["kept", "added", "removed"];
export const MARGIN_GRADES = 4;
const NOTHING = /** @type {Collection} */ ({ type: "FeatureCollection", features: [] });

/**
 * Fetch the shapes of one layer, each with what it is drawn with.
 *
 * @param {Api} api
 * @param {string} id of the layer
 * @param {Proposal} proposal
 * @param {string} edition of the boundaries that are shown, "" for the newest
 * @returns {Promise<Collection>}
 */
export async function loadLayer(api, id, proposal, edition) {
  if (id === "stability") return stabilityOf(api, proposal, edition);
  const name = LAYERS.find((layer) => layer.id === id)?.collection;
  const all = await api.collection(`${proposal.city}.${name}`);
  if (id === "core" || id === "margin") {
    return collect(all.features.filter((item) => item.properties.zone_class === id).map(graded));
  }
  if (id === "cases") return collect(all.features.flatMap((item) => [item, marker(item)]));
  if (id === "bands") return collect(all.features.map((item) => withProperties(item, { ring: ringOf(item) })));
  if (id === "changes") {
    return collect(all.features.map((item) => withProperties(item, { pattern: `changes-${item.properties.change}` })));
  }
  return all;
}

/** The inner band is shown stronger than those farther out. @param {Feature} item */
function ringOf({ properties }) {
  return Number(properties.near) > 0 ? "far" : "near";
}

/**
 * The margin is cut into grades of membership; the first is the one nearest to the core.
 *
 * @param {Feature} item
 */
function graded(item) {
  const { zone_class: name, from_membership: from } = item.properties;
  return withProperties(item, { pattern: name === "margin" ? `margin-${gradeOf(Number(from))}` : "core" });
}

/** The grade of the margin from 1 (nearest to the core) to 4. @param {number} membership 0 to 1 */
export function gradeOf(membership) {
  return Math.min(MARGIN_GRADES, Math.max(1, MARGIN_GRADES - Math.floor(membership * MARGIN_GRADES)));
}

/** A mark that is seen where the area itself is small. @param {Feature} item @returns {Feature} */
function marker(item) {
  const point = { type: "Point", coordinates: interiorPoint(item.geometry) };
  return { type: "Feature", geometry: point, properties: item.properties };
}

/** @param {Api} api @param {Proposal} proposal @param {string} edition */
async function stabilityOf(api, proposal, edition) {
  const [rows, areas] = await Promise.all([
    api.proposalAreas(proposal.city),
    api.areas(proposal.city, proposal.geography, edition),
  ]);
  const standing = new Map(rows.map((row) => [row.id, row.standing]));
  return collect(
    areas.features.flatMap((item) => {
      const known = standing.get(String(item.properties.area_id));
      return known ? [withProperties(item, { pattern: `stability-${known}` })] : [];
    }),
  );
}

/** @param {Feature} item @param {Record<string, any>} more @returns {Feature} */
const withProperties = (item, more) => ({ ...item, properties: { ...item.properties, ...more } });

/** @param {Feature[]} features @returns {Collection} */
const collect = (features) => ({ ...NOTHING, features });
