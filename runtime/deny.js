// Asking psx.node, and saying no. The decision is always psx.decide's; this file only gives it the shape that
// existing JavaScript expects: an Error with a code, or a module whose functions refuse when they are called.
const { psx } = host;
const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;

// Capabilities whose refusal looks like the kernel's own (code EACCES); every other one is ERR_CAPABILITY_DENIED.
const LIKE_KERNEL = new Set(['fs.read', 'fs.write', 'net.connect', 'net.listen']);
const EACCES = 13;

const may = (c, cap, value = '', port = -1) => psx.decide(c.id, psx.cap[cap], value, port);

// May it, without leaving a record? For choosing what to show; never for enforcing.
const peek = (c, cap, value = '', port = -1) => psx.peek(c.id, psx.cap[cap], value, port);

const holds = (c, cap) => psx.holds(c.id, psx.cap[cap]);
const values = (c, cap) => psx.values(c.id, psx.cap[cap]);

// onerror "exit": the first refusal that a package would be told of is the end, before any more of its code can run; not even 'exit' listeners do.
const realProcess = host.global.process;
const { _rawDebug: say, reallyExit } = realProcess;
let ends = psx.onerror() === 'exit';
const endRun = (reason) => {
  ends = false;
  say(`npsx: the policy says onerror "exit": ${reason}`);
  if (host.thread !== undefined) psx.end(1);
  psx.finish();
  apply(reallyExit, realProcess, [1]);
};

// more: {syscall, path, dest, address, port}, copied to the error where Node's own errors have them.
const denied = (c, cap, value = '', port = -1, more = undefined) => {
  const reason = psx.reason(c.id, psx.cap[cap], value, port);
  if (ends) endRun(reason);
  const error = new Error(reason);
  const kernel = LIKE_KERNEL.has(cap);
  if (kernel) error.errno = -EACCES;
  error.code = kernel ? 'EACCES' : 'ERR_CAPABILITY_DENIED';
  if (more !== undefined) for (const key of ownKeys(more)) error[key] = more[key];
  error.capability = cap;
  error.package = psx.label(c.id);
  return error;
};

const check = (c, cap, value = '', port = -1, more = undefined) => {
  if (!psx.decide(c.id, psx.cap[cap], value, port)) throw denied(c, cap, value, port, more);
};

// A check that is asked once and remembered, for boolean capabilities on hot paths (timers, clock, random).
const gate = (c, cap, value = '') => {
  let open = false;
  return () => {
    if (open) return;
    check(c, cap, value);
    open = true;
  };
};

const looksLikeClass = (fn) => {
  const { prototype } = fn;
  return typeof prototype === 'object' && prototype !== null && (ownKeys(prototype).length > 1 || /^[A-Z]/.test(fn.name));
};

// Five in a hundred packages stamp something with a time or a random number while they load. Without the grant they get a constant until they
// have loaded (nothing is told that way, and the refusal is recorded); from then on the call throws.
// Which of the two it is, psx.node says.
const TRUTH = 1, CONSTANT = 2;
const orConstant = (c, cap, f, constant) => () => {
  const answer = psx.tell(c.id, psx.cap[cap], c.loading);
  if (answer === TRUTH) return f();
  if (answer === CONSTANT) return constant;
  throw denied(c, cap);
};

// Names may be lent to a function, so that a stub is told apart from its neighbours in a stack trace.
const named = (fn, name, length) => {
  defineProperty(fn, 'name', { value: name, configurable: true });
  if (length !== undefined) defineProperty(fn, 'length', { value: length, configurable: true });
  return fn;
};

// The inert `constructor` of an object that is handed out: says whose it is, makes nothing. With the prototype that the object has anyway,
// where code compares methods with `x.constructor.prototype` (pino).
const inert = (name, prototype = undefined) => {
  const fn = named(function () { throw new TypeError('Illegal constructor'); }, name, 0);
  fn.prototype = prototype;
  return Object.freeze(fn);
};

const isPlain = (value) => {
  const proto = getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
};

// Same shape as `real` (a module, a class, a function, constants), every function of which asks when it is CALLED:
// granted (or learning) it does what the real one does, else it throws. Nothing throws at require(), nothing is
// shared with the real object, and nothing of it is called to find out its shape.
const stub = (c, real, cap, value = '') => {
  const made = new Map();
  const pairs = new Map();                              // stub object -> real object, so that `this` is translated back
  const copyKeys = (to, from, depth, skip) => {
    for (const key of ownKeys(from)) {
      if (skip.includes(key)) continue;
      const d = getOwnPropertyDescriptor(from, key);
      if (!('value' in d)) {                            // lazy accessors of modules: kept lazy, and asked for
        defineProperty(to, key, { configurable: true, enumerable: d.enumerable, get() { check(c, cap, value); return apply(d.get, from, []); } });
        continue;
      }
      defineProperty(to, key, { value: shape(d.value, depth + 1), configurable: true, enumerable: d.enumerable, writable: true });
    }
  };
  const refuse = (fn) => {
    const out = function (...args) {
      check(c, cap, value);
      const self = pairs.get(this) ?? this;
      return new.target === undefined ? apply(fn, self, args) : construct(fn, args);
    };
    return named(out, fn.name, fn.length);
  };
  const shape = (from, depth) => {
    if (typeof from !== 'function' && (typeof from !== 'object' || from === null)) return from;
    if (made.has(from)) return made.get(from);
    if (typeof from === 'function') {
      const out = refuse(from);
      made.set(from, out);
      pairs.set(out, from);
      if (looksLikeClass(from)) {
        out.prototype = {};
        defineProperty(out.prototype, 'constructor', { value: out, configurable: true, writable: true });
        for (let proto = from.prototype; proto !== null && proto !== Object.prototype; proto = getPrototypeOf(proto))
          for (const key of ownKeys(proto)) {
            if (Object.hasOwn(out.prototype, key)) continue;
            const d = getOwnPropertyDescriptor(proto, key);
            if (typeof d.value === 'function') defineProperty(out.prototype, key, { value: refuse(d.value), configurable: true, writable: true });
          }
      }
      if (depth < 3) copyKeys(out, from, depth, ['length', 'name', 'prototype', 'caller', 'arguments']);
      return out;
    }
    if (Array.isArray(from)) return from.map((x) => shape(x, depth + 1));
    if (!isPlain(from) && depth > 0) return undefined;  // a live instance is no shape
    const out = getPrototypeOf(from) === null ? { __proto__: null } : {};
    made.set(from, out);
    pairs.set(out, from);
    if (depth < 3) copyKeys(out, from, depth, []);
    return out;
  };
  return shape(real, 0);
};

exports.may = may;
exports.peek = peek;
exports.holds = holds;
exports.values = values;
exports.denied = denied;
exports.check = check;
exports.gate = gate;
exports.orConstant = orConstant;
exports.named = named;
exports.inert = inert;
exports.stub = stub;
