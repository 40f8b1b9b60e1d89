/**
 * A part of the page that is folded, and asks for its content when it is first unfolded.
 *
 * @typedef {import("./i18n.js").Words} Words
 */

import { Problem } from "./api.js";
import { html } from "./elements.js";

/**
 * Make it once; `show` says what it is about.
 *
 * @param {object} options
 * @param {string} options.name class of the element
 * @param {(isOpen: boolean) => void} [options.onFold]
 */
export function createFolded({ name, onFold }) {
  const title = html("h3", {});
  const content = html("div", { class: `${name}-content folded-content` });
  const element = html("details", { class: name, hidden: true }, html("summary", {}, title), content);
  let asked = "";
  /** @type {(() => Promise<void>)|null} */
  let fill = null;
  element.addEventListener("toggle", () => {
    if (!element.isConnected || element.hidden) return;
    onFold?.(element.open);
    if (element.open) void fill?.();
  });

  /**
   * @template T
   * @param {object} wanted
   * @param {string} wanted.key what the content depends on; "" hides the whole
   * @param {boolean} wanted.isOpen
   * @param {string} wanted.heading
   * @param {string} wanted.loading
   * @param {string} wanted.none said when the answer does not come
   * @param {() => Promise<T>} wanted.ask
   * @param {(answer: T) => HTMLElement[]} wanted.draw
   * @param {(answer: T) => string} [wanted.retitle] a heading that fits the answer
   */
  async function show({ key, isOpen, heading, loading, none, ask, draw, retitle }) {
    element.hidden = !key;
    if (!key) {
      asked = "";
      fill = null;
      return;
    }
    element.open = isOpen;
    if (key === asked) return;
    title.textContent = heading;
    content.replaceChildren();
    fill = async () => {
      if (key === asked) return;
      asked = key;
      content.setAttribute("aria-busy", "true");
      content.replaceChildren(waiting(loading));
      try {
        const answer = await ask();
        if (key !== asked) return;
        if (retitle) title.textContent = retitle(answer);
        content.replaceChildren(...draw(answer));
      } catch (error) {
        if (key !== asked) return;
        asked = "";
        if (!(error instanceof Problem)) throw error;
        content.replaceChildren(html("p", { class: "note", role: "status" }, none));
      } finally {
        if (key === asked || !asked) content.removeAttribute("aria-busy");
      }
    };
    asked = "";
    if (isOpen) await fill();
  }

  return { element, show };
}

/** @param {string} text */
export function waiting(text) {
  const spinner = html("span", { class: "spinner", "aria-hidden": "true" });
  return html("p", { class: "note waiting", role: "status" }, spinner, text);
}
