export { ExposureHook } from "./hook.js";
export { EventSender } from "./sender.js";
export { conversion, exposure } from "./events.js";
