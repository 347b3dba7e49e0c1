// Where npsx may find itself: a container whose groups nobody may set, an installation that lacks a part.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { copyFileSync, linkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { npsx, run, temporary } from '../../lib.mjs';
import { place } from '../place.mjs';

const p = place('places', {
  files: { 'a.js': "console.log(require('child_process').execFileSync('echo', ['child'], { encoding: 'utf8' }))" },
  policy: { app: { stdio: ['stdout', 'stderr'], spawn: ['echo'] } },
});
const plain = place('places-plain', { files: { 'a.js': "console.log('plain')" }, policy: { app: { stdio: ['stdout'] } } });
const parts = temporary('parts');
const dead = place('places-dead', {
  files: {
    'a.js': `const cp = require('child_process'), fs = require('fs');
for (let i = 0; i < 5; i++) cp.execFileSync('sh', ['-c', 'sleep 0 & exit 0']);
const state = (pid) => { try { return fs.readFileSync('/proc/' + pid + '/stat', 'utf8').replace(/^.*\\) (.).*/s, '$1'); } catch { return ''; } };
const dead = () => fs.readdirSync('/proc').filter((pid) => pid > 1 && state(pid) === 'Z').length;
let rounds = 0;
const look = () => { const n = dead(); if (n && ++rounds < 200) setTimeout(look, 20); else console.log('dead', n); };
look();`,
    'b.js': "console.log(require('child_process').spawnSync('sh', ['-c', 'exit 3']).status)",
  },
  policy: { app: { stdio: ['stdout', 'stderr'], timers: true, spawn: ['sh', 'sleep'], 'fs.read': ['/proc/'] } },
});
after(() => { dead.remove(); p.remove(); plain.remove(); rmSync(parts, { recursive: true, force: true }); });

const CONTAINER = ['unshare', '-Urpf', '--mount-proc'];
const mayHave = spawnSync(CONTAINER[0], [...CONTAINER.slice(1), 'true']).status === 0;

test('a user namespace that lets nobody set groups', { skip: !mayHave && 'no user namespaces here' }, async () => {
  const { status, stdout, stderr } = await run([...CONTAINER, npsx, 'a.js'], { cwd: p.dir });
  assert.equal(stderr, '');
  assert.match(stdout, /^child$/m);
  assert.equal(status, 0);
});

test('as process 1: what commands leave behind is waited for', { skip: !mayHave && 'no user namespaces here' }, async () => {
  const { stdout, stderr } = await run([...CONTAINER, npsx, 'a.js'], { cwd: dead.dir });
  assert.equal(stderr, '');
  assert.equal(stdout, 'dead 0\n');
});

test('started by somebody who ignores SIGCHLD', async () => {
  const { stdout } = await run(['perl', '-e', '$SIG{CHLD} = "IGNORE"; exec @ARGV', npsx, 'b.js'], { cwd: dead.dir });
  assert.equal(stdout, '3\n');
});

test('without npsx-spawn what starts programs does not run, and says why', async () => {
  for (const name of ['npsx', 'npsx-engine', 'psx.node', 'npsx-verify', 'npsx-sign']) {
    const from = join(dirname(npsx), name);
    try { linkSync(from, join(parts, name)); } catch { copyFileSync(from, join(parts, name)); }
  }
  const { status, stdout, stderr } = await run([join(parts, 'npsx'), 'a.js'], { cwd: p.dir });
  assert.match(stderr, /^npsx: a part of PackSec is missing: npsx-spawn is neither in [^\n]*\n$/);
  assert.equal(stdout, '');
  assert.equal(status, 125);
  assert.equal((await run([join(parts, 'npsx'), 'a.js'], { cwd: plain.dir })).stdout, 'plain\n');
});
