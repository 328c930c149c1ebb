// Every script that BullMQ ships, called through its classes under a clock and ids of the test's own: prints what each
// step answered and what it left in the keyspace, one JSON line a step, for two servers to be compared. Argument: the port.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { FlowProducer, Queue, Relay, UnrecoverableError, Worker } from "bullmq";

const require = createRequire(import.meta.url);
const Redis = createRequire(require.resolve("bullmq"))("ioredis");
const port = Number(process.argv[2]);
let now = 1_800_000_000_000;
Date.now = () => now;

const inspect = new Redis(port);
async function value(key, type) {
  if (type === "string") return inspect.get(key);
  if (type === "hash") return inspect.hgetall(key);
  if (type === "list") return inspect.lrange(key, 0, -1);
  if (type === "set") return (await inspect.smembers(key)).sort();
  if (type === "zset") return inspect.zrange(key, 0, -1, "WITHSCORES");
  return (await inspect.xrange(key, "-", "+")).map(([, fields]) => fields.join(" ")).sort();
}

async function keyspace() {
  const found = {};
  for (const key of (await inspect.keys("*")).sort()) {
    const type = await inspect.type(key);
    found[key] = [type, await value(key, type), (await inspect.pttl(key)) > 0 ? "expires" : "stays"];
  }
  return found;
}

const connection = new Redis(port, { maxRetriesPerRequest: null });
const name = "q";
const queue = new Queue(name, { connection, prefix: "bull", skipMetasUpdate: true });
const flows = new FlowProducer({ connection, prefix: "bull" });
const worker = new Worker(name, null, { connection, prefix: "bull", autorun: false, skipStalledCheck: true, maxStalledCount: 1,
  metrics: { maxDataPoints: 10 }, removeOnFail: { count: 50 } });
await worker.waitUntilReady();

const plain = (answer) => JSON.parse(JSON.stringify(answer ?? null, (key, found) => (key === "queue" || key === "scripts" ||
  key === "backend" ? undefined : found instanceof Error ? String(found.message) : found)));
const brief = (job) => (job && { id: job.id, name: job.name, data: job.data, attempts: job.attemptsMade, progress: job.progress,
  priority: job.priority, delay: job.delay, result: job.returnvalue, reason: job.failedReason, parent: job.parentKey });

// Members of sets come in an order of the server's own
const sorted = (found) => JSON.parse(JSON.stringify(found, (key, each) => (Array.isArray(each)
  ? [...each].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : each)));

async function step(label, action) {
  now += 1000;
  let answer;
  try {
    answer = plain(await action());
  } catch (error) {
    answer = `${error.name}: ${error.message}`;
  }
  console.log(JSON.stringify({ label, answer, keys: await keyspace() }));
}

const next = () => worker.getNextJob("token", { block: false });
const done = async (result) => { const job = await next(); await job?.moveToCompleted(result, "token", false); return brief(job); };
const failed = async (error) => { const job = await next(); await job?.moveToFailed(error, "token", false); return brief(job); };
const quiet = (text, Kind = Error) => Object.assign(new Kind(text), { stack: `stack of ${text}` });

