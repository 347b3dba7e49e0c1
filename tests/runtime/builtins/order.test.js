'use strict';
// Builtins share prototypes (a histogram and a socket are both handles), and each seals what it leads to when it is first asked for: whichever
// comes first, the others must find what they have to seal.
const test = require('node:test');
const assert = require('node:assert');
const { promisify } = require('node:util');
const execFile = promisify(require('node:child_process').execFile);
const { npsx } = require('./project.js');
const { builtinModules } = require('node:module');

const first = async (name) => {
  const { stdout } = await execFile(npsx, ['--quiet', '--no-warnings', '-e', `require('${name}');
    for (const next of ['net', 'http2', 'child_process', 'dgram', 'worker_threads', 'crypto', 'perf_hooks', 'zlib', 'fs']) try { require(next); } catch (e) { console.log(next, e.message); }`], { timeout: 30_000 });
  return stdout === '' ? [] : [`${name} first: ${stdout.trim()}`];
};

test('whichever builtin is the first, the others load', async () => {
  const names = builtinModules.filter((name) => !name.startsWith('internal/'));
  assert.ok(names.length > 60);
  const found = [];
  const half = async () => { for (let name = names.pop(); name !== undefined; name = names.pop()) found.push(...await first(name)); };
  await Promise.all([half(), half()]);
  assert.deepStrictEqual(found, []);
});
