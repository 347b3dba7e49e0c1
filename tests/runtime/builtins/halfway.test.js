'use strict';
// What the runtime does when something is first asked for, it does whole: not half, because the package that asks stands at the end of the stack, or
// because a time limit ends it.
const test = require('node:test');
const assert = require('node:assert');
const { p } = require('./project.js');

const NAMES = ['stream', 'buffer', 'url', 'util', 'zlib', 'crypto', 'string_decoder', 'stream/web', 'net', 'tls', 'http', 'https', 'http2', 'dns', 'dgram', 'readline', 'tty', 'perf_hooks',
  'worker_threads', 'async_hooks', 'fs', 'child_process', 'assert', 'path', 'querystring', 'v8', '@Headers', '@fetch', '@CompressionStream', '@MessageChannel'];
// paths to whatever can still be changed
const walk = `const seen = new Map(); const queue = [];
  const push = (v, at) => { if (((typeof v === 'object' && v !== null) || typeof v === 'function') && !seen.has(v) && v !== globalThis) { seen.set(v, at); queue.push(v); } };
  push(take(), ''); for (const o of queue) { const at = seen.get(o); push(Object.getPrototypeOf(o), at + '.__proto__');
    for (const k of Reflect.ownKeys(o)) { const d = Reflect.getOwnPropertyDescriptor(o, k); if ('value' in d) push(d.value, at + '.' + String(k)); else { push(d.get, at + '.get ' + String(k)); push(d.set, at + '.set ' + String(k)); } } }
  return [seen.size, [...seen].filter(([o]) => Object.isExtensible(o)).map(([, at]) => at).sort()];`;
const deep = 'let got; let refused = 0; (function deeper() { try { deeper(); } catch {} if (got === undefined) try { got = take(); } catch { refused++; } })(); if (refused < 10) return [refused];';

test('the end of the stack', () => {
  for (const name of NAMES) {
    const take = `const take = () => ${name[0] === '@' ? `globalThis[${JSON.stringify(name.slice(1))}]` : `require(${JSON.stringify(name)})`};`;
    assert.deepStrictEqual(p({}, `${take} ${deep} ${walk}`).value, p({}, `${take} ${walk}`).value, name);
  }
});

test('a time limit of vm', () => {
  const body = (ms) => `try { require('vm').runInNewContext('take()', { take: () => require('http2') }, { timeout: ${ms} }); } catch (e) { if (e.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw e; }
    return Object.isFrozen(require('http2').Http2ServerRequest.prototype);`;
  let ended = 0;
  for (const ms of [1, 2, 3]) {
    try { assert.strictEqual(p({ eval: true }, body(ms)).value, true); } catch (error) {
      assert.match(error.message, /no result: npsx: the time limit of a vm context ended the runtime/);
      ended++;
    }
  }
  assert.ok(ended > 0, 'no limit hit: the machine is too fast for this test');
});
