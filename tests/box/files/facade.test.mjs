// Files that are granted by themselves, and directories that are made later: every operation of fs, with the kernel's fence
// around the process. The kernel has no rule for what was not there; the supervisor does it.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { place } from '../place.mjs';

const usual = { stdio: ['stdout', 'stderr'], clock: true, timers: true, random: true };

// Runs a program that fills `out`; what it threw is there as its code.
async function boxed(t, label, grants, body, { files = {}, how = {}, args = [] } = {}) {
  const p = place(label, { files: { ...files, 'app.js': `const fs = require('fs'); const out = {};
    const go = (name, f) => { try { out[name] = f() ?? 'done'; } catch (e) { out[name] = e.code; (out.said ??= {})[name] = e.message; } };
    const goes = async (name, f) => { try { out[name] = (await f()) ?? 'done'; } catch (e) { out[name] = e.code; (out.said ??= {})[name] = e.message; } };
    (async () => { ${body} })().then(() => process.stdout.write(JSON.stringify(out)));` },
  policy: { app: { ...usual, ...grants } } });
  t.after(p.remove);
  const done = await p.npsx(['--box=required', ...args, 'app.js'], how);
  assert.equal(done.status, 0, done.stderr);
  return { p, out: JSON.parse(done.stdout), done };
}

const both = { 'fs.read': ['./one.txt'], 'fs.write': ['./one.txt'] };

for (const there of [true, false]) {
  test(`a file that is granted by itself, ${there ? 'there' : 'not there'} when the box is made`, async (t) => {
    const { p, out } = await boxed(t, 'single', both, `
      go('write', () => fs.writeFileSync('one.txt', 'abc'));
      go('append', () => fs.appendFileSync('one.txt', 'def'));
      go('truncate', () => fs.truncateSync('one.txt', 5));
      go('read', () => fs.readFileSync('one.txt', 'utf8'));
      await goes('async', () => fs.promises.readFile('one.txt', 'utf8'));
      await goes('callback', () => new Promise((yes, no) => fs.readFile('one.txt', 'utf8', (e, s) => e ? no(e) : yes(s))));
      go('stat', () => fs.statSync('one.txt').size);
      go('access', () => fs.accessSync('one.txt', fs.constants.R_OK | fs.constants.W_OK));
      go('chmod', () => fs.chmodSync('one.txt', 0o640));
      go('utimes', () => fs.utimesSync('one.txt', 1, 2));
      go('copy', () => fs.copyFileSync('one.txt', 'one.txt'));
      await goes('stream', () => new Promise((yes, no) => fs.createReadStream('one.txt').on('error', no).on('data', (d) => yes(String(d)))));
      await goes('handle', async () => { const h = await fs.promises.open('one.txt', 'r+'); await h.write('X', 0); await h.chmod(0o600); await h.utimes(3, 4); await h.sync(); await h.close(); });
      go('unlink', () => fs.unlinkSync('one.txt'));
      go('gone', () => fs.existsSync('one.txt'));
      go('again', () => fs.writeFileSync('one.txt', 'new', { flag: 'wx', mode: 0o600 }));
      go('exists', () => fs.writeFileSync('one.txt', 'new', { flag: 'wx' }));
      await goes('reread', () => fs.promises.readFile('one.txt', 'utf8'));
      go('rm', () => fs.rmSync('one.txt'));
      go('umask', () => fs.writeFileSync('one.txt', 'last', { mode: 0o666 }));`, { files: there ? { 'one.txt': 'old content' } : {} });
    assert.deepEqual(out, { write: 'done', append: 'done', truncate: 'done', read: 'abcde', async: 'abcde', callback: 'abcde', stat: 5, access: 'done',
      chmod: 'done', utimes: 'done', copy: 'done', stream: 'abcde', handle: 'done', unlink: 'done', gone: false, again: 'done', exists: 'EEXIST',
      said: out.said, reread: 'new', rm: 'done', umask: 'done' });
    assert.equal(readFileSync(p.at('one.txt'), 'utf8'), 'last');
    assert.equal(statSync(p.at('one.txt')).mode & 0o777, 0o666 & ~process.umask());
  });
}

