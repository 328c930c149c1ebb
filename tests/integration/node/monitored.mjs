// What MONITOR shows of scripts, pipelines and transactions, as ioredis sends them: one JSON line a case, for two servers
// to be compared. Argument: the port.
import Redis from "ioredis";

const port = Number(process.argv[2]);
const redis = new Redis({ port, disableClientInfo: true });
redis.defineCommand("read", { numberOfKeys: 1, lua: 'return redis.call("get", KEYS[1])' });
redis.defineCommand("store", { numberOfKeys: 1, lua: 'return redis.pcall("set", KEYS[1], ARGV[1])' });
await redis.ping();
const monitor = await new Redis({ port }).monitor();
let shown = [];
let arrived = () => {};
monitor.on("monitor", (_time, args, source) => {
  shown.push([source === "lua" ? "lua" : "client", ...args]);
  if (args[1] === "last") arrived();
});

// All that was sent before it has been shown.
async function settled() {
  const last = new Promise((resolve) => { arrived = resolve; });
  await redis.echo("last");
  await last;
}

async function seen(label, action) {
  await settled();
  shown = [];
  let answer;
  try {
    answer = await action();
  } catch (error) {
    answer = error.message;
  }
  await settled();
  console.log(JSON.stringify({ label, answer, shown }, (_key, found) => (found instanceof Error ? found.message : found)));
}

await redis.script("FLUSH");
await seen("first call", () => redis.read("a"));
await seen("second call", () => redis.read("b"));
await seen("two scripts in a pipeline", () => redis.pipeline().read("a").store("a", "x y\t\"z\"\\\n\x01").get("a").exec());
await redis.script("FLUSH");
await seen("unknown in a transaction", () => redis.multi().read("a").read("b").exec());
await seen("transaction by hand", () => redis.pipeline([["multi"], ["set", "a", "1"], ["nonsense"], ["exec"]]).exec());
await seen("aborted by a watched key", async () => {
  await redis.watch("w");
  await redis.duplicate({ enableReadyCheck: false }).set("w", 1);
  return redis.multi().set("never", 1).exec();
});
await seen("wrong type", () => redis.lpush("a", 1));
await seen("wrong number of arguments", () => redis.call("get"));
await seen("other database", async () => [await redis.select(3), await redis.set("a", 1), await redis.select(0)]);
await seen("binary", () => redis.set(Buffer.from([0, 255, 10, 13, 34]), Buffer.from("é")));
await seen("pushed and popped", async () => { await redis.rpush("l", 1); return redis.blpop("l", 1); });
await seen("blocked, then served", async () => {
  const other = redis.duplicate();
  await other.ping();
  const popped = redis.duplicate().blpop("none", 5);
  while (!shown.some(([, name]) => name === "blpop")) await new Promise((resolve) => setTimeout(resolve, 10));
  await other.rpush("none", "x");
  return popped;
});
await seen("function", async () => {
  await redis.function("LOAD", "REPLACE", "#!LUA name=mine\nredis.register_function{function_name='sq', callback=function(k, a) return a[1] * a[1] end, flags={'no-writes'}}");
  return [await redis.fcall("sq", 0, 3), await redis.fcall_ro("sq", 0, 4)];
});
await seen("administration", () => redis.config("GET", "maxmemory"));
process.exit(0);
