// CommonJS. Modules are plain objects without a way back to whoever loaded them; each compartment sees its own modules in require.cache.

const { psx } = host;
const { of: compartmentOf, rootOf, scopeOf, dirname, normalise, listed } = use('compartment');
const { resolve, modulesAbove, fail, real, contain, isBuiltin } = use('resolve');
const { read, commonjs, FLAG } = use('compile');

const realProcess = host.global.process;
const { dlopen } = realProcess;                            // under a manifest the application gets another one

const cache = Object.create(null);
let mainModule;
exports.cache = cache;

// esm | cjs | json | node | wasm; undefined: the source decides
exports.format = (file) => {
  const dot = file.lastIndexOf('.');
  const extension = dot > file.lastIndexOf('/') ? file.slice(dot) : '';
  switch (extension) {
    case '.mjs': case '.mts': return 'esm';
    case '.cjs': case '.cts': return 'cjs';
    case '.json': return 'json';
    case '.node': return 'node';
    case '.wasm': return 'wasm';
  }
  const type = scopeOf(dirname(file))?.manifest.type;
  if (type === 'module') return extension === '.js' || extension === '.ts' || extension === '' ? 'esm' : 'cjs';
  return type === 'commonjs' ? 'cjs' : undefined;
};

// Shared by all modules that are not the main one: code asks `if (!module.parent)` to find out whether it is run as a program.
const someParent = Object.freeze(Object.create(null));

const compilers = new WeakSet();                          // module._compile as it was made
// The require() that the code of a module is given. module.require is another one under a manifest.
const requires = new WeakMap();
const requireOf = (module) => (listed ? requires.get(module)?.require ?? module.require : module.require);
// Under a manifest each file has rules of its own: require() is its module's, import() its name's. They are not mixed (require.extensions, module._compile).
function checkOwn(module, file) {
  const own = requires.get(module);
  if (own === undefined) throw fail('ERR_ACCESS_DENIED', `${file} was not loaded: the manifest has rules for each file, and require.extensions does not tell which file asks; use require()`);
  if (own.file !== file) throw fail('ERR_ACCESS_DENIED', `the module of ${own.file} does not run the code of ${file}: the manifest has rules for each file`);
}
// As Node has it under a manifest: each module has a require of its own, and none has a constructor.
const shared = (module) => Object.fromEntries([['require', module.require], ['constructor', undefined]]
  .map(([name, value]) => [name, { value, writable: true, enumerable: false, configurable: true }]));
function makeModule(c, file, parent) {
  const module = { id: file, path: dirname(file), exports: {}, filename: file, loaded: false, paths: modulesAbove(dirname(file)) };
  const own = c.id === 0 || c.ambient;
  const require = makeRequire(c, file, module);
  requires.set(module, { require, file });
  Object.defineProperty(module, 'require', { value: listed ? use('manifest').sharedRequire(file) : require, writable: true, enumerable: false, configurable: true });
  if (listed) Object.setPrototypeOf(module, Object.create(Object.prototype, shared(module)));
  if (own) {
    module.children = [];
    if (!listed) Object.defineProperty(module, 'constructor', { get: () => use('builtins').get(c, 'module'), enumerable: false, configurable: true });
    const compile = (source, filename) => compileText(c, module, source, filename);
    compilers.add(compile);
    Object.defineProperty(module, '_compile', { value: compile, writable: true, enumerable: false, configurable: true });
  }
  module.parent = own ? parent ?? null : parent === undefined ? undefined : someParent;
  if (own && parent?.children) parent.children.push(module);
  return module;
}

// base: where to look instead of beside `from` (createRequire for a file of the application)
function makeRequire(c, from, module, base) {
  const require = function require(id) { return base === undefined && hooks.size > 0 ? hooked(c, stringId(id), from, module) : load(c, id, from, module, base); };
  require.resolve = function resolve_(id, options) {
    const paths = options && options.paths ? Array.from(options.paths, String) : base;
    const r = resolve(stringId(id), from, 'require', paths);
    return r.builtin !== undefined ? String(id) : r.file;
  };
  Object.defineProperty(require.resolve, 'name', { value: 'resolve' });
  require.resolve.paths = function paths(id) { return isBuiltin(stringId(id)) ? null : id[0] === '.' ? [dirname(from)] : modulesAbove(dirname(from)); };
  require.cache = c.ambient && c.id !== 0 ? cache : c.modules;
  require.extensions = extensionsOf(c.ambient ? use('compartment').app() : c);
  require.main = mainModule !== undefined && compartmentOf(mainModule.filename) === c ? mainModule : undefined;
  return require;
}
exports.makeRequire = makeRequire;

