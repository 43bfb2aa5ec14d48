// Evaluates features and inline experiments with the official SDK, one JSON line a case, in and out.
"use strict";
const { readFileSync } = require("node:fs");
const { GrowthBook } = require("@growthbook/growthbook");

console.error = () => {};
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const { ctx, key, experiment } = JSON.parse(line);
  const client = new GrowthBook(ctx);
  const found = experiment ? client.run(experiment) : client.evalFeature(key);
  console.log(JSON.stringify(experiment ? [found.value, found.inExperiment, found.hashUsed] : found));
  client.destroy();
}
