'use strict';
// psx.node by itself, attacked as a guest that controls every argument would. Run by meson:
//     node test_addon.js <psx.node> <with-plan>
// It starts itself anew under each plan. Prints `N passed, N failed`.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
const { EACCES, ENOENT, EINVAL, EEXIST, ELOOP, EBADF, ENOTDIR, EISDIR, EBUSY, ENAMETOOLONG } = os.constants.errno;
const READ = 1, WRITE = 2, BOTH = 3, TARGET = 0, LINK = 1, PARENT = 2, DIR_ENTRY = 3;

let passed = 0, failed = 0;
function equal(actual, expected, what) {
  const ok = JSON.stringify(actual) === JSON.stringify(expected);
  if (ok) passed++; else { failed++; console.log(`not ok: ${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`); }
}
const ok = (value, what) => equal(!!value, true, what);

const [addon, withPlan, top, planFd, group] = process.argv.slice(2);

// ---- the tree -----------------------------------------------------------------------------------------------------

function write(file, text = path.basename(file)) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function makeTree(dir) {
  const p = path.join(dir, 'proj');
  for (const f of ['package.json', 'packsec.policy.json', 'public/a.txt', 'public/sub/b.txt', 'public-secret/s.txt', 'secret.txt', 'single.txt', 'single.txt.bak',
    'data/old.txt', 'data/deep/x.txt', 'out.txt', 'node_modules/send/index.js', 'node_modules/send/own.txt', 'node_modules/send/node_modules/inner/s.txt',
    'node_modules/sender/s.txt', 'node_modules/other/index.js', 'cfg/protected/p.txt', 'cfg/free.txt']) write(path.join(p, f));
  fs.symlinkSync('../secret.txt', path.join(p, 'public/out'));
  fs.symlinkSync('/etc/passwd', path.join(p, 'public/abs'));
  fs.symlinkSync('sub/b.txt', path.join(p, 'public/inside'));
  fs.symlinkSync(path.join(p, 'data/old.txt'), path.join(p, 'public/granted-elsewhere'));
  fs.symlinkSync('../data', path.join(p, 'public/data-dir'));
  fs.symlinkSync('..', path.join(p, 'public/up'));
  fs.symlinkSync('nowhere', path.join(p, 'public/dangling'));
  fs.symlinkSync('/proc/self/root', path.join(p, 'public/root'));
  fs.symlinkSync('/proc/self/environ', path.join(p, 'data/environ'));
  fs.symlinkSync('../secret.txt', path.join(p, 'data/leak'));
  fs.symlinkSync('../brand-new.txt', path.join(p, 'data/create-out'));
  fs.symlinkSync('secret.txt', path.join(p, 'linked-file'));
  fs.symlinkSync('node_modules/inner/s.txt', path.join(p, 'node_modules/send/peek'));
  fs.symlinkSync('proj', path.join(dir, 'alias'));
  fs.symlinkSync('../packsec.policy.json', path.join(p, 'cfg/policy-link'));
  fs.symlinkSync('protected', path.join(p, 'cfg/prot-dir'));
  return p;
}

function planOf(dir, change) {
  const p = path.join(dir, 'proj');
  return {
    plan: 1, project: p, cwd: p, main: { kind: 'file', path: path.join(p, 'app.js') }, mode: 'enforce', quiet: false, auditFd: -1, learnFd: -1,
    tmp: path.join(dir, 'alias'), home: '/nonexistent', cache: null,
    lock: { version: 3, packages: [['node_modules/send', 'send', '1.2.0', 'sha512-aaa'], ['node_modules/other', 'other', '2.0.0', null]] },
    protected: [path.join(p, 'packsec.policy.json'), path.join(p, 'cfg/protected')],
    policy: { file: path.join(p, 'packsec.policy.json'), text: JSON.stringify({
      version: 1,
      app: { 'fs.read': ['./'], 'fs.write': ['./'] },
      packages: {
        '*': { clock: true },
        send: { 'fs.read': ['./public/', './single.txt', './data/', './linked-file', './out.txt', '${tmp}/cfg/', '/proc/'], 'fs.write': ['./data/', './out.txt'], spawn: ['ls'], 'net.connect': ['example.com:443'] },
        other: { 'fs.read': ['./data/deep/'] },
      } }) },
    ...change,
  };
}

// ---- groups -------------------------------------------------------------------------------------------------------

const groups = {};
function load(fd) {
  const m = { exports: {} };
  process.dlopen(m, addon);
  if (fd !== undefined) m.exports.open(fd, 'test engine');
  return m.exports;
}
const readFd = (psx, fd) => { const t = fs.readFileSync(`/proc/self/fd/${fd}`, 'utf8'); psx.fsClose(fd); return t; };
// The content, or -errno.
const reads = (psx, id, file, flags = O_RDONLY) => { const fd = psx.fsOpen(id, file, flags, 0o644); return fd < 0 ? fd : readFd(psx, fd); };
const opens = (psx, id, file, flags, mode = 0o644) => { const fd = psx.fsOpen(id, file, flags, mode); return fd < 0 ? fd : psx.fsClose(fd); };
const at = (psx, id, file, need, how) => { const fd = psx.fsAt(id, file, need, how); return fd < 0 ? fd : psx.fsClose(fd); };

