// What the kernel's part costs: npsx with its box beside npsx --box=off, the same policy, in one run.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { npsx } from '../tests/lib.mjs';

const starter = { clock: true, random: true, timers: true, stdio: ['stdout', 'stderr'] };
const server = { ...starter, 'net.listen': ['127.0.0.1'], env: ['*'], 'fs.read': ['./'] };
const policies = {
  // nothing that the kernel cannot tell by itself
  'alone.json': { version: 1, app: { ...starter }, packages: { '*': starter } },
  // an address to listen at: a supervisor
  'supervised.json': { version: 1, app: server, packages: { '*': starter, express: server } },
  'connect.json': { version: 1, app: { ...starter, 'net.connect': ['127.0.0.1'], process: ['exit'] }, packages: {} },
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

function layOut(work) {
  for (const [name, policy] of Object.entries(policies)) writeFileSync(join(work, name), JSON.stringify(policy));
}

// Turn about, for a machine's speed changes by more than a millisecond from one second to the next: the middle one of the differences of neighbours.
function setUp({ work, env, quick }, policy) {
  const once = (...options) => {
    const start = process.hrtime.bigint();
    const done = spawnSync(npsx, [...options, `--policy=${policy}`, 'one.js'], { cwd: work, env, stdio: ['ignore', 'ignore', 'inherit'] });
    if (done.status !== 0) throw new Error(`one.js ended with ${done.status}`);
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  for (let i = 0; i < 3; i++) once();
  const all = { off: [], added: [] };
  for (let i = 0; i < (quick ? 20 : 100); i++) {
    const order = i % 2 ? [['--box=off'], []] : [[], ['--box=off']];
    const [a, b] = order.map((options) => once(...options));
    const [off, on] = i % 2 ? [a, b] : [b, a];
    all.off.push(off);
    all.added.push(on - off);
  }
  const [off, added] = [median(all.off), median(all.added)];
  return { off, on: off + added, unit: 'ms' };
}

// One after the other to a server in this process; the program times itself.
async function connects({ work, env, quick }) {
  const peer = createServer((c) => { c.on('error', () => {}); c.end(); });
  await new Promise((done) => { peer.listen(0, '127.0.0.1', done); });
  const once = (...options) => new Promise((done, fail) => {
    const child = spawn(npsx, [...options, '--policy=connect.json', 'connect.js', String(peer.address().port), quick ? '300' : '3000'], { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (d) => { text += d; });
    child.on('close', (status) => (status === 0 ? done(Number(text)) : fail(new Error(`connect.js ended with ${status}`))));
  });
  const all = { off: [], on: [] };
  for (let i = 0; i < (quick ? 3 : 9); i++) {
    all.off.push(await once('--box=off'));
    all.on.push(await once());
  }
  peer.close();
  return { off: median(all.off), on: median(all.on), unit: 'us' };
}

// Kilobytes of the process beside the engine.
function supervisorMegabytes(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((t) => readFileSync(`/proc/${pid}/task/${t}/children`, 'utf8').trim().split(' ').filter(Boolean));
  if (!children.length) throw new Error('there is no supervisor');
  return Math.max(...children.map((child) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))[1]) / 1024));
}

// measure(what, target, work), pair(a, b, rounds): those of run.mjs
export async function box({ measure, servers, ...how }) {
  layOut(how.work);
  const added = ({ off, on, unit }) => ({ boxed: on - off, unit });
  const ratio = ({ off, on, unit }) => ({ plain: off, boxed: on, unit });
  let alone, supervised;
  await measure('box: start-up, no supervisor', { ratio: 1.1 }, async () => ratio(alone = setUp(how, 'alone.json')));
  if (alone) await measure('box: what its set-up adds', { most: 2 }, async () => added(alone));
  await measure('box: start-up, supervised', { ratio: 1.15 }, async () => ratio(supervised = setUp(how, 'supervised.json')));
  if (supervised) await measure('box: what its set-up adds, supervised', { most: 4 }, async () => added(supervised));
  let memory;
  await measure('box: CPU per request, express hello world', { ratio: 1.02 }, async () => {
    const load = await servers([npsx, '--box=off', '--policy=supervised.json'], [npsx, '--policy=supervised.json'], (pid) => { memory = supervisorMegabytes(pid); });
    return load.cpu;
  });
  if (memory !== undefined) await measure('box: memory of the supervisor', { most: 4 }, async () => ({ boxed: memory, unit: 'MB' }));
  await measure('box: what it adds to a connect', { most: 60 }, async () => added(await connects(how)));
}
