'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const { p, app } = require('./project.js');

const DATA = { 'fs.read': ['./data/'], 'fs.write': ['./data/'] };
const OPEN = "const s = require('node:sqlite'); const { DatabaseSync } = s;";

test('a database in memory needs nothing', () => {
  const { value } = p({}, `${OPEN} const db = new DatabaseSync(':memory:'); db.exec('CREATE TABLE t(a, b)');
    const add = db.prepare('INSERT INTO t VALUES (?, ?)'); add.run(1, 'x'); add.run(2, 'y');
    db.function('twice', (x) => x * 2); db.aggregate('list', { start: '', step: (a, b) => a + b });
    const session = db.createSession(); add.run(3, 'z'); const changes = session.changeset();
    const other = new DatabaseSync(''); other.exec('CREATE TABLE t(a, b)'); const applied = other.applyChangeset(changes);
    const tag = db.createTagStore(); class Mine extends DatabaseSync { count() { return this.prepare('SELECT count(*) n FROM t').get().n; } }
    const mine = new Mine(':memory:'); mine.exec('CREATE TABLE t(a)');
    db.exec('VACUUM'); const bytes = db.serialize(); const copy = new DatabaseSync(':memory:'); copy.deserialize(bytes);
    return [db.prepare('SELECT list(b) l, twice(21) t FROM t').get(), [...db.prepare('SELECT a FROM t').iterate()].length, applied, tag.get\`SELECT b FROM t WHERE a = \${2}\`.b,
      mine.count(), mine instanceof DatabaseSync, copy.prepare('SELECT count(*) n FROM t').get().n, db.location(), Object.keys(s).sort()];`);
  assert.deepStrictEqual(value, [{ l: 'xyz', t: 42 }, 3, true, 'y', 0, true, 3, null, ['DatabaseSync', 'Session', 'StatementSync', 'backup', 'constants']]);
});

test('a granted file, with its journals', () => {
  const { value } = p(DATA, `${OPEN} const fs = require('fs'); const out = [];
    for (const [where, mode] of [['data/a.db', 'wal'], [Buffer.from('data/b.db'), 'delete'], [require('url').pathToFileURL('data/c d?.db'), 'persist']]) {
      const db = new DatabaseSync(where); db.exec('PRAGMA journal_mode = ' + mode + '; CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)');
      out.push(fs.readdirSync('data').filter((n) => n !== 'empty.txt')); db.exec('COMMIT'); db.close(); db.open(); out.push(db.prepare('SELECT a FROM t').get().a); db.close();
    }
    const db = new DatabaseSync('file:data/a.db?mode=ro'); out.push(await tell(() => db.exec('INSERT INTO t VALUES (2)')));
    out.push(await s.backup(new DatabaseSync('data/a.db'), 'data/copy.db'), new DatabaseSync('data/copy.db', { readOnly: true }).prepare('SELECT a FROM t').get().a);
    return out;`);
  assert.deepStrictEqual(value, [['a.db', 'a.db-shm', 'a.db-wal'], 1, ['a.db', 'b.db', 'b.db-journal'], 1, ['a.db', 'b.db', 'c d?.db', 'c d?.db-journal'], 1,
    'ERR_SQLITE_ERROR: attempt to write a readonly database', 2, 1]);
});

test('a grant of one file is one of its journals too, and of nothing else', () => {
  const { value } = p({ 'fs.read': ['./data/one.db'], 'fs.write': ['./data/one.db'] }, `${OPEN}
    const db = new DatabaseSync('data/one.db'); db.exec('PRAGMA journal_mode = wal; CREATE TABLE t(a)');
    return [await tell(() => { new DatabaseSync('data/two.db'); }), await tell(() => { new DatabaseSync('data/one.db-wal'); }), await tell(() => { new DatabaseSync('data/one.db/../two.db'); })];`);
  for (const text of value) assert.match(text, /^EACCES: p@1.0.0 may not fs.read .*(two\.db|one\.db-wal)/);
});

test('reading is not writing', () => {
  const { value } = p({ 'fs.read': ['./data/'] }, `${OPEN} return [await tell(() => { new DatabaseSync('data/a.db'); }), await tell(() => new DatabaseSync('data/a.db', { readOnly: true }).prepare('SELECT a FROM t').get().a)];`,
    { before: "(() => { const d = new (require('node:sqlite').DatabaseSync)('data/a.db'); d.exec('CREATE TABLE t(a); INSERT INTO t VALUES (5)'); d.close(); })()" });
  assert.match(value[0], /^EACCES: p@1.0.0 may not fs.write .*a\.db: no grant; to allow/);
  assert.strictEqual(value[1], 5);
});

