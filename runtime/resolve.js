// Node's module resolution (https://nodejs.org/api/modules.html#all-together, https://nodejs.org/api/esm.html#resolution-algorithm), with two more rules:
// a package reaches its own files and its declared dependencies, nothing else; and what is found is the real path.

const { psx } = host;
const { manifest, scopeOf, rootOf, dirname, normalise, of: compartmentOf, ownerOf, declares, owns } = use('compartment');
const { isBuiltin: isNodes } = host.real('module');
const { fileURLToPath, pathToFileURL } = host.real('url');
const URL = host.global.URL;

// The engine was started with --expose-internals: to Node its own files are builtins, and one of them is the loader that asks nobody.
const isBuiltin = (name) => !/^(node:)?internal\//.test(name) && isNodes(name);
const EXTENSIONS = ['.js', '.json', '.node'];
const CONDITIONS = { require: ['node', 'require', 'module-sync', 'node-addons'], import: ['node', 'import', 'module-sync', 'node-addons'] };
const extra = host.plan.options.conditions ?? [];
const conditions = { require: new Set([...CONDITIONS.require, ...extra]), import: new Set([...CONDITIONS.import, ...extra]) };

// -- the file system, remembered
const kinds = new Map();
function kind(path) {
  let k = kinds.get(path);
  if (k === undefined) kinds.set(path, k = psx.kind(path));
  return k;
}
const isFile = (path) => kind(path) === 1;
const isDirectory = (path) => kind(path) === 2;
const realpaths = new Map();
function real(path) {
  let r = realpaths.get(path);
  if (r === undefined) realpaths.set(path, r = psx.realpath(path) ?? path);
  return r;
}
// a file that appeared since (generated code): forget what was not there
exports.forget = () => { kinds.clear(); answers.clear(); };

const fail = (code, message, more) => Object.assign(new Error(message), { code }, more);
function notFound(spec, from, how) {
  if (how === 'import') return fail('ERR_MODULE_NOT_FOUND', `Cannot find ${/^[./]|^file:/.test(spec) ? 'module' : 'package'} '${spec}' imported from ${from}`);
  return fail('MODULE_NOT_FOUND', `Cannot find module '${spec}'\nRequire stack:\n- ${from}`, { requireStack: [from] });
}

// -- files and directories, as require() sees them
function tryFile(path) {
  if (isFile(path)) return path;
  return EXTENSIONS.map((e) => path + e).find(isFile);
}
function tryDirectory(path) {
  if (!isDirectory(path)) return undefined;
  const main = manifest(path)?.main;
  if (typeof main === 'string' && main !== '') {
    const m = normalise(`${path}/${main}`);
    const found = tryFile(m) ?? (isDirectory(m) ? tryFile(`${m}/index`) : undefined);
    if (found) return found;
  }
  return tryFile(`${path}/index`);
}

// -- exports and imports maps
function target(scope, value, star, how, isImports) {
  if (typeof value === 'string') {
    const text = star === undefined ? value : value.replaceAll('*', star);
    if (!value.startsWith('./')) {
      if (isImports && !/^(\.\.?\/|\/)/.test(value)) return { bare: text };
      throw fail('ERR_INVALID_PACKAGE_TARGET', `Invalid "${isImports ? 'imports' : 'exports'}" target "${value}" defined in ${scope.dir}/package.json`);
    }
    if (/(^|\/|\\)(\.\.?|node_modules|%2e%2e?|%2e|\.%2e)(\/|\\|$)/i.test(text.slice(2)))
      throw fail('ERR_INVALID_PACKAGE_TARGET', `Invalid "${isImports ? 'imports' : 'exports'}" target "${value}" defined in ${scope.dir}/package.json`);
    return { file: normalise(`${scope.dir}/${text}`) };
  }
  if (Array.isArray(value)) {
    for (const v of value) {
      try {
        const r = target(scope, v, star, how, isImports);
        if (r) return r;
      } catch (e) { if (e.code !== 'ERR_INVALID_PACKAGE_TARGET') throw e; }
    }
    return null;
  }
  if (value && typeof value === 'object') {
    for (const k of Object.keys(value)) {
      if (k !== 'default' && !conditions[how].has(k)) continue;
      const r = target(scope, value[k], star, how, isImports);
      if (r !== undefined) return r;
    }
    return undefined;
  }
  return null;
}
function matchMap(scope, map, key, how, isImports) {
  if (Object.hasOwn(map, key) && !key.includes('*') && !key.endsWith('/')) return target(scope, map[key], undefined, how, isImports);
  let best;
  for (const k of Object.keys(map)) {
    const at = k.indexOf('*');
    if (at < 0 || k.lastIndexOf('*') !== at) continue;
    const tail = k.slice(at + 1);
    if (!key.startsWith(k.slice(0, at)) || key.length < k.length || !key.endsWith(tail)) continue;
    if (!best || at > best.at || (at === best.at && k.length > best.key.length)) best = { key: k, at, star: key.slice(at, key.length - tail.length) };
  }
  return best && target(scope, map[best.key], best.star, how, isImports);
}
function packageExports(scope, sub, how) {
  const map = scope.manifest.exports;
  const dotted = map && typeof map === 'object' && !Array.isArray(map) && Object.keys(map).some((k) => k[0] === '.');
  let r;
  if (dotted) r = matchMap(scope, map, sub, how, false);
  else if (sub === '.') r = target(scope, map, undefined, how, false);
  if (!r) {
    const what = sub === '.' ? 'No "exports" main defined' : `Package subpath '${sub}' is not defined by "exports"`;
    throw fail('ERR_PACKAGE_PATH_NOT_EXPORTED', `${what} in ${scope.dir}/package.json`);
  }
  return r.file;
}
function packageImports(spec, from, how) {
  const scope = scopeOf(dirname(from));
  const r = scope?.manifest.imports && matchMap(scope, scope.manifest.imports, spec, how, true);
  if (!r) throw fail('ERR_PACKAGE_IMPORT_NOT_DEFINED', `Package import specifier "${spec}" is not defined${scope ? ` in package ${scope.dir}/package.json` : ''} imported from ${from}`);
  if (r.bare !== undefined) return resolve(r.bare, `${scope.dir}/package.json`, how);
  return contained(from, found(r.file, spec, from, how), spec);
}

