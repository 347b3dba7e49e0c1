'use strict';
// The same calls on the real fs and on the facade, in two equal directories: same results, same errors.
const real = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const util = require('util');
const { load, check, done, base } = require('./harness.js');

const [A, B] = ['real', 'mine'].map((n) => path.join(base, n));

function layout(dir) {
  real.mkdirSync(path.join(dir, 'sub/deep'), { recursive: true });
  real.writeFileSync(path.join(dir, 'a.txt'), 'hello wörld');
  real.writeFileSync(path.join(dir, 'sub/b.txt'), 'b');
  real.writeFileSync(path.join(dir, 'sub/deep/c.bin'), Buffer.from([1, 2, 255]));
  real.writeFileSync(path.join(dir, 'empty'), '');
  real.symlinkSync('a.txt', path.join(dir, 'link'));
  real.symlinkSync('sub', path.join(dir, 'linkdir'));
  real.symlinkSync('nowhere', path.join(dir, 'dangling'));
  real.chmodSync(path.join(dir, 'a.txt'), 0o640);
}
layout(A);
layout(B);
const { fs: of } = load();
let facade = of(0);
const ambient = of(5);

// ---- what is compared

const VOLATILE = ['dev', 'ino', 'atime', 'mtime', 'ctime', 'birthtime', 'atimeMs', 'mtimeMs', 'ctimeMs', 'birthtimeMs', 'atimeNs', 'mtimeNs', 'ctimeNs', 'birthtimeNs',
  'bavail', 'bfree', 'ffree', 'size_dir'];
function show(value, dir) {
  const text = (s) => s.replaceAll(dir, '<D>').replace(/(t-)\w{6}/g, '$1XXXXXX');
  if (value instanceof Error) {
    return { error: text(value.message).replace(/"(cb|callback)"/, '"cb"'), code: value.code, errno: value.errno, syscall: value.syscall, path: value.path && text(`${value.path}`), dest: value.dest && text(value.dest), keys: Object.keys(value).join() };
  }
  if (typeof value === 'string') return text(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Buffer.isBuffer(value)) return `Buffer ${text(value.toString('latin1'))}`;
  if (value instanceof real.Dirent) return { dirent: show(value.name, dir), parent: show(value.parentPath, dir), type: ['isFile', 'isDirectory', 'isSymbolicLink'].filter((k) => value[k]()).join() };
  if (Array.isArray(value)) return value.map((v) => show(v, dir));
  if (value && typeof value === 'object') {
    const out = { '': value.constructor?.name };
    for (const key of Object.keys(value)) if (!VOLATILE.includes(key)) out[key] = show(value[key], dir);
    if (typeof value.isDirectory === 'function' && value.isDirectory()) delete out.size, delete out.blocks;
    return out;
  }
  return typeof value === 'function' ? 'function' : value;
}
const json = (v, dir) => JSON.stringify(show(v, dir), (k, x) => (x === undefined ? '(undefined)' : x));

function compare(what, a, b) {
  if (a === b) return check(true);
  const [left, right] = [a, b].map((t) => t.split('\n'));
  const lines = left.map((t, i) => [t, right[i]]).filter(([x, y]) => x !== y).slice(0, 4);
  check(false, `${what}\n${lines.map(([x, y]) => `     node: ${x?.trim()}\n     mine: ${y?.trim()}`).join('\n')}`);
}

function sync(fs, dir, name, make) {
  try {
    return json(fs[name](...make(dir)), dir);
  } catch (err) {
    return `throws ${json(err, dir)}`;
  }
}
const later = (fs, dir, name, make) => new Promise((resolve) => {
  let inside = true;
  try {
    fs[name](...make(dir), function (...results) { resolve(`${this === undefined || fs === real ? '' : 'this! '}${inside ? 'now! ' : ''}${results.map((r) => json(r, dir)).join(' | ')}`); });
  } catch (err) {
    resolve(`throws ${json(err, dir)}`);
  }
  inside = false;
});
async function promised(fs, dir, name, make) {
  try {
    return json(await fs.promises[name](...make(dir)), dir);
  } catch (err) {
    return `rejects ${json(err, dir)}`;
  }
}

