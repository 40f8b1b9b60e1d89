/**
 * The table twin of the map: the same numbers, sortable and searchable.
 *
 * @typedef {import("./describe.js").AreaFacts} AreaFacts
 * @typedef {import("./i18n.js").Words} Words
 */

import { html } from "./elements.js";

const FIRST_ROWS = 200;

/** @typedef {{column: "name"|"id"|"number", ascending: boolean}} Order */

/**
 * Make the table once; `update` fills it with what is shown.
 *
 * @param {HTMLElement} element
 * @param {object} options
 * @param {(area: string) => void} options.onSelect
 */
export function createTable(element, { onSelect }) {
  /** @type {Order} */
  let order = { column: "number", ascending: false };
  let wanted = "";
  let isWhole = false;
  /** @type {{facts: AreaFacts[], caption: string, selected: string, words: Words}|null} */
  let content = null;

  const search = html("input", {
    type: "search",
    id: "table-search",
    autocomplete: "off",
    oninput: () => {
      wanted = plain(search.value);
      renderRows();
    },
  });
  const searchLabel = html("label", { for: "table-search" });
  const shown = html("p", { class: "note", role: "status" });
  const table = html("table", { class: "areas" });
  const more = html("button", {
    type: "button",
    class: "button",
    onclick: () => {
      isWhole = true;
      renderRows();
    },
  });
  element.append(
    html("div", { class: "table-tools" }, searchLabel, search, shown),
    html(
      "div",
      { class: "table-scroll", tabindex: 0, role: "region", "aria-labelledby": "table-caption" },
      table,
      more,
    ),
  );

  const renderRows = () => {
    if (!content) return;
    const { facts, caption, selected, words } = content;
    const { t } = words;
    const found = sorted(
      facts.filter((item) => !wanted || plain(item.name).includes(wanted) || item.id.startsWith(wanted)),
      order,
      words,
    );
    const hasIntervals = facts.some((item) => item.interval);
    const rows = isWhole ? found : found.slice(0, FIRST_ROWS);
    searchLabel.textContent = t("table.search");
    shown.textContent = found.length
      ? t("table.shown", { shown: words.number(rows.length), n: words.number(facts.length) })
      : t("table.nothing");
    more.textContent = t("table.more", { n: words.number(found.length) });
    more.hidden = rows.length === found.length;
    /** @param {Order["column"]} column @param {string} text */
    const head = (column, text) => {
      const isSorted = order.column === column;
      const direction = order.ascending ? "ascending" : "descending";
      return html(
        "th",
        { scope: "col", "aria-sort": isSorted ? direction : null, class: column === "number" ? "number" : null },
        html(
          "button",
          {
            type: "button",
            "data-sort": column,
            onclick: () => {
              order = { column, ascending: isSorted ? !order.ascending : column !== "number" };
              renderRows();
              /** @type {HTMLElement|null} */ (table.querySelector(`[data-sort=${column}]`))?.focus();
            },
          },
          text,
          html("span", { class: "sort", "aria-hidden": "true" }, isSorted ? (order.ascending ? "▲" : "▼") : "↕"),
        ),
      );
    };
    table.replaceChildren(
      html("caption", { id: "table-caption" }, caption),
      html(
        "thead",
        {},
        html(
          "tr",
          {},
          head("name", t("table.area")),
          head("id", t("table.key")),
          head("number", t("table.value")),
          hasIntervals && html("th", { scope: "col" }, t("table.interval")),
          hasIntervals && html("th", { scope: "col" }, t("table.comparison")),
          html("th", { scope: "col" }, t("table.class")),
          html("th", { scope: "col" }, t("table.status")),
        ),
      ),
      html("tbody", {}, ...rows.map((item) => row(item, item.id === selected, hasIntervals, words, onSelect))),
    );
  };

  return {
    /** @param {NonNullable<typeof content>} next */
    update(next) {
      if (content && content.facts.length !== next.facts.length) isWhole = false;
      content = next;
      renderRows();
    },
  };
}

/**
 * @param {AreaFacts} facts
 * @param {boolean} isSelected
 * @param {boolean} hasIntervals
 * @param {Words} words
 * @param {(area: string) => void} onSelect
 */
function row(facts, isSelected, hasIntervals, words, onSelect) {
  const title = words.t("table.select", { name: facts.name });
  return html(
    "tr",
    { "data-area": facts.id, "aria-current": isSelected ? "true" : null },
    html(
      "th",
      { scope: "row" },
      html("button", { type: "button", title, onclick: () => onSelect(facts.id) }, html("bdi", {}, facts.name)),
    ),
    html("td", { class: "key" }, facts.id),
    html("td", { class: "number" }, facts.number === null ? "–" : facts.value),
    hasIntervals && html("td", { class: "key" }, facts.interval || "–"),
    hasIntervals && html("td", {}, facts.comparison || "–"),
    html("td", {}, facts.klass),
    html("td", {}, facts.status),
  );
}

/**
 * Areas without a value come last, whatever the direction; equal ones by key.
 *
 * @param {AreaFacts[]} facts
 * @param {Order} order
 * @param {Words} words
 */
function sorted(facts, { column, ascending }, words) {
  const turn = ascending ? 1 : -1;
  return facts.toSorted((a, b) => {
    if (column !== "number") return turn * words.compare(a[column], b[column]) || words.compare(a.id, b.id);
    if (a.number === null || b.number === null) {
      return Number(a.number === null) - Number(b.number === null) || words.compare(a.id, b.id);
    }
    return turn * (a.number - b.number) || words.compare(a.id, b.id);
  });
}

/** Without case and accents: "Grünau" is found by "grunau" and "gruenau" by "Grünau". @param {string} text */
function plain(text) {
  return text
    .toLowerCase()
    .replace(/ä/g, "a")
    .replace(/ö/g, "o")
    .replace(/ü/g, "u")
    .replace(/ß/g, "ss")
    .replace(/([aou])e/g, "$1")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .trim();
}
