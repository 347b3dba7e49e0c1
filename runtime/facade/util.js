// util: Node's own functions in an object of the package's own. inspect() keeps its defaults per package; debuglog and parseArgs read the
// package's environment and arguments, not the process's.

const { check, named } = use('deny');
const { defineProperty, ownKeys } = Reflect;

const inspectOf = (real) => {
  const defaults = {};
  const own = named(function (value, options, ...legacy) {
    if (legacy.length > 0 || typeof options === 'boolean') return real(value, options, ...legacy);
    return real(value, { ...defaults, ...options });
  }, 'inspect', 2);
  for (const key of ownKeys(real)) {
    if (['length', 'name', 'prototype', 'defaultOptions'].includes(key)) continue;
    const value = real[key];
    defineProperty(own, key, { value: typeof value === 'object' && value !== null ? { ...value } : value, writable: true, enumerable: true, configurable: true });
  }
  defineProperty(own, 'defaultOptions', {
    get() { return { ...real.defaultOptions, ...defaults }; },
    set(options) { Object.assign(defaults, options); },
    configurable: true,
  });
  return own;
};

const debuglogOf = (c, util) => {
  const sections = (name) => {
    const wanted = use('facade/process').make(c).env.NODE_DEBUG ?? '';
    return `${wanted}`.toUpperCase().split(',').includes(name);
  };
  return named((section, ready) => {
    const name = `${section}`.toUpperCase();
    let on;
    const log = (...args) => {
      if (!log.enabled) return;
      use('facade/process').make(c).stderr.write(`${name}: ${util.format(...args)}\n`);
    };
    defineProperty(log, 'enabled', { get: () => (on ??= sections(name)), configurable: true, enumerable: true });
    if (typeof ready === 'function') ready(log);
    return log;
  }, 'debuglog', 2);
};

// Node marks the function that it returns anew each time; one that is shared and frozen is returned as it is.
const { promisify: realPromisify } = host.real('util');
const promisify = named((original) => {
  const custom = typeof original === 'function' ? original[realPromisify.custom] : undefined;
  return typeof custom === 'function' && !Object.isExtensible(custom) ? custom : realPromisify(original);
}, 'promisify', 1);
defineProperty(promisify, 'custom', { value: realPromisify.custom, writable: true, enumerable: true, configurable: true });
Object.freeze(promisify);

const copyEntry = ([code, names]) => [code, [...names]];

// -> the names that differ from Node's util; table.js adds the shared ones
exports.replacements = (c) => {
  const util = host.real('util');
  const debuglog = debuglogOf(c, util);
  const timed = (name) => named((...args) => { check(c, 'timers'); return util[name](...args); }, name);
  return {
    inspect: inspectOf(util.inspect),
    promisify,
    debuglog,
    debug: debuglog,
    types: { ...util.types },
    getSystemErrorMap: () => new Map([...util.getSystemErrorMap()].map(copyEntry)),
    getCallSites: (count, options) => (typeof count === 'number' ? util.getCallSites(Math.min(count + 1, 200)).slice(1) : util.getCallSites().slice(1)),
    debounce: timed('debounce'),
    throttle: timed('throttle'),
    parseArgs: (config = {}) => util.parseArgs(config?.args === undefined ? { ...config, args: use('facade/process').make(c).argv.slice(2) } : config),
  };
};
exports.ambient = () => ({ ...use('facade/settings').inspecting(), promisify });