const ESCAPES = {
  'a path outside': "new DatabaseSync('secret.db', { readOnly: true })",
  'a prefix sibling': "new DatabaseSync('data2/x.db')",
  'dots': "new DatabaseSync('data/../x.db')",
  'a link that leaves': "new DatabaseSync('data/link.db')",
  'a linked directory': "new DatabaseSync('data/out/x.db')",
  '/proc': "new DatabaseSync('/proc/self/cwd/x.db')",
  'ATTACH': "new DatabaseSync(':memory:', { limits: { attach: 3 } }).exec(\"ATTACH 'x.db' AS y\")",
  'ATTACH without a say': "new DatabaseSync(':memory:').exec(\"ATTACH 'data/x.db' AS y\")",
  'ATTACH by a parameter': "new DatabaseSync('data/a.db', { limits: { attach: 3 } }).prepare('ATTACH ? AS y').run('x.db')",
  'ATTACH through another file system': "new DatabaseSync(':memory:', { limits: { attach: 3 } }).exec(\"ATTACH 'file:x.db?vfs=unix' AS y\")",
  'ATTACH through an encoded name of one': "new DatabaseSync(':memory:', { limits: { attach: 3 } }).exec(\"ATTACH 'file:x.db?%76fs=unix-none' AS y\")",
  'VACUUM INTO': "new DatabaseSync(':memory:', { limits: { attach: 3 } }).exec(\"VACUUM INTO 'x.db'\")",
  'VACUUM INTO by an expression': "new DatabaseSync(':memory:', { limits: { attach: 3 } }).exec(\"VACUUM INTO 'x' || '.db'\")",
  'a file system in the name': "new DatabaseSync('file:x.db?vfs=unix')",
  'a directory for temporary files': "new DatabaseSync(':memory:').exec(\"PRAGMA temp_store_directory = '.'\")",
  'an extension': "new DatabaseSync(':memory:', { allowExtension: true })",
  'an extension later': "(() => { const d = new DatabaseSync(':memory:'); d.enableLoadExtension(true); d.loadExtension('x'); })()",
  'an extension by SQL': "new DatabaseSync(':memory:').prepare(\"SELECT load_extension('x')\").get()",
  'readfile': "new DatabaseSync(':memory:').prepare(\"SELECT readfile('secret.txt')\").get()",
  'the class of a database': "new (new DatabaseSync(':memory:').constructor)('x.db')",
  'backup': "s.backup(new DatabaseSync(':memory:'), 'x.db')",
  'a path that changes': "(() => { let n = 0; return new DatabaseSync({ href: 1, protocol: 'file:', toString() { return n++ ? 'x.db' : 'data/x.db'; } }); })()",
  'a URL that changes': "(() => { let n = 0; const u = { protocol: 'file:', get href() { return n++ > 2 ? 'file://' + process.cwd() + '/x.db' : 'file://' + process.cwd() + '/data/x.db'; } }; const d = new DatabaseSync(u); if (d.location().endsWith('/data/x.db')) throw new Error('the first answer counts'); })()",
  'the application\'s database': "app.exec(\"ATTACH 'x.db' AS y\")",
  'by the application\'s database, while another opens': "(() => { const T = function () {}.bind(); Object.defineProperty(T, 'prototype', { get() { app.exec(\"ATTACH 'x.db' AS y\"); return DatabaseSync.prototype; } }); Reflect.construct(DatabaseSync, [':memory:'], T); })()",
  'into, by the application\'s database': "app.exec(\"VACUUM INTO 'x.db'\")",
};
test('nothing else is opened', () => {
  const body = `${OPEN} const fs = require('fs'); const out = {}; fs.symlinkSync('../x.db', 'data/link.db'); fs.symlinkSync('..', 'data/out');
    ${Object.entries(ESCAPES).map(([name, code]) => `out[${JSON.stringify(name)}] = await tell(() => ${code});`).join('\n')} return out;`;
  const { value, dir } = p(DATA, body, { before: "new (require('node:sqlite').DatabaseSync)('app.db')", files: { 'data2/empty.txt': '' } });
  for (const name of Object.keys(ESCAPES)) assert.match(String(value[name]), /^\w+: /, `${name}: ${JSON.stringify(value[name])}`);
  assert.deepStrictEqual(fs.readdirSync(dir).filter((n) => /^x|secret\.db/.test(n)), []);
  assert.deepStrictEqual(fs.readdirSync(`${dir}/data2`), ['empty.txt']);
});
test('the same escapes work under node', () => {
  const list = ['ATTACH', 'ATTACH by a parameter', 'ATTACH through another file system', 'ATTACH through an encoded name of one', 'VACUUM INTO', 'VACUUM INTO by an expression', 'a file system in the name', 'dots', 'the class of a database', 'a directory for temporary files'];
  const r = app(undefined, `${OPEN} const out = []; for (const f of [${list.map((n) => `() => ${ESCAPES[n]}`)}]) { try { f(); out.push(1); require('fs').rmSync('x.db', { force: true }); } catch (e) { out.push(e.message); } } console.log(JSON.stringify(out));`, { node: true });
  assert.deepStrictEqual(JSON.parse(r.stdout), list.map(() => 1), r.stderr);
});

