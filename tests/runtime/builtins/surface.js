'use strict';
// What this engine offers, name by name, as lines of text: exports of every builtin with the static and prototype members of what they are, globals,
// process and its bindings, import.meta, and the symbols that everybody can name. surface.test.js compares it with surface.txt. One line for an
// owner: `fs. access open ...` are exports or static members, `fs.Stats# isFile ...` members of the prototype.
const { builtinModules } = require('module');

const lines = new Set();
const symbols = new Set();
const nameOf = (key) => {
  if (typeof key !== 'symbol') return key;
  const known = Symbol.keyFor(key);
  if (known !== undefined) symbols.add(known);
  return known !== undefined ? `@for(${known})` : `@${key.description}`;
};
const PLAIN = new Set(['length', 'name', 'prototype', 'arguments', 'caller']);
const base = new Set([Object.prototype, Function.prototype]);
const members = (of, mark, home) => {
  for (const key of Reflect.ownKeys(of)) if (!(mark === '.' && PLAIN.has(key))) lines.add(`${home}${mark}${nameOf(key)}`);
};
// A class with its members, or an object of functions; nothing is called.
const look = (name, value, depth) => {
  if (typeof value === 'function') {
    members(value, '.', name);
    const { prototype } = value;
    for (let p = prototype, n = 0; p !== undefined && p !== null && !base.has(p) && n < 1; p = Object.getPrototypeOf(p), n++) members(p, '#', name);
  } else if (typeof value === 'object' && value !== null && depth < 1 && [Object.prototype, null].includes(Object.getPrototypeOf(value))) members(value, '.', name);
};

for (const id of builtinModules) {
  const bare = id.replace(/^node:/, '');
  if (id.startsWith('internal/')) continue;
  const real = process.getBuiltinModule(id);
  for (const key of Reflect.ownKeys(real)) {
    if (typeof real === 'function' && PLAIN.has(key)) continue;
    const name = `${bare}.${nameOf(key)}`;
    lines.add(name);
    const d = Reflect.getOwnPropertyDescriptor(real, key);
    let value;
    try { value = 'value' in d ? d.value : real[key]; } catch { continue; }
    if (bare !== 'process' && !['_cache', '_pathCache', 'globalPaths'].includes(key)) look(name, value, 0);
  }
}
const INTRINSIC = Object.getOwnPropertyNames(require('vm').runInNewContext('globalThis'));
for (const key of Reflect.ownKeys(globalThis)) {
  const name = `globalThis.${nameOf(key)}`;
  lines.add(name);
  const isOwn = typeof key === 'string' && !INTRINSIC.includes(key) && !['localStorage', 'global', 'globalThis', 'process', 'require', 'module'].includes(key);
  if (isOwn) look(name, globalThis[key], 1);
  // of the language: its members, so that a new V8 is looked at as well
  else if (typeof globalThis[key] === 'function') look(name, globalThis[key], 1);
  else if (typeof key === 'string' && ['Atomics', 'Intl', 'JSON', 'Math', 'Reflect', 'Temporal', 'WebAssembly'].includes(key)) for (const k of Reflect.ownKeys(globalThis[key])) { lines.add(`${name}.${nameOf(k)}`); look(`${name}.${nameOf(k)}`, globalThis[key][k], 1); }
}
for (const proto of [Object.getPrototypeOf(process)]) members(proto, '#', 'process');
for (const id of ['async_wrap', 'buffer', 'cares_wrap', 'config', 'constants', 'contextify', 'crypto', 'fs', 'fs_event_wrap', 'http_parser', 'icu', 'inspector', 'js_stream', 'natives', 'os', 'pipe_wrap', 'process_wrap',
  'signal_wrap', 'spawn_sync', 'stream_wrap', 'tcp_wrap', 'tls_wrap', 'tty_wrap', 'udp_wrap', 'url', 'util', 'uv', 'v8', 'zlib']) {
  try { process.binding(id); lines.add(`process.binding(${id})`); } catch { /* not handed out */ }
}

import('data:text/javascript,export default Object.getOwnPropertyNames(import.meta)').then(async ({ default: plain }) => {
  const { default: file } = await import(process.argv[2]);
  for (const key of [...plain, ...file]) lines.add(`import.meta.${key}`);
  for (const key of symbols) lines.add(`Symbol.for(${key})`);
  const owners = new Map();
  for (const line of [...lines].sort()) {
    const [, owner, rest] = /^(.*(?:\.|#|\())(?!for\()(.+)$/.exec(line.replaceAll('\0', '\\0'));
    owners.set(owner, [...owners.get(owner) ?? [], rest]);
  }
  process.stdout.write([...owners].map(([owner, names]) => `${owner} ${names.join(' ')}\n`).join(''));
});
