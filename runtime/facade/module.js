// require('module') for a compartment: resolution, createRequire and the names that tools probe, bound to that compartment. Hooks into other
// packages' loading are not offered.

const { builtinModules, stripTypeScriptTypes, SourceMap, findSourceMap, constants } = host.real('module');
const { fileURLToPath } = host.real('url');
const { of: compartmentOf, owns, rootOf, scopeOf, dirname, normalise } = use('compartment');
const { resolve, modulesAbove, tryFile, tryDirectory, fail, isBuiltin } = use('resolve');
const cjs = use('cjs');
const { psx } = host;
const DIRECTORY = 2;                                      // psx.kind

const toPath = (f) => {
  const s = String(f?.href ?? f);
  return s.startsWith('file:') ? fileURLToPath(s) : s;
};
// A confined package may pose as its own files only.
function ownFile(c, given) {
  const text = `${given}`;
  const file = text[0] === '/' ? text : normalise(`${c.root}/${text}`);
  if (owns(c, file)) return file;
  const { denied, may } = use('deny');
  if (compartmentOf(file) === c && may(c, 'fs.read', file)) return file;
  throw denied(c, 'fs.read', file, -1, { syscall: 'createRequire', path: file });
}
// Loaders of plugins look where the application would (babel, cosmiconfig, config), or a package that they may import (jest). They look there with their
// own rights: what they find needs import.
function looksInApp(c, file) {
  if (c.id === 0 || rootOf(file) === c.root || file[0] !== '/') return false;
  const { may } = use('deny');
  if (file === host.plan.project) return may(c, 'fs.read', file);
  const owner = compartmentOf(file);
  return owner.id === 0 ? may(c, 'fs.read', file) : may(c, 'import', owner.name);
}

function make(c) {
  const fromOf = (parent) => ownFile(c, typeof parent?.filename === 'string' ? parent.filename : `${c.root}/[module]`);
  function Module(id = '', parent) {
    if (!new.target) return new Module(id, parent);
    this.id = id;
    this.path = dirname(`${id}`);
    this.exports = {};
    this.filename = null;
    this.loaded = false;
    this.children = [];
    this.paths = [];
  }
  Module.prototype.require = function require(id) { return cjs.viaLoad(c, `${id}`, ownFile(c, this.filename ?? `${c.root}/[module]`), this); };
  Module.prototype._compile = function _compile(source, filename) {
    const file = ownFile(c, filename);
    Object.defineProperty(this, 'require', { value: cjs.makeRequire(c, file, this), writable: true, configurable: true });
    return cjs.compileText(c, this, source, file);
  };
  Module.prototype.load = function load(filename) { this.filename = filename; this.exports = cjs.load(c, filename, ownFile(c, filename), this); this.loaded = true; };
  Object.defineProperty(Module.prototype, 'isPreloading', { get() { return false; }, configurable: true });
  const builtins = builtinModules.filter((n) => !n.startsWith('internal/'));
  const notOffered = (name) => ({ [name]() {
    const { denied } = use('deny');
    throw denied(c, 'builtins', 'node:module');
  } })[name];
  Object.assign(Module, {
    Module, builtinModules: builtins, isBuiltin: (id) => typeof id === 'string' && isBuiltin(id),
    createRequire(file) {
      const path = toPath(file);
      if (path[0] !== '/') throw fail('ERR_INVALID_ARG_VALUE', `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received '${path}'`);
      const inApp = looksInApp(c, normalise(path));
      if (inApp) return cjs.makeRequire(c, `${c.root}/[require]`, undefined, [path.endsWith('/') ? normalise(path) : dirname(normalise(path))]);
      const f = ownFile(c, path);
      return cjs.makeRequire(c, f.endsWith('/') ? `${f}noop.js` : f, undefined);
    },
    _cache: c.modules, _extensions: cjs.extensionsOf(c), _pathCache: Object.create(null), globalPaths: [],
    _load(request, parent) { return cjs.load(c, request, fromOf(parent), parent); },
    _resolveFilename(request, parent, isMain, options) {
      const r = resolve(String(request), fromOf(parent), 'require', options?.paths && Array.from(options.paths, String));
      return r.builtin !== undefined ? String(request) : r.file;
    },
    _resolveLookupPaths(request, parent) { return parent?.paths ?? modulesAbove(c.root); },
    _nodeModulePaths: (from) => modulesAbove(String(from)),
    _findPath(request, paths) {
      for (const d of paths ?? []) {
        const path = normalise(`${d}/${request}`);
        const f = owns(c, path) ? tryFile(path) ?? tryDirectory(path) : undefined;
        if (f) return f;
      }
      return false;
    },
    _initPaths() {}, _preloadModules() {}, runMain: notOffered('runMain'),
    wrap: (s) => `${Module.wrapper[0]}${s}${Module.wrapper[1]}`,
    wrapper: ['(function (exports, require, module, __filename, __dirname) { ', '\n});'],
    // of a file or directory beside `base`, or of a package that may be imported from there
    findPackageJSON(spec, base) {
      const text = toPath(spec);
      const from = base === undefined ? text : toPath(base);
      if (base !== undefined && text[0] !== '.' && text[0] !== '/') {
        const r = resolve(text, ownFile(c, from), 'require');
        return r.builtin !== undefined ? undefined : `${rootOf(r.file)}/package.json`;
      }
      const path = normalise(text[0] === '/' ? text : `${dirname(from)}/${text}`);
      const dir = psx.kind(ownFile(c, path)) === DIRECTORY ? path : dirname(path);
      const s = scopeOf(dir);
      return s && owns(c, `${s.dir}/package.json`) ? `${s.dir}/package.json` : undefined;
    },
    register: notOffered('register'), registerHooks: notOffered('registerHooks'), syncBuiltinESMExports() {},
    enableCompileCache: () => ({ status: constants.compileCacheStatus.DISABLED }), getCompileCacheDir() {}, flushCompileCache() {},
    stripTypeScriptTypes, SourceMap, findSourceMap(given) {
      const path = `${given}`;
      return rootOf(path) === c.root || c.ambient ? findSourceMap(path) : undefined;
    },
    getSourceMapsSupport: () => ({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false }), setSourceMapsSupport() {},
    constants: { compileCacheStatus: { ...constants.compileCacheStatus } },
  });
  cjs.hook(c, { Module, require: Module.prototype.require, _load: Module._load, _resolveFilename: Module._resolveFilename });
  return Module;
}

const made = new WeakMap();
exports.make = (c) => {
  use('seal').value(stripTypeScriptTypes, 'module');
  let m = made.get(c);
  if (m === undefined) made.set(c, m = make(c));
  return m;
};
// A package that holds `ambient` patches the application's loader: that is what it was given it for.
exports.ambient = (c) => exports.make(c.id === 0 ? c : use('compartment').app());
