// Runs what the plan names: a file, a text (-e, -p, stdin), after the preloads; then the end of the run.

const { plan, psx } = host;
const compartment = use('compartment');
const cjs = use('cjs');
const esm = use('esm');
const { fail } = use('resolve');
const realProcess = host.global.process;

function atExit() {
  realProcess.on('exit', () => {
    if (pending > 0 && realProcess.exitCode === undefined) {
      realProcess.exitCode = 13;
      host.global.console.error(`Warning: Detected unsettled top-level await at ${plan.main.path ?? '[eval]'}`);
    }
    // the main thread tells for all
    if (host.thread === undefined) psx.finish();
  });
}
let pending = 0;
function settle(promise) {
  pending++;
  promise.then(() => { pending--; }, (e) => {
    pending--;
    // as an uncaught error of the program, not as a rejection
    use('main').crash(e);
  });
}
const { triggerUncaughtException } = host.internal('internal/test/binding').internalBinding('errors');
exports.crash = (e) => { triggerUncaughtException(e, true); };

// -> a promise when it is an ES module
function loadAny(file, isMain) {
  const format = cjs.format(file);
  const c = compartment.of(file);
  if (format === 'esm' || format === 'wasm') return isMain ? esm.runMain(file) : esm.importFile(file);
  if (format === undefined) {
    const unit = use('compile').read(c, compartment.rootOf(file), file);
    if (unit.entry.flags & 1 && cjs.isEsm(unit)) return isMain ? esm.runMain(file) : esm.importFile(file);
  }
  if (isMain) cjs.setMain(file);
  else cjs.loadFile(file);
  return undefined;
}

// Under node -e the builtins are names: `node -e "console.log(os.EOL)"`
function builtinNames(c) {
  const names = Object.create(null);
  const { listed, here } = compartment;
  const get = (n) => {
    if (listed) use('manifest').builtinOfText(`${here()}/<eval>`, n);
    return use('builtins').get(c, n);
  };
  for (const n of host.real('module').builtinModules) if (/^[a-z]\w*$/.test(n)) names[n] = () => get(n);
  return names;
}

// TypeScript when it was said, or when it is nothing else: what does not parse is tried without its types, as node does.
function unitOf(source, inputType, file) {
  const { unitOfText, FLAG } = use('compile');
  const strip = () => unitOfText(host.real('module').stripTypeScriptTypes(source), file);
  if (inputType?.endsWith('-typescript')) return strip();
  const unit = unitOfText(source, file);
  if (inputType !== null || !(unit.entry.flags & FLAG.ERRORS)) return unit;
  try { return strip(); } catch { return unit; }
}

function runText({ source: typed, print, module: asModule, inputType, kind }) {
  const c = compartment.app();
  const name = kind === 'stdin' ? '[stdin]' : '[eval]';
  const cwd = compartment.here();
  const file = `${cwd === '/' ? '' : cwd}/${name}`;
  const { FLAG } = use('compile');
  const unit = unitOf(typed, inputType, file);
  if (asModule || (!print && unit.entry.flags & FLAG.ESM)) return settle(esm.runText(c, unit.source, `${file}1`));
  if (compartment.listed && kind !== 'stdin') use('manifest').builtinOfText(`${cwd}/<eval>`, 'module');
  if (compartment.listed) use('manifest').text(`${file}-wrapper`, unit.source);
  const module = textModule(c, file, name, builtinNames(c));
  unit.file = name;
  return print ? printText(c, unit.source, unit, file, module) : callText(c, unit, file, module);
}
function textModule(c, file, name, names) {
  const module = cjs.makeModule(c, file, undefined);
  module.id = name;
  module.parent = undefined;
  module.bindings = names;
  return module;
}
function callText(c, unit, file, module) {
  const fn = use('compile').commonjs(c, unit, esm.importer(c, file), module.bindings);
  fn(module.exports, cjs.requireOf(module), module, unit.file, '.');
}
function printText(c, source, unit, file, module) {
  // direct eval gives the completion value and keeps declarations inside
  const names = use('compile').bindings(c, unit.entry, file, module.bindings);
  const run = host.real('vm').compileFunction('return eval(__source)', ['__source', 'exports', 'require', 'module', '__filename', '__dirname', ...names[0]],
    { filename: '[eval]', importModuleDynamically: esm.importer(c, file) });
  const value = Reflect.apply(run, module.exports, [source, module.exports, cjs.requireOf(module), module, '[eval]', '.', ...names[1]]);
  host.global.console.log(value);
}
// The text of a worker
exports.text = (c, source, file, name) => {
  const unit = unitOf(source, null, file);
  if (compartment.listed) use('manifest').text(`${file}-wrapper`, unit.source);
  if (unit.entry.flags & use('compile').FLAG.ESM) return settle(esm.runText(c, unit.source, `${file}1`));
  unit.file = name;
  return callText(c, unit, file, textModule(c, file, name, {}));
};

