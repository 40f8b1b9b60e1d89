/**
 * The priority areas on the page: the box in the panel and the layers on the map follow the view.
 *
 * @typedef {import("./types.js").View} View
 * @typedef {import("./types.js").Feature} Feature
 * @typedef {import("./priority-data.js").Priority} Priority
 * @typedef {import("./part.js").Context} Context
 */

import { Problem } from "./api.js";
import { fits } from "./editions.js";
import { LAYERS, loadLayer } from "./priority-layers.js";
import { createProposals } from "./proposals.js";

/** @type {import("./types.js").Collection} */
const NOTHING = { type: "FeatureCollection", features: [] };

/**
 * @param {HTMLElement} element
 * @param {object} options
 * @param {ReturnType<typeof import("./api.js").createApi>} options.api
 * @param {ReturnType<typeof import("./map-stage.js").createMapStage>} options.map
 * @param {(change: Partial<View>) => void} options.onChange of what the address says
 * @param {(region: Feature) => void} options.onZoom
 * @param {(area: string, place: import("./editions.js").Place) => void} options.onArea
 * @param {(place: import("./editions.js").Place) => void} options.onEdition the boundaries of the proposal are wished
 * @param {() => void} options.onMethod
 */
export function createPriority(element, { api, map, onChange, onZoom, onArea, onEdition, onMethod }) {
  /** @type {Priority|null} */
  let known = null;
  /** Layers of what is known that are on the map or on their way. @type {Set<string>} */
  let asked = new Set();
  /** Those that lie on the areas shown; what was made on other boundaries is not drawn across them. */
  let fitting = "";
  let isProposalFitting = false;
  const box = createProposals(element, {
    api,
    onLayers: (layers) => onChange({ layers }),
    onRegion: (region) => onChange({ region }),
    onZoom,
    onCase: (area) => known?.proposal && onArea(area, placeOf(known.proposal)),
    onEdition: () => known?.proposal && onEdition(placeOf(known.proposal)),
    onMethod,
  });

  /** @param {string} id @param {Priority} wanted @param {Context} context */
  async function bring(id, { proposal }, { view, words }) {
    if (!proposal) return;
    const mine = asked;
    mine.add(id);
    box.tell(id, words.t("priority.loading"));
    try {
      const shapes = await loadLayer(api, id, proposal, view.edition);
      if (mine !== asked) return;
      map.showShapes(id, shapes);
      box.tell(id, "");
    } catch (error) {
      if (mine !== asked) return;
      mine.delete(id); // the next switch asks again
      if (!(error instanceof Problem)) throw error;
      box.tell(id, words.t("priority.failed"));
    }
  }

  return {
    /** What the city's proposal is, once it has come; nothing where it was made on other boundaries than those shown. */
    get known() {
      return isProposalFitting ? known : null;
    },

    /** @param {Priority} wanted @param {Context} context */
    render(wanted, context) {
      const drawable = wanted.layers.filter((id) => fits(wanted.places[id], context.city));
      isProposalFitting = !wanted.proposal || fits(placeOf(wanted.proposal), context.city);
      if (known !== wanted || fitting !== drawable.join()) {
        fitting = drawable.join();
        for (const { id } of LAYERS) map.showShapes(id, NOTHING);
        known = wanted;
        asked = new Set();
      }
      box.update(wanted, context);
      map.toggle(context.view);
      for (const id of drawable) {
        if (context.view.layers.includes(id) && !asked.has(id)) void bring(id, wanted, context);
      }
    },

    /** Unfold a priority area in the list and bring it into view. @param {string} region */
    reveal: (region) => box.reveal(region),
  };
}

/** @param {import("./priority-data.js").Proposal} proposal */
function placeOf({ geography, edition }) {
  return { geography, edition };
}