groups.misuse = (psx, p) => {
  const throws = (f, what) => { let e; try { f(); } catch (x) { e = x; } ok(e instanceof TypeError, what); };
  const C = psx.cap;
  throws(() => psx.open(+planFd), 'open twice');
  for (const bad of [undefined, null, '0', {}, -1, 1, 0.5, NaN, 2 ** 32, [0], 0n]) {
    throws(() => psx.decide(bad, 0, '', -1), `id ${String(bad)}`);
    throws(() => psx.fsOpen(bad, '/', 0, 0), `fsOpen id ${String(bad)}`);
  }
  for (const bad of [undefined, -1, Object.keys(psx.cap).length, '1', 1e9]) throws(() => psx.decide(0, bad, '', -1), `cap ${String(bad)}`);
  for (const bad of [undefined, 1, {}, { toString: () => '/etc/passwd' }, ['/etc/passwd'], Buffer.from('/'), Symbol('x')]) {
    throws(() => psx.decide(0, 0, bad, -1), 'value is no string');
    throws(() => psx.fsOpen(0, bad, 0, 0), 'path is no string');
  }
  throws(() => psx.fsAt(0, '/', 0, 0), 'need 0');
  throws(() => psx.fsAt(0, '/', 4, 0), 'need 4');
  throws(() => psx.fsAt(0, '/', 1, 4), 'how 4');
  throws(() => psx.scan(99, 0), 'no such token');
  throws(() => psx.keep(0, Buffer.alloc(1)), 'no such token');
  throws(() => psx.code(0, 'x'), 'no such token');
  throws(() => psx.decide(), 'no arguments');
  ok(Object.isFrozen(C), 'psx.cap is frozen');
  equal(psx.decide(0, C['fs.read'], '', -1), false, 'the empty path');
  equal(psx.decide(0, C['fs.read'], p + '/public/\0', -1), false, 'NUL');
  equal(psx.decide(0, C['fs.read'], '/' + 'a/'.repeat(1e6), -1), false, 'a path too long');
  equal(psx.decide(0, C.env, 'x'.repeat(1e6), -1), false, 'a long value');
  equal(psx.decide(0, C.env, '\ud800', -1), false, 'a lone surrogate');
};

groups.identity = (psx, p) => {
  const send = psx.identify(`${p}/node_modules/send`, 'send', '9.9.9');
  equal(psx.label(send), 'send@1.2.0', 'the lockfile names the version');
  equal(psx.identify(`${p}/node_modules/send/`, 'x', 'y'), send, 'same directory, same id');
  equal(psx.identify(`${p}/node_modules/./send`, 'x', 'y'), send, 'same directory, written otherwise');
  equal(psx.identify(p, 'evil', '1'), 0, 'the project is the app');
  equal(psx.label(0), 'app', 'label of the app');
  const C = psx.cap, holds = (id, c) => psx.holds(id, C[c]);
  const liar = psx.identify(`${p}/node_modules/other`, 'send', '1.2.0');
  equal(psx.label(liar), 'other@2.0.0', 'package.json cannot claim another name');
  equal(holds(liar, 'spawn'), false, 'nor its grants');
  const stray = psx.identify(`${p}/stray`, 'send', '1.2.0');
  equal([holds(stray, 'spawn'), holds(stray, 'clock')], [false, false], 'an unlisted directory holds nothing');
  const outside = psx.identify('/tmp/send', 'send', '1.2.0');
  equal([holds(outside, 'spawn'), holds(outside, 'clock')], [false, false], 'nor does one outside');
  const sneaky = psx.identify(`${p}/x/../node_modules/other/../stray2/`, 'send', '1.2.0');
  equal(holds(sneaky, 'spawn'), false, 'nor one with dots');
  equal(psx.values(send, C.spawn), ['ls'], 'values');
  equal(psx.values(send, C.clock), ['*'], 'values of true');
  equal(psx.onerror(), 'throw', 'onerror');
  let e;
  try { psx.identify('relative', 'a', '1'); } catch (x) { e = x; }
  ok(e instanceof Error, 'a relative directory');
};

