'use strict';
// What no package without grants may meet, however it walks: the engine's own objects, Node's real modules, what opens, connects, spawns or loads, and
// what belongs to the application and to other packages.

const isObject = (v) => v !== null && (typeof v === 'object' || typeof v === 'function');

// Every function that these export.
const ALL_OF = ['fs', 'fs/promises', 'child_process', 'module', 'worker_threads', 'cluster', 'inspector', 'v8', 'dgram', 'dns', 'dns/promises', 'http2', 'node:sqlite', 'wasi', 'repl', 'vm', 'trace_events',
  'node:test', 'node:sea', 'tty', 'os', 'readline'];
// Of these, what opens or listens.
const SOME_OF = {
  net: ['connect', 'createConnection', 'createServer', 'Socket', 'Stream', 'Server', 'setDefaultAutoSelectFamily', 'setDefaultAutoSelectFamilyAttemptTimeout'],
  http: ['request', 'get', 'Agent', 'ClientRequest', 'createServer', 'Server', 'globalAgent', 'setGlobalProxyFromEnv'],
  https: ['request', 'get', 'Agent', 'createServer', 'Server', 'globalAgent'],
  tls: ['connect', 'TLSSocket', 'Server', 'createServer', 'createSecureContext', 'SecureContext', 'setDefaultCACertificates'],
  crypto: ['setEngine', 'setFips'],
  async_hooks: ['createHook', 'executionAsyncResource'],
  timers: ['setTimeout', 'setInterval', 'setImmediate'],
  diagnostics_channel: ['channel', 'subscribe', 'tracingChannel'],
  perf_hooks: ['performance', 'monitorEventLoopDelay', 'PerformanceObserver'],
  process: null, events: ['EventEmitter'], util: ['setTraceSigInt'],
};
// Names that stand for something harmless in one of the above: constants and classes of data.
const HARMLESS = new Set(['v8.serialize', 'v8.deserialize', 'v8.Serializer', 'v8.Deserializer', 'v8.DefaultSerializer', 'v8.DefaultDeserializer', 'v8.cachedDataVersionTag', 'v8.isStringOneByteRepresentation',
  'fs.Dirent', 'fs.Stats', 'module.SourceMap', 'module.stripTypeScriptTypes', 'http2.getDefaultSettings', 'http2.getPackedSettings', 'http2.getUnpackedSettings',
  'http2.performServerHandshake', 'http2.Http2ServerRequest', 'http2.Http2ServerResponse', 'readline.clearLine', 'readline.clearScreenDown', 'readline.cursorTo', 'readline.moveCursor',
  'readline.emitKeypressEvents', 'readline.Interface', 'node:sqlite.StatementSync', 'node:sqlite.Session', 'worker_threads.MessageChannel', 'worker_threads.MessagePort', 'worker_threads.receiveMessageOnPort', 'worker_threads.markAsUncloneable',
  'worker_threads.markAsUntransferable', 'worker_threads.isMarkedAsUntransferable', 'process.nextTick']);
// What they tell is about their argument.
const PURE_BINDINGS = /^(sqlite\.(StatementSync|Session)$|serdes\.|v8\.cachedDataVersionTag$|messaging\.MessageChannel$|types\.is|util\.(is|getSharedArrayBufferGrowable)|crypto\.timingSafeEqual$|url_pattern\.URLPattern$)/;

