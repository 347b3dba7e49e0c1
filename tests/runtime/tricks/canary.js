'use strict';
// The files that must not be reached, and whether one was: held by the application, with Node's own fs.
const fs = require('fs');
const { Buffer } = require('buffer');

const CONTENT = { 'f': 'LEAKED=S3CR3T\n', 'j.json': '{"v":"S3CR3T"}', 'w.js': "require('worker_threads').parentPort.postMessage('S3CR3T')", 'd/inner': 'S3CR3T inner' };
const PARTS = ['', '/f', '/d', '/d/inner', '/e', '/l', '/j.json', '/w.js'];

function build(dir) {
  fs.rmSync(dir, { recursive: true, force: true });
  for (const d of ['', '/d', '/e']) fs.mkdirSync(Buffer.concat([bytes(dir), Buffer.from(d)]), { recursive: true });
  for (const [name, text] of Object.entries(CONTENT)) fs.writeFileSync(Buffer.concat([bytes(dir), Buffer.from(`/${name}`)]), text);
  fs.symlinkSync('S3CR3T', Buffer.concat([bytes(dir), Buffer.from('/l')]));
}
const bytes = (dir) => (Buffer.isBuffer(dir) ? dir : Buffer.from(dir));

// All that a change of anything changes: the inode's own time of change.
const look = (dir) => PARTS.map((part) => {
  const info = fs.lstatSync(Buffer.concat([bytes(dir), Buffer.from(part)]), { throwIfNoEntry: false, bigint: true });
  return info === undefined ? '-' : `${info.ino} ${info.ctimeNs} ${info.nlink}`;
}).join();

exports.content = CONTENT;
exports.canaries = (base, names) => {
  const dirs = new Map(names.map((name) => [name, `${base}/${name}`]));
  dirs.set('latin', Buffer.concat([Buffer.from(`${base}/dat`), Buffer.from([0xe1])]));
  const known = new Map();
  const make = (name) => { build(dirs.get(name)); known.set(name, look(dirs.get(name))); };
  for (const name of dirs.keys()) make(name);
  return {
    // did anything happen to it? It is as new afterwards
    damaged(name) {
      if (look(dirs.get(name)) === known.get(name)) return false;
      make(name);
      return true;
    },
    // one more directory, empty
    plant(name) { fs.mkdirSync(`${base}/vault/${name}`); known.set('vault', look(dirs.get('vault'))); },
    touch() { const now = new Date(); fs.utimesSync(`${base}/vault/f`, now, now); known.set('vault', look(dirs.get('vault'))); },
  };
};

// base/data/ as the guest expects it, and links in it that lead out
exports.granted = (base) => {
  const data = `${base}/data`;
  const LINKS = { up: '..', abs: base, chain: 'up2', up2: 'dir/up3', 'dir/up3': '../..', proc: '/proc/self', into: '../vault', roin: '../ro', far: '../vault/d' };
  const names = () => [data, `${data}/dir`].flatMap((d) => fs.readdirSync(d)).sort().join('\n');
  const build_ = () => {
    for (const name of fs.existsSync(data) ? fs.readdirSync(data) : []) fs.rmSync(`${data}/${name}`, { recursive: true, force: true });
    fs.mkdirSync(`${data}/dir`, { recursive: true });
    fs.writeFileSync(`${data}/in`, 'fine');
    fs.writeFileSync(`${data}/dir/in`, 'fine');
    for (const [name, target] of Object.entries(LINKS)) fs.symlinkSync(target, `${data}/${name}`);
  };
  build_();
  const usual = names();
  return { restore() {
      if (!fs.existsSync(`${data}/dir`) || names() !== usual || fs.lstatSync(`${data}/in`).size !== 4) build_(); } };
};
