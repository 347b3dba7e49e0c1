'use strict';
// What the application's redirected stdin, stdout and stderr show of the streams behind them.
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const { p, app } = require('./project.js');

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

test('what ends into standard output does not end it', () => {
  const body = `const { Readable, Stream, finished } = require('stream'); const { Worker } = require('worker_threads'); const { once } = require('events');
    const closed = (s) => new Promise((done) => finished(s, { writable: false }, done));
    const quiet = () => new Promise((done) => setImmediate(() => setImmediate(done)));
    (async () => {
      const a = Readable.from(['pipe\\n']); a.pipe(process.stdout); a.pipe(process.stderr); await closed(a); console.log('after pipe'); console.error('after pipe');
      const old = new Stream(); old.pipe(process.stdout); old.emit('data', 'old\\n'); old.emit('end'); console.log('after the old pipe');
      const w = new Worker("console.log('thread')", { eval: true, stdout: true }); w.stdout.pipe(process.stdout); await once(w, 'exit'); await quiet(); console.log('after a thread');
    })();`;
  const plain = app(undefined, body, { node: true });
  assert.strictEqual(plain.stdout.split('\n').length, 7);
  const ours = app({ worker: true, eval: true, timers: true, stdio: ['stdout', 'stderr'] }, body);
  assert.deepStrictEqual([ours.stdout, ours.stderr, ours.status], [plain.stdout, plain.stderr, plain.status]);
});

// node does so for files; for pipes it depends on who asked
test('nothing is lost after an end that was asked for', () => {
  const { stdout } = app({ stdio: ['stdout'] }, `const { Readable, pipeline } = require('stream'); const { once } = require('events');
    pipeline(Readable.from(['pipeline\\n']), process.stdout, async () => {
      console.log('after pipeline');
      process.stdout.destroy(); await once(process.stdout, 'close'); console.log('after destroy', process.stdout.writable);
    });`);
  assert.strictEqual(stdout, 'pipeline\nafter pipeline\nafter destroy true\n');
});

test('a pipe into an output that was not granted is no crash', () => {
  const { stdout, status, stderr } = app({ timers: true, stdio: ['stdout'] }, `const { Readable } = require('stream');
    Readable.from(['x']).pipe(process.stderr); setTimeout(() => { console.log('goes on'); }, 5);`);
  assert.deepStrictEqual([stdout, status, stderr], ['goes on\n', 0, '']);
});
