// The cases of tamper.mjs, each under plain node and under npsx, and before that the whole application on every route.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { each, finish, needNpsx, node, npsx, run } from '../../lib.mjs';
import { pin, place } from './place.mjs';
import { cases } from './tamper.mjs';
import { more } from './more.mjs';

needNpsx();
const shown = (r) => `status ${r.status}${r.signal ? ` (${r.signal})` : ''}\n${r.stdout}${r.stderr}`;

async function whole(c) {
  const p = place();
  const pinned = await pin(p);
  if (pinned.status !== 0) return `pinning failed: ${shown(pinned)}`;
  const r = await run([npsx, ...c.start], { cwd: p.dir });
  rmSync(p.dir, { recursive: true });
  return r.status === 0 && r.stdout.includes(c.prints ?? (c.start.includes('start/empty.js') ? '' : 'GOOD')) ? undefined : `does not run as it was pinned: ${shown(r)}`;
}
async function tampered(c) {
  const p = place();
  await pin(p);
  c.tamper?.(p);
  const r = await run([npsx, ...c.start], { cwd: p.dir });
  // what the program wrote is there now: node gets a fresh one
  const fresh = c.prints === undefined ? p : place();
  const control = await run([node, '--no-warnings', ...c.start], { cwd: fresh.dir });
  c.after?.(p);
  for (const { dir } of new Set([p, fresh])) rmSync(dir, { recursive: true });
  if (!(c.fires ?? /EVIL/).test(control.stdout)) return `does not fire under node: ${shown(control)}`;
  if (r.stdout.includes('EVIL')) return `ran: ${shown(r)}`;
  if (c.prints !== undefined) return r.stdout.trim() === c.prints && r.status === 0 ? undefined : `should say ${c.prints}: ${shown(r)}`;
  if (r.stdout.includes('GOOD')) return `ran on: ${shown(r)}`;
  if (r.status !== c.status) return `status ${r.status} in place of ${c.status}: ${shown(r)}`;
  if (c.status === 126 && r.stderr.trim().split('\n').length !== 1 && !c.start[0].includes('fork')) return `not one line: ${r.stderr}`;
  if (c.code !== undefined && !(r.stderr.includes(`${c.code}: `) && (c.status === 126 || r.stderr.includes(`code: '${c.code}'`)))) return `not ${c.code}: ${shown(r)}`;
  return c.says === undefined || c.says.test(r.stderr) ? undefined : `does not say ${c.says}: ${shown(r)}`;
}

const only = process.argv[2];
const starts = [...new Map(cases.filter((c) => c.start[0] !== 'start/other.js').map((c) => [c.start.join(' '), c])).values()];
const jobs = [
  ...starts.map((c) => [`whole: ${c.start.join(' ')}`, () => whole(c)]),
  ...cases.map((c) => [c.name, () => tampered(c)]),
  ...Object.entries(more),
].filter(([name]) => only === undefined || name.includes(only));
const results = await each(jobs, async ([, job]) => { try { return await job(); } catch (e) { return e.stack; } });
results.forEach((why, i) => { if (why !== undefined) console.log(`FAILED ${jobs[i][0]}: ${why}`); });
const failed = results.filter((why) => why !== undefined).length;
finish(results.length - failed, failed);
