// The global object: what stays on it, what each compartment gets instead.
//
// The real global is shared by all packages, so it carries no authority: after lockdown() it holds the frozen ECMAScript intrinsics (clock,
// randomness and locale removed) and the few web names that Node's own fetch looks up at call time. Everything else reaches a package as a
// parameter of its modules, made for that package: see lookup().

const { harden, freezeAll } = use('harden');
const { defineProperty, ownKeys, getOwnPropertyDescriptor, deleteProperty } = Reflect;
const G = host.realGlobal;

const INTRINSICS = ['Infinity', 'NaN', 'undefined', 'eval', 'isFinite', 'isNaN', 'parseFloat', 'parseInt', 'decodeURI', 'decodeURIComponent', 'encodeURI',
  'encodeURIComponent', 'escape', 'unescape', 'Object', 'Function', 'Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean',
  'DataView', 'Error', 'EvalError', 'Float16Array', 'Float32Array', 'Float64Array', 'Int8Array', 'Int16Array', 'Int32Array', 'Map', 'Number', 'Promise',
  'Proxy', 'RangeError', 'ReferenceError', 'Reflect', 'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError', 'URIError', 'Uint8Array',
  'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'WeakMap', 'WeakSet', 'AggregateError', 'Iterator', 'JSON', 'Math', 'Date', 'Intl', 'Atomics',
  'SharedArrayBuffer', 'WebAssembly', 'WeakRef', 'FinalizationRegistry', 'Temporal', 'SuppressedError', 'DisposableStack', 'AsyncDisposableStack'];
const intrinsic = new Set(INTRINSICS);

// Web names whose values carry no authority. Shared by all packages, hardened on first use. Value: the builtin module that has it.
const SHARED = {
  Buffer: 'buffer', Blob: 'buffer', File: 'buffer', atob: 'buffer', btoa: 'buffer',
  URL: 'url', URLSearchParams: 'url', URLPattern: 'url', TextEncoder: 'util', TextDecoder: 'util',
  EventEmitterAsyncResource: null, AbortController: 'internal/abort_controller', AbortSignal: 'internal/abort_controller',
  Event: 'internal/event_target', EventTarget: 'internal/event_target', CustomEvent: 'internal/event_target',
  DOMException: 'internal/util', structuredClone: 'internal/worker/js_transferable', MessageChannel: 'worker_threads', MessagePort: 'worker_threads',
  QuotaExceededError: null,
};
for (const n of ['ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest', 'ReadableByteStreamController',
  'ReadableStreamDefaultController', 'TransformStream', 'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultController',
  'WritableStreamDefaultWriter', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'TextEncoderStream', 'TextDecoderStream', 'CompressionStream',
  'DecompressionStream']) SHARED[n] = 'stream/web';
const UNDICI = ['FormData', 'Headers', 'Request', 'Response', 'MessageEvent', 'CloseEvent', 'ErrorEvent'];
for (const n of UNDICI) SHARED[n] = 'internal/deps/undici/undici';

// Looked up on the real global by Node's own fetch, at call time.
const KEPT = ['Blob', 'URL', 'Buffer', 'ReadableStream', 'TextDecoder', 'TextEncoder', 'URLSearchParams', 'File', 'AbortSignal', 'MessagePort',
  'TextDecoderStream', 'DOMException', 'AbortController', 'TransformStream', 'Event', 'EventTarget', 'structuredClone', 'atob', 'btoa'];
const KEPT_TIMERS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'];

const original = host.global;

function capture() {
  for (const n of ['process', 'console', 'queueMicrotask', 'fetch', ...KEPT_TIMERS]) original[n] = G[n];
  for (const n of ['Date', 'Math', 'Intl', 'Temporal', 'Error', 'Function', 'eval', 'WeakRef', 'FinalizationRegistry']) original[n] = G[n];
  // plain data today; the others are lazy and must not be touched
  for (const n of ['AbortController', 'AbortSignal', 'Event', 'EventTarget', 'Buffer', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'structuredClone', 'atob', 'btoa'])
    original[n] = G[n];
  // a prototype per capability: time, randomness
  original.random = Math.random;
}

// -- values shared by all compartments, hardened when first asked for
const shared = new Map();
const sharedValue = (name) => (shared.has(name) ? shared.get(name) : host.whole(() => makeShared(name)));
function makeShared(name) {
  let v = original[name];
  if (v === undefined && SHARED[name]) v = host.real(SHARED[name])?.[name];
  if (v === undefined && name === 'DOMException') v = host.internal('internal/util').lazyDOMExceptionClass?.();
  if (v !== undefined) use('seal').value(v, name);
  shared.set(name, v);
  return v;
}

// Node's fetch needs timers on the real global. They belong to nobody, so they work only once some package was granted the network (or the app
// is ambient) and used it; what they return is no walk to other timers.
let fetchIsLive = false;
exports.fetchGoesLive = () => {
  fetchIsLive = true;
  use('facade/clock').standStill();
};
function keptTimer(name) {
  const f = original[name];
  const timers = { [name](callback, ...rest) {
    if (!fetchIsLive) throw Object.assign(new Error(`npsx: ${name} needs the capability timers`), { code: 'ERR_CAPABILITY_DENIED', capability: 'timers' });
    return use('facade/timers').internal(f, name, callback, ...rest);
  } };
  return timers[name];
}

