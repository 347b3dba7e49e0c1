// Kernels that lack a part: what is said, and that nothing runs less confined than was asked for.
import assert from 'node:assert';
import { after, test } from 'node:test';
import { place } from '../place.mjs';

// tells what holds this very process: no_new_privs, the filter, and whether a file of others opens
const SCRIPT = `const fs = require('fs');
const status = fs.readFileSync('/proc/self/status', 'utf8');
const field = (name) => new RegExp('^' + name + ':\\\\s*(.*)$', 'm').exec(status)[1];
console.log(field('NoNewPrivs'), field('Seccomp'));`;
const p = place('kernels', {
  files: { 'a.js': SCRIPT },
  policy: { app: { stdio: ['stdout'], 'fs.read': ['/proc/'] } },
});
const net = place('kernels-net', {
  files: { 'a.js': 'console.log("ran")' },
  policy: { app: { stdio: ['stdout'], 'net.connect': ['a.example:443'] } },
});
after(() => { p.remove(); net.remove(); });

const HELD = '1 2\n';

for (const [pretend, part, held] of [
  ['landlock=0', /Landlock, needed to hold back files .*CONFIG_SECURITY_LANDLOCK/, HELD],
  ['landlock=off', /Landlock, needed .*boot parameter lsm=/, HELD],
  ['landlock=1', /Landlock's rule for truncation, .*6\.2/, HELD],
  ['landlock=2', /Landlock's rule for truncation, .*6\.2/, HELD],
  ['filter=no', /seccomp filters, needed .*CONFIG_SECCOMP_FILTER/, HELD], // the seal of psx.node is a filter of its own,
]) {
  test(`${pretend}: required says what is missing, and runs nothing`, async () => {
    for (const mode of [[], ['--box=required']]) {
      const { status, stdout, stderr } = await p.npsx([...mode, `--box-pretend=${pretend}`, 'a.js']);
      assert.equal(stdout, '');
      assert.equal(status, 125);
      assert.match(stderr, part);
      assert.match(stderr, /^npsx: this kernel lacks [^\n]*; --box=best-effort goes without\)\n$/);
    }
  });
  test(`${pretend}: best effort says so, and keeps the rest`, async () => {
    const { status, stdout, stderr } = await p.npsx(['--box=best-effort', `--box-pretend=${pretend}`, 'a.js']);
    assert.match(stderr, part);
    assert.match(stderr, /^npsx: the box goes without [^\n]*\n$/);
    assert.equal(stdout, held);
    assert.equal(status, 0);
  });
}

for (let abi = 3; abi <= 7; abi++) {
  test(`landlock=${abi}: what this one lacks is held by other parts`, async () => {
    const { stdout, stderr } = await p.npsx([`--box-pretend=landlock=${abi}`, 'a.js']);
    assert.equal(stderr, '');
    assert.equal(stdout, HELD);
  });
}

for (const [pretend, part] of [
  ['notify=no', /seccomp's user notification, needed to tell hosts apart/],
  ['memory=no', /leave to look into its own process, needed .*ptrace_scope/],
]) {
  test(`${pretend}: needed only by whoever is supervised`, async () => {
    const none = await p.npsx([`--box-pretend=${pretend}`, 'a.js']);
    assert.equal(none.stderr, '');
    assert.equal(none.stdout, HELD);
    const all = await net.npsx([`--box-pretend=${pretend}`, 'a.js']);
    assert.equal(all.stdout, '');
    assert.equal(all.status, 125);
    assert.match(all.stderr, part);
    const some = await net.npsx(['--box=best-effort', `--box-pretend=${pretend}`, 'a.js']);
    assert.match(some.stderr, part);
    assert.equal(some.stdout, 'ran\n');
  });
}

test('off must be written out, and holds nothing', async () => {
  const { stdout } = await p.npsx(['--box=off', 'a.js']);
  assert.equal(stdout, '0 0\n');
});