test('what is not granted stays so: the neighbour, the temporary name, the link', async (t) => {
  const { p, out } = await boxed(t, 'beside', both, `
    go('neighbour', () => fs.writeFileSync('two.txt', ''));
    go('atomic', () => { fs.writeFileSync('one.txt.tmp', 'x'); fs.renameSync('one.txt.tmp', 'one.txt'); });
    go('link', () => fs.linkSync('one.txt', 'two.txt'));
    go('steal', () => fs.renameSync('two.txt', 'one.txt'));
    go('give', () => fs.renameSync('one.txt', 'two.txt'));
    go('symlink', () => fs.symlinkSync('two.txt', 'one.txt'));
    go('mkdir', () => fs.mkdirSync('sub'));
    go('policy', () => fs.chmodSync('packsec.policy.json', 0o777));`, { files: { 'one.txt': 'one', 'two.txt': 'two' } });
  for (const name of ['neighbour', 'atomic', 'link', 'steal', 'give', 'mkdir', 'policy']) assert.equal(out[name], 'EACCES', name);
  assert.match(out.said.atomic, /app may not fs\.write .*one\.txt\.tmp: no grant; to allow: npsx grant app fs\.write:/);
  assert.equal(readFileSync(p.at('one.txt'), 'utf8'), 'one');
  assert.equal(readFileSync(p.at('two.txt'), 'utf8'), 'two');
  assert.ok(lstatSync(p.at('one.txt')).isFile());
});

test('a file is replaced by one of a granted directory, and read again', async (t) => {
  const { p, out } = await boxed(t, 'replace', { 'fs.read': ['./one.txt', './tmp/'], 'fs.write': ['./one.txt', './tmp/'] }, `
    go('write', () => fs.writeFileSync('tmp/new', 'new'));
    go('rename', () => fs.renameSync('tmp/new', 'one.txt'));
    go('read', () => fs.readFileSync('one.txt', 'utf8'));
    await goes('async', () => fs.promises.readFile('one.txt', 'utf8'));
    go('copy', () => fs.copyFileSync('one.txt', 'tmp/copy'));
    go('back', () => fs.renameSync('one.txt', 'tmp/back'));`,
    { files: { 'one.txt': 'old', 'tmp/x': '' } });
  assert.deepEqual({ ...out, said: 0 }, { write: 'done', rename: 'done', read: 'new', async: 'new', copy: 'done', back: 'done', said: 0 });
  assert.equal(readFileSync(p.at('tmp/copy'), 'utf8'), 'new');
  assert.equal(readFileSync(p.at('tmp/back'), 'utf8'), 'new');
  assert.equal(existsSync(p.at('one.txt')), false);
});

for (const there of [true, false]) {
  test(`a granted directory, ${there ? 'removed and made anew' : 'made for the first time'}`, async (t) => {
    const { p, out } = await boxed(t, 'dist', { 'fs.read': ['./dist/'], 'fs.write': ['./dist/'] }, `
      ${there ? "go('rm', () => fs.rmSync('dist', { recursive: true }));" : ''}
      go('mkdir', () => fs.mkdirSync('dist/a/b', { recursive: true }));
      go('write', () => fs.writeFileSync('dist/a/b/c.txt', 'c'));
      go('read', () => fs.readFileSync('dist/a/b/c.txt', 'utf8'));
      go('list', () => fs.readdirSync('dist/a'));
      go('rename', () => fs.renameSync('dist/a/b/c.txt', 'dist/d.txt'));
      go('move', () => { fs.renameSync('dist/a/b', 'dist/e'); fs.renameSync('dist/e', 'dist/a/b'); });
      go('unlink', () => fs.unlinkSync('dist/d.txt'));
      go('rmdir', () => fs.rmdirSync('dist/a/b'));
      go('full', () => fs.rmdirSync('dist'));
      await goes('late', () => fs.promises.writeFile('dist/a/late', 'x'));
      go('out', () => fs.writeFileSync('outside.txt', ''));`, { files: there ? { 'dist/old/x': 'old' } : {} });
    assert.deepEqual({ ...out, said: 0 }, { ...there && { rm: 'done' }, mkdir: p.at('dist'), write: 'done', read: 'c', list: ['b'], rename: 'done', move: 'done', unlink: 'done',
      rmdir: 'done', full: 'ENOTEMPTY', late: 'done', out: 'EACCES', said: 0 }, JSON.stringify(out));
    assert.deepEqual(readdirSync(p.at('dist/a')), ['late']);
  });
}

for (const mode of ['DELETE', 'WAL']) {
  test(`a database that is granted by itself, journal ${mode}`, async (t) => {
    const { p, out } = await boxed(t, 'db', { 'fs.read': ['./db.sqlite'], 'fs.write': ['./db.sqlite'] }, `
      const { DatabaseSync } = require('node:sqlite');
      const open = () => new DatabaseSync('db.sqlite');
      go('use', () => { const db = open(); db.exec('PRAGMA journal_mode=${mode}; CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1), (2); COMMIT'); db.close(); });
      go('again', () => { const db = open(); const n = db.prepare('SELECT count(*) AS n FROM t').get().n; db.exec('INSERT INTO t VALUES (3)'); db.close(); return n; });
      go('other', () => { new DatabaseSync('other.sqlite').exec('CREATE TABLE t(a)'); });`);
    assert.equal(out.use, 'done', JSON.stringify(out));
    assert.equal(out.again, 2);
    assert.notEqual(out.other, 'done');
    assert.deepEqual(readdirSync(p.dir).filter((n) => /sqlite/.test(n)), ['db.sqlite']);
  });
}

