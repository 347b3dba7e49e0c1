// Settings of the whole process that hang on objects which packages share and can walk to: util.inspect (the third argument of every custom
// inspector) and the legacy Stream (the prototype chain of every stream). Taken away at boot; an ambient application gets them back
// in its own copy of the module, see table.js.

const { named } = use('deny');
const { apply, defineProperty } = Reflect;

const { inspect, formatWithOptions } = host.internal('internal/util/inspect');
const lazyUtil = () => host.real('util');

const refuse = (name) => ({ [name]() {
  throw Object.assign(new Error(`npsx: ${name}() changes a setting of the whole process; it needs the capability ambient`), { code: 'ERR_CAPABILITY_DENIED', capability: 'ambient' });
} }[name]);

// At boot: what an object reaches without requiring anything.
exports.tame = () => {
  // The accessor itself cannot be redefined; it hands out and assigns to this one object.
  Object.freeze(inspect.defaultOptions);
  // one function for every custom inspector
  for (const colors of [false, true]) inspect({ [inspect.custom](depth, { stylize }) { use('harden').freezeFunction(stylize); return ''; } }, { colors });
  for (const key of ['styles', 'colors', 'replDefaults']) {
    const table = inspect[key];
    if (typeof table !== 'object' || table === null) continue;
    for (const value of Object.values(table)) if (Array.isArray(value)) Object.freeze(value);
    Object.freeze(table);
  }
};

// A pipe that ends does not end standard output: node compares with its own, and packages have theirs (facade/stdio.js).
const outputs = new WeakSet();
exports.outputs = outputs;
const keepOutputs = ({ prototype }) => {
  const { pipe } = prototype;
  defineProperty(prototype, 'pipe', { value: { pipe(dest, options) { return apply(pipe, this, [dest, outputs.has(dest) ? { end: false } : options]); } }.pipe });
};

// Before the first builtin is sealed.
let setDefaultHighWaterMark;
exports.tameClasses = () => {
  use('facade/events').tame();
  use('facade/seal_hidden').sealDuplexify();
  const stream = host.real('stream');
  exports.setDefaultHighWaterMark = setDefaultHighWaterMark = stream.setDefaultHighWaterMark;
  keepOutputs(stream.Readable);
  // an event would tell the time of its making
  const { prototype } = host.global.Event;
  defineProperty(prototype, 'timeStamp', { get: Object.freeze({ get() { return 0; } }.get), set: undefined });
  defineProperty(prototype, inspect.custom, { value: { inspect(depth, options) {
    return depth < 0 ? this.constructor.name : `${this.constructor.name} ${inspect({ type: this.type, defaultPrevented: this.defaultPrevented, cancelable: this.cancelable, timeStamp: 0 }, { ...options, depth: options.depth === null ? null : options.depth - 1 })}`;
  } }.inspect });
  defineProperty(stream, 'setDefaultHighWaterMark', { value: refuse('setDefaultHighWaterMark') });
};

// For the ambient application: `util.inspect.defaultOptions.depth = null` works, for its util and its console.
let defaults;
const followDefaults = () => {
  if (defaults !== undefined) return;
  defaults = {};
  const { console } = host.global;
  const format = (args) => formatWithOptions(defaults, ...args);
  for (const name of ['log', 'info', 'debug', 'warn', 'error']) {
    const real = console[name];
    console[name] = named((...args) => (args.every((a) => typeof a === 'string') ? real(...args) : real('%s', format(args))), name);
  }
  const { dir } = console;
  console.dir = named((object, options) => dir(object, { ...defaults, ...options }), 'dir');
};

exports.inspecting = () => {
  const own = named((value, options, ...legacy) => {
    if (defaults === undefined || legacy.length > 0 || typeof options === 'boolean') return inspect(value, options, ...legacy);
    return inspect(value, { ...defaults, ...options });
  }, 'inspect', 2);
  for (const key of Reflect.ownKeys(inspect)) if (!['length', 'name', 'prototype', 'defaultOptions'].includes(key)) own[key] = inspect[key];
  const live = new Proxy({}, {
    get: (t, key) => ({ ...inspect.defaultOptions, ...defaults })[key],
    set(t, key, value) { followDefaults(); defaults[key] = value; return true; },
    has: (t, key) => key in inspect.defaultOptions,
    ownKeys: () => Reflect.ownKeys(inspect.defaultOptions),
    getOwnPropertyDescriptor: (t, key) => ({ value: live[key], writable: true, enumerable: true, configurable: true }),
  });
  defineProperty(own, 'defaultOptions', { get: () => live, set(options) { Object.assign(live, options); }, configurable: true });
  const format = named((...args) => (defaults === undefined ? apply(lazyUtil().format, undefined, args) : formatWithOptions(defaults, ...args)), 'format');
  return { inspect: own, format };
};
