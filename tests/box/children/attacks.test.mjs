// An attacker runs native code in the engine, and orders children. What the box as a whole does not hold, no order gives.
import assert from 'node:assert';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { npsx, temporary } from '../../lib.mjs';
import { started } from './setting.mjs';

const build = dirname(npsx);
const spawner = join(build, 'npsx-spawn');
const addon = readFileSync(join(build, 'src/addon/forge.node'));

const ended = (status) => (status & 0x7f ? `signal ${status & 0x7f}` : status >> 8);
const forging = (what) => started({
  ...what,
  grants: { native: true, spawn: ['sh'], 'fs.write': ['./out/'], 'fs.read': ['./out/'], ...what.grants },
  files: { 'node_modules/x/forge.node': addon, 'out/.keep': '', 'secret.txt': 'S3CR3T', ...what.files },
  body: `const forge = require('./forge.node'); const S = ${JSON.stringify(spawner)};
    const sh = (dir, line, path = '/bin/sh', kind = 'command', rest = ['-c', line]) => forge.start(S, ['npsx-spawn', '3', dir, kind, '-1', '-1', path, 'sh', ...rest], 3);
    ${what.body}`,
});

// the path by which PATH leads to sh
const SH = (process.env.PATH ?? '').split(':').map((d) => join(d, 'sh')).find((p) => existsSync(p));

test('the way itself works', async () => {
  const r = await forging({ body: `return sh(__dirname, 'exit 7', ${JSON.stringify(SH)});` });
  assert.equal(ended(r.result), 7, r.err);
});

test('a program that nobody was granted', async () => {
  const r = await forging({ body: `return [sh(__dirname, '', '/usr/bin/touch', 'command', [G.root + '/out/stolen']), sh(__dirname, '', '/usr/bin/../bin/touch', 'command', [G.root + '/out/stolen']), sh(__dirname, '', G.root + '/out/sh', 'command', []), sh(__dirname, '', 'sh', 'command', [])];`,
    keep: (p) => assert.ok(!existsSync(p.at('out/stolen'))) });
  assert.ok(r.result?.every((s) => [125, 126].includes(ended(s))), `${JSON.stringify(r.result?.map(ended))} ${r.err}`);
});

test('in the name of a package that was not granted it', async () => {
  const r = await forging({ other: { 'fs.read': ['./'] }, body: `return [sh(G.root + '/node_modules/y', 'read -r l < ../../secret.txt; echo $l', ${JSON.stringify(SH)}), sh(G.root + '/nowhere', ':', ${JSON.stringify(SH)}), sh('/', ':', ${JSON.stringify(SH)}), sh(G.root, ':', ${JSON.stringify(SH)})];` });
  assert.ok(r.result?.every((s) => ended(s) === 126 || ended(s) === 125), `${JSON.stringify(r.result?.map(ended))} ${r.err}`);
  assert.doesNotMatch(r.out + r.err, /S3CR3T/);
});

test('node in the name of a package that was not granted it, or of any directory', async () => {
  const r = await forging({ grants: { spawn: ['sh', 'node'] }, files: { 'node_modules/y/own.txt': 'S3CR3T', 'elsewhere/secret.txt': 'S3CR3T' }, body: `
    const node = (dir, file, path = '/node') => sh(dir, '', path, 'node', ['-e', \`try { console.log('RAN', require('fs').readFileSync('\${file}', 'utf8')); } catch { }\`]);
    return [node(__dirname, G.root + '/none'), node(G.root + '/node_modules/y', G.root + '/node_modules/y/own.txt'), node(G.root + '/elsewhere', G.root + '/elsewhere/secret.txt'), node('/', G.root + '/secret.txt'),
      node(G.root + '/out', G.root + '/secret.txt'), node(G.root + '/elsewhere', G.root + '/elsewhere/secret.txt', ${JSON.stringify(SH)})];` });
  assert.deepEqual(r.result?.map(ended), [0, 126, 126, 126, 126, 126], r.err);
  assert.doesNotMatch(r.out + r.err, /S3CR3T/);
});

