/**
 * The list of early warnings: newest period first, each with its sentence and its state, and where to subscribe.
 *
 * @typedef {import("./types.js").City} City
 * @typedef {import("./types.js").Text} Text
 * @typedef {import("./types.js").View} View
 * @typedef {import("./i18n.js").Words} Words
 *
 * @typedef {object} Alert
 * @property {number} number
 * @property {"open"|"being_checked"|"withdrawn"} state
 * @property {string} city
 * @property {string} geography
 * @property {{id: string, name: string}} area
 * @property {string} period
 * @property {{id: string, title: Text}} rule
 * @property {{id: string, title: Text}} indicator
 * @property {Text} text
 * @property {string|null} acknowledged_at
 *
 * @typedef {object} AlertRule a rule that is switched on
 * @property {string} id
 * @property {Text} title
 * @property {string} geography
 * @property {number} false_discovery_rate
 */

import { html } from "./elements.js";

const FIRST_ITEMS = 10;
const STATES = {
  open: "alerts.state_open",
  being_checked: "alerts.state_being_checked",
  acknowledged: "alerts.state_acknowledged",
  withdrawn: "alerts.state_withdrawn",
};

/**
 * Make the list once; `update` fills it with what is shown, and only marks the chosen warning when nothing else has
 * changed, so that keyboard focus and the place in a long list stay.
 *
 * @param {HTMLElement} element
 * @param {object} options
 * @param {HTMLElement} options.heading gets the number of open warnings
 * @param {(geography: string) => void} options.onFilter "" for all levels
 * @param {(alert: Alert) => void} options.onChoose
 */
