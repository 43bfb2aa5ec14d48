/**
 * The events that the platform takes: somebody met a variant, somebody did something.
 * @module
 */

import { sha256 } from "./sha256.js";

/**
 * @typedef {Record<string, unknown> & { type: string, id: string, unit: string }} Event
 */

const LONGEST_ID = 100;

/** 32 hexadecimal digits by chance; `crypto.randomUUID` is only on pages that came over HTTPS. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
const digest = (text) => sha256(text).slice(0, 32);

/**
 * That the unit met the variant.
 *
 * Its id follows from what it says, so that it counts once however many processes and pages report it, and
 * again in the next phase of the experiment.
 * @param {string} unit - What was split, usually the shopper's id: `unit` in the flag's metadata.
 * @param {string} experiment
 * @param {string} version - Phase of the experiment: `version` in the flag's metadata.
 * @param {string} variant
 * @param {Record<string, unknown>} [attributes] - What is known of the unit now, for segments.
 * @returns {Event}
 */
export function exposure(unit, experiment, version, variant, attributes) {
  const id = digest(["exposure", experiment, version, variant, unit].join("\n"));
  /** @type {Event} */
  const event = { type: "exposure", id, unit, experiment, variant };
  if (/^\d+$/.test(version)) event.version = Number(version);
  if (attributes && Object.keys(attributes).length > 0) event.attributes = { ...attributes };
  return event;
}

/**
 * That the unit did something.
 * @param {string} unit
 * @param {string} name - What metrics call it, such as `order`.
 * @param {number} [value] - Its amount; an order that is paid back has a negative one.
 * @param {Record<string, unknown>} [properties] - Further facts: numbers, texts and truth values. `currency`
 *   says what the value is in. `id` makes that the event counts once, however often it is reported.
 * @returns {Event}
 */
export function conversion(unit, name, value, properties = {}) {
  const { id, currency, ...rest } = properties;
  const ident = id ? String(id) : randomId();
  /** @type {Event} */
  const event = {
    type: "conversion",
    id: ident.length > LONGEST_ID ? digest(ident) : ident,
    unit,
    name,
  };
  if (value !== undefined) event.value = value;
  if (currency) event.currency = currency;
  const facts = Object.entries(rest).filter(([, fact]) => fact === null || SCALARS.has(typeof fact));
  if (facts.length > 0) event.properties = Object.fromEntries(facts);
  return event;
}

const SCALARS = new Set(["string", "number", "boolean"]);
