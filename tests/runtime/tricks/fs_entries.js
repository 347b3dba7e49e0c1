'use strict';
// Every function of fs that takes a path, as one list: what is called, on what kind of thing, in which shape. A function of the engine that is
// neither here nor in NO_PATH fails the test, so that a new one cannot be forgotten.
const { Buffer } = require('buffer');

// Not on a path: descriptors (their own tests), callbacks to undo, classes and data.
exports.NO_PATH = new Set(['close', 'fstat', 'fsync', 'fdatasync', 'ftruncate', 'futimes', 'fchmod', 'fchown', 'read', 'readv', 'write', 'writev', 'unwatchFile', 'lchmod', '_toUnixTimestamp',
  'Stats', 'Dirent', 'Dir']);

const text = (value) => (typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString() : '');
const told = () => true;                                  // that it succeeds is what must not be told
const shows = (value) => /S3CR3T|vault|inner/.test(JSON.stringify(value) ?? '') || /S3CR3T|vault|inner/.test(text(value));
const never = () => false;                                // only the damage counts
const uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0;

// name -> [kind of target, arguments behind the path, what a success looks like]. file, dir, empty (directory), new (nothing there), link
const READ = {
  access: ['file', [], told], stat: ['file', [], told], lstat: ['file', [], told], statfs: ['file', [], told], readlink: ['link', [], shows], realpath: ['file', [], told],
  readFile: ['file', ['utf8'], shows], readdir: ['dir', [], shows], exists: ['file', [], Boolean],
};
const WRITE = {
  writeFile: ['file', ['EVIL']], appendFile: ['file', ['EVIL']], truncate: ['file', [1]], chmod: ['file', [0o777]], chown: ['file', [uid, gid]], lchown: ['link', [uid, gid]],
  utimes: ['file', [1, 1]], lutimes: ['link', [1, 1]], mkdir: ['new', []], mkdtemp: ['new', []], rmdir: ['empty', []], rm: ['file', [{ force: true }]], unlink: ['file', []],
};

// The three shapes of a function, where there are such.
function shapes(fs, name, invoke) {
  const out = [];
  if (typeof fs[`${name}Sync`] === 'function') out.push({ shape: `${name}Sync`, call: (...a) => invoke((...b) => fs[`${name}Sync`](...b), ...a) });
  if (typeof fs[name] === 'function') {
    out.push({ shape: name, call: (...a) => invoke((...b) => new Promise((resolve, reject) => {
      fs[name](...b, name === 'exists' ? resolve : (err, value) => { if (err) reject(err); else resolve(value); });
    }), ...a) });
  }
  if (typeof fs.promises[name] === 'function') out.push({ shape: `promises.${name}`, call: (...a) => invoke((...b) => fs.promises[name](...b), ...a) });
  return out;
}

const collect = async (stream) => {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
};
const finished = (stream) => new Promise((resolve, reject) => { stream.on('error', reject).on('finish', resolve).on('close', resolve); });

