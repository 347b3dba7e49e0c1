// A confined application whose package `x` starts children, with another package `y` that holds what x does not.
import { place } from '../place.mjs';

// What x has to work with in `body`, which is the inside of an async function of G.
const PRELUDE = `'use strict';
const cp = require('child_process');
const collect = (c, input) => new Promise((done) => {
  let out = '', err = '';
  c.on('error', (e) => done({ code: e.code, signal: null, out, err: err + e.message }));
  c.stdout?.on('data', (d) => { out += d; });
  c.stderr?.on('data', (d) => { err += d; });
  c.stdin?.end(input);
  c.on('close', (code, signal) => done({ code, signal, out, err }));
});
const run = (f, a = [], o = {}) => collect(cp.spawn(f, a, o), o.input);
const once = (c, event) => new Promise((r) => c.once(event, (...a) => r(a)));
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
const until = async (test) => { for (let i = 0; i < 500; i++) { const v = await test(); if (v) return v; await wait(20); } throw new Error('in vain: ' + test); };
`;

export const BASE = { stdio: ['stdin', 'stdout', 'stderr'], timers: true, clock: true };

// { out, err, status, result }: result is what body returned, as JSON
export async function started({ label = 'children', grants = {}, other = {}, files = {}, body, options = [], env = process.env, seconds = 60, through = [], before, keep }) {
  const dependencies = { x: '1.0.0', y: '1.0.0' };
  const p = place(label, {
    files: {
      'package.json': { name: 'target', version: '1.0.0', dependencies },
      'package-lock.json': { name: 'target', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'target', dependencies },
        ...Object.fromEntries(Object.keys(dependencies).map((n) => [`node_modules/${n}`, { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==` }])) } },
      'app.js': "require('x')({ root: __dirname }).then((v) => console.log('RESULT ' + JSON.stringify(v ?? null)), (e) => console.log('THREW ' + e.message));\n",
      'node_modules/x/package.json': { name: 'x', version: '1.0.0' },
      'node_modules/x/index.js': `${PRELUDE}module.exports = async (G) => {\n${body}\n};\n`,
      'node_modules/y/package.json': { name: 'y', version: '1.0.0' },
      'node_modules/y/index.js': '',
      ...files,
    },
    policy: { app: { ...BASE }, packages: { x: { ...BASE, ...grants }, y: { ...BASE, ...other } } },
  });
  try {
    await before?.(p);
    const { status, signal, stdout, stderr } = await p.npsx([...options, 'app.js'], { env, seconds, through });
    const line = /^RESULT (.*)$/m.exec(stdout);
    const result = line ? JSON.parse(line[1]) : undefined;
    await keep?.(p);
    return { out: stdout, err: stderr, status: status ?? signal, result, dir: p.dir };
  } finally {
    p.remove();
  }
}
