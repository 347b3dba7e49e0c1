'use strict';
// What the application's redirected stdin, stdout and stderr show of the streams behind them.
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const { p } = require('./project.js');

test('stdin from a file leads to that file only', () => {
  const input = fs.openSync(__filename);
  const { value } = p({}, `const out = []; const secret = app.secret; const s = app.stdin;
    for (const k of Reflect.ownKeys(s)) if (typeof s[k]?.readFileSync === 'function') out.push(String(k) + ' is fs');
    out.push(await tell(async () => { let d = ''; for await (const c of new s.constructor(secret)) d += c; return d; }));
    s.setEncoding('utf8'); s.fd = app.other; let d = ''; for await (const c of s) d += c; out.push(d); return out;`,
  { before: "{ secret: require('path').resolve('secret.txt'), other: require('fs').openSync('secret.txt'), stdin: process.stdin }", stdio: [input, 'pipe', 'pipe'] });
  fs.closeSync(input);
  assert.match(value[0], /^ERR_CAPABILITY_DENIED: .*constructor/);
  assert.deepStrictEqual(value.slice(1), [fs.readFileSync(__filename, 'utf8')]);
});

test('stderr to a file writes to that file only', () => {
  const output = fs.openSync('/dev/null', 'r+');
  const { value, dir } = p({}, `const s = app.stderr; await tell(() => { s.fd = app.other; }); s.write('TAINT'); await tell(() => { new s.constructor(app.other).write('TAINT'); }); return s.fd;`,
    { before: "{ other: require('fs').openSync('data/empty.txt', 'w'), stderr: process.stderr }", stdio: ['ignore', 'pipe', output] });
  fs.closeSync(output);
  assert.strictEqual(value, 2);
  assert.strictEqual(fs.readFileSync(`${dir}/data/empty.txt`, 'utf8'), '');
});
