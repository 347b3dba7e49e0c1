'use strict';
const fs = require('fs');
const net = require('net');
const { BASE: base, FEW: few, ROUNDS } = process.env;
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
const within = (promise) => new Promise((resolve, reject) => {
  const late = setTimeout(reject, 1000, new Error('late'));
  promise.then(resolve, reject).finally(() => clearTimeout(late));
});
const put = (path, text) => { try { fs.writeFileSync(path, text); } catch { /* it is being exchanged */ } };
const make = (path) => { try { fs.mkdirSync(path, { recursive: true }); } catch { /* the same */ } };
// The granted directory is exchanged with a link by its name: it is kept alive through a descriptor.
const real = `/proc/self/fd/${fs.openSync(process.env.REAL)}`;
const vault = `${base}/vault`;
const CANARIES = ['f', 'u', 'inner', 'sub/x', 'sub2/x'];
const look = () => [...CANARIES, '', 'e', 'sub', 'l'].map((n) => { const s = fs.lstatSync(`${vault}/${n}`, { throwIfNoEntry: false, bigint: true }); return s ? `${n} ${s.ino} ${s.ctimeNs}` : `${n} -`; });
const fill = () => {
  for (const d of ['e', 'sub', 'sub2']) make(`${vault}/${d}`);
  for (const n of CANARIES) put(`${vault}/${n}`, 'S3CR3T');
  if (!fs.lstatSync(`${vault}/l`, { throwIfNoEntry: false })) fs.symlinkSync('S3CR3T', `${vault}/l`);
};
const check = (p) => {
  const at = fs.existsSync(p) ? fs.realpathSync(p) : fs.realpathSync(require('path').dirname(p));
  if (!at.startsWith(`${base}/data`)) throw new Error('not allowed');
  return p;
};
(async () => {
  fill();
  const listen = (at, text) => new Promise((r) => { net.createServer((c) => { c.on('error', () => {}); c.end(text); }).listen(at, r); });
  await listen(`${vault}/app.sock`, 'S3CR3T');
  await listen(`${real}/app.sock`, 'ok');
  let known = look();
  const r = await require('guest')({
    base, within, rounds: Number(ROUNDS), check: few ? check : undefined,
    refresh() {
      for (const n of fs.readdirSync(real)) if (/^[a-z]\w*\d+$/.test(n)) fs.rmSync(`${real}/${n}`, { recursive: true, force: true });
      for (const n of fs.readdirSync(`${base}/data`)) if (/^[a-z]\d+$/.test(n)) fs.rmSync(`${base}/data/${n}`, { recursive: true, force: true });
      for (const d of ['e', 'sub']) make(`${real}/${d}`);
      for (const n of ['f', 'u', 'sub/x']) put(`${real}/${n}`, 'fine');
    },
    damage() {
      const now = look();
      const changed = now.filter((x, i) => x !== known[i]);
      if (changed.length === 0) return '';
      for (const n of fs.readdirSync(vault)) if (!CANARIES.includes(n) && !['e', 'sub', 'sub2', 'l', 'app.sock'].includes(n)) fs.rmSync(`${vault}/${n}`, { recursive: true, force: true });
      fill();
      known = look();
      return `damage: ${changed.map((x) => x.split(' ')[0]).join()}`;
    },
  });
  process.stdout.write(`\n${JSON.stringify(r)}\n`, () => process.exit(0));
})().catch((e) => { console.error(e); process.exit(1); });
