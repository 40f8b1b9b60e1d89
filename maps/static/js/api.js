/**
 * Everything the page asks the service, each thing once.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").Layer} Layer
 * @typedef {import("./types.js").Collection} Collection
 */

const LAYERS_KEPT = 60;

/** What went wrong, in the service's own words where it has any. */
export class Problem extends Error {
  /**
   * @param {{status?: number, path: string, title?: string, detail?: string}} facts status 0: no answer at all
   */
  constructor({ status = 0, path, title = "", detail = "" }) {
    super(detail || title || `${status} ${path}`);
    this.status = status;
    this.path = path;
    this.title = title;
    this.detail = detail;
  }
}

/**
 * Fetch one JSON body.
 *
 * @param {string} path relative to the page
 * @returns {Promise<any>}
 */
async function getJson(path) {
  let response;
  try {
    response = await fetch(path);
  } catch {
    throw new Problem({ path });
  }
  let body = null;
  try {
    body = await response.json();
  } catch {
    if (response.ok) throw new Problem({ status: response.status, path });
  }
  if (!response.ok) {
    throw new Problem({ status: response.status, path, title: body?.title, detail: body?.detail });
  }
  return body;
}

/**
 * Fetch a whole list, following its links to the next page.
 *
 * @param {string} path
 * @param {string} name of the list in the bodies
 * @returns {Promise<any[]>}
 */
async function getList(path, name) {
  const items = [];
  /** @type {string|undefined} */
  let next = path;
  while (next) {
    const page = await getJson(next);
    items.push(...page[name]);
    const link = (page.links ?? []).find((/** @type {{rel: string}} */ item) => item.rel === "next");
    next = link && sameOrigin(link.href);
  }
  return items;
}

/** @param {string} path @returns {Promise<Collection>} */
const getCollection = async (path) => ({ type: "FeatureCollection", features: await getList(path, "features") });

/** @param {string} path */
const getAlerts = (path) => getList(path, "alerts");

/**
 * Keep path and query of a link only: behind a proxy the service may not know its own host name.
 *
 * @param {string} href
 */
function sameOrigin(href) {
  const url = new URL(href, document.baseURI);
  return url.pathname + url.search;
}

/** One answer per address; failed ones are asked again, the oldest are dropped. */
class Kept {
  /** @param {number} most */
  constructor(most) {
    this.most = most;
    /** @type {Map<string, Promise<any>>} */
    this.answers = new Map();
  }

  /**
   * @param {string} path
   * @param {(path: string) => Promise<any>} ask
   */
  get(path, ask) {
    const known = this.answers.get(path);
    if (known) {
      this.answers.delete(path);
      this.answers.set(path, known);
      return known;
    }
    const answer = ask(path);
    this.answers.set(path, answer);
    answer.catch(() => this.answers.delete(path));
    if (this.answers.size > this.most) this.answers.delete(this.answers.keys().next().value ?? "");
    return answer;
  }
}

/** @param {string} part */
const safe = (part) => encodeURIComponent(part);

/** More of a query, where another edition than the newest is asked for. @param {string} [edition] */
const inEdition = (edition) => (edition ? `&edition=${safe(edition)}` : "");

/**
 * What is asked of a city's priority areas.
 *
 * @param {Kept} lists
 */
