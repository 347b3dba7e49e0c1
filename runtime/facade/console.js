// A console per package, over that package's own stdout and stderr. Node's class does the formatting; its constructor and its stopwatch are not
// reachable: time(), timeLog() and timeEnd() tell time, so they ask the package's clock.

const { named } = use('deny');
const { construct, defineProperty, setPrototypeOf } = Reflect;

let methods;                                                  // Node's Console.prototype without its constructor
const consoleClass = () => host.global.console.Console;
const descriptors = () => {
  const { constructor, ...own } = Object.getOwnPropertyDescriptors(consoleClass().prototype);
  freezeOptions();
  for (const key of ['time', 'timeEnd', 'timeLog']) own[key] = { value: { [key]() {} }[key], writable: true, enumerable: true, configurable: true };   // see stopwatch()
  return own;
};
// With colours and without: two objects for all consoles, which each of them shows.
let optionsAreFrozen = false;
const freezeOptions = () => {
  if (optionsAreFrozen) return;
  optionsAreFrozen = true;
  const symbolOf = (o, name) => Reflect.ownKeys(o).find((k) => typeof k === 'symbol' && k.description === name);
  for (const colorMode of [false, true]) {
    const own = new (consoleClass())({ stdout: { write() {} }, colorMode });
    Object.freeze(own[symbolOf(consoleClass().prototype, 'kGetInspectOptions')](own));
  }
};
const prototypeOf = () => {
  if (methods === undefined) use('seal').own(methods = Object.create(Object.prototype, descriptors()));
  return methods;
};

const format = (ms) => {
  if (ms >= 3_600_000) return `${(ms / 3_600_000).toFixed(3)}h`;
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')} (m:ss.mmm)`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(3)}s`;
  return `${Number(ms.toFixed(3))}ms`;
};

const stopwatch = (c, own) => {
  const started = new Map();
  const now = () => use('facade/clock').performanceFor(c).now();
  const warn = (text) => { host.global.process.emitWarning(text); };
  const elapsed = (label, what) => {
    const t = started.get(label);
    if (t === undefined) { warn(`No such label '${label}' for ${what}`); return undefined; }
    return format(now() - t);
  };
  Object.assign(own, {
    time(label = 'default') {
      label = `${label}`;
      if (started.has(label)) warn(`Label '${label}' already exists for console.time()`);
      else started.set(label, now());
    },
    timeEnd(label = 'default') {
      label = `${label}`;
      const t = elapsed(label, 'console.timeEnd()');
      if (t !== undefined) own.log('%s: %s', label, t);
      started.delete(label);
    },
    timeLog(label = 'default', ...data) {
      label = `${label}`;
      const t = elapsed(label, 'console.timeLog()');
      if (t !== undefined) own.log('%s: %s', label, t, ...data);
    },
    profile() {}, profileEnd() {}, timeStamp() {}, context() { return own; },
    createTask() { return { run(f) { return f(); } }; },
  });
};

// Node's constructor sets an object up in place; the object it works on is ours from the start, so that nothing leads back.
const build = (c, args) => {
  const Shell = function () {};
  // it assigns every method to the instance, which a frozen prototype would refuse
  Shell.prototype = Object.create(Object.prototype, descriptors());
  const own = construct(consoleClass(), args, Shell);
  setPrototypeOf(own, prototypeOf());
  stopwatch(c, own);
  return own;
};

// Node's console is built at the first call: most packages name it and print nothing.
const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'dir', 'dirxml', 'trace', 'assert', 'clear', 'count', 'countReset', 'group', 'groupCollapsed', 'groupEnd', 'table',
  'time', 'timeEnd', 'timeLog', 'profile', 'profileEnd', 'timeStamp', 'context', 'createTask'];
const make = (c) => {
  let whole;
  const all = () => (whole ??= makeWhole(c, own));
  const own = Object.create(Object.prototype, { [Symbol.toStringTag]: { value: 'console', configurable: true } });
  for (const name of METHODS) own[name] = { [name](...args) { return all()[name](...args); } }[name];
  for (const name of ['Console', '_stdout', '_stderr', '_ignoreErrors', '_times', '_stdoutErrorHandler', '_stderrErrorHandler'])
    defineProperty(own, name, { get() { return all()[name]; }, set(value) { defineProperty(own, name, { value, writable: true }); }, enumerable: name === 'Console', configurable: true });
  return own;
};

// shown: the console that the package holds, in front of this one
const makeWhole = (c, shown) => {
  const { stdout, stderr } = use('facade/process').make(c);
  const Console = named(function (...args) {
    const own = build(c, args);
    if (new.target !== undefined && new.target !== Console) setPrototypeOf(own, new.target.prototype);
    return own;
  }, 'Console', 1);
  Console.prototype = Object.create(prototypeOf(), { constructor: { value: Console, writable: true, configurable: true } });
  const isConsole = consoleClass()[Symbol.hasInstance];
  defineProperty(Console, Symbol.hasInstance, { value: { [Symbol.hasInstance](x) { return x === shown || isConsole(x); } }[Symbol.hasInstance] });
  const own = build(c, [{ stdout, stderr }]);
  setPrototypeOf(own, Object.create(prototypeOf(), { [Symbol.toStringTag]: { value: 'console', configurable: true } }));
  defineProperty(own, 'Console', { value: Console, writable: true, enumerable: true, configurable: true });
  return own;
};

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own === undefined) made.set(c, own = make(c));
  return own;
};
