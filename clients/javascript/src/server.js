/**
 * The official OFREP provider for servers, with exposures and conversions.
 * @module
 */

import { OFREPProvider } from "@openfeature/ofrep-provider";
import { ExposureHook, track } from "./hook.js";
import { EventSender } from "./sender.js";

/** @import { EvaluationContext, Hook, TrackingEventDetails } from "@openfeature/server-sdk" */

/**
 * Evaluates flags, reports each unit's exposures once, and sends what `track` is told as conversions.
 */
export class ProefwerkProvider extends OFREPProvider {
  /** @type {Hook[]} */
  hooks;
  #units;

  /**
   * @param {object} options
   * @param {string} options.url - Where the platform is, such as `https://tests.shop.example`.
   * @param {string} options.key - A server or client key.
   * @param {string[]} [options.units] - Whose conversions `track` reports: `targetingKey`, and names of
   *   attributes by which experiments split, such as `company`.
   * @param {string[]} [options.attributes] - Names of the context's attributes that are kept with an
   *   exposure; all if not given.
   * @param {EventSender} [options.sender] - Sends the events; one with the default settings if not given.
   */
  constructor({ url, key, units = ["targetingKey"], attributes, sender }) {
    super({ baseUrl: url.replace(/\/+$/, ""), headers: [["Authorization", `Bearer ${key}`]] });
    this.sender = sender ?? new EventSender({ url, key });
    this.#units = units;
    this.hooks = [/** @type {Hook} */ (new ExposureHook(this.sender, { attributes }))];
  }

  /**
   * Queue a conversion for each unit of the context.
   * @param {string} name
   * @param {EvaluationContext} context
   * @param {TrackingEventDetails} [details] - Scalars, of which `value`, `currency` and `id` have a meaning.
   */
  track(name, context, details) {
    track(this.sender, this.#units, name, context, details);
  }

  /** Send what is left. */
  async onClose() {
    await this.sender.close();
  }
}
