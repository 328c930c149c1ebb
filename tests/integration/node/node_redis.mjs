// node-redis, in RESP2 and RESP3; argument: the port.
import assert from "node:assert/strict";
import { createClient } from "redis";

const port = Number(process.argv[2]);
for (const RESP of [2, 3]) {
  const client = createClient({ socket: { port }, RESP });
  client.on("error", (error) => { throw error; });
  await client.connect();
  await client.flushAll();
  await client.set("k", "v", { EX: 100 });
  assert.equal(await client.get("k"), "v");
  await client.hSet("h", { a: "1", b: "2" });
  assert.deepEqual({ ...(await client.hGetAll("h")) }, { a: "1", b: "2" });
  await client.zAdd("z", [{ score: 1.5, value: "a" }, { score: 2, value: "b" }]);
  assert.deepEqual(await client.zRangeWithScores("z", 0, -1), [{ value: "a", score: 1.5 }, { value: "b", score: 2 }]);
  assert.deepEqual(await client.multi().set("n", "1").incr("n").get("n").exec(), ["OK", 2, "2"]);
  const keys = [];
  for await (const batch of client.scanIterator()) keys.push(...[batch].flat());
  assert.deepEqual(keys.sort(), ["h", "k", "n", "z"]);
  const subscriber = client.duplicate();
  await subscriber.connect();
  const got = new Promise((resolve) => subscriber.pSubscribe("ne*", (text, channel) => resolve([channel, text])));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await client.publish("news", "hello");
  assert.deepEqual(await got, ["news", "hello"]);
  await subscriber.close();
  await client.close();
}
console.log("ok");
