'use strict';
// Runs runtime/ files under a plain node (--expose-internals) on the real psx.node: host and use() as boot.js makes them,
// without hardening. Started by ./run, which made the plan.
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const runtime = path.join(__dirname, '../../../runtime');
exports.base = process.env.PSX_BASE;

exports.load = () => {
  const addon = { exports: {} };
  process.dlopen(addon, process.env.PSX_ADDON);
  const psx = addon.exports;
  const plan = JSON.parse(psx.open(Number(process.env.PSX_PLAN_FD), 'test'));
  const host = {
    psx, plan,
    real: (name) => process.getBuiltinModule(name),
    whole: (step) => step(), room() {}, inside() {}, marks: [],
    internal: (name) => process.getBuiltinModule(name),
    global: globalThis,
    realGlobal: globalThis,
  };
  const loaded = new Map([['seal', { builtin() {}, value() {}, own() {} }]]);
  function use(name) {
    if (loaded.has(name)) return loaded.get(name);
    const exported = {};
    loaded.set(name, exported);
    const file = path.join(runtime, `${name}.js`);
    vm.compileFunction(`'use strict'; ${fs.readFileSync(file, 'utf8')}`, ['exports', 'use', 'host'], { filename: file })(exported, use, host);
    return exported;
  }
  const ids = [0, ...[1, 2, 3, 4, 5].map((i) => psx.identify(`${exports.base}/project/node_modules/p${i}`, `p${i}`, '1.0.0'))];
  const compartments = ids.map((id, i) => ({ id, name: `p${i}`, version: '1.0.0', root: '/', ambient: i === 5 }));
  return { use, host, psx, compartments, fs: (i) => use('facade/fs')[i === 5 ? 'ambient' : 'make'](compartments[i]) };
};

let failed = 0, passed = 0, finished = false;
exports.check = (ok, what) => {
  if (ok) passed++;
  else {
    failed++;
    console.log(`FAIL ${what}`);
  }
};
exports.done = () => {
  finished = true;
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
};
process.on('exit', () => {
  if (finished) return;
  console.log('the test ended early');
  process.exitCode = 1;
});
