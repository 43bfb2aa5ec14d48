/** @import { OFREPWebProviderOptions } from "@openfeature/ofrep-web-provider" */
/** @import { EvaluationContext, Hook, TrackingEventDetails } from "@openfeature/web-sdk" */
/**
 * Evaluates flags, reports each unit's exposures once, and sends what `track` is told as conversions.
 */
export class ProefwerkWebProvider extends OFREPWebProvider {
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
    constructor({ url, key, units, attributes, sender, ofrep }: {
        url: string;
        key: string;
        units?: string[] | undefined;
        attributes?: string[] | undefined;
        sender?: EventSender | undefined;
        ofrep?: Partial<OFREPWebProviderOptions> | undefined;
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
    /** Send what is left, and stop listening. */
    onClose(): Promise<void>;
    #private;
}
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import type { Hook } from "@openfeature/web-sdk";
import { EventSender } from "./sender.js";
import type { EvaluationContext } from "@openfeature/web-sdk";
import type { TrackingEventDetails } from "@openfeature/web-sdk";
import type { OFREPWebProviderOptions } from "@openfeature/ofrep-web-provider";
