// Node's manifests mean what they meant to Node 20.20.2. What that is was recorded by running it (answers.txt, programs.json), because it is not everywhere:
// `./renew` does that again.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { attacks, fires } from './attacks.mjs';
import { programs, summary } from './programs.mjs';
import { npsx, root, run } from './run.mjs';

const text = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const lines = (s) => s.split('\n').filter(Boolean);

test('what manifests answer', () => {
  const questions = lines(text('questions.txt'));
  const wanted = lines(text('answers.txt'));
  const r = spawnSync(`${root}/build/tests/unit/manifest-ask`, { input: `${questions.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
  const got = lines(r.stdout);
  assert.strictEqual(questions.length, wanted.length);
  assert.strictEqual(got.length, wanted.length);
  assert.ok(new Set(wanted.map((a) => a.replace(/^to .*/, 'to'))).size > 12, 'every kind of answer is there');
  let manifest;
  questions.forEach((q, i) => {
    if (q.startsWith('manifest')) manifest = q;
    assert.strictEqual(got[i], wanted[i], `${manifest}\n${q}`);
  });
});

const recorded = JSON.parse(text('programs.json'));
for (const p of programs) test(`program: ${p.name}`, () => { assert.deepStrictEqual(summary(run(npsx, p)), recorded[p.name]); });
for (const a of attacks) test(`attack: ${a.name}`, () => { assert.ok(!fires(npsx, a)); });

// The attacks are no good if the harness never sees one: without the manifest each way is open.
test('the harness sees what fires', () => {
  const open = { scopes: { 'file:': { integrity: true, dependencies: true } } };
  assert.ok(fires(npsx, { manifest: open, files: { 'app.js': "require('./dep.js')", 'dep.js': "if (require('os').cpus) console.log('OWNED')" } }));
});

// -- beside app and packages: both hold
const both = (more) => ({ version: 1, app: { stdio: ['stdout'] }, ...more });
test('in a policy with a version the manifest holds beside the grants', () => {
  const manifest = both({ resources: { './app.js': { integrity: true, dependencies: { fs: true } } } });
  const files = { 'app.js': "try { require('fs').readFileSync('/etc/hostname') } catch (e) { console.log(e.code) }\ntry { require('os') } catch (e) { console.log(e.code) }" };
  assert.strictEqual(run(npsx, { manifest, files }).out, 'EACCES\nERR_MANIFEST_DEPENDENCY_MISSING\n');
});
test('in a policy with a version the main script is refused as npsx refuses', () => {
  const r = run(npsx, { manifest: both({ scopes: { 'data:': { integrity: true } } }), files: { 'app.js': '' } });
  assert.strictEqual(r.status, 126);
  assert.match(r.err, /^npsx: .*The resource was not found in the policy\.\n$/);
});
test('in a policy with a version what is wrong is told at the start', () => {
  for (const [resource, words] of [[{ integrity: 'hoge' }, /integrity must be sha256-/], [{ integrety: true }, /unknown key "integrety"/], [{ integrity: 1 }, /invalid property value for integrity/]]) {
    const r = run(npsx, { manifest: both({ resources: { './app.js': resource } }), files: { 'app.js': '' }, option: '--policy' });
    assert.strictEqual(r.status, 126);
    assert.match(r.err, words);
  }
});
test('empty resources and scopes say nothing in a policy with a version', () => {
  assert.strictEqual(run(npsx, { manifest: both({ resources: {}, scopes: {} }), files: { 'app.js': 'console.log(1)' } }).out, '1\n');
});
test('a package is bound by the manifest and by its grants', () => {
  const files = { 'app.js': "require('p')", 'package.json': '{"dependencies":{"p":"1"}}', 'node_modules/p/package.json': '{"name":"p","version":"1.0.0"}',
    'node_modules/p/index.js': "for (const m of ['fs', 'os']) try { console.log(typeof require(m)) } catch (e) { console.log(e.code) }\ntry { require('fs').readFileSync('/etc/hostname') } catch (e) { console.log(e.code) }" };
  const manifest = { resources: { './app.js': { integrity: true, dependencies: true } }, scopes: { './': { integrity: true }, './node_modules/p/': { integrity: true, dependencies: { fs: true } } } };
  assert.strictEqual(run(npsx, { manifest, files }).out, 'object\nERR_MANIFEST_DEPENDENCY_MISSING\nEACCES\n');
});
test('a duplicate key is refused', () => {
  const r = run(npsx, { manifest: '{"resources":{},"resources":{}}', files: { 'app.js': '' }, option: '--policy' });
  assert.strictEqual(r.status, 126);
  assert.match(r.err, /resources/);
});
