// What a boxed engine compiled is kept, for the same box only: policy, whose grants, project and lockfile name the directory, and no other run reads it.
import assert from 'node:assert';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { npsx } from '../../lib.mjs';
import { place } from '../place.mjs';

const lock = (version) => ({ name: 'app', lockfileVersion: 3, packages: { '': { name: 'app' }, 'node_modules/x': { version } } });
const files = {
  'package.json': { name: 'app' },
  'package-lock.json': lock('1.0.0'),
  'node_modules/x/package.json': { name: 'x', version: '1.0.0' },
  'node_modules/x/index.js': 'module.exports = 1',
  'app.js': 'console.log(require("x"))',
};
const policy = { version: 1, app: { stdio: ['stdout'] }, packages: {} };

async function inPlace(more, body) {
  const p = place('cache', { files: { ...files, ...more }, policy });
  const cache = p.at('cache');
  const run = async (...args) => {
    const r = await p.npsx(args.length ? args : ['app.js'], { env: { PATH: process.env.PATH, HOME: p.at('.'), XDG_CACHE_HOME: cache } });
    assert.equal(r.stderr, '');
    return r;
  };
  const dirs = () => (existsSync(join(cache, 'packsec')) ? readdirSync(join(cache, 'packsec')).filter((name) => name.startsWith('boxed-')) : []);
  try { await body({ p, run, dirs, at: (name) => join(cache, 'packsec', name) }); } finally { p.remove(); }
}

test('a second start finds what the first one kept, and writes nothing', () => inPlace({}, async ({ run, dirs, at }) => {
  await run();
  const [dir, ...more] = dirs();
  assert.deepEqual(more, []);
  const packs = readdirSync(at(dir));
  assert.equal(packs.length, 1);
  assert.match(packs[0], /^[0-9a-f]{16}\.pack$/);
  const before = statSync(join(at(dir), packs[0])).ino;
  await run();
  assert.deepEqual(dirs(), [dir]);
  assert.equal(statSync(join(at(dir), packs[0])).ino, before);
}));

test('another policy, another lockfile, no box: another directory', () => inPlace({}, async ({ p, run, dirs, at }) => {
  await run();
  const [first] = dirs();
  writeFileSync(p.at('packsec.policy.json'), JSON.stringify({ ...policy, app: { stdio: ['stdout'], clock: true } }));
  await run();
  assert.equal(dirs().length, 2);
  writeFileSync(p.at('package-lock.json'), JSON.stringify(lock('1.0.1')));
  await run();
  assert.equal(dirs().length, 3);
  await run('--box=off', 'app.js');
  assert.equal(dirs().length, 3);
  assert.equal(readdirSync(at('.')).filter((name) => name.endsWith('.pack')).length, 1);
  assert.equal(readdirSync(at(first)).length, 1);
}));

test('an npsx that was replaced: another directory', () => inPlace({}, async ({ run, dirs }) => {
  await run();
  const { atime, mtime } = statSync(npsx);
  try {
    utimesSync(npsx, atime, new Date(mtime.getTime() - 1000));
    await run();
  } finally { utimesSync(npsx, atime, mtime); }
  assert.equal(dirs().length, 2);
}));

test('a home that is not there is not made', () => inPlace({}, async ({ p }) => {
  const r = await p.npsx(['app.js'], { env: { PATH: process.env.PATH, HOME: p.at('gone') } });
  assert.equal(r.status, 0, r.stderr);
  assert.ok(!existsSync(p.at('gone')));
}));

test('no lockfile, nothing kept; one of another package manager will do', () => inPlace({}, async ({ p, run, dirs }) => {
  rmSync(p.at('package-lock.json'));
  await run();
  assert.deepEqual(dirs(), []);
  writeFileSync(p.at('pnpm-lock.yaml'), 'lockfileVersion: 9\n');
  await run();
  assert.equal(dirs().length, 1);
}));

test('the ones used longest ago go', () => inPlace({}, async ({ run, dirs, at }) => {
  for (let i = 0; i < 70; i++) {
    const dir = at(`boxed-${`${i}`.padStart(32, '0')}`);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, 'x.pack'), '');
    utimesSync(dir, i, i);
  }
  await run();
  assert.equal(dirs().length, 64);
  assert.ok(!dirs().includes(`boxed-${'6'.padStart(32, '0')}`));
  assert.ok(dirs().includes(`boxed-${'69'.padStart(32, '0')}`));
}));

test('a directory that others could write to is not used', () => inPlace({}, async ({ run, dirs, at }) => {
  await run();
  const dir = at(dirs()[0]);
  rmSync(dir, { recursive: true });
  mkdirSync(dir);
  chmodSync(dir, 0o777);
  await run();
  assert.deepEqual(readdirSync(dir), []);
}));
