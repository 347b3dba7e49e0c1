// ES modules, over vm.SourceTextModule in the main context. Linking is synchronous: all modules of a graph are created first, then linked.

const { psx } = host;
const vm = host.real('vm');
const { of: compartmentOf, rootOf, listed } = use('compartment');
const { resolve, fail } = use('resolve');
const { read, esm, list } = use('compile');
const cjs = use('cjs');
const { pathToFileURL, fileURLToPath } = host.real('url');
const { SourceTextModule, SyntheticModule } = vm;

// from: the file that imports; url: its URL
const find = (specifier, from, url) => (listed ? use('manifest').imported(specifier, from, url ?? pathToFileURL(from).href) : resolve(specifier, from, 'import'));

const modules = new Map();      // file, or compartment + builtin -> vm.Module

function synthetic(names, evaluate, identifier) {
  const m = new SyntheticModule(names, evaluate, { identifier });
  m.linkRequests?.([]);
  m.instantiate?.();
  return m;
}
function valueModule(value, identifier, names = []) {
  return synthetic(['default', ...names], function () {
    this.setExport('default', value);
    for (const n of names) this.setExport(n, value[n]);
  }, identifier);
}

const builtinModules = new WeakMap();
function builtinModule(c, name) {
  let mine = builtinModules.get(c);
  if (mine === undefined) builtinModules.set(c, mine = new Map());
  let m = mine.get(name);
  if (m === undefined) {
    const value = use('builtins').get(c, name);
    const names = Object.keys(value).filter((k) => k !== 'default');
    mine.set(name, m = valueModule(value, `node:${name}`, names));
  }
  return m;
}

// -- CommonJS seen from ES modules: named exports come from the scan, re-exports are followed
function exportNames(file, seen) {
  if (seen.has(file)) return [];
  seen.add(file);
  const unit = read(compartmentOf(file), rootOf(file), file);
  const names = list(unit.entry.exports);
  for (const spec of list(unit.entry.reexports)) {
    try {
      const r = resolve(spec, file, 'require');
      if (r.file !== undefined && cjs.format(r.file) !== 'json' && cjs.format(r.file) !== 'node') names.push(...exportNames(r.file, seen));
    } catch { /* as in Node: what cannot be found adds no names */ }
  }
  return names;
}
const commonjsModules = new WeakSet();
function commonjsModule(file) {
  const names = new Set(exportNames(file, new Set()));
  names.delete('default');
  names.add('module.exports');
  const m = synthetic(['default', ...names], function () {
    const value = cjs.loadFile(file);
    for (const n of names) {
      let v;
      if (n === 'module.exports') v = value;
      else if (value !== null && value !== undefined) try { v = value[n]; } catch { /* a throwing getter exports undefined */ }
      this.setExport(n, v);
    }
    this.setExport('default', value);
  }, pathToFileURL(file).href);
  commonjsModules.add(m);
  return m;
}

// -- source text
function sourceModule(c, unit, url, from) {
  fresh.add(c);
  const { module, names, values } = esm(c, unit, url, importer(c, from, url), (meta) => initializeMeta(c, meta, url, from));
  return { module, names, values };
}
function initializeMeta(c, meta, url, file) {
  if (url.startsWith('file:')) {
    meta.dirname = file.slice(0, file.lastIndexOf('/')) || '/';
    meta.filename = file;
  }
  meta.main = file === mainFile;
  meta.resolve = (spec) => {
    const to = listed ? use('manifest').led(`${spec}`, file, url) : undefined;
    if (to !== undefined) return to;
    // a place is told whether or not something is there
    if (/^(\.{0,2}\/|file:)/.test(spec)) return new (host.real('url').URL)(String(spec), url).href;
    const r = resolve(String(spec), file, 'import');
    return r.builtin !== undefined ? `node:${r.builtin}` : r.data ?? pathToFileURL(r.file).href;
  };
  meta.url = url;
}
function link(c, { module, names, values }, from, url) {
  const requests = module.moduleRequests.map(({ specifier, attributes }) => {
    if (specifier === 'npsx:globals') return synthetic(names, function () { names.forEach((n, i) => this.setExport(n, values[i])); }, 'npsx:globals');
    return create(c, find(specifier, from, url), attributes);
  });
  module.linkRequests(requests);
}

