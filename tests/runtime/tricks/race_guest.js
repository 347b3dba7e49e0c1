'use strict';
// Uses names in base/data/ while somebody else exchanges them for links that lead out. Each operation is fine when it works on what was granted, and when it
// is refused. G.check(): what the monitor of a naive application does first; it holds when it looks.
const fs = require('fs');
const net = require('net');

module.exports = async (G) => {
  const { base, rounds } = G;
  const own = (name) => `${base}/data/${name}`;
  const guarded = G.check ?? ((p) => p);
  const seen = { cases: 0, fired: [], ids: [], worked: 0 };
  const sync = {
    readFileSync: (p) => fs.readFileSync(p('d/f'), 'utf8'), 'readFileSync of a link': (p) => fs.readFileSync(p('f'), 'utf8'), statSync: (p) => fs.statSync(p('d/f')).size === 6 && 'S3CR3T', readdirSync: (p) => fs.readdirSync(p('d')).includes('inner') && 'S3CR3T',
    'readdirSync -r': (p) => fs.readdirSync(p('.'), { recursive: true }).some((n) => n.includes('inner')) && 'S3CR3T', openSync: (p) => { const fd = fs.openSync(p('d/f')); try { return fs.readFileSync(fd, 'utf8'); } finally { fs.closeSync(fd); } }, existsSync: (p) => fs.existsSync(p('d/inner')) && 'S3CR3T',
    'readlinkSync': (p) => fs.readlinkSync(p('d/l')) === 'S3CR3T' && 'S3CR3T', realpathSync: (p) => fs.realpathSync(p('d/f')).includes('vault') && 'S3CR3T', 'opendirSync': (p) => { const d = fs.opendirSync(p('d')); try { for (let e = d.readSync(); e; e = d.readSync()) if (e.name === 'inner') return 'S3CR3T'; } finally { d.closeSync(); } },
    globSync: (p) => fs.globSync('d/*', { cwd: p('.') }).some((n) => n.includes('inner')) && 'S3CR3T',
    writeFileSync: (p) => { fs.writeFileSync(p('d/f'), 'ok'); }, 'writeFileSync new': (p, i) => { fs.writeFileSync(p(`d/n${i}`), 'ok'); }, 'writeFileSync of a link': (p) => { fs.writeFileSync(p('f'), 'ok'); }, appendFileSync: (p) => { fs.appendFileSync(p('d/f'), 'ok'); }, truncateSync: (p) => { fs.truncateSync(p('d/f'), 2); },
    mkdirSync: (p, i) => { fs.mkdirSync(p(`d/m${i}`)); }, 'mkdirSync -p': (p, i) => { fs.mkdirSync(p(`d/p${i}/q`), { recursive: true }); }, unlinkSync: (p) => { fs.unlinkSync(p('d/u')); }, rmdirSync: (p) => { fs.rmdirSync(p('d/e')); }, 'rmSync -r': (p) => { fs.rmSync(p('d/sub'), { recursive: true, force: true }); },
    renameSync: (p, i) => { fs.renameSync(p('d/f'), p(`d/g${i}`)); }, 'renameSync out': (p, i) => { fs.renameSync(p('d/f'), own(`t${i}`)); return fs.readFileSync(own(`t${i}`), 'utf8'); }, linkSync: (p, i) => { fs.linkSync(p('d/f'), own(`h${i}`)); return fs.readFileSync(own(`h${i}`), 'utf8'); }, symlinkSync: (p, i) => { fs.symlinkSync('x', p(`d/s${i}`)); },
    chmodSync: (p) => { fs.chmodSync(p('d/f'), 0o777); }, utimesSync: (p) => { fs.utimesSync(p('d/f'), 1, 1); }, lutimesSync: (p) => { fs.lutimesSync(p('d/f'), 1, 1); }, copyFileSync: (p, i) => { fs.copyFileSync(p('d/f'), own(`c${i}`)); return fs.readFileSync(own(`c${i}`), 'utf8'); }, 'copyFileSync to': (p) => { fs.copyFileSync(own('in'), p('d/f')); },
    'cpSync -r': (p, i) => { fs.cpSync(p('d'), own(`r${i}`), { recursive: true, filter: (a) => !a.endsWith('/l') }); return fs.existsSync(own(`r${i}/inner`)) && 'S3CR3T'; }, 'cpSync -r to': (p) => { fs.cpSync(own('small'), p('d/sub2'), { recursive: true }); }, mkdtempSync: (p) => { fs.mkdtempSync(p('d/k')); },
  };
  // Node's own copies in C++, which ends the process when a name goes away under it
  if (G.check) for (const name of Object.keys(sync)) if (name.startsWith('cpSync')) delete sync[name];
  const async_ = {
    readFile: (p) => fs.promises.readFile(p('d/f'), 'utf8'), writeFile: (p) => fs.promises.writeFile(p('d/f'), 'ok'), unlink: (p) => fs.promises.unlink(p('d/u')), mkdir: (p, i) => fs.promises.mkdir(p(`d/y${i}`)), rename: (p, i) => fs.promises.rename(p('d/f'), p(`d/z${i}`)), chmod: (p) => fs.promises.chmod(p('d/f'), 0o777),
    'rm -r': (p) => fs.promises.rm(p('d/sub'), { recursive: true, force: true }), 'readdir -r': async (p) => (await fs.promises.readdir(p('.'), { recursive: true })).some((n) => n.includes('inner')) && 'S3CR3T', open: async (p) => { const h = await fs.promises.open(p('d/f')); try { return await h.readFile('utf8'); } finally { await h.close(); } },
    stream: async (p) => { let t = ''; for await (const c of fs.createReadStream(p('d/f'))) t += c; return t; }, 'cp -r': async (p, i) => { await fs.promises.cp(p('d'), own(`a${i}`), { recursive: true, filter: (a) => !a.endsWith('/l') }); return fs.existsSync(own(`a${i}/inner`)) && 'S3CR3T'; },
    'unix socket': (p) => new Promise((r, j) => { const s = net.connect(p('d/app.sock')); let t = ''; s.on('data', (d) => { t += d; }).on('error', j).on('close', () => r(t)); }),
  };
  const after = (id, got) => { if (/S3CR3T/.test(`${got}`)) seen.fired.push(id); };
  const count = Object.keys(sync).length + Object.keys(async_).length;
  let i = 0;
  for (let round = 0; round < rounds / count; round++) {
    G.refresh();
    const checked = (name) => guarded(own(name));
    for (const [name, run] of Object.entries(sync)) {
      seen.cases++;
      try { after(name, run(checked, i++)); seen.worked++; } catch { /* refused, or it was just being exchanged */ }
    }
    await Promise.all(Object.entries(async_).map(async ([name, run]) => {
      seen.cases++;
      try { after(name, await G.within(run(checked, i++))); seen.worked++; } catch { /* the same */ }
    }));
    const damage = G.damage();
    if (damage) seen.fired.push(damage);
  }
  return seen;
};
