'use strict';
// Runs runtime/*.js under plain node with a stand-in for psx.node: grants are plain objects, decisions are written down.
//   const { use, compartment, asked } = harness.start({ grants: {1: {clock: true, env: ['A_*']}}, mode: 'enforce' })
// Needs node --expose-internals, as the engine has it.
const fs = require('fs');
const path = require('path');
const vm = require('vm');
const ROOT = path.join(__dirname, '../../../runtime');
const CAPS = ['fs.read', 'fs.write', 'net.connect', 'net.listen', 'spawn', 'env', 'stdio', 'clock', 'random', 'timers', 'process', 'system', 'native', 'worker', 'eval', 'gc',
  'builtins', 'ambient'];

exports.start = ({ grants = {}, mode = 'enforce', plan = {}, freeze = false } = {}) => {
  const cap = Object.fromEntries(CAPS.map((name, i) => [name, i + 1]));
  const asked = [];
  const granted = (id, n, value) => {
    if (mode === 'learn') return true;
    const given = grants[id]?.[CAPS[n - 1]];
    if (given === undefined) return false;
    if (given === true) return true;
    if (value === '') return true;
    return Array.isArray(given) ? given.some((p) => p === value || (p.endsWith('*') && value.startsWith(p.slice(0, -1)))) : true;
  };
  const psx = {
    cap,
    decide(id, n, value, port) {
      if (typeof value !== 'string' || typeof port !== 'number') throw new TypeError('decide: misuse');
      const ok = granted(id, n, value);
      asked.push(`${ok ? '+' : '-'}${id} ${CAPS[n - 1]}${value === '' ? '' : ` ${value}`}`);
      return ok;
    },
    peek: (id, n, value) => granted(id, n, value),
    // a few of the names in src/policy/env.c
    env: (id, name, use) => granted(id, cap.env, name) && !(use === 1 && /^(NODE_(?!ENV$)|LD_|PATH$|HOME$|HTTPS?_PROXY)/i.test(name) && !(id === 0 && /^HTTPS?_PROXY$/i.test(name))),
    tell(id, n, loading) { return psx.decide(id, n, '', -1) ? 1 : loading > 0 ? 2 : 0; },
    holds: (id, n) => mode === 'learn' || grants[id]?.[CAPS[n - 1]] !== undefined,
    values: (id, n) => { const g = grants[id]?.[CAPS[n - 1]]; return g === undefined || g === true ? [] : [].concat(g); },
    reason: (id, n, value) => `p${id} may not ${CAPS[n - 1]} ${value}`,
    label: (id) => `p${id}@1.0.0`,
    onerror: () => 'throw', hasManifest: () => false,
  };
  const internalRequire = require;
  const internal = (name) => internalRequire(name);
  const host = {
    psx, internal,
    plan: { mode, execPath: '/opt/npsx', execArgv: [], tmp: '/tmp', ...plan },
    real: (name) => process.getBuiltinModule(name),
    whole: (step) => step(), room() {}, inside() {}, marks: [],
    realGlobal: globalThis,
    global: {},
  };
  for (const n of ['process', 'console', 'queueMicrotask', 'fetch', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'Math', 'Intl',
    'Temporal', 'Error', 'Function', 'eval', 'WeakRef', 'FinalizationRegistry', 'Event', 'AbortSignal']) host.global[n] = globalThis[n];
  host.global.random = Math.random;
  const loaded = new Map();
  const stand = {
    builtins: { get(c, name) { return (c.builtins[name] ??= use('facade/table').make(c, name)); }, copyOf: (real) => Object.create(Object.getPrototypeOf(real), Object.getOwnPropertyDescriptors(real)) },
    codegen: { make: () => ({ Function, eval: (0, eval) }) },
    'facade/module': { make: () => ({}) },
  };
  if (!freeze) stand.seal = { builtin() {}, value() {}, own() {}, prototype() {}, errors() {} };
  function use(name) {
    if (stand[name]) return stand[name];
    if (loaded.has(name)) return loaded.get(name);
    const file = path.join(ROOT, `${name}.js`);
    const own = {};
    loaded.set(name, own);
    vm.compileFunction(`'use strict'; ${fs.readFileSync(file, 'utf8')}`, ['exports', 'use', 'host'], { filename: file })(own, use, host);
    return own;
  }
  const compartment = (id, more = {}) => ({ id, name: `p${id}`, version: '1.0.0', root: `/r/p${id}`, ambient: false, builtins: {}, ...more });
  return { use, host, compartment, asked, psx };
};
