'use strict';
// Every builtin of the engine and every one of its exports is classified; every key of the real process has an answer.
const test = require('node:test');
const assert = require('node:assert');
const { builtinModules } = require('module');
const { start } = require('./harness.js');

const { use, host, compartment } = start();
const table = use('facade/table');
const bare = (name) => name.replace(/^node:/, '');
const names = builtinModules.map(bare).filter((n) => !n.startsWith('internal/') && n !== 'internal');
const exportsOf = (real) => Object.getOwnPropertyNames(real).filter((k) => typeof real !== 'function' || !['length', 'name', 'prototype'].includes(k));
const isFile = (file) => require('fs').existsSync(`${__dirname}/../../../runtime/${file}.js`);
const OTHERS = new Set(['child_process', 'dgram', 'dns', 'dns/promises', 'fs', 'fs/promises', 'http', 'http2', 'https', 'module', 'net', 'tls',
  '_http_agent', '_http_client', '_http_common', '_http_incoming', '_http_outgoing', '_http_server', '_tls_common', '_tls_wrap']);

test('each builtin of the engine has a class, and the table names no other', () => {
  assert.deepStrictEqual(names.filter((n) => table.TABLE[n] === undefined), []);
  assert.deepStrictEqual(Object.keys(table.TABLE).filter((n) => !names.includes(n)), []);
});

let exportsSeen = 0;
for (const name of names) {
  test(`${name}: each export is classified`, () => {
    const entry = table.TABLE[name];
    const real = table.real(name);
    if (OTHERS.has(name)) return;                             // their own tests
    const c = compartment(1);
    const own = use('builtins').get(c, name);
    const unknown = [];
    for (const key of exportsOf(real)) {
      exportsSeen++;
      if (entry.removed.includes(key)) { assert.ok(!Object.hasOwn(own, key), `${key} is removed`); continue; }
      if (name === 'process') { if (!(key in own) && !use('facade/process').ABSENT.includes(key)) unknown.push(key); continue; }
      if (entry.kind === 'whole') { if (!entry.shared.includes(key)) unknown.push(key); continue; }
      if (entry.kind === 'pure') { if (!(entry.shared.includes(key) || entry.replaced.includes(key) || (entry.constants && typeof real[key] !== 'function' && typeof real[key] !== 'object'))) unknown.push(key); }
      if (!Object.hasOwn(own, key) && !(key in own)) unknown.push(key);
    }
    assert.deepStrictEqual(unknown, []);
    if (entry.kind === 'pure') for (const key of entry.shared) assert.ok(key in real, `${key} is no export of ${name} any more`);
    assert.notStrictEqual(entry.kind === 'whole' ? {} : own, real, 'an object of its own');
  });
}

test('no facade offers what the real module has not', () => {
  for (const name of names) {
    if (OTHERS.has(name) || name === 'process') continue;
    const entry = table.TABLE[name];
    const real = table.real(name);
    const own = use('builtins').get(compartment(1), name);
    assert.deepStrictEqual(Object.keys(own).filter((k) => !(k in real) && !entry.removed.includes(k)), [], name);
  }
});

test('facade files exist', () => {
  for (const [name, entry] of Object.entries(table.TABLE)) if (entry.file && !OTHERS.has(name)) assert.ok(isFile(entry.file), entry.file);
});

test('each denied builtin loads without the real one, and refuses when called', () => {
  for (const [name, entry] of Object.entries(table.TABLE)) {
    if (entry.kind !== 'denied') continue;
    const c = compartment(1);
    const own = use('builtins').get(c, name);
    for (const key of Object.keys(own)) {
      if (typeof own[key] !== 'function' || (key === 'url' && name.startsWith('inspector'))) continue;      // tells that nobody debugs
      assert.throws(() => own[key](), { code: 'ERR_CAPABILITY_DENIED', capability: 'builtins', package: 'p1@1.0.0' }, `${name}.${key}()`);
      assert.throws(() => new own[key](), { code: 'ERR_CAPABILITY_DENIED' }, `new ${name}.${key}()`);
      assert.doesNotThrow(() => class extends own[key] {});
    }
  }
});

test('a granted builtin is the real one, in a copy', () => {
  const s = start({ grants: { 1: { builtins: ['node:inspector'] } } });
  const own = s.use('builtins').get(s.compartment(1), 'inspector');
  assert.strictEqual(own.Session, require('inspector').Session);
  assert.notStrictEqual(own, require('inspector'));
  assert.throws(() => s.use('builtins').get(s.compartment(1), 'repl').start(), { code: 'ERR_CAPABILITY_DENIED' });
});

test('while learning a denied builtin works and is recorded when it is called', () => {
  const s = start({ mode: 'learn' });
  const own = s.use('builtins').get(s.compartment(1), 'v8');
  assert.deepStrictEqual(s.asked, []);
  own.setFlagsFromString('--stack-size=984');
  assert.deepStrictEqual(s.asked, ['+1 builtins node:v8']);
});

test('process: each key of the real one is there or absent on purpose', () => {
  const real = host.global.process;
  const own = use('facade/process').make(compartment(1));
  const { ABSENT } = use('facade/process');
  const missing = Object.getOwnPropertyNames(real).filter((k) => !(k in own) && !ABSENT.includes(k));
  assert.deepStrictEqual(missing, []);
  for (const key of Object.getOwnPropertyNames(real)) {
    const d = Object.getOwnPropertyDescriptor(own, key);
    if (d && typeof d.value === 'function' && !['nextTick'].includes(key)) assert.notStrictEqual(d.value, real[key], `process.${key} is the real function`);
  }
});

test.after(() => { console.log(`# ${names.length} builtins, ${exportsSeen} exports classified here`); });
