/**
 * @typedef {object} SenderOptions
 * @property {string} url - Where the platform is, such as `https://tests.shop.example`.
 * @property {string} key - A client key; on a server, a server key will do too.
 * @property {number} [capacity] - Most events that wait; what comes on top is dropped, and said.
 * @property {number} [batch] - Most events in one request; the platform takes 5,000.
 * @property {number} [lingerMs] - How long the first event of a batch waits for others.
 * @property {number} [pauseMs] - Before the second try; each further pause is twice as long, to 30 s.
 * @property {number} [timeoutMs] - How long one request may take.
 * @property {number} [closeMs] - How long a close may take.
 * @property {number} [remembered] - Number of ids that are known to have been given before.
 * @property {Storage | null} [storage] - Keeps events that could not be sent for the next page.
 * @property {(message: string) => void} [warn] - Is told what went wrong.
 */
/** @typedef {{ document: string, at: number }} Queued */
/**
 * A queue of events that are sent by and by; nothing that it does slows or fails its caller.
 *
 * Events wait while the platform is away. An event whose id was given before is not sent again.
 */
export class EventSender {
    /** @param {SenderOptions} options */
    constructor(options: SenderOptions);
    endpoint: string;
    /**
     * Put the event in the queue; never waits, never throws.
     * @param {Event} event
     * @returns {boolean} Whether it will be sent; not when its id was given before, the queue is full, it cannot
     *   be written as JSON, or the sender has been closed.
     */
    send(event: Event): boolean;
    /**
     * Send what waits now, and try again until the time is up.
     * @param {number} [timeoutMs]
     * @returns {Promise<boolean>} Whether the platform has answered for all of it.
     */
    flush(timeoutMs?: number): Promise<boolean>;
    /** Send what is left and take no more. */
    close(): Promise<void>;
    #private;
}
export type SenderOptions = {
    /**
     * - Where the platform is, such as `https://tests.shop.example`.
     */
    url: string;
    /**
     * - A client key; on a server, a server key will do too.
     */
    key: string;
    /**
     * - Most events that wait; what comes on top is dropped, and said.
     */
    capacity?: number | undefined;
    /**
     * - Most events in one request; the platform takes 5,000.
     */
    batch?: number | undefined;
    /**
     * - How long the first event of a batch waits for others.
     */
    lingerMs?: number | undefined;
    /**
     * - Before the second try; each further pause is twice as long, to 30 s.
     */
    pauseMs?: number | undefined;
    /**
     * - How long one request may take.
     */
    timeoutMs?: number | undefined;
    /**
     * - How long a close may take.
     */
    closeMs?: number | undefined;
    /**
     * - Number of ids that are known to have been given before.
     */
    remembered?: number | undefined;
    /**
     * - Keeps events that could not be sent for the next page.
     */
    storage?: Storage | null | undefined;
    /**
     * - Is told what went wrong.
     */
    warn?: ((message: string) => void) | undefined;
};
export type Queued = {
    document: string;
    at: number;
};
import type { Event } from "./events.js";
