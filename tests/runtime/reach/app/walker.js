'use strict';
// Lives in a package that holds nothing, and goes wherever an attacker could: properties, symbols, prototypes, constructors, accessors (the functions and
// what they give), entries of collections, elements, and what calls give that change nothing. The application judges what was found.

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const isObject = (v) => v !== null && (typeof v === 'object' || typeof v === 'function');

// Called without arguments on whatever has them. None of these ends, closes, sends, starts or empties anything.
const CALLED = new Set(['address', 'asyncResource', 'clone', 'compose', 'cork', 'uncork', 'deref', 'entries', 'keys', 'values', 'eventNames', 'export', 'formData', 'hasRef', 'isPaused', 'isIP',
  'pause', 'ref', 'unref', 'slice', 'stream', 'toJSON', 'toLegacyObject', 'toString', 'valueOf', 'context', 'next', 'refresh', 'resolvedOptions', 'checkIssued', 'setNoDelay', 'setKeepAlive',
  'setMaxListeners', 'setDefaultEncoding', 'flushHeaders', 'settings', 'toTemporalInstant', 'takeRecords', 'enabledTypes', 'columns', 'iterate', 'all', 'snapshot', 'asIndexedPairs', 'digest']);
// by name: says something without changing anything
const GETS = /^(get|is|has|supports|list|describe)[A-Z]/;
// random bytes, minutes of work, or an end: of no interest to a walk
const SPARED = new Set(['getEphemeralKeyInfo', 'getRandomValues', 'getHeapSnapshot', 'getPrivateKey', 'getPublicKey', 'isContext', 'getReader', 'getWriter']);

const symbolCalls = [Symbol.iterator, Symbol.asyncIterator, Symbol.for('nodejs.util.inspect.custom')];
const MapProto = Map.prototype;
const SetProto = Set.prototype;
const entriesOf = (o) => {
  try { return [...apply(MapProto.entries, o, [])].flat(); } catch { /* no map */ }
  try { return [...apply(SetProto.values, o, [])]; } catch { /* no set */ }
  return [];
};

// C++ methods of Node's bindings abort on arguments that they do not expect
const { toString } = Function.prototype;
const isNative = (f) => { try { return f.name !== 'deref' && apply(toString, f, []).includes('[native code]') && !languages.has(f); } catch { return true; } };
const languages = new Set();
for (const C of [Map, Set, WeakRef, Date, Array, Uint8Array, Promise, RegExp, String, Number, Iterator, Map.prototype.entries, Object.getPrototypeOf(Uint8Array)])
  for (const home of [C, C.prototype]) if (isObject(home)) for (const k of ownKeys(home)) { const d = getOwnPropertyDescriptor(home, k); for (const f of [d.value, d.get]) if (typeof f === 'function') languages.add(f); }
for (const o of [[].values(), new Map().values(), new Set().values(), (function* () {})(), (async function* () {})(), 'a'.matchAll(/a/g)])
  for (let home = o; home !== null; home = getPrototypeOf(home)) for (const k of ownKeys(home)) { const d = getOwnPropertyDescriptor(home, k); if (typeof d.value === 'function') languages.add(d.value); }

// an error that says no and nothing else
const isBare = (e) => { try { return getPrototypeOf(e) === TypeError.prototype && ownKeys(e).every((k) => ['stack', 'message', 'code'].includes(k)); } catch { return false; } };
const PLAIN = new Set([Array, Map, Set, WeakMap, WeakSet, Date, RegExp, Promise, ArrayBuffer, SharedArrayBuffer, String, Number, Boolean, Symbol, BigInt].map((C) => C.prototype));