groups.reading = (psx, p) => {
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  const own = `${p}/node_modules/send`;
  equal(reads(psx, id, `${p}/public/a.txt`), 'a.txt', 'a granted file');
  equal(reads(psx, id, 'public/a.txt'), 'a.txt', 'relative to the cwd of the plan');
  equal(reads(psx, id, './public//sub/../a.txt'), 'a.txt', 'untidy');
  equal(reads(psx, id, 'public/inside'), 'b.txt', 'a link inside the grant');
  equal(opens(psx, id, 'public', O_RDONLY | O_DIRECTORY), 0, 'the granted directory itself');
  equal(opens(psx, id, 'public/', O_RDONLY), 0, 'with a slash');
  equal(opens(psx, id, 'public/a.txt/', O_RDONLY), -ENOTDIR, 'a file with a slash');
  equal(reads(psx, id, 'single.txt'), 'single.txt', 'a single file');
  equal(reads(psx, id, `${own}/own.txt`), 'own.txt', 'the own directory');
  equal(reads(psx, id, 'public/missing'), -ENOENT, 'a missing file');
  equal(opens(psx, id, '', O_RDONLY), -ENOENT, 'the empty path');

  for (const [file, why] of [
    ['secret.txt', 'not granted'], ['public/../secret.txt', 'dot dot'], ['public/sub/../../secret.txt', 'two of them'], ['public/out', 'a link out'],
    ['public/abs', 'an absolute link out'], ['public/up/secret.txt', 'a directory link out'], ['public/root/etc/passwd', 'through /proc/self/root'],
    ['public-secret/s.txt', 'a sibling with the same prefix'], ['single.txt.bak', 'a sibling of a single file'], ['data/leak', 'another link out'],
    ['public/sub/../../public-secret/s.txt', 'prefix and dots'], ['/etc/passwd', 'absolute'], [`/proc/self/cwd/secret.txt`, 'proc cwd'],
    ['/proc/self/environ', 'the environment in proc'], ['/proc/self/mem', 'memory in proc'], ['/proc/self/maps', 'maps in proc'], ['/proc/thread-self/environ', 'thread-self'],
    ['/proc/self/task/' + process.pid + '/environ', 'task'], ['/proc/1/environ', 'another process'], ['data/environ', 'a link into proc'], ['/proc/kcore', 'kcore'],
    [`${own}/node_modules/inner/s.txt`, 'a nested package'], [`${own}/peek`, 'a link to a nested package'], [`${p}/node_modules/sender/s.txt`, 'a neighbour with the same prefix'],
    ['linked-file', 'a link at the place of a single file, inside what packages can write'], ['node_modules/other/index.js', 'another package'],
  ]) {
    const got = reads(psx, id, file);
    ok(got === -EACCES || got === -ELOOP || (got === -ENOENT && /kcore|[/]1[/]/.test(file)), `${why}: ${file} gave ${got}`);
  }
  for (const fd of [0, 1, 2, +planFd]) ok(reads(psx, id, `/proc/self/fd/${fd}`) < 0, `/proc/self/fd/${fd}`);
  equal(opens(psx, id, '/proc/self/fd', O_RDONLY), -EACCES, 'the list of descriptors');
  ok(reads(psx, id, '/proc/meminfo').length > 100, 'a granted and harmless file of proc');
  ok(reads(psx, id, '/proc/self/status').length > 100, 'status in proc');
  equal(reads(psx, id, 'public/a.txt\0/../../secret.txt'), -EINVAL, 'NUL');
  equal(opens(psx, id, '/' + 'a'.repeat(5000), O_RDONLY), -ENAMETOOLONG, 'too long');
  equal(reads(psx, id, 'public/granted-elsewhere'), 'old.txt', 'a link from one grant into another');
  equal(reads(psx, id, 'public/data-dir/deep/x.txt'), 'x.txt', 'the same through a directory');
  equal(reads(psx, id, path.join(path.dirname(p), 'alias/cfg/free.txt')), 'free.txt', 'a grant written through a link');
  equal(at(psx, id, 'public/out', READ, LINK), 0, 'a link itself may be seen');
  equal(at(psx, id, 'public/out', READ, TARGET), -EACCES, 'its target may not');
  equal(at(psx, id, 'public/a.txt', READ, TARGET), 0, 'a target');
  equal(at(psx, id, 'public/a.txt', READ, PARENT), 0, 'an entry');
  equal(at(psx, id, 'public', READ, PARENT), 0, 'the entry of the granted directory, to look');
  equal(at(psx, id, 'public/a.txt', WRITE, TARGET), -EACCES, 'writing a file that may be read');
  equal(at(psx, id, 'public/a.txt', BOTH, TARGET), -EACCES, 'both');
  equal(at(psx, id, '/', READ, PARENT), -EACCES, 'the root');
  for (const flags of [O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT, O_RDONLY | O_APPEND, O_WRONLY | O_CREAT])
    equal(opens(psx, id, 'public/a.txt', flags), -EACCES, `flags ${flags} need fs.write`);
  equal(fs.readFileSync(`${p}/public/a.txt`, 'utf8'), 'a.txt', 'nothing was truncated');
  equal(opens(psx, id, 'data', 0o20200000 | O_RDWR), -EINVAL, 'O_TMPFILE');
  equal(opens(psx, id, 'data/old.txt', 3), -EINVAL, 'access mode 3');
  equal(opens(psx, id, 'data/old.txt', 0x40000000), -EINVAL, 'unknown flags');
  equal(opens(psx, id, 'data/old.txt', -1), -EINVAL, 'negative flags');
};

