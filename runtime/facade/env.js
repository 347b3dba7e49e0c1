// process.env of a package: the granted names of the real environment, under the package's own writes. What it writes stays its own, but for a
// granted name that nobody has set yet, or only while running: that one the other holders see as well (dotenv). The application is heard in
// any case. What steers the process itself is never passed on (src/policy/env.c).
// One decision a name. Without a grant a name that exists is refused (and recorded, once) and reads as undefined; a name that does not exist
// is simply undefined. While learning every name that is asked for is recorded, so that optional variables are found too.

const { may, peek } = use('deny');
const { psx } = host;
const { defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const real = host.global.process.env;
const learning = host.plan.mode === 'learn';
const hidden = new Set(host.plan.hiddenEnv);

const SET = 1;                                          // psx_policy_use: for the whole process

// Set while running: whoever holds such a name may set it again (dotenv-expand after dotenv).
const passedOn = new Set();

const text = (value, what) => {
  if (typeof value === 'symbol') throw new TypeError(`Cannot convert a Symbol value to a string (${what})`);
  return String(value);
};

// What the creator of this thread gave it: entries over what is inherited, or (exact) instead of it.
const given = new WeakMap();
exports.give = (c, env) => { given.set(c, env); };
// For a thread that is started here: what the package wrote and kept. The rest it inherits there as here.
const kept = new WeakMap();
exports.written = (c) => Object.entries(kept.get(c) ?? {});

const build = (c) => {
  const start = given.get(c);
  const own = { ...Object.fromEntries(start?.entries ?? []) };         // local writes; also the proxy's target
  const alone = start?.exact === true;
  kept.set(c, own);
  const removed = new Set();                            // names deleted here
  const decided = new Map();
  // The real value of a name that this package may read, else undefined.
  const inherited = (name) => {
    if (alone || removed.has(name)) return undefined;
    const value = real[name];
    if (value === undefined && !learning && !hidden.has(name)) return undefined;
    let granted = decided.get(name);
    if (granted === undefined) decided.set(name, granted = may(c, 'env', name));
    return granted && Object.hasOwn(real, name) ? value : undefined;
  };
  const first = c.id === 0;
  const passesOn = (name) => !alone && !Object.hasOwn(own, name) && (first || real[name] === undefined || passedOn.has(name)) && psx.env(c.id, name, SET) && may(c, 'env', name);
  const write = (name, value) => {
    removed.delete(name);
    if (!passesOn(name)) { own[name] = value; return; }
    real[name] = value;
    passedOn.add(name);
  };
  const show = (value) => ({ value, writable: true, enumerable: true, configurable: true });
  const find = (name) => {
    if (typeof name === 'symbol') return undefined;
    if (Object.hasOwn(own, name)) return own[name];
    if (name in Object.prototype && !Object.hasOwn(real, name)) return undefined;
    return inherited(name);
  };
  const look = (name) => (Object.hasOwn(own, name) ? own[name] : removed.has(name) || !peek(c, 'env', name) ? undefined : real[name]);
  const env = new Proxy(own, {
    get(target, name) {
      const value = find(name);
      return value === undefined ? Object.prototype[name] : value;
    },
    has: (target, name) => find(name) !== undefined || name in Object.prototype,
    set(target, name, value) {
      write(text(name, 'name'), text(value, 'value'));
      return true;
    },
    defineProperty(target, name, d) {
      if (!('value' in d) || d.configurable === false || d.writable === false || d.enumerable === false)
        throw Object.assign(new TypeError("'process.env' only accepts a configurable, writable, and enumerable data descriptor"), { code: 'ERR_INVALID_OBJECT_DEFINE_PROPERTY' });
      return defineProperty(own, text(name, 'name'), show(text(d.value, 'value')));
    },
    deleteProperty(target, name) {
      if (typeof name === 'symbol') return true;
      if (passedOn.has(name) && passesOn(name)) delete real[name];
      else removed.add(name);
      return deleteProperty(own, name);
    },
    getOwnPropertyDescriptor(target, name) {
      if (typeof name === 'string' && Object.hasOwn(own, name)) return getOwnPropertyDescriptor(own, name);
      const value = find(name);
      return value === undefined ? undefined : show(value);
    },
    // Listing shows what is granted and decides nothing: the read that follows does.
    ownKeys() {
      const names = new Set(ownKeys(own));
      if (!alone) for (const name of ownKeys(real)) if (!removed.has(name) && peek(c, 'env', name)) names.add(name);
      return [...names];
    },
    preventExtensions: () => false,
    setPrototypeOf: () => false,
  });
  return { env, look };
};

const made = new WeakMap();
const of = (c) => {
  let one = made.get(c);
  if (one === undefined) made.set(c, one = build(c));
  return one;
};
exports.make = (c) => of(c).env;
// What the package would see, without that being a use of it.
exports.look = (c, name) => of(c).look(name);
