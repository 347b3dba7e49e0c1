'use strict';
// Patching the loader: a package patches the loading of its own modules, one that holds `ambient` the application's.
const test = require('node:test');
const assert = require('node:assert');
const { p, app } = require('./project.js');

const files = { 'node_modules/p/one.js': "module.exports = 'one';", 'node_modules/p/two.js': "module.exports = require('./one.js');", 'node_modules/p/text.js': "module.exports = 'OLD';", 'node_modules/q/package.json': { name: 'q', version: '1.0.0' },
  'node_modules/q/index.js': "module.exports = require('path').sep;", 'user.js': "module.exports = [require('path').sep, require('./other.js')];", 'other.js': "module.exports = 'other';" };

const PATCHES = `const M = require('module'); const out = [];
  const { _load, _resolveFilename } = M; const { require: plain } = M.prototype; const fresh = (f) => { delete require.cache[require.resolve(f)]; return require(f); };
  M._load = function (id, ...rest) { return id === './one.js' ? 'mock' : _load.call(M, id, ...rest); }; out.push(fresh('./two.js')); M._load = _load;
  M._resolveFilename = function (id, ...rest) { return id === '@alias' ? __dirname + '/one.js' : _resolveFilename.call(M, id, ...rest); }; out.push(require('@alias')); M._resolveFilename = _resolveFilename;
  M.prototype.require = function (id) { return id === './one.js' ? 'patched' : plain.call(this, id); }; out.push(fresh('./two.js')); M.prototype.require = plain;
  const js = M._extensions['.js']; M._extensions['.js'] = (m, f) => { if (!f.endsWith('text.js')) return js(m, f); m.exports = 'hook'; }; out.push(fresh('./text.js')); M._extensions['.js'] = js;
  out.push(fresh('./two.js'));`;

test('a package patches what it loads itself', () => {
  const { value } = p({}, `${PATCHES} return out;`, { files });
  assert.deepStrictEqual(value, ['mock', 'one', 'patched', 'hook', 'one']);
  const lines = Object.fromEntries(['one.js', 'two.js', 'text.js'].map((f) => [f, files[`node_modules/p/${f}`]]));
  const [ours, theirs] = [false, true].map((node) => app(undefined, `${PATCHES} console.log(out.join());`, { node, files: lines }).stdout);
  assert.strictEqual(ours, theirs);
});

test('and nobody else\'s modules; what it answers is loaded with its own rights', () => {
  const { value } = p({}, `const M = require('module'); const { _resolveFilename } = M; const out = [];
    M._load = () => 'TAINT'; M.prototype.require = () => 'TAINT'; M._extensions['.js'] = (m) => { m.exports = 'TAINT'; }; out.push(app());
    const N = M; delete N._extensions['.js']; N.prototype.require = undefined;
    return out;`, { files, before: "() => require('./user.js')" });
  assert.deepStrictEqual(value, [['/', 'other']]);
  for (const target of ["process.cwd() + '/secret.json'", "'/etc/hostname'", "process.cwd() + '/node_modules/q/index.js'", "__dirname + '/link.json'"]) {
    const r = p({}, `const M = require('module'); const { _resolveFilename } = M; M._resolveFilename = () => ${target}; return [await tell(() => require('x')), await tell(() => M._load('x', module))];`,
      { files: { ...files, 'secret.json': '"S3CR3T"' }, before: "require('fs').symlinkSync('../../secret.json', 'node_modules/p/link.json')" }).value;
    for (const text of r) assert.match(String(text), /^(EACCES|ERR_CAPABILITY_DENIED|MODULE_NOT_FOUND): /, `${target}: ${text}`);
  }
});

test('who holds ambient patches the application', () => {
  const { value } = p({ ambient: true }, `const M = require('module'); const { _load } = M; M._load = function (id, ...rest) { return id === './other.js' ? 'mock' : _load.call(this, id, ...rest); };
    const js = M._extensions['.js']; const seen = []; M._extensions['.js'] = (m, f) => { const { _compile } = m; m._compile = (text, name) => { seen.push(typeof text); m._compile = _compile; m._compile(text.replace("path", "os"), name); }; js(m, f); };
    require.extensions['.json'] = (m) => { m.exports = 'json hook'; }; try { return [app(), seen, app.json()]; } finally { M._load = _load; M._extensions['.js'] = js; }`, { files: { ...files, 'x.json': '1' }, before: "Object.assign(() => require('./user.js'), { json: () => require('./x.json') })" });
  assert.deepStrictEqual(value, [[null, 'mock'], ['string'], 'json hook']);
});