function dataModule(c, url) {
  const [, type, base64, body] = /^data:([^,;]*)(?:;[^,]*?)??(;base64)?,(.*)$/s.exec(url) ?? [];
  if (type === undefined) throw fail('ERR_INVALID_URL', 'Invalid URL');
  const text = base64 ? host.real('buffer').Buffer.from(decodeURIComponent(body), 'base64').toString() : decodeURIComponent(body);
  if (listed) use('manifest').text(url, text);
  if (type === 'application/json') return { module: valueModule(JSON.parse(text), url) };
  if (type !== 'text/javascript') throw fail('ERR_UNKNOWN_MODULE_FORMAT', `Unknown module format: ${type} for URL ${url}`);
  const from = `${c.root}/data.mjs`;
  return { ...sourceModule(c, use('compile').unitOfText(text, url), url, from), from };
}

// -> a vm.Module, with all that it imports created and linked (not evaluated)
function create(c, r, attributes) {
  if (r.builtin !== undefined) return builtinModule(c, r.builtin);
  const key = r.data !== undefined ? `${c.id}\0${r.data}` : r.file;
  const known = modules.get(key);
  if (known !== undefined) return known;
  if (r.data !== undefined) {
    const made = dataModule(c, r.data);
    modules.set(key, made.module);
    if (made.names) linkOrForget(c, made, made.from, key, r.data);
    return made.module;
  }
  return fileModule(r.file, attributes);
}
function fileModule(file, attributes, unit) {
  const c = compartmentOf(file);
  let format = cjs.format(file);
  if (format === 'json') {
    if (attributes?.type !== 'json') throw fail('ERR_IMPORT_ATTRIBUTE_MISSING', `Module "${pathToFileURL(file).href}" needs an import attribute of "type: json"`);
    return remember(file, valueModule(cjs.loadFile(file), file));
  }
  if (format === 'node') return remember(file, valueModule(cjs.loadFile(file), file));
  if (format === 'wasm') return remember(file, wasmModule(file));
  if (format === undefined) {
    unit ??= read(c, rootOf(file), file);
    format = unit.entry.flags & 1 && cjs.isEsm(unit) ? 'esm' : 'cjs';
  }
  if (format === 'cjs') return remember(file, commonjsModule(file));
  const made = sourceModule(c, unit ?? read(c, rootOf(file), file), pathToFileURL(file).href, file);
  modules.set(file, made.module);
  linkOrForget(c, made, file, file);
  return made.module;
}
function remember(file, m) {
  modules.set(file, m);
  return m;
}
// a failed link leaves modules behind that can never be linked again
function linkOrForget(c, made, from, key, url) {
  let ok = false;
  try {
    link(c, made, from, url);
    ok = true;
  } finally { if (!ok) modules.delete(key); }
}

function wasmModule(file) {
  const module = new WebAssembly.Module(psx.read(rootOf(file), file));
  const from = file;
  const wanted = WebAssembly.Module.imports(module);
  const c = compartmentOf(file);
  const sources = new Map(wanted.map(({ module: spec }) => [spec, create(c, find(spec, from))]));
  const names = WebAssembly.Module.exports(module).map((e) => e.name);
  return synthetic(names, function () {
    const imports = Object.create(null);
    for (const [spec, m] of sources) {
      if (m.status === 'linked') m.evaluate();
      imports[spec] = m.namespace;
    }
    const instance = new WebAssembly.Instance(module, imports);
    for (const n of names) this.setExport(n, instance.exports[n]);
  }, pathToFileURL(file).href);
}

