// Node's own classes are shared by all packages, so their prototypes are frozen before the first package can hold an instance. Done per builtin, on
// first use. Methods become accessors (see harden.js): real packages assign them on instances and on prototypes made with util.inherits, and so do
// Node's own modules that load later. Buffers keep data properties: indexing them must stay fast.

const { overrideAccessor, isObject, freezeFunction } = use('harden');
const { ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf, deleteProperty } = Reflect;
const { freeze, preventExtensions } = Object;

// On the request path of every server and assigned by nobody: reading data is cheaper than calling an accessor.
const DATA = new Set(['_send', '_writeRaw', '_storeHeader', '_implicitHeader', '_finish', '_flushOutput', '_addHeaderLines', '_addHeaderLine', '_addHeaderLineDistinct',
  'assignSocket', 'detachSocket', '_renderHeaders', '_undestroy', '_unrefTimer', '_onTimeout', '_getpeername', '_getsockname', '_writeGeneric', '_dump', '_deferToConnect']);
const EVENT_STATE = ['_events', '_eventsCount', '_maxListeners'];
const kCustomPromisify = Symbol.for('nodejs.util.promisify.custom');

// frozen already, and in a certain way: see harden.js
const sealed = new Set([Object.prototype, Array.prototype]);

const isPlain = (o) => {
  const p = getPrototypeOf(o);
  return p === null || p === Object.prototype || Array.isArray(o);
};

function overridable(proto) {
  for (const k of ownKeys(proto)) {
    if (DATA.has(k) || k === Symbol.iterator) continue;
    const d = getOwnPropertyDescriptor(proto, k);
    if (!('value' in d) || !d.configurable || !d.writable || (typeof k === 'symbol' && typeof d.value !== 'function')) continue;
    const { get, set } = overrideAccessor(proto, k, d.value);
    freeze(get);
    defineProperty(proto, k, { get, set, enumerable: d.enumerable, configurable: true });
  }
}

// Frozen but for the one property that util.promisify defines anew on each call.
function lockBut(o, kept) {
  preventExtensions(o);
  for (const k of ownKeys(o)) {
    if (k === kept || String(k) === kept) continue;
    const d = getOwnPropertyDescriptor(o, k);
    if (d.configurable || d.writable) defineProperty(o, k, 'value' in d ? { writable: false, configurable: false } : { configurable: false });
  }
}

// What this runtime itself shares between packages: a class or a prototype, with its functions.
exports.own = (...shared) => {
  for (const o of shared) {
    for (const d of ownKeys(o).map((k) => getOwnPropertyDescriptor(o, k)))
      for (const f of [d.value, d.get, d.set]) if (typeof f === 'function') freezeFunction(f);
    if (typeof o === 'function' && o.prototype) exports.own(o.prototype);
    freeze(o);
  }
};

function lock(o) {
  if (o === host.global.process || o === host.realGlobal || o === host.global.Error) return;
  const custom = getOwnPropertyDescriptor(o, kCustomPromisify);
  if (custom?.configurable && custom.value === o) lockBut(o, kCustomPromisify);
  else freeze(o);
}

// Nothing to walk into: most of Node's functions have a length, a name and at most a prototype that nobody uses.
const PLAIN_KEYS = new Set(['length', 'name', 'prototype']);
function isTrivial(f) {
  const keys = ownKeys(f);
  if (keys.length > 3 || getPrototypeOf(f) !== Function.prototype) return false;
  for (const k of keys) if (!PLAIN_KEYS.has(k)) return false;
  const { prototype } = f;
  if (prototype === undefined) return true;
  if (getPrototypeOf(prototype) !== Object.prototype || ownKeys(prototype).length !== 1) return false;
  freeze(prototype);
  return true;
}

// What may be walked into: functions, prototypes, plain objects. Instances (agents, channels, streams) belong to somebody.
function collect(roots, hidden) {
  const { adopt } = use('facade/events');
  const found = new Set();
  const prototypes = new Set();
  const push = (v, asPrototype) => {
    if (!isObject(v) || sealed.has(v) || v === host.realGlobal || v === host.global.process) return;
    if (typeof v === 'object' && !asPrototype && !isPlain(v)) return;
    if (typeof v === 'function') {
      if (isTrivial(v)) {
        sealed.add(v);
        freeze(v);
        return;
      }
      adopt(v);
    }
    if (asPrototype) prototypes.add(v);
    found.add(v);
  };
  for (const r of roots) push(r, false);
  for (const p of hidden) push(p, true);
  for (const o of found) {
    const p = getPrototypeOf(o);
    if (p !== null) push(p, typeof o !== 'function' || typeof p !== 'function');
    for (const k of ownKeys(o)) {
      const d = getOwnPropertyDescriptor(o, k);
      if ('value' in d) push(d.value, k === 'prototype');
      else {
        push(d.get, false);
        push(d.set, false);
      }
    }
  }
  return { found, prototypes };
}