module.exports = ({ host, mine, require, module, walkers }) => {
  const found = new Map();
  const add = (o, name) => { if (isObject(o) && !found.has(o)) found.set(o, name); };
  const read = (o, k) => { try { return o[k]; } catch { return undefined; } };
  add(host, 'the runtime');
  for (const k of ['psx', 'plan', 'global', 'real', 'internal']) add(host[k], `the runtime's ${k}`);
  for (const k of Object.keys(host.psx)) add(host.psx[k], `psx.${k}`);
  const realProcess = host.global.process;
  add(realProcess, 'the real process');
  for (const k of Reflect.ownKeys(realProcess)) {
    const d = Reflect.getOwnPropertyDescriptor(realProcess, k);
    if (isObject(d.value)) if (!HARMLESS.has(`process.${String(k)}`)) add(d.value, `process.${String(k)}`);
  }
  add(realProcess.env, 'process.env');
  for (const name of ALL_OF) {
    const real = host.real(name);
    add(real, `the real ${name}`);
    for (const k of Reflect.ownKeys(real)) { const v = read(real, k); if (typeof v === 'function' && !HARMLESS.has(`${name}.${String(k)}`)) add(v, `the real ${name}.${String(k)}`); }
  }
  for (const [name, keys] of Object.entries(SOME_OF)) {
    const real = host.real(name);
    add(real, `the real ${name}`);
    for (const k of keys ?? []) add(read(real, k), `the real ${name}.${k}`);
  }
  const { internalBinding } = host.internal('internal/test/binding');
  for (const entry of realProcess.moduleLoadList) {
    const [, kind, name] = /^(Internal Binding|NativeModule) (.*)$/.exec(entry) ?? [];
    try {
      if (kind === 'Internal Binding') {
        const b = internalBinding(name);
        add(b, `the binding ${name}`);
        for (const k of Reflect.ownKeys(b)) { const v = read(b, k); if (typeof v === 'function' && !PURE_BINDINGS.test(`${name}.${String(k)}`)) add(v, `the binding ${name}.${String(k)}`); }
      } else if (name?.startsWith('internal/')) {
        const m = host.internal(name);
        if (typeof m === 'object' && name !== 'internal/util/types') add(m, `Node's ${name}`);
      }
    } catch { /* not this one */ }
  }
  for (const name of ['Module', 'Worker', 'WeakRef', 'FinalizationRegistry', 'WebSocket', 'EventSource', 'fetch', 'console'])
    add(name === 'Module' ? host.real('module') : host.global[name], `the real ${name}`);
  add(host.internal('internal/deps/undici/undici').fetch, 'the real fetch');
  for (const k of ['WebSocket', 'EventSource']) add(host.internal('internal/deps/undici/undici')[k], `the real ${k}`);
  // of the application
  add(require, 'the require of the application');
  add(module, 'the module of the application');
  add(process, 'the process of the application');
  add(process.env, 'the environment of the application');
  add(console, 'the console of the application');
  add(globalThis, 'the global object of the application');
  for (const name of Object.keys(require.cache ?? {})) add(require.cache[name], `the module ${name}`);
  for (const k of Object.keys(mine)) add(mine[k], `${k} of another package`);
  for (const v of mine.timers) add(v, 'a timer of another package');
  for (const { make } of walkers) found.delete(make);
  // what the language and its shared names are anyway
  for (const k of Reflect.ownKeys(host.realGlobal)) { const v = read(host.realGlobal, k); if (found.get(v)?.startsWith('the binding')) found.delete(v); }
  return found;
};

// (c) Functions that were written in a file of Node's that opens, spawns or loads: by file, with the names that were looked at.
const FILES = [
  [/^node:(fs|child_process|vm|worker_threads|cluster|repl|inspector|v8|wasi|module|dgram|dns|sqlite)$/],
  [/^node:internal\/(fs|modules|bootstrap|process|main|vm|cluster|repl|worker|dns|inspector|policy|child_process|dgram|sea|test_runner|debugger)\b/],
  [/^node:internal\/(child_process|vm|worker|dgram|sqlite|wasi|options|heap_utils)$/],
];
const REVIEWED = require('./reviewed.json');
module.exports.forbidden = (f, place) => {
  if (place === undefined || !FILES.some(([re]) => re.test(place))) return undefined;
  const key = `${place} ${f.name}`;
  if (REVIEWED[place]?.includes(f.name)) return undefined;
  return `written in ${key}`;
};
