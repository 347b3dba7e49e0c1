'use strict';
// Development: runs packages that are known to lean on fs, on the facade instead of the real fs. PACKAGES=dir with node_modules.
const Module = require('module');
const path = require('path');
const real = require('fs');
const { load, check, done, base } = require('./harness.js');

const fs = load().fs(0);
const top = process.env.PACKAGES;
const { pathToFileURL } = require('url');

// require and import of fs by the packages lead to modules that hand out the facade
globalThis.facades = { fs, promises: fs.promises };
const used = new Set();
const shim = (name, object) => {
  const file = path.join(base, `${name}.mjs`);
  const names = Object.keys(object).map((k) => `export const ${k} = o.${k};`).join('\n');
  real.writeFileSync(file, `const o = globalThis.facades.${name};\n${names}\nexport default o;\nexport { o as 'module.exports' };\n`);
  return pathToFileURL(file).href;
};
const shims = { fs: shim('fs', fs), 'fs/promises': shim('promises', fs.promises) };
Module.registerHooks({
  resolve(specifier, context, next) {
    const inside = context.parentURL?.startsWith(pathToFileURL(top).href);
    const url = shims[specifier.replace(/^node:/, '')];
    if (!inside || !url) return next(specifier, context);
    used.add(/node_modules\/((@[^/]+\/)?[^/]+)/.exec(context.parentURL)?.[1]);
    return { url, format: 'module', shortCircuit: true };
  },
});
const need = Module.createRequire(`${top}/x.js`);
const dir = path.join(base, 'mine');
const at = (...p) => path.join(dir, ...p);
const collect = async (s) => { let t = ''; for await (const c of s) t += c; return t; };