test('in the name of a granted package, for a directory elsewhere that calls itself so', async () => {
  const elsewhere = temporary('children-elsewhere');
  writeFileSync(join(elsewhere, 'package.json'), '{"name":"x","version":"1.0.0"}');
  writeFileSync(join(elsewhere, 'own.txt'), 'S3CR3T\n');
  try {
    const own = join(elsewhere, 'own.txt');
    const r = await forging({ grants: { spawn: ['sh', 'node'], 'fs.read': ['${package}/'] }, before: (p) => rmSync(p.at('package-lock.json')), body: `
      return [sh(__dirname, ':', ${JSON.stringify(SH)}), sh(${JSON.stringify(elsewhere)}, 'read -r l < ${own}; echo $l', ${JSON.stringify(SH)}),
        sh(${JSON.stringify(elsewhere)}, '', '/node', 'node', ['-e', "console.log(require('fs').readFileSync('${own}', 'utf8'))"])];` });
    assert.deepEqual(r.result?.map(ended), [0, 126, 126], r.err);
    assert.doesNotMatch(r.out + r.err, /S3CR3T/);
  } finally { rmSync(elsewhere, { recursive: true, force: true }); }
});

test('a directory that is more than a directory', async () => {
  const dirs = ['","policy":null,"dir":"/', '/x","policy":null,"x":"', '/x\\', '/x\n'];
  const r = await forging({ body: `return ${JSON.stringify(dirs)}.map((d) => sh(G.root + d, 'echo RAN', ${JSON.stringify(SH)}));` });
  assert.ok(r.result?.every((s) => ended(s) === 125), `${JSON.stringify(r.result?.map(ended))} ${r.err}`);
  assert.doesNotMatch(r.out, /RAN/);
});

test('options of npsx in place of arguments', async () => {
  const r = await forging({ grants: { spawn: ['node'] }, body: `const node = (...a) => sh(__dirname, '', '/node', 'node', a);
    return [node('--as=' + G.root, '-e', '1'), node('--policy=/dev/null', '-e', '1'), node('--box=off', '-e', '1'), node('--box-pretend=landlock=0', '-e', '1'), node('--audit=' + G.root + '/out/audit', '-e', '1'), node('policy', 'show'), node('learn', 'x.js')];` });
  assert.ok(r.result?.every((s) => [125, 126, 127].includes(ended(s))), `${JSON.stringify(r.result?.map(ended))} ${r.err}`);
});

test('an order that npsx-spawn did not write', async () => {
  const r = await forging({ body: `
    const strings = [__dirname, ${JSON.stringify(SH)}, 'sh', '-c', 'echo RAN > ' + G.root + '/out/stolen'].map((s) => s + '\\0').join('');
    const head = (n, args) => { const b = Buffer.alloc(32); [n, 1, 1, 0, -1, -1, args, 0].forEach((v, i) => (v < 0 ? b.writeInt32LE(v, i * 4) : b.writeUInt32LE(v, i * 4))); return b; };
    return [Buffer.concat([head(strings.length, 2), Buffer.from(strings)]), head(0xffffffff, 2), head(8 << 20, 0xffffffff), Buffer.alloc(1), Buffer.alloc(64, 0xff)].map((b) => forge.write(b));`,
  keep: (p) => assert.ok(!existsSync(p.at('out/stolen'))) });
  assert.deepEqual(r.result?.map(ended), [125, 125, 125, 125, 125], r.err);
});

// No native code: a package asks for 60 descriptors and gives none. Node keeps its own from children up to the first free number, and
// whoever starts npsx decides where that is.
test('what the engine holds open, by leaving out what would stand there', async () => {
  const r = await started({
    grants: { spawn: ['ls'] }, other: { 'fs.write': ['./kept/'] },
    through: ['bash', '-c', 'for i in {3..40}; do eval "exec $i</dev/null"; done; exec "$0" "$@"'],
    body: "return run('ls', ['-l', '/proc/self/fd'], { stdio: ['ignore', 'pipe', 'pipe', ...Array(57).fill('ignore')] });",
  });
  assert.equal(r.result?.code, 0, r.out + r.err);
  assert.match(r.result.out, / 1 -> socket:/);
  assert.deepEqual(r.result.out.match(/ \d\d -> .*/g), null);
});

test('all channels taken, and given back', async () => {
  const r = await forging({ body: `const n = forge.flood(4000); let after = 0; for (let i = 0; i < 50 && after !== 7 << 8; i++) { after = sh(__dirname, 'exit 7', ${JSON.stringify(SH)}); if (after !== 7 << 8) await wait(20); } return [n, after >> 8];` });
  assert.ok(r.result?.[0] > 100 && r.result[0] < 4000, JSON.stringify(r.result) + r.err);
  assert.equal(r.result[1], 7);
});
