// Asks every official client for every case, and prints what each resolved, one JSON line a case.
// One flag by one, which takes a request each, is asked for the case's flags called `single`.
// Usage: node clients.cjs URL CLIENT_KEY < cases (one JSON object of attributes a line)
"use strict";
const { readFileSync } = require("node:fs");
const { GrowthBook } = require("@growthbook/growthbook");
const server = require("@openfeature/server-sdk");
const web = require("@openfeature/web-sdk");
const { OFREPProvider } = require("@openfeature/ofrep-provider");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const [url, key] = process.argv.slice(2);
const headers = [["X-API-Key", key]];

function fromGrowthBook(client, flag) {
  const found = client.evalFeature(flag);
  return { value: found.value, variant: found.experimentResult?.key ?? null };
}

function fromOpenFeature(details) {
  return { value: details.value, variant: details.variant, error: details.errorCode ?? null };
}

async function remotely(attributes, flags) {
  const exposed = {};
  const client = new GrowthBook({
    apiHost: url,
    clientKey: key,
    remoteEval: true,
    attributes,
    trackingCallback: (experiment, result) => { exposed[experiment.key] = result.key; },
  });
  await client.init({ skipCache: true });
  const found = Object.fromEntries(flags.map((flag) => [flag, client.evalFeature(flag).value]));
  client.destroy();
  return { found, exposed };
}

async function main() {
  const local = new GrowthBook({ apiHost: url, clientKey: key });
  await local.init();
  await server.OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
  const onServer = server.OpenFeature.getClient();
  let onWeb = null;
  for (const line of readFileSync(0, "utf8").trim().split("\n")) {
    const { attributes, flags, single } = JSON.parse(line);
    const context = { targetingKey: attributes.id, ...attributes };
    await local.setAttributes(attributes);
    await web.OpenFeature.setContext(context);
    if (!onWeb) {
      await web.OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: url, headers, pollInterval: 0 }));
      onWeb = web.OpenFeature.getClient();
    }
    const asked = single.map((flag) => onServer.getObjectDetails(flag, {}, context));
    const [{ found, exposed }, ...details] = await Promise.all([remotely(attributes, flags), ...asked]);
    const answer = { local: {}, remote: {}, web: {}, server: {} };
    for (const flag of flags) {
      answer.local[flag] = fromGrowthBook(local, flag);
      answer.remote[flag] = { value: found[flag], variant: exposed[flag] ?? null };
      answer.web[flag] = fromOpenFeature(onWeb.getObjectDetails(flag, {}));
    }
    single.forEach((flag, place) => { answer.server[flag] = fromOpenFeature(details[place]); });
    console.log(JSON.stringify(answer));
  }
  await server.OpenFeature.close();
  await web.OpenFeature.close();
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
