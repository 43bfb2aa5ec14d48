/**
 * The official OFREP provider for browsers, with exposures and conversions.
 * @module
 */

import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { ExposureHook, track } from "./hook.js";
import { EventSender } from "./sender.js";

/** @import { OFREPWebProviderOptions } from "@openfeature/ofrep-web-provider" */
/** @import { EvaluationContext, Hook, TrackingEventDetails } from "@openfeature/web-sdk" */

/**
 * Evaluates flags, reports each unit's exposures once, and sends what `track` is told as conversions.
 */
export class ProefwerkWebProvider extends OFREPWebProvider {
  /** @type {Hook[]} */
  hooks;
  #units;

  /**
   * @param {object} options
   * @param {string} options.url - Where the platform is, such as `https://tests.shop.example`.
   * @param {string} options.key - A client key.
   * @param {string[]} [options.units] - Whose conversions `track` reports: `targetingKey`, and names of
   *   attributes by which experiments split, such as `company`.
   * @param {string[]} [options.attributes] - Names of the context's attributes that are kept with an
   *   exposure; all if not given.
   * @param {EventSender} [options.sender] - Sends the events; if not given, one that keeps in `localStorage`
   *   what it cannot send before the page is left.
   * @param {Partial<OFREPWebProviderOptions>} [options.ofrep] - Further settings of the official provider.
   */
  constructor({ url, key, units = ["targetingKey"], attributes, sender, ofrep }) {
    super({ baseUrl: url.replace(/\/+$/, ""), headers: [["Authorization", `Bearer ${key}`]], ...ofrep });
    this.sender = sender ?? new EventSender({ url, key, storage: pageStorage() });
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

  /** Send what is left, and stop listening. */
  async onClose() {
    await super.onClose?.();
    await this.sender.close();
  }
}

/** The page's storage; none where the browser forbids it. */
function pageStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
