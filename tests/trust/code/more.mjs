// npsx policy pin itself, and what pins do and do not cover.
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { node, npsx, run } from '../../lib.mjs';
import { listed, pinned, signed, unsigned } from './cache.mjs';
import { pin, place } from './place.mjs';

// -> undefined, or what was not as it should be
const expect = (...claims) => claims.find(([ok]) => !ok)?.slice(1).map((x) => (typeof x === 'string' ? x : JSON.stringify(x))).join(' ');
const go = (p, ...args) => run([npsx, ...args], { cwd: p.dir });
const withPlace = (work) => async () => {
  const p = place();
  try { return await work(p); } finally { rmSync(p.dir, { recursive: true, force: true }); }
};

export const more = {
  'the code of another program in the cache: runs under a policy that nobody signed (control)': unsigned,
  'the code of another program in the cache: does not run under a signed policy': signed,
  'the code of another program in the cache: does not run when the digest of the policy with pins is told': pinned,
  'the code of another program in the cache: does not run when the digest of the policy with digests of resources is told': listed,
  'the list is what sha256sum reads': withPlace(async (p) => {
    const made = await pin(p);
    const sums = await run(['sha256sum', '--check', '--quiet', 'packsec.pins'], { cwd: p.dir });
    p.flip('app.js');
    const after = await run(['sha256sum', '--check', '--quiet', 'packsec.pins'], { cwd: p.dir });
    return expect([made.status === 0, made], [sums.status === 0, sums], [after.stdout.includes('app.js: FAILED'), after]);
  }),
  'pinning twice changes nothing': withPlace(async (p) => {
    await pin(p);
    const [list, policy] = [p.read('packsec.pins'), p.read('packsec.policy.json')];
    await pin(p);
    return expect([list.equals(p.read('packsec.pins')), 'the list'], [policy.equals(p.read('packsec.policy.json')), 'the policy']);
  }),
  '--check tells all differences': withPlace(async (p) => {
    await pin(p);
    const same = await pin(p, '--check');
    p.flip('lib/own.js');
    rmSync(p.at('lib/worker.js'));
    p.put('node_modules/dep/new.txt', '');
    const [text, json] = [await pin(p, '--check'), await pin(p, '--check', '--json')];
    return expect([same.status === 0 && same.stdout.includes('as they were pinned'), same],
      [text.status === 1 && text.stdout === 'changed  lib/own.js\nmissing  lib/worker.js\nadded  node_modules/dep/new.txt\n', text],
      [json.status === 1 && json.stdout === '{"changed":["lib/own.js"],"missing":["lib/worker.js"],"added":["node_modules/dep/new.txt"]}\n', json]);
  }),
  '--check without pins': withPlace(async (p) => { const r = await pin(p, '--check'); return expect([r.status === 126 && r.stderr.includes('has no pins'), r]); }),
  '--check refuses a list that is not the one': withPlace(async (p) => {
    await pin(p);
    p.put('packsec.pins', '# packsec pins 1 project\n');
    const r = await pin(p, '--check');
    return expect([r.status === 126 && r.stderr.includes('not the one that the policy binds'), r]);
  }),
  'check-policy looks at the list': withPlace(async (p) => {
    await pin(p);
    const good = await go(p, 'check-policy');
    p.put('packsec.pins', '# packsec pins 1 project\n');
    const r = await go(p, 'check-policy');
    return expect([good.status === 0, good], [r.status === 126 && r.stderr.includes('not the one that the policy binds'), r]);
  }),
  '--json': withPlace(async (p) => {
    const r = JSON.parse((await pin(p, '--json')).stdout);
    return expect([r.files > 50 && r.links === 1 && r.integrity.startsWith('sha256-') && r.signed === false && r.list === p.at('packsec.pins'), r]);
  }),
  '--packages leaves the application free': withPlace(async (p) => {
    await pin(p, '--packages');
    p.put('app.js', "console.log('MINE', require('dep'))");
    const mine = await go(p, 'app.js');
    p.flip('node_modules/dep/said.js');
    const theirs = await go(p, 'app.js');
    return expect([mine.stdout === 'MINE GOOD\n', mine], [theirs.status === 1 && theirs.stderr.includes('ERR_PIN_MISMATCH'), theirs]);
  }),
  '--packages binds the name node_modules': withPlace(async (p) => {
    await pin(p, '--packages');
    renameSync(p.at('node_modules'), p.at('vendor'));
    symlinkSync('vendor', p.at('node_modules'));
    p.flip('vendor/dep/said.js');
    const [theirs, plain] = [await go(p, 'start/cjs.js'), await run([node, 'start/cjs.js'], { cwd: p.dir })];
    return expect([plain.stdout === 'EVIL\n', plain], [theirs.status === 1 && theirs.stderr.includes('ERR_PIN_LINK') && !theirs.stdout.includes('EVIL'), theirs]);
  }),
  'no package comes between the script and its policy': withPlace(async (p) => {
    const policy = JSON.parse(p.read('packsec.policy.json'));
    policy.packages.writer['fs.write'] = ['${project}/bin/'];
    p.put('packsec.policy.json', JSON.stringify(policy));
    p.put('node_modules/writer/index.js', `const fs = require('fs'); fs.writeFileSync(${JSON.stringify(p.at('bin/other'))}, '');
      for (const f of ['package.json', 'packsec.policy.json']) try { fs.writeFileSync(${JSON.stringify(p.at('bin/'))} + f, '{"version":1,"app":{"ambient":true}}'); console.log('EVIL'); } catch (e) { console.log(e.code); }`);
    p.put('bin/start.js', "require('writer')");
    await pin(p);
    const [theirs, plain] = [await go(p, 'bin/start.js'), await run([node, 'bin/start.js'], { cwd: p.dir })];
    return expect([plain.stdout === 'EVIL\nEVIL\n', plain], [theirs.stdout === 'EACCES\nEACCES\n', theirs]);
  }),
  '--packages binds the lockfile': withPlace(async (p) => {
    await pin(p, '--packages');
    p.put('package-lock.json', p.read('package-lock.json') + ' ');
    const r = await go(p, 'app.js');
    return expect([r.status === 126 && /ERR_PIN_MISMATCH.*package-lock\.json/.test(r.stderr), r]);
  }),
  'a file outside of the project, named and not named': withPlace(async (p) => {
    const at = `${p.dir}-outside.js`;
    writeFileSync(at, 'module.exports = 1');
    await pin(p);
    const free = await go(p, '-r', at, 'app.js');
    await pin(p, at);
    const named = await go(p, '-r', at, 'app.js');
    const checked = await pin(p, '--check');
    writeFileSync(at, 'module.exports = 2');
    const changed = await go(p, '-r', at, 'app.js');
    const told = await pin(p, '--check');
    rmSync(at);
    return expect([free.status === 126 && free.stderr.includes('ERR_PIN_UNLISTED'), free], [named.stdout === 'GOOD\n', named], [checked.status === 0, checked],
      [changed.status === 126 && changed.stderr.includes('ERR_PIN_MISMATCH'), changed], [told.stdout === `changed  ${at}\n`, told]);
  }),
  'tools of --fsverity: where the file system has none it says so, and changes nothing': withPlace(async (p) => {
    const before = p.read('packsec.policy.json');
    const r = await pin(p, '--fsverity');
    return expect([r.status === 0 || (r.status === 126 && r.stderr.includes('fs-verity') && before.equals(p.read('packsec.policy.json'))), r]);
  }),
  'a name that cannot stand in a list': withPlace(async (p) => {
    p.put('node_modules/dep/a\nb.js', '');
    const r = await pin(p);
    return expect([r.status === 126 && r.stderr.trim().split('\n').length === 1 && r.stderr.includes('cannot pin'), r]);
  }),
  'onerror log refuses all the same': withPlace(async (p) => {
    p.flip('packsec.policy.json', '{"version":1', '{"version":1,"onerror":"log"');
    await pin(p);
    p.flip('node_modules/dep/said.js');
    const r = await go(p, 'start/cjs.js');
    return expect([r.status === 1 && r.stderr.includes('ERR_PIN_MISMATCH'), r]);
  }),
  'learn refuses all the same': withPlace(async (p) => {
    await pin(p);
    p.flip('node_modules/dep/said.js');
    const r = await go(p, 'learn', 'start/cjs.js');
    return expect([!r.stdout.includes('EVIL') && r.stderr.includes('ERR_PIN_MISMATCH'), r]);
  }),
  'grant keeps the pins': withPlace(async (p) => {
    await pin(p);
    const r = await go(p, 'grant', 'dep', 'clock');
    const run1 = await go(p, 'app.js');
    return expect([r.status === 0, r], [run1.stdout === 'GOOD\n', run1], [JSON.parse(readFileSync(p.at('packsec.policy.json'))).pins.file === './packsec.pins', 'pins']);
  }),
  'a link that leads nowhere is not there, and leads nowhere later': withPlace(async (p) => {
    p.put('start/none.js', "try { console.log(require('none')) } catch (e) { console.log(e.code) }");
    symlinkSync('../somewhere', p.at('node_modules/none'));
    await pin(p);
    const nothing = await go(p, 'start/none.js');
    p.put('somewhere/index.js', "module.exports = 'EVIL'");
    const later = await go(p, 'start/none.js');
    return expect([nothing.stdout === 'MODULE_NOT_FOUND\n', nothing], [later.stdout === 'ERR_PIN_LINK\n', later]);
  }),
  'a refusal can be caught, and is one by its code': withPlace(async (p) => {
    p.put('start/catch.js', "try { require('dep') } catch (e) { console.log(e instanceof Error, e.code) }");
    await pin(p);
    p.flip('node_modules/dep/said.js');
    const r = await go(p, 'start/catch.js');
    return expect([r.stdout === 'true ERR_PIN_MISMATCH\n', r]);
  }),
  'what the program reads as data is its own': withPlace(async (p) => {
    p.put('start/data.js', "console.log(require('fs').readFileSync(require.resolve('dep'), 'utf8'))");
    await pin(p);
    p.flip('node_modules/dep/said.js');
    const r = await go(p, 'start/data.js');
    return expect([r.status === 0 && r.stdout.includes('EVIL'), r]);
  }),
  'an own pins member that is wrong': withPlace(async (p) => {
    const wrong = { 1: 'must be', '{}': 'needs a "file"', '{"file":"./x"}': 'needs a "file"', '{"file":"./x","integrity":"md5-x"}': 'integrity must be', '{"file":"./x","integrity":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","x":1}': 'unknown key' };
    for (const [text, says] of Object.entries(wrong)) {
      p.put('packsec.policy.json', `{"version":1,"pins":${text}}`);
      const r = await go(p, 'app.js');
      if (r.status !== 126 || !r.stderr.includes(says)) return `${text}: ${JSON.stringify(r)}`;
    }
    return undefined;
  }),
};
