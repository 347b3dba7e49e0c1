'use strict';
// What a package must not reach through fs. p0 holds mine/, p1 theirs/, p2 reads mine/ and writes logs/, p3 nothing, p4 one file.
const real = require('fs');
const path = require('path');
const util = require('util');
const { pathToFileURL } = require('url');
const { load, check, done, base } = require('./harness.js');

const { fs: of, psx } = load();
const [fs, theirs, mixed, nothing, single, everything] = [0, 1, 2, 3, 4, 5].map(of);
const SECRET = 'S3CR3T';
const mine = (name) => path.join(base, 'mine', name);
const secret = path.join(base, 'secret.txt');
real.writeFileSync(secret, SECRET);
real.writeFileSync(mine('a.txt'), 'fine');
real.writeFileSync(path.join(base, 'theirs/t.txt'), `${SECRET} theirs`);
real.mkdirSync(path.join(base, 'mine-evil'));
real.writeFileSync(path.join(base, 'mine-evil/f'), SECRET);
real.symlinkSync(secret, mine('link'));
real.symlinkSync(base, mine('up'));
real.symlinkSync('/proc/self', mine('self'));
real.symlinkSync('/proc/self/fd', mine('fds'));

// A try that must end in an error, without the secret in what it gives or says.
async function refused(what, step_, codes = ['EACCES', 'EBADF', 'ERR_CAPABILITY_DENIED', 'ERR_INVALID_ARG_TYPE', 'ELOOP', 'ENOENT', 'EINVAL', 'EXDEV']) {
  const step = async () => Promise.race([step_(), new Promise((r) => setTimeout(r, 2000, 'TIMEOUT').unref())]);
  try {
    const value = await step();
    check(value === undefined || value === false, `${what}: gave ${util.inspect(value).slice(0, 100)}`);
  } catch (err) {
    check(codes.includes(err.code), `${what}: ${err.code} ${err.message}`);
    check(!`${err.message}${err.stack}${util.inspect(err)}`.includes('/proc/self/fd/') || /\/proc\/self\/fd\/\d+['/]/.test(what), `${what}: shows /proc: ${err.message}`);
    check(!util.inspect(err).includes(SECRET), `${what}: shows the secret`);
  }
}
const collect = async (s) => {
  let text = '';
  for await (const chunk of s) text += chunk;
  return text;
};
const call = (fn, ...a) => new Promise((resolve, reject) => fn(...a, (err, v) => (err ? reject(err) : resolve(v))));

const OUTSIDE = [
  secret, mine('../secret.txt'), mine('sub/../../secret.txt'), `${base}/mine/./.././secret.txt`, `${base}/mine-evil/f`, mine('link'), mine('up/secret.txt'), mine('up/theirs/t.txt'),
  '/proc/self/environ', '/proc/self/mem', '/proc/self/maps', '/proc/self/exe', '/proc/thread-self/environ', `/proc/${process.pid}/environ`, mine('self/environ'), '/dev/fd/3',
  '/etc/passwd', '/proc/self/root/etc/passwd', '/proc/self/cwd', `${base}//mine//..//secret.txt`,
];

// The second path of two is the one that is refused: the error says so, and how to allow it.
function second() {
  for (const [name, from] of [['rename', mine('a.txt')], ['link', mine('a.txt')], ['symlink', 'a.txt']]) {
    try {
      fs[`${name}Sync`](from, secret);
      check(false, `${name} onto the secret`);
    } catch (err) {
      check(err.code === 'EACCES' && err.capability === 'fs.write' && err.path === from && err.dest === secret, `${name}: ${util.inspect(err)}`);
      check(err.message.includes(`fs.write ${secret}`) && err.message.includes('to allow: npsx grant'), `${name}: ${err.message}`);
    }
  }
}

async function paths() {
  second();
  for (const p of OUTSIDE) {
    for (const form of [p, Buffer.from(p), new Uint8Array(Buffer.from(p)), pathToFileURL(p)]) {
      await refused(`readFileSync ${p}`, () => fs.readFileSync(form, 'utf8'));
      await refused(`readFile ${p}`, () => call(fs.readFile, form));
      await refused(`promises.readFile ${p}`, () => fs.promises.readFile(form));
      await refused(`openSync ${p}`, () => fs.openSync(form));
      await refused(`open w ${p}`, () => fs.openSync(form, 'w'));
    }
    await refused(`promises.open ${p}`, () => fs.promises.open(p));
    await refused(`createReadStream ${p}`, () => collect(fs.createReadStream(p)));
    await refused(`createWriteStream ${p}`, () => new Promise((r, j) => fs.createWriteStream(p).on('error', j).on('finish', r).end('x')));
    await refused(`copyFile from ${p}`, () => fs.copyFileSync(p, mine('copy')));
    await refused(`copyFile to ${p}`, () => fs.copyFileSync(mine('a.txt'), p));
    await refused(`cp ${p}`, () => fs.cpSync(p, mine('copy'), { dereference: true }));
    await refused(`openAsBlob ${p}`, () => fs.openAsBlob(p));
    await refused(`realpath ${p}`, () => fs.realpathSync(p));
    await refused(`realpath.native ${p}`, () => fs.realpathSync.native(p));
    await refused(`stat ${p}`, () => fs.statSync(p));
    await refused(`exists ${p}`, () => fs.existsSync(p));
    await refused(`access ${p}`, () => fs.promises.access(p));
    await refused(`truncate ${p}`, () => fs.truncateSync(p));
    await refused(`chmod ${p}`, () => fs.chmodSync(p, 0o777));
    await refused(`utimes ${p}`, () => fs.utimesSync(p, 1, 1));
    await refused(`watch ${p}`, () => fs.watch(p).close());
    await refused(`promises.watch ${p}`, () => fs.promises.watch(p).next());
    await refused(`opendir ${p}`, () => fs.opendirSync(p), ['EACCES', 'ENOENT', 'ENOTDIR']);
    if (p.startsWith(base) && !p.startsWith(mine('')) || p.includes('..')) {
      for (const name of ['unlink', 'rm', 'rmdir', 'lstat', 'readlink', 'lutimes']) await refused(`${name} ${p}`, () => fs[`${name}Sync`](p, 1, 1));
      await refused(`rename from ${p}`, () => fs.renameSync(p, mine('moved')));
      await refused(`rename to ${p}`, () => fs.renameSync(mine('a.txt'), p));
      await refused(`link ${p}`, () => fs.linkSync(p, mine('hard')));
      await refused(`link to ${p}`, () => fs.linkSync(mine('a.txt'), p));
      await refused(`symlink at ${p}`, () => fs.symlinkSync('x', p));
      await refused(`mkdir ${p}`, () => fs.mkdirSync(`${p}x`));
      await refused(`mkdtemp ${p}`, () => fs.mkdtempSync(p));
    }
    check(fs.globSync(p).length === 0 || p === mine('link'), `glob ${p}`);
  }
  check(real.readFileSync(secret, 'utf8') === SECRET, 'the secret was changed');
  await refused('rm -r follows no link', () => fs.rmSync(mine('up/'), { recursive: true, force: true }), ['EACCES', 'ENOTDIR']);
  check(real.existsSync(secret), 'rm -r followed a link');
  for (const p of ['', '.', base, mine('a.txt'), '/']) await refused(`nothing granted: ${p}`, () => nothing.readFileSync(p));
  check(single.readFileSync(mine('a.txt'), 'utf8') === 'fine', 'one file may be read');
  await refused('one file is not its directory', () => single.readdirSync(mine('.')));
  await refused('one file is not to be written', () => single.writeFileSync(mine('a.txt'), 'x'));
}

async function coercion() {
  let n = 0;
  const twice = { get href() { return n++ ? pathToFileURL(secret).href : pathToFileURL(mine('a.txt')).href; }, protocol: 'file:', get pathname() { return n++ ? secret : mine('a.txt'); }, hostname: '' };
  check(fs.readFileSync(twice, 'utf8') === 'fine', 'a URL-like object is read once');
  for (const trap of [new String(secret), { toString: () => secret }, [secret], { [Symbol.toPrimitive]: () => secret }, new Proxy(Buffer.from(secret), {}), Object.create(Buffer.prototype)]) {
    await refused('object as path', () => fs.readFileSync(trap, 'utf8'));
  }
  const buffer = Buffer.from(mine('a.txt').padEnd(secret.length));
  const good = Buffer.from(mine('a.txt'));
  const pending = call(fs.readFile, good, 'utf8');
  good.fill(0x2f);
  check(await pending === 'fine', 'a Buffer is copied before anything is waited for');
  class Lying extends Uint8Array { get length() { return 1; } }
  const lying = new Lying(Buffer.from(secret));
  await refused('a lying Uint8Array', () => fs.readFileSync(lying));
  let m = 0;
  const flags = { get flag() { return m++ ? 'w' : 'r'; }, get encoding() { return 'utf8'; } };
  check(mixed.readFileSync(mine('a.txt'), flags) === 'fine' && real.readFileSync(mine('a.txt'), 'utf8') === 'fine', 'an option is read once');
  await refused('w by option', () => mixed.readFileSync(mine('a.txt'), { flag: 'w' }));
  await refused('w+ by number', () => mixed.openSync(mine('a.txt'), 0o2 | 0o1000));
  await refused('truncation by O_RDONLY', () => mixed.openSync(mine('a.txt'), 0o1000));
  let k = 0;
  const changing = { get path() { return k++ ? secret : mine('a.txt'); } };
  await refused('path as an option', () => fs.readFileSync(undefined, changing));
  void buffer;
}

async function descriptors() {
  const fd = theirs.openSync(path.join(base, 'theirs/t.txt'), 'r+');
  const raw = real.openSync(secret, 'r+');
  for (const n of [fd, raw]) {
    for (const [name, rest] of [['readSync', [Buffer.alloc(9), 0, 9, 0]], ['writeSync', ['x']], ['fstatSync', []], ['ftruncateSync', []], ['fchmodSync', [0o777]], ['fchownSync', [0, 0]], ['futimesSync', [1, 1]],
      ['closeSync', []], ['fsyncSync', []], ['fdatasyncSync', []], ['readvSync', [[Buffer.alloc(3)]]], ['writevSync', [[Buffer.from('x')]]], ['readFileSync', []], ['writeFileSync', ['x']], ['appendFileSync', ['x']]]) {
      await refused(`${name} on another's descriptor`, () => fs[name](n, ...rest), ['EBADF']);
    }
    for (const [name, rest] of [['read', [Buffer.alloc(9), 0, 9, 0]], ['write', ['x']], ['fstat', []], ['close', []], ['readFile', []], ['writeFile', ['x']], ['ftruncate', [0]]]) {
      await refused(`${name} on another's descriptor`, () => call(fs[name], n, ...rest), ['EBADF']);
    }
    await refused('createReadStream on it', () => collect(fs.createReadStream(null, { fd: n })), ['EBADF']);
    await refused('promises.readFile on it', () => fs.promises.readFile(n), ['EBADF', 'ERR_INVALID_ARG_TYPE']);
  }
  check(real.fstatSync(raw).size === SECRET.length, 'untouched');
  await refused('stdin is not granted', () => fs.readSync(0, Buffer.alloc(1)), ['EBADF']);
  await refused('stdout is not granted', () => fs.writeSync(1, 'x'), ['EBADF']);
  check(single.writeSync(1, '') === 0, 'stdout is granted');
  await refused('stdout cannot be closed', () => single.closeSync(1), ['EBADF']);
  await refused('stdout cannot be truncated', () => single.ftruncateSync(1), ['EBADF']);
  // a descriptor for reading changes nothing
  const r = mixed.openSync(mine('a.txt'), 'r');
  for (const [name, rest] of [['fchmodSync', [0o777]], ['futimesSync', [1, 1]], ['fchownSync', [0, 0]]]) await refused(`${name} on a descriptor for reading`, () => mixed[name](r, ...rest));
  mixed.closeSync(r);
  const h = await mixed.promises.open(mine('a.txt'));
  await refused('FileHandle.chmod', () => h.chmod(0o777));
  await h.close();
  // a number that is used again belongs to its new owner; reads that were queued before keep the old file
  const old = fs.openSync(mine('a.txt'));
  const reads = Array.from({ length: 40 }, () => call(fs.read, old, Buffer.alloc(6), 0, 6, 0).then(() => {}, () => {}));
  const buffers = Array.from({ length: 40 }, () => Buffer.alloc(6));
  const more = buffers.map((b) => call(fs.read, old, b, 0, 6, 0).catch(() => {}));
  fs.closeSync(old);
  const opened = Array.from({ length: 30 }, () => theirs.openSync(path.join(base, 'theirs/t.txt')));
  await Promise.all([...reads, ...more]);
  check(!buffers.some((b) => b.toString().includes('S3C')), 'a queued read met another package\'s file');
  await refused('closed is closed', () => fs.readSync(old, Buffer.alloc(1)), ['EBADF']);
  for (const n of opened) theirs.closeSync(n);
  theirs.closeSync(fd);
  check(real.fstatSync(raw).size === SECRET.length, 'still open');
  real.closeSync(raw);
}

async function moving() {
  // p2 may read mine/ and write logs/: it must not turn one into the other
  await refused('hard link makes a readable file writable', () => mixed.linkSync(mine('a.txt'), `${base}/logs/l`));
  real.writeFileSync(`${base}/logs/x`, SECRET);
  await refused('rename makes a written file readable', () => mixed.renameSync(`${base}/logs/x`, mine('x')));
  await refused('what is only to be written is not to be read', () => mixed.readFileSync(`${base}/logs/x`));
  mixed.renameSync(`${base}/logs/x`, `${base}/logs/y`);
  check(mixed.existsSync(`${base}/logs/y`), 'log rotation works');
  mixed.symlinkSync(secret, `${base}/logs/s`);
  await refused('writing through an own link', () => mixed.writeFileSync(`${base}/logs/s`, 'x'));
  fs.symlinkSync(secret, mine('own'));
  await refused('reading through an own link', () => fs.readFileSync(mine('own')));
  await refused('copying onto an own link', () => fs.copyFileSync(mine('a.txt'), mine('own')));
  // swapped while it is used
  real.mkdirSync(mine('dir'));
  real.writeFileSync(mine('dir/f'), 'fine');
  real.mkdirSync(path.join(base, 'out'));
  real.writeFileSync(path.join(base, 'out/f'), SECRET);
  real.symlinkSync(path.join(base, 'out'), mine('swap'));
  let stop = false;
  const swapper = (async () => {
    while (!stop) {
      for (const [a, b] of [['dir', 'tmp'], ['swap', 'dir'], ['dir', 'swap'], ['tmp', 'dir']]) {
        real.renameSync(mine(a), mine(b));
        await new Promise(setImmediate);
      }
    }
  })();
  const seen = new Set();
  for (let i = 0; i < 300; i++) {
    for (const get of [() => fs.promises.readFile(mine('dir/f'), 'utf8'), () => collect(fs.createReadStream(mine('dir/f'))), () => call(fs.readFile, mine('dir/f'), 'utf8'),
      () => fs.promises.readdir(mine('.'), { recursive: true }).then((l) => (l.includes('swap/f') ? SECRET : '')), () => fs.promises.cp(mine('dir'), mine(`c${i}`), { recursive: true }).then(() => real.lstatSync(mine(`c${i}`)).isDirectory() && real.readFileSync(mine(`c${i}/f`), "utf8"))]) {
      seen.add(await get().catch((e) => e.code));
    }
    await new Promise(setImmediate);
  }
  stop = true;
  await swapper;
  check(![...seen].some((v) => `${v}`.includes(SECRET)), `swapped: ${[...seen]}`);
}

// what the application hands out is as safe when the application holds everything
async function ambient() {
  const denied = ['ERR_CAPABILITY_DENIED'];
  const file = mine('a.txt');
  const objects = { stream: everything.createReadStream(file), writer: everything.createWriteStream(mine('w')), handle: await everything.promises.open(file), dir: everything.opendirSync(mine('.')), dir2: await everything.promises.opendir(mine('.')), watcher: everything.watch(mine('.')), utf8: new everything.Utf8Stream({ dest: mine('u8') }) };
  for (const [name, o] of Object.entries(objects)) {
    await refused(`ambient new ${name}.constructor(path)`, async () => Boolean(new o.constructor(secret)), denied);
    for (const s of Object.getOwnPropertySymbols(o)) check(!o[s]?.openSync && !o[s]?.open, `ambient ${name}[${String(s)}]`);
  }
  check(await collect(objects.stream) === 'fine', 'ambient stream');
  check(await collect(theirs.createReadStream(null, { fd: objects.handle })) === 'fine', 'an ambient handle that is handed on');
  const s = everything.createReadStream(file);
  Object.assign(s, { path: secret, fd: everything.openSync(secret) });
  check(await collect(s).catch((e) => e.code) === 'fine', 'an ambient stream that is changed');
  const fd = everything.openSync(secret);
  check(await collect(everything.createReadStream(null, { fd })) === SECRET, 'its own descriptors');
  await refused('an ambient descriptor', () => fs.readSync(fd, Buffer.alloc(6)), ['EBADF']);
  check(everything.readFileSync(secret, 'utf8') === SECRET && await everything.promises.readFile(secret, 'utf8') === SECRET, 'ambient reads');
  objects.watcher.close();
}

async function walks() {
  const denied = ['ERR_CAPABILITY_DENIED', undefined, 'ERR_MISSING_ARGS'];
  const stream = fs.createReadStream(mine('a.txt'));
  const writer = fs.createWriteStream(mine('w'));
  const handle = await fs.promises.open(mine('a.txt'));
  const dir = fs.opendirSync(mine('.'));
  const watcher = fs.watch(mine('.'));
  const statWatcher = fs.watchFile(mine('a.txt'), () => {});
  for (const [name, o] of Object.entries({ stream, writer, handle, dir, watcher, statWatcher })) {
    await refused(`new ${name}.constructor(path)`, async () => { const x = new o.constructor(mine('a.txt')); return x && Object.keys(x); }, denied);
    await refused(`${name}.constructor(path)`, async () => o.constructor(mine('a.txt')), denied);
    const proto = Object.getPrototypeOf(o);
    check(Object.isFrozen(proto), `${name}: the prototype can be changed`);
    for (const key of Reflect.ownKeys(proto)) {
      try { proto[key] = () => 'poison'; } catch { /* refused */ }
      check(Object.getOwnPropertyDescriptor(proto, key).value !== 'poison', `${name}.${String(key)}`);
    }
    for (const s of Object.getOwnPropertySymbols(o)) {
      const v = o[s];
      check(!v || (typeof v !== 'object' && typeof v !== 'function') || !('openSync' in v || 'open' in v || 'readFile' in v), `${name}[${String(s)}] has file functions`);
    }
    for (const key of Object.getOwnPropertyNames(o)) check(!['_handle', 'fs', 'io'].includes(key), `${name}.${key}`);
  }
  check(stream instanceof fs.ReadStream && stream instanceof theirs.ReadStream, 'instanceof works across packages');
  check(fs.ReadStream !== theirs.ReadStream && fs.open !== theirs.open && fs.promises !== theirs.promises, 'each package has its own functions');
  // what a stream was told before it opened its file cannot be changed by whoever holds it
  for (const change of [{ path: secret }, { path: mine('b.txt') }, { flags: 'w' }, { fd: 5 }, { end: 100 }, { pos: 0 }, { start: 0 }, { open() { this.fd = 3; this.emit('open', 3); } }]) {
    real.writeFileSync(mine('b.txt'), 'other');
    const s = fs.createReadStream(mine('a.txt'), { start: 1, end: 2 });
    Object.assign(s, change);
    check(await collect(s).catch((e) => e.code) === 'in', `stream changed by ${JSON.stringify(change)}`);
  }
  const late = fs.createReadStream(mine('a.txt'), { highWaterMark: 1 });
  await new Promise((r) => late.once('open', r));
  const other = fs.openSync(mine('b.txt'));
  late.fd = other;
  check(await collect(late) === 'fine', 'a changed fd leads to another file');
  fs.closeSync(other);
  // graceful-fs's way: open() of a subclass; a descriptor of another file is refused
  function Sub(...a) { return fs.ReadStream.apply(this, a), this; }
  Sub.prototype = Object.create(fs.ReadStream.prototype);
  Sub.prototype.open = function () { fs.open(this.path, this.flags, this.mode, (err, n) => { if (err) return this.destroy(err); this.fd = n; this.emit('open', n); this.read(); }); };
  check(await collect(new Sub(mine('a.txt'))) === 'fine', 'a subclass with open()');
  const victim = fs.openSync(mine('b.txt'));
  const sub = new Sub(mine('a.txt'));
  sub.fd = victim;
  sub.emit('open', victim);
  check(await collect(sub) === 'fine', 'a stream is told another descriptor too early');
  const sub2 = new Sub(mine('a.txt'));
  process.nextTick(() => {
    sub2.fd = victim;
    sub2.emit('open', victim);
  });
  await refused('a stream is told another descriptor', () => collect(sub2), ['EBADF']);
  fs.closeSync(victim);
  // a handle that is handed on works with the giver's file, and with nothing else
  check(await handle.readFile('utf8') === 'fine', 'a handle works');
  check(await collect(theirs.createReadStream(null, { fd: handle, start: 0 })) === 'fine', 'a handle works in another package');
  const h2 = await fs.promises.open(mine('a.txt'));
  await refused('handle with fs', () => h2.createReadStream({ fs: { open: () => check(false, 'called') } }), ['ERR_METHOD_NOT_IMPLEMENTED']);
  await refused('FileHandle look-alike', () => theirs.promises.readFile({ fd: 3, readFile: () => SECRET, __proto__: Object.getPrototypeOf(handle) }), ['ERR_INVALID_ARG_TYPE']);
  // patching is one package's own affair
  fs.readFileSync = () => 'patched';
  fs.promises.readFile = async () => 'patched';
  check(theirs.readFileSync(path.join(base, 'theirs/t.txt'), 'utf8').includes('theirs') && real.readFileSync(secret, 'utf8') === SECRET, 'patched for others');
  delete fs.readFileSync;
  // callbacks: this, and nothing of the engine
  let self;
  await new Promise((r) => fs.stat(mine('a.txt'), function () { 'use strict'; self = this; r(); }));
  check(self === undefined, 'this of a callback');
  const utf8 = new fs.Utf8Stream({ dest: mine('u8'), sync: true });
  await refused('new utf8.constructor', async () => new utf8.constructor({ dest: mine('u9') }), denied);
  utf8.write('hello');
  utf8.flushSync();
  check(real.readFileSync(mine('u8'), 'utf8') === 'hello', 'Utf8Stream writes');
  await refused('utf8.reopen', () => new Promise((r, j) => { utf8.on('error', j); utf8.reopen(mine('b.txt')); setTimeout(r, 50); }), ['ERR_METHOD_NOT_IMPLEMENTED']);
  await refused('Utf8Stream elsewhere', () => new Promise((r, j) => { new fs.Utf8Stream({ dest: secret }).on('error', j); setTimeout(r, 50); }));
  for (const b of [stream, writer]) b.destroy();
  watcher.close();
  fs.unwatchFile(mine('a.txt'));
  dir.closeSync();
}

(async () => {
  for (const step of [paths, coercion, descriptors, moving, walks, ambient]) {
    if (process.env.TRACE) console.log(step.name);
    await step();
  }
})().then(done, (err) => console.log('threw', err)).finally(() => process.exit());
