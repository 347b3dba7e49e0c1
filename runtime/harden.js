// Freezes the language: every intrinsic that two packages share. After this file ran, no property of any intrinsic can change.
//
// Frozen prototypes have the "override mistake": `obj.toString = f` fails when toString is inherited and read-only. The names that real packages
// override by assignment become accessors whose setter makes an own property; everything else stays data, because accessors on hot prototypes
// (String, RegExp, Promise, iterators) cost a factor of 2 to 20.

const { ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf, deleteProperty } = Reflect;
const { freeze, preventExtensions } = Object;

// Overridden by assignment in a corpus of 1,322 packages; `null` stands for every data property.
const overridable = (typedArray) => [
  [Object.prototype, null],
  [Function.prototype, ['toString', 'constructor', 'bind', 'call', 'apply', 'name']],
  ...[Error, TypeError, SyntaxError, RangeError, URIError, EvalError, ReferenceError, AggregateError]
    .map((E) => [E.prototype, ['name', 'message', 'constructor', 'toString']]),
  [Array.prototype, ['toString', 'push', 'concat']],
  [Date.prototype, null],
  [host.global.Date, ['now', 'parse', 'UTC']],           // classes that extend Date and assign their own (vitest, mockdate)
  [typedArray, null],
  ...[Map, Set, WeakMap, WeakSet].map((C) => [C.prototype, ['get', 'set', 'has', 'add', 'delete', 'clear', 'forEach']]),
];

const isObject = (v) => v !== null && (typeof v === 'object' || typeof v === 'function');

// A function that packages share. Those that are written as functions carry a prototype that nobody uses and everybody could write on.
function freezeFunction(f) {
  freeze(f);
  const d = getOwnPropertyDescriptor(f, 'prototype');
  if (d !== undefined && isObject(d.value) && isUnused(d.value)) freeze(d.value);
  return f;
}
// of a function that is no class, or of a generator
const isUnused = (prototype) => { const n = ownKeys(prototype).length; return n === 0 || (n === 1 && getPrototypeOf(prototype) === Object.prototype); };

// Functions of Node's own that it sets on objects of everybody: listeners, callbacks of handles, methods that it replaces. One function serves all packages,
// and no module exports it, so it is known by its name when it is set.
const SET_BY_NODE = new Set(('prefinish setupConnectionsTracking maybeEnableKeylog onSocketCloseDestroySSL onConnectEnd onReadableStreamEnd keylogNewListener newListener onConnectSecure connectionListener '
  + 'setupCompat tlsConnectionListener socketSetEncoding onServerResponseClose socketOnError socketOnTimeout onSocketResume onSocketPause onSocketClose onSocketTLSError onServerSocketSecure sessionListenerAdded '
  + 'sessionListenerRemoved streamOnPause streamListenerAdded streamListenerRemoved handleHeaderContinue socketCloseListener socketErrorListener ondrain socketOnClose socketOnData socketOnEnd writeAfterFIN '
  + 'freeSocketErrorListener freeSocketOnReadGuard responseOnEnd responseOnTimeout requestOnFinish requestOnPrefinish emitRequestTimeout responseKeepAlive updateOutgoingData socketOnDrain abortIncoming resOnFinish '
  + 'zlibBufferOnError zlibBufferOnEnd zlibBufferOnData zlibOnError parserOnMessageComplete parserOnHeadersComplete parserOnHeaders parserOnBody parserOnIncomingClient onStreamRead onlookup onlookupall onMessage onError '
  + 'onwrite onshutdown onreadstop onreadstart isClosing onocspresponse onnewsessionclient onnewsession onhandshakestart onhandshakedone onerror loadSession loadSNI SNICallback onkeylog onReadableStreamEnd '
  + 'onConnectFailure onpskexchange requestHandshakeError onClientHello timeoutConnection endReadableNT initRead onpause sessionOnStream sessionOnError sessionOnPriority sessionOnTimeout onRequestPause onRequestResume onStreamCloseRequest onStreamCloseResponse onStreamError '
  + 'onStreamDrain onStreamEnd onStreamTrailers onStreamAbortedRequest onStreamAbortedResponse onStreamTimeoutRequest onStreamTimeoutResponse onStreamTrailersReady onStreamData onresume ontimeout onSocketNT statusMessageWarn nop noop').split(' '));
