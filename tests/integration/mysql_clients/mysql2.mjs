// Prints what a program on mysql2 sees, as JSON: run straight and through Sabil, the two must be the same.
import mysql from "mysql2/promise";

const options = { host: "127.0.0.1", port: +process.argv[2], user: "drivers", password: "pw", database: "drivers" };
const out = [];
const c = await mysql.createConnection(options);
for (let turn = 0; turn < 3; turn++) {
  const [rows, fields] = await c.query("SELECT * FROM kinds ORDER BY id");
  out.push(rows, fields.map((f) => [f.name, f.table, f.columnType, f.flags, f.characterSet]));
  const [bound] = await c.execute("SELECT id, name FROM kinds WHERE id = ?", [1 + (turn % 2)]);
  out.push(bound);
  const [byName] = await c.execute("SELECT id FROM kinds WHERE name = ? AND amount > ?", ["one", 0.5]);
  out.push(byName);
  const [found] = await c.query("SELECT FOUND_ROWS() AS n");
  out.push(found);
}
await c.beginTransaction();
const [written] = await c.query("UPDATE kinds SET amount = amount + 1 WHERE id = 1");
out.push([written.affectedRows, written.changedRows, written.info]);
out.push((await c.query("SELECT amount FROM kinds WHERE id = 1"))[0]);
await c.rollback();
out.push((await c.query("SELECT amount FROM kinds WHERE id = 1"))[0]);
try {
  await c.query("SELECT nothing FROM kinds");
} catch (e) {
  out.push([e.code, e.errno, e.sqlState, e.sqlMessage]);
}
await c.changeUser({ user: "drivers", password: "pw", database: "drivers" });
out.push((await c.query("SELECT DATABASE() AS d"))[0]);
const pool = mysql.createPool({ ...options, connectionLimit: 5 });
const many = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.execute("SELECT name FROM kinds WHERE id = ?", [1 + (i % 3)])));
out.push(many.map(([rows]) => rows));
await pool.end();
await c.end();
console.log(JSON.stringify(out, (_, v) => (typeof v === "bigint" ? String(v) : v)));
