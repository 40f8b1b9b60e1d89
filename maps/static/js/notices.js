/**
 * What the page says of itself: that it is busy, that nothing is loaded yet, that something went wrong, what it shows.
 *
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 */

import { Problem } from "./api.js";
import { byId } from "./elements.js";

/** @param {boolean} isBusy @param {View} view */
export function markBusy(isBusy, view) {
  byId("stage").setAttribute("aria-busy", String(isBusy));
  if (isBusy) return;
  performance.mark("sozialraum:shown");
  byId("stage").dataset.shown = [view.city, view.indicator, view.geography, view.period].join("|");
}

/** @param {boolean} isEmpty */
export function markEmpty(isEmpty) {
  byId("empty").hidden = !isEmpty;
  byId("workspace").hidden = isEmpty;
  byId("source").hidden = isEmpty;
}

/** @param {string} title "" hides it @param {string} detail */
export function notify(title, detail) {
  byId("notice").hidden = !title;
  byId("notice-title").textContent = title;
  byId("notice-detail").textContent = detail;
}

/** @param {unknown} error @param {Words|undefined} words */
export function tellFailure(error, words) {
  byId("loading").hidden = true;
  if (!words) {
    notify("Der Dienst antwortet nicht. The service does not answer.", ""); // the catalogue itself did not come
    return;
  }
  const { t } = words;
  if (!(error instanceof Problem)) {
    notify(t("notice.error"), String(error));
    throw error;
  }
  if (error.status === 0) notify(t("notice.offline"), t("notice.offline_detail"));
  else notify(t("notice.error"), error.detail || t("notice.status", { status: error.status, path: error.path }));
}

/** Tell screen readers. @param {string} text */
export function say(text) {
  byId("live").textContent = text;
}
