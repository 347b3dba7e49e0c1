'use strict';
// Builtins that open files, tell the time or run code by themselves, behind Node's own fs and clock.
const sqlite = `const { DatabaseSync } = require('node:sqlite');`;
// a WASI program is not needed: what it would import is called from here
const wasi = (options) => `const { WASI } = require('wasi'); const w = new WASI({ version: 'preview1', ${options} }); const memory = new WebAssembly.Memory({ initial: 1 }); w.finalizeBindings({ exports: { memory } }); const x = w.wasiImport; const mem = Buffer.from(memory.buffer);
  const read = (path) => { const n = mem.write(path, 1000); if (x.path_open(3, 1, 1000, n, 0, 2n, 2n, 0, 300)) return ''; mem.writeUInt32LE(2000, 100); mem.writeUInt32LE(200, 104); return x.fd_read(mem.readUInt32LE(300), 100, 1, 200) ? '' : mem.toString('utf8', 2000, 2000 + mem.readUInt32LE(200)); };`;

module.exports = [
  { id: 'sqlite-open', what: 'a database anywhere', body: `${sqlite} new DatabaseSync(H.at('vault/x.db')).exec('CREATE TABLE t(a)'); return 'CODE wrote a file';` },
  { id: 'sqlite-attach', what: 'a file by ATTACH', body: `${sqlite} new DatabaseSync(':memory:').exec("ATTACH '" + H.at('vault/a.db') + "' AS a; CREATE TABLE a.t(a)"); return 'CODE wrote a file';` },
  { id: 'sqlite-attach-vfs', what: 'a file by ATTACH through another file system', body: `${sqlite} new DatabaseSync(':memory:', { limits: { attach: 5 } }).exec("ATTACH 'file:" + H.at('vault/v.db') + "?vfs=unix-none' AS a; CREATE TABLE a.t(a)"); return 'CODE wrote a file';` },
  { id: 'sqlite-vacuum', what: 'a file by VACUUM INTO', body: `${sqlite} new DatabaseSync(':memory:').prepare('VACUUM INTO ?').run(H.at('vault/b.db')); return 'CODE wrote a file';` },
  { id: 'sqlite-backup', what: 'a file by backup()', body: `${sqlite} await require('node:sqlite').backup(new DatabaseSync(':memory:'), H.at('vault/c.db')); return 'CODE wrote a file';` },
  { id: 'sqlite-extension', what: 'native code by an extension', body: `${sqlite} try { new DatabaseSync(':memory:', { allowExtension: true }).loadExtension(H.at('vault/none')); } catch (e) { return /shared object/.test(e.message) && 'CODE ' + e.message; }` },
  { id: 'sqlite-clock', what: 'the clock by SQL', body: `${sqlite} return new DatabaseSync(':memory:').prepare("SELECT julianday('now') AS d").get().d > 2400000 && 'AMBIENT clock';` },
  { id: 'sqlite-random', what: 'randomness by SQL', body: `${sqlite} return new DatabaseSync(':memory:').prepare('SELECT hex(randomblob(8)) AS r').get().r.length === 16 && 'AMBIENT random';` },
  { id: 'sqlite-statement', what: 'the queries of others', body: `${sqlite} const db = new DatabaseSync(':memory:'); const P = Object.getPrototypeOf(db.prepare('SELECT 1 AS x')); P.get = () => ({ x: 'TAINT query' }); return db.prepare('SELECT 1 AS x').get().x;` },
  { id: 'sqlite-pointer', what: 'addresses of native code by SQL', body: `${sqlite} return new DatabaseSync(':memory:').prepare('SELECT fts3_tokenizer(?) AS p').get('simple').p.length === 8 && 'CODE knows an address';` },
  { id: 'sqlite-crash', what: 'a jump into an address by SQL', ends: true, body: `${sqlite} const db = new DatabaseSync(':memory:'); db.prepare('SELECT fts3_tokenizer(?, ?)').get('t', new Uint8Array([65, 65, 65, 65, 65, 65, 0, 0])); db.exec('CREATE VIRTUAL TABLE v USING fts3(a, tokenize=t)');` },
  { id: 'sqlite-memory', what: 'a database in memory that another made', body: `${sqlite} const [a, b] = [0, 0].map(() => { const db = new DatabaseSync(':memory:'); db.exec("ATTACH 'file:/x?vfs=memdb&cache=shared' AS x"); return db; }); b.exec("CREATE TABLE x.t(a); INSERT INTO x.t VALUES ('TAINT memory')"); return a.prepare('SELECT a FROM x.t').get().a;` },
  { id: 'wasi-preopen', what: 'a directory by WASI', body: `${wasi("preopens: { '/': H.at('vault') }")} return read('secret.txt');` },
  { id: 'wasi-link', what: 'a file by a link in a directory of WASI', links: { out: '../..' }, body: `${wasi("preopens: { '/': __dirname }")} return read('out/vault/secret.txt');` },
  { id: 'wasi-clock', what: 'the clock by WASI', body: `${wasi('')} return x.clock_time_get(0, 0n, 0) === 0 && mem.readBigUInt64LE(0) > 0n && 'AMBIENT clock';` },
  { id: 'wasi-random', what: 'randomness by WASI', body: `${wasi('')} return x.random_get(0, 8) === 0 && mem.readBigUInt64LE(0) !== 0n && 'AMBIENT random';` },
  { id: 'zlib-lent-memory', what: 'bytes given away while another thread compresses them', body: `const z = require('zlib').createDeflate(); z.on('error', () => {}); const u = new Uint8Array(4096); z.write(u); const before = u.buffer; before.transfer(0); return before.detached && 'AMBIENT the memory of whoever is next'` },
  { id: 'v8-freed-memory', what: 'a deserializer over bytes that were given away', body: `const v8 = require('v8'); for (let round = 0; round < 20; round++) for (const size of [64, 256, 1000, 4096]) { const ds = Array.from({ length: 50 }, () => { const u = new Uint8Array(size); const d = new (Object.getPrototypeOf(v8.Deserializer).name ? Object.getPrototypeOf(v8.Deserializer) : v8.Deserializer)(u); u.buffer.transfer(0); return d; }); const others = Array.from({ length: 400 }, () => new Uint8Array(size).fill(0x41)); for (const d of ds) try { for (let k = 0; k < size / 8; k++) if (d.readDouble() === 2261634.5098039214) return 'AMBIENT the memory of ' + others.length; } catch {} }` },
  { id: 'v8-serializer', what: 'what others serialize', body: `const v8 = require('v8'); v8.DefaultSerializer.prototype._writeHostObject = function () { throw 'TAINT serializer'; }; try { v8.serialize(Buffer.from('x')); } catch (e) { return e; }` },
  { id: 'http-parsers', what: 'the parsers of others', body: `return require('_http_common').parsers && 'CODE parsers';` },
  { id: 'test-runner', what: 'the test runner of the program', body: `require('node:test').test('x', () => {}); return 'CODE runs tests';` },
  { id: 'find-package-json', what: 'what lies where by findPackageJSON', body: `return require('module').findPackageJSON(require('url').pathToFileURL(H.secret)) && 'CODE sees ' + 'package.json';` },
  { id: 'find-package-json-of', what: 'which packages there are by findPackageJSON', body: `return require('module').findPackageJSON('granted', require('url').pathToFileURL(H.at('app.js'))) && 'CODE sees a package';` },
  { id: 'dlopen', what: 'native code by process.dlopen', body: `try { process.dlopen({ exports: {} }, H.at('vault/none.node'), require('os').constants.dlopen.RTLD_NOW); } catch (e) { return /shared object|dlopen/i.test(e.message) && e.capability === undefined && 'CODE ' + e.message; }` },
];