function priorityWays(lists) {
  const proposal = (/** @type {string} */ city) => `cities/${safe(city)}/proposal`;
  const maps = (/** @type {string} */ city) => `cities/${safe(city)}/priority-maps`;
  return {
    /** @param {string} city @returns {Promise<import("./priority-data.js").Proposal>} */
    proposal: (city) => lists.get(proposal(city), getJson),
    /** @param {string} city @returns {Promise<import("./priority-data.js").ProposalArea[]>} */
    proposalAreas: (city) => lists.get(`${proposal(city)}/areas?limit=1000`, (path) => getList(path, "areas")),
    /** @param {string} city @param {string} area @returns {Promise<import("./membership-reasons.js").Membership>} */
    proposalArea: (city, area) => lists.get(`${proposal(city)}/areas/${safe(area)}`, getJson),
    /** @param {string} city @param {string} region @returns {Promise<import("./region-reasons.js").Region>} */
    proposalRegion: (city, region) => lists.get(`${proposal(city)}/regions/${safe(region)}`, getJson),
    /** @param {string} city @returns {Promise<import("./single-cases.js").SingleCases>} */
    singleCases: (city) => lists.get(`${proposal(city)}/single-cases`, getJson),
    /** @param {string} city @returns {Promise<import("./scenarios.js").Scenario[]>} */
    scenarios: (city) => lists.get(`cities/${safe(city)}/scenarios`, getJson).then((body) => body.scenarios),
    /** @param {string} city @param {string[]} names @returns {Promise<import("./scenarios.js").Comparison>} */
    comparison: (city, names) => {
      const asked = names.map((name) => `name=${safe(name)}`).join("&");
      return lists.get(`cities/${safe(city)}/scenarios/comparison?${asked}`, getJson);
    },
    /** @param {string} city @returns {Promise<import("./priority-maps.js").PriorityMap[]>} */
    priorityMaps: (city) => lists.get(maps(city), getJson).then((body) => body.maps),
    /** @param {string} city @param {number} id @returns {Promise<import("./priority-maps.js").PriorityMap>} */
    priorityMap: (city, id) => lists.get(`${maps(city)}/${id}`, getJson),
  };
}

/** Make the page's way to the service. */
export function createApi() {
  const lists = new Kept(40);
  const layers = new Kept(LAYERS_KEPT);
  const shapes = new Kept(4);
  return {
    /** @returns {Promise<City[]>} */
    cities: () => lists.get("cities", getJson).then((body) => body.cities),
    /** @param {string} city @param {string} [edition] "" for the newest @returns {Promise<Indicator[]>} */
    indicators: (city, edition = "") => {
      const asked = edition && `?edition=${safe(edition)}`;
      return lists.get(`cities/${safe(city)}/indicators${asked}`, getJson).then((body) => body.indicators);
    },
    /** @param {string} city @returns {Promise<import("./segregation.js").Segregation>} */
    segregation: (city) => lists.get(`cities/${safe(city)}/segregation`, getJson),
    /** @param {string} city @returns {Promise<import("./alerts.js").Alert[]>} */
    alerts: (city) => lists.get(`cities/${safe(city)}/alerts?limit=1000`, getAlerts),
    /** @param {string} city @returns {Promise<import("./alerts.js").AlertRule[]>} */
    alertRules: (city) => lists.get(`cities/${safe(city)}/alert-rules`, getJson).then((body) => body.rules),
    /**
     * @param {string} address where the indicator says why
     * @param {{area: string, geography: string, period: string}} view
     * @returns {Promise<import("./explanation.js").Explanation>}
     */
    explanation: (address, { area, geography, period }) =>
      lists.get(`${address}?area=${safe(area)}&geography=${safe(geography)}&period=${safe(period)}`, getJson),
    /**
     * @param {{city: string, indicator: string, geography: string, period: string, edition?: string}} view
     * @returns {Promise<Layer>}
     */
    layer: ({ city, indicator, geography, period, edition }) => {
      const asked = `geography=${safe(geography)}&period=${safe(period)}${inEdition(edition)}`;
      return layers.get(`cities/${safe(city)}/layers/${safe(indicator)}?${asked}`, getJson);
    },
    /** @param {string} city @param {string} geography @param {string} [edition] @returns {Promise<Collection>} */
    areas: (city, geography, edition) =>
      shapes.get(
        `collections/${safe(city)}.${safe(geography)}/items?limit=10000${inEdition(edition)}`,
        getCollection,
      ),
    /** @returns {Promise<import("./types.js").CollectionRow[]>} */
    collections: () => lists.get("collections", getJson).then((body) => body.collections),
    /** @param {string} id @returns {Promise<Collection>} */
    collection: (id) => lists.get(`collections/${safe(id)}/items?limit=10000`, getCollection),
    /** @param {string} id @returns {Promise<Collection>} */
    overlay: (id) => lists.get(`overlays/${safe(id)}/items?limit=10000`, getCollection),
    ...priorityWays(lists),
    /** Forget everything, so that what is asked next is asked again. */
    forget: () => [lists, layers, shapes].forEach((kept) => kept.answers.clear()),
  };
}