const STATE_CHANGING = /^(mk|rm|un|re?n|write|append|cp|copy|sym|link$|trunc|ch|lch|ut|lut)/;
const reset = () => {
  for (const dir of [A, B]) {
    for (const name of real.readdirSync(dir)) real.rmSync(path.join(dir, name), { recursive: true });
    layout(dir);
  }
};
const tree = (dir) => json(real.readdirSync(dir, { recursive: true }).sort().map((n) => {
  const p = path.join(dir, n), s = real.lstatSync(p);
  return [n, s.mode, s.isFile() ? real.readFileSync(p, 'latin1') : s.isSymbolicLink() ? real.readlinkSync(p) : ''];
}), dir);

// cpSync tells the same codes in other words than cp; the facade has the words of cp.
const loose = (name, text) => (name === 'cpSync' ? text.replace(/"error":.*"code":("[^"]*").*/, '$1') : text);

async function each(name, make, { only } = {}) {
  for (const [shape, run, key] of [['sync', sync, `${name}Sync`], ['callback', later, name], ['promise', promised, name]]) {
    if (only && !only.includes(shape)) continue;
    if (shape === 'promise' && !(name in real.promises)) continue;
    const what = `${shape} ${name}(${make.toString().replace(/^\(?d\)? => /, '').slice(0, 110)})`;
    compare(what, loose(key, await run(real, A, key, make)), loose(key, await run(facade, B, key, make)));
    if (STATE_CHANGING.test(name)) {
      compare(`${what}: the tree afterwards`, tree(A), tree(B));
      reset();
    }
  }
}

async function main() {
  const old = process.emitWarning;
  process.emitWarning = () => {};
  // reading
  for (const o of [undefined, 'utf8', 'latin1', 'base64', { encoding: 'hex' }, {}, { flag: 'r+' }, { flag: 'a+' }, { encoding: 'bad' }, { flag: 'bad' }, 7, null, { encoding: 'utf8', flag: 'r' }]) {
    await each('readFile', (d) => [`${d}/a.txt`, o]);
  }
  for (const p of ['a.txt', 'link', 'empty', 'missing', 'sub', 'dangling', 'a.txt/', 'a.txt/x', 'sub/../a.txt', './/a.txt', 'sub/deep/c.bin']) {
    await each('readFile', (d) => [`${d}/${p}`]);
    await each('readFile', (d) => [Buffer.from(`${d}/${p}`), 'utf8']);
    await each('readFile', (d) => [pathToFileURL(`${d}/${p}`), 'utf8']);
    await each('stat', (d) => [`${d}/${p}`]);
    await each('stat', (d) => [`${d}/${p}`, { bigint: true }]);
    await each('lstat', (d) => [`${d}/${p}`]);
    await each('stat', (d) => [`${d}/${p}`, { throwIfNoEntry: false }]);
    await each('lstat', (d) => [`${d}/${p}`, { throwIfNoEntry: false, bigint: true }], { only: ['sync'] });
    await each('access', (d) => [`${d}/${p}`]);
    await each('access', (d) => [`${d}/${p}`, 7]);
    await each('access', (d) => [`${d}/${p}`, real.constants.W_OK]);
    await each('readlink', (d) => [`${d}/${p}`]);
    await each('readlink', (d) => [`${d}/${p}`, 'buffer']);
    await each('realpath', (d) => [`${d}/${p}`]);
    await each('realpath', (d) => [`${d}/${p}`, 'buffer']);
    await each('readdir', (d) => [`${d}/${p}`]);
    await each('opendir', (d) => [`${d}/${p}`], { only: [] });
    await each('statfs', (d) => [`${d}/${p}`]);
    compare(`existsSync ${p}`, sync(real, A, 'existsSync', (d) => [`${d}/${p}`]), sync(facade, B, 'existsSync', (d) => [`${d}/${p}`]));
    compare(`realpathSync.native ${p}`, sync(real.realpathSync, A, 'native', (d) => [`${d}/${p}`]), sync(facade.realpathSync, B, 'native', (d) => [`${d}/${p}`]));
  }
  for (const o of [undefined, 'utf8', 'buffer', 'hex', { withFileTypes: true }, { withFileTypes: true, encoding: 'buffer' }, { recursive: true }, { recursive: true, withFileTypes: true }, { recursive: true, encoding: 'buffer' }, { encoding: 'bad' }, 3]) {
    await each('readdir', (d) => [d, o]);
    await each('readdir', (d) => [`${d}/`, o]);
    await each('readdir', (d) => [`${d}/linkdir`, o]);
  }
  // bad arguments
  for (const bad of [undefined, null, 1.5, {}, [], true, () => {}, 'a\0b', Buffer.from('a\0b'), new String('/etc'), { toString: () => '/etc' }, new URL('http://x/'), '', new Date(0)]) {
    for (const name of ['stat', 'readdir', 'unlink', 'mkdir', 'access', 'readlink', 'rmdir', 'truncate', 'rm', 'mkdtemp', 'open', 'statfs', 'lstat']) {
      if (name === 'mkdtemp' && bad === '') continue;
      await each(name, () => [bad]);
    }
    await each('readFile', () => [bad]);
    await each('writeFile', () => [bad, 'x']);
    await each('rename', (d) => [bad, `${d}/x`]);
    await each('rename', (d) => [`${d}/x`, bad]);
    await each('copyFile', (d) => [bad, `${d}/x`]);
    await each('chmod', (d) => [`${d}/a.txt`, bad]);
    await each('chown', (d) => [`${d}/a.txt`, bad, 0]);
    await each('utimes', (d) => [`${d}/a.txt`, bad, 0]);
    await each('access', (d) => [`${d}/a.txt`, bad], { only: ['sync'] });
    await each('symlink', (d) => [bad, `${d}/x`]);
    await each('link', (d) => [bad, `${d}/x`]);
    await each('writeFile', (d) => [`${d}/new`, bad], { only: ['sync', 'callback'] });
    compare(`existsSync ${String(bad)}`, sync(real, A, 'existsSync', () => [bad]), sync(facade, B, 'existsSync', () => [bad]));
  }
  // writing
  for (const o of [undefined, 'utf8', 'latin1', { flag: 'wx' }, { flag: 'a' }, { flag: 'ax' }, { mode: 0o600 }, { mode: '600' }, { flush: true }, { flush: 1 }, { encoding: 'base64' }, { mode: -1 }]) {
    await each('writeFile', (d) => [`${d}/a.txt`, 'Zm9v', o]);
    await each('writeFile', (d) => [`${d}/new.txt`, Buffer.from('abc'), o]);
    await each('appendFile', (d) => [`${d}/a.txt`, 'more', o]);
  }
  for (const p of ['sub', 'missing/x', 'link', 'dangling', 'a.txt/x', 'a.txt/', 'new/']) {
    await each('writeFile', (d) => [`${d}/${p}`, 'x']);
    await each('mkdir', (d) => [`${d}/${p}`]);
    await each('mkdir', (d) => [`${d}/${p}`, { recursive: true }]);
    await each('unlink', (d) => [`${d}/${p}`]);
    await each('rmdir', (d) => [`${d}/${p}`]);
    await each('truncate', (d) => [`${d}/${p}`, 3]);
    await each('rm', (d) => [`${d}/${p}`]);
    await each('rm', (d) => [`${d}/${p}`, { force: true }]);
    await each('rm', (d) => [`${d}/${p}`, { recursive: true }]);
    await each('rm', (d) => [`${d}/${p}`, { recursive: true, force: true }]);
    await each('rename', (d) => [`${d}/${p}`, `${d}/moved`]);
    await each('rename', (d) => [`${d}/a.txt`, `${d}/${p}`]);
    await each('copyFile', (d) => [`${d}/${p}`, `${d}/copied`]);
    await each('copyFile', (d) => [`${d}/sub/b.txt`, `${d}/${p}`]);
    await each('copyFile', (d) => [`${d}/sub/b.txt`, `${d}/${p}`, real.constants.COPYFILE_EXCL]);
    await each('link', (d) => [`${d}/${p}`, `${d}/linked`]);
    await each('link', (d) => [`${d}/a.txt`, `${d}/${p}`]);
    await each('symlink', (d) => ['t', `${d}/${p}`]);
    await each('chmod', (d) => [`${d}/${p}`, 0o700]);
    await each('chmod', (d) => [`${d}/${p}`, '711']);
    await each('lchown', (d) => [`${d}/${p}`, -1, -1]);
    await each('utimes', (d) => [`${d}/${p}`, 1, 2]);
    await each('lutimes', (d) => [`${d}/${p}`, new Date(1000), '2']);
    await each('open', (d) => [`${d}/${p}`, 'wx+'], { only: [] });
  }
  await each('mkdir', (d) => [`${d}/n1/n2/n3`, { recursive: true }]);
  await each('mkdir', (d) => [`${d}/sub/n2/`, { recursive: true, mode: 0o700 }]);
  await each('mkdir', (d) => [`${d}/a.txt/n2/n3`, { recursive: true }]);
  await each('mkdir', (d) => [`${d}/m`, 0o700]);
  await each('mkdir', (d) => [`${d}/.`, { recursive: true }]);
  await each('mkdir', (d) => [`${d}/m`, { recursive: 1 }]);
  await each('mkdtemp', (d) => [`${d}/t-`]);
  await each('mkdtemp', (d) => [`${d}/none/t-`]);
  await each('mkdtemp', (d) => [`${d}/t-`, 'buffer']);
  await each('rm', (d) => [`${d}/sub`, { recursive: true, maxRetries: 2 }]);
  await each('rm', (d) => [`${d}/sub`, { recursive: 'x' }]);
  await each('rmdir', (d) => [`${d}/sub`, { recursive: true }]);
  for (const o of [undefined, { recursive: true }, { recursive: true, preserveTimestamps: true }, { recursive: true, dereference: true }, { recursive: true, verbatimSymlinks: true }, { recursive: true, force: false }, { recursive: true, force: false, errorOnExist: true }, { recursive: true, filter: (s) => !/deep/.test(s) }, { filter: 3 }]) {
    await each('cp', (d) => [`${d}/sub`, `${d}/copy`, o]);
    await each('cp', (d) => [`${d}/a.txt`, `${d}/copy.txt`, o]);
    await each('cp', (d) => [`${d}/a.txt`, `${d}/x/y/copy.txt`, o]);
    await each('cp', (d) => [`${d}/a.txt`, `${d}/sub/b.txt`, o]);
    await each('cp', (d) => [`${d}/link`, `${d}/copy.txt`, o]);
    await each('cp', (d) => [`${d}/sub`, `${d}/sub/self`, o]);
    await each('cp', (d) => [`${d}/sub`, `${d}/a.txt`, o]);
    await each('cp', (d) => [`${d}/a.txt`, `${d}/sub`, o]);
    await each('cp', (d) => [`${d}/a.txt`, `${d}/a.txt`, o]);
    await each('cp', (d) => [`${d}/missing`, `${d}/copy.txt`, o]);
  }
  for (const pattern of ['*', '**', '**/*.txt', 'sub/*', '*/*.txt', 'none*', ['a*', 's*'], '{a,e}*', 'sub', './*', '**/deep/**', '[', 'sub/**/*.bin']) {
    compare(`globSync ${pattern}`, JSON.stringify(real.globSync(pattern, { cwd: A }).sort()), JSON.stringify(facade.globSync(pattern, { cwd: B }).sort()));
  }
  compare('glob exclude', JSON.stringify(real.globSync('**/*', { cwd: A, exclude: (n) => n === 'sub' }).sort()), JSON.stringify(facade.globSync('**/*', { cwd: B, exclude: (n) => n === 'sub' }).sort()));

  await descriptors();
  await directories();
  await handles();
  await streams();
  facade = ambient; // what an ambient package has instead: real functions, the facade's objects
  await directories();
  await handles();
  await streams();
  process.emitWarning = old;
}

// ---- sequences with state

async function both(name, body) {
  const what = facade === ambient ? `ambient: ${name}` : name;
  const out = [];
  for (const [fs, dir] of [[real, A], [facade, B]]) {
    const log = [];
    try {
      await body(fs, dir, (v) => log.push(json(v, dir)));
    } catch (err) {
      log.push(`threw ${json(err, dir)}`);
    }
    out.push(log.join('\n           '));
  }
  compare(what, ...out);
  compare(`${what}: the tree afterwards`, tree(A), tree(B));
  reset();
}
const attempt = (log, step) => {
  try {
    log(step());
  } catch (err) {
    log(err);
  }
};

async function descriptors() {
  await both('descriptors', async (fs, dir, log) => {
    const fd = fs.openSync(`${dir}/f`, 'w+', 0o600);
    log(fs.writeSync(fd, 'abcdef'));
    log(fs.writeSync(fd, Buffer.from('XY'), 0, 2, 1));
    const b = Buffer.alloc(10);
    log(fs.readSync(fd, b, 0, 10, 0));
    log(b);
    log(fs.readSync(fd, b, { position: 2, length: 2 }));
    log(fs.writevSync(fd, [Buffer.from('1'), Buffer.from('2')], 0));
    log(fs.readvSync(fd, [Buffer.alloc(2), b], 0));
    log(fs.fstatSync(fd));
    fs.ftruncateSync(fd, 3);
    fs.fchmodSync(fd, 0o644);
    fs.futimesSync(fd, 1, 2);
    fs.fsyncSync(fd);
    fs.fdatasyncSync(fd);
    log(fs.readFileSync(fd, 'utf8'));
    fs.writeFileSync(fd, 'tail');
    fs.appendFileSync(fd, 'tail2');
    log(await util.promisify(fs.read)(fd, Buffer.alloc(3), 0, 3, 0));
    log(await util.promisify(fs.write)(fd, 'zz', 0));
    log(await util.promisify(fs.readv)(fd, [Buffer.alloc(3)], 0));
    log(await util.promisify(fs.writev)(fd, [Buffer.from('q')], 0));
    log(await util.promisify(fs.fstat)(fd));
    log(await util.promisify(fs.readFile)(fd, 'utf8'));
    log(await util.promisify(fs.exists)(dir));
    log(await util.promisify(fs.close)(fd));
    attempt(log, () => fs.readSync(fd, b));
    attempt(log, () => fs.closeSync(fd));
    log(await util.promisify(fs.close)(fd).catch((e) => e));
    log(await util.promisify(fs.fstat)(fd).catch((e) => e));
    for (const bad of [undefined, null, 'x', 1.5, -1, {}]) {
      attempt(log, () => fs.closeSync(bad));
      attempt(log, () => fs.fstatSync(bad));
      attempt(log, () => fs.readSync(bad, b));
      attempt(log, () => fs.read(bad, b, () => {}));
      attempt(log, () => fs.write(bad, 'x', () => {}));
      attempt(log, () => fs.close(bad, () => {}));
    }
    attempt(log, () => fs.read(fd, b));
    attempt(log, () => fs.close(fd, 3));
  });
}

async function directories() {
  for (const o of [undefined, { bufferSize: 1 }, { recursive: true }, { encoding: 'buffer' }, { bufferSize: 0 }, { encoding: 'bad' }]) {
    await both(`opendir ${JSON.stringify(o)}`, async (fs, dir, log) => {
      const d = fs.opendirSync(dir, o);
      log(d.path);
      log(d instanceof fs.Dir);
      const names = [];
      for (let e = d.readSync(); e; e = d.readSync()) names.push(`${e.name} ${e.parentPath}`);
      log(names.sort());
      d.closeSync();
      attempt(log, () => d.readSync());
      log(await d.close().catch((e) => e));
      const all = [];
      for await (const e of await fs.promises.opendir(dir, o)) all.push(`${e.name} ${e.parentPath} ${e.isDirectory()}`);
      log(all.sort());
      const e = await util.promisify(fs.opendir)(dir);
      log((await Promise.all([e.read(), e.read(), e.read()])).length);
      log(await new Promise((r) => e.read((...v) => r(v.length))));
      attempt(log, () => e.read(3));
      await e.close();
    });
  }
  await both('opendir errors', async (fs, dir, log) => {
    log(await fs.promises.opendir(`${dir}/a.txt`).catch((e) => e));
    log(await fs.promises.opendir(`${dir}/missing`).catch((e) => e));
    attempt(log, () => new fs.Dir());
  });
}

async function handles() {
  await both('FileHandle', async (fs, dir, log) => {
    const h = await fs.promises.open(`${dir}/h`, 'w+', 0o600);
    log(typeof h.fd);
    log(await h.write('hello world'));
    log(await h.write(Buffer.from('HE'), 0, 2, 0));
    log(await h.writev([Buffer.from('a'), Buffer.from('b')], 3));
    log(await h.read(Buffer.alloc(5), 0, 5, 0));
    log(await h.read({ buffer: Buffer.alloc(3), position: 1 }));
    log(await h.readv([Buffer.alloc(2)], 0));
    log(await h.stat());
    log((await h.stat({ bigint: true })).size);
    await h.truncate(6);
    await h.chmod(0o644);
    await h.utimes(1, 2);
    await h.sync();
    await h.datasync();
    log(await h.readFile('utf8'));
    await h.writeFile('data');
    await h.appendFile('more');
    log(await fs.promises.readFile(h, 'utf8'));
    const lines = [];
    const g = await fs.promises.open(`${dir}/a.txt`);
    for await (const line of g.readLines()) lines.push(line);
    log(lines);
    log(await g.readFile().catch((e) => e.message));
    log(h.close === h.close);
    await h.close();
    log(h.fd);
    log(await h.read(Buffer.alloc(1)).catch((e) => e));
    log(await h.close());
    const w = await fs.promises.open(`${dir}/a.txt`);
    let text = '';
    for await (const chunk of w.readableWebStream({ autoClose: true })) text += Buffer.from(chunk);
    log(text);
    {
      await using u = await fs.promises.open(`${dir}/a.txt`);
      log(await u.readFile('utf8'));
    }
    await fs.promises.writeFile(`${dir}/it`, (async function* () { yield 'a'; yield Buffer.from('b'); })());
    log(await fs.promises.open(`${dir}/missing`).catch((e) => e));
    log(await fs.promises.open(`${dir}/a.txt`, 'bad').catch((e) => e));
    const ac = new AbortController();
    ac.abort();
    log(await fs.promises.readFile(`${dir}/a.txt`, { signal: ac.signal }).catch((e) => [e.name, e.code]));
    log(await fs.promises.writeFile(`${dir}/a.txt`, 'no', { signal: ac.signal }).catch((e) => [e.name, e.code]));
    const t = await fs.promises.mkdtempDisposable(`${dir}/t-`);
    log(t.path);
    await t.remove();
  });
}

async function streams() {
  const collect = async (s) => {
    const events = [];
    for (const e of ['open', 'ready', 'end', 'finish', 'close']) s.on(e, () => events.push(e));
    let text = '';
    try {
      if (s.readable !== undefined && s.read) for await (const chunk of s) text += chunk;
      else await new Promise((r, j) => s.on('close', r).on('error', j));
    } catch (err) {
      return [err, events.join()];
    }
    await new Promise((r) => setTimeout(r, 5));
    return [text, events.join(), s.bytesRead, s.bytesWritten, typeof s.fd, s.pending, s.destroyed, s.closed];
  };
  const READ = [undefined, 'utf8', { start: 2 }, { start: 2, end: 4 }, { end: 3, encoding: 'hex' }, { highWaterMark: 2 }, { autoClose: false }, { emitClose: false }, { flags: 'r+' }, { start: 9, end: 3 }, { start: 'x' }, { fd: 'x' }, { encoding: 'bad' }];
  for (const o of READ) {
    await both(`createReadStream ${JSON.stringify(o)}`, async (fs, dir, log) => {
      log(await collect(fs.createReadStream(`${dir}/a.txt`, o)));
      log(await collect(new fs.ReadStream(`${dir}/missing`, o)));
      log(await collect(fs.ReadStream(`${dir}/sub`, o)));
    });
  }
  for (const o of [undefined, 'latin1', { flags: 'a' }, { start: 3, flags: 'r+' }, { mode: 0o600 }, { flush: true }, { flags: 'wx' }, { highWaterMark: 1 }]) {
    await both(`createWriteStream ${JSON.stringify(o)}`, async (fs, dir, log) => {
      for (const name of ['a.txt', 'new', 'sub', 'no/no']) {
        const s = fs.createWriteStream(`${dir}/${name}`, o);
        s.write('ä');
        s.write(Buffer.from('bc'));
        s.end('d');
        log(await collect(s));
      }
    });
  }
  await both('streams by descriptor and handle', async (fs, dir, log) => {
    const fd = fs.openSync(`${dir}/a.txt`, 'r');
    log(await collect(fs.createReadStream(null, { fd, start: 1, end: 3 })));
    const h = await fs.promises.open(`${dir}/a.txt`, 'r+');
    log(await collect(h.createReadStream({ start: 1, autoClose: false })));
    const w = h.createWriteStream({ start: 0 });
    w.end('XX');
    log(await collect(w));
    log(h.fd);
    log(await collect(fs.createReadStream(null, { fd: await fs.promises.open(`${dir}/a.txt`) })));
    attempt(log, () => fs.createReadStream());
    attempt(log, () => fs.createReadStream('x', { fd: {} }));
    class Sub extends fs.ReadStream {}
    const s = new Sub(`${dir}/a.txt`);
    log([s instanceof fs.ReadStream, s instanceof Sub, s instanceof require('stream').Readable]);
    log(await collect(s));
    s.close();
    const early = fs.createReadStream(`${dir}/a.txt`);
    early.destroy();
    log(await collect(early).then((x) => x[0].code));
    log(await require('stream/promises').pipeline(fs.createReadStream(`${dir}/a.txt`), fs.createWriteStream(`${dir}/piped`)));
    const own = [];
    const custom = { open: (p, f, m, cb) => { own.push(p); fs.open(p, f, m, cb); }, read: fs.read, close: fs.close };
    log(await collect(fs.createReadStream(`${dir}/a.txt`, { fs: custom })));
    log(own);
  });
}

main().then(done, (err) => {
  console.log(err);
  process.exitCode = 1;
});
