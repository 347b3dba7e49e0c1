// The boot of a worker: the thread was started by facade/worker_threads.js with the text of boot.js, so everything up to here is as in the main
// thread. Its rights are its creator's: the main script runs as its own package when that is the creator or the creator is the application, else
// as the creator; whatever else is loaded is identified and granted as always.

const { plan } = host;
const real = host.real('worker_threads');
const compartment = use('compartment');
const realProcess = host.global.process;

// Written by the creator's side of npsx, before any code of a package ran here
const [told, workerData] = real.workerData ?? [];
const { parentPort } = real;
real.workerData = real.parentPort = null;
exports.told = told;

// Who may talk to the creator: the creator's own package, and the one that the main script belongs to
const insiders = new Set();
exports.isInsider = (c) => insiders.has(c);
exports.portFor = (c) => (insiders.has(c) ? parentPort : null);
exports.dataFor = (c) => (insiders.has(c) ? workerData : null);
exports.argvFor = (c) => (insiders.has(c) ? [...shownArgv, ...told.argv] : [...realProcess.argv]);
let shownArgv;

function prepareProcess(creator) {
  const { script } = told;
  delete realProcess._eval;
  shownArgv = [realProcess.argv[0], ...(script.kind === 'file' ? [script.named] : script.kind === 'eval' ? ['[worker eval]'] : [])];
  realProcess.argv = creator.free ? [...shownArgv, ...told.argv] : shownArgv;
  realProcess.execArgv = told.execArgv;
  if (told.env === undefined) return;
  // Of the application the whole thread sees what it gave; of a package it alone does.
  if (creator.free && told.env.exact) {
    for (const name of Object.keys(realProcess.env)) delete realProcess.env[name];
    for (const [name, value] of told.env.entries) realProcess.env[name] = value;
  }
  if (!creator.ambient) use('facade/env').give(creator, told.env);
}

// -> the compartment that the main script runs in
function owner(creator, file) {
  use('resolve').contain(creator, file, file);
  const its = compartment.of(file);
  if (its === creator || creator.free) return its;
  compartment.adopt(file, creator);
  return creator;
}

// Node finds an error's class by a data property `constructor`, which hardened prototypes have as an accessor: it gets a plain copy that has one.
const { isNativeError } = host.real('util').types;
const CLASSES = [AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error];
function copyOf(error, seen) {
  if (!isNativeError(error) || seen.has(error)) return error;
  seen.add(error);
  const constructor = CLASSES.find((C) => error instanceof C) ?? Error;
  const copy = Object.create(Object.create(null, { constructor: { value: constructor } }), { [Symbol.toStringTag]: { value: 'Error' } });
  for (const key of new Set(['name', 'message', ...Object.getOwnPropertyNames(error)])) {
    const value = error[key];
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
    if (typeof value !== 'function') Object.defineProperty(copy, key, { value: key === 'cause' ? copyOf(value, seen) : value, enumerable, writable: true, configurable: true });
  }
  return copy;
}
function tellErrors() {
  const serdes = host.internal('internal/error_serdes');
  const { serializeError } = serdes;
  serdes.serializeError = (error) => {
    let copy = error;
    try { copy = copyOf(error, new Set()); } catch { /* as it is */ }
    return serializeError(copy);
  };
}

// What a message can bring natively, past runtime/messages.js: handles of sockets, keys, histograms. Their classes are sealed before the first comes.
const NATIVE = ['worker_threads', 'net', 'crypto', 'perf_hooks'];

exports.run = () => {
  tellErrors();
  NATIVE.forEach(use('seal').builtin);
  if (told.conditions.length > 0) plan.options.conditions = [...plan.options.conditions ?? [], ...told.conditions];
  const main = use('main');
  if (plan.main.kind === 'file') compartment.setMain(plan.main.path);
  const creator = compartment.ofRoot(told.root);
  insiders.add(creator);
  main.prepare();
  prepareProcess(creator);
  main.atExit();
  main.preload([...(creator.free ? plan.preload.map((spec) => [spec, `${compartment.here()}/[preload]`]) : []),
    ...told.preload.map((spec) => [spec, `${creator.root}/[preload]`])], () => start(main, creator));
};

function start(main, creator) {
  const { script } = told;
  if (script.kind === 'eval') return main.text(creator, script.source, `${creator.free ? plan.cwd : creator.root}/[worker eval]`, '[worker eval]');
  if (script.kind === 'data') return main.settle(use('esm').importData(creator, script.url));
  const { real: realPath, isFile, tryFile, fail } = use('resolve');
  const file = isFile(script.path) ? realPath(script.path) : undefined;
  const found = file ?? (tryFile(script.path) && realPath(tryFile(script.path)));
  if (found === undefined) throw fail('MODULE_NOT_FOUND', `Cannot find module '${script.path}'`);
  insiders.add(owner(creator, found));
  return main.file(found);
}
