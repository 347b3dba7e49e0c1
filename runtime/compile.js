// Source text to code, bound to one compartment. Which names are bound is told by the scan (C) or its cached result; a name that the scan missed
// meets the powerless global: ReferenceError. Neither the scan nor this file is trusted with more than that.

const { psx } = host;
const vm = host.real('vm');
const { has, lookup, isIntrinsic, isReplaced } = use('globals');

const FLAG = { ESM: 1, TLA: 2, FUNCTION: 4, EVAL: 8, STACK: 16, ERRORS: 32, STRICT: 64 };
const WRAPPER = ['exports', 'require', 'module', '__filename', '__dirname'];
const isWrapper = new Set([...WRAPPER, 'arguments']);
const list = (text) => (text === '' || text === undefined ? [] : text.split(','));

// Per-compartment versions of intrinsics: only in files that need them, so that identities stay those of the language elsewhere.
const TAMED = new Set(['Date', 'Math', 'Intl', 'Temporal', 'Atomics', 'WeakRef', 'FinalizationRegistry']);
function special(c, name, flags, file) {
  if (TAMED.has(name) || name === 'globalThis') return lookup(c, name);
  if (name === 'Error' && flags & FLAG.STACK) return use('stack').make(c);
  if (name === 'Function' && flags & FLAG.FUNCTION) return use('codegen').make(c, file).Function;
  // a parameter called eval is allowed in sloppy code only; where the grant is there, direct eval stays direct (and is learnt here)
  if (name === 'eval' && !(flags & FLAG.STRICT)) {
    if (!psx.holds(c.id, psx.cap.eval)) return use('codegen').make(c, file).eval;
    if (host.plan.mode === 'learn') psx.decide(c.id, psx.cap.eval, '', -1);
  }
  return undefined;
}

// reflect-metadata and who declares it: see metadata.js
const METADATA = 'reflect-metadata';
function sharesMetadata(c) {
  const m = use('compartment').identity(c.root);
  return m !== null && (m.name === METADATA || ['dependencies', 'peerDependencies', 'optionalDependencies'].some((k) => m[k]?.[METADATA] !== undefined));
}
function prepareReflect(c) {
  c.metadata = sharesMetadata(c);
  if (c.metadata) use('metadata').prepare(c);
}

const WRAPS_STRING = 'Object.create(String.prototype';

// -> [names, values, late]: what the code of this file sees beside the intrinsics; late: names that nobody has given a value yet
function bindings(c, entry, file, extra, source) {
  const names = [];
  const values = [];
  const late = [];
  const assigned = new Set(list(entry.assigned));
  for (const n of list(entry.free)) {
    if (isWrapper.has(n)) continue;
    if (c.metadata === undefined && (n === 'Reflect' || n === 'globalThis' || n === 'global')) prepareReflect(c);
    let v;
    if (isIntrinsic(n) || n === 'globalThis') {
      v = n === 'String' && source?.includes(WRAPS_STRING) ? use('late').String() : special(c, n, entry.flags, file);
      if (v === undefined && n === 'eval' && entry.flags & FLAG.STRICT) continue;       // strict code cannot bind it
      if (v === undefined) v = isReplaced(c, n) ? c.globalObject[n] : undefined;
      if (v === undefined && assigned.has(n)) v = host.realGlobal[n];
      if (v === undefined) continue;
    } else if (has(c, n)) v = lookup(c, n);
    else if (extra !== undefined && Object.hasOwn(extra, n)) v = extra[n]();
    // sloppy code may assign to an undeclared name: on the frozen global that would be lost without a word
    else if (!assigned.has(n)) {
      late.push(n);
      continue;
    }
    names.push(n);
    values.push(v);
  }
  return [names, values, late];
}

