// Under a seccomp profile from outside that gives what Node needs and no more, as a container's default one does: what is missing is named with what
// helps, and what can do without does.
import assert from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import { npsx, root, run } from '../../lib.mjs';
import { place } from '../place.mjs';

const under = join(root, 'tests/trust/commands/under-seccomp');
const files = { 'app.mjs': 'import { readFileSync } from "node:fs"; console.log(readFileSync(new URL(import.meta.url)).length > 10)' };

async function inside(app, without, body) {
  const p = place('outer', { files, policy: { version: 1, app: { stdio: ['stdout'], ...app } } });
  try {
    const { stdout } = await p.npsx(['policy', 'export', '--seccomp']);
    const profile = JSON.parse(stdout);
    for (const call of profile.syscalls) call.names = call.names.filter((name) => !without.includes(name));
    profile.syscalls = profile.syscalls.filter((call) => call.names.length > 0);
    p.write('profile.json', profile);
    await body(await run([under, p.at('profile.json'), npsx, 'app.mjs'], { cwd: p.dir }));
  } finally { p.remove(); }
}

test('a profile that lets no process look into another: the supervised box is refused, and the profile is named', () =>
  inside({ 'net.listen': ['127.0.0.1:0'] }, ['pidfd_getfd'], ({ status, stdout, stderr }) => {
    assert.equal(stdout, '');
    assert.match(stderr, /lacks seccomp's user notification, needed to tell hosts apart \(leave from the seccomp profile of its container \(npsx policy export --seccomp/);
    assert.equal(status, 125);
  }));

test('the same profile is enough where nothing has to be told apart', () =>
  inside({}, ['pidfd_getfd'], ({ stdout, stderr }) => assert.deepEqual([stdout, stderr], ['true\n', ''])));

test('no thread with a directory of its own: real paths are found by readlink', () =>
  inside({}, ['unshare'], ({ stdout, stderr }) => assert.deepEqual([stdout, stderr], ['true\n', ''])));

test('a supervisor that cannot start says so, before the kernel ends npsx with it', () =>
  inside({ spawn: ['/bin/true'] }, ['signalfd4'], ({ status, stdout, stderr }) => {
    assert.equal(stdout, '');
    assert.match(stderr, /^npsx: the supervisor did not start: /);
    assert.equal(status, 125);
  }));

test('no Landlock', () =>
  inside({}, ['landlock_create_ruleset'], ({ stdout, stderr }) => {
    assert.equal(stdout, '');
    assert.match(stderr, /lacks Landlock, .*leave from the seccomp profile/);
  }));
