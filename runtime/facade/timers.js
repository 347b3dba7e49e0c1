// Timers return objects of our own: a real Timeout is a link in a list of everybody's timers and callbacks. Needs `timers`; the objects say
// nothing about other timers, and a callback's `this` is the object that its owner already has.

const { gate, inert, named } = use('deny');
const { apply, defineProperty } = Reflect;
const G = host.global;
const { setTimeout: realSetTimeout, setInterval: realSetInterval, setImmediate: realSetImmediate,
  clearTimeout: realClearTimeout, clearInterval: realClearInterval, clearImmediate: realClearImmediate } = G;
const promisifyCustom = Symbol.for('nodejs.util.promisify.custom');

let nextId = 1;
const NONE = Object.freeze([]);

class Timeout {
  #real; #callback; #args; #id = 0; #ids;
  static arm(set, callback, delay, args, ids) {
    const t = new Timeout();
    t.#callback = callback;
    t.#args = args;
    t.#ids = ids;
    t.#real = set(Timeout.fire, delay, t);
    return t;
  }
  static fire(t) {
    if (t.#args === NONE) t.#callback();                  // `this` is t
    else apply(t.#callback, t, t.#args);
  }
  static own(x) { return typeof x === 'object' && x !== null && #real in x; }
  static clear(t) {
    realClearTimeout(t.#real);
    if (t.#id !== 0) t.#ids.delete(t.#id);
  }
  ref() { this.#real.ref(); return this; }
  unref() { this.#real.unref(); return this; }
  hasRef() { return this.#real.hasRef(); }
  refresh() { this.#real.refresh(); return this; }
  close() { Timeout.clear(this); return this; }
  get _destroyed() { return this.#real._destroyed; }
  get _idleTimeout() { return this.#real._idleTimeout; }
  [Symbol.toPrimitive]() {
    if (this.#id === 0) {
      this.#id = nextId++;
      this.#ids.set(this.#id, this);
    }
    return this.#id;
  }
  [Symbol.dispose]() { Timeout.clear(this); }
}

class Immediate {
  #real; #callback; #args;
  static arm(callback, args) {
    const t = new Immediate();
    t.#callback = callback;
    t.#args = args;
    t.#real = realSetImmediate(Immediate.fire, t);
    return t;
  }
  static fire(t) {
    if (t.#args === NONE) t.#callback();
    else apply(t.#callback, t, t.#args);
  }
  static own(x) { return typeof x === 'object' && x !== null && #real in x; }
  static clear(t) { realClearImmediate(t.#real); }
  ref() { this.#real.ref(); return this; }
  unref() { this.#real.unref(); return this; }
  hasRef() { return this.#real.hasRef(); }
  get _destroyed() { return this.#real._destroyed; }
  [Symbol.dispose]() { Immediate.clear(this); }
}
const { arm: armTimeout, own: isTimeout, clear: clearOwnTimeout } = Timeout;
const { arm: armImmediate, own: isImmediate, clear: clearOwnImmediate } = Immediate;
for (const K of [Timeout, Immediate]) {
  defineProperty(K.prototype, 'constructor', { value: inert(K.name), writable: true, configurable: true });
  for (const { value, get } of Object.values(Object.getOwnPropertyDescriptors(K.prototype))) Object.freeze(value ?? get);
  for (const s of Object.getOwnPropertySymbols(K.prototype)) Object.freeze(K.prototype[s]);
  Object.freeze(Object.freeze(K).prototype);
}

// A timer of another package, or of the ambient application, may be cleared by whoever was handed it. A number names own timers only.
const clearer = (ids, realClear) => (timer) => {
  if (typeof timer === 'object' && timer !== null) {
    if (isTimeout(timer)) clearOwnTimeout(timer);
    else if (isImmediate(timer)) clearOwnImmediate(timer);
    else realClear(timer);
  } else if (timer !== undefined) {
    const t = ids.get(Number(timer));
    if (t !== undefined) clearOwnTimeout(t);
  }
};

const build = (c) => {
  const need = gate(c, 'timers');
  const ids = new Map();
  const set = (real) => function (callback, delay) {
    need();
    if (typeof callback !== 'function') return real(callback);          // its own TypeError
    return armTimeout(real, callback, delay, arguments.length < 3 ? NONE : Array.prototype.slice.call(arguments, 2), ids);
  };
  const own = {
    setTimeout: named(set(realSetTimeout), 'setTimeout'),
    clearTimeout: named(clearer(ids, realClearTimeout), 'clearTimeout'),
    setImmediate(callback) {
      need();
      if (typeof callback !== 'function') return realSetImmediate(callback);
      return armImmediate(callback, arguments.length < 2 ? NONE : Array.prototype.slice.call(arguments, 1));
    },
    clearImmediate: named(clearer(ids, realClearImmediate), 'clearImmediate'),
    setInterval: named(set(realSetInterval), 'setInterval'),
    clearInterval: named(clearer(ids, realClearInterval), 'clearInterval'),
  };
  let promises;
  defineProperty(own, 'promises', { get() { return (promises ??= promisesOf(need)); }, enumerable: true, configurable: true });
  for (const name of ['setTimeout', 'setImmediate'])
    defineProperty(own[name], promisifyCustom, { get() { return own.promises[name]; }, enumerable: true, configurable: true });
  return own;
};

const promisesOf = (need) => {
  const real = host.real('timers/promises');
  Object.freeze(Reflect.getPrototypeOf(real.setInterval(1)));
  const own = {
    setTimeout(delay, value, options) { need(); return real.setTimeout(delay, value, options); },
    setImmediate(value, options) { need(); return real.setImmediate(value, options); },
    setInterval(delay, value, options) { need(); return real.setInterval(delay, value, options); },
    scheduler: {
      wait(delay, options) { need(); return real.setTimeout(delay, undefined, options); },
      yield() { need(); return real.setImmediate(); },
    },
  };
  return own;
};

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own === undefined) made.set(c, own = build(c));
  return own;
};

// For Node's own fetch, which takes its timers from the shared global: real ones, in an object of ours.
const internalIds = new Map();
exports.internal = (real, name, callback, ...rest) => {
  if (name === 'clearTimeout' || name === 'clearInterval' || name === 'clearImmediate') return clearer(internalIds, real)(callback);
  if (typeof callback !== 'function') return real(callback);
  if (name === 'setImmediate') return armImmediate(callback, rest.length > 0 ? rest : NONE);
  return armTimeout(real, callback, rest[0], rest.length > 1 ? rest.slice(1) : NONE, internalIds);
};
