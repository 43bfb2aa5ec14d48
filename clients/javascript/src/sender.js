/**
 * Sends events in the background, in batches, again and again until the platform has them on disk.
 * @module
 */

import { randomId } from "./events.js";

/** @import { Event } from "./events.js" */

const FRESH_MS = 5_000;
const LONGEST_PAUSE_MS = 30_000;
// What these answers refuse will be refused again.
const HOPELESS = new Set([400, 415, 422]);
const TOO_LARGE = 413;
const STORED = "proefwerk-events:";
// A browser sends no more than 64 KB on behalf of a page that is gone.
const KEPT_ALIVE = 60_000;

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
  /** @type {Queued[]} */
  #queue = [];
  /** @type {Set<string>} */
  #known = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Promise<boolean> | undefined} */
  #sending;
  #pause;
  #options;
  #full = false;
  #closed = false;
  #stored = `${STORED}${randomId()}`;
  #leave = () => this.#onLeave();

  /** @param {SenderOptions} options */
  constructor(options) {
    this.#options = { ...DEFAULTS, ...options };
    this.#pause = this.#options.pauseMs;
    this.endpoint = `${this.#options.url.replace(/\/+$/, "")}/api/v1/events`;
    this.#adopt();
    globalThis.document?.addEventListener("visibilitychange", this.#leave);
    globalThis.process?.on?.("beforeExit", this.#leave);
  }

  /**
   * Put the event in the queue; never waits, never throws.
   * @param {Event} event
   * @returns {boolean} Whether it will be sent; not when its id was given before, the queue is full, it cannot
   *   be written as JSON, or the sender has been closed.
   */
  send(event) {
    let document;
    try {
      document = JSON.stringify(event);
    } catch (error) {
      this.#options.warn(`an event cannot be sent: ${error}`);
      return false;
    }
    if (this.#closed || !event.id) return false;
    if (this.#known.delete(event.id)) {
      this.#known.add(event.id);
      return false;
    }
    if (this.#queue.length >= this.#options.capacity) {
      if (!this.#full)
        this.#options.warn(`events are dropped: ${this.#queue.length} wait for ${this.endpoint}`);
      this.#full = true;
      return false;
    }
    this.#full = false;
    this.#known.add(event.id);
    if (this.#known.size > this.#options.remembered) {
      for (const oldest of this.#known) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#queue.push({ document, at: Date.now() });
    if (this.#queue.length === this.#options.batch) this.#schedule(0);
    else if (this.#timer === undefined) this.#schedule(this.#options.lingerMs);
    return true;
  }

  /**
   * Send what waits now, and try again until the time is up.
   * @param {number} [timeoutMs]
   * @returns {Promise<boolean>} Whether the platform has answered for all of it.
   */
  async flush(timeoutMs = this.#options.closeMs) {
    const deadline = Date.now() + timeoutMs;
    while (this.#queue.length > 0) {
      if (!(await this.#sendSome()) && !(await this.#waited(deadline))) return false;
    }
    return true;
  }

  /** Send what is left and take no more. */
  async close() {
    this.#closed = true;
    globalThis.document?.removeEventListener("visibilitychange", this.#leave);
    globalThis.process?.off?.("beforeExit", this.#leave);
    if (!(await this.flush())) {
      this.#keep();
      this.#options.warn(`${this.#queue.length} events were not sent: ${this.endpoint} was out of reach`);
    }
    clearTimeout(this.#timer);
  }

  /** @param {number} deadline */
  async #waited(deadline) {
    const left = deadline - Date.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(left, this.#options.pauseMs))));
    return Date.now() < deadline;
  }

  /** @param {number} delay */
  #schedule(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onTime(), delay);
    // A program that has nothing else to do ends; its last events leave at `beforeExit`.
    if (typeof this.#timer === "object") this.#timer.unref?.();
  }

  async #onTime() {
    const sent = await this.#sendSome();
    this.#timer = undefined;
    if (this.#queue.length === 0 || this.#closed) return;
    if (sent) {
      this.#pause = this.#options.pauseMs;
      this.#schedule(0);
    } else {
      this.#schedule(this.#pause * (0.5 + Math.random() / 2));
      this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
    }
  }

  /** One batch; whether it was answered for. Whoever asks while one is under way waits for that one. */
  #sendSome() {
    this.#sending ??= this.#deliver(this.#queue.slice(0, this.#options.batch)).finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /**
   * @param {Queued[]} batch
   * @returns {Promise<boolean>}
   */
  async #deliver(batch) {
    if (batch.length === 0) return true;
    const status = await this.#post(batch);
    if (status === TOO_LARGE && batch.length > 1) {
      return this.#deliver(batch.slice(0, Math.ceil(batch.length / 2)));
    }
    if (status !== 200 && status !== TOO_LARGE && !HOPELESS.has(status)) {
      this.#keep();
      return false;
    }
    this.#queue.splice(0, batch.length);
    if (this.#queue.length === 0) this.#forget();
    return true;
  }

  /**
   * The status of one request; 0 when there was no answer.
   * @param {Queued[]} batch
   */
  async #post(batch) {
    const body = `{"events":[${batch.map(timed).join(",")}]}`;
    try {
      const answer = await fetch(this.endpoint, {
        method: "POST",
        headers: { Authorization: `Bearer ${this.#options.key}`, "Content-Type": "application/json" },
        body,
        keepalive: globalThis.document?.visibilityState === "hidden" && body.length < KEPT_ALIVE,
        signal: AbortSignal.timeout(this.#options.timeoutMs),
      });
      const said = await answer.json();
      if (!answer.ok)
        this.#options.warn(`${batch.length} events got ${answer.status}: ${JSON.stringify(said)}`);
      else if (said.rejected?.length > 0) {
        this.#options.warn(
          `${said.rejected.length} events were rejected: ${JSON.stringify(said.rejected[0])}`,
        );
      }
      return answer.status;
    } catch (error) {
      this.#options.warn(`${this.endpoint} is out of reach, ${batch.length} events wait: ${error}`);
      return 0;
    }
  }

  /** The page is left, or the program has nothing else to do. */
  #onLeave() {
    if (globalThis.document?.visibilityState === "visible" || this.#queue.length === 0) return;
    this.#keep();
    // At once: no timer of a page that is left will run.
    if (globalThis.document) void this.#sendSome();
    else void this.flush().then((done) => done || globalThis.process.off("beforeExit", this.#leave));
  }

  /** Write down what waits, for the next page. */
  #keep() {
    try {
      this.#options.storage?.setItem(this.#stored, JSON.stringify(this.#queue));
    } catch (error) {
      this.#options.warn(`events cannot be kept: ${error}`);
    }
  }

  #forget() {
    try {
      this.#options.storage?.removeItem(this.#stored);
    } catch {}
  }

  /** Take over what earlier pages could not send; an event that two pages send counts once. */
  #adopt() {
    const storage = this.#options.storage;
    if (!storage) return;
    try {
      const names = Array.from({ length: storage.length }, (_, index) => storage.key(index));
      for (const name of names.filter((name) => name?.startsWith(STORED))) {
        this.#queue.push(...JSON.parse(storage.getItem(String(name)) ?? "[]"));
        storage.removeItem(String(name));
      }
    } catch (error) {
      this.#options.warn(`kept events cannot be read: ${error}`);
    }
    if (this.#queue.length === 0) return;
    this.#keep();
    this.#schedule(this.#options.lingerMs);
  }
}

const DEFAULTS = {
  capacity: 10_000,
  batch: 500,
  lingerMs: 500,
  pauseMs: 500,
  timeoutMs: 10_000,
  closeMs: 5_000,
  remembered: 100_000,
  storage: /** @type {Storage | null} */ (null),
  warn: /** @param {string} message */ (message) => console.warn(`proefwerk: ${message}`),
};

/**
 * The event, with its time where that is no longer the time of receipt.
 * @param {Queued} item
 */
function timed({ document, at }) {
  if (Math.abs(Date.now() - at) < FRESH_MS) return document;
  return `${document.slice(0, -1)},"time":"${new Date(at).toISOString()}"}`;
}
