// BullMQ: producers, workers, delayed, repeated, prioritised and failing jobs, flows, events; argument: the port.
import assert from "node:assert/strict";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";

const connection = { host: "127.0.0.1", port: Number(process.argv[2]), maxRetriesPerRequest: null };
const queue = new Queue("articles", { connection });
const events = new QueueEvents("articles", { connection });
await queue.waitUntilReady();
await events.waitUntilReady();

const done = [];
const worker = new Worker("articles", async (job) => {
  if (job.name === "fails" && job.attemptsMade < 1) throw new Error("once");
  if (job.name === "slow") await new Promise((resolve) => setTimeout(resolve, 50));
  await job.updateProgress(50);
  done.push(job.name);
  return { seen: job.data.n ?? null };
}, { connection, concurrency: 5 });
await worker.waitUntilReady();

const jobs = await queue.addBulk(Array.from({ length: 200 }, (_, n) => ({ name: n % 2 ? "even" : "slow", data: { n } })));
const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 30000)));
assert.deepEqual(results.map((r) => r.seen), jobs.map((_, n) => n));

const start = Date.now();
const delayed = await queue.add("delayed", { n: 1 }, { delay: 300 });
await delayed.waitUntilFinished(events, 10000);
assert.ok(Date.now() - start >= 290);

const failing = await queue.add("fails", {}, { attempts: 2, backoff: { type: "fixed", delay: 50 } });
await failing.waitUntilFinished(events, 10000);
assert.ok(done.includes("fails"));

await worker.pause();
for (const priority of [5, 1, 3]) await queue.add(`p${priority}`, {}, { priority });
const before = done.length;
worker.resume();
await new Promise((resolve) => setTimeout(resolve, 500));
assert.equal(done[before], "p1");

await queue.upsertJobScheduler("ticker", { every: 100, limit: 3 }, { name: "tick" });
for (let i = 0; i < 100 && done.filter((n) => n === "tick").length < 3; i++) await new Promise((resolve) => setTimeout(resolve, 50));
assert.equal(done.filter((n) => n === "tick").length, 3);

const flow = new FlowProducer({ connection });
const tree = await flow.add({ name: "parent", queueName: "articles", data: { n: 7 },
  children: [{ name: "child", queueName: "articles", data: {} }, { name: "child", queueName: "articles", data: {} }] });
await tree.job.waitUntilFinished(events, 10000);
assert.equal(done.filter((n) => n === "child").length, 2);

const counts = await queue.getJobCounts();
assert.equal(counts.active, 0);
assert.equal(counts.failed, 0);
assert.equal(counts.completed, done.length);
await queue.obliterate({ force: true });
assert.equal((await queue.getJobCounts()).completed, 0);
for (const each of [worker, events, queue, flow]) await each.close();
console.log("ok");
