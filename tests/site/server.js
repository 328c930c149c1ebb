// The latest-articles site. It knows nothing of caching: one MySQL connection pool whose port happens to be Sabil's, and
// one Redis client for a key that Sabil fills. Each page says where its content came from and how long it took.
import http from "node:http";
import mysql from "mysql2/promise";
import Redis from "ioredis";

const env = process.env;
const pool = mysql.createPool({
  host: env.MYSQL_HOST ?? "127.0.0.1",
  port: Number(env.MYSQL_PORT ?? 3307),
  user: env.MYSQL_USER ?? "site",
  password: env.MYSQL_PASSWORD ?? "site",
  database: env.MYSQL_DATABASE ?? "news",
  connectionLimit: 10,
  connectTimeout: 5000,
});
const redis = new Redis({ host: env.REDIS_HOST ?? "127.0.0.1", port: Number(env.REDIS_PORT ?? 6379), lazyConnect: true,
  maxRetriesPerRequest: 2 });
redis.on("error", () => {});  // reported by the page that needs it

const LATEST = "SELECT id, title, author, summary, published_at FROM articles WHERE status = 'published' " +
  "ORDER BY published_at DESC LIMIT 10";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const html = (text) => String(text ?? "").replace(/[&<>"]/g, (c) => escapes[c]);

function page(title, body, sources) {
  const total = sources.reduce((sum, s) => sum + s.ms, 0);
  const rows = sources.map((s) => `<li data-source="${s.source}">${html(s.what)}: ${s.source}, ${s.ms.toFixed(2)} ms</li>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${html(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
article{margin:0 0 1.2rem}h1{font-size:1.6rem}h2{font-size:1.1rem;margin:0}footer{opacity:.7;font-size:.85rem;border-top:1px solid}</style>
</head><body><header><a href="/">Latest</a> · <a href="/redis">Latest, over RESP</a></header>
<h1>${html(title)}</h1>${body}<footer><p>This page took ${total.toFixed(2)} ms of reading:</p><ul>${rows.join("")}</ul></footer></body></html>`;
}

async function timed(what, source, read) {
  const start = process.hrtime.bigint();
  const value = await read();
  return [value, { what, source, ms: Number(process.hrtime.bigint() - start) / 1e6 }];
}

const list = (articles) => articles.map((a) => `<article><h2><a href="/article/${a.id}">${html(a.title)}</a></h2>
<div>${html(a.author)} · ${html(a.published_at instanceof Date ? a.published_at.toISOString() : a.published_at)}</div>
<p>${html(a.summary)}</p></article>`).join("");

const routes = [
  [/^\/$/, async () => {
    const [[articles], took] = await timed("latest articles", "MySQL port", () => pool.query(LATEST));
    return page("Latest articles", list(articles), [took]);
  }],
  [/^\/redis$/, async () => {
    const [json, took] = await timed("articles:latest", "RESP port", () => redis.get("articles:latest"));
    return page("Latest articles, over RESP", list(JSON.parse(json ?? "[]")), [took]);
  }],
  [/^\/article\/(\d{1,9})$/, async (id) => {
    const [[found], one] = await timed("article", "MySQL port", () => pool.execute(
      "SELECT id, title, author, body, published_at FROM articles WHERE id = ?", [Number(id)]));
    if (found.length === 0) return null;
    const [[comments], two] = await timed("comments", "MySQL port", () => pool.execute(
      "SELECT name, body FROM comments WHERE article_id = ? ORDER BY created_at", [Number(id)]));
    const [[tags], three] = await timed("tags", "MySQL port", () => pool.query(
      "SELECT t.name FROM tags t JOIN article_tags a ON a.tag_id = t.id WHERE a.article_id = ? ORDER BY t.name", [Number(id)]));
    const a = found[0];
    return page(a.title, `<p>${html(a.author)} · ${tags.map((t) => html(t.name)).join(", ")}</p><p>${html(a.body)}</p><h2>Comments</h2>` +
      comments.map((c) => `<p><b>${html(c.name)}</b> ${html(c.body)}</p>`).join(""), [one, two, three]);
  }],
  [/^\/healthz$/, async () => "ok"],
];

const server = http.createServer(async (request, response) => {
  const path = new URL(request.url, "http://site").pathname;
  for (const [pattern, handler] of routes) {
    const match = pattern.exec(path);
    if (!match || request.method !== "GET") continue;
    try {
      const body = await handler(...match.slice(1));
      if (body === null) break;
      response.writeHead(200, { "content-type": body === "ok" ? "text/plain" : "text/html; charset=utf-8" });
      response.end(body);
    } catch (error) {
      console.error(`${path}: ${error.message}`);
      response.writeHead(503, { "content-type": "text/plain" });
      response.end("The database cannot be reached at the moment.\n");
    }
    return;
  }
  response.writeHead(404, { "content-type": "text/plain" });
  response.end("There is no such page.\n");
});

const [host, port] = [env.HOST ?? "127.0.0.1", Number(env.PORT ?? 8080)];
server.listen(port, host, () => console.log(`site listening on ${host}:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close(() => Promise.allSettled([pool.end(), redis.disconnect()]).then(() => process.exit(0)));
    server.closeIdleConnections();
  });
}