function vet(f) {
  if (typeof f === 'function' && SET_BY_NODE.has(f.name)) freezeFunction(f);
  return f;
}

// An accessor pair that reads like data. Cheap to make: there are thousands.
function overrideAccessor(home, key, value) {
  const get = () => value;
  const { set } = { set(v) {
    if (this === home) throw new TypeError(`Cannot assign to read only property '${String(key)}' of object`);
    vet(v);
    if (!isObject(this)) throw new TypeError(`Cannot create property '${String(key)}'`);
    const own = getOwnPropertyDescriptor(this, key);
    // merge-descriptors copies this very accessor onto other objects: recognise ourselves, or recurse for ever
    if (own && own.set !== set) { this[key] = v; return; }
    if (!defineProperty(this, key, { value: v, writable: true, enumerable: true, configurable: true }))
      throw new TypeError(`Cannot define property ${String(key)}, object is not extensible`);
  } };
  freeze(set);
  return { get, set };
}

function makeOverridable(home, keys) {
  for (const key of keys ?? ownKeys(home)) {
    const d = getOwnPropertyDescriptor(home, key);
    if (!d || !('value' in d) || !d.configurable || !d.writable) continue;
    const { get, set } = overrideAccessor(home, key, d.value);
    // what get-intrinsic and its users look for
    defineProperty(get, 'originalValue', { value: d.value });
    freeze(get);
    defineProperty(home, key, { get, set, enumerable: d.enumerable, configurable: true });
    if (isObject(d.value)) replaced.push(d.value);
  }
}
const replaced = [];

// util.inspect, and with it the report of an uncaught error, looks for a `constructor` that is data, knows some prototypes by heart, and would call these
// others `Error [SyntaxError]`. It finds one a step further up.
function keepNames() {
  for (const E of [SyntaxError, ReferenceError, EvalError, URIError, AggregateError]) {
    const named = Object.create(Error.prototype, { constructor: { value: E } });
    Reflect.setPrototypeOf(E.prototype, freeze(named));
  }
}