function found(path, spec, from, how) {
  if (isFile(path)) return { file: real(path) };
  if (isDirectory(path) && how === 'import')
    throw fail('ERR_UNSUPPORTED_DIR_IMPORT', `Directory import '${path}' is not supported resolving ES modules imported from ${from}`);
  throw how === 'import' ? fail('ERR_MODULE_NOT_FOUND', `Cannot find module '${path}' imported from ${from}`) : notFound(spec, from, how);
}

// -- bare names
function splitName(spec) {
  const parts = spec.split('/');
  const n = spec[0] === '@' ? 2 : 1;
  return [parts.slice(0, n).join('/'), parts.length > n ? `./${parts.slice(n).join('/')}` : '.'];
}
function inPackage(root, sub, spec, from, how) {
  const m = manifest(root);
  if (m?.exports !== undefined && m?.exports !== null) return found(packageExports({ dir: root, manifest: m }, sub, how), spec, from, how);
  const path = sub === '.' ? root : normalise(`${root}/${sub}`);
  if (how === 'import' && sub !== '.') return isFile(path) ? { file: real(path) } : found(path, spec, from, how);
  const f = (sub !== '.' && !sub.endsWith('/') && tryFile(path)) || tryDirectory(path);
  return f ? { file: real(f) } : undefined;
}
function* modulesAbove(dir) {
  for (let d = dir; ; d = dirname(d)) {
    if (!d.endsWith('/node_modules')) yield d === '/' ? '/node_modules' : `${d}/node_modules`;
    if (d === '/') return;
  }
}
function bare(spec, from, how, paths) {
  const [name, sub] = splitName(spec);
  const self = scopeOf(dirname(from));
  if (self?.manifest.exports != null && self.manifest.name === name) return contained(from, found(packageExports(self, sub, how), spec, from, how), spec);
  const c = compartmentOf(from);
  const declared = declares(c, name);
  // a child of a confined package finds that package's dependencies, wherever its script lies
  for (const start of paths ?? [c.id === 0 && !c.free ? c.root : dirname(from)]) for (const dir of modulesAbove(start)) {
    if (!isDirectory(dir)) continue;                     // remembered: most packages have no node_modules of their own
    const root = `${dir}/${name}`;
    if (isDirectory(root)) {
      if (!declared && !use('deny').may(c, 'import', name)) throw undeclared(c, spec, name, from, how);
      const r = inPackage(root, sub, spec, from, how);
      // `main` or a symlink may point anywhere: what counts is who owns the file that was found
      if (r && !c.free && rootOf(r.file) !== rootOf(`${real(root)}/package.json`)) contain(c, r.file, spec);
      if (r) return r;
    } else if (how === 'require' && declared) {
      const f = tryFile(sub === '.' ? root : `${root}/${sub}`);
      if (f) return { file: real(f) };
    }
  }
  throw declared ? notFound(spec, from, how) : undeclared(c, spec, name, from, how);
}
// Importing a package that holds a capability is holding it: what package.json does not declare needs a grant. The same answer whether the
// package is there or not.
function undeclared(c, spec, name, from, how) {
  const e = notFound(spec, from, how);
  e.message += `\n(npsx: '${name}' is not a declared dependency of ${psx.label(c.id)}; to allow: npsx grant ${c.name} import:${name})`;
  return e;
}

