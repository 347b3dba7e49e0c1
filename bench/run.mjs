// Lays out one project with the packages of tests/compat/apps, then measures the same programs under plain
// node and under npsx: warm cache, no policy file (dependencies hold the starter grants). Ratios are npsx
// divided by node. The targets are those of the release.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { needNpsx, node, npsx, root } from '../tests/lib.mjs';

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');
const work = mkdtempSync(join(root, 'build/bench-'));
const packages = join(root, 'tests/compat/apps/node_modules');
const env = { PATH: process.env.PATH, HOME: join(work, 'home'), NODE_ENV: 'production', LANG: 'C.UTF-8' };
const say = (text) => { if (!json) process.stderr.write(`${text}\n`); };

function layOut() {
  mkdirSync(env.HOME, { recursive: true });
  execFileSync('cp', ['-al', packages, work]);
  cpSync(join(root, 'tests/compat/apps/package-lock.json'), join(work, 'package-lock.json'));
  cpSync(join(root, 'bench/apps'), work, { recursive: true });
  cpSync(join(root, 'tests/compat/apps/package.json'), join(work, 'package.json'));
}

// ---- start-up --------------------------------------------------------------------------------------

function startUp(program) {
  const out = join(work, 'hyperfine.json');
  const command = (runtime) => `${runtime} ${program}`;
  execFileSync('hyperfine', ['-N', '--style', 'none', '--warmup', '5', '--runs', quick ? '10' : '40',
    '--export-json', out, command(node), command(npsx)], { cwd: work, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [plain, boxed] = JSON.parse(readFileSync(out)).results.map((r) => r.median * 1000);
  return { plain, boxed, unit: 'ms' };
}

// ---- work ---------------------------------------------------------------------------------------------

// CPU time of the program, user and system together: who else works on the machine changes it less than the time that passes.
function cpuMilliseconds(runtime, program) {
  const text = execFileSync('sh', ['-c', '"$0" "$1" && times', runtime, program], { cwd: work, env, encoding: 'utf8' });
  const [user, system] = [...text.trim().split('\n').pop().matchAll(/(\d+)m([\d.]+)s/g)].map((m) => m[1] * 60 + Number(m[2]));
  return (user + system) * 1000;
}

// Turn about, and the median of each.
function cpuOf(program) {
  const all = { plain: [], boxed: [] };
  for (let i = 0; i < (quick ? 5 : 15); i++) {
    all.plain.push(cpuMilliseconds(node, program));
    all.boxed.push(cpuMilliseconds(npsx, program));
  }
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  return { plain: median(all.plain), boxed: median(all.boxed), unit: 'ms' };
}

// ---- a server under load ------------------------------------------------------------------------------

const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const peakMegabytes = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const wrk = (url, seconds) => {
  const text = execFileSync('wrk', ['-t1', '-c16', `-d${seconds}s`, url], { encoding: 'utf8' });
  if (/Non-2xx/.test(text)) throw new Error(`the server answers with errors\n${text}`);
  return Number(/(\d+) requests in/.exec(text)[1]);
};

async function underLoad(runtime) {
  const server = spawn(runtime, ['server.js'], { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise((done, fail) => {
      server.stdout.on('data', (text) => done(Number(text)));
      server.on('exit', (status) => fail(new Error(`${runtime} server.js ended with ${status}`)));
      server.on('error', fail);
    });
    const url = `http://127.0.0.1:${port}/`;
    wrk(url, 2);
    const before = cpuSeconds(server.pid);
    const requests = wrk(url, quick ? 2 : 5);
    const cpu = (cpuSeconds(server.pid) - before) / requests;
    return { cpu: cpu * 1e6, peak: peakMegabytes(server.pid) };
  } finally {
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
  }
}

// Turn about, and the best of each: what disturbs a run only makes it slower.
async function server() {
  const all = { plain: [], boxed: [] };
  for (let i = 0; i < (quick ? 1 : 3); i++) {
    all.plain.push(await underLoad(node));
    all.boxed.push(await underLoad(npsx));
  }
  const best = (list, key) => Math.min(...list.map((r) => r[key]));
  const pair = (key, unit) => ({ plain: best(all.plain, key), boxed: best(all.boxed, key), unit });
  return { cpu: pair('cpu', 'us'), peak: pair('peak', 'MB') };
}

// ---- the C parts --------------------------------------------------------------------------------------

function decide() {
  const text = execFileSync(join(root, 'build/bench/bench-decide'), ['1000'], { encoding: 'utf8' });
  const worst = Math.max(...[...text.matchAll(/([\d.]+) ns$/gm)].map((m) => Number(m[1])));
  return { boxed: worst, unit: 'ns' };
}

function scan() {
  const files = ['express/lib', 'lodash', 'axios/lib/core', 'fastify/lib'].flatMap((dir) =>
    readdirSync(join(packages, dir)).filter((f) => f.endsWith('.js')).map((f) => join(packages, dir, f)));
  const text = execFileSync(join(root, 'build/bench/bench-scan'), files, { encoding: 'utf8' });
  return { boxed: Number(/([\d.]+) MB\/s/.exec(text)[1]), unit: 'MB/s' };
}

// ---- the table ------------------------------------------------------------------------------------------

needNpsx();
layOut();
const rows = [];
const measure = async (what, target, work) => {
  say(`measuring: ${what}`);
  try {
    rows.push({ what, target, ...(await work()) });
  } catch (error) {
    rows.push({ what, target, error: error.message.split('\n')[0] });
  }
};

await measure('start-up, one CommonJS dependency', { ratio: 1.35 }, () => startUp('one.js'));
await measure('start-up, require express', { ratio: 1.15 }, () => startUp('express.js'));
await measure('start-up, require typescript', { ratio: 0.8 }, () => startUp('typescript.js'));
await measure('CPU, regular expressions (marked + highlight.js)', { ratio: 1.1 }, () => cpuOf('markdown.js'));
let load;
await measure('CPU per request, express hello world', { ratio: 1.06 }, async () => { load = await server(); return load.cpu; });
if (load) rows.push({ what: 'peak memory of that server', target: { ratio: 1.3 }, ...load.peak });
if (existsSync(join(root, 'build/bench/bench-decide'))) await measure('one decision, 1,000 packages, slowest kind', { most: 300 }, decide);
if (existsSync(join(root, 'build/bench/bench-scan'))) await measure('scan of sources', { least: 10 }, scan);

rmSync(work, { recursive: true, force: true });
for (const row of rows) {
  if (row.plain) row.ratio = row.boxed / row.plain;
  const { ratio, most, least } = row.target;
  row.ok = !row.error && (ratio ? row.ratio <= ratio : most ? row.boxed <= most : row.boxed >= least);
}
if (json) {
  console.log(JSON.stringify({ node: process.version, rows }, null, 2));
} else {
  const number = (value) => (value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(1));
  const target = ({ ratio, most, least }) => (ratio ? `<= ${ratio.toFixed(2)}` : most ? `<= ${most}` : `>= ${least}`);
  const line = (cells) => console.log(cells.map((c, i) => (i ? c.padStart(10) : c.padEnd(48))).join(' '));
  line(['', 'node', 'npsx', 'unit', 'ratio', 'target', '']);
  for (const row of rows) {
    line([row.what, number(row.plain), number(row.boxed), row.unit ?? '', row.ratio?.toFixed(2) ?? '',
      target(row.target), row.error ? `failed: ${row.error}` : row.ok ? 'ok' : 'missed']);
  }
}
process.exitCode = rows.every((row) => row.ok) ? 0 : 1;
