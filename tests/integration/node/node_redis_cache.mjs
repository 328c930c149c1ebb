// node-redis: its cache kept current by the server's pushes, functions and scripts, connections that end and come back;
// argument: the port.
import assert from "node:assert/strict";
import { once } from "node:events";
import { BasicClientSideCache, BasicPooledClientSideCache, createClient, createClientPool, defineScript } from "@redis/client";

const port = Number(process.argv[2]);
const socket = { port };
const ready = (each) => new Promise((resolve) => each.once("ready", resolve));
const other = await createClient({ socket }).connect();
await other.flushAll();

// What a client writes itself is invalidated before it is read again, without a wait in between.
const cache = new BasicClientSideCache({ maxEntries: 100 });
const client = createClient({ socket, RESP: 3, clientSideCache: cache });
client.on("error", () => {});
await client.connect();
for (let i = 0; i < 50; i++) {
  await client.set("x", String(i));
  assert.equal(await client.get("x"), String(i));
  assert.equal(await client.get("x"), String(i));
}
assert.equal(cache.stats().missCount, 50);
assert.equal(cache.stats().hitCount, 50);
// What others write, expire, rename or flush, too.
const invalidated = async (change) => {
  await client.set("x", "1");
  await client.get("x");
  const told = once(cache, "invalidate");
  await change();
  await told;
  return client.get("x");
};
assert.equal(await invalidated(() => other.set("x", "2")), "2");
assert.equal(await invalidated(() => other.del("x")), null);
assert.equal(await invalidated(() => other.pExpireAt("x", 1)), null);
assert.equal(await invalidated(() => other.rename("x", "y")), null);
assert.equal(await invalidated(() => other.eval("return redis.call('set', KEYS[1], 'lua')", { keys: ["x"] })), "lua");
assert.equal(await invalidated(() => other.multi().set("x", "3").set("x", "4").exec()), "4");
await client.get("x");
await client.flushDb();
assert.equal(await client.get("x"), null);

// A pool's connections share one cache.
const pooled = new BasicPooledClientSideCache();
const pool = await createClientPool({ socket, RESP: 3 }, { minimum: 3, maximum: 3, clientSideCache: pooled }).connect();
await pool.set("p", "1");
assert.deepEqual(await Promise.all([pool.get("p"), pool.get("p")]), ["1", "1"]);
const told = once(pooled, "invalidate");
await other.set("p", "2");
await told;
assert.equal(await pool.get("p"), "2");
await pool.close();

// Scripts and functions
const square = defineScript({ NUMBER_OF_KEYS: 0, SCRIPT: "return ARGV[1] * ARGV[1]",
  parseCommand: (parser, n) => parser.push(String(n)), transformReply: undefined });
const named = { area: { NUMBER_OF_KEYS: 0, IS_READ_ONLY: true, parseCommand: (parser, n) => parser.push(String(n)), transformReply: undefined } };
const scripted = await createClient({ socket, scripts: { square }, functions: { shapes: named } }).connect();
assert.equal(await scripted.square(3), 9);
assert.deepEqual(await scripted.multi().square(4).ping().exec(), [16, "PONG"]);
await scripted.functionLoad("#!LUA name=shapes\nredis.register_function{function_name='area', callback=function(_, a) return a[1] * a[1] end, flags={'no-writes'}}", { REPLACE: true });
assert.equal(await scripted.shapes.area(5), 25);
assert.equal((await scripted.functionList())[0].library_name, "shapes");

// Transactions: errors of one command, watched keys, unknown commands
await assert.rejects(scripted.multi().set("k", "v").hGetAll("k").exec(), (error) => error.errorIndexes?.[0] === 1 && error.replies.length === 2);
await scripted.watch("k");
await other.set("k", "changed");
await assert.rejects(scripted.multi().set("k", "mine").exec(), /watched keys has been changed/);
await assert.rejects(scripted.multi().ping().addCommand(["NO SUCH"]).exec(), /EXECABORT|unknown command/);
const unconnected = createClient({ socket, database: 2, name: "named", clientInfoTag: "tag" });
unconnected.on("error", () => {});
await unconnected.connect();
const told_info = await unconnected.clientInfo();
assert.deepEqual([told_info.db, told_info.name, told_info.libName], [2, "named", "node-redis(tag)"]);
await unconnected.multi().select(1).exec();
const ended = ready(unconnected);
await other.sendCommand(["CLIENT", "KILL", "ID", String(told_info.id)]);
await ended;
assert.equal((await unconnected.clientInfo()).db, 1);

// A subscriber that was cut off comes back with its channels, and leaves in the middle of them.
for (const RESP of [2, 3]) {
  const subscriber = createClient({ socket, RESP });
  subscriber.on("error", () => {});
  await subscriber.connect();
  const heard = [];
  await subscriber.subscribe("channel", (text) => heard.push(text));
  await subscriber.pSubscribe("chan*", (text) => heard.push(`by pattern ${text}`));
  await subscriber.sSubscribe("channel", (text) => heard.push(`shard ${text}`));
  const back = ready(subscriber);
  await other.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
  await back;
  while ((await other.publish("channel", "probe")) < 2 || (await other.sPublish("channel", "probe")) < 1);
  heard.length = 0;
  await other.publish("channel", "hello");
  await other.sPublish("channel", "hi");
  while (heard.filter((text) => !text.includes("probe")).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(heard.filter((text) => !text.includes("probe")).sort(), ["by pattern hello", "hello", "shard hi"]);
  await subscriber.unsubscribe("channel");
  await subscriber.pUnsubscribe();
  await subscriber.sUnsubscribe("channel");
  assert.equal(String(await subscriber.ping()), "PONG");
  await subscriber.subscribe("again", () => {});
  await subscriber.close();
}

// Everything in one go: large values, both ways
const text = "x".repeat(3_000_000);
const many = await Promise.all(Array.from({ length: 5 }, (_, i) => client.set(`large${i}`, text).then(() => client.get(`large${i}`))));
assert.ok(many.every((found) => found === text));
for (const each of [client, scripted, unconnected, other]) await each.close();
console.log("ok");
process.exit(0);
