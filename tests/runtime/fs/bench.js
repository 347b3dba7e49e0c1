'use strict';
// Development: what the facade costs, as a ratio to plain fs (medians of rounds).
const real = require('fs');
const path = require('path');
const { load, done, check, base } = require('./harness.js');

const fs = load().fs(0);
const dir = path.join(base, 'mine');
const file = path.join(dir, 'f'), big = path.join(dir, 'big');
real.writeFileSync(file, 'x'.repeat(2000));
real.writeFileSync(big, Buffer.alloc(8 << 20));
for (let i = 0; i < 50; i++) real.writeFileSync(path.join(dir, `n${i}`), '');
const drain = async (s) => { for await (const c of s) void c; };

const cases = {
  statSync: [3000, (f) => f.statSync(file)],
  existsSync: [3000, (f) => f.existsSync(file)],
  'statSync missing': [3000, (f) => f.statSync(`${file}x`, { throwIfNoEntry: false })],
  lstatSync: [3000, (f) => f.lstatSync(file)],
  'readFileSync utf8': [3000, (f) => f.readFileSync(file, 'utf8')],
  'readFileSync buffer': [3000, (f) => f.readFileSync(file)],
  'readFileSync 8 MB': [20, (f) => f.readFileSync(big)],
  writeFileSync: [1000, (f) => f.writeFileSync(path.join(dir, 'w'), 'x')],
  readdirSync: [500, (f) => f.readdirSync(dir)],
  'readdirSync types': [500, (f) => f.readdirSync(dir, { withFileTypes: true })],
  'open+read+close sync': [1000, (f) => { const fd = f.openSync(file); f.readSync(fd, Buffer.alloc(100)); f.closeSync(fd); }],
  realpathSync: [1000, (f) => f.realpathSync(file)],
  'mkdir+rmdir sync': [500, (f) => { f.mkdirSync(path.join(dir, 'd')); f.rmdirSync(path.join(dir, 'd')); }],
  'stat callback': [1000, (f) => new Promise((r) => f.stat(file, r))],
  'readFile callback': [1000, (f) => new Promise((r) => f.readFile(file, r))],
  'promises.stat': [1000, (f) => f.promises.stat(file)],
  'promises.readFile': [1000, (f) => f.promises.readFile(file, 'utf8')],
  'promises.writeFile': [500, (f) => f.promises.writeFile(path.join(dir, 'w'), 'x')],
  'promises.open+close': [500, async (f) => (await f.promises.open(file)).close()],
  'createReadStream 2 KB': [300, (f) => drain(f.createReadStream(file))],
  'createReadStream 8 MB': [10, (f) => drain(f.createReadStream(big))],
};

async function time(f, [n, body]) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i++) {
    const p = body(f);
    if (p instanceof Promise) await p;
  }
  return Number(process.hrtime.bigint() - start) / n / 1000;
}
const median = (a) => a.sort((x, y) => x - y)[a.length >> 1];

(async () => {
  for (const [name, c] of Object.entries(cases)) {
    const t = [[], []];
    await time(real, c);
    await time(fs, c);
    for (let i = 0; i < 7; i++) {
      t[0].push(await time(real, c));
      t[1].push(await time(fs, c));
    }
    const [a, b] = t.map(median);
    console.log(`${name.padEnd(24)} ${a.toFixed(1).padStart(8)} us ${b.toFixed(1).padStart(8)} us  x${(b / a).toFixed(2)}`);
  }
  check(true);
})().then(done);
