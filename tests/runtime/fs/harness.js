'use strict';
// Runs runtime/ files under a plain node (--expose-internals), without the engine: host and use() as boot.js makes them.
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const runtime = path.join(__dirname, '../../../runtime');

exports.load = (packages) => {
  const psx = require('./mock_psx.js').make(packages);
  const host = {
    psx,
    plan: {},
    real: (name) => process.getBuiltinModule(name),
    internal: (name) => process.getBuiltinModule(name),
    global: globalThis,
    realGlobal: globalThis,
  };
  const loaded = new Map();
  function use(name) {
    if (loaded.has(name)) return loaded.get(name);
    const exported = {};
    loaded.set(name, exported);
    const file = path.join(runtime, `${name}.js`);
    vm.compileFunction(`'use strict'; ${fs.readFileSync(file, 'utf8')}`, ['exports', 'use', 'host'], { filename: file })(exported, use, host);
    return exported;
  }
  const compartments = packages.map((p, id) => ({ id, name: `p${id}`, version: '1.0.0', root: '/', ambient: false }));
  return { use, host, psx, compartments, fs: (id) => use('facade/fs').make(compartments[id]), facade: () => use('facade/fs') };
};

let failed = 0, passed = 0;
exports.check = (ok, what) => {
  if (ok) passed++;
  else {
    failed++;
    console.log(`FAIL ${what}`);
  }
};
exports.done = () => {
  console.log(`${failed ? 'FAILED' : 'ok'}: ${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
};
