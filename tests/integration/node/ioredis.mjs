// ioredis: pipelines, transactions, streams of keys, pub/sub, blocking reads; argument: the port.
import assert from "node:assert/strict";
import Redis from "ioredis";

const port = Number(process.argv[2]);
const redis = new Redis({ port });
await redis.flushall();
assert.equal(await redis.set("k", "v", "EX", 100), "OK");
assert.equal(await redis.get("k"), "v");
assert.deepEqual(await redis.getBuffer("k"), Buffer.from("v"));
await redis.hset("h", { a: 1, b: "zwei" });
assert.deepEqual(await redis.hgetall("h"), { a: "1", b: "zwei" });
const pipeline = redis.pipeline();
for (let i = 0; i < 1000; i++) pipeline.rpush("l", i);
const pushed = await pipeline.exec();
assert.equal(pushed.length, 1000);
assert.deepEqual(pushed[999], [null, 1000]);
assert.deepEqual(await redis.multi().incr("n").incr("n").exec(), [[null, 1], [null, 2]]);
await redis.zadd("z", 1, "a", 2, "b");
assert.deepEqual(await redis.zrange("z", 0, -1, "WITHSCORES"), ["a", "1", "b", "2"]);
for (let i = 0; i < 500; i++) await redis.sadd("s", `m${i}`);
const members = new Set();
for await (const part of redis.sscanStream("s")) part.forEach((m) => members.add(m));
assert.equal(members.size, 500);
await assert.rejects(redis.lpush("k", 1), /WRONGTYPE/);

const subscriber = new Redis({ port });
await subscriber.subscribe("news");
const got = new Promise((resolve) => subscriber.on("message", (channel, text) => resolve([channel, text])));
await redis.publish("news", "hello");
assert.deepEqual(await got, ["news", "hello"]);

const blocked = new Redis({ port });
const popped = blocked.blpop("queue", 5);
setTimeout(() => redis.rpush("queue", "job"), 50);
assert.deepEqual(await popped, ["queue", "job"]);
const info = await redis.info();
assert.match(info, /redis_version:7\.2\.4/);
for (const client of [redis, subscriber, blocked]) await client.quit();
console.log("ok");