groups.writing = (psx, p) => {
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  const create = O_WRONLY | O_CREAT | O_TRUNC;
  equal(opens(psx, id, 'data/new.txt', create), 0, 'creating');
  ok(fs.existsSync(`${p}/data/new.txt`), 'it is there');
  equal(fs.statSync(`${p}/data/new.txt`).mode & 0o777, 0o644 & ~process.umask(), 'with its mode');
  equal(opens(psx, id, 'data/new.txt', create | O_EXCL), -EEXIST, 'exclusively');
  equal(opens(psx, id, 'out.txt', create), 0, 'a single file');
  for (const [file, why] of [['data/create-out', 'a dangling link out'], ['data/leak', 'a link out'], ['data/../made.txt', 'dots'], ['database.txt', 'prefix'],
    ['out.txt2', 'prefix of a file'], ['public/new.txt', 'read only'], [`${p}/node_modules/send/own.txt`, 'the own directory'], ['/proc/self/comm', 'proc']])
    equal(opens(psx, id, file, create), -EACCES, `${why}: ${file}`);
  ok(!fs.existsSync(`${p}/brand-new.txt`), 'nothing was made outside');
  equal(fs.readFileSync(`${p}/secret.txt`, 'utf8'), 'secret.txt', 'nothing was emptied outside');
  equal(at(psx, id, 'data/x', WRITE, PARENT), 0, 'an entry to create');
  equal(at(psx, id, 'data/deep/x', WRITE, PARENT), 0, 'deeper');
  equal(at(psx, id, 'data', WRITE, PARENT), -EACCES, 'replacing the granted directory');
  equal(at(psx, id, 'data', WRITE, DIR_ENTRY), 0, 'making or removing the granted directory');
  equal(at(psx, id, 'data/', WRITE, DIR_ENTRY), 0, 'with a slash');
  equal(at(psx, id, 'out.txt', WRITE, PARENT), 0, 'the entry of a single file');
  equal(at(psx, id, 'x', WRITE, PARENT), -EACCES, 'an entry outside');
  equal(at(psx, id, 'public/up/x', WRITE, PARENT), -EACCES, 'an entry through a link out');
  equal(at(psx, id, 'public/data-dir/x', WRITE, PARENT), -EACCES, 'the text decides first');
  fs.symlinkSync('../..', `${p}/data/upup`);
  equal(at(psx, id, 'data/upup/x', WRITE, PARENT), -EACCES, 'an entry through a fresh link out');
  // A single file replaced by a link to its neighbour: the grant does not move.
  fs.rmSync(`${p}/out.txt`);
  fs.symlinkSync('secret.txt', `${p}/out.txt`);
  equal(reads(psx, id, 'out.txt'), -ELOOP, 'reading through it');
  equal(opens(psx, id, 'out.txt', create), -ELOOP, 'writing through it');
  equal(fs.readFileSync(`${p}/secret.txt`, 'utf8'), 'secret.txt', 'the neighbour is untouched');
  // The granted directory is removed and made anew.
  fs.rmSync(`${p}/data`, { recursive: true });
  equal(opens(psx, id, 'data/new.txt', create), -ENOENT, 'gone');
  fs.mkdirSync(`${p}/data`);
  equal(opens(psx, id, 'data/new.txt', create), 0, 'and there again');
  ok(fs.existsSync(`${p}/data/new.txt`), 'in the new directory');
  // Another package's granted directory lies in what this one writes: a link there leads nowhere.
  const other = psx.identify(`${p}/node_modules/other`, 'other', '2.0.0');
  fs.symlinkSync('../public', `${p}/data/deep`);
  equal(reads(psx, other, 'data/deep/a.txt'), -EACCES, 'a granted directory that became a link out');
};

groups.protected = (psx, p) => {
  const create = O_WRONLY | O_CREAT | O_TRUNC;
  for (const file of ['packsec.policy.json', 'cfg/policy-link', 'cfg/protected/p.txt', 'cfg/protected/new.txt', 'cfg/prot-dir/p.txt', 'cfg/prot-dir/new.txt', 'cfg/../packsec.policy.json']) {
    for (const flags of [create, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_WRONLY | O_CREAT | O_EXCL])
      ok(opens(psx, 0, file, flags) < 0, `${file} with flags ${flags}`);
    ok(at(psx, 0, file, WRITE, TARGET) < 0, `${file}: the target`);
    if (!file.endsWith('link')) ok(at(psx, 0, file, WRITE, PARENT) < 0, `${file}: the entry`);
  }
  ok(at(psx, 0, 'cfg', WRITE, PARENT) < 0, 'renaming the directory above');
  ok(at(psx, 0, 'cfg', WRITE, DIR_ENTRY) < 0, 'removing the directory above');
  ok(at(psx, 0, 'cfg/protected', WRITE, PARENT) < 0, 'renaming the directory');
  ok(at(psx, 0, '.', WRITE, PARENT) < 0, 'renaming the project');
  equal(fs.readFileSync(`${p}/packsec.policy.json`, 'utf8'), 'packsec.policy.json', 'the policy is as it was');
  equal(fs.readdirSync(`${p}/cfg/protected`), ['p.txt'], 'the directory is as it was');
  equal(reads(psx, 0, 'packsec.policy.json'), 'packsec.policy.json', 'reading is allowed');
  equal(opens(psx, 0, 'cfg/free.txt', create), 0, 'beside them writing is allowed');
  equal(fs.readFileSync(`${p}/cfg/free.txt`, 'utf8'), '', 'and truncates');
  equal(opens(psx, 0, 'fresh/x', create), -ENOENT, 'no directory');
  equal(opens(psx, 0, 'fresh.txt', create, 0o600), 0, 'a new file');
  equal(fs.statSync(`${p}/fresh.txt`).mode & 0o777, 0o600, 'its mode');
  equal(opens(psx, 0, 'fresh.txt', create | O_EXCL), -EEXIST, 'exclusively');
  equal(opens(psx, 0, 'public/dangling', create), -EACCES, 'a dangling link beside protected files is not followed');
  fs.writeFileSync(`${p}/fresh.txt`, 'abc');
  const fd = psx.fsOpen(0, 'fresh.txt', O_WRONLY | O_APPEND, 0);
  fs.writeSync(fd, 'd');
  psx.fsClose(fd);
  equal(fs.readFileSync(`${p}/fresh.txt`, 'utf8'), 'abcd', 'appending');
};

