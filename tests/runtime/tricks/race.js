'use strict';
// Operations on names that a second process exchanges for links leading out, all the time. Under node a check with realpath goes before each.
const fs = require('fs');
const { spawn } = require('child_process');
const { base: newBase, execute, node, npsx, project } = require('./lib.js');

const ROUNDS = Number(process.env.ROUNDS ?? 10000);

const race = async (program, rounds, env) => {
  const base = newBase();
  for (const d of ['vault', 'data/d', 'data/small']) fs.mkdirSync(`${base}/${d}`, { recursive: true });
  fs.writeFileSync(`${base}/data/in`, 'fine');
  fs.writeFileSync(`${base}/data/f`, 'fine');
  fs.writeFileSync(`${base}/data/small/x`, 'fine');
  fs.symlinkSync(`${base}/vault`, `${base}/data/link`);
  fs.symlinkSync(`${base}/vault/f`, `${base}/data/flink`);
  const policy = { timers: true, clock: true, random: true, 'fs.read': [`${base}/data/`], 'fs.write': [`${base}/data/`], 'net.connect': [`unix:${base}/data/`] };
  const dir = project(base, { app: 'race_app.js', packages: { guest: { files: ['race_guest.js'], policy } } });
  // held by its descriptor, for the application: its name is not its own from now on
  const held = fs.openSync(`${base}/data/d`);
  const swapper = spawn('perl', [`${__dirname}/swap.pl`, '60', `${base}/data/d`, `${base}/data/link`, `${base}/data/f`, `${base}/data/flink`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((r) => swapper.stdout.once('data', r));
  const result = await execute(program, dir, { BASE: base, ROUNDS: `${rounds}`, REAL: `/proc/${process.pid}/fd/${held}`, ...env });
  swapper.kill();
  return result;
};
module.exports = async ({ none, fail, check, verbose }) => {
  const plain = await race(node, ROUNDS / 10, { FEW: '1' });
  const confined = await race(npsx, ROUNDS, {});
  if (plain.fired.length === 0) fail(`race: nothing fires under plain node, so it proves nothing: ${plain.crashed ?? ''}`);
  none('race', confined);
  check(confined.worked > confined.cases / 20, `race: next to nothing worked (${confined.worked} of ${confined.cases}), so it proves nothing`);
  if (verbose) console.log(`race: ${plain.fired.length} of ${plain.cases} fire under plain node behind a check, ${confined.fired.length} of ${confined.cases} under npsx, ${confined.worked} of which worked`);
};