function check(file) {
  const c = compartment.of(file);
  const unit = use('compile').read(c, compartment.rootOf(file), file);
  const format = cjs.format(file);
  if (format === 'esm' || (format === undefined && unit.entry.flags & 1)) use('compile').esm(c, unit, file, undefined, undefined);
  else use('compile').commonjs(c, unit, undefined);
}

const isOurs = (w) => w.name === 'ExperimentalWarning' && /^(VM Modules|stripTypeScriptTypes)/.test(w.message);
// yargs and its like tell by this name whether the script is the program; starting it leads back to npsx, as `node` does.
const argv0 = () => plan.execPath.replace(/[^/]*$/, 'node');
function prepareProcess() {
  const { options } = plan;
  const { main } = plan;
  const named = main.kind === 'file' ? [main.named ?? main.path] : main.dash ? ['-'] : [];
  realProcess.argv = [argv0(), ...named, ...plan.argv];
  realProcess.execArgv = [...plan.execArgv];
  if (options.title) realProcess.title = options.title;
  if (options.sourceMaps) realProcess.setSourceMapsEnabled(true);
  // the engine runs with --no-warnings, because of its own use of vm modules; the program's warnings are shown as node shows them
  const { onWarning } = host.internal('internal/process/warning');
  if (options.warnings) realProcess.on('warning', (w) => { if (!isOurs(w)) onWarning(w); });
}

exports.run = () => {
  prepareProcess();
  atExit();
  if (plan.main.kind === 'file') {
    compartment.setMain(plan.main.path);
    if (plan.as) use('resolve').contain(compartment.app(), plan.main.path, plan.main.path);
  }
  preloadAll(plan.preload.map((spec) => [spec, `${compartment.here()}/[preload]`]), runMain);
};

// Each preload has finished, top-level await included, before the next and the main script begin.
function preloadAll([first, ...rest], then) {
  if (first === undefined) return then();
  const done = preload(...first);
  return done === undefined ? preloadAll(rest, then) : settle(done.then(() => preloadAll(rest, then)));
}
function runMain() {
  const { main } = plan;
  if (plan.check) return main.kind === 'file' ? check(main.path) : undefined;
  return main.kind === 'file' ? runFile(main.path) : runText(main);
}
function runFile(path) {
  const done = loadAny(path, true);
  return done === undefined ? undefined : settle(done);
}

function preload(spec, from) {
  if (spec.startsWith('data:')) return esm.importData(compartment.app(), spec);
  const r = use('resolve').resolve(spec, from, 'require');
  if (r.builtin !== undefined) throw fail('ERR_INVALID_ARG_VALUE', `npsx: --require of a builtin does nothing: ${spec}`);
  return loadAny(r.file, false);
}
Object.assign(exports, { prepare: prepareProcess, atExit, settle, preload: preloadAll, file: runFile });