groups.descriptors = (psx, p) => {
  const a = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0'), b = psx.identify(`${p}/node_modules/other`, 'other', '2.0.0');
  const fd = psx.fsOpen(a, 'public/a.txt', O_RDONLY, 0);
  equal([psx.fsOwns(a, fd), psx.fsOwns(b, fd), psx.fsOwns(0, fd)], [true, false, false], 'owned by its opener');
  const foreign = fs.openSync(`${p}/secret.txt`);
  for (const n of [0, 1, 2, +planFd, foreign, -1, 1e6, 2147483647]) {
    equal(psx.fsOwns(a, n), false, `descriptor ${n} is nobody's`);
    equal(psx.fsClose(n), -EBADF, `descriptor ${n} is not closed`);
  }
  fs.fstatSync(foreign);
  const path_ = psx.fsAt(a, 'public', READ, TARGET);
  equal(psx.fsOwns(a, path_), false, 'what fsAt made belongs to the runtime');
  equal(psx.fsClose(path_), 0, 'but is closed');
  equal(psx.fsClose(fd), 0, 'closing');
  equal(psx.fsClose(fd), -EBADF, 'closing twice');
  equal(psx.fsOwns(a, fd), false, 'owned no more');
  const again = psx.fsOpen(a, 'public/a.txt', O_RDONLY, 0);
  equal([psx.fsForget(again), psx.fsForget(again), psx.fsClose(again)], [true, false, -EBADF], 'forgotten');
  fs.closeSync(again);
  const text = fs.readFileSync(`/proc/self/fdinfo/${foreign}`, 'utf8');
  const kept = psx.fsOpen(a, 'public/a.txt', O_RDONLY, 0);
  ok(/flags:\s+0?2/.test(fs.readFileSync(`/proc/self/fdinfo/${kept}`, 'utf8')) && text, 'close-on-exec');
};

// While another thread swaps a directory for a link, no open may ever reach the other side.
groups.race = (psx, p) => {
  const { Worker } = require('node:worker_threads');
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  fs.mkdirSync(`${p}/data/swap`);
  write(`${p}/data/swap/f`, 'good');
  write(`${p}/data/good/f`, 'good');
  write(`${p}/hidden/f`, 'bad');
  fs.symlinkSync('../hidden', `${p}/data/evil`);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  new Worker(`const { workerData: { d, flag } } = require('worker_threads'); const fs = require('fs');
    const f = (a, b) => { try { fs.renameSync(d + a, d + b); } catch {} };
    while (!Atomics.load(flag, 0)) { f('/swap', '/tmp1'); f('/evil', '/swap'); f('/swap', '/evil'); f('/tmp1', '/swap'); }`, { eval: true, workerData: { d: `${p}/data`, flag } });
  let good = 0, bad = 0, refused = 0;
  const end = Date.now() + 1500;
  while (Date.now() < end) {
    for (let i = 0; i < 200; i++) {
      const got = reads(psx, id, 'data/swap/f');
      if (got === 'good') good++; else if (got === 'bad') bad++; else refused++;
      const dir = psx.fsAt(id, 'data/swap/g', WRITE, PARENT);
      if (dir >= 0) {
        if (fs.readlinkSync(`/proc/self/fd/${dir}`).endsWith('/hidden')) bad++;
        psx.fsClose(dir);
      }
    }
  }
  Atomics.store(flag, 0, 1);
  equal(bad, 0, `no escape in ${good} good and ${refused} refused opens`);
  ok(good > 0 && refused > 0, `the race was real: ${good} ${refused}`);
};

groups.spawn = (psx, p) => {
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  const evil = path.join(p, 'data');
  write(path.join(evil, 'ls'), '#!/bin/sh\n');
  fs.chmodSync(path.join(evil, 'ls'), 0o755);
  const real = fs.existsSync('/usr/bin/ls') ? '/usr/bin/ls' : '/bin/ls';
  equal(psx.command(id, 'ls', process.env.PATH), real, 'a granted name');
  equal(psx.command(id, 'ls', `${evil}:${process.env.PATH}`), null, 'the name found elsewhere through another PATH');
  equal(psx.command(id, `${evil}/ls`, ''), null, 'a path that ends in the name');
  equal(psx.command(id, './data/ls', ''), null, 'relative');
  equal(psx.command(id, 'cat', process.env.PATH), null, 'not granted');
  equal(psx.command(id, 'no-such-program', process.env.PATH), undefined, 'not there, for who may run something');
  equal(psx.command(psx.identify(`${p}/node_modules/other`, 'other', '2'), 'no-such-program', process.env.PATH), null, 'not there, for who may not');
  for (const bad of ['', 'ls\0', '..', '.', '/', '/usr/bin', '../ls']) ok(!psx.command(id, bad, process.env.PATH), `command ${JSON.stringify(bad)}`);
  equal(psx.command(id, 'ls', ''), undefined, 'no PATH');
};

