// What a native program can do in a box of grants: a shell, which asks nobody. Each line works outside of the box.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { after, test } from 'node:test';
import { place } from '../place.mjs';

const TOOLS = ['sh', 'cat', 'ls', 'mv', 'ln', 'rm', 'mkdir', 'truncate', 'touch'];
const other = place('fence-other', { files: { secret: 'secret', 'd/a': 'a' } });
const p = place('fence', {
  files: {
    'run.js': `const r = require('child_process').spawnSync('sh', ['-c', process.argv[2]], { encoding: 'utf8' });
process.stdout.write(r.stdout); process.exitCode = r.status;`,
    '.env': 'TOKEN', 'r/file': 'readable', 'w/file': 'x', 'w/sub/file': 'x', 'one.txt': 'one', 'two.txt': 'two',
  },
  policy: {
    app: {
      stdio: ['stdout', 'stderr'], spawn: TOOLS, process: ['exit'],
      'fs.read': ['./r/', './w/'], 'fs.write': ['./w/', './one.txt'],
    },
  },
});
symlinkSync(other.dir, p.at('w/out'));
after(() => { p.remove(); other.remove(); });

const inside = (script) => p.npsx(['--quiet', 'run.js', script]);
const may = (name, script, expected) => test(name, async () => {
  const { status, stdout, stderr } = await inside(script);
  assert.equal(stdout, expected, stderr);
  assert.equal(status, 0, stderr);
});
const mayNot = (name, script, undo) => test(name, async () => {
  execFileSync('sh', ['-c', script], { cwd: p.dir, stdio: 'pipe' }); // it fires where there is no box
  if (undo) execFileSync('sh', ['-c', undo], { cwd: p.dir });
  const { status, stdout } = await inside(script);
  assert.notEqual(status, 0);
  assert.equal(stdout, '');
});

may('reads a granted tree', 'cat r/file', 'readable');
may('makes, moves and removes in a tree for writing', 'echo y > w/n && mv w/n w/sub/n && mkdir w/d && rm -r w/d w/sub/n && echo done', 'done\n');
may('writes a file that is granted by itself', 'echo new > one.txt && echo done', 'done\n');
mayNot('a hidden file of the project', 'cat .env');
mayNot('a file elsewhere', `cat ${other.at('secret')}`);
mayNot('a list of names elsewhere', `ls ${other.at('d')}`);
mayNot('a link in what can be written', 'cat w/out/secret');
mayNot('a link that it makes itself', `ln -sfn ${other.dir} w/mine && cat w/mine/secret`);
mayNot('writing what may be read', 'echo x > r/new', 'rm r/new');
mayNot('emptying what may be read', 'truncate -s 0 r/file', 'printf readable > r/file');
mayNot('a hard link to a file elsewhere', `ln ${other.at('secret')} w/hard && cat w/hard`, 'rm -f w/hard');
mayNot('a neighbour of a file that is granted by itself', 'echo x > two.txt');
mayNot('the policy', 'printf " " >> packsec.policy.json');
mayNot('a move out of the tree', `mv w/file ${other.at('d/moved')}`, `mv ${other.at('d/moved')} w/file`);
mayNot('the environment of another process', `cat /proc/${process.pid}/environ`);

test('nothing of it happened', () => {
  assert.equal(readFileSync(p.at('r/file'), 'utf8'), 'readable');
  assert.ok(existsSync(p.at('w/file')) && !existsSync(p.at('r/new')));
});
