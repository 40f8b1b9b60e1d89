/**
 * The part of the area card that explains the value: asks for it when an area is chosen, and can be folded.
 *
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { renderExplanation } from "./explanation.js";
import { createFolded } from "./folded.js";

/**
 * Make it once; `show` fills it with what belongs to the view.
 *
 * @param {object} options
 * @param {Pick<ReturnType<typeof import("./api.js").createApi>, "explanation">} options.api
 * @param {(isOpen: boolean) => void} options.onFold
 */
export function createWhy({ api, onFold }) {
  const { element, show } = createFolded({ name: "why", onFold });
  return {
    element,

    /**
     * @param {Indicator|undefined} indicator
     * @param {View} view
     * @param {Words} words
     */
    show(indicator, view, words) {
      const address = view.area ? (indicator?.explanation ?? "") : "";
      return show({
        key: address && [address, view.geography, view.period, view.area, words.language].join("|"),
        isOpen: view.why,
        heading: words.t("why.title_class"),
        loading: words.t("why.loading"),
        none: words.t("why.none"),
        ask: () => api.explanation(address, view),
        draw: (explanation) => renderExplanation(explanation, words),
        retitle: ({ area_class: found }) => words.t(found ? "why.title_class" : "why.title_value"),
      });
    },
  };
}
