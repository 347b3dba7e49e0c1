// A program of the system that reads, writes and starts others: git, on a repository that is made here.
const { execFileSync, execFile } = require('node:child_process');
const { mkdirSync, rmSync, writeFileSync, existsSync } = require('node:fs');
const { join } = require('node:path');

const repo = join(__dirname, 'trees', 'repo');
const git = (...args) => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...args], { cwd: repo, encoding: 'utf8' });
rmSync(repo, { recursive: true, force: true });
mkdirSync(repo, { recursive: true });
git('init', '-q', '-b', 'main');
writeFileSync(join(repo, 'a.txt'), 'one\ntwo\n');
git('add', 'a.txt');
git('commit', '-q', '-m', 'first');
writeFileSync(join(repo, 'a.txt'), 'one\n2\nthree\n');
console.log(git('diff', '--stat').trim());
git('commit', '-q', '-a', '-m', 'second');
git('branch', 'other', 'HEAD~1');
git('mv', 'a.txt', 'b.txt');
git('stash', '-q');
console.log(git('log', '--format=%s'), existsSync(join(repo, 'a.txt')));
execFile('git', ['show', 'other:a.txt'], { cwd: repo }, (error, stdout) => {
  console.log(error?.message ?? stdout);
  rmSync(repo, { recursive: true });
});