// Jobs of every kind, and what reads them
await step("add", () => queue.add("plain", { n: 1, nested: { text: "ünï" } }));
await step("bulk", () => queue.addBulk([1, 2, 3].map((n) => ({ name: "bulk", data: { n }, opts: { priority: n % 2 ? n : 0 } }))));
await step("delayed", () => queue.add("later", { n: 5 }, { delay: 5000 }));
await step("own id", () => queue.add("own", {}, { jobId: "mine", lifo: true }));
await step("own id again", () => queue.add("own", { other: 1 }, { jobId: "mine" }).then(brief));
await step("large numbers", () => queue.add("numbers", { big: 2 ** 53, small: 1e-7, minus: -0.5, deep: [[[]], {}] }, { priority: 2097152 }));
await step("priority out of range", () => queue.add("bad", {}, { priority: 2097153 }));
await step("sizes", () => queue.add("big", { text: "x".repeat(70000) }, { jobId: "big" }).then(() => 0));
await step("size limit", () => queue.add("big", { text: "é".repeat(60) }, { sizeLimit: 100 }));
await step("counts", async () => [await queue.getJobCounts(), await queue.getCountsPerPriority([0, 1, 3, 2097152]), await queue.count()]);
await step("ranges", async () => [await queue.getRanges(["wait", "prioritized", "delayed", "paused"], 0, 3, true), (await queue.getJobs()).map(brief)]);
await step("states", () => Promise.all(["1", "2", "3", "5", "mine", "none"].map((id) => queue.getJobState(id))));
await step("progress", async () => { await queue.updateJobProgress("1", { at: 0.25 }); return brief(await queue.getJob("1")); });
await step("progress of none", () => queue.updateJobProgress("none", 1));
await step("data", async () => { const job = await queue.getJob("1"); await job.updateData({ n: "new" }); return brief(await queue.getJob("1")); });
await step("logs", async () => { for (const row of ["a", "b", "c"]) await queue.addJobLog("1", row, 2); return queue.getJobLogs("1"); });
await step("logs of none", () => queue.addJobLog("none", "x"));
await step("priority changed", async () => (await queue.getJob("1")).changePriority({ priority: 4, lifo: true }));
await step("delay changed", async () => (await queue.getJob("5")).changeDelay(9000));
await step("delay of one waiting", async () => (await queue.getJob("2")).changeDelay(9000));
await step("promote", async () => (await queue.getJob("5")).promote());
await step("promote all", async () => { await queue.add("later", {}, { delay: 1000 }); await queue.promoteJobs(); });

// Taking, finishing, failing
await step("take", async () => brief(await next()));
await step("extend", async () => [await worker.extendJobLocks(["mine", "big", "none"], ["token", "token", "token"], 5000)]);
await step("release", async () => { const job = await queue.getJob("mine"); return [await job.isActive(), await job.extendLock("token", 9000), await job.extendLock("other", 9000), await job.moveToCompleted("own", "token", false), await job.isCompleted()]; });
for (let i = 0; i < 4; i++) await step(`complete ${i}`, () => done({ answer: i, list: [1, "2", null] }));
await step("complete twice", async () => { const job = await next(); await job.moveToCompleted(1, "token", false); await job.moveToCompleted(1, "token", false); });
await step("wrong token", async () => { const job = await next(); await job.moveToCompleted(1, "other", false); });
await step("retry with backoff", async () => { await queue.add("again", {}, { attempts: 3, backoff: { type: "fixed", delay: 2000 } }); await queue.drain(); return failed(quiet("none")); });
await step("attempts", async () => { await queue.add("again", {}, { attempts: 3, backoff: { type: "exponential", delay: 1000 } }); return [await failed(quiet("one")), now += 1500, await failed(quiet("two")), now += 4000, await failed(quiet("three"))]; });
await step("attempts at once", async () => { await queue.add("once", {}, { attempts: 2 }); return [await failed(quiet("one")), await failed(quiet("two"))]; });
await step("not again", async () => { await queue.add("never", {}, { attempts: 5 }); return failed(quiet("for good", UnrecoverableError)); });
await step("retry failed", async () => (await queue.getFailed()).at(0).retry("failed", { resetAttemptsMade: true }));
await step("retry all", () => queue.retryJobs({ count: 2, state: "failed" }));
await step("back to wait", async () => { const job = await next(); return [await job.moveToWait("token"), await job.getState()]; });
await step("to delayed", async () => { const job = await next(); await job.moveToDelayed(now + 7000, "token"); return job.getState(); });
await step("removed on completion", async () => { await queue.add("gone", {}, { removeOnComplete: true }); return [await done(1), await done(2)]; });
await step("kept by count", async () => { for (let i = 0; i < 6; i++) await queue.add("kept", { i }, { removeOnComplete: 2 }); for (let i = 0; i < 6; i++) await done(i); });
await step("kept by age", async () => { await queue.add("aged", {}, { removeOnComplete: { age: 1, limit: 2 } }); now += 60_000; return done("aged"); });
await step("finished", async () => Promise.all((await queue.getCompleted()).map((job) => job.isCompleted())));
await step("metrics", async () => [await queue.getMetrics("completed"), await queue.getMetrics("failed")]);

