/**
 * The part of the area card that explains the value: asks for it when an area is chosen, and can be folded.
 *
 * @typedef {import("./types.js").Indicator} Indicator
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { Problem } from "./api.js";
import { html } from "./elements.js";
import { renderExplanation } from "./explanation.js";

/**
 * Make it once; `show` fills it with what belongs to the view.
 *
 * @param {object} options
 * @param {Pick<ReturnType<typeof import("./api.js").createApi>, "explanation">} options.api
 * @param {(isOpen: boolean) => void} options.onFold
 */
export function createWhy({ api, onFold }) {
  const title = html("h3", {});
  const content = html("div", { class: "why-content" });
  const element = html("details", { class: "why", hidden: true }, html("summary", {}, title), content);
  element.addEventListener("toggle", () => {
    if (element.isConnected && !element.hidden) onFold(element.open);
  });
  let asked = "";

  /**
   * @param {Indicator|undefined} indicator
   * @param {View} view
   * @param {Words} words
   */
  async function show(indicator, view, words) {
    const address = view.area ? indicator?.explanation : null;
    element.hidden = !address;
    if (!address) {
      asked = "";
      return;
    }
    element.open = view.why;
    const wanted = [address, view.geography, view.period, view.area, words.language].join("|");
    if (wanted === asked) return;
    asked = wanted;
    title.textContent = words.t("why.title_class");
    content.setAttribute("aria-busy", "true");
    content.replaceChildren(html("p", { class: "note" }, words.t("why.loading")));
    try {
      const explanation = await api.explanation(address, view);
      if (wanted !== asked) return;
      if (!explanation.area_class) title.textContent = words.t("why.title_value");
      content.replaceChildren(...renderExplanation(explanation, words));
    } catch (error) {
      if (wanted !== asked) return;
      asked = "";
      if (!(error instanceof Problem)) throw error;
      content.replaceChildren(html("p", { class: "note" }, words.t("why.none")));
    } finally {
      if (wanted === asked || !asked) content.removeAttribute("aria-busy");
    }
  }

  return { element, show };
}