module.exports = function make() {
  const edges = new Map();              // object -> [[label, object]]
  const calls = [];                     // what callbacks were called with
  const promises = new Set();
  let pending = [];

  // A callback that keeps what it is given: `this` and every argument.
  const recorder = (name, result) => function (...args) {
    calls.push([`${name} this`, this], ...args.map((a, i) => [`${name} argument ${i}`, a]));
    if (new.target) calls.push([`${name} new.target`, new.target]);
    return result;
  };

  // depth: how many calls gave it. Calls make new objects, whose calls make new objects.
  const depths = new WeakMap();
  const children = (o, depth) => {
    const out = [];
    const push = (label, v) => { if (isObject(v)) out.push([label, v]); };
    const made = (v) => { if (isObject(v) && !edges.has(v) && !depths.has(v)) depths.set(v, depth + 1); };
    const attempt = (label, f) => {
      if (depth >= 3) return;
      let v;
      try { v = f(); } catch (e) { made(e); if (!isBare(e)) push(`${label} throws`, e); return; }
      made(v);
      push(label, v);
      try { if (isObject(v) && typeof v.then === 'function') { const p = Promise.resolve(v).then((x) => { made(x); push(`await ${label}`, x); pending.push(x); }, (e) => { made(e); push(`await ${label} throws`, e); pending.push(e); }); promises.add(p); } } catch { /* not ours */ }
    };
    const prototype = getPrototypeOf(o);
    push('__proto__', prototype);
    // elements are walked; what the language's own methods give of them is more of the same
    const isPrototype = Object.hasOwn(o, 'constructor');
    const isPlain = prototype === null || PLAIN.has(prototype) || ArrayBuffer.isView(o);
    const seen = new Set();
    for (let home = o, depth = 0; home !== null && depth < 12; home = getPrototypeOf(home), depth++) {
      // what functions and plain objects inherit is the language's
      if (depth > 0 && (home === Function.prototype || home === Object.prototype)) break;
      for (const key of ownKeys(home)) {
        if (seen.has(key)) continue;
        seen.add(key);
        const d = getOwnPropertyDescriptor(home, key);
        if (d === undefined) continue;
        const label = `.${String(key)}`;
        if (depth === 0) {
          push(label, d.value);
          push(`${label} (get)`, d.get);
          push(`${label} (set)`, d.set);
        }
        if (d.get !== undefined) attempt(`${label}`, () => o[key]);
        let f;
        try { f = 'value' in d ? d.value : o[key]; } catch { continue; }
        if (typeof f !== 'function' || isPrototype || isPlain || typeof o === 'function' || isNative(f)) continue;
        if (typeof key === 'symbol' ? symbolCalls.includes(key) : (CALLED.has(key) || (GETS.test(key) && f.length === 0)) && !SPARED.has(key))
          attempt(`${label}()`, () => apply(f, o, typeof key === 'symbol' && key.description === 'nodejs.util.inspect.custom' ? [1, {}, function (...args) { push('inspect this', this); for (const a of args) push('inspect argument', a); return ''; }] : []));
      }
    }
    if (typeof o === 'object' && !isPrototype) {
      for (const v of entriesOf(o)) push('<entry>', v);
      if (typeof o.eventNames === 'function' && typeof o.rawListeners === 'function') {
        for (const name of [].concat(...[attemptList(() => o.eventNames())])) {
          for (const f of attemptList(() => o.listeners(name))) push(`.listeners(${String(name)})`, f);
          for (const f of attemptList(() => o.rawListeners(name))) push(`.rawListeners(${String(name)})`, f);
        }
        attempt('.on()', () => o.on('reach', function (...args) { push('.on() this', this); for (const a of args) push('.on() argument', a); }));
        attempt('.emit()', () => o.emit('reach', 1));
      } else if (typeof o.addEventListener === 'function') attempt('.addEventListener()', () => { o.addEventListener('reach', function (e) { push('listener this', this); push('listener argument', e); }); return o.dispatchEvent?.(new Event('reach')); });
      if (typeof o.next === 'function' && depth < 2) for (let i = 0; i < 20; i++) {
        let r;
        try { r = o.next(); } catch { break; }
        if (!isObject(r)) break;
        made(r);
        push('.next()', r);
        if (r.done !== false) break;
      }
    }
    if (o instanceof Error) try { push('.stack', o.stack); } catch { /* */ }
    return out;
  };
  const attemptList = (f) => { try { const v = f(); return Array.isArray(v) ? v : []; } catch { return []; } };

  const walk = (root) => {
    if (!isObject(root)) return;
    const queue = [root];
    for (let i = 0; i < queue.length; i++) {
      const o = queue[i];
      if (edges.has(o)) continue;
      edges.set(o, []);
      const depth = depths.get(o) ?? 0;
      const out = children(o, depth);
      edges.set(o, out);
      for (const [, v] of out) if (!edges.has(v)) {
        if (!depths.has(v)) depths.set(v, depth);
        queue.push(v);
      }
      if (edges.size > LIMIT) throw new Error(`the walk does not end: ${often(edges)}`);
    }
  };

  return {
    recorder,
    calls,
    edges,
    walk,
    async settle() {
      for (let i = 0; i < 8; i++) {
        await Promise.race([Promise.allSettled([...promises]), new Promise((done) => { setImmediateOr(done); })]);
        const found = pending;
        pending = [];
        for (const v of found) walk(v);
        for (const [, v] of calls) walk(v);
      }
    },
    own: () => require('./roots.js')({ recorder, require, module }),
  };
};
const LIMIT = 120000;
const often = (edges) => {
  const n = new Map();
  for (const list of edges.values()) for (const [label] of list) n.set(label, (n.get(label) ?? 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1]).slice(0, 40).map(([k, v]) => `${k} ${v}`).join(', ');
};
const setImmediateOr = (done) => { queueMicrotask(done); };
module.exports.attempts = require('./attempts.js');