// Deduplication, limits, pauses
await step("state and result", async () => [await worker.getBackend().isFinished("21", true), await worker.getBackend().isFinished("none"), await queue.getJobState("21")]);
await step("deduplicated", async () => [brief(await queue.add("d", { v: 1 }, { deduplication: { id: "same" } })), brief(await queue.add("d", { v: 2 }, { deduplication: { id: "same" } })), await queue.getDeduplicationJobId("same")]);
await step("deduplicated for a time", async () => [brief(await queue.add("d", { v: 1 }, { deduplication: { id: "brief", ttl: 60000 } })), brief(await queue.add("d", { v: 2 }, { deduplication: { id: "brief", ttl: 60000, extend: true } }))]);
await step("debounced", async () => { for (let v = 0; v < 3; v++) await queue.add("d", { v }, { delay: 5000, deduplication: { id: "last", ttl: 60000, extend: true, replace: true } }); return queue.getDeduplicationJobId("last"); });
await step("deduplication lifted", async () => [await queue.removeDeduplicationKey("same"), await (await queue.getDelayed())[0].removeDeduplicationKey()]);
await step("paused", async () => { await queue.pause(); return [await queue.isPaused(), brief(await queue.add("while paused", {})), brief(await next())]; });
await step("resumed", async () => { await queue.resume(); return queue.isPaused(); });
await step("concurrency", async () => { await queue.setGlobalConcurrency(1 + await queue.getActiveCount()); const job = await next(); return [brief(job), await queue.isMaxed(), brief(await next()), await job.moveToCompleted(1, "token", false), await queue.getGlobalConcurrency(), await queue.removeGlobalConcurrency()]; });
await step("rate", async () => { await queue.setGlobalRateLimit(1, 60000); return [brief(await next()), brief(await next()), (await queue.getRateLimitTtl()) > 0, await queue.getGlobalRateLimit()]; });
await step("rate lifted", async () => { now += 61000; return [await queue.removeRateLimitKey(), await queue.removeGlobalRateLimit(), brief(await next())]; });
await step("held back", async () => { await queue.rateLimit(60000); return [(await queue.getRateLimitTtl()) > 0, await queue.removeRateLimitKey()]; });
await step("stalled", async () => { for (const lock of await inspect.keys("*:lock")) await inspect.del(lock); const found = []; for (let i = 0; i < 3; i++) { await inspect.del("bull:q:stalled-check"); await worker.moveStalledJobsToWait(); found.push(await queue.getJobCounts()); } return found; });
await step("stalled for good", async () => { for (let i = 0; i < 3; i++) { await next(); for (const lock of await inspect.keys("*:lock")) await inspect.del(lock); await inspect.del("bull:q:stalled-check"); await worker.moveStalledJobsToWait(); await inspect.del("bull:q:stalled-check"); await worker.moveStalledJobsToWait(); } });

// Schedulers
await step("every", async () => brief(await queue.upsertJobScheduler("tick", { every: 10000, limit: 3 }, { name: "ticked", data: { a: 1 }, opts: { priority: 2 } })));
await step("pattern", async () => brief(await queue.upsertJobScheduler("cron", { pattern: "0 0 12 * * *", tz: "UTC" }, { name: "noon" })));
await step("every again", async () => brief(await queue.upsertJobScheduler("tick", { every: 20000 }, { name: "ticked", data: { a: 2 } })));
await step("schedulers", async () => [await queue.getJobSchedulers(), await queue.getJobScheduler("tick"), await queue.getJobSchedulersCount(), await queue.getJobScheduler("none")]);
await step("tick runs", async () => { now += 30000; const ran = []; for (let i = 0; i < 7; i++) ran.push((await done("t"))?.id); return [ran, await queue.getDelayedCount()]; });
await step("scheduled job stays", async () => (await queue.getDelayed()).at(0)?.remove());
await step("no scheduler", async () => [await queue.removeJobScheduler("tick"), await queue.removeJobScheduler("tick"), await queue.removeJobScheduler("cron")]);

