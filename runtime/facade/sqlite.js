// require('node:sqlite'). SQLite opens files by itself, so each package's databases run on a file system of psx.node (src/addon/sqlite.c), which decides every
// name: the database, its journals, ATTACH, VACUUM INTO. Objects cross packages, so a database opens no second one, whoever asks it to, unless
// whoever made it said so: `limits: { attach: 2 }`.

const args = use('facade/fs_args');
const { check, denied, named, peek } = use('deny');
const { apply, construct, defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Reflect;
const { psx } = host;
const { codes } = host.internal('internal/errors');
const { process } = host.global;

const real = host.real('node:sqlite');
const { DatabaseSync: Real } = real;
const realLoad = Real.prototype.loadExtension;
const FREE = 1, CLOCK = 2, OTHERS = 4;                   // psx.sqliteVfs
const CANNOT_OPEN = 14;
const OPTIONS = ['open', 'readOnly', 'enableForeignKeyConstraints', 'enableDoubleQuotedStringLiterals', 'allowExtension', 'timeout', 'readBigInts', 'returnArrays',
  'allowBareNamedParameters', 'allowUnknownNamedParameters', 'defensive', 'limits'];

// -- SQLite meets psx.node: as an extension, loaded into a database that nobody sees
let met = false;
const meet = () => {
  if (met) return;
  met = true;
  const db = new Real(':memory:', { allowExtension: true });
  apply(realLoad, db, [host.addon]);
  db.close();
};
const vfsFor = (c, others) => {
  meet();
  const name = psx.sqliteVfs(c.id, (c.ambient ? FREE : 0) | (c.ambient || use('facade/clock').isExact(c) || host.plan.mode === 'learn' ? CLOCK : 0) | (others ? OTHERS : 0));
  if (name === null) throw new Error('npsx: this engine\'s SQLite has another interface than npsx was made for');
  return name;
};

// -- names
// { path, query } as SQLite reads a URI, of which it knows these parameters
const PARAMETERS = { __proto__: null, mode: ['ro', 'rw', 'rwc', 'memory'], cache: ['shared', 'private'], immutable: ['0', '1'] };
const fromUri = (text) => {
  const [, authority, encoded, query = ''] = /^file:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(text);
  if (authority !== undefined && authority !== '' && authority !== 'localhost') throw new codes.ERR_INVALID_ARG_VALUE('path', text, 'must name a local file');
  const kept = [];
  for (const part of query.split('&')) {
    const [key, value = ''] = part.split('=', 2).map(decodeURIComponent);
    if (PARAMETERS[key]?.includes(value)) kept.push(`${key}=${value}`);
    else if (key !== '') throw new codes.ERR_INVALID_ARG_VALUE('path', text, `must not have the parameter '${key}=${value}'`);
  }
  return { path: decodeURIComponent(encoded), query: kept };
};
const place = (given) => {
  const text = typeof given === 'string' ? args.path(given, 'path') : given !== null && typeof given === 'object' && given.href !== undefined && given.protocol !== undefined
    ? args.path(`${given.href}`, 'path') : args.path(given, 'path');
  const { path, query } = text.startsWith('file:') ? fromUri(text) : { path: text, query: [] };
  args.path(path, 'path');                               // a NUL that was encoded
  const inMemory = path === '' || path === ':memory:' || query.includes('mode=memory');
  return { path: inMemory || path[0] === '/' ? path : `${process.cwd()}/${path}`, query, inMemory };
};
const encode = (path) => path.split('/').map(encodeURIComponent).join('/');

// -- a database
const owners = new WeakMap();                             // database -> its compartment
const opening = (fn) => {
  psx.sqliteOpening(1);
  try { return fn(); } finally { psx.sqliteOpening(0); }
};
// SQL has a source of randomness of its own, one for the whole process.
const tameRandom = (c, db) => {
  if (c.ambient) return;
  const source = use('facade/random').sourceFor(c);
  if (source.exact) return;
  const bytes = (n) => { const b = new Uint8Array(n); source.fill(b); return b; };
  apply(defineFunction, db, ['random', () => new BigInt64Array(bytes(8).buffer)[0]]);
  apply(defineFunction, db, ['randomblob', (n) => bytes(Math.max(1, Math.trunc(Number(n)) || 0))]);
};
const { function: defineFunction, open: realOpen, serialize } = Real.prototype;

const explain = (c, error, at, readOnly) => {
  if (c.ambient || at.inMemory || error?.errcode !== CANNOT_OPEN) return error;
  const more = { syscall: 'open', path: at.path };
  if (!peek(c, 'fs.read', at.path)) return denied(c, 'fs.read', at.path, -1, more);
  if (!readOnly && !peek(c, 'fs.write', at.path)) return denied(c, 'fs.write', at.path, -1, more);
  return error;
};
const optionsOf = (c, given) => {
  if (given === undefined) return {};
  if (given === null || typeof given !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', given);
  const o = { __proto__: null };
  for (const key of OPTIONS) { const value = given[key]; if (value !== undefined) o[key] = value; }
  if (o.limits !== null && typeof o.limits === 'object') o.limits = { ...o.limits };
  if (o.allowExtension && !c.ambient) {
    check(c, 'native');
    throw Object.assign(new Error('npsx: an extension of SQLite is native code outside of every package: the option allowExtension is the application\'s alone'), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
  }
  return o;
};
// Everything of the guest's is asked for first (the prototype of new.target may be an accessor): while a database opens, every database may open one.
const create = (c, given, options, target) => {
  const prototype = target === Real ? undefined : target.prototype;
  const at = place(given);
  const o = optionsOf(c, options);
  const others = typeof o.limits?.attach === 'number' && o.limits.attach > 0;
  const uri = `file:${at.path[0] === '/' ? '//' : ''}${encode(at.path)}?${[`vfs=${vfsFor(c, others)}`, ...at.query].join('&')}`;
  let db;
  try { db = opening(() => construct(Real, [uri, o])); } catch (error) { throw explain(c, error, at, o.readOnly === true); }
  owners.set(db, c);
  if (o.open !== false) tameRandom(c, db);
  if (prototype !== undefined && Object(prototype) === prototype) setPrototypeOf(db, prototype);
  return db;
};

// On Node's own prototype, before it is sealed: a database that was closed is opened again by whoever has it, in its place.
exports.sealOpen = () => {
  const d = getOwnPropertyDescriptor(Real.prototype, 'open');
  defineProperty(Real.prototype, 'open', { ...d, value: named(function open() {
    opening(() => apply(realOpen, this, []));
    tameRandom(owners.get(this), this);
  }, 'open', 0) });
};

// An extension is native code. SQLite adds the ending where there is none, and finds the entry by the name when the usual one is not there: what was
// vouched for has another name, so that is done here.
const entryOf = (file) => `sqlite3_${/^(?:lib)?([^.]*)/i.exec(file.slice(file.lastIndexOf('/') + 1))[1].replace(/[^a-z]/gi, '').toLowerCase()}_init`;
const loadVouched = (db, from, file) => {
  try { apply(realLoad, db, [from]); } catch (e) {
    if (!`${e?.message}`.includes('undefined symbol')) throw e;
    apply(realLoad, db, [from, entryOf(file)]);
  }
};
exports.sealExtension = () => {
  const d = getOwnPropertyDescriptor(Real.prototype, 'loadExtension');
  defineProperty(Real.prototype, 'loadExtension', { ...d, value: named(function loadExtension(path, entry) {
    const name = args.path(path, 'path');
    const file = psx.kind(name) === 1 ? name : `${name}.so`;
    const from = use('cjs').vouched(file);
    if (entry !== undefined) apply(realLoad, this, [from, `${entry}`]);
    else if (from.startsWith('/proc/')) loadVouched(this, from, file);
    else apply(realLoad, this, [file]);
  }, 'loadExtension', 1) });
};

// Node copies page by page in another thread, where nothing can be decided: here the copy is made in one go, and written through fs.
const backupOf = (c) => named(async (source, destination, options = {}) => {
  const path = args.path(destination, 'path');
  const name = options?.source;
  const bytes = apply(serialize, source, name === undefined ? [] : [`${name}`]);
  await use('builtins').get(c, 'fs').promises.writeFile(path, bytes);
  const size = (bytes[16] << 8) | bytes[17];
  return bytes.length / (size === 1 ? 65536 : size || 4096);
}, 'backup', 2);

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own !== undefined) return own;
  use('seal').builtin('sqlite');
  const DatabaseSync = named(function DatabaseSync(path, options) {
    if (new.target === undefined) throw new codes.ERR_CONSTRUCT_CALL_REQUIRED();
    return create(c, path, options, new.target === DatabaseSync ? Real : new.target);
  }, 'DatabaseSync', 0);
  defineProperty(DatabaseSync, 'prototype', { value: Real.prototype, writable: false });
  own = { DatabaseSync, StatementSync: real.StatementSync, Session: real.Session, constants: { ...real.constants }, backup: c.ambient ? real.backup : backupOf(c) };
  made.set(c, own);
  return own;
};
exports.ambient = exports.make;