// -- evaluation
function instantiate(m) {
  if (m.status !== 'unlinked' && m.status !== 'linking') return;
  try { m.instantiate(); } catch (e) { throw explained(e); }
}
// A name that a CommonJS module has not, or that the scan did not find: Node's words for it.
function explained(e) {
  const [, spec, name] = /^The requested module '(.*)' does not provide an export named '(.*)'$/.exec(e?.message) ?? [];
  if (spec !== undefined) host.internal('internal/util').decorateErrorStack(e);        // the place, which only the engine knows
  const file = spec === undefined ? undefined : /^(?:file:\/\/)?(\/[^\n]*?)(?::\d+)?\n/.exec(e.stack)?.[1];
  if (file === undefined) return e;
  try {
    const r = resolve(spec, file, 'import');
    if (r.file === undefined || !commonjsModules.has(modules.get(r.file))) return e;
  } catch { return e; }
  const before = e.message;
  e.message = `Named export '${name}' not found. The requested module '${spec}' is a CommonJS module, which may not support all module.exports as named exports.\n`
    + `CommonJS modules can always be imported via the default export, for example using:\n\nimport pkg from '${spec}';\n${name === 'default' ? '' : `const {${name}} = pkg;\n`}`;
  e.stack = e.stack.replace(before, e.message);
  return e;
}
const fresh = new Set();        // compartments of modules that were made and not yet evaluated
function whileLoading(start) {
  const mine = [...fresh];
  fresh.clear();
  const end = () => { for (const c of mine) c.loading--; };
  for (const c of mine) c.loading++;
  const promise = start();
  promise.then(end, end);
  return promise;
}
async function evaluate(m) {
  instantiate(m);
  if (m.status === 'errored') throw m.error;
  if (m.status !== 'evaluated') await whileLoading(() => m.evaluate());
  return m;
}

// What import() means inside a file of compartment c
function importer(c, from, url) {
  return async (specifier, referrer, attributes) => {
    const m = create(c, find(`${specifier}`, from, url), attributes);
    return evaluate(m);
  };
}
exports.importer = importer;

let mainFile;
exports.runMain = (file) => {
  mainFile = file;
  if (listed) use('manifest').main(file);
  return evaluate(fileModule(file));
};
exports.importFile = (file) => evaluate(modules.get(file) ?? fileModule(file));
exports.importData = (c, url) => evaluate(create(c, { data: url }));
exports.runText = (c, source, from) => {
  const made = sourceModule(c, use('compile').unitOfText(source, from), pathToFileURL(from).href, from);
  link(c, made, from);
  return evaluate(made.module);
};

// -- require() of an ES module (https://nodejs.org/api/modules.html#loading-ecmascript-modules-using-require)
const interop = new Map();
exports.requireEsm = (file, unit) => {
  const m = modules.get(file) ?? fileModule(file, undefined, unit);
  if (m.status === 'evaluating') throw fail('ERR_REQUIRE_CYCLE_MODULE', `Cannot require() ES Module ${file} in a cycle.`);
  instantiate(m);
  if (m.status === 'errored') throw m.error;
  if (m.status !== 'evaluated') {
    if (m.hasAsyncGraph?.()) throw fail('ERR_REQUIRE_ASYNC_MODULE', `require() cannot be used on an ESM graph with top-level await. Use import() instead. Filename: ${file}`);
    whileLoading(() => m.evaluate()).catch(() => {});
    if (m.status === 'errored') throw m.error;
  }
  const ns = m.namespace;
  if (Object.hasOwn(ns, 'module.exports')) return ns['module.exports'];
  if (Object.hasOwn(ns, '__esModule') || !Object.hasOwn(ns, 'default')) return ns;
  return withEsModuleMark(file, m);
};
function withEsModuleMark(file, m) {
  let f = interop.get(file);
  if (f === undefined) {
    f = new SourceTextModule("export * from 'm'; export { default } from 'm'; export const __esModule = true;", { identifier: `npsx:interop:${file}` });
    f.linkRequests(f.moduleRequests.map(() => m));
    f.instantiate();
    f.evaluate();
    interop.set(file, f);
  }
  return f.namespace;
}
exports.fileURLToPath = fileURLToPath;
