// Lays out one project with the packages of tests/compat/apps, then measures the same programs under plain
// node and under npsx: warm cache, no policy file (dependencies hold the starter grants). Ratios are npsx
// divided by node; at the end of npsx with its box divided by npsx without. The targets are those of the release; docs/design/performance.md says
// what each part costs and how it was found.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { needNpsx, node, npsx, root } from '../tests/lib.mjs';
import { box } from './box.mjs';

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');
const onlyBox = process.argv.includes('box');
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

// The scheduler's own count, in nanoseconds, of all threads: /proc/PID/stat counts ticks of 10 ms.
const cpuMicroseconds = (pid) => readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0) / 1000;
const peakMegabytes = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// Who waits for whom must not decide the result: the servers share one core, the client has another and always more to ask (16 connections).
const pinned = (core, command) => (availableParallelism() > 1 ? ['taskset', '-c', String(core), ...command] : command);

const wrk = (url, seconds) => {
  const [command, ...args] = pinned(1, ['wrk', '-t1', '-c16', `-d${seconds}s`, url]);
  const text = execFileSync(command, args, { encoding: 'utf8' });
  if (/Non-2xx/.test(text)) throw new Error(`the server answers with errors\n${text}`);
  return Number(/(\d+) requests in/.exec(text)[1]);
};

async function start(runtime) {
  const [command, ...args] = pinned(0, [...runtime, 'server.js']);
  const server = spawn(command, args, { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((done, fail) => {
    server.stdout.on('data', (text) => done(Number(text)));
    server.on('exit', (status) => fail(new Error(`${runtime} server.js ended with ${status}`)));
    server.on('error', fail);
  });
  const url = `http://127.0.0.1:${port}/`;
  return {
    warmUp() { wrk(url, 3); },
    slice() {
      const before = cpuMicroseconds(server.pid);
      const requests = wrk(url, 1);
      return (cpuMicroseconds(server.pid) - before) / requests;
    },
    pid: server.pid,
    peak: () => peakMegabytes(server.pid),
    stop() {
      server.removeAllListeners('exit');
      server.kill('SIGKILL');
    },
  };
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const at = (list, share) => sorted(list)[Math.floor(list.length * share)];

// Both servers are up at the same time and take turns of a second. A machine's speed changes from one second to the next by more than what is looked
// for (other work, the host's other guests), and two processes of one program differ by as much for as long as they live (when V8 optimised what): so what
// counts is the middle one of the ratios of neighbours, over several pairs of processes. One long run of each said 1.04 once and 1.21 the next time.
async function pair(rounds, all, plain, boxed, look) {
  const both = { plain: await start(plain), boxed: await start(boxed) };
  try {
    for (const one of Object.values(both)) one.warmUp();
    for (let i = 0; i < rounds; i++)
      for (const key of i % 2 ? ['plain', 'boxed'] : ['boxed', 'plain']) all[key].push(both[key].slice());
    look?.(both.boxed.pid);
    return { plain: both.plain.peak(), boxed: both.boxed.peak(), unit: 'MB' };
  } finally {
    for (const one of Object.values(both)) one.stop();
  }
}
async function servers(plain, boxed, look) {
  const all = { plain: [], boxed: [] };
  const peaks = [];
  for (let i = 0; i < (quick ? 2 : 5); i++) peaks.push(await pair(quick ? 3 : 6, all, plain, boxed, look));
  const ratio = at(all.boxed.map((cpu, i) => cpu / all.plain[i]), 0.5);
  peaks.sort((a, b) => a.boxed / a.plain - b.boxed / b.plain);
  return { cpu: { plain: at(all.plain, 0.25), boxed: at(all.boxed, 0.25), ratio, unit: 'us' }, peak: peaks[peaks.length >> 1] };
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

async function all() {
  await measure('start-up, one CommonJS dependency', { ratio: 1.35 }, () => startUp('one.js'));
  await measure('start-up, require express', { ratio: 1.15 }, () => startUp('express.js'));
  await measure('start-up, require typescript', { ratio: 0.8 }, () => startUp('typescript.js'));
  await measure('CPU, regular expressions (marked + highlight.js)', { ratio: 1.1 }, () => cpuOf('markdown.js'));
  let load;
  await measure('CPU per request, express hello world', { ratio: 1.06 }, async () => { load = await servers([node], [npsx]); return load.cpu; });
  if (load) rows.push({ what: 'peak memory of that server', target: { ratio: 1.3 }, ...load.peak });
  if (existsSync(join(root, 'build/bench/bench-decide'))) await measure('one decision, 1,000 packages, slowest kind', { most: 300 }, decide);
  if (existsSync(join(root, 'build/bench/bench-scan'))) await measure('scan of sources', { least: 10 }, scan);
}
if (!onlyBox) await all();
await box({ measure, servers, work, env, quick });

rmSync(work, { recursive: true, force: true });
for (const row of rows) {
  if (row.plain) row.ratio ??= row.boxed / row.plain;
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
