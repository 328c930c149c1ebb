// What Node's mappers ask of a database: node mappers.mjs PORT NAME prints the rows that one of them reads, as JSON.
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { int, mysqlTable, varchar } from "drizzle-orm/mysql-core";
import knex from "knex";
import { createPool } from "mysql2/promise";
import { DataTypes, Sequelize } from "sequelize";
import "reflect-metadata";
import { DataSource, EntitySchema } from "typeorm";

const [port, name] = process.argv.slice(2);
const host = "127.0.0.1", database = "news", account = { user: "site", password: "site" };
const ids = [1, 2, 3];

const mappers = {
  async sequelize() {
    const client = new Sequelize(database, account.user, account.password, { host, port, dialect: "mysql", logging: false });
    const Article = client.define("article", { title: DataTypes.STRING, status: DataTypes.STRING }, { tableName: "articles", timestamps: false });
    const rows = [];
    for (const id of ids) rows.push(await Article.findByPk(id));
    rows.push(await Article.findAll({ where: { status: "published" }, order: [["id", "DESC"]], limit: 5 }));
    rows.push(await Article.findAndCountAll({ where: { status: "published" }, order: ["id"], limit: 2 }));
    await client.close();
    return rows;
  },
  async knex() {
    const client = knex({ client: "mysql2", connection: { host, port, database, ...account } });
    const rows = [];
    for (const id of ids) rows.push(await client("articles").where({ id }).first());
    rows.push(await client("articles").whereIn("id", ids).orderBy("id"));
    rows.push(await client("articles").count({ n: "*" }).groupBy("status").orderBy("n"));
    await client.destroy();
    return rows;
  },
  async typeorm() {
    const Article = new EntitySchema({ name: "article", tableName: "articles", columns: { id: { type: Number, primary: true }, title: { type: String } } });
    const source = await new DataSource({ type: "mysql", host, port: Number(port), username: account.user, password: account.password, database, entities: [Article] }).initialize();
    const articles = source.getRepository("article"), rows = [];
    for (const id of ids) rows.push(await articles.findOneBy({ id }));
    rows.push(await articles.find({ take: 3, order: { id: "DESC" } }), await articles.findAndCount({ take: 3, skip: 2, order: { id: "ASC" } }));
    await source.destroy();
    return rows;
  },
  async drizzle() {
    const pool = createPool({ host, port, database, ...account });
    const client = drizzle(pool), articles = mysqlTable("articles", { id: int("id").primaryKey(), title: varchar("title", { length: 200 }) });
    const rows = [];
    for (const id of ids) rows.push(await client.select().from(articles).where(eq(articles.id, id)));
    rows.push(await client.select().from(articles).orderBy(articles.id).limit(3));
    await pool.end();
    return rows;
  },
};

console.log(JSON.stringify(await mappers[name]()));
