/**
 * The part of the area card that says why the area is in a priority area, or why not.
 *
 * @typedef {import("./priority-data.js").Priority} Priority
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { createFolded } from "./folded.js";
import { renderMembership } from "./membership-reasons.js";

/**
 * Make it once; `show` fills it with what belongs to the view.
 *
 * @param {object} options
 * @param {Pick<ReturnType<typeof import("./api.js").createApi>, "proposalArea">} options.api
 * @param {(isOpen: boolean) => void} options.onFold
 * @param {(area: string) => void} options.onArea a neighbour is chosen
 * @param {(region: string) => void} options.onRegion
 */
export function createMembership({ api, onFold, onArea, onRegion }) {
  const { element, show } = createFolded({ name: "member", onFold });
  return {
    element,

    /**
     * @param {Priority|null} known
     * @param {View} view
     * @param {Words} words
     */
    show(known, view, words) {
      const { t } = words;
      const proposal = known?.city === view.city ? known.proposal : null;
      const isOnLevel = proposal !== null && proposal.geography === view.geography;
      const about = [proposal?.run.id, view.city, view.area, words.language].join("|");
      return show({
        key: isOnLevel && view.area ? about : "",
        isOpen: view.member,
        heading: t("member.title"),
        loading: t("member.loading"),
        none: t("member.none"),
        ask: () => api.proposalArea(view.city, view.area),
        draw: (answer) => renderMembership(answer, { words, proposal, onArea, onRegion }),
        retitle: (answer) => t(answer.is_member ? "member.title_in" : "member.title_out"),
      });
    },
  };
}
