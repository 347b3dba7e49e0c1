'use strict';
// A small store over node:sqlite: schema, transactions, prepared statements, a function of its own, a copy of the file.
const fs = require('node:fs');
const { DatabaseSync, backup } = require('node:sqlite');

async function main() {
  fs.mkdirSync('data', { recursive: true });
  const db = new DatabaseSync('data/store.db');
  db.exec('PRAGMA journal_mode = wal; CREATE TABLE IF NOT EXISTS items(id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL)');
  const add = db.prepare('INSERT INTO items(name, price) VALUES ($name, $price)');
  db.exec('BEGIN');
  for (const [name, price] of [['pen', 1.5], ['ink', 4], ['book', 12.25]]) add.run({ name, price });
  db.exec('COMMIT');
  try { add.run({ name: 'pen', price: 2 }); } catch (error) { console.log(error.code, error.message); }
  db.function('gross', (net) => Math.round(net * 119) / 100);
  for (const row of db.prepare('SELECT name, gross(price) AS price FROM items ORDER BY price').iterate()) console.log(row.name, row.price);
  console.log(await backup(db, 'data/copy.db') > 0, new DatabaseSync('data/copy.db', { readOnly: true }).prepare('SELECT count(*) AS n FROM items').get().n);
  db.close();
  fs.rmSync('data', { recursive: true });
}
main();