groups.loader = (psx, p) => {
  const root = `${p}/node_modules/send`;
  const s = psx.source(root, `${root}/index.js`);
  equal([s.text, s.entry], ['index.js', null], 'a source');
  write(`${p}/node_modules/send/u.js`, '\ufeffexports.a = "é€😀";');
  equal(psx.source(root, `${root}/u.js`).text, '\ufeffexports.a = "é€😀";', 'UTF-8');
  fs.writeFileSync(`${root}/bad.js`, Buffer.from([0x61, 0xff, 0x62]));
  equal(psx.source(root, `${root}/bad.js`).text, 'a\ufffdb', 'not UTF-8');
  write(`${root}/empty.js`, '');
  equal(psx.source(root, `${root}/empty.js`).text, '', 'empty');
  equal(psx.read(root, `${root}/bad.js`).toString('hex'), '61ff62', 'bytes');
  equal(psx.read(root, `${root}/empty.js`).length, 0, 'no bytes');
  fs.symlinkSync('../../secret.txt', `${root}/out.js`);
  spawnSync('mkfifo', [`${root}/fifo.js`]);
  for (const f of [`${root}/../../secret.txt`, `${p}/secret.txt`, `${root}/out.js`, `${root}`, `${root}/missing.js`, `${root}/fifo.js`, `${p}/node_modules/sender/s.txt`, 'index.js', '', `${root}/index.js\0`]) {
    equal(psx.source(root, f), null, `source ${f}`);
    equal(psx.read(root, f), null, `read ${f}`);
  }
  equal(psx.source('', `${root}/index.js`), null, 'no root');
  const e = psx.scan(s.token, 1);
  equal([e.free, e.kind], ['index', 1], 'scanned');
  let thrown;
  try { psx.scan(s.token, 1); } catch (x) { thrown = x; }
  ok(thrown instanceof Error, 'only once');
  equal(psx.source(root, `${root}/index.js`).entry.free, 'index', 'and remembered');
  psx.keep(s.token, Buffer.from('code for a'), 'a');
  psx.keep(s.token, Buffer.from('code for b'), 'b');
  equal([psx.code(s.token, 'a')?.toString(), psx.code(s.token, 'b')?.toString(), psx.code(s.token, 'c')], ['code for a', 'code for b', null ?? undefined], 'code by shape');
  equal(psx.source(root, `${root}/index.js`).entry.code, undefined, 'none without a shape');
  psx.keep(s.token, Buffer.from('plain'));
  equal(psx.source(root, `${root}/index.js`).entry.code.toString(), 'plain', 'kept without a shape');
  equal(psx.scanText('x = y', 1).assigned, 'x', 'scanText');
  equal(psx.kind(root), 2, 'kind of a directory');
  equal([psx.kind(`${root}/index.js`), psx.kind(`${root}/nope`), psx.kind('/dev/null'), psx.kind('')], [1, 0, 3, 0], 'kinds');
  equal(psx.realpath(`${p}/public/inside`), `${p}/public/sub/b.txt`, 'realpath');
  equal(psx.realpath(`${p}/nope`), undefined, 'realpath of nothing');
  equal(psx.pureWrapper('', 'return function(){return 1}'), true, 'a pure wrapper');
  equal(psx.pureWrapper('', 'return fetch("x")'), false, 'no pure wrapper');
};

groups.address = (psx, p) => {
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  equal(psx.decide(id, psx.cap['net.connect'], 'EXAMPLE.com.', 443), psx.peek(id, psx.cap['net.connect'], 'EXAMPLE.com.', 443), 'decide and peek agree');
  equal(psx.address(id, 'example.com', 443, '93.184.216.34'), true, 'an address of the host');
  equal(psx.address(id, 'example.com', 443, '127.0.0.1'), false, 'rebinding to loopback');
  equal(psx.address(id, 'example.com', 443, '169.254.169.254'), false, 'rebinding to cloud metadata');
  equal(psx.address(id, 'example.com', 80, '93.184.216.34'), false, 'another port');
  equal(psx.address(id, 'evil.com', 443, '93.184.216.34'), false, 'another host');
};

groups.report = (psx, p) => {
  const C = psx.cap, id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  psx.decide(id, C['fs.read'], '/etc/passwd', -1);
  psx.decide(id, C['fs.read'], '/etc/passwd', -1);
  psx.peek(id, C['fs.read'], '/etc/shadow', -1);
  psx.decide(id, C.env, '\u001b[31mred\u009b\n', -1);
  psx.decide(id, C['net.connect'], 'evil.com', 80);
  equal(reads(psx, id, 'public/out'), -EACCES, 'a link out');
  for (let i = 0; i < 30; i++) psx.decide(0, C.env, `V${i}`, -1);
  equal(psx.reason(id, C['net.connect'], 'evil.com', 80), 'send@1.2.0 may not net.connect evil.com:80: no grant; to allow: npsx grant send net.connect:evil.com:80', 'the reason');
  psx.finish();
  psx.finish();
};