// Own to each compartment. Hooks that the application adds (ts-node, pirates) work for the application's files.
const extensionMaps = new Map();
function extensionsOf(c) {
  let map = extensionMaps.get(c);
  if (map === undefined) {
    map = Object.create(null);
    // called with a path by whoever holds them: as far as require() with that path, and no further
    const within = (load) => (module, path) => {
      const file = real(normalise(`${path}`));
      if (listed) checkOwn(module, file);
      contain(c, file, file);
      load(c, module, file);
    };
    map['.js'] = within(loadSource);
    map['.json'] = within(loadJson);
    map['.node'] = within(loadAddon);
    extensionMaps.set(c, map);
    builtinLoaders.set(map, { ...map });
  }
  return map;
}
const builtinLoaders = new WeakMap();
exports.extensionsOf = extensionsOf;

function stringId(id) {
  if (typeof id !== 'string') throw fail('ERR_INVALID_ARG_TYPE', `The "id" argument must be of type string. Received ${id === null ? 'null' : `type ${typeof id}`}`);
  return id;
}

// What a package replaced on its own Module (proxyquire, module-alias, mock-require) is asked for its own modules, and what it answers is loaded with its
// own rights: a path is one that it might have required.
const hooks = new Map();                                  // compartment -> { Module, and what it had at first: require, load, resolveFilename }
exports.hook = (c, h) => { hooks.set(c, h); };
const patched = (c, name) => {
  const h = hooks.get(c);
  return h !== undefined && h.Module[name] !== h[name] ? h.Module : undefined;
};
function hooked(c, id, from, parent = { id: from, filename: from, paths: modulesAbove(dirname(from)) }) {
  const h = hooks.get(c);
  if (h !== undefined && h.Module.prototype.require !== h.require) return Reflect.apply(h.Module.prototype.require, parent, [id]);
  return exports.viaLoad(c, id, from, parent);
}
exports.viaLoad = (c, id, from, parent) => {
  const M = patched(c, '_load');
  return M === undefined ? load(c, id, from, parent) : M._load(id, parent, false);
};
// undefined: nobody replaced it
function resolvedByHook(c, id, parent) {
  const M = patched(c, '_resolveFilename');
  if (M === undefined) return undefined;
  const name = `${M._resolveFilename(id, parent, false)}`;
  if (name[0] !== '/') return isBuiltin(name) ? { builtin: name.startsWith('node:') ? name.slice(5) : name } : undefined;
  const file = real(normalise(name));
  contain(c, file, file);
  return { file };
}

function load(c, id, from, parent, base) {
  const usual = () => (hooks.size > 0 && base === undefined ? resolvedByHook(c, stringId(id), parent) : undefined) ?? resolve(stringId(id), from, 'require', base);
  const r = listed ? use('manifest').required(stringId(id), from, usual) : usual();
  if (r.builtin !== undefined) return use('builtins').get(c, r.builtin);
  return loadFile(r.file, parent, c);
}
exports.load = load;

function loadFile(file, parent) {
  const known = cache[file];
  const c = compartmentOf(file);
  if (known !== undefined && c.modules[file] === known) return known.exports;
  const module = makeModule(c, file, parent);
  cache[file] = c.modules[file] = module;
  let ok = false;
  try {
    loadInto(c, module, file);
    ok = true;
  } finally {
    if (!ok) { delete cache[file]; delete c.modules[file]; }
  }
  module.loaded = true;
  return module.exports;
}
exports.loadFile = loadFile;

