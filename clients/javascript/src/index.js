/**
 * Exposures and conversions for Proefwerk, for any OpenFeature provider and for GrowthBook SDKs.
 * @module
 */

export { conversion, exposure } from "./events.js";
export { ExposureHook } from "./hook.js";
export { EventSender } from "./sender.js";