function hiddenIntrinsics() {
  function* g() {}
  async function* ag() {}
  async function af() {}
  const stack = getOwnPropertyDescriptor(new Error(), 'stack');
  const thrower = getOwnPropertyDescriptor((function () { return arguments; })(), 'callee').get;
  return [g, ag, af, [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ''[Symbol.iterator](),
    stack.get, stack.set, 'a'.matchAll(/./g), Iterator.from({ next() {} }), [].values().map((x) => x), Iterator.concat?.([]), thrower,
    getPrototypeOf(getPrototypeOf(ag.prototype)), getPrototypeOf(Int8Array)].filter(Boolean);
}

// Breadth first over prototypes and own properties. Getters are never called.
function freezeAll(roots, skip) {
  const seen = new Set(roots);
  for (const o of seen) {
    const p = getPrototypeOf(o);
    if (isObject(p)) seen.add(p);
    for (const k of ownKeys(o)) {
      const d = getOwnPropertyDescriptor(o, k);
      if ('value' in d) { if (isObject(d.value)) seen.add(d.value); } else {
        if (d.get) seen.add(d.get);
        if (d.set) seen.add(d.set);
      }
    }
    if (!skip.has(o)) freeze(o);
  }
  return seen.size;
}

// The same from a list of places, which the build makes (see intrinsics.js): walking costs four times as much. The list is that of one engine started with
// these flags. Roots are the same, in the same order; what is not where it should be ends the start.
const keyOf = (k) => (k[0] === '@' ? Symbol[k.slice(2)] : k);
function freezeListed(places, roots, skip) {
  const found = [];
  for (const [from, key, values, accessors] of places) {
    const o = from < 0 ? roots[key] : key === null ? getPrototypeOf(found[from]) : found[from][keyOf(key)];
    if (!isObject(o)) throw new Error(`npsx: the list of intrinsics does not fit this engine: ${key}`);
    found.push(o);
    for (const k of values) {
      const value = o[keyOf(k)];
      if (!isObject(value)) throw new Error(`npsx: the list of intrinsics does not fit this engine: ${k}`);
      freeze(value);
    }
    for (const k of accessors) {
      const { get, set } = getOwnPropertyDescriptor(o, keyOf(k));
      freeze(get);
      freeze(set);
    }
  }
  for (const list of [found, roots]) for (const o of list) if (!skip.has(o)) freeze(o);
}

function freezeIntrinsics(roots, skip) {
  const text = host.text('intrinsics.json');
  const list = text === undefined ? undefined : JSON.parse(text);
  if (list !== undefined && list.engine === host.engine) freezeListed(list.places, roots, skip);
  else if (host.emit !== undefined) use('intrinsics').emit(roots, skip, freezeListed);
  else freezeAll(roots, skip);
}

// Two intrinsics that only a segmenter leads to; making one at each start would load its dictionaries (5 ms), so the first call freezes them.
function hardenSegments() {
  const { prototype } = Intl.Segmenter;
  const { segment: real } = prototype;
  let done = false;
  const { segment } = { segment(text) {
    const found = Reflect.apply(real, this, [text]);
    if (!done) {
      host.whole(() => freezeAll([getPrototypeOf(found), getPrototypeOf(found[Symbol.iterator]())], new Set()));
      done = true;
    }
    return found;
  } };
  defineProperty(prototype, 'segment', { value: segment });
}

// What no program needs and every sandbox regrets.
function removeLeaks() {
  // the last match of anybody's regular expression
  for (const k of ownKeys(RegExp)) if (typeof k === 'string' && /^(\$.|input|lastMatch|lastParen|leftContext|rightContext)$/.test(k)) deleteProperty(RegExp, k);
  // a sloppy callee could read its caller's function and arguments
  deleteProperty(Function.prototype, 'caller');
  deleteProperty(Function.prototype, 'arguments');
}

// The two prototypes that every array has. Object.freeze would give them "frozen elements", and with such a prototype V8 sends each store that grows an
// array (`a[i] = x`) down its slow path, 20 times slower: half of all that freezing costs a server. So Object.prototype is locked property by property.
// On Array.prototype that would switch off the short way of map() and slice() (a definition of `constructor` does); frozen while its properties are in a
// dictionary, as a read-only definition leaves them, it gets a dictionary of elements instead, which is all right. Being made a prototype again
// brings both back to fast properties. docs/design/performance.md has the figures.
function freezeArrays() {
  const object = Object.prototype;
  preventExtensions(object);
  for (const k of ownKeys(object)) defineProperty(object, k, 'value' in getOwnPropertyDescriptor(object, k) ? { writable: false, configurable: false } : { configurable: false });
  defineProperty(Array.prototype, 'at', { writable: false });
  freeze(Array.prototype);
  for (const prototype of [object, Array.prototype]) Object.setPrototypeOf({}, prototype);
}

// Frozen like the rest, but V8's short ways for regular expressions stay open (src/addon/regexp.c). The build sees to it that they do.
function freezeRegExp() {
  if (!host.psx.freezeRegExp(RegExp.prototype) && host.plan.emitCache) throw new Error('npsx: regular expressions would be slow in this engine: see src/addon/regexp.c');
}

// names: the ECMAScript globals. lazy: values of intrinsics that were replaced on the global object and must be frozen as well.
exports.harden = (global, names, extra) => {
  removeLeaks();
  freezeRegExp();
  if (typeof Intl === 'object') hardenSegments();
  for (const [home, keys] of overridable(getPrototypeOf(Int8Array).prototype)) makeOverridable(home, keys);
  keepNames();
  const roots = [...replaced, ...hiddenIntrinsics(), ...extra];
  for (const n of names) {
    const d = getOwnPropertyDescriptor(global, n);
    if (d && isObject(d.value) && d.value !== global) roots.push(d.value);
  }
  freezeArrays();
  freezeIntrinsics(roots, new Set([global, Object.prototype, Array.prototype]));
};
exports.freezeAll = freezeAll;
exports.vet = vet;
exports.freezeFunction = freezeFunction;
exports.overrideAccessor = overrideAccessor;
exports.isObject = isObject;