test('a directory that is swapped while a database is open', () => {
  const { value, dir } = p(DATA, `${OPEN} const fs = require('fs'); fs.mkdirSync('data/d'); const db = new DatabaseSync('data/d/a.db'); db.exec('CREATE TABLE t(a)');
    fs.renameSync('data/d', 'data/old'); fs.symlinkSync('../..', 'data/d'); db.exec('PRAGMA journal_mode = delete'); 
    return [await tell(() => db.exec('BEGIN; INSERT INTO t VALUES (1); COMMIT')), await tell(() => { new DatabaseSync('data/d/secret/x.db'); })];`);
  assert.ok(value.length === 2);
  assert.deepStrictEqual(fs.readdirSync(dir).filter((n) => n.startsWith('a.db') || n === 'secret'), []);
});

test('the index of a log is removed where it was made, whoever opened it first', () => {
  const { value } = p(DATA, `${OPEN} const fs = require('fs'); const a = new DatabaseSync('data/a.db'); a.exec('PRAGMA journal_mode = wal; CREATE TABLE t(a)'); const b = new DatabaseSync('data/a.db'); b.exec('INSERT INTO t VALUES (1)');
    fs.mkdirSync('data/d'); fs.writeFileSync('data/d/a.db-shm', ''); a.close(); const dirs = Array.from({ length: 3 }, () => fs.opendirSync('data/d')); b.exec('INSERT INTO t VALUES (2)'); b.close();
    return [fs.readdirSync('data'), fs.readdirSync('data/d')];`);
  assert.deepStrictEqual(value, [['a.db', 'd', 'empty.txt'], ['a.db-shm']]);
});
test('several databases are committed as one', () => {
  const { value } = p(DATA, `${OPEN} const db = new DatabaseSync('data/a.db', { limits: { attach: 2 } }); db.exec("ATTACH 'data/b.db' AS b; CREATE TABLE t(a); CREATE TABLE b.t(a); BEGIN; INSERT INTO t VALUES (1); INSERT INTO b.t VALUES (2); COMMIT"); db.close();
    return require('fs').readdirSync('data');`);
  assert.deepStrictEqual(value, ['a.db', 'b.db', 'empty.txt']);
});

test('SQL tells no time and makes nothing up without the grants', () => {
  const sql = "const q = (text) => new DatabaseSync(':memory:').prepare(text).get(); return [q(\"SELECT datetime('now') x\").x, q('SELECT CURRENT_TIMESTAMP x').x, await tell(() => q('SELECT random() % 2 x').x), await tell(() => q('SELECT hex(randomblob(4)) x').x)];";
  const without = p({}, `${OPEN} ${sql}`).value;
  assert.deepStrictEqual(without.slice(0, 2), [null, null]);
  for (const text of without.slice(2)) assert.match(text, /ERR_CAPABILITY_DENIED: p@1.0.0 may not random/);
  const granted = p({ clock: true, random: true }, `${OPEN} ${sql}`).value;
  assert.match(granted[0], /^20\d\d-/);
  assert.match(granted[3], /^[0-9A-F]{8}$/);
});

test('the application: as under node, but for a second database that it did not ask for', () => {
  const body = `${OPEN} const db = new DatabaseSync('a.db', { limits: { attach: 2 } }); db.exec("CREATE TABLE t(a); ATTACH 'b.db' AS b; CREATE TABLE b.t(a); DETACH b; VACUUM INTO 'c.db'");
    s.backup(db, 'd.db').then((n) => { db.close(); console.log(n, require('fs').readdirSync('.').filter((f) => f.endsWith('.db')), db instanceof DatabaseSync); });`;
  const [ours, theirs] = [false, true].map((node) => app(undefined, body, { node }).stdout);
  assert.strictEqual(ours, theirs);
  assert.match(ours, /a\.db.*d\.db/);
  const r = app(undefined, `${OPEN} try { new DatabaseSync('a.db').exec("ATTACH 'b.db' AS b"); } catch (e) { console.log(e.message); }`);
  assert.match(r.stdout, /unable to open database: b\.db/);
});

test('a refusal names the grant', () => {
  const r = app({}, `${OPEN} new DatabaseSync('data/a.db').exec('CREATE TABLE t(a)');`);
  assert.match(r.stderr, /app may not fs.write .*data\/a\.db: no grant; to allow: npsx grant app fs.write:\.\/data\/a\.db/);
});
