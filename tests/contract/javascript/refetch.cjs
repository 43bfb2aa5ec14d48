// Follows one flag through OpenFeature's event streams, and prints its value at the start and at every change.
// Usage: node --experimental-eventsource refetch.cjs URL CLIENT_KEY FLAG
"use strict";
const { OpenFeature, ProviderEvents } = require("@openfeature/web-sdk");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const [baseUrl, key, flag] = process.argv.slice(2);

async function main() {
  const client = OpenFeature.getClient();
  const print = () => console.log(JSON.stringify(client.getObjectValue(flag, null)));
  await OpenFeature.setContext({ targetingKey: "s-1" });
  const provider = new OFREPWebProvider({ baseUrl, headers: [["X-API-Key", key]], cacheMode: "disabled" });
  await OpenFeature.setProviderAndWait(provider);
  print();
  client.addHandler(ProviderEvents.ConfigurationChanged, print);
}

main().catch((error) => { console.error(error); process.exit(1); });