// -- paths. Leaving one's own package by path is a read of that file: it needs fs.read, and in another package that one's import.
function byPath(spec, from, how, paths) {
  const c = compartmentOf(from);
  if (how === 'import') return byUrl(new URL(spec, pathToFileURL(from)), spec, from, how);
  for (const d of paths ?? [dirname(from)]) {
    const path = normalise(spec[0] === '/' ? spec : `${d}/${spec}`);
    const f = (!/(^|\/)\.{0,2}$/.test(spec) && tryFile(path)) || tryDirectory(path);
    concealed(c, path, f, spec, from, how);
    if (f) return { file: real(f) };
  }
  throw notFound(spec, from, how);
}
function byUrl(url, spec, from, how) {
  const path = fileURLToPath(url);
  concealed(compartmentOf(from), normalise(path), isFile(path) || isDirectory(path) ? path : undefined, path, from, how);
  return found(path, path, from, how);
}
// Outside of what a package may load the answer is the same, whether there is something or not: no module. The record knows better.
function concealed(c, path, file, spec, from, how) {
  if (c.free || path === c.root || path.startsWith(`${c.root}/`)) return;
  const { may, peek } = use('deny');
  const [, other] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)(?:\/|$)/.exec(path) ?? [];
  const [cap, value] = other !== undefined ? ['import', other] : ['fs.read', path];
  const sees = peek(c, cap, value);
  if (file === undefined ? sees : allowed(c, real(file))) return;
  if (file !== undefined) allowed(c, real(file), may);
  const e = notFound(spec, from, how);
  if (!sees) e.message += `\n(npsx: ${psx.reason(c.id, psx.cap[cap], value, -1)})`;
  throw e;
}
// as contain() below, without the error
function allowed(c, file, ask = use('deny').peek) {
  if (atHome(c, file)) return true;
  const owner = compartmentOf(file);
  return owner.id === 0 ? ask(c, 'fs.read', file) : ask(c, 'import', owner.name);
}
// The application loads what lies in its project or is installed as a package; what else it loads by path is a read of that file, unless it is ambient.
const atHome = (c, file) => (c.free ? c.ambient || file.includes('/node_modules/') || file.startsWith(`${host.plan.project}/`) : owns(c, file));
function contain(c, file, spec) {
  if (atHome(c, file)) return;
  const { may, denied } = use('deny');
  if (c.free) {
    if (may(c, 'fs.read', file)) return;
    throw denied(c, 'fs.read', file, -1, { syscall: 'open', path: spec });
  }
  const owner = ownerOf(file);
  if (owner.id === 0 && may(c, 'fs.read', file)) return;
  // a loader of plugins, told where one lies: the same as importing it by name
  if (owner.id !== 0 && may(c, 'import', owner.name)) return;
  if (owner.id !== 0) throw denied(c, 'import', owner.name);
  throw denied(c, 'fs.read', file, -1, { syscall: 'open', path: spec });
}

function contained(from, r, spec) {
  contain(compartmentOf(from), r.file, spec);
  return r;
}

function resolve(spec, from, how, paths) {
  if (spec.startsWith('node:')) {
    if (isBuiltin(spec)) return { builtin: spec.slice(5) };
    throw fail('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${spec}`);
  }
  if (isBuiltin(spec)) return { builtin: spec };
  if (how === 'import') {
    if (spec.startsWith('data:')) return { data: spec };
    if (spec.startsWith('file:')) {
      const r = byUrl(spec, spec, from, how);
      contain(compartmentOf(from), r.file, spec);
      return r;
    }
    if (/^[a-z][a-z0-9+.-]+:/i.test(spec)) throw fail('ERR_UNSUPPORTED_ESM_URL_SCHEME', `Only URLs with a scheme in: file, data, and node are supported by the default ESM loader. Received protocol '${spec.slice(0, spec.indexOf(':') + 1)}'`);
  }
  if (spec[0] === '#') return packageImports(spec, from, how);
  if (spec[0] === '/' || /^\.\.?(\/|$)/.test(spec)) {
    const r = byPath(spec, from, how, paths);
    contain(compartmentOf(from), r.file, spec);
    return r;
  }
  if (spec === '') throw fail('ERR_INVALID_ARG_VALUE', `The argument 'id' must be a non-empty string. Received ''`);
  return bare(spec, from, how, paths);
}

const answers = new Map();
exports.resolve = (spec, from, how, paths) => {
  if (paths) return resolve(spec, from, how, paths);
  const key = `${how}\0${dirname(from)}\0${spec}`;
  let r = answers.get(key);
  if (r === undefined) answers.set(key, r = resolve(spec, from, how));
  return r;
};
exports.contain = contain;
exports.modulesAbove = (dir) => [...modulesAbove(dir)];
Object.assign(exports, { isBuiltin, real, contain, fail, isFile, tryFile, tryDirectory, notFound });