// Small Buffers would share one ArrayBuffer, and each shows the bytes of all the others as its `buffer`. Without the pool every native write makes an
// ArrayBuffer (600 ns), so short plain strings are copied here, into memory that V8 keeps in the object itself.
const IN_OBJECT = 64;
function unpool(Buffer) {
  // the class behind Buffer, which Buffer[Symbol.species] gives: whoever put another class above it would see every Buffer made
  Object.freeze(host.internal('internal/buffer').FastBuffer);
  Buffer.poolSize = 0;
  const { from: realFrom, allocUnsafeSlow } = Buffer;
  const copied = (text) => {
    const made = allocUnsafeSlow(text.length);
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c > 127) return undefined;
      made[i] = c;
    }
    return made;
  };
  const { from } = { from(value, encodingOrOffset, length) {
    if (typeof value === 'string' && value.length <= IN_OBJECT && (encodingOrOffset === undefined || encodingOrOffset === 'utf8')) {
      const made = copied(value);
      if (made !== undefined) return made;
    }
    return realFrom(value, encodingOrOffset, length);
  } };
  Reflect.defineProperty(Buffer, 'from', { value: from });
}

function tame() {
  unpool(original.Buffer);
  use('facade/settings').tame();
  const clock = use('facade/clock');
  const out = [original.Date, original.Math, original.Intl].filter(Boolean);
  const put = (n, value) => { if (value !== undefined) defineProperty(G, n, { value, writable: true, enumerable: false, configurable: true }); };
  put('Date', clock.tame());
  original.Math = use('facade/random').tame() ?? original.Math;
  put('Intl', use('facade/intl').tame());
  const gc = use('facade/gc').tame();
  put('WeakRef', gc.WeakRef);
  put('FinalizationRegistry', gc.FinalizationRegistry);
  clock.tameWaiting();
  clock.tameTimeouts();
  return out;
}

function scuttle() {
  for (const k of ownKeys(G)) {
    if (intrinsic.has(k) || k === 'globalThis' || k === Symbol.toStringTag) continue;
    deleteProperty(G, k);
  }
  for (const n of KEPT) {
    const value = n === 'Event' ? () => use('facade/seal_hidden').eventBase(sharedValue(n)) : () => sharedValue(n);
    defineProperty(G, n, { get: Object.freeze({ get() { return value(); } }.get), set: undefined, enumerable: false, configurable: false });
  }
  for (const n of KEPT_TIMERS) defineProperty(G, n, { value: Object.freeze(keptTimer(n)), writable: false, enumerable: false, configurable: false });
  defineProperty(G, 'queueMicrotask', { value: Object.freeze({ queueMicrotask(f) { original.queueMicrotask(() => { Reflect.apply(f, undefined, []); }); } }.queueMicrotask), writable: false, enumerable: false, configurable: false });
  // the clock of Node's fetch: it stands still for guests, who can reach it here
  defineProperty(G, 'performance', { value: Object.freeze({ __proto__: null, now: Object.freeze(() => 0), timeOrigin: 0, markResourceTiming: Object.freeze(() => {}) }), enumerable: false });
  Object.freeze(G);
  // a name that nobody bound is looked up there as well
  for (let p = Object.getPrototypeOf(G); p !== null && p !== Object.prototype; p = Object.getPrototypeOf(p)) Object.freeze(p);
}

exports.lockdown = () => {
  capture();
  const extra = tame();
  const stack = use('stack');
  stack.tame();
  harden(G, INTRINSICS, extra);
  scuttle();
};