// Trees
const child = (id, opts = {}, children) => ({ name: id, queueName: name, data: { id }, opts: { jobId: id, ...opts }, children });
await step("tree", async () => { await queue.drain(true); await flows.add(child("p", { priority: 0 }, [child("c1"), child("c2", {}, [child("g1")]), child("c3", { ignoreDependencyOnFailure: true })])); const found = await flows.getFlow({ id: "p", queueName: name, depth: 3, maxChildren: 5 }); return [brief(found.job), found.children.map(({ job }) => brief(job)).sort((a, b) => (a.id < b.id ? -1 : 1))]; });
await step("leaves", async () => { const found = []; for (let i = 0; i < 3; i++) { const job = await next(); found.push(job?.id); await (job?.id === "c3" ? job.moveToFailed(quiet("ignored"), "token", false) : job?.moveToCompleted(`of ${job.id}`, "token", false)); } return found; });
await step("dependencies", async () => { const job = await queue.getJob("p"); const all = await job.getDependencies(); return sorted([all, await job.getDependenciesCount({ processed: true, unprocessed: true, ignored: true, failed: true }), await job.getIgnoredChildrenFailures(), await queue.getDependencies("p", "pending", 0, 10), await queue.getDependencies("p", "processed", 0, 10)]); });
await step("middle", () => done("middle"));
await step("root", async () => { const job = await next(); return [brief(job), await job?.getChildrenValues(), await job?.moveToCompleted("root", "token", false)]; });
await step("parent fails", async () => { await queue.drain(); await flows.add(child("pf", {}, [child("f1", { failParentOnFailure: true }), child("f2", { delay: 100000 })])); const found = await failed(quiet("child")); now += 1000; return [found, brief(await next()), await queue.getJobState("pf")]; });
await step("parent goes on", async () => { await flows.add(child("pg", {}, [child("k1", { continueParentOnFailure: true }), child("k2", { delay: 100000 })])); return [await failed(quiet("child")), brief(await next()), await queue.getJobState("pg"), await (await queue.getJob("pg")).getFailedChildrenValues()]; });
await step("dependency removed", async () => { await flows.add(child("pr", {}, [child("r1", { removeDependencyOnFailure: true }), child("r2")])); return [await failed(quiet("child")), await (await queue.getJob("r2")).removeChildDependency(), await queue.getJobState("pr")]; });
await step("tree removed", async () => { await flows.add(child("px", {}, [child("x1"), child("x2", {}, [child("x3")])])); return [await queue.remove("px"), await queue.getJobState("x3")]; });
await step("children removed", async () => { await flows.add(child("pu", {}, [child("u1"), child("u2", { delay: 5000 })])); await (await queue.getJob("pu")).removeUnprocessedChildren(); return queue.getJobState("pu"); });
await step("waits for children", async () => { await queue.drain(); await queue.add("steps", {}, { jobId: "steps" }); const job = await next(); await queue.add("late", {}, { jobId: "late", parent: { id: "steps", queue: "bull:q" } }); return [await job.moveToWaitingChildren("token"), await done("late"), await queue.getJobState("steps"), brief(await next())]; });
await step("bulk of trees", async () => { await flows.addBulk([child("b1", {}, [child("b1c")]), child("b2")]); return queue.getJobCounts(); });

