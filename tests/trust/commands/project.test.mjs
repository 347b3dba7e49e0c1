// Whose policy further up counts: root's, the user's, and that of the owner of the directory of the script.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, lchownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { needNpsx, npsx, run, temporary } from '../../lib.mjs';

needNpsx();
const [ME, OTHER] = [65534, 65533];
const skip = process.getuid() === 0 ? false : 'only root gives files to others';

async function under({ policy, script, link }, args = []) {
  const top = temporary('project');
  try {
    mkdirSync(join(top, 'a/b'), { recursive: true });
    for (const dir of [top, join(top, 'a'), join(top, 'a/b')]) chmodSync(dir, 0o755);
    writeFileSync(join(top, 'a/b/package.json'), '{}');
    writeFileSync(join(top, 'a/b/x.js'), 'console.log(process.env.SECRET)');
    const file = join(top, link ? 'mine.json' : 'packsec.policy.json');
    writeFileSync(file, '{"version":1,"app":{"stdio":["stdout"]}}');
    if (link) symlinkSync('mine.json', join(top, 'packsec.policy.json'));
    chownSync(file, link ?? policy, 0);
    if (link) lchownSync(join(top, 'packsec.policy.json'), policy, 0);
    chownSync(join(top, 'a/b'), script, 0);
    const as = ['setpriv', `--reuid=${ME}`, `--regid=${ME}`, '--clear-groups', npsx, '--quiet'];
    return await run([...as, ...args.map((s) => s.replace('TOP', top)), join(top, 'a/b/x.js')], { cwd: '/', env: { PATH: process.env.PATH, SECRET: 'loot' } });
  } finally {
    rmSync(top, { recursive: true });
  }
}

for (const [what, whose, status] of [
  ["root's counts", { policy: 0, script: ME }, 0],
  ["the user's counts", { policy: ME, script: 0 }, 0],
  ["that of the script's owner counts", { policy: OTHER, script: OTHER }, 0],
  ['that of somebody else is refused', { policy: OTHER, script: ME }, 126],
  ["so is somebody else's link to the user's", { policy: OTHER, link: ME, script: ME }, 126],
  ["and root's link to somebody else's", { policy: 0, link: OTHER, script: ME }, 126],
]) {
  test(`a policy further up: ${what}`, { skip }, async () => {
    const done = await under(whose);
    assert.equal(done.status, status, done.stderr);
    if (status) assert.match(done.stderr, /^npsx: the policy \S+packsec.policy.json belongs to neither root, nor you, nor the owner of \S+b \(--policy FILE /);
    else assert.equal(done.stdout, 'undefined\n');
  });
}

test('--policy says it whoever laid the other', { skip }, async () => {
  const done = await under({ policy: OTHER, script: ME }, ['--policy=TOP/packsec.policy.json']);
  assert.equal(done.stdout, 'undefined\n', done.stderr);
});
