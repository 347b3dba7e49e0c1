'use strict';
// The main script of npsx-engine. Runs before any package code; everything else in runtime/ is an asset of the same executable.
// Steps are numbered; docs/design/interfaces.md says what each may rely on.

// 1. capture what guests will not have
const realProcess = process;
const realGlobal = globalThis;
const { Buffer } = realGlobal;
const getBuiltin = realProcess.getBuiltinModule;
const vm = getBuiltin('vm');
const { getRawAsset } = getBuiltin('node:sea');
// Node warns when this module is loaded, and the application would hear it.
const { emitWarning } = realProcess;
realProcess.emitWarning = () => {};
const { internalBinding } = getBuiltin('internal/test/binding');
realProcess.emitWarning = emitWarning;
// The flag that gave the heap its room (tools/build-engine.mjs) has done its work. Were it left, V8 would take Node's code caches and ours for another engine's.
internalBinding('v8').setFlagsFromString('--min-semi-space-size=0');

// 2. psx.node and the plan, both from inherited descriptors
// thread: undefined in the main thread; in a worker 'free' (of the application) or 'bound'
const [planFd, addonFd, thread] = realProcess.argv.slice(2);
const addon = { exports: {} };
try { realProcess.dlopen(addon, `/proc/self/fd/${addonFd}`); } catch (e) {
  realProcess._rawDebug(`npsx: psx.node cannot be loaded: ${e.message}`);
  realProcess.reallyExit(125);
}
const psx = addon.exports;
// V8 takes the code of other flags for foreign: other flags, another cache
const engine = [realProcess.versions.node, realProcess.versions.v8, realProcess.arch, ...realProcess.execArgv].join(' ');
const plan = JSON.parse(psx.open(Number(planFd), engine, thread === 'bound'));

// Much is loaded, sealed and frozen when it is first asked for, and a package chooses how deep the stack is when it asks: a step that the end of the
// stack cuts in half would count as done. So no step begins without more room than any of them takes (64 KB are the most). Nothing that runs guest code is a step.
const ROOM = new Array(20_000).fill(0);         // as arguments: 160 KB of stack
const nothing = () => {};
let unfinished = 0;
const marks = [{ read: () => unfinished, rest: 0 }];
const room = () => { Reflect.apply(nothing, undefined, ROOM); };
function whole(step) {
  if (unfinished === 0) room();
  unfinished++;
  try { return step(); } finally { unfinished--; }
}
const builtins = new Map();
function builtin(name) {
  let module = builtins.get(name);
  if (module === undefined) builtins.set(name, module = whole(() => getBuiltin(name)));
  return module;
}

const host = {
  psx, plan, engine,
  addon: `/proc/self/fd/${addonFd}`,        // the name that psx.node was loaded by
  real: builtin,
  internal: builtin,
  whole, room,
  // what is left undone when a time limit ends code from outside (facade/vm.js): each file that keeps such state says how to read it
  marks, inside(...reads) { for (const read of reads) marks.push({ read, rest: read() }); },
  global: Object.create(null),
  realGlobal,
  thread,
  descriptors: [planFd, addonFd],
};

// 3. use(): each runtime file is one function, compiled with the code cache that the build made by running it
const scripts = new Map();
const loaded = new Map();
const decoder = getBuiltin('string_decoder') && new TextDecoder();
const asset = (name) => {
  try { return getRawAsset(name); } catch { return undefined; }
};
function use(name) {
  const known = loaded.get(name);
  return known === undefined ? whole(() => load(name)) : known;
}
function load(name) {
  const exports = {};
  loaded.set(name, exports);
  const source = asset(`${name}.js`);
  if (source === undefined) throw new Error(`npsx: the engine has no runtime file ${name}`);
  const cachedData = asset(`${name}.cache`);
  const script = new vm.Script(`(function (exports, use, host) { 'use strict'; ${decoder.decode(source)}\n})`,
    { filename: `node:internal/npsx/${name}`, cachedData: cachedData && Buffer.from(cachedData) });
  scripts.set(name, script);
  let complete = false;
  try {
    script.runInThisContext()(exports, use, host);
    complete = true;
  } finally { if (!complete) loaded.delete(name); }
  return exports;
}
host.text = (name) => {
  const bytes = asset(name);
  return bytes && decoder.decode(bytes);
};
// for the build alone: pass 1 of the engine writes the caches and lists that pass 2 embeds
if (plan.emitCache) {
  const fs = getBuiltin('fs');
  const { readdirSync } = fs;
  host.emit = (name, text) => fs.writeFileSync(`${plan.emitCache}/${name}`, text);
  realProcess.on('exit', () => { for (const f of readdirSync(plan.runtime, { recursive: true })) if (f.endsWith('.js') && f !== 'boot.js') use(f.slice(0, -3)); });
  realProcess.on('exit', () => { for (const [name, script] of scripts) fs.writeFileSync(`${plan.emitCache}/${name.replaceAll('/', '+')}.cache`, script.createCachedData()); });
}

// 4. globals: capture, tame, harden, scuttle, freeze
use('globals').lockdown();

// 5. from here on Node's own loader resolves nothing: eval'd import() outside our modules ends here. Its class is met where Node makes a module by itself (the
// context of a REPL): what takes a file without resolving it, and what adds a hook in front of ours, goes as well.
{
  const loader = getBuiltin('module');
  const outside = (name) => { throw Object.assign(new Error(`npsx: '${name}' was not loaded: it was asked for outside any package`), { code: 'ERR_CAPABILITY_DENIED' }); };
  loader.registerHooks({ resolve: outside, load: outside });
  loader.register = loader.registerHooks = loader.runMain = (given) => outside(given);
  loader.prototype.load = (file) => outside(file);
  for (const extension of Object.keys(loader._extensions)) loader._extensions[extension] = (module, file) => outside(file);
}

// 6. and Node's own table of classes makes nothing that comes in a message
internalBinding('messaging').setDeserializerCreateObjectFunction((info) => use('messages').create(info));

// 7. main
use(thread === undefined ? 'main' : 'worker').run();
