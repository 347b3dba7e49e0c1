// A wide tree of old majors and frameworks, and all that they bring along: does each load as under plain node?
// Not part of `make check`: the tree is a gigabyte. wide/README.md says how to make it.
import { existsSync, readFileSync, readdirSync, rmSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { each, finish, firstLine, needNpsx, node, npsx, root, run, temporary } from '../lib.mjs';

const here = join(root, 'tests/compat/wide');
const words = process.argv.slice(2);
const grants = words[0]?.startsWith('--') ? words.shift() : undefined;
const [tree, ...wanted] = words;
if (!tree || !existsSync(join(tree, 'node_modules'))) {
  console.error('usage: tests/compat/run-wide [--starter | --eval] TREE [NAME...]; TREE has a node_modules made from wide/package.json');
  process.exit(2);
}
needNpsx();
cpSync(join(root, 'tests/compat/top/load.mjs'), join(tree, 'load.mjs'));
const starter = { clock: true, random: true, timers: true, stdio: ['stdout', 'stderr'] };
const everybody = { undefined: {}, '--starter': starter, '--eval': { ...starter, eval: true } }[grants];
writeFileSync(join(tree, 'packsec.policy.json'), JSON.stringify({ version: 1, app: { ambient: true }, packages: { '*': everybody } }));

const modules = join(tree, 'node_modules');
const manifest = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8').replace(/^\uFEFF/, ''));
const all = readdirSync(modules).filter((n) => n[0] !== '.')
  .flatMap((n) => (n[0] === '@' ? readdirSync(join(modules, n)).map((m) => `${n}/${m}`) : [n]))
  .filter((n) => existsSync(join(modules, n, 'package.json')) && !n.startsWith('@types/'));
const names = wanted.length ? wanted : all;
const { reasons, packages: known } = JSON.parse(readFileSync(join(here, 'known.json')));

const home = temporary('wide');
const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' };
const load = (program, name) => run([...program, 'load.mjs', name], { cwd: tree, env, seconds: 60 });
const said = (result) => /^loaded .*$/m.exec(result.stdout)?.[0];

async function judge(name) {
  const plain = await load([node], name);
  if (!said(plain)) return { name, verdict: 'broken', why: firstLine(plain.stderr) };
  const boxed = await load([npsx, '--quiet'], name);
  if (!said(boxed)) return { name, verdict: 'fails', why: boxed.signal ?? firstLine(boxed.stderr) };
  if (said(plain) !== said(boxed)) return { name, verdict: 'differs', why: said(boxed).slice(0, 160) };
  return { name, verdict: 'loads' };
}
// It takes minutes: what is wrong is told when it is found.
async function compare(name) {
  const result = await judge(name);
  const { verdict, why } = result;
  if (verdict === 'loads' && known[name]) console.log(`  ${name}: loads now; take it off known.json`);
  if (verdict === 'fails' || verdict === 'differs')
    console.log(`  ${name}@${manifest(name).version}: ${verdict}: ${why}${known[name] ? ` (known: ${reasons[known[name]] ?? known[name]})` : ''}`);
  return result;
}

const results = await each(names, compare);
rmSync(home, { recursive: true, force: true });
const of = (verdict) => results.filter((r) => r.verdict === verdict);
const running = results.length - of('broken').length;
const loaded = of('loads').length + of('differs').length;
console.log(`wide tree: ${results.length} packages, ${running} load under node; with ${grants ?? 'no grants'}: ${loaded} of ${running} ` +
  `(${(100 * loaded / running).toFixed(1)} %), of these ${of('differs').length} export something else`);
if (!wanted.length) {
  const rank = { loads: 'loads', differs: 'differs', fails: 'fails', broken: 'not under node' };
  writeFileSync(join(tree, 'results.txt'), results.map((r) => `${r.name} ${manifest(r.name).version} ${rank[r.verdict]}\n`).join(''));
  writeFileSync(join(tree, 'broken.txt'), of('broken').map((r) => `${r.name} ${r.why}\n`).join(''));
}
finish(of('loads').length, [...of('fails'), ...of('differs')].filter((r) => !known[r.name]).length);
