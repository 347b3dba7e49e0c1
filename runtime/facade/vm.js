// vm needs `eval`. Code runs in a context of its own, with nothing in it but what the package puts there: no import(), no shared clock or
// randomness that the package itself has not. "This context" is the package's own eval, because a script of the main context would share its
// top-level names with everybody. Code caches are not accepted: V8 trusts their bytes.

const { check, holds, may } = use('deny');
const { isFrozen } = Object;
const { construct, defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;

const primitive = (v) => (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? v : undefined);
const SCRIPT_OPTIONS = ['filename', 'lineOffset', 'columnOffset'];
const RUN_OPTIONS = ['displayErrors', 'timeout'];
const CONTEXT_OPTIONS = ['contextName', 'name', 'contextOrigin', 'origin', 'microtaskMode'];
const pick = (options, names) => {
  const out = {};
  const from = typeof options === 'string' ? { filename: options } : options ?? {};
  for (const name of names) {
    const value = primitive(from[name]);
    if (value !== undefined) out[name] = value;
  }
  return out;
};

// A fresh context has its own Date, Math and Atomics: they may tell the package no more than its own do. What these functions need when they are called
// is taken beforehand: later the names are the package's, and a Reflect.construct of its own would be given the real Date.
const taming = (c) => {
  const lines = [];
  const throwing = (what) => `function(){throw assign(new E('npsx: ${what} needs a capability that this package was not granted'),{code:'ERR_CAPABILITY_DENIED'})}`;
  if (!use('facade/clock').isExact(c)) {
    lines.push(`{const R=Date,f=${throwing('the current time')};const D=function Date(...a){if(!new.target||a.length===0)f();return construct(R,a,new.target)};`
      + "Object.defineProperty(D,'prototype',{value:R.prototype});D.now=R.now=f;D.parse=R.parse;D.UTC=R.UTC;R.prototype.constructor=D;delete globalThis.Date;globalThis.Date=D}",
    'delete globalThis.Temporal;delete globalThis.Intl;');
  }
  if (!use('facade/random').sourceFor(c).exact) lines.push(`Math.random=${throwing('Math.random')};`);
  if (!use('facade/intl').locale(c)) lines.push('delete globalThis.Intl;');
  if (!holds(c, 'timers')) lines.push(`Atomics.wait=${throwing('Atomics.wait')};Atomics.waitAsync=${throwing('Atomics.waitAsync')};`);
  if (!holds(c, 'gc')) lines.push('delete globalThis.WeakRef;delete globalThis.FinalizationRegistry;');
  return lines.length === 0 ? '' : `{const {assign}=Object,{construct}=Reflect,E=Error;${lines.join('')}}`;
};

// The names that the taming uses must mean the new context's own, so what the package put under them waits until it is done.
const NAMES = ['Date', 'Math', 'Reflect', 'Object', 'Error', 'Intl', 'Temporal', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'globalThis'];
const tameContext = (real, context, prelude) => {
  const aside = {};
  for (const name of NAMES) {
    const d = getOwnPropertyDescriptor(context, name);
    if (d !== undefined && deleteProperty(context, name)) aside[name] = d;
    if (name in context) throw Object.assign(new TypeError(`npsx: a context whose object inherits or locks '${name}' needs the capabilities clock, random, timers and gc`), { code: 'ERR_CAPABILITY_DENIED' });
  }
  real.runInContext(prelude, context);
  for (const name of Object.keys(aside)) defineProperty(context, name, aside[name]);
};

const givesCode = (options) => typeof options === 'object' && options !== null && options.cachedData !== undefined;

// While learning, a context that cannot be tamed asks for what it would tell (jest).
const learnt = (c) => {
  if (host.plan.mode !== 'learn') return false;
  for (const cap of ['clock', 'random', 'timers', 'gc']) may(c, cap);
  return may(c, 'system', 'locale');
};

// A time limit ends whatever runs just then, `finally` or not, and the code in a context can call out of it. What the runtime had begun it can neither finish
// nor take back, and what is half sealed is not sealed.
const limited = (run) => {
  host.room();
  const before = host.marks.map(({ read }) => read());
  try { return run(); } catch (error) {
    if (host.marks.some(({ read, rest }, i) => read() !== (i < before.length ? before[i] : rest))) {
      host.global.process._rawDebug('npsx: the time limit of a vm context ended the runtime in the middle of a step; it cannot go on');
      host.global.process.reallyExit(1);
    }
    throw error;
  }
};

// A sloppy callee could read the function and the arguments of whoever called it, in every context. No name is looked up here: it could be the package's.
const HYGIENE = 'delete (function(){}).__proto__.caller;delete (function(){}).__proto__.arguments;';
let making = 0;
host.inside(() => making);

const build = (c) => {
  const real = host.real('vm');
  const { isProxy } = host.real('util').types;
  const need = () => check(c, 'eval');
  const prelude = taming(c);
  const createContext = (object = {}, options = undefined) => {
    need();
    if (typeof object === 'object' && object !== null && real.isContext(object)) return object;
    // what is frozen may be shared (Object.prototype), and a context hangs on its object: whoever else asks for one of it gets this
    if (typeof object === 'object' && object !== null && isFrozen(object)) throw new TypeError('npsx: a frozen object cannot be the object of a context');
    const bare = object === real.constants.DONT_CONTEXTIFY;
    const open = prelude !== '' && (bare || isProxy(object)) && learnt(c);
    if (prelude !== '' && isProxy(object) && !open) throw new TypeError('npsx: a proxy cannot be the object of a context without the capabilities clock, random, timers and gc');
    const { codeGeneration } = options ?? {};
    const given = { ...pick(options, CONTEXT_OPTIONS),
      ...(codeGeneration ? { codeGeneration: { strings: codeGeneration.strings !== false, wasm: codeGeneration.wasm !== false } } : {}) };
    host.room();
    making++;
    try {
      const context = real.createContext(object, given);
      real.runInContext(HYGIENE, context);
      // an ordinary global object holds nothing of the package yet
      if (prelude !== '' && !open) {
        if (bare) real.runInContext(prelude, context);
        else tameContext(real, context, prelude);
      }
      return context;
    } finally { making--; }
  };
  const own = {};
  class Script {
    #script; #source; #rejected;
    // compiled is not run (v8-compile-cache, vm2 and esm do this while loading)
    constructor(code, options = undefined) {
      this.#source = `${code}`;
      if (givesCode(options)) this.#rejected = true;
      this.#script = new real.Script(this.#source, pick(options, SCRIPT_OPTIONS));
    }
    runInContext(context, options = undefined) {
      need();
      const picked = pick(options, RUN_OPTIONS);
      const run = () => this.#script.runInContext(context, picked);
      return picked.timeout === undefined ? run() : limited(run);
    }
    runInNewContext(object, options = undefined) { return this.runInContext(createContext(object, options), options); }
    runInThisContext() { return own.runInThisContext(this.#source); }
    createCachedData() { return Buffer.alloc(0); }
    get cachedDataRejected() { return this.#rejected; }
    get sourceMapURL() { return this.#script.sourceMapURL; }
  }
  use('seal').own(Script);
  Object.assign(own, {
    Script,
    createContext,
    createScript: (code, options) => new Script(code, options),
    runInContext: (code, context, options) => new Script(code, options).runInContext(context, options),
    runInNewContext: (code, object, options) => new Script(code, options).runInNewContext(object, options),
    runInThisContext(code) { need(); return use('codegen').make(c).eval(`${code}`); },
    isContext: (object) => real.isContext(object),
    compileFunction(code, params = [], options = undefined) {
      need();
      const names = Array.from(params, String);
      const { parsingContext, contextExtensions } = options ?? {};
      if (Array.isArray(contextExtensions) && contextExtensions.length > 0)
        throw Object.assign(new Error('npsx: contextExtensions are not offered to packages; pass the objects as parameters'), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
      const made = parsingContext === undefined ? construct(use('codegen').make(c).Function, [...names, `${code}`])
        : real.compileFunction(`${code}`, names, { ...pick(options, SCRIPT_OPTIONS), parsingContext });
      if (givesCode(options)) made.cachedDataRejected = true;
      return made;
    },
    measureMemory() { check(c, 'system', 'memory'); return real.measureMemory(); },
    constants: Object.freeze({ __proto__: null, DONT_CONTEXTIFY: real.constants.DONT_CONTEXTIFY }),
  });
  return own;
};
exports.make = build;
