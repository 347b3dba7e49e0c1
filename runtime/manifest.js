// Node's policy manifest, as the loaders ask for it. psx.node answers (docs/format/manifest.md): this file only gives it the shape of a resolution. Loaded when
// there is a manifest, and then asked for each require() and import.

const { psx, plan } = host;
const { resolve, fail, isBuiltin } = use('resolve');
const { fileURLToPath } = host.real('url');
const URL = host.global.URL;

// psx.redirect: who asks
const BY_URL = 0, REQUIRE = 1, IMPORT = 2;
// In the order of Node 20, which its messages show.
const extra = () => plan.options.conditions ?? [];
const conditionsOf = { require: () => ['require', 'node', 'node-addons', ...extra()].join(', '), import: () => ['node', 'import', 'node-addons', ...extra()].join(', ') };

function builtinOf(url) {
  const name = new URL(url).pathname;
  if (!isBuiltin(name) && !isBuiltin(`node:${name}`)) {
    const e = fail('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${name}`);
    e.stack = e.stack.replace('Error:', `Error [${e.code}]:`);
    throw e;
  }
  return { builtin: name };
}

// usual: finds it where it would be without a manifest
exports.required = (spec, from, usual) => {
  const to = psx.redirect(from, REQUIRE, spec, conditionsOf.require());
  if (to === true) return usual();
  return to.startsWith('node:') ? builtinOf(to) : resolve(fileURLToPath(to), from, 'require');
};

// The names that are there without a require() under -e, and what Node itself requires for it.
exports.builtinOfText = (from, name) => { psx.redirect(from, REQUIRE, name, conditionsOf.require(), '<eval>'); };

function target(to, from) {
  if (to.startsWith('node:')) return builtinOf(to);
  if (to.startsWith('data:')) return { data: to };
  return resolve(to, from, 'import');
}
// ?query and #fragment of what was asked for: part of its URL, and not of its file's name
function behind(spec, url) {
  if (!/^(\.{0,2}\/|file:)/.test(spec) || !/[?#]/.test(spec)) return '';
  const { search, hash } = new URL(spec, url);
  return `${search}${hash}`;
}
function urlOf({ data, file }, suffix) {
  if (data !== undefined) return data;
  return suffix === '' ? file : `${host.real('url').pathToFileURL(file).href}${suffix}`;
}

// from: the file that imports; url: its URL
exports.imported = (spec, from, url) => {
  const how = url.startsWith('file:') ? IMPORT : BY_URL;
  const asker = how === IMPORT ? from : url;
  const conditions = conditionsOf.import();
  const to = psx.redirect(asker, how, spec, conditions);
  const found = to === true ? resolve(spec, from, 'import') : target(to, from);
  if (found.builtin !== undefined) return found;
  const suffix = behind(to === true ? spec : to, url);
  psx.might(asker, how, spec, conditions, undefined, urlOf(found, suffix));
  // the file's content is compared when it is read; under this name it is another resource
  if (suffix !== '') psx.vouch(urlOf(found, suffix), psx.text('/', found.file, true) ?? '');
  return found;
};

// import.meta.resolve: where it leads, or undefined when the manifest leaves that to the usual way
exports.led = (spec, from, url) => {
  const how = url.startsWith('file:') ? IMPORT : BY_URL;
  const to = psx.redirect(how === IMPORT ? from : url, how, spec, conditionsOf.import());
  return to === true ? undefined : to;
};

exports.main = (file) => { psx.might(file, IMPORT, `file://${file}`, conditionsOf.import(), 'undefined', file); };

// What belongs to the whole package and cannot tell which of its files asks
const whoAsks = (what) => Object.assign(new Error(`${what} does not tell which file asks, and the manifest has rules for each file; use require() or import`), { code: 'ERR_ACCESS_DENIED' });
exports.whoAsks = whoAsks;
// From the process of the ambient application
exports.withhold = (process) => {
  const own = {
    getBuiltinModule() { throw whoAsks('process.getBuiltinModule'); },
    binding() { throw denied('process.binding'); },
    _linkedBinding() { throw denied('process._linkedBinding'); },
    execve() { throw whoAsks('process.execve'); },
    dlopen(module, filename) { use('cjs').dlopen(use('compartment').app(), module, `${filename}`); },
  };
  for (const name of Object.keys(own)) Object.defineProperty(process, name, { value: own[name], writable: true, enumerable: true, configurable: true });
};
const denied = (message) => Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED', permission: '', resource: '' });

// module.require is reached by other files too (module.parent, require.main, require.cache): it refuses what the file's own rules refuse, in the same words, and
// the rest because it cannot know who calls.
exports.sharedRequire = (from) => function require(id) {
  psx.redirect(from, REQUIRE, `${id}`, conditionsOf.require());
  throw whoAsks('module.require');
};

exports.text = (path, source) => { psx.vouch(path, source); };
