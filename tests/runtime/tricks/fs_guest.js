'use strict';
// The guest: a package that may read and write base/data/ and read base/ro/. Tries every entry point with every spelling and says which got through.
const fs = require('fs');
const { Buffer } = require('buffer');
const { entries, NO_PATH } = require('./fs_entries.js');
const { SIBLINGS, spellings, forms } = require('./fs_spellings.js');

module.exports = async (G) => {
  const { base, only, pid } = G;              // `few`: see below
  const own = (name) => `${base}/data/${name}`;
  const list = entries(fs, own, (p) => (`${p}`.startsWith(own('ok')) ? fs.utimesSync(p, 2, Date.now() / 1000) : G.touch()), G.few).filter((e) => !only || e.shape === only);
  const fired = [], late = [], ids = [];
  let cases = 0;
  const fd = fs.openSync(`${base}/data`);
  // The watchers of a monitor see a value that a function gave; an error is an answer too, but the same one for everything outside.
  // Under plain node, where everything fires, each entry point is tried directly and each trick with a few of them.
  const FEW = new Set(['readFileSync', 'promises.readFile', 'openSync w', 'writeFileSync', 'readdirSync', 'mkdirSync', 'lstatSync']);
  const attempt = async (id, entry, value, top = 'vault') => {
    if (G.few && !id.endsWith('| direct') && !id.endsWith('| read only, direct') && entry.shape !== undefined && !FEW.has(entry.shape)) return;
    cases++;
    if (G.few) ids.push(id);
    if (G.trace) G.trace(id);
    let hit = false;
    try {
      const got = entry.call(value);
      const seen = got !== null && typeof got === 'object' && typeof got.then === 'function' ? await G.within(got) : got;
      hit = Boolean(entry.hit(seen));
    } catch (e) { if (e.message === 'late') late.push(id); /* else refused */ }
    if (G.damaged(top)) hit = true;
    if (hit) fired.push(id);
  };
  const at = { file: 'f', dir: 'd', empty: 'e', new: 'new', link: 'l', json: 'j.json', script: 'w.js' };
  const slow = new Set(['Worker', 'watchFile', 'import json', 'writeHeapSnapshot', 'report.writeReport', 'process.loadEnvFile']);
  for (const entry of list) {
    const target = `${base}/vault/${at[entry.kind]}`;
    for (const [trick, p] of Object.entries(spellings(target, { base, fd, pid }))) {
      if (slow.has(entry.shape) && !['direct', 'link into it', 'dotdot'].includes(trick)) continue;
      await attempt(`${entry.shape} | ${trick}`, entry, p);
      if (trick === 'direct' || trick === 'link into it') for (const [form, make] of Object.entries(forms)) if (!slow.has(entry.shape)) await attempt(`${entry.shape} | ${trick} as ${form}`, entry, make(p));
    }
    if (slow.has(entry.shape)) continue;
    for (const sibling of SIBLINGS) await attempt(`${entry.shape} | sibling ${JSON.stringify(sibling)}`, entry, `${base}/${sibling}/${at[entry.kind]}`, sibling);
    await attempt(`${entry.shape} | name that is no UTF-8`, entry, Buffer.concat([Buffer.from(`${base}/dat`), Buffer.from([0xe1]), Buffer.from(`/${at[entry.kind]}`)]), 'latin');
    if (entry.effect !== 'write') continue;
    // what may only be read
    const ro = `${base}/ro/${at[entry.kind]}`;
    for (const [trick, p] of Object.entries({ ...spellings(ro, { base, fd, pid }), 'link to what may be read': `${base}/data/roin/${at[entry.kind]}` })) await attempt(`${entry.shape} | read only, ${trick}`, entry, p, 'ro');
  }
  // The same calls on what is granted must work, or their refusals mean nothing.
  const broken = [];
  for (const entry of G.few ? [] : list) {
    const copy = own('ok');
    G.copy(copy);
    if (G.trace) G.trace(`ok ${entry.shape}`);
    try { await G.within(Promise.resolve(entry.call(`${copy}/${at[entry.kind]}`))); } catch (e) { broken.push(`${entry.shape}: ${e.code ?? e.message}`); }
    G.damaged('vault');
  }
  // every bit of the flags, on a file that may only be read, and on one outside
  const flags = new Set([0, 1, 2, 3]);
  for (let bit = 2; bit < 31; bit++) for (const access of [0, 1, 2]) flags.add(access | (1 << bit));
  for (const more of [0o1101, 0o1102, 0o2102, 0o20200002, 0o20200001, 0o10000002, 0o10001002]) flags.add(more);
  for (const f of only ? [] : flags) {
    for (const [what, p] of [['read only', `${base}/ro/f`], ['read only, its directory', `${base}/ro`], ['outside', `${base}/vault/f`], ['link', own('into/f')]]) {
      await attempt(`open flags ${f.toString(8)} | ${what}`, { hit: (v) => /S3CR3T/.test(v), call(value) {
        const opened = fs.openSync(value, f, 0o6777);
        let seen = '';
        for (const step of [() => { if (what[0] !== 'r') seen = fs.readFileSync(opened, 'utf8'); }, () => fs.writeSync(opened, 'EVIL', 0), () => fs.ftruncateSync(opened, 0), () => fs.fchmodSync(opened, 0o777), () => fs.futimesSync(opened, 1, 1),
          () => fs.writeFileSync(`/proc/self/fd/${opened}`, 'EVIL'), () => fs.linkSync(`/proc/self/fd/${opened}`, own('made')), () => fs.writeFileSync(`/dev/fd/${opened}`, 'EVIL')]) {
          try { step(); } catch { /* refused */ }
        }
        fs.closeSync(opened);
        return seen;
      } }, p, what[0] === 'r' ? 'ro' : 'vault');
    }
  }
  fs.closeSync(fd);
  const known = (name) => list.some((e) => [name, name.replace(/Sync$/, '')].some((n) => e.shape.replace(/^promises\./, '').split(/ |Sync|\./)[0] === n));
  const unknown = Object.keys(G.realFs).filter((k) => typeof G.realFs[k] === 'function' && !NO_PATH.has(k) && !NO_PATH.has(k.replace(/Sync$/, '')) && !known(k));
  return { cases, broken, ids: G.few ? ids : [], fired, late, unknown: only ? [] : unknown };
};