exports.setMain = (file) => {
  const c = compartmentOf(file);
  mainModule = makeModule(c, file, undefined);
  mainModule.id = '.';
  mainModule.require.main = requireOf(mainModule).main = mainModule;
  if (listed && c.ambient) host.global.process.mainModule = mainModule;
  cache[file] = c.modules[file] = mainModule;
  loadInto(c, mainModule, file);
  mainModule.loaded = true;
};

function loadInto(c, module, file) {
  const hook = hookFor(c, file);
  if (hook !== undefined) { hook(module, file); return; }
  switch (exports.format(file)) {
    case 'json': loadJson(c, module, file); return;
    case 'node': loadAddon(c, module, file); return;
    case 'esm': module.exports = use('esm').requireEsm(file); return;
    default: loadSource(c, module, file);
  }
}
function hookFor(c, file) {
  const map = extensionMaps.get(c);
  if (map === undefined) return undefined;
  const e = file.slice(file.lastIndexOf('.'));
  return map[e] !== undefined && map[e] !== builtinLoaders.get(map)[e] ? map[e] : undefined;
}

function loadSource(c, module, file) {
  const unit = read(c, rootOf(file), file);
  const format = exports.format(file);
  if (format === undefined && unit.entry.flags & FLAG.ESM && isEsm(unit)) {
    module.exports = use('esm').requireEsm(file, unit);
    return;
  }
  const { _compile } = module;
  // pirates and its like put a compiler of theirs in front, for the time of one call
  if (typeof _compile === 'function' && !compilers.has(_compile) && Object.hasOwn(module, '_compile')) module._compile(unit.source, file);
  else run(c, module, unit);
}
// import/export syntax is proof; import.meta or a top-level await alone could be text in a broken CommonJS file, which then fails as such
const isEsm = (unit) => (unit.entry.flags & FLAG.ERRORS) === 0 || /^\s*(import|export)\b/m.test(unit.source);
exports.isEsm = isEsm;

function run(c, module, unit) {
  if (listed && requires.has(module)) checkOwn(module, unit.file);
  const fn = commonjs(c, unit, use('esm').importer(c, unit.file), module.bindings);
  c.loading++;
  try { fn(module.exports, requireOf(module), module, unit.file, dirname(unit.file)); } finally { c.loading--; }
}

function compileText(c, module, given, name) {
  const source = `${given}`;
  const filename = listed ? normalise(`${name}`) : `${name}`;
  if (listed) use('manifest').text(filename, source);
  run(c, module, use('compile').unitOfText(use('compile').strip(source), filename));
  return undefined;
}
exports.compileText = compileText;
exports.makeModule = makeModule;
exports.requireOf = requireOf;

function loadJson(c, module, file) {
  const s = psx.source(rootOf(file), file);
  if (s === null) throw fail('ENOENT', `Cannot read '${file}'`);
  try { module.exports = JSON.parse(use('compile').strip(s.text)); } catch (e) {
    e.message = `${file}: ${e.message}`;
    throw e;
  }
}

// What to give to dlopen for this file, or an error: is it what the policy and the system say?
const vouched = (file) => {
  const from = psx.native(rootOf(file), file);
  if (from === null) throw fail('ERR_DLOPEN_FAILED', `${file}: cannot open shared object file: No such file or directory`);
  return from;
};
exports.vouched = (path) => vouched(real(normalise(`${path}`[0] === '/' ? `${path}` : `${realProcess.cwd()}/${path}`)));

// Native code is bound by nothing in here: it needs the grant, and lies in its package (real paths; dlopen goes by name, so who may write there may
// choose what is loaded, now or later).
function loadAddon(c, module, file) {
  const { may, denied } = use('deny');
  if (!may(c, 'native', file)) throw denied(c, 'native', file);
  Reflect.apply(dlopen, realProcess, [module, vouched(file)]);
}
// process.dlopen: the flags (symbols for everybody) are not offered
exports.dlopen = (c, module, path) => {
  const { holds, check } = use('deny');
  const named = normalise(path);
  if (!holds(c, 'native')) check(c, 'native', named);      // before anything tells whether it is there
  const file = real(named);
  contain(c, file, file);
  loadAddon(c, module, file);
};
