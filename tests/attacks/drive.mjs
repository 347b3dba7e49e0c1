// Runs every attack twice, in a fresh application and a process of its own: under plain node, where it must
// fire (an attack that does not work proves nothing), and under npsx, where it must not, and must not crash.
// Controls are honest code: they must work under both.
//
// A vector is data: { id, what, body } and, where needed, files, links, manifest of the attacking package.
//   grants: what the attacker holds after all, where the attack goes on from there
//   ends: true    the attack ends the process: having begun without a result line means that it fired
//   open: reason  known to fire under npsx still; it is counted apart, and fails when it no longer fires
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { each, finish, firstLine, needNpsx, node, npsx, root, run, temporary } from '../lib.mjs';
import { layOut } from './host/lay.mjs';

const require = createRequire(import.meta.url);
const here = join(root, 'tests/attacks');
const args = process.argv.slice(2);
const verbose = args[0] === '-v' && Boolean(args.shift());
const home = temporary('attacks');

const vectors = readdirSync(join(here, 'vectors')).sort().flatMap((file) => {
  const name = file.replace(/\.js$/, '');
  return require(join(here, 'vectors', file)).map((vector) => ({ ...vector, name: `${name}/${vector.id}`, group: name }));
}).filter(({ name, group }) => !args.length || args.includes(name) || args.includes(group));

async function once(program, vector) {
  const dir = mkdtempSync(join(tmpdir(), 'packsec-attack-'));
  try {
    const canary = `LOOT-ENV-${Math.random().toString(36).slice(2)}`;
    layOut(dir, vector, `LOOT-FILE-${Math.random().toString(36).slice(2)}`);
    const env = { PATH: process.env.PATH, HOME: home, CANARY: canary, TZ: 'Pacific/Chatham', LC_ALL: 'de_CH.UTF-8' };
    const result = await run([...program, 'app.js'], { cwd: dir, env, seconds: 15 });
    const [, verdict, text] = /^RESULT (\w+) (.*)$/m.exec(result.stdout) ?? [];
    if (verdict) return { verdict, text };
    const ended = vector.ends && /^READY$/m.test(result.stdout);
    return { verdict: ended ? 'fires' : 'crash', text: `${result.signal ?? result.status} ${firstLine(result.stderr)}` };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function judge(vector, plain, boxed) {
  if (plain.verdict !== 'fires') return `does not fire under node: ${plain.text}`;
  if (vector.group === 'control') return boxed.verdict === 'fires' ? null : `honest code fails: ${boxed.text}`;
  if (boxed.verdict === 'quiet') return vector.open ? 'no longer fires: take off its `open`' : null;
  return vector.open ? null : `${boxed.verdict} under npsx: ${boxed.text}`;
}

needNpsx();
const results = await each(vectors, async (vector) => {
  const plain = await once([node], vector);
  const boxed = await once([npsx, '--quiet'], vector);
  return { vector, plain, boxed, why: judge(vector, plain, boxed) };
});

console.log('group         attacks  node  npsx  crash  open');
for (const group of new Set(vectors.map((vector) => vector.group))) {
  const of = results.filter(({ vector }) => vector.group === group);
  const n = (test) => String(of.filter(test).length);
  console.log(group.padEnd(14), String(of.length).padStart(6), n((r) => r.plain.verdict === 'fires').padStart(5),
    n((r) => r.boxed.verdict === 'fires').padStart(5), n((r) => r.boxed.verdict === 'crash').padStart(6),
    n((r) => r.vector.open).padStart(5));
}
const told = new Map(); // the same reason is written five times, then counted
for (const { vector, plain, boxed, why } of results) {
  if (why) told.set(why, (told.get(why) ?? 0) + 1);
  if (why && told.get(why) > 5) continue;
  if (why) console.log(`  ${vector.name} (${vector.what}): ${why}`);
  else if (verbose) console.log(`  ${vector.name}: node ${plain.verdict} "${plain.text}"; npsx ${boxed.verdict} "${boxed.text}"`);
}
for (const [why, n] of told) if (n > 5) console.log(`  and ${n - 5} more: ${why}`);
let failed = results.filter(({ why }) => why).length;
let passed = results.length - failed;

// The shared corpus: T and C are mistakes of its own application, a few others facts of life.
const corpus = join(root, '../shared/attacks/run');
if (!args.length && existsSync(corpus)) {
  const out = join(home, 'corpus.tsv');
  await run([corpus, '-o', out, npsx], { env: { ...process.env, HOME: home }, seconds: 900 });
  const rows = readFileSync(out, 'utf8').trim().split('\n').map((line) => line.split('\t'));
  const counted = rows.filter(([, id]) => !/^([TC]|L0[468]$|P13$|W08$)/.test(id));
  const good = ([verdict, id]) => (id.startsWith('Z') ? verdict === 'FIRES' : verdict === 'no');
  const bad = counted.filter((row) => !good(row));
  console.log(`shared corpus: ${counted.length} counted, ${bad.length} bad`);
  for (const row of bad) console.log(`  ${row.join('  ')}`);
  failed += bad.length;
  passed += counted.length - bad.length;
}
rmSync(home, { recursive: true, force: true });
finish(passed, failed);
