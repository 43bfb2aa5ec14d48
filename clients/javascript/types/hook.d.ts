/**
 * Queue a conversion for each unit of the context; never throws.
 * @param {EventSender} sender
 * @param {string[]} units - The targeting key, and names of attributes by which experiments split.
 * @param {string} name
 * @param {object} context
 * @param {{ value?: number } & Record<string, unknown>} [details]
 */
export function track(sender: EventSender, units: string[], name: string, context: object, details?: {
    value?: number;
} & Record<string, unknown>): void;
/** @import { EventSender } from "./sender.js" */
/**
 * For any provider that evaluates over Proefwerk's OFREP door: one exposure a unit, phase and variant.
 *
 * An evaluation outside an experiment (not in its audience, a paused test, a preview) is no exposure. Who
 * meets an experiment that belongs to a holdout is exposed to the holdout too, on either side of it.
 */
export class ExposureHook {
    /**
     * @param {EventSender} sender - Takes the exposures.
     * @param {{ attributes?: string[] }} [options] - Names of the context's attributes that are kept with an
     *   exposure; all if not given.
     */
    constructor(sender: EventSender, options?: {
        attributes?: string[];
    });
    /**
     * Queue the exposure; an error here would fail the evaluation, so none leaves.
     * @param {{ readonly context: object }} hookContext
     * @param {{ variant?: string, flagMetadata: Readonly<Record<string, unknown>> }} details
     */
    after(hookContext: {
        readonly context: object;
    }, details: {
        variant?: string;
        flagMetadata: Readonly<Record<string, unknown>>;
    }): void;
    #private;
}
import type { EventSender } from "./sender.js";
