// What matrix.txt does not say: other kernels, writers, the code cache, other ways to load native code, ways in from outside. Each attack is seen
// to work first, under plain node or without the securebits.
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import assert from 'node:assert';
import { needNpsx, node, npsx, run, temporary } from '../../lib.mjs';

needNpsx();
const TOOLS = join(dirname(npsx), 'src/addon');
const WITH = join(TOOLS, 'with-securebits');
const under = (restrict, deny, ...argv) => [WITH, `restrict=${restrict}`, `deny=${deny}`, ...argv];

// A directory that goes with the test
function project(t, files) {
  const dir = temporary('exec');
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, [mode, text]] of Object.entries({ 'package.json': [0o644, '{"name":"x"}'], ...files })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
    chmodSync(join(dir, name), mode);
  }
  return dir;
}
const go = (dir, argv, more = {}) => run(argv, { cwd: dir, ...more });

for (const kernel of ['old', 'none']) {
  test(`a kernel that cannot answer (${kernel}): refused where it counts, told where it does not`, async (t) => {
    const dir = project(t, { 'a.js': [0o755, "console.log('RAN');"], 'start.js': [0o755, "require('./a.js');"] });
    const strict = await go(dir, under(1, 0, `kernel=${kernel}`, npsx, 'a.js'));
    assert.strictEqual(strict.status, 126);
    assert.match(strict.stderr, /this kernel cannot tell whether it may be executed/);
    const free = await go(dir, under(0, 0, `kernel=${kernel}`, npsx, '--audit=log', 'a.js'));
    assert.strictEqual(free.stdout, 'RAN\n');
    assert.match(readFileSync(join(dir, 'log'), 'utf8'), /"result":"unknown","why":"[^"]+","decided":"would be denied"/);
    const typed = await go(dir, ['bash', '-c', `exec ${under(0, 1, `kernel=${kernel}`, npsx, '-').join(' ')} < a.js`]);
    assert.strictEqual(typed.status, 126);
  });
}
test('securebits that cannot be read count as set', async (t) => {
  const dir = project(t, { 'a.js': [0o644, "console.log('RAN');"] });
  assert.strictEqual((await go(dir, under(0, 0, npsx, 'a.js'))).stdout, 'RAN\n');
  const file = await go(dir, under(0, 0, 'kernel=blind', npsx, 'a.js'));
  assert.strictEqual(file.status, 126);
  assert.match(file.stderr, /chmod \+x/);
  assert.strictEqual((await go(dir, under(0, 0, 'kernel=blind', npsx, '-e', '1'))).status, 126);
});
test('a file that somebody holds open for writing', async (t) => {
  const dir = project(t, { 'a.js': [0o755, "console.log(require('./b.js'));"], 'b.js': [0o755, "module.exports = 'RAN';"] });
  assert.strictEqual((await go(dir, under(1, 0, npsx, 'a.js'))).stdout, 'RAN\n');
  const fd = openSync(join(dir, 'b.js'), 'r+');
  const held = await go(dir, under(1, 0, npsx, 'a.js'));
  closeSync(fd);
  assert.match(held.stderr, /b\.js was not loaded: it is open for writing/);
});
test('the interactive way in is named, and stays shut', async (t) => {
  const dir = project(t, {});
  for (const [deny, expected] of [[0, /not offered/], [1, /not offered/]]) {
    const r = await go(dir, under(0, deny, npsx, '-i'));
    assert.notStrictEqual(r.status, 0);
    assert.match(r.stderr, expected);
  }
  const r = await go(dir, under(0, 1, npsx), { input: "console.log('RAN')" });
  assert.strictEqual(r.status, 126);
  assert.match(r.stderr, /the script on standard input is refused: it is no file, and only files run here and no commands \(interactive use is disabled by .*EXEC_DENY_INTERACTIVE/);
});
for (const spelt of ['data:text/javascript,1', 'DATA:text/javascript,1', ' data:text/javascript,1', '\tData:text/javascript,1']) {
  test(`a data: URL on the command line, spelt ${JSON.stringify(spelt)}`, async (t) => {
    const dir = project(t, { 'a.js': [0o755, ''] });
    const r = await go(dir, under(0, 1, npsx, `--import=${spelt}`, 'a.js'));
    assert.strictEqual(r.status, 126);
    assert.match(r.stderr, /a data: URL on the command line is refused/);
  });
}
test("the application's own text is its own: data: imports, eval, files that it reads", async (t) => {
  const dir = project(t, { 'text.txt': [0o644, "module.exports = 'FILE';"],
    'a.mjs': [0o755, `import { readFileSync } from 'node:fs'; import { createRequire } from 'node:module'; import vm from 'node:vm';
      const m = { exports: {} }; vm.runInThisContext('(function (module) {' + readFileSync('text.txt', 'utf8') + '})')(m);
      console.log((await import('data:text/javascript,export default "DATA"')).default, eval('"EVAL"'), m.exports);`] });
  assert.strictEqual((await go(dir, under(1, 1, npsx, 'a.mjs'))).stdout, 'DATA EVAL FILE\n');
});

// What V8 compiled in an earlier run lies in the cache (docs/format/pack.md: a head of 64 bytes, rows of 64). Whoever writes there chooses what runs:
// here the code of two texts of the same length changes places.
function exchangeCode(pack) {
  const bytes = readFileSync(pack);
  const rows = Array.from({ length: bytes.readUInt32LE(16) }, (_, i) => bytes.subarray(64 + 64 * i, 128 + 64 * i)).filter((row) => row[52] === 2);
  assert.strictEqual(rows.length, 2, 'the code of two texts');
  const [first, second] = rows.map((row) => Buffer.from(row.subarray(32, 52)));
  second.copy(rows[0], 32);
  first.copy(rows[1], 32);
  writeFileSync(pack, bytes);
}
test('code from the cache', async (t) => {
  const [good, evil] = ['good', 'evil'].map((word) => `console.log('${word}'); // ${'x'.repeat(3000)}\n`);
  const dir = project(t, { 'a.js': [0o755, ''] });
  const env = { ...process.env, XDG_CACHE_HOME: join(dir, 'cache') };
  for (const text of [evil, good, good]) {
    writeFileSync(join(dir, 'a.js'), text);
    assert.strictEqual((await go(dir, under(0, 0, npsx, 'a.js'), { env })).stdout, text === good ? 'good\n' : 'evil\n');
  }
  const [pack] = readdirSync(join(dir, 'cache'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  exchangeCode(join(pack.parentPath, pack.name));
  assert.strictEqual((await go(dir, under(0, 0, npsx, 'a.js'), { env })).stdout, 'evil\n', 'the attack does not work any more');
  assert.strictEqual((await go(dir, under(1, 0, npsx, 'a.js'), { env })).stdout, 'good\n');
});

const NATIVE = {
  'process.dlopen': 'process.dlopen({ exports: {} }, FILE);',
  'process.dlopen of a relative path': "process.dlopen({ exports: {} }, './loud.node');",
  'require.extensions': "require.extensions['.node']({ exports: {} }, FILE);",
  'crypto.setEngine': "require('crypto').setEngine(FILE);",
  'crypto.setEngine by process.getBuiltinModule': "process.getBuiltinModule('crypto').setEngine(FILE);",
  'an extension of SQLite': "new (require('node:sqlite').DatabaseSync)(':memory:', { allowExtension: true }).loadExtension(FILE);",
  'ffi.DynamicLibrary': "new (require('node:ffi').DynamicLibrary)(FILE);",
  'ffi.dlopen': "require('node:ffi').dlopen(FILE, {});",
};
for (const [name, body] of Object.entries(NATIVE)) {
  test(`native code by ${name}`, async (t) => {
    const dir = project(t, { 'a.js': [0o755, `const FILE = __dirname + '/loud.node'; ${body}`] });
    copyFileSync(join(TOOLS, 'loud.node'), join(dir, 'loud.node'));
    chmodSync(join(dir, 'loud.node'), 0o644);
    const control = await go(dir, under(1, 0, node, ...(name.startsWith('ffi') ? ['--experimental-ffi'] : []), 'a.js'));
    assert.match(control.stdout, /EVIL/, `plain node does not load it: ${control.stderr}`);
    const r = await go(dir, under(1, 0, npsx, 'a.js'));
    assert.doesNotMatch(r.stdout, /EVIL/);
    assert.match(r.stderr, /ERR_NOT_EXECUTABLE/);
  });
}
test('an addon that may be executed is loaded by the descriptor that was checked', async (t) => {
  const dir = project(t, { 'a.js': [0o755, "const a = require('./loud.node'); console.log(a === require('./loud.node'), require('fs').readFileSync('/proc/self/maps', 'utf8').includes('/loud.node'));"] });
  copyFileSync(join(TOOLS, 'loud.node'), join(dir, 'loud.node'));
  chmodSync(join(dir, 'loud.node'), 0o755);
  assert.strictEqual((await go(dir, under(1, 0, npsx, 'a.js'))).stdout, 'EVIL\ntrue true\n');
});

for (const [file, entry] of [['loud.so', ''], ['libother-1.so', ''], ['third', ", 'sqlite3_other_init'"]]) {
  test(`an extension of SQLite that may be executed: ${file}${entry}`, async (t) => {
    const dir = project(t, { 'a.js': [0o755, `const db = new (require('node:sqlite').DatabaseSync)(':memory:', { allowExtension: true }); db.loadExtension(__dirname + '/${file}'${entry}); console.log('RAN');`] });
    const source = file === 'loud.so' ? 'loud.node' : 'other.so';
    copyFileSync(join(TOOLS, source), join(dir, file));
    chmodSync(join(dir, file), 0o755);
    assert.match((await go(dir, under(0, 0, node, 'a.js'))).stdout, /RAN/);
    assert.match((await go(dir, under(1, 0, npsx, 'a.js'))).stdout, /RAN/);
  });
}

// A signal is enough to open node's debugger, which takes commands.
async function signalled(program, dir) {
  const child = spawn(program, ['a.js'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  const out = new Promise((done) => { let all = ''; child.stdout.setEncoding('utf8').on('data', (text) => { all += text; if (all.includes('READY')) child.kill('SIGUSR1'); }); child.on('close', (status, signal) => done({ all, status, signal })); });
  return { ...await out, stderr };
}
test('a debugger by a signal', async (t) => {
  const dir = project(t, { 'a.js': [0o755, "console.log('READY'); setTimeout(() => console.log('ALIVE'), 700);"] });
  assert.match((await signalled(node, dir)).stderr, /Debugger listening/);
  const r = await signalled(npsx, dir);
  assert.doesNotMatch(r.stderr, /Debugger/);
  assert.match(r.all, /ALIVE/);
});
test('a program that listens for that signal hears it', async (t) => {
  const dir = project(t, { 'a.js': [0o755, "process.on('SIGUSR1', () => { console.log('HEARD'); process.exit(); }); console.log('READY'); setTimeout(() => {}, 5000);"] });
  assert.match((await signalled(npsx, dir)).all, /HEARD/);
});
test('the code of a cache is not made either', async (t) => {
  const dir = project(t, { 'a.js': [0o755, "console.log('RAN');"] });
  const env = { ...process.env, XDG_CACHE_HOME: join(dir, 'cache') };
  await go(dir, under(1, 0, npsx, 'a.js'), { env });
  assert.ok(!existsSync(join(dir, 'cache')) || readdirSync(join(dir, 'cache'), { recursive: true, withFileTypes: true }).every((e) => e.isDirectory()));
});
