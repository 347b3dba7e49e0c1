'use strict';
const fs = require('fs');
const path = require('path');
const { fileURLToPath } = require('url');
const { canaries, granted } = require('./canary.js');
const { BASE: base, FEW: few, PART: part } = process.env;
process.on('uncaughtException', () => {});
process.umask(0o22);
fs.mkdirSync(`${base}/closed`, { mode: 0o000 });
fs.writeFileSync(`${base}/kept`, 'S3CR3T');
const watch = canaries(base, ['vault', 'ro', 'sub']);
const data = granted(base);

// A monitor as applications write them: the argument is looked at, then used.
const inside = (dirs, value) => {
  const p = path.resolve(value !== null && typeof value === 'object' && value.href !== undefined ? fileURLToPath(`${value.href}`) : value instanceof Uint8Array ? Buffer.from(value).toString() : `${value}`);
  return dirs.some((dir) => p.startsWith(`${base}/${dir}`));
};
const shown = (value) => (typeof value === 'string' || value instanceof Uint8Array || value?.href !== undefined ? value : `${value}`);
const guard = (real, later) => new Proxy({}, { get: (_, key) => {
  if (key === 'promises') return guard(real.promises, true);
  return (...args) => {
    if (part === 'moves') return real[key](...args);
    const writes = /write|unlink|chmod|truncate|rename|mkd|symlink|Write/.test(key) || (args[1] && (args[1].flag ?? args[1].flags ?? 'r') !== 'r');
    const at = key === 'symlinkSync' ? 1 : 0;
    if (!inside(writes ? ['data/', 'sub/'] : ['data/', 'ro/', 'sub/'], args[at]) && !/glob/.test(key)) throw new Error('not allowed');
    const use = () => { args[at] = shown(args[at]); return real[key](...args); };
    return later ? Promise.resolve().then(use) : use();
  };
} });

const within = (promise) => new Promise((resolve, reject) => {
  const late = setTimeout(reject, 400, new Error('late'));
  promise.then(resolve, reject).finally(() => clearTimeout(late));
});
const guest = require('guest');
const fresh = () => {
  fs.rmSync(`${base}/data`, { recursive: true });
  for (const d of ['a/pub', 'x/pub', 'b']) fs.mkdirSync(`${base}/data/${d}`, { recursive: true });
  fs.writeFileSync(`${base}/data/a/pub/f`, 'S3CR3T');
};
(guest[part] ?? guest)({
  fresh,
  base, few, within, fs: few ? guard(fs, false) : undefined, fd: fs.openSync(`${base}/kept`), plant: watch.plant,
  damaged(top) { data.restore(); return watch.damaged(top); },
}).then((r) => { process.stdout.write(`\n${JSON.stringify(r)}\n`, () => process.exit(0)); }, (e) => { console.error(e); process.exit(1); });