// -- per compartment
const timer = (n) => (c) => use('facade/timers').make(c)[n];
const undiciClass = (n) => (c) => use('facade/fetch').make(c)[n];
const PROVIDERS = {
  __proto__: null,
  process: (c) => use('builtins').get(c, 'process'),
  console: (c) => (c.ambient ? (use('facade/stdio_files').install(c), original.console) : use('facade/console').make(c)),
  queueMicrotask: (c) => (c.ambient ? original.queueMicrotask : G.queueMicrotask),
  Date: (c) => (c.ambient ? original.Date : use('facade/clock').dateFor(c)),
  Temporal: (c) => (c.ambient ? original.Temporal : use('facade/clock').temporalFor(c)),
  performance: (c) => (c.ambient ? host.real('perf_hooks').performance : use('facade/clock').performanceFor(c)),
  Math: (c) => use('facade/random').mathFor(c),
  crypto: (c) => (c.ambient ? (use('seal').builtin('crypto'), host.real('crypto').webcrypto) : use('facade/crypto').webcryptoFor(c)),
  Crypto: (c) => original.Object,
  AbortSignal: (c) => use('facade/clock').signalFor(c),
  Atomics: (c) => use('facade/clock').atomicsFor(c),
  Intl: (c) => (c.ambient ? original.Intl : use('facade/intl').intlFor(c)),
  WeakRef: (c) => (c.ambient ? original.WeakRef : use('facade/gc').gcFor(c).WeakRef),
  FinalizationRegistry: (c) => (c.ambient ? original.FinalizationRegistry : use('facade/gc').gcFor(c).FinalizationRegistry),
  fetch: undiciClass('fetch'), WebSocket: undiciClass('WebSocket'), EventSource: undiciClass('EventSource'),
  navigator: (c) => use('facade/navigator').make(c),
  sessionStorage: (c) => use('facade/storage').make(c),
  Storage: () => use('facade/storage').Storage,
  localStorage: () => undefined,
  globalThis: (c) => globalObject(c),
  global: (c) => globalObject(c),
};
delete PROVIDERS.Crypto;
for (const n of KEPT_TIMERS) PROVIDERS[n] = timer(n);
for (const n of ['Crypto', 'CryptoKey', 'SubtleCrypto']) PROVIDERS[n] = () => { use('seal').builtin('crypto'); return host.internal('internal/crypto/webcrypto')[n]; };
// Node's own would tell the time, and what others do
for (const n of ['Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver', 'PerformanceObserverEntryList', 'PerformanceResourceTiming'])
  PROVIDERS[n] = (c) => use('builtins').get(c, 'perf_hooks')[n];
for (const n of ['Navigator']) PROVIDERS[n] = () => {
  const { Navigator } = host.internal('internal/navigator');
  use('seal').value(Navigator, n);
  return Navigator;
};
for (const n of ['BroadcastChannel']) PROVIDERS[n] = (c) => use('builtins').get(c, 'worker_threads')[n];
for (const n in SHARED) PROVIDERS[n] ??= () => sharedValue(n);
Object.freeze(PROVIDERS);

// Is `name` a global of this compartment, other than an untouched intrinsic?
exports.has = (c, name) => name in PROVIDERS || isReplaced(c, name);
function lookup(c, name) {
  if (isReplaced(c, name)) return c.globalObject[name];
  const cached = c.globals.get(name);
  if (cached !== undefined) return cached;
  const provider = PROVIDERS[name];
  const value = provider === undefined ? undefined : host.whole(() => provider(c));
  c.globals.set(name, value);
  return value;
}
exports.lookup = lookup;
exports.isIntrinsic = (name) => intrinsic.has(name);

// `globalThis` of a compartment: its own object, on which it may do as it likes. The names are its own properties, as programs that list them expect
// (jest makes its environments from the list); the accessors behind them are shared.
const ownerOf = new WeakMap();
let accessors;
const prototype = Object.freeze(Object.create(Object.prototype, { [Symbol.toStringTag]: { value: 'global' } }));
// Did the package itself put something there?
function isReplaced(c, name) {
  if (c.globalObject === undefined) return false;
  const d = getOwnPropertyDescriptor(c.globalObject, name);
  return d !== undefined && (d.get === undefined || d.get !== accessors[name]?.get);
}
exports.isReplaced = isReplaced;
// `self = Object.create(globalThis)` (what dart2js makes) reads the same names
function ownerAbove(o) {
  for (; (typeof o === 'object' && o !== null) || typeof o === 'function'; o = Reflect.getPrototypeOf(o)) {
    const c = ownerOf.get(o);
    if (c !== undefined) return c;
  }
  return undefined;
}
function sharedAccessors() {
  if (accessors) return accessors;
  accessors = { __proto__: null };
  for (const n of [...INTRINSICS, ...Object.keys(PROVIDERS)]) {
    const { get, set } = getOwnPropertyDescriptor({
      get [n]() {
        const c = ownerOf.get(this) ?? ownerAbove(this);
        if (c === undefined) return undefined;
        return n in PROVIDERS ? lookup(c, n) : G[n];
      },
      set [n](value) { if (ownerAbove(this) !== undefined) defineProperty(this, n, { value, writable: true, enumerable: true, configurable: true }); },
    }, n);
    accessors[n] = { get: Object.freeze(get), set: Object.freeze(set), enumerable: false, configurable: true };
  }
  return accessors;
}
function makeGlobalObject(c) {
  c.globalObject = Object.create(prototype, sharedAccessors());
  ownerOf.set(c.globalObject, c);
  for (const n of ['globalThis', 'global']) defineProperty(c.globalObject, n, { value: c.globalObject, writable: true, enumerable: false, configurable: true });
  for (const n of ['Function', 'eval']) {
    const f = use('codegen').make(c)[n];
    defineProperty(c.globalObject, n, { value: f, writable: true, enumerable: false, configurable: true });
  }
}
function globalObject(c) {
  if (c.globalObject === undefined) host.whole(() => makeGlobalObject(c));
  return c.globalObject;
}
exports.globalObject = globalObject;
exports.sharedValue = sharedValue;
exports.freezeAll = freezeAll;