groups.flood = (psx, p) => {
  const C = psx.cap, id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0'), other = psx.identify(`${p}/node_modules/other`, 'other', '2.0.0');
  for (let i = 0; i < 70000; i++) psx.decide(id, C.env, `FLOOD${i}`, -1);
  equal(psx.decide(id, C.clock, '', -1), true, 'still decides: allowed');
  equal(psx.decide(id, C.env, 'one more', -1), false, 'still decides: denied');
  psx.decide(other, C.env, 'VISIBLE', -1);
  psx.finish();
};

groups.learn = (psx, p) => {
  const C = psx.cap, id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  equal(psx.decide(id, C['fs.read'], '/etc/passwd', -1), true, 'everything is allowed');
  equal(psx.decide(id, C['fs.read'], `${p}/public/a.txt`, -1), true, 'this too');
  equal(psx.holds(id, C.worker), true, 'everything is held');
  equal(reads(psx, id, 'secret.txt'), 'secret.txt', 'and opened');
  equal(psx.command(id, 'cat', process.env.PATH)?.endsWith('/cat'), true, 'and run');
  psx.finish();
};

groups.log = (psx, p) => {
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  equal(reads(psx, id, 'secret.txt'), 'secret.txt', 'onerror log: recorded, allowed');
  equal(reads(psx, id, 'public/out'), 'secret.txt', 'through a link out as well');
  equal(at(psx, id, 'public/up/x', WRITE, PARENT), 0, 'and so are entries');
  psx.finish();
};

groups.ambient = (psx, p) => {
  equal(reads(psx, 0, 'public/out'), 'secret.txt', 'the app follows its links');
  equal(opens(psx, 0, 'packsec.policy.json', O_WRONLY), 0, 'and writes anywhere');
  const id = psx.identify(`${p}/node_modules/send`, 'send', '1.2.0');
  equal(reads(psx, id, 'public/a.txt'), -EACCES, 'dependencies do not');
  equal(reads(psx, id, `${p}/node_modules/send/own.txt`), 'own.txt', 'but read their own directory');
  equal(psx.values(0, psx.cap.clock), ['*'], 'everything');
};

// true: V8 still takes its short ways, in the native context and after everything that could change the map once more
groups.regexp = (psx) => {
  const collect = require('node:vm').runInNewContext('gc');
  equal(psx.freezeRegExp(RegExp.prototype), true, 'frozen and fast');
  ok(Object.isFrozen(RegExp.prototype), 'really frozen');
  for (const key of Reflect.ownKeys(RegExp.prototype)) ok(!Reflect.defineProperty(RegExp.prototype, key, { value: 1 }), `${String(key)} cannot be replaced`);
  ok(!Reflect.set(RegExp.prototype, 'exec', 1) && !Reflect.setPrototypeOf(RegExp.prototype, null) && !Reflect.deleteProperty(RegExp.prototype, 'test'), 'nor anything else');
  class Sub extends RegExp { exec(text) { return super.exec(text); } }
  const heir = Object.create(RegExp.prototype);
  Reflect.defineProperty(heir, 'exec', { value: () => null });
  for (let i = 0; i < 3; i++) {
    collect();
    const made = [...Array(3e4).keys()].map((n) => new RegExp(`a${n}|(b)`, 'g'));
    equal(['xbx'.replace(made[7], '[$1]'), 'a,b;c'.split(/[,;]/), 'a1b2'.match(/\d/g), [...'a1b2'.matchAll(/\d/g)].join(''), 'ab'.search(/b/)],
      ['x[b]x', ['a', 'b', 'c'], ['1', '2'], '12', 1], 'right results');
    equal('xbx'.replace(new Sub('b'), 'y'), 'xyx', 'a subclass');
  }
  equal(psx.freezeRegExp(Object.freeze(RegExp.prototype)), true, 'still fast');
  const plain = { a: 1, b: 2, c: 3 };
  equal(psx.freezeRegExp(plain), false, 'an object that V8 remembers nothing of');
  ok(Object.isFrozen(plain), 'is frozen all the same');
  for (const bad of [undefined, 1, 'x', null, Symbol('x'), 0.5]) {
    let e;
    try { psx.freezeRegExp(bad); } catch (x) { e = x; }
    ok(e instanceof TypeError, `${String(bad)} is no object`);
  }
  require('node:vm').runInNewContext('check(RegExp.prototype)', { check: (other) => equal(psx.freezeRegExp(other), false, 'not the prototype of this context') });
  equal(psx.freezeRegExp(RegExp.prototype), true, 'and ours is as it was');
};

groups.badplan = () => {};

// ---- driving ------------------------------------------------------------------------------------------------------

function runGroup() {
  const p = path.join(top, 'proj');
  groups[group](load(+planFd), p);
  console.log(`${passed} ${failed}`);
  process.exit(failed ? 1 : 0);
}

const temp = (name) => fs.mkdtempSync(path.join(os.tmpdir(), `psx-addon-${name}-`));

