'use strict';
const fs = require('fs');
const { BASE: base, FEW: few } = process.env;
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
const within = (promise) => new Promise((resolve, reject) => {
  const late = setTimeout(reject, 2000, new Error('late'));
  promise.then(resolve, reject).finally(() => clearTimeout(late));
});
for (const d of ['data/bin', 'vault']) fs.mkdirSync(`${base}/${d}`, { recursive: true });
const evil = `${base}/evil`;
fs.writeFileSync(evil, `#!/bin/sh\n: > ${base}/ran\n`, { mode: 0o755 });
fs.copyFileSync(evil, `${base}/data/bin/env`);
fs.symlinkSync(evil, `${base}/data/echo`);
fs.symlinkSync('../vault', `${base}/data/out`);
fs.writeFileSync(`${base}/kept`, 'S3CR3T');
require('guest')({
  base, few, evil, within, mark: 'x', get fd() { return fs.openSync(`${base}/kept`); },
  ran() { const there = fs.existsSync(`${base}/ran`); if (there) fs.unlinkSync(`${base}/ran`); return there; },
}).then((r) => { process.stdout.write(`\n${JSON.stringify(r)}\n`, () => process.exit(0)); }, (e) => { console.error(e); process.exit(1); });