export function createAlerts(element, { heading, onFilter, onChoose }) {
  /** @type {unknown[]} */
  let drawn = [];
  /** @type {Map<Alert, HTMLElement>} */
  let buttons = new Map();

  /**
   * @param {object} content
   * @param {Alert[]} content.alerts
   * @param {AlertRule[]} content.rules
   * @param {City} content.city
   * @param {View} content.view
   * @param {Words} content.words
   */
  function update({ alerts, rules, city, view, words }) {
    const levels = city.geographies.filter((level) => alerts.some((item) => item.geography === level.id));
    const level = levels.some((item) => item.id === view.alerts) ? view.alerts : "";
    const wanted = [alerts, rules, level, words];
    if (wanted.some((item, i) => item !== drawn[i])) {
      drawn = wanted;
      buttons = new Map(alerts.map((alert) => [alert, alertButton(alert, words, onChoose)]));
      const isFocused = document.activeElement?.id === "alerts-level";
      const filter = levels.length > 1 ? levelFilter(levels, level, words, onFilter) : null;
      const chosen = ordered(level ? alerts.filter((item) => item.geography === level) : alerts, words);
      const open = chosen.filter((item) => stateOf(item) === "open").length;
      heading.textContent = alerts.length
        ? words.t("alerts.title_count", { n: words.number(open) })
        : words.t("alerts.title");
      element.replaceChildren(
        ...rulesNote(rules, alerts, words),
        ...(filter ? [filter] : []),
        ...alertList(chosen.filter((item) => item.state !== "withdrawn"), buttons, words),
        ...withdrawnList(chosen.filter((item) => item.state === "withdrawn"), buttons, words),
        feeds(city, words),
      );
      if (isFocused) filter?.querySelector("select")?.focus();
    }
    for (const [alert, button] of buttons) {
      if (isShown(alert, view)) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  return { update };
}

/** @param {Alert} alert @param {View} view */
function isShown({ area, geography, period, indicator }, view) {
  return (
    area.id === view.area &&
    geography === view.geography &&
    period === view.period &&
    indicator.id === view.indicator
  );
}

/**
 * What is watched, or that nothing is.
 *
 * @param {AlertRule[]} rules
 * @param {Alert[]} alerts
 * @param {Words} words
 */
function rulesNote(rules, alerts, words) {
  const { t } = words;
  if (!rules.length) {
    return [html("p", { class: "note" }, t("alerts.no_rule"))];
  }
  const rate = Math.max(...rules.map((rule) => rule.false_discovery_rate));
  const watched = words.counted("alerts.rules", rules.length);
  const isQuiet = !alerts.some((item) => item.state !== "withdrawn");
  const share = words.value(100 * rate, { decimals: 0, unit: "%" });
  return [
    html("p", { class: "note" }, t(isQuiet ? "alerts.quiet" : "alerts.watched", { rules: watched, share })),
  ];
}

/**
 * @param {City["geographies"]} levels
 * @param {string} level
 * @param {Words} words
 * @param {(geography: string) => void} onFilter
 */
function levelFilter(levels, level, words, onFilter) {
  const options = [{ id: "", title: words.t("alerts.all_levels") }].concat(
    levels.map((item) => ({ id: item.id, title: words.of(item.title) })),
  );
  const select = html(
    "select",
    { id: "alerts-level", onchange: () => onFilter(select.value) },
    ...options.map((item) => html("option", { value: item.id, selected: item.id === level }, item.title)),
  );
  return html("div", { class: "field" }, html("label", { for: select.id }, words.t("panel.geography")), select);
}

/**
 * The list, and below it a button for what a long one leaves out.
 *
 * @param {Alert[]} alerts
 * @param {Map<Alert, HTMLElement>} buttons
 * @param {Words} words
 * @returns {HTMLElement[]}
 */
function alertList(alerts, buttons, words) {
  if (!alerts.length) return [];
  const items = (/** @type {Alert[]} */ some) => some.map((item) => html("li", {}, buttons.get(item)));
  const list = html("ol", { class: "alerts" }, ...items(alerts.slice(0, FIRST_ITEMS)));
  const rest = alerts.slice(FIRST_ITEMS);
  if (!rest.length) return [list];
  const more = html(
    "button",
    {
      type: "button",
      class: "link",
      onclick: () => {
        list.append(...items(rest));
        more.remove();
        buttons.get(rest[0])?.focus();
      },
    },
    words.t("alerts.more", { n: words.number(rest.length) }),
  );
  return [list, more];
}

/**
 * @param {Alert[]} alerts
 * @param {Map<Alert, HTMLElement>} buttons
 * @param {Words} words
 */
function withdrawnList(alerts, buttons, words) {
  if (!alerts.length) return [];
  const title = words.t("alerts.withdrawn", { n: words.number(alerts.length) });
  return [html("details", {}, html("summary", {}, title), ...alertList(alerts, buttons, words))];
}

/**
 * @param {Alert} alert
 * @param {Words} words
 * @param {(alert: Alert) => void} onChoose
 */
function alertButton(alert, words, onChoose) {
  const { t } = words;
  const state = stateOf(alert);
  const day = alert.acknowledged_at?.slice(0, 10);
  const isDated = state === "acknowledged" && day;
  const told = isDated ? t("alerts.acknowledged_on", { date: words.date(day) }) : t(STATES[state]);
  return html(
    "button",
    {
      type: "button",
      title: t("table.select", { name: alert.area.name }),
      "data-alert": alert.number,
      onclick: () => onChoose(alert),
    },
    html("bdi", { class: "alert-area" }, alert.area.name),
    html("span", { class: "alert-period" }, alert.period),
    html("span", { class: `alert-state alert-${state}` }, told),
    html("span", { class: "alert-rule" }, words.of(alert.rule.title)),
    html("span", { class: "alert-text" }, words.of(alert.text)),
  );
}

/** @param {Alert} alert */
function stateOf(alert) {
  return alert.state === "open" && alert.acknowledged_at ? "acknowledged" : alert.state;
}

/** Newest period first, in it what nobody has answered for. @param {Alert[]} alerts @param {Words} words */
function ordered(alerts, words) {
  const states = Object.keys(STATES);
  const rank = (/** @type {Alert} */ item) => states.indexOf(stateOf(item));
  return alerts.toSorted(
    (a, b) =>
      words.compare(b.period, a.period) ||
      rank(a) - rank(b) ||
      words.compare(a.area.name, b.area.name) ||
      words.compare(words.of(a.rule.title), words.of(b.rule.title)),
  );
}

/** @param {City} city @param {Words} words */
function feeds(city, words) {
  const address = `cities/${encodeURIComponent(city.id)}/alerts`;
  return html(
    "p",
    { class: "note" },
    words.t("alerts.feeds"),
    " ",
    html("a", { href: `${address}.atom?lang=${words.language}`, type: "application/atom+xml" }, "Atom"),
    " · ",
    html("a", { href: `${address}.json?lang=${words.language}`, type: "application/feed+json" }, "JSON Feed"),
  );
}
