/** @import { EvaluationContext, Hook, TrackingEventDetails } from "@openfeature/server-sdk" */
/**
 * Evaluates flags, reports each unit's exposures once, and sends what `track` is told as conversions.
 */
export class ProefwerkProvider extends OFREPProvider {
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
    constructor({ url, key, units, attributes, sender }: {
        url: string;
        key: string;
        units?: string[] | undefined;
        attributes?: string[] | undefined;
        sender?: EventSender | undefined;
    });
    /** @type {Hook[]} */
    hooks: Hook[];
    sender: EventSender;
    /**
     * Queue a conversion for each unit of the context.
     * @param {string} name
     * @param {EvaluationContext} context
     * @param {TrackingEventDetails} [details] - Scalars, of which `value`, `currency` and `id` have a meaning.
     */
    track(name: string, context: EvaluationContext, details?: TrackingEventDetails): void;
    /** Send what is left. */
    onClose(): Promise<void>;
    #private;
}
import { OFREPProvider } from "@openfeature/ofrep-provider";
import type { Hook } from "@openfeature/server-sdk";
import { EventSender } from "./sender.js";
import type { EvaluationContext } from "@openfeature/server-sdk";
import type { TrackingEventDetails } from "@openfeature/server-sdk";
