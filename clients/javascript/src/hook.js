/**
 * Reports that a flag was evaluated whose experiment the unit takes part in, and what units did.
 * @module
 */

import { conversion, exposure } from "./events.js";

/** @import { EventSender } from "./sender.js" */

/**
 * For any provider that evaluates over Proefwerk's OFREP door: one exposure a unit, phase and variant.
 *
 * An evaluation outside an experiment (not in its audience, a paused test, a preview) is no exposure. Who
 * meets an experiment that belongs to a holdout is exposed to the holdout too, on either side of it.
 */
export class ExposureHook {
  #sender;
  #attributes;

  /**
   * @param {EventSender} sender - Takes the exposures.
   * @param {{ attributes?: string[] }} [options] - Names of the context's attributes that are kept with an
   *   exposure; all if not given.
   */
  constructor(sender, options = {}) {
    this.#sender = sender;
    this.#attributes = options.attributes;
  }

  /**
   * Queue the exposure; an error here would fail the evaluation, so none leaves.
   * @param {{ readonly context: object }} hookContext
   * @param {{ variant?: string, flagMetadata: Readonly<Record<string, unknown>> }} details
   */
  after(hookContext, details) {
    try {
      const { inExperiment, unit, experiment, version, ...more } = details.flagMetadata;
      const attributes = this.#kept(hookContext.context);
      if (more.holdoutVariant) {
        const side = [more.holdoutUnit, more.holdout, more.holdoutVersion, more.holdoutVariant].map(String);
        this.#sender.send(exposure(side[0], side[1], side[2], side[3], attributes));
      }
      if (inExperiment !== true || !unit || !details.variant) return;
      this.#sender.send(
        exposure(String(unit), String(experiment), String(version), details.variant, attributes),
      );
    } catch (error) {
      console.warn(`proefwerk: an exposure is lost: ${error}`);
    }
  }

  /** @param {object} context */
  #kept(context) {
    const kept = Object.entries(context).filter(
      ([name]) =>
        name !== "id" && name !== "targetingKey" && (!this.#attributes || this.#attributes.includes(name)),
    );
    return Object.fromEntries(kept);
  }
}

/**
 * Queue a conversion for each unit of the context; never throws.
 * @param {EventSender} sender
 * @param {string[]} units - The targeting key, and names of attributes by which experiments split.
 * @param {string} name
 * @param {object} context
 * @param {{ value?: number } & Record<string, unknown>} [details]
 */
export function track(sender, units, name, context, details = {}) {
  try {
    const { value, id, ...properties } = details;
    units.forEach((attribute, place) => {
      const unit = unitOf(/** @type {Record<string, unknown>} */ (context)[attribute]);
      const ident = place > 0 && id ? `${id}:${attribute}` : id;
      if (unit) sender.send(conversion(unit, name, value, { ...properties, id: ident }));
    });
  } catch (error) {
    console.warn(`proefwerk: a conversion is lost: ${error}`);
  }
}

/** @param {unknown} value */
function unitOf(value) {
  return typeof value === "string" || (typeof value === "number" && value !== 0) ? String(value) : "";
}
