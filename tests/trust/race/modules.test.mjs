// A file of code that is exchanged between the check and the use. What checks the name and then reads the name loses, and so does what checks
// the descriptor and then reads it, when the same file is written to; under npsx what runs is what was checked.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, linkSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import assert from 'node:assert';
import { needNpsx, node, npsx, run, temporary } from '../../lib.mjs';

needNpsx();
const WITH = join(dirname(npsx), 'src/addon/with-securebits');
const RESTRICTED = [WITH, 'restrict=1', 'deny=0', npsx];
const LOADS = 300;
const PATIENCE = 20_000;      // ms, for a race to be won, or for both states to be met: ends early

function place(name, good, evil) {
  const dir = temporary('race');
  const put = (file, bytes, mode) => {
    writeFileSync(join(dir, file), bytes);
    chmodSync(join(dir, file), mode);
  };
  put(`good-${name}`, good, 0o755);
  put(`evil-${name}`, evil, 0o644);
  put('package.json', '{"name":"race"}', 0o644);
  return { dir, put };
}
// Calls work() while the file is being swapped.
async function swapping(how, dir, name, work) {
  const child = spawn(node, [join(import.meta.dirname, 'swap.mjs'), how, dir, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const over = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    return await work();
  } finally {
    child.kill('SIGKILL');
    await over;
    rmSync(dir, { recursive: true, force: true });
  }
}

// Long enough for the end to change while the beginning is read; the last word says which it is.
const text = (which) => `const good = 'good', evil = 'evil';/*${' '.repeat(1 << 18)}*/module.exports = ${which}`;
const GOOD = text('good');
const EVIL = text('evil');
// -> how often each was loaded; stops early when the checker has lost
const NAIVE = {
  name: "accessSync(file, constants.X_OK); const text = readFileSync(file, 'utf8');",
  descriptor: "const fd = openSync(file); let text; try { if (!(fstatSync(fd).mode & 0o111)) throw 0; text = readFileSync(fd, 'utf8'); } finally { closeSync(fd); }",
};
const naive = (check) => `const { accessSync, closeSync, constants, fstatSync, openSync, readFileSync } = require('fs');
  const file = require('path').join(__dirname, 'victim.js'); const seen = { good: 0, evil: 0, refused: 0 };
  for (const end = Date.now() + ${PATIENCE}; seen.evil === 0 && Date.now() < end;) try { ${check} const module = { exports: {} }; Function('module', text)(module); seen[module.exports]++; } catch { seen.refused++; }
  console.log(JSON.stringify(seen));`;
const LOADER = `const seen = { good: 0, evil: 0, refused: 0 }; const other = [];
  const end = Date.now() + ${PATIENCE};
  for (let i = 0; i < ${LOADS} || ((seen.good === 0 || seen.refused === 0) && process.argv[2] !== 'any' && Date.now() < end); i++) {
    delete require.cache[require('path').join(__dirname, 'victim.js')];
    try { seen[require('./victim.js')]++; } catch (e) { if (e.code === 'ERR_NOT_EXECUTABLE') seen.refused++; else other.push(e.message); }
  }
  console.log(JSON.stringify({ ...seen, other: other.slice(0, 3) }));`;

async function race(how, check) {
  const { dir, put } = place('victim.js', GOOD, EVIL);
  if (how === 'link') symlinkSync('good-victim.js', join(dir, 'victim.js'));
  else if (how === 'rename') linkSync(join(dir, 'good-victim.js'), join(dir, 'victim.js'));
  else put('victim.js', GOOD, 0o755);
  put('naive.js', naive(check), 0o755);
  put('loader.js', LOADER, 0o755);
  return swapping(how, dir, 'victim.js', async () => {
    const lost = await run([node, join(dir, 'naive.js')], { seconds: 60 });
    const held = await run([...RESTRICTED, join(dir, 'loader.js'), how === 'link' ? 'any' : 'both'], { seconds: 60 });
    return { lost: JSON.parse(lost.stdout), held: JSON.parse(held.stdout || JSON.stringify({ failed: held.stderr })) };
  });
}
for (const [how, check] of [['rename', 'name'], ['link', 'name'], ['write', 'name'], ['write', 'descriptor']]) {
  test(`a module, by ${how}, against a check of the ${check}`, { timeout: 120_000 }, async () => {
    const { lost, held } = await race(how, NAIVE[check]);
    assert.ok(lost.evil > 0, `the naive check was never beaten: ${JSON.stringify(lost)}`);
    assert.strictEqual(held.evil, 0, JSON.stringify(held));
    assert.ok(held.good > 0 || how === 'link', JSON.stringify(held));
    assert.ok(held.refused > 0 || how === 'link', JSON.stringify(held));
  });
}

test('the script itself', { timeout: 120_000 }, async () => {
  const { dir } = place('main.js', "console.log('good');", "console.log('evil');");
  linkSync(join(dir, 'good-main.js'), join(dir, 'main.js'));
  await swapping('rename', dir, 'main.js', async () => {
    const seen = { good: 0, evil: 0, other: 0 };
    for (let i = 0; i < 60; i++) {
      const { stdout } = await run([...RESTRICTED, join(dir, 'main.js')]);
      seen[stdout.trim() || 'other']++;
    }
    assert.strictEqual(seen.evil, 0, JSON.stringify(seen));
  });
});

// Under EXEC_DENY_INTERACTIVE standard input is a script when the kernel would run the file behind it.
test('the script on standard input', { timeout: 120_000 }, async () => {
  const script = `setImmediate(() => console.log(said)); const good = 'good', evil = 'evil';/*${' '.repeat(1 << 17)}*/var said = good`;
  const { dir, put } = place('main.js', '', '');
  put('main.js', script, 0o755);
  put('naive.js', "const fs = require('fs'); if (fs.fstatSync(0).mode & 0o111) console.log(fs.readFileSync(0, 'latin1').slice(-4));", 0o755);
  const from = (...argv) => run(['bash', '-c', `exec ${argv.join(' ')} < main.js`], { cwd: dir });
  await swapping('write', dir, 'main.js', async () => {
    let beaten = false;
    for (const end = Date.now() + PATIENCE; !beaten && Date.now() < end;) beaten = (await from(node, 'naive.js')).stdout === 'evil\n';
    assert.ok(beaten, 'the naive check was never beaten');
    const seen = { good: 0, evil: 0, other: 0 };
    for (let i = 0; i < 60; i++) seen[(await from(WITH, 'restrict=0', 'deny=1', npsx, '-')).stdout.trim() || 'other']++;
    assert.ok(seen.evil === 0 && seen.good > 0, JSON.stringify(seen));
  });
});

// Loading an addon runs its constructors: nothing could be looked at afterwards. The naive one checks and reads it (to hash it, say) before it loads the name.
test('an addon', { timeout: 120_000 }, async () => {
  const { dir, put } = place('a.node', readFileSync(join(dirname(npsx), 'psx.node')), readFileSync(join(dirname(npsx), 'src/addon/loud.node')));
  linkSync(join(dir, 'good-a.node'), join(dir, 'a.node'));
  put('naive.js', "const file = __dirname + '/a.node'; try { require('fs').accessSync(file, 1); } catch { process.exit(); } require('fs').readFileSync(file); process.dlopen({ exports: {} }, file);", 0o755);
  put('loader.js', "try { require('./a.node'); console.log('good'); } catch (e) { console.log(e.code); }", 0o755);
  await swapping('rename', dir, 'a.node', async () => {
    let beaten = false;
    for (const end = Date.now() + PATIENCE; !beaten && Date.now() < end;) beaten = /EVIL/.test((await run([node, join(dir, 'naive.js')])).stdout);
    assert.ok(beaten, 'the naive check was never beaten');
    const seen = {};
    for (let i = 0; i < 25; i++) {
      const { stdout } = await run([...RESTRICTED, join(dir, 'loader.js')]);
      seen[stdout.trim()] = (seen[stdout.trim()] ?? 0) + 1;
    }
    assert.ok(!Object.keys(seen).some((k) => k.includes('EVIL')) && seen.good > 0, JSON.stringify(seen));
  });
});
