// Stack traces. Every package sees the ordinary `stack` string; a handler set with Error.prepareStackTrace sees only errors that its own package
// made or captured, with call sites that name places and hand out neither functions nor `this`.

const { overrideStackTrace } = host.internal('internal/errors');
const RealError = host.global.Error;
const capture = RealError.captureStackTrace;
const { defineProperty } = Reflect;

const METHODS = ['getTypeName', 'getFunctionName', 'getMethodName', 'getFileName', 'getLineNumber', 'getColumnNumber', 'getEvalOrigin', 'isToplevel',
  'isEval', 'isNative', 'isConstructor', 'isAsync', 'isPromiseAll', 'getPromiseIndex', 'getScriptNameOrSourceURL', 'getScriptHash',
  'getEnclosingColumnNumber', 'getEnclosingLineNumber', 'getPosition', 'toString'];
const INTERNAL = 'node:internal/npsx/';

function safeSite(site) {
  const safe = {};
  for (const m of METHODS) if (typeof site[m] === 'function') safe[m] = () => site[m]();
  // named like the real ones: depd and callsites call them
  safe.getThis = safe.getFunction = () => undefined;
  return safe;
}
const outside = (site) => !String(site.getFileName()).startsWith(INTERNAL);
// The list is made in the context where the stack is read, and there its methods are the package's: nothing of it is used but its elements.
function shown(sites) {
  const out = [];
  for (let i = 0; i < sites.length; i++) if (outside(sites[i])) defineProperty(out, out.length, { value: safeSite(sites[i]), writable: true, enumerable: true, configurable: true });
  return out;
}

// Before hardening: V8 reads stackTraceLimit as a data property of the real Error, which is frozen with this value.
exports.tame = () => {
  const limit = host.plan.options.stackTraceLimit;
  if (typeof limit === 'number') RealError.stackTraceLimit = limit;
  if (Object.hasOwn(RealError, 'prepareStackTrace')) RealError.prepareStackTrace = undefined;
};

// The Error of a vm context is its owner's, who may set prepareStackTrace on it: what it is handed names places as well. Called before the first
// context can be made; stacks of this context go the short way.
let contexts = false;
exports.contexts = () => {
  if (contexts) return;
  contexts = true;
  const { prepareStackTraceCallback: prepare } = host.internal('internal/errors');
  host.internal('internal/test/binding').internalBinding('errors').setPrepareStackTraceCallback((global, error, sites) =>
    prepare(global, error, global === host.realGlobal ? sites : shown(sites)));
};

function use_(E, error) {
  const prepare = E.prepareStackTrace;
  if (typeof prepare !== 'function') return;
  overrideStackTrace.set(error, (e, sites) => {
    const all = shown(sites);
    return Reflect.apply(prepare, E, [e, typeof E.stackTraceLimit === 'number' ? all.slice(0, Math.max(0, E.stackTraceLimit)) : all]);
  });
}

// The `Error` of files that use the stack API. Shares Error.prototype, so instanceof works both ways.
const made = new WeakMap();
exports.make = (c) => {
  const known = made.get(c);
  if (known) return known;
  function Error(...args) {
    const e = Reflect.construct(RealError, args, new.target === undefined ? RealError : new.target === Error ? RealError : new.target);
    capture(e, Error);
    use_(Error, e);
    return e;
  }
  Object.setPrototypeOf(Error, Object.getPrototypeOf(RealError));
  defineProperty(Error, 'length', { value: 1 });
  defineProperty(Error, 'prototype', { value: RealError.prototype, writable: false });
  defineProperty(Error, 'isError', { value: RealError.isError, writable: true, configurable: true });
  defineProperty(Error, 'stackTraceLimit', { value: RealError.stackTraceLimit, writable: true, enumerable: true, configurable: true });
  defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: true, enumerable: false, configurable: true });
  defineProperty(Error, 'captureStackTrace', { value: function captureStackTrace(object, above) {
    capture(object, typeof above === 'function' ? above : captureStackTrace);
    use_(Error, object);
  }, writable: true, enumerable: true, configurable: true });
  made.set(c, Error);
  return Error;
};