function start(name, change = {}, extra = {}) {
  const dir = temp(name);
  makeTree(dir);
  const plan = path.join(dir, 'plan.json');
  fs.writeFileSync(plan, JSON.stringify(typeof change === 'function' ? change(dir) : planOf(dir, change)));
  const r = spawnSync(withPlan, [plan, process.execPath, ...(extra.flags ?? []), __filename, addon, withPlan, dir, '@', name, ...(extra.args ?? [])], { encoding: 'utf8', ...extra });
  fs.rmSync(dir, { recursive: true, force: true });
  const last = r.stdout.trim().split('\n').pop();
  const m = /^(\d+) (\d+)$/.exec(last);
  if (!m) { failed++; console.log(`not ok: group ${name} died: ${r.status} ${r.signal}\n${r.stdout}${r.stderr}`); } else {
    passed += +m[1]; failed += +m[2];
    if (+m[2]) console.log(`group ${name}:\n${r.stdout.trim()}`);
  }
  return r;
}

function withFile(name, key, check, change = {}) {
  const file = path.join(temp('fd'), 'lines');
  const fd = fs.openSync(file, 'a');
  // with-plan and node inherit it as descriptor 3; the plan's own memfd gets another number.
  const r = start(name, { ...change, [key]: 3 }, { stdio: ['ignore', 'pipe', 'pipe', fd] });
  fs.closeSync(fd);
  check(fs.readFileSync(file, 'utf8').trim().split('\n').map((l) => JSON.parse(l)), r);
}

function main() {
  for (const name of ['misuse', 'identity', 'reading', 'writing', 'protected', 'descriptors', 'race', 'spawn', 'loader', 'address']) start(name);
  const shown = start('report').stderr;
  equal(/^npsx: \d+ denials\n/.test(shown), true, `the head: ${shown.slice(0, 40)}`);
  ok(shown.includes('  send@1.2.0  fs.read  /etc/passwd (x2)   allow: npsx grant send fs.read:/etc/passwd\n'), `a line:\n${shown}`);
  ok(shown.includes('secret.txt'), 'a refused link is told by where it leads');
  ok(!shown.includes('shadow'), 'peek leaves no trace');
  ok(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(shown), 'no control characters reach the terminal');
  equal([shown.trim().split('\n').length, /and 20 more/.test(shown)], [16, true], 'the head, a fair share for each package, and how many more');
  equal(start('report', { quiet: true }).stderr, '', 'quiet');
  const flood = start('flood').stderr;
  ok(flood.includes('VISIBLE'), 'a flood hides nobody');
  ok(/not recorded/.test(flood), `a flood is counted:\n${flood.slice(-300)}`);
  withFile('learn', 'learnFd', (lines, r) => {
    const by = (v) => lines.find((l) => l.value.endsWith(v));
    equal(by('/etc/passwd').decided, 'would be denied', 'learn: would be denied');
    equal(by('public/a.txt').decided, 'allowed by policy', 'learn: allowed by policy');
    equal([by('/etc/passwd').package, by('/etc/passwd').cap, by('/etc/passwd').location], ['send@1.2.0', 'fs.read', 'node_modules/send'], 'learn: who and what');
    equal(r.stderr, '', 'learn mode has no summary');
    equal(new Set(lines.map((l) => JSON.stringify(l))).size, lines.length, 'learn: each use once');
  }, { mode: 'learn' });
  withFile('report', 'auditFd', (lines) => {
    equal(lines.filter((l) => l.value === '/etc/passwd').map((l) => l.decided), ['denied', 'denied'], 'audit: every decision');
    ok(lines.some((l) => l.value === '\u001b[31mred\u009b\n'), 'audit: hostile values survive as data');
  });
  start('log', (dir) => { const p = planOf(dir); const t = JSON.parse(p.policy.text); t.onerror = 'log'; p.policy.text = JSON.stringify(t); return p; });
  start('ambient', { policy: null });
  for (const flags of [[], ['--stress-compaction'], ['--stress-scavenge=50'], ['--single-threaded'], ['--stress-marking=20'], ['--verify-heap']]) start('regexp', {}, { flags: ['--expose-gc', ...flags] });
  for (const [what, change] of [['no mode', { mode: undefined }], ['another mode', { mode: 'off' }], ['another version', { plan: 2 }], ['a relative project', { project: 'x' }],
    ['no project', { project: undefined }], ['a wrong policy', { policy: { file: 'x', text: '{"version":1,"app":{"fs.raed":[]}}' } }], ['no policy text', { policy: {} }],
    ['a wrong lock', { lock: { packages: [[1]] } }], ['a wrong descriptor', { auditFd: 'x' }], ['a wrong protected', { protected: ['rel'] }]]) {
    const dir = temp('bad');
    makeTree(dir);
    fs.writeFileSync(path.join(dir, 'plan.json'), JSON.stringify(planOf(dir, change)));
    const r = spawnSync(withPlan, [path.join(dir, 'plan.json'), process.execPath, __filename, addon, withPlan, dir, '@', 'badplan'], { encoding: 'utf8' });
    fs.rmSync(dir, { recursive: true });
    ok(r.status === 1 && /Error: /.test(r.stderr), `a plan with ${what} is refused: ${r.status} ${r.stdout}`);
  }
  // What is not sealed memory is no plan.
  const file = path.join(temp('file'), 'plan');
  fs.writeFileSync(file, JSON.stringify(planOf('/tmp', {})));
  let e;
  try { load(fs.openSync(file)); } catch (x) { e = x; }
  ok(/not sealed/.test(e?.message), `an ordinary file: ${e?.message}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

if (group) runGroup(); else main();
