// Follows one feature through GrowthBook's streaming, and prints its value at the start and at every change.
// Usage: node --experimental-eventsource stream.cjs URL CLIENT_KEY FEATURE
"use strict";
const { GrowthBook, setPolyfills } = require("@growthbook/growthbook");

const [apiHost, clientKey, feature] = process.argv.slice(2);
setPolyfills({ EventSource: globalThis.EventSource });

async function main() {
  const client = new GrowthBook({ apiHost, clientKey, attributes: { id: "s-1" } });
  const print = () => console.log(JSON.stringify(client.getFeatureValue(feature, null)));
  await client.init({ streaming: true, skipCache: true });
  print();
  client.setRenderer(print);
}

main().catch((error) => { console.error(error); process.exit(1); });
