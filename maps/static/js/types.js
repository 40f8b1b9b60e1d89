/**
 * Shapes of what the service sends; types only, nothing runs here.
 *
 * @typedef {{de: string, en: string}} Text
 *
 * @typedef {object} Geography
 * @property {string} id
 * @property {Text} title
 * @property {number} areas
 * @property {string} edition
 * @property {Edition[]} [editions] the newest first
 * @property {boolean} is_finest
 *
 * @typedef {{edition: string, valid_from: string, valid_to: string|null, areas: number}} Edition
 *
 * @typedef {object} City
 * @property {string} id
 * @property {Text} title
 * @property {boolean} is_synthetic
 * @property {[number, number, number, number]} bbox west, south, east, north in degrees
 * @property {Geography[]} geographies
 * @property {{indicator: string, geography: string, period: string}} default
 * @property {{title: Text, attribution: string, licence: string, url: string}} source
 * @property {Overlay[]} [overlays]
 *
 * @typedef {object} Overlay
 * @property {string} id city and name, with a point between them
 * @property {Text} title
 * @property {"facility"|"street"|"other"} kind
 * @property {string} as_of day
 * @property {number} features
 * @property {string} attribution
 * @property {string} licence
 * @property {string} colour
 *
 * @typedef {object} Indicator
 * @property {string} id
 * @property {Text} title
 * @property {string} unit
 * @property {"extensive"|"intensive"|"ordinal"} kind
 * @property {"higher_is_more_need"|"lower_is_more_need"|"context"} direction
 * @property {number} decimals
 * @property {number} minimum_denominator with fewer there is no value
 * @property {Text} universe who or what is looked at
 * @property {Text} caution
 * @property {string|null} sheet address of its page
 * @property {string|null} [explanation] address of why an area has its value
 * @property {"share"|"index"|"count"|"measure"} group
 * @property {Record<string, string[]>} availability periods with values, by geography
 *
 * @typedef {object} LayerClass
 * @property {number} low
 * @property {number} high
 * @property {string} colour
 * @property {Text} label
 * @property {number} count
 *
 * @typedef {object} StateStyle
 * @property {string} colour
 * @property {{name: string, tile: number, path: string, width: number}} pattern
 * @property {string} ink
 * @property {Text} label
 * @property {number} count
 *
 * @typedef {{title: Text, attribution: string, licence: string, url: string}} Source
 *
 * @typedef {object} Layer
 * @property {{id: string, title: Text, unit: string, decimals: number, direction: string, kind: string,
 *   form: string|null, factor: number, numerator: string|null, minus: string|null, denominator: string|null,
 *   minimum_denominator: number, universe: Text, caution: Text, sheet: string|null}} indicator
 * @property {string} geography
 * @property {string} period
 * @property {string[]} periods
 * @property {string|null} reference_date
 * @property {"areas"|"symbols"} drawing
 * @property {{id: string, title: Text, periods: string[], diverging_at: number|null}} scheme
 * @property {LayerClass[]} classes
 * @property {{colour: string, negative_colour: string, scale: number,
 *   steps: {value: number, radius: number, label: Text}[]}|null} symbols
 * @property {Record<"zero"|"missing"|"suppressed"|"uncertain", StateStyle>} states
 * @property {string[]} area_ids
 * @property {(number|null)[]} values
 * @property {string[]} statuses
 * @property {number[]} class_index
 * @property {{level: number, ci_low: (number|null)[], ci_high: (number|null)[],
 *   comparison: ("above"|"below"|"not_distinguishable"|null)[]}|null} intervals
 * @property {{title: Text, attribution: string, licence: string, url: string, edition: string,
 *   synthetic: boolean}} source all sources in one
 * @property {Source[]} [sources] whose data are shown, each by itself
 *
 * @typedef {object} View what the address says and the page shows
 * @property {"de"|"en"} language
 * @property {string} city
 * @property {string} indicator
 * @property {string} geography
 * @property {string} period
 * @property {string} edition of the boundaries, or "" for the newest
 * @property {"map"|"table"} view
 * @property {string[]} layers of the priority areas on the map, by id
 * @property {string} region priority area that is unfolded in the list, or ""
 * @property {boolean} member whether it is unfolded why the selected area is in a priority area
 * @property {string} overlays names of the overlays on the map, with points between them
 * @property {string} area selected area, or ""
 * @property {string} at where the map is, zoom/latitude/longitude, "" for the whole city
 * @property {string} measure of segregation, or "" for the first
 * @property {string} alerts level of areas whose early warnings are listed, or "" for all
 * @property {boolean} why whether the explanation of the selected area is unfolded
 *
 * @typedef {object} CollectionRow what can be fetched as GeoJSON
 * @property {string} id
 * @property {string} geography
 * @property {string} edition
 * @property {number} features
 *
 * @typedef {{type: "FeatureCollection", features: Feature[]}} Collection
 * @typedef {{type: "Feature", id?: string|number, geometry: any, properties: Record<string, any>}} Feature
 */

export {};