function seal(roots, hidden = []) {
  const { found, prototypes } = collect(roots, hidden);
  const { Buffer } = host.global;
  for (const p of prototypes) if (!Object.isFrozen(p) && p !== Buffer.prototype) overridable(p);
  for (const o of found) {
    sealed.add(o);
    lock(o);
  }
}

// with what instances of it lead to
function sealWith(roots, name) {
  const { classes, prototypes, disarmed } = use('facade/seal_hidden').of(name);
  for (const C of disarmed) disarm(C);
  seal([...roots, ...classes], prototypes);
}

// Before the first package that is confined runs, at every start: 300 prototypes that nobody overrides are frozen as they are.
let errorsAreSealed = false;
exports.errors = () => { if (!errorsAreSealed) host.whole(sealErrors); };
function sealErrors() {
  for (const prototype of use('facade/seal_hidden').of('errors').prototypes) {
    for (const key of ownKeys(prototype)) {
      const d = getOwnPropertyDescriptor(prototype, key);
      for (const f of [d.value, d.get]) if (typeof f === 'function') { freeze(f); sealed.add(f); }
    }
    freeze(prototype);
    sealed.add(prototype);
  }
  errorsAreSealed = true;
}
exports.prototype = (proto) => host.whole(() => seal([], [proto]));
const valued = new WeakMap();                   // value -> the name under which it was sealed
exports.value = (v, name) => {
  if (!isObject(v) || valued.get(v) === name) return;
  host.whole(() => sealValue(v, name));
  valued.set(v, name);
};
function sealValue(v, name) {
  if (/Event|Abort|Message|WebSocket/.test(name)) exports.builtin('events');
  sealWith([v], name);
}

// -- per builtin
const inert = (name) => {
  const f = { [name]: function () { throw Object.assign(new TypeError(`npsx: ${name} cannot be constructed through an instance`), { code: 'ERR_CAPABILITY_DENIED' }); } }[name];
  return freezeFunction(f);
};
// An instance must not lead to the class that opens, connects or spawns.
function disarm(C) {
  const proto = typeof C === 'function' ? C.prototype : C;
  if (!proto) return;
  const d = getOwnPropertyDescriptor(proto, 'constructor');
  if (d?.configurable) defineProperty(proto, 'constructor', { value: inert(d.value?.name ?? C.name), writable: false, enumerable: false, configurable: false });
}
exports.disarm = disarm;

function prepareEvents() {
  const EventEmitter = host.real('events');
  use('facade/settings').tameClasses();
  for (const k of EVENT_STATE) deleteProperty(EventEmitter.prototype, k);
}
const PREPARE = {
  __proto__: null,
  events: prepareEvents,
  stream: () => {
    exports.builtin('events');
    exports.builtin('string_decoder');          // every stream with an encoding leads to its decoder
    const { promises } = host.real('stream');
    for (const f of Object.values(freeze(promises))) freezeFunction(f);
  },
  vm: () => use('stack').contexts(),
  // the old module of constants copies from it on load, and one lazy property is redefined when it is read
  crypto: () => {
    host.real('constants');
    void host.real('crypto').constants.defaultCipherList;
  },
  worker_threads: () => disarm(host.real('worker_threads').Worker),
  async_hooks: () => use('facade/seal_context').seal(),
  timers: () => {
    const t = host.global.setTimeout(() => {}, 0);
    const i = host.global.setImmediate(() => {});
    seal([getPrototypeOf(t).constructor, getPrototypeOf(i).constructor]);
    host.global.clearTimeout(t);
    host.global.clearImmediate(i);
  },
};
// These lead to classes that connect, listen or spawn, which are sealed before anything of them is frozen.
const NETWORK = new Set(['http', 'https', 'tls', 'net', 'dns', 'dns/promises', 'dgram', 'http2', 'child_process', 'tty', '_http_agent', '_http_client', '_http_common', '_http_incoming',
  '_http_outgoing', '_http_server', '_tls_common', '_tls_wrap']);
for (const name of NETWORK) PREPARE[name] = () => use('facade/seal_net').seal(host, name);
PREPARE.dns = PREPARE['dns/promises'] = () => {
  use('facade/seal_net').seal(host, 'dns');
  exports.value(host.real('dns').promises.Resolver, 'dns/promises');
};
const UNWALKED = new Set(['domain', 'repl', 'inspector', 'inspector/promises', 'cluster', 'process', 'module', 'console', 'sys', 'trace_events', 'wasi', 'test',
  'sea', 'ffi']);

const done = new Set();
exports.builtin = (name) => { if (!done.has(name)) host.whole(() => sealBuiltin(name)); };
function sealBuiltin(name) {
  done.add(name);
  if (name !== 'events') exports.builtin('events');
  if (UNWALKED.has(name)) return;
  // a terminal is a socket
  if ((NETWORK.has(name) || name === 'tty') && !done.has('net')) exports.builtin('net');
  PREPARE[name]?.();
  const real = use('facade/table').real(name);
  // a module object is Node's own (each package holds a facade or a copy); its functions and classes are shared
  sealWith(typeof real === 'function' ? [real] : Object.values(Object.getOwnPropertyDescriptors(real)).map((d) => d.value ?? d.get), name);
}