test('no set-user-ID for anybody, and no other owner without the right', async (t) => {
  const { p, out, done } = await boxed(t, 'modes', { 'fs.write': ['./dir/'], 'fs.read': ['./dir/'] }, `
    go('chmod', () => fs.chmodSync('dir/a', 0o700));
    go('suid', () => fs.chmodSync('dir/a', 0o4755));
    go('sgid', () => fs.chmodSync('dir/a', 0o2755));
    go('lutimes', () => fs.lutimesSync('dir/a', 5, 6));
    go('chown', () => fs.chownSync('dir/a', process.getuid(), process.getgid()));
    go('fd', () => { const fd = fs.openSync('dir/a', 'r'); fs.fchmodSync(fd, 0o711); fs.futimesSync(fd, 7, 8); fs.closeSync(fd); });
    await goes('watch', () => new Promise((yes, no) => { const w = fs.watch('dir', (type, name) => { w.close(); yes(name); }); w.on('error', no); fs.writeFileSync('dir/new', ''); }));`,
    { files: { 'dir/a': '' } });
  assert.deepEqual({ ...out, said: 0 }, { chmod: 'done', suid: 'EPERM', sgid: 'EPERM', lutimes: 'done', chown: 'done', fd: 'done', watch: 'new', said: 0 });
  assert.equal(statSync(p.at('dir/a')).mode & 0o7777, 0o711);
  assert.equal(statSync(p.at('dir/a')).mtimeMs, 8000);
  assert.match(done.stderr, /^npsx: the box refused 2 calls\n {2}box {2}system call {2}f?chmod(at)? .*dir\/a \(x2\)\n$/);
});

test('nobody is left with a bare EACCES', async (t) => {
  const { p, out } = await boxed(t, 'why', { 'fs.write': ['./one.txt', './dist/'], 'fs.read': ['./dist/'] }, `
    go('hidden', () => fs.readFileSync('.env', 'utf8'));
    go('symlink', () => fs.symlinkSync('two.txt', 'one.txt'));
    go('late', () => { fs.mkdirSync('dist/a', { recursive: true }); fs.symlinkSync('a', 'dist/b'); });
    fs.writeFileSync('one.txt', ''); fs.chmodSync('one.txt', 0);
    go('modes', () => fs.writeFileSync('one.txt', ''));`, { files: { '.env': 'SECRET=1' }, args: ['--audit=audit.log'] });
  assert.match(out.said.hidden, /^EACCES: permission denied, open '\.env' \(the policy allows it, and the box refused it: hidden entries of a project are granted by their own names\)$/);
  assert.match(out.said.symlink, /and the box refused it: a file that is granted by itself can be opened, removed and renamed/);
  assert.match(out.said.late, /and the box refused it: it was made after the box was/);
  if (process.getuid() !== 0) assert.equal(out.said.modes, "EACCES: permission denied, open 'one.txt'");
  const lines = readFileSync(p.at('audit.log'), 'utf8').trim().split('\n').map(JSON.parse).filter((l) => l.ring === 'box');
  assert.deepEqual(lines.map((l) => [l.syscall, l.cap, l.value, l.decided]).slice(0, 2), [['open', 'fs.read', p.at('.env'), 'denied'], ['symlink', 'fs.write', p.at('one.txt'), 'denied']]);
});

test('the summary is one, quiet is quiet, and the audit stream tells both', async (t) => {
  const body = `go('other', () => fs.writeFileSync('other.txt', '')); go('suid', () => fs.chmodSync('one.txt', 0o4755));`;
  const files = { 'one.txt': '' };
  const loud = await boxed(t, 'loud', both, body, { files, args: ['--audit=audit.log'] });
  assert.match(loud.done.stderr, /^npsx: 1 denial, and the box refused 1 call\n {2}app {2}fs\.write {2}\S*other\.txt {3}allow: npsx grant app fs\.write:\.\/other\.txt\n {2}box {2}system call {2}f?chmod(at)? \S*one\.txt\n$/);
  const lines = readFileSync(loud.p.at('audit.log'), 'utf8').trim().split('\n').map(JSON.parse);
  const box = lines.filter((l) => l.package === 'box');
  assert.equal(box.length, 1);
  assert.match(box[0].syscall, /chmod/);
  assert.equal(box[0].value, loud.p.at('one.txt'));
  assert.equal(box[0].decided, 'denied');
  assert.ok(lines.some((l) => l.package === 'app' && l.cap === 'fs.write' && l.decided === 'denied'));
  const quiet = await boxed(t, 'quiet', both, body, { files, args: ['--quiet'] });
  assert.equal(quiet.done.stderr, '');
});