// Cleaning
await step("clean", async () => { const found = []; for (const type of ["completed", "failed", "delayed", "wait", "prioritized", "active"]) found.push((await queue.clean(0, 3, type)).length); return found; });
await step("orphans", async () => { for (let i = 0; i < 120; i++) await inspect.hset(`bull:q:orphan${i}`, "name", "x"); await inspect.set("bull:q:orphan5:logs", "x"); return queue.removeOrphanedJobs(10); });
// How far an approximate trim goes depends on the milliseconds between entries
await step("trim", async () => { const gone = await queue.trimEvents(3); return [gone > 0, await inspect.del("bull:q:events")]; });
await step("old priorities", async () => { await inspect.zadd("bull:q:priority", 1, "a"); return queue.removeDeprecatedPriorityKey(); });
await step("drain", async () => { await queue.add("left", {}, { delay: 1000 }); await queue.drain(true); return queue.getJobCounts(); });
await step("obliterate refused", async () => { await queue.add("active", {}); await next(); await queue.obliterate(); });
await step("obliterate", async () => { await queue.resume(); await queue.obliterate({ force: true }); return inspect.dbsize(); });
await step("others", async () => { await queue.add("workers", {}); return [(await queue.getWorkers()).length, (await queue.getVersion()) !== null, await queue.getMeta(), (await queue.exportPrometheusMetrics()).split("\n").length]; });

await extra();
for (const each of [worker, queue, flows]) await each.close();
await new Promise((resolve) => setTimeout(resolve, 50));
const folder = path.join(path.dirname(require.resolve("bullmq/package.json")), "dist", "esm", "scripts");
const missed = [];
for (const file of fs.readdirSync(folder).filter((each) => /-\d+\.js$/.test(each)).sort()) {
  for (const script of Object.values(await import(path.join(folder, file)))) {
    const [run] = await inspect.script("EXISTS", createHash("sha1").update(script.content).digest("hex"));
    if (!run) missed.push(script.name);
  }
}
console.log(JSON.stringify({ missed }));
for (const each of [connection, inspect]) each.disconnect();
process.exit(0);

async function extra() {
  await step("pages", async () => {
    await inspect.sadd("set", ..."abcdefghij");
    await inspect.hset("hash", Object.fromEntries([..."abcdefgh"].map((c) => [c, JSON.stringify(c)])));
    const paginate = (key, options) => worker.getBackend().paginate(key, options);
    return [sorted(await paginate("set", { start: 0, end: 9 })), await paginate("hash", { start: 3, end: 6 }), await paginate("hash", { start: 0, end: 2, fetchJobs: true })];
  });
  // Messages by topic: one node subscribes, another publishes
  const messages = [];
  const open = (nodeId) => new Relay({ connection: { host: "127.0.0.1", port }, prefix: "bull", namespace: "n", nodeId, heartbeatInterval: 50, sweepInterval: 60 });
  const [listener, sender] = [open("listener"), open("sender")];
  for (const relay of [listener, sender]) relay.on("error", (error) => messages.push(String(error)));
  await listener.waitUntilReady();
  await sender.waitUntilReady();
  const wait = async (count) => { for (let i = 0; i < 400 && messages.length < count; i++) await new Promise((resolve) => setTimeout(resolve, 10)); };
  const subscription = await listener.subscribe("news.*.title", ({ topic, data, retained }) => { messages.push([topic, data, retained]); });
  const sent = [await sender.publish("news.1.title", { text: "one" }), await sender.publish("news.1.body", "no one"), await sender.publish("news.2.title", [2], { retain: 60000 })].map(({ nodes, endpoints }) => [nodes, endpoints]);
  await wait(2);
  const late = await listener.subscribe("news.2.title", ({ topic, data, retained }) => { messages.push([topic, data, retained]); });
  await wait(3);
  const nodes = (await sender.getNodes()).map(({ id, dropped, subscriptions }) => [id, dropped, subscriptions]).sort();
  await new Promise((resolve) => setTimeout(resolve, 200)); // heartbeats and sweeps
  const counts = [await sender.getCounts(), await sender.deleteRetained("news.2.title"), await sender.deleteRetained("news.2.title")];
  await subscription.unsubscribe();
  await late.unsubscribe();
  const after = await sender.getCounts();
  for (const relay of [listener, sender]) await relay.close();
  console.log(JSON.stringify({ label: "relay", answer: { sent, messages, nodes, counts, after } }));
}
