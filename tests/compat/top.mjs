// Loads each of the most downloaded npm packages in a process of its own: under plain node, and
// under npsx with a policy that grants it nothing. It passes when it loads and exports the same.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { each, finish, firstLine, needNpsx, node, npsx, root, run, temporary } from '../lib.mjs';

const here = join(root, 'tests/compat/top');
const ranked = Object.keys(JSON.parse(readFileSync(join(here, 'package.json'))).dependencies);
const known = JSON.parse(readFileSync(join(here, 'known.json')));
const names = process.argv.slice(2).length ? process.argv.slice(2) : ranked;

needNpsx();
const home = temporary('top');
const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' };
const load = (program, name) => run([...program, 'load.mjs', name], { cwd: here, env });
const said = (result) => /^loaded .*$/m.exec(result.stdout)?.[0];

async function compare(name) {
  const plain = await load([node], name);
  const boxed = await load([npsx, '--quiet'], name);
  if (!said(plain)) return { name, verdict: 'broken', why: firstLine(plain.stderr) };
  if (!said(boxed)) {
    return { name, verdict: 'fails', why: boxed.signal ?? firstLine(boxed.stderr) };
  }
  if (said(plain) !== said(boxed)) return { name, verdict: 'differs', why: said(boxed).slice(0, 160) };
  return { name, verdict: 'loads' };
}

const results = await each(names, compare);
rmSync(home, { recursive: true, force: true });
const count = (verdict) => results.filter((r) => r.verdict === verdict).length;
for (const { name, verdict, why } of results) {
  if (verdict === 'loads') {
    if (known[name]) console.log(`  ${name}: loads now; take it off known.json`);
    continue;
  }
  console.log(`  ${name}: ${verdict}: ${why}${known[name] ? ` (known: ${known[name]})` : ''}`);
}
const loaded = count('loads') + count('differs');
console.log(`top packages: ${names.length}, load with no grants: ${loaded} ` +
  `(${(100 * loaded / names.length).toFixed(1)} %), of these ${count('differs')} export something else, ` +
  `${count('broken')} do not load under node either`);
const failed = results.filter((r) => r.verdict !== 'loads' && !known[r.name]).length;
finish(count('loads'), failed);
