// A stand-in for the platform's door for events, which a test may break.
import { createServer } from "node:http";

export class Platform {
  statuses = [];
  batches = [];
  keys = [];
  most = 5_000;

  static async open(port = 0) {
    const platform = new Platform();
    platform.server = createServer((request, response) => platform.answer(request, response));
    await new Promise((resolve) => platform.server.listen(port, "127.0.0.1", resolve));
    platform.port = platform.server.address().port;
    platform.url = `http://127.0.0.1:${platform.port}`;
    return platform;
  }

  async answer(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const { events } = JSON.parse(Buffer.concat(pieces).toString());
    this.keys.push(request.headers.authorization);
    let status = this.statuses.shift() ?? 200;
    if (events.length > this.most) status = 413;
    if (status === 200) this.batches.push(events);
    response.writeHead(request.url === "/api/v1/events" ? status : 404);
    response.end(JSON.stringify({ accepted: events.length, duplicates: 0, rejected: [] }));
  }

  get events() {
    return this.batches.flat();
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

// What a browser keeps for an origin.
export class MemoryStorage {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }
  getItem(name) {
    return this.#items.get(name) ?? null;
  }
  setItem(name, value) {
    this.#items.set(name, value);
  }
  removeItem(name) {
    this.#items.delete(name);
  }
}