const tests = {
  async 'fs-extra'() {
    const x = need('fs-extra');
    await x.outputFile(at('x/y/z.txt'), 'z');
    await x.copy(at('x'), at('x2'));
    x.copySync(at('x'), at('x3'));
    await x.move(at('x2'), at('x4'));
    await x.outputJson(at('j/k.json'), { a: 1 });
    check((await x.readJson(at('j/k.json'))).a === 1, 'readJson');
    await x.ensureDir(at('e/f/g'));
    await x.ensureSymlink(at('x/y/z.txt'), at('e/l'));
    await x.emptyDir(at('x3'));
    await x.remove(at('x4'));
    check(!(await x.pathExists(at('x4'))) && x.readFileSync(at('e/l'), 'utf8') === 'z', 'fs-extra');
  },
  async 'graceful-fs'() {
    const g = need('graceful-fs');
    check(await collect(g.createReadStream(at('a.txt'))) === 'fine', 'graceful createReadStream');
    await new Promise((r, j) => g.createWriteStream(at('gw')).on('error', j).on('finish', r).end('gw'));
    check(real.readFileSync(at('gw'), 'utf8') === 'gw', 'graceful createWriteStream');
    await Promise.all(Array.from({ length: 50 }, () => new Promise((r, j) => g.readFile(at('a.txt'), (e) => (e ? j(e) : r())))));
    check(await new Promise((r) => g.readdir(dir, (e, l) => r(l?.includes('a.txt')))), 'graceful readdir');
    const clone = { ...fs };
    g.gracefulify(clone);
    check(clone.createReadStream(at('a.txt')) instanceof fs.ReadStream, 'gracefulify instanceof');
    check(await collect(clone.createReadStream(at('a.txt'))) === 'fine', 'gracefulify');
    await new Promise((r) => g.stat(at('none'), (e) => r(check(e.code === 'ENOENT', 'stat'))));
  },
  async send() {
    const http = require('http');
    const send = need('send'), serve = need('serve-static')(dir);
    const server = http.createServer((q, s) => (q.url.startsWith('/s/') ? (q.url = q.url.slice(2), serve(q, s, () => { s.statusCode = 404; s.end(); })) : send(q, q.url, { root: dir }).pipe(s)));
    await new Promise((r) => server.listen(0, r));
    const get = (p, h = {}) => new Promise((r) => http.get({ port: server.address().port, path: p, headers: h, agent: false }, async (m) => r(`${m.statusCode} ${await collect(m)}`)));
    check(await get('/a.txt') === '200 fine', 'send');
    check(await get('/s/a.txt') === '200 fine', 'serve-static');
    check(await get('/a.txt', { range: 'bytes=1-2' }) === '206 in', 'range');
    check((await get('/none')).startsWith('404'), 'missing');
    server.close();
  },
  async chokidar() {
    const { watch } = need('chokidar');
    const events = [];
    const w = watch(dir, { ignoreInitial: true }).on('all', (e, p) => events.push(`${e} ${path.relative(dir, p)}`));
    await new Promise((r) => w.on('ready', r));
    real.writeFileSync(at('watched'), '1');
    real.mkdirSync(at('wd'));
    await new Promise((r) => setTimeout(r, 300));
    real.writeFileSync(at('wd/in'), '1');
    real.appendFileSync(at('watched'), '2');
    await new Promise((r) => setTimeout(r, 300));
    real.unlinkSync(at('watched'));
    await new Promise((r) => setTimeout(r, 300));
    await w.close();
    for (const e of ['add watched', 'addDir wd', 'add wd/in', 'change watched', 'unlink watched']) check(events.includes(e), `chokidar ${e}: ${events}`);
  },
  async watch() {
    const seen = [], file = [], deep = [];
    const w = fs.watch(dir, (t, n) => seen.push(`${t} ${n}`));
    const f = fs.watch(at('a.txt'), (t, n) => file.push(`${t} ${n}`));
    const t = fs.watch(dir, { recursive: true }, (e, n) => deep.push(n));
    const polled = [];
    fs.watchFile(at('a.txt'), { interval: 20 }, (c, p) => polled.push([c.size, p.size]));
    const events = fs.promises.watch(dir);
    const first = events.next();
    await new Promise((r) => setTimeout(r, 50));
    real.writeFileSync(at('neu'), 'x');
    real.writeFileSync(at('a.txt'), 'finer');
    real.mkdirSync(at('tree/a/b'), { recursive: true });
    await new Promise((r) => setTimeout(r, 200));
    real.writeFileSync(at('tree/a/b/c'), 'x');
    await new Promise((r) => setTimeout(r, 200));
    check(seen.includes('rename neu'), `watch ${seen}`);
    check(file.includes('change a.txt'), `watch a file: ${file}`);
    check(deep.includes('tree/a/b/c'), `recursive: ${deep}`);
    check(polled.some(([a, b]) => a === 5 && b === 4), `watchFile ${JSON.stringify(polled)}`);
    check(/neu|a.txt|tree/.test((await first).value.filename), 'promises.watch');
    await events.return();
    fs.unwatchFile(at('a.txt'));
    for (const x of [w, f, t]) x.close();
    real.writeFileSync(at('a.txt'), 'fine');
  },
  async glob() {
    const { glob, globSync } = need('glob');
    real.mkdirSync(at('gl/sub'), { recursive: true });
    real.writeFileSync(at('gl/sub/x.js'), '');
    check((await glob('gl/**/*.js', { cwd: dir })).join() === 'gl/sub/x.js' && globSync('gl/**/*.js', { cwd: dir }).length === 1, 'glob');
    check((await need('fast-glob')('gl/**/*.js', { cwd: dir })).length === 1, 'fast-glob');
    check(need('fast-glob').sync('gl/**/*.js', { cwd: dir, stats: true }).length === 1, 'fast-glob sync');
    const { mkdirp, mkdirpSync } = need('mkdirp');
    await mkdirp(at('mk/a/b'));
    mkdirpSync(at('mk/c/d'));
    check(real.existsSync(at('mk/c/d')), 'mkdirp');
    const { rimraf, rimrafSync } = need('rimraf');
    await rimraf(at('mk'));
    rimrafSync(at('gl'));
    await rimraf(at('x*'), { glob: true });
    check(!real.existsSync(at('mk')) && !real.existsSync(at('gl')), 'rimraf');
  },
  async tar() {
    const tar = need('tar');
    real.mkdirSync(at('t/u'), { recursive: true });
    real.writeFileSync(at('t/u/v'), 'v'.repeat(100000));
    await tar.c({ gzip: true, file: at('t.tgz'), cwd: dir }, ['t']);
    real.mkdirSync(at('out'));
    await tar.x({ file: at('t.tgz'), cwd: at('out') });
    real.mkdirSync(at('out2'));
    tar.x({ file: at('t.tgz'), cwd: at('out2'), sync: true });
    check(real.readFileSync(at('out/t/u/v')).length === 100000 && real.existsSync(at('out2/t/u/v')), 'tar');
  },
  async others() {
    await need('write-file-atomic')(at('wfa'), 'atomic');
    check(real.readFileSync(at('wfa'), 'utf8') === 'atomic', 'write-file-atomic');
    const lock = await need('proper-lockfile').lock(at('wfa'));
    await lock();
    const tmp = need('tmp');
    const f = tmp.fileSync({ tmpdir: dir });
    f.removeCallback();
    tmp.dirSync({ tmpdir: dir }).removeCallback();
    check(true, 'others');
  },
};

(async () => {
  for (const [name, run] of Object.entries(tests)) {
    real.writeFileSync(at('a.txt'), 'fine');
    await run().catch((err) => check(false, `${name}: ${err.stack}`));
  }
  console.log(`on the facade: ${[...used].join(' ')}`);
})().then(done).finally(() => process.exit());
