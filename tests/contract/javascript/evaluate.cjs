// Evaluates features and inline experiments with the official SDK, one JSON line a case, in and out.
"use strict";
const { readFileSync } = require("node:fs");
const { GrowthBook, StickyBucketServiceSync } = require("@growthbook/growthbook");

console.error = () => {};
// Sticky buckets as a service stores them.
class Stored extends StickyBucketServiceSync {
  constructor(documents) {
    super();
    this.documents = new Map(documents.map((doc) => [this.getKey(doc.attributeName, doc.attributeValue), doc]));
  }
  getAssignmentsSync(name, value) { return this.documents.get(this.getKey(name, value)); }
  saveAssignmentsSync(doc) { this.documents.set(this.getKey(doc.attributeName, doc.attributeValue), doc); }
}

function evaluate({ ctx, key, experiment, documents }) {
  const service = documents && new Stored(documents);
  const client = new GrowthBook({ ...ctx, stickyBucketService: service });
  if (service) client.initSync({ payload: { features: ctx.features, contextualBandits: ctx.contextualBandits } });
  const found = experiment ? client.run(experiment) : client.evalFeature(key);
  const stored = client.getStickyBucketAssignmentDocs();
  client.destroy();
  if (experiment) return [found.value, found.inExperiment, found.hashUsed];
  return documents ? [found.experimentResult ?? null, stored] : found;
}

for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  console.log(JSON.stringify(evaluate(JSON.parse(line))));
}
