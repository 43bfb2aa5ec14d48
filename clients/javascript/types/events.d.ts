/** 32 hexadecimal digits by chance; `crypto.randomUUID` is only on pages that came over HTTPS. */
export function randomId(): string;
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
export function exposure(unit: string, experiment: string, version: string, variant: string, attributes?: Record<string, unknown>): Event;
/**
 * That the unit did something.
 * @param {string} unit
 * @param {string} name - What metrics call it, such as `order`.
 * @param {number} [value] - Its amount; an order that is paid back has a negative one.
 * @param {Record<string, unknown>} [properties] - Further facts: numbers, texts and truth values. `currency`
 *   says what the value is in. `id` makes that the event counts once, however often it is reported.
 * @returns {Event}
 */
export function conversion(unit: string, name: string, value?: number, properties?: Record<string, unknown>): Event;
export type Event = Record<string, unknown> & {
    type: string;
    id: string;
    unit: string;
};
