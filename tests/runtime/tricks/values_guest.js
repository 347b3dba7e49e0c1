'use strict';
// Values that answer twice, change while something is awaited, or hide another value; names that move under a check; and what errors tell. G.fs is the
// package's own fs under npsx, and a naive monitor under node: it checks its argument, awaits, and uses the same argument again.
const realFs = require('fs');
const { Buffer } = require('buffer');
const { pathToFileURL } = require('url');
const { entries } = require('./fs_entries.js');

module.exports = async (G) => {
  const { base } = G;
  const fs = G.fs ?? realFs;
  const own = (name) => `${base}/data/${name}`;
  const SECRET = `${base}/vault/f`;
  const FINE = own('in');
  const fired = [], ids = [];
  const attempt = async (id, run) => {
    ids.push(id);
    let got = '';
    try { got = JSON.stringify(await G.within(Promise.resolve(run()))) ?? ''; } catch (e) { if (!(e instanceof Error) && e !== undefined) got = `${e}`; }
    if (/S3CR3T/.test(got) || ['vault', 'ro', 'sub'].map((top) => G.damaged(top)).some(Boolean) || /FIRED/.test(got)) fired.push(id);
  };
  // first() the granted one, then the other
  const turns = (...values) => { let n = 0; return () => values[Math.min(n++, values.length - 1)]; };
  const lying = {
    toString: (a, b) => ({ toString: turns(a, b) }),
    'toPrimitive': (a, b) => ({ [Symbol.toPrimitive]: turns(a, b) }),
    'valueOf and toString': (a, b) => ({ toString: turns(a, b), valueOf: turns(a, b) }),
    'String object': (a, b) => Object.assign(new String(a), { toString: turns(a, b) }),
    array: (a, b) => [{ toString: turns(a, b) }],
    'class with a getter': (a, b) => new (class { #t = turns(a, b); toString() { return this.#t(); } })(),
    'URL with an own pathname': (a, b) => Object.defineProperty(pathToFileURL(a), 'pathname', { get: () => b }),
    'URL-like, pathname says otherwise': (a, b) => ({ href: pathToFileURL(a).href, protocol: 'file:', hostname: '', host: '', pathname: b }),
    ...Object.fromEntries([2, 3, 4].map((n) => [`URL-like, href answers ${n} times`, (a, b) => {
      const t = turns(...Array(n).fill(pathToFileURL(a).href), pathToFileURL(b).href);
      return { get href() { return t(); }, protocol: 'file:', hostname: '', host: '', pathname: b };
    }])),
  };
  for (const [trick, make] of Object.entries(lying)) {
    const value = () => make(FINE, SECRET);
    for (const [name, run] of Object.entries({
      readFileSync: () => fs.readFileSync(value(), 'utf8'), 'promises.readFile': () => fs.promises.readFile(value(), 'utf8'), statSync: () => fs.statSync(value()).size === 14 && 'FIRED',
      writeFileSync: () => { fs.writeFileSync(value(), 'EVIL'); }, 'promises.writeFile': () => fs.promises.writeFile(value(), 'EVIL'), unlinkSync: () => { fs.unlinkSync(value()); },
      'copyFile source': () => { fs.copyFileSync(value(), own('c')); return realFs.readFileSync(own('c'), 'utf8'); }, realpathSync: () => fs.realpathSync(value()).includes('vault') && 'FIRED',
      truncateSync: () => { fs.truncateSync(value(), 1); }, chmodSync: () => { fs.chmodSync(value(), 0o777); }, readdirSync: () => fs.readdirSync(make(own('dir'), `${base}/vault`)).includes('w.js') && 'FIRED',
      mkdtempSync: () => { fs.mkdtempSync(make(own('t'), `${base}/vault/t`)); }, 'rename from': () => { fs.renameSync(value(), own('r')); }, 'symlink at': () => { fs.symlinkSync('x', make(own('s'), `${base}/vault/s`)); },
    })) await attempt(`${name} | ${trick}`, run);
  }
  // bytes that change while it waits
  const even = (a, b) => { while (a.length < b.length) a = a.replace('/data/', '/data//'); return [a, b.length < a.length ? b.replace('/vault/', `/vault${'/'.repeat(a.length - b.length + 1)}`) : b]; };
  for (const [what, make] of Object.entries({ Buffer: (s) => Buffer.from(s), 'shared memory': (s) => { const b = new Uint8Array(new SharedArrayBuffer(s.length)); b.set(Buffer.from(s)); return b; },
    'resizable buffer': (s) => { const b = new Uint8Array(new ArrayBuffer(s.length, { maxByteLength: s.length * 2 })); b.set(Buffer.from(s)); return b; } })) {
    for (const [name, run] of Object.entries({
      'promises.readFile': (b) => fs.promises.readFile(b, 'utf8'), 'promises.writeFile': (b) => fs.promises.writeFile(b, 'EVIL'), 'promises.unlink': (b) => fs.promises.unlink(b), 'promises.chmod': (b) => fs.promises.chmod(b, 0o777),
      'promises.open': async (b) => { const h = await fs.promises.open(b); try { return await h.readFile('utf8'); } finally { await h.close(); } }, 'promises.truncate': (b) => fs.promises.truncate(b, 1),
      'promises.copyFile': async (b) => { await fs.promises.copyFile(b, own('c')); return realFs.readFileSync(own('c'), 'utf8'); }, 'promises.rename': (b) => fs.promises.rename(b, own('r')),
    })) {
      await attempt(`${name} | ${what} that changes`, () => {
        const [a, b] = even(FINE, SECRET);
        const bytes = make(a);
        const pending = run(bytes);
        bytes.set(Buffer.from(b));
        return pending;
      });
    }
  }
  // options
  const option = (key, a, b) => { const t = turns(a, b); return { get [key]() { return t(); }, encoding: 'utf8' }; };
  await attempt('readFileSync | flag answers twice', () => { fs.readFileSync(`${base}/ro/f`, option('flag', 'r', 'w')); });
  await attempt('promises.readFile | flag answers twice', async () => { await fs.promises.readFile(`${base}/ro/f`, option('flag', 'r', 'w+')); });
  await attempt('createReadStream | flags answer twice', () => new Promise((r, j) => { fs.createReadStream(`${base}/ro/f`, option('flags', 'r', 'w+')).on('error', j).on('close', r).resume(); }));
  await attempt('createReadStream | path is assigned', () => new Promise((r, j) => { const s = fs.createReadStream(FINE, 'utf8'); s.path = SECRET; s.on('data', r).on('error', j); }));
  await attempt('createWriteStream | path is assigned', () => new Promise((r, j) => { const s = fs.createWriteStream(FINE); s.path = SECRET; s.flags = 'w'; s.on('error', j).on('close', r).end('EVIL'); }));
  await attempt('createReadStream | fd is assigned', () => new Promise((r, j) => { const s = fs.createReadStream(FINE, 'utf8'); s.once('open', () => { s.fd = G.fd; }); s.on('data', r).on('error', j); }));
  await attempt('createReadStream | open is replaced', () => new Promise((r, j) => { const s = fs.createReadStream(FINE, { encoding: 'utf8', start: 0, get fd() { return G.fd; } }); s.on('data', r).on('error', j); }));
  // a callback of the package in the middle of an operation
  const swap = (name) => { realFs.rmSync(own(name), { recursive: true, force: true }); realFs.symlinkSync(`${base}/vault`, own(name)); };
  const tree = () => { realFs.rmSync(own('t'), { recursive: true, force: true }); realFs.mkdirSync(own('t/d'), { recursive: true }); realFs.writeFileSync(own('t/d/f'), 'fine'); realFs.writeFileSync(own('t/x'), 'fine'); };
  for (const [name, cp] of Object.entries({ cpSync: (...a) => fs.cpSync(...a), cp: (a, b, o) => new Promise((r, j) => { fs.cp(a, b, o, (e) => (e ? j(e) : r())); }), 'promises.cp': (...a) => fs.promises.cp(...a) })) {
    await attempt(`${name} | filter swaps a directory`, async () => {
      tree();
      await cp(own('t'), own('c'), { recursive: true, dereference: true, filter: (a) => { if (a.endsWith('/t/d')) swap('t/d'); return !a.endsWith('/l'); } });
      return realFs.readFileSync(own('c/d/f'), 'utf8');
    });
    await attempt(`${name} | filter swaps a file`, async () => {
      tree();
      await cp(own('t'), own('c'), { recursive: true, dereference: true, filter: (a) => { if (a.endsWith('/x')) { realFs.rmSync(own('t/x')); realFs.symlinkSync('../../vault/f', own('t/x')); } return true; } });
      return realFs.readFileSync(own('c/x'), 'utf8');
    });
    await attempt(`${name} | filter swaps where it goes`, async () => {
      tree();
      await cp(own('t'), own('c'), { recursive: true, force: true, filter: (a, b) => { if (b.endsWith('/x')) { realFs.rmSync(own('c'), { recursive: true, force: true }); realFs.symlinkSync('../vault', own('c')); } return true; } });
    });
  }
  await attempt('globSync | exclude swaps a directory', () => { tree(); return fs.globSync('**', { cwd: own('t'), exclude: (n) => { if (n === 'd' || n?.name === 'd') swap('t/d'); return false; }, followSymlinks: true }).some((n) => n.includes('w.js')) && 'FIRED'; });
  const walked = async (name, read) => attempt(`${name} | swapped while it is read`, async () => {
    tree();
    realFs.mkdirSync(own('t/d/d/g'), { recursive: true });
    const names = [];
    await read(own('t'), (e) => { names.push(e.name); if (e.name === 'd' && names.length < 9 && !realFs.existsSync(own('t/z'))) { realFs.renameSync(own('t/d'), own('t/z')); realFs.symlinkSync(`${base}/vault`, own('t/d')); } });
    return names.includes('inner') && 'FIRED';
  });
  await walked('opendirSync -r', (p, seen) => { const dir = fs.opendirSync(p, { recursive: true, bufferSize: 1 }); for (let e = dir.readSync(); e !== null; e = dir.readSync()) seen(e); dir.closeSync(); });
  await walked('promises.opendir -r', async (p, seen) => { for await (const e of await fs.promises.opendir(p, { recursive: true, bufferSize: 1 })) seen(e); });
  await attempt('mkdtempDisposableSync | its parent is swapped before it is removed', () => {
    const t = fs.mkdtempDisposableSync(own('dir/m'));
    G.plant(t.path.slice(own('dir/').length));
    realFs.renameSync(own('dir'), own('old'));
    realFs.symlinkSync(`${base}/vault`, own('dir'));
    t.remove();
  });
  // a made-up name is decided as the name that is made
  await attempt('mkdtempSync | a grant of one file', () => { return fs.mkdtempSync(`${base}/sub/tmp`) && 'FIRED'; });
  await attempt('promises.mkdtemp | a grant of one file', async () => (await fs.promises.mkdtemp(`${base}/sub/tmp`)) && 'FIRED');
  return { cases: ids.length, ids, fired };
};

// What an error tells of files outside: the same, whether there is something or not.
module.exports.oracle = async (G) => {
  const fs = require('fs');
  const { base } = G;
  const own = (name) => `${base}/data/${name}`;
  const fired = [], ids = [];
  const LINKS = { tof: '../vault/f', tozz: '../vault/zz', alinkf: `${base}/vault/f`, alinkzz: `${base}/vault/zz` };
  const answer = async (entry, p) => {
    for (const name of Object.keys(LINKS)) fs.symlinkSync(LINKS[name], own(name));
    try { const v = await G.within(Promise.resolve(entry.call(p))); return `value ${JSON.stringify(v)}`.replaceAll(p, 'P').replace(/XXXXXX|P.{6}"/g, 'P"'); } catch (e) {
      return [e.name, e.code, e.errno, e.syscall, `${e.message}`.replaceAll(p, 'P').replaceAll(base, 'B'), Object.keys(e).sort().join()].join('|').replace(/\b(f|d|l|e|zz|tof|tozz)\b/g, 'X');
    } finally { G.damaged('vault'); }
  };
  const PAIRS = [['vault/f', 'vault/zz'], ['vault/d', 'vault/zz'], ['vault/l', 'vault/zz'], ['vault/f', 'vault/zz/zz'], ['vault/f', 'vault/f/zz'], ['data/into/f', 'data/into/zz'], ['data/into/d', 'data/into/zz'], ['data/tof', 'data/tozz'],
    ['data/into/f', 'data/into/zz/zz'], ['vault/f', 'nowhere/zz'], ['data/up/vault/f', 'data/up/nowhere/zz'], ['data/alinkf', 'data/alinkzz'], ['vault/f', 'closed/f']];
  // (node's own cp ends the process when something is missing)
  const skip = new Set(['Worker', 'watchFile', 'writeHeapSnapshot', 'report.writeReport']);
  for (const entry of entries(fs, own, () => {}, true)) {
    if (skip.has(entry.shape) || (G.few && entry.shape.startsWith('cp'))) continue;
    for (const [a, b] of PAIRS) {
      const [there, missing] = [await answer(entry, `${base}/${a}`), await answer(entry, `${base}/${b}`)];
      // with nothing there a link itself may be seen, moved and removed: it is the package's own
      const id = `${entry.shape} | ${a} or ${b}`;
      ids.push(id);
      const ofItsOwn = /^data\/(tof|alink)/.test(a) && there.startsWith('value') && missing.startsWith('value');     // the link itself
      if (there !== missing && !ofItsOwn) fired.push(`${id}${G.few ? '' : `: ${there} // ${missing}`}`);
    }
  }
  return { cases: ids.length, ids, fired };
};

// The guest may write base/data/ and read only base/data/x/pub/: what it moves there it must not be able to read.
module.exports.moves = async (G) => {
  const { base } = G;
  const fs = G.fs ?? realFs;
  const own = (name) => `${base}/data/${name}`;
  const fired = [], ids = [];
  const shapes = { Sync: (name, ...a) => fs[`${name}Sync`](...a), promises: (name, ...a) => fs.promises[name](...a) };
  for (const [shape, call] of Object.entries(shapes)) {
    const attempt = async (id, steps) => {
      ids.push(`${id} | ${shape}`);
      G.fresh();
      let got = '';
      try { got = await G.within(steps().then(() => call('readFile', own('x/pub/f'), 'utf8'))); } catch { /* refused */ }
      if (got === 'S3CR3T') fired.push(`${id} | ${shape}`);
    };
    await attempt('rename a file into it', () => call('rename', own('a/pub/f'), own('x/pub/f')));
    await attempt('rename a directory onto it', async () => { await call('rename', own('x/pub'), own('old')); await call('rename', own('a/pub'), own('x/pub')); });
    await attempt('rename a directory above it', async () => { await call('rename', own('x'), own('old')); await call('rename', own('a'), own('x')); });
    await attempt('rename by another name', async () => { await call('rename', own('x'), own('old')); await call('rename', own('a/../a/'), own('./b/../x')); });
    await attempt('rename two directories above it', async () => { await call('rename', own('a'), own('b/x')); await call('rename', own('x'), own('old')); await call('rename', own('b/x'), own('x')); });
    await attempt('link a file into it', () => call('link', own('a/pub/f'), own('x/pub/f')));
    await attempt('symlink above it', async () => { await call('rename', own('x'), own('old')); await call('symlink', own('a'), own('x')); });
    await attempt('symlink in its place', async () => { await call('rename', own('x/pub'), own('old')); await call('symlink', '../a/pub', own('x/pub')); });
    await attempt('symlink in it', () => call('symlink', own('a/pub/f'), own('x/pub/f')));
    await attempt('cp into it', () => call('cp', own('a/pub'), own('x/pub'), { recursive: true }));
    await attempt('copyFile into it', () => call('copyFile', own('a/pub/f'), own('x/pub/f')));
  }
  return { cases: ids.length, ids, fired };
};
