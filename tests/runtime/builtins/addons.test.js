'use strict';
// Native addons: a file of the package, with the grant, and no other file. The addon is a copy of psx.node.
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const path = require('path');
const { p, app, denied, npsx } = require('./project.js');

const ADDON = path.join(path.dirname(npsx), 'psx.node');
const files = { 'node_modules/p/a.node': fs.readFileSync(ADDON), 'node_modules/q/a.node': fs.readFileSync(ADDON), 'node_modules/q/package.json': { name: 'q', version: '1.0.0' }, 'a.node': fs.readFileSync(ADDON) };
const BODY = `const out = {}; const t = async (n, f) => { out[n] = await tell(() => typeof f()); };
  const at = __dirname + '/../..';
  await t('require', () => require('./a.node')); await t('dlopen', () => { const m = { exports: {} }; process.dlopen(m, __dirname + '/a.node', 2); return m.exports; });
  await t('other package', () => process.dlopen({ exports: {} }, at + '/node_modules/q/a.node')); await t('application', () => process.dlopen({ exports: {} }, at + '/a.node'));
  await t('require of the application', () => require(at + '/a.node')); await t('require of another', () => require(at + '/node_modules/q/a.node')); await t('dots', () => process.dlopen({ exports: {} }, __dirname + '/x/../../q/a.node'));
  await t('a link', () => process.dlopen({ exports: {} }, __dirname + '/link.node')); await t('nothing', () => process.dlopen({ exports: {} }, __dirname + '/none.node')); await t('a library', () => process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libm.so.6'));
  await t('extension', () => { const m = { exports: {} }; require.extensions['.node'](m, at + '/node_modules/q/a.node'); return m; }); let n = 0;
  await t('a name that changes', () => process.dlopen({ exports: {} }, { toString: () => (n++ ? __dirname + '/a.node' : at + '/a.node') })); return out;`;
const before = "require('fs').symlinkSync('../q/a.node', 'node_modules/p/link.node')";

test('with the grant: its own file, and no other', () => {
  const { value } = p({ native: true, 'fs.read': ['./'] }, BODY, { files, before });
  assert.strictEqual(value.require, 'object', value.require);
  assert.strictEqual(value.dlopen, 'object', value.dlopen);
  const granted = ['require', 'dlopen', 'application', 'require of the application', 'a name that changes'];      // the application's files may be read here
  for (const name of Object.keys(value).filter((n) => !granted.includes(n))) assert.match(value[name], /^\w+: /, `${name}: ${value[name]}`);
});
test('without the grant: nothing', () => {
  const { value } = p({}, BODY, { files, before });
  for (const name of Object.keys(value)) assert.match(value[name], /^\w+: /, `${name}: ${value[name]}`);
  assert.match(value.require, denied);
});
test('the application loads one and passes it on', () => {
  const { value } = p({}, 'return typeof app;', { files, before: "require('./a.node')" });
  assert.strictEqual(value, 'object');
  assert.match(app({}, "require('./a.node');", { files }).stderr, /app may not native/);
});
