// The directory of a pinned package is exchanged with a link to another one, as fast as it goes: each state by itself is refused or is what was pinned, and what
// was read in one must not be taken for what lies there in the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import test from 'node:test';
import assert from 'node:assert';
import { needNpsx, node, npsx, run } from '../../lib.mjs';
import { pin, place } from '../code/place.mjs';

needNpsx();
const RUNS = 200;
const PATIENCE = 20_000;
// renameat2(..., RENAME_EXCHANGE): there is no moment at which neither is there
const EXCHANGE = `import ctypes, random, sys, time
rename = ctypes.CDLL(None).renameat2
a, b = (p.encode() for p in sys.argv[1:])
print('swapping', flush=True)
end = time.time() + 90
while time.time() < end:
    rename(-100, a, -100, b, 2)
    moment = time.perf_counter() + random.random() * 0.0006
    while time.perf_counter() < moment: pass`;

test('a pinned package and a link to another', { timeout: 120_000 }, async () => {
  const p = place();
  await pin(p);
  const link = `${p.dir}-link`;
  symlinkSync('other', link);
  const child = spawn('python3', ['-c', EXCHANGE, p.at('node_modules/dep'), link], { stdio: ['ignore', 'pipe', 'inherit'] });
  const over = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    const say = async (program) => (await run([program, 'start/cjs.js'], { cwd: p.dir })).stdout.trim() || 'refused';
    let beaten = false;
    for (const end = Date.now() + PATIENCE; !beaten && Date.now() < end;) beaten = await say(node) === 'EVIL';
    assert.ok(beaten, 'node never loads the other');
    const seen = { GOOD: 0, EVIL: 0, refused: 0 };
    for (let i = 0; i < RUNS; i++) seen[await say(npsx)]++;
    assert.ok(seen.EVIL === 0 && seen.GOOD > 0 && seen.refused > 0, JSON.stringify(seen));
  } finally {
    child.kill('SIGKILL');
    await over;
    rmSync(p.dir, { recursive: true, force: true });
    rmSync(link, { recursive: true, force: true });
  }
});