// own(name): a path in the granted directory; touch(): somebody else changes the file
exports.entries = (fs, own, touch, plain) => {
  const list = [];
  const add = (shape, kind, effect, hit, call) => { list.push({ shape, kind, effect, hit, call }); };
  const addAll = (name, label, kind, effect, hit, invoke) => {
    for (const { shape, call } of shapes(fs, name, invoke)) add(shape.replace(name, label), kind, effect, hit, call);
  };
  for (const [name, [kind, rest, hit]] of Object.entries(READ)) addAll(name, name, kind, 'read', hit, (f, p) => f(p, ...rest));
  for (const [name, [kind, rest]] of Object.entries(WRITE)) addAll(name, name, kind, 'write', never, (f, p) => f(p, ...rest));
  // what tells nothing about the target but changes something, or takes two paths
  addAll('mkdir', 'mkdir -p', 'new', 'write', never, (f, p) => f(p, { recursive: true }));
  addAll('rm', 'rm -r', 'dir', 'write', never, (f, p) => f(p, { recursive: true, force: true }));
  addAll('rename', 'rename from', 'file', 'write', never, (f, p) => f(p, own('moved')));
  addAll('rename', 'rename to', 'file', 'write', never, (f, p) => f(own('in'), p));
  addAll('rename', 'rename from directory', 'dir', 'write', never, (f, p) => f(p, own('moved')));
  addAll('link', 'link from', 'file', 'write', never, (f, p) => f(p, own('hard')));
  addAll('link', 'link to', 'new', 'write', never, (f, p) => f(own('in'), p));
  addAll('symlink', 'symlink at', 'new', 'write', never, (f, p) => f('x', p));
  addAll('copyFile', 'copyFile to', 'file', 'write', never, (f, p) => f(own('in'), p));
  addAll('cp', 'cp to', 'file', 'write', never, (f, p) => f(own('in'), p, { force: true }));
  addAll('cp', 'cp -r to', 'new', 'write', never, (f, p) => f(own('dir'), p, { recursive: true }));
  const readBack = (name) => () => fs.readFileSync(own(name), 'utf8');
  addAll('copyFile', 'copyFile from', 'file', 'read', shows, async (f, p) => { await f(p, own('copy')); return readBack('copy')(); });
  addAll('cp', 'cp from', 'file', 'read', shows, async (f, p) => { await f(p, own('copy'), { dereference: true }); return readBack('copy')(); });
  addAll('cp', 'cp -r from', 'dir', 'read', shows, async (f, p) => { await f(p, own('copied'), { recursive: true, dereference: true }); return readBack('copied/inner')(); });
  addAll('readdir', 'readdir -r', 'dir', 'read', shows, (f, p) => f(p, { recursive: true }));
  addAll('readdir', 'readdir with types', 'dir', 'read', (v) => v.length > 0, (f, p) => f(p, { withFileTypes: true }));
  addAll('readdir', 'readdir buffers', 'dir', 'read', (v) => v.length > 0, (f, p) => f(p, 'buffer'));
  addAll('stat', 'stat bigint', 'file', 'read', told, (f, p) => f(p, { bigint: true }));
  addAll('access', 'access W', 'file', 'read', told, (f, p) => f(p, 2));
  add('realpath.native', 'file', 'read', told, (p) => new Promise((r, j) => { fs.realpath.native(p, (e, v) => (e ? j(e) : r(v))); }));
  add('realpathSync.native', 'file', 'read', told, (p) => fs.realpathSync.native(p));
  const withHandle = (flags) => async (p) => {
    const handle = await fs.promises.open(p, flags);
    try {
      if (flags === 'r') return await handle.readFile('utf8');
      return await handle.writeFile('EVIL');
    } finally { await handle.close(); }
  };
  for (const flags of ['r', 'r+', 'w', 'a', 'w+', 'a+', 'rs+', 'as', 'sr']) {
    const writes = flags !== 'r' && flags !== 'sr';
    const use = (fd) => { try { return writes ? fs.writeSync(fd, 'EVIL') : fs.readFileSync(fd, 'utf8'); } finally { fs.closeSync(fd); } };
    add(`openSync ${flags}`, 'file', writes ? 'write' : 'read', writes ? never : shows, (p) => use(fs.openSync(p, flags)));
    add(`open ${flags}`, 'file', writes ? 'write' : 'read', writes ? never : shows, (p) => new Promise((r, j) => { fs.open(p, flags, (e, fd) => (e ? j(e) : r(fd))); }).then(use));
    if (flags === 'r' || flags === 'w') add(`promises.open ${flags}`, 'file', writes ? 'write' : 'read', writes ? never : shows, withHandle(flags));
  }
  for (const flags of ['wx', 'ax', 'wx+']) add(`openSync ${flags}`, 'new', 'write', never, (p) => fs.closeSync(fs.openSync(p, flags)));
  for (const name of ['writeFile', 'appendFile']) addAll(name, `${name} new`, 'new', 'write', never, (f, p) => f(p, 'EVIL'));
  addAll('readFile', 'readFile flag w', 'file', 'write', never, (f, p) => f(p, { flag: 'w+' }));
  addAll('opendir', 'opendir', 'dir', 'read', told, async (f, p) => { const d = await f(p); try { const e = d.readSync(); return e.name; } finally { d.closeSync(); } });
  addAll('opendir', 'opendir -r', 'dir', 'read', told, async (f, p) => { const d = await f(p, { recursive: true }); try { return d.readSync().name; } finally { d.closeSync(); } });
  for (const key of ['createReadStream', 'ReadStream', 'FileReadStream'])
    add(key, 'file', 'read', shows, (p) => collect(key[0] === 'c' ? fs[key](p) : new fs[key](p)));
  for (const key of ['createWriteStream', 'WriteStream', 'FileWriteStream'])
    add(key, 'file', 'write', never, (p) => { const s = key[0] === 'c' ? fs[key](p) : new fs[key](p); const done = finished(s); s.end('EVIL'); return done; });
  add('Utf8Stream', 'file', 'write', never, (p) => { const s = new fs.Utf8Stream({ dest: p, sync: true }); s.write('EVIL'); s.flushSync(); s.destroy(); });
  add('openAsBlob', 'file', 'read', shows, async (p) => (await fs.openAsBlob(p)).text());
  add('mkdtempDisposableSync', 'new', 'write', never, (p) => { fs.mkdtempDisposableSync(p); });
  add('promises.mkdtempDisposable', 'new', 'write', never, async (p) => { await fs.promises.mkdtempDisposable(p); });
  const watched = async (p, options) => { const w = fs.watch(p, options); w.on('error', () => {}); w.close(); return true; };
  add('watch', 'dir', 'read', told, (p) => watched(p));
  add('watch -r', 'dir', 'read', told, (p) => watched(p, { recursive: true }));
  add('promises.watch', 'dir', 'read', told, async (p) => {
    const stop = new AbortController();
    const events = fs.promises.watch(p, { signal: stop.signal });
    const first = events.next();
    stop.abort();
    return first.then(told, (e) => { if (e.name === 'AbortError') return true; throw e; });
  });
  add('watchFile', 'file', 'read', told, (p) => new Promise((resolve, reject) => {
    const end = (answer) => { clearTimeout(late); clearInterval(again); fs.unwatchFile(p); answer(); };
    const late = setTimeout(() => end(() => reject(new Error('silent'))), 300);
    const again = setInterval(touch, 20, p);
    fs.watchFile(p, { interval: 10 }, (now) => { if (now.size > 0) end(resolve); });
  }));
  for (const [shape, call] of [['globSync', (p, o) => fs.globSync(p, o)], ['glob', (p, o) => new Promise((r, j) => { fs.glob(p, o, (e, v) => (e ? j(e) : r(v))); })], ['promises.glob', (p, o) => Array.fromAsync(fs.promises.glob(p, o))]]) {
    add(shape, 'file', 'read', (v) => v.length > 0, (p) => call(`${p}`, {}));
    add(`${shape} *`, 'dir', 'read', (v) => v.length > 0, (p) => call(`${p}/*`, {}));
    add(`${shape} **`, 'dir', 'read', (v) => v.length > 1, (p) => call(`${p}/**`, { followSymlinks: true }));
    add(`${shape} cwd`, 'dir', 'read', (v) => v.length > 0, (p) => call('*', { cwd: p }));
  }
  add('process.loadEnvFile', 'file', 'read', () => process.env.LEAKED === 'S3CR3T', (p) => { delete process.env.LEAKED; process.loadEnvFile(p); });
  add('process.chdir', 'dir', 'read', shows, (p) => { const before = process.cwd(); process.chdir(p); try { return fs.readFileSync('inner', 'utf8'); } finally { process.chdir(before); } });
  add('require json', 'json', 'read', shows, (p) => require(`${p}`));
  add('createRequire', 'json', 'read', shows, (p) => require('module').createRequire(own('x.js'))(`${p}`));
  add('import json', 'json', 'read', shows, async (p) => (await import(require('url').pathToFileURL(`${p}`).href, { with: { type: 'json' } })).default);
  add('require.resolve', 'json', 'read', told, (p) => require.resolve(`${p}`));
  add('sqlite', 'new', 'write', never, (p) => { const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(p); d.exec('create table t (x)'); d.close(); });
  add('sqlite backup', 'new', 'write', never, async (p) => { const { DatabaseSync, backup } = require('node:sqlite'); const d = new DatabaseSync(':memory:'); d.exec('create table t (x)'); await backup(d, `${p}`); });
  add('sqlite attach', 'new', 'write', never, (p) => { const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(':memory:'); d.exec(`attach database '${p}' as o`); d.exec('create table o.t (x)'); d.close(); });
  // (plain node 26.10 dies of it after so many others, which proves nothing: only under npsx)
  if (!plain) add('writeHeapSnapshot', 'new', 'write', never, (p) => { require('v8').writeHeapSnapshot(`${p}`); });
  add('report.writeReport', 'new', 'write', never, (p) => { process.report.writeReport(`${p}`); });
  add('Worker', 'script', 'read', Boolean, (p) => new Promise((resolve) => {
    const w = new (require('worker_threads').Worker)(p);
    w.on('message', (m) => resolve(m === 'S3CR3T')).on('error', () => resolve(false)).on('exit', () => resolve(false));
  }));
  add('dlopen', 'file', 'read', (v) => v, (p) => { try { process.dlopen({ exports: {} }, `${p}`); } catch (e) { if (/invalid ELF|too short|file data|not an/i.test(e.message)) return true; throw e; } return true; });
  return list;
};