function strip(source) {
  if (source.charCodeAt(0) === 0xFEFF) source = source.slice(1);
  return source;
}
const TS = /\.[cm]?ts$/;
function prepare(text, file) {
  const source = strip(text);
  if (!TS.test(file)) return source;
  if (file.includes('/node_modules/'))
    throw Object.assign(new Error(`Stripping types is currently unsupported for files under node_modules, for "${file}"`), { code: 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING' });
  return host.real('module').stripTypeScriptTypes(source);
}

// The packages of patches.js; that file is loaded when one of them is.
const PATCHED = new Set(['core-js', 'core-js-pure', 'object.assign', 'typedarray.prototype.slice', 'mathjs', 'bcryptjs', 'spdy-transport', 'execa', 'bson', 'private',
  'symbol-observable', 'zen-observable', 'colors', '@colors/colors', '@pkgjs/parseargs', 'depd', 'prompt', 'regenerator-runtime', '@babel/polyfill',
  'babel-polyfill', 'axe-core', 'optional-require', 'temp-dir', 'uglify-js', 'connect', 'express',
  'lolex', '@sinonjs/fake-timers', 'shelljs']);
function patch(unit, root, source) {
  unit.source = source;
  if (!root.includes('/node_modules/')) return;
  const name = use('compartment').identity(root)?.name;
  if (!PATCHED.has(name)) return;
  const { apply, joins, mark } = use('patches');
  const file = unit.file.slice(root.length + 1);
  const outcome = apply(name, file, source, (path) => psx.source(root, `${root}/${path}`)?.text ?? '');
  if (outcome === source) return;
  unit.source = outcome;
  // the code of one text must not be taken for that of another: the cache knows the file's bytes, the shape what became of them
  unit.shape = ` patch ${mark(outcome)}`;
  if (joins(name, file)) unit.entry = psx.scanText(outcome, 0);
}

// Reads the file beneath its package's root: those bytes are what is scanned, cached and compiled.
function read(c, root, file) {
  const s = psx.source(root, file);
  if (s === null) throw Object.assign(new Error(`Cannot read '${file}'`), { code: 'ENOENT', path: file });
  const source = prepare(s.text, file);
  const unit = { file, source, token: s.token, entry: s.entry, cached: s.entry !== null, shape: '' };
  if (unit.entry === null) unit.entry = source === s.text || !TS.test(file) ? psx.scan(s.token, 0) : psx.scanText(source, 0);
  patch(unit, root, source);
  return unit;
}

// V8 accepts the code of another parameter list as long as the text has the same length: the shape keeps them apart.
// null: nobody keeps any, so none is made (25 ms for the 9 MB of typescript).
const cachedCode = (unit, shape) => (unit.token === undefined ? null : psx.code(unit.token, shape));

// --enable-source-maps: Node keeps the maps and reads them when a stack is shown. For the application's files; Node passes over node_modules as well.
const mapSource = (c, unit, file, instance) => {
  if (!host.plan.options.sourceMaps || !c.free) return;
  const url = [...unit.source.matchAll(/\/[*/]#\s+sourceMappingURL=([^\s]+)/g)].pop()?.[1];
  if (url !== undefined) host.internal('internal/source_map/source_map_cache').maybeCacheSourceMap(file, unit.source, instance, false, undefined, url);
};
// The application may give itself globals later. Whatever else is free becomes a parameter: behind such a scope a lookup is slow.
function lateScope(c, entry, late, names, values) {
  const known = new Set([...names, ...late, 'eval', 'undefined']);
  for (const n of list(entry.free)) {
    if (known.has(n) || isWrapper.has(n) || !isIntrinsic(n)) continue;
    names.push(n);
    values.push(host.realGlobal[n]);
  }
  return use('late').scope(c, late);
}

// A package that gives its global object a name and then uses the bare name (zone.js, Angular's ngDevMode). Only names that the text assigns there: most of what is
// free in a package is a question what kind of place this is (`typeof window`). A scope for them makes every look-up in the file slow, and looking
// for them takes time at each start, so texts of megabytes (typescript) are passed over.
const ASSIGNED = /\b(?:_?global(?:This)?|window|self|root)(?:\.|\[['"])([\w$]+)(?:['"]\])?\s*=[^=]/g;
const LATE_MOST = 1 << 19;
function lateInPackage(c, entry, late, source) {
  if (late.length === 0 || source.length > LATE_MOST || !list(entry.free).some((n) => n === 'global' || n === 'globalThis')) return [];
  const assigned = new Set([...source.matchAll(ASSIGNED)].map((m) => m[1]));
  return assigned.size === 0 ? [] : late.filter((n) => assigned.has(n));
}

exports.commonjs = (c, unit, importModuleDynamically, extra) => {
  const [names, values, late] = bindings(c, unit.entry, unit.file, extra, unit.source);
  const shown = c.id === 0 ? late : lateInPackage(c, unit.entry, late, unit.source);
  const contextExtensions = shown.length > 0 ? [lateScope(c, unit.entry, shown, names, values)] : undefined;
  const shape = `cjs ${names.join(',')}${contextExtensions === undefined ? '' : ' late'}${unit.shape}`;
  const cached = cachedCode(unit, shape);
  const compile = (cachedData) => vm.compileFunction(unit.source, [...WRAPPER, ...names],
    { filename: unit.file, cachedData, produceCachedData: cachedData === undefined && cached !== null, importModuleDynamically, contextExtensions });
  let fn = compile(cached ?? undefined);
  if (fn.cachedDataRejected) fn = compile(undefined);
  if (fn.cachedData !== undefined) psx.keep(unit.token, fn.cachedData, shape);
  mapSource(c, unit, unit.file, fn);
  return (exports, require, module, filename, dirname) => Reflect.apply(fn, exports, [exports, require, module, filename, dirname, ...values]);
};

exports.esm = (c, unit, url, importModuleDynamically, initializeImportMeta) => {
  const [names, values] = bindings(c, { ...unit.entry, flags: unit.entry.flags | FLAG.STRICT, assigned: '' }, unit.file, undefined, unit.source);
  const prologue = names.length ? `import{${names.join(',')}}from"npsx:globals";` : '';
  const shape = `esm ${names.join(',')}${unit.shape}`;
  const compile = (cachedData) => new vm.SourceTextModule(prologue + unit.source.replace(/^#!/, '//'),
    { identifier: url, importModuleDynamically, initializeImportMeta, cachedData });
  let module;
  const cached = cachedCode(unit, shape);
  let cachedData = cached ?? undefined;
  try { module = compile(cachedData); } catch (e) {
    if (e?.code !== 'ERR_VM_MODULE_CACHED_DATA_REJECTED') throw e;
    module = compile(cachedData = undefined);
  }
  if (cachedData === undefined && cached !== null) psx.keep(unit.token, module.createCachedData(), shape);
  mapSource(c, unit, url, module);
  return { module, names, values };
};

exports.unitOfText = (source, file) => ({ file, source, token: undefined, entry: psx.scanText(source, 0), cached: false, shape: '' });
Object.assign(exports, { PATCHED, read, FLAG, list, bindings, strip });
