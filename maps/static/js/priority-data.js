/**
 * What the page knows about a city's priority areas: asked for after the map, each thing once.
 *
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./types.js").Collection} Collection
 * @typedef {ReturnType<typeof import("./api.js").createApi>} Api
 *
 * @typedef {{areas: number, residents: number}} Amount
 *
 * @typedef {object} Proposal
 * @property {string} city
 * @property {{id: number, kind: string, finished_at: string|null, inputs_hash: string,
 *   code_version: string}} run
 * @property {string} period
 * @property {string} geography
 * @property {string} edition
 * @property {Record<string, any>} parameters
 * @property {{regions: number, areas: number, residents: number, relative_gap: number|null, geometry_sha256: string,
 *   map_in_force: number|null, single_cases: number, draws: number, variants: number, areas_without_need: number,
 *   changes: Record<string, Amount>|null}} summary
 * @property {{locked: {region_id: string, reason: string}[], inside: {name: string, reason: string}[],
 *   outside: {name: string, reason: string}[]}} decisions
 *
 * @typedef {{id: string, standing: string|null}} ProposalArea
 *
 * @typedef {object} Priority
 * @property {string} city
 * @property {string[]} layers that there are shapes for, by id
 * @property {Record<string, import("./editions.js").Place>} places level and edition that each of them lies on
 * @property {Collection} regions outlines of the proposed areas
 * @property {Proposal|null} proposal null where there is none
 * @property {import("./single-cases.js").SingleCases|null} cases null where they did not come
 * @property {import("./scenarios.js").Scenario[]} scenarios
 * @property {import("./priority-maps.js").PriorityMap[]} maps
 */

import { Problem } from "./api.js";
import { LAYERS } from "./priority-layers.js";

/**
 * Make the way to what is known of a city; as long as the service's list of layers is the same, so is the answer.
 *
 * @param {Api} api
 * @returns {(city: string) => Promise<Priority>}
 */
export function createLoader(api) {
  /** @type {{list: unknown, answer: Priority}|null} */
  let kept = null;
  return async (city) => {
    const list = await api.collections();
    if (kept?.list !== list || kept.answer.city !== city) kept = { list, answer: await load(api, city, list) };
    return kept.answer;
  };
}

/**
 * @param {Api} api
 * @param {string} city
 * @param {import("./types.js").CollectionRow[]} all
 * @returns {Promise<Priority>}
 */
async function load(api, city, all) {
  const start = `${city}.priority-`;
  const rows = new Map(all.filter((row) => row.id.startsWith(start)).map((row) => [row.id, row]));
  const there = new Map([...rows].map(([id, row]) => [id, row.features]));
  const nothing = { type: /** @type {const} */ ("FeatureCollection"), features: [] };
  const [regions, proposal, cases, scenarios, maps] = await Promise.all([
    there.get(`${start}areas`) ? api.collection(`${start}areas`) : nothing,
    there.size ? unlessMissing(api.proposal(city)) : null,
    there.size ? unlessMissing(api.singleCases(city)) : null,
    unlessMissing(api.scenarios(city)),
    unlessMissing(api.priorityMaps(city)),
  ]);
  const layers = LAYERS.filter(({ id, collection }) =>
    id === "stability" ? (proposal?.summary.variants ?? 0) > 0 : there.get(`${city}.${collection}`),
  ).map(({ id }) => id);
  const places = Object.fromEntries(
    LAYERS.flatMap(({ id, collection }) => {
      const place = collection ? rows.get(`${city}.${collection}`) : proposal;
      return place ? [[id, { geography: place.geography, edition: place.edition }]] : [];
    }),
  );
  return { city, layers, places, regions, proposal, cases, scenarios: scenarios ?? [], maps: maps ?? [] };
}

/**
 * What is not there is null; what goes wrong otherwise is told.
 *
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T|null>}
 */
async function unlessMissing(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}
