'use strict';
const cp = require('child_process');
const util = require('util');
const { once } = require('events');
const log = (...a) => console.log(...a);
const text = async (s) => { let t = ''; s.setEncoding('utf8'); for await (const d of s) t += d; return t; };
(async () => {
  const c = cp.spawn('echo', ['a', 'b c']);
  log(c instanceof cp.ChildProcess, c.spawnfile, c.spawnargs, typeof c.pid, await text(c.stdout));
  log(await once(c, 'close').catch(() => 0) && [c.exitCode, c.signalCode, c.killed]);
  const cat = cp.spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  cat.stdin.end('piped');
  log(await text(cat.stdout), cat.stderr, cat.stdio.length);
  log(cp.spawnSync('echo', ['sync']).stdout.toString(), cp.spawnSync('false').status, cp.spawnSync('cat', { input: 'in', encoding: 'utf8' }).stdout);
  log(cp.execFileSync('echo', ['x', 'y'], { encoding: 'utf8' }), cp.execSync('echo shell | cat', { encoding: 'utf8' }));
  log(cp.execSync('exit 0').length);
  try { cp.execSync('echo err >&2; exit 3', { stdio: 'pipe' }); } catch (e) { log(e.message, e.status, e.signal, String(e.stderr), e.output.length); }
  try { cp.execFileSync('false'); } catch (e) { log(e.message, e.status); }
  log(await new Promise((r) => cp.exec('echo $0; exit 2', (...x) => r(x.map((y) => y instanceof Error ? [y.message, y.code, y.cmd, y.killed] : y)))));
  log(await new Promise((r) => cp.execFile('cat', ['/nonexistent-file'], (e, o, s) => r([e.message, e.code, e.cmd, o, s]))));
  log(await util.promisify(cp.exec)('echo promised'), await util.promisify(cp.execFile)('echo', ['file']));
  log(await util.promisify(cp.execFile)('false').catch((e) => [e.code, e.stdout]));
  // environment: what is granted
  log(cp.execFileSync('env', { env: { GRANTED: 'mine' }, encoding: 'utf8' }));
  log(cp.spawnSync('echo', ['cwd'], { cwd: process.cwd(), encoding: 'utf8' }).stdout, cp.execSync('echo $GRANTED', { encoding: 'utf8', env: { GRANTED: 'two', PATH: process.env.PATH } }));
  // time, signals, abort
  const slow = cp.spawn('cat');
  slow.kill();
  log((await once(slow, 'exit')));
  const t = cp.spawnSync('cat', { timeout: 30, stdio: ['pipe', 'pipe', 'pipe'], input: undefined });
  log(t.status, t.signal);
  const ac = new AbortController();
  const ab = cp.spawn('cat', { signal: ac.signal });
  setTimeout(() => ac.abort(), 5);
  log((await once(ab, 'error').catch((e) => [e]))[0].name);
  log(cp.spawn('sh', ['-c', 'exit 4'], { argv0: '/my/sh' }).spawnargs);
  for (const bad of [() => cp.spawn(), () => cp.spawn(''), () => cp.spawn('echo', 'x'), () => cp.spawn('echo', [], 7), () => cp.exec(), () => cp.spawn('echo', ['a\0b']), () => cp.spawn('echo', [], { stdio: 'nope' }),
    () => cp.spawn('echo', [], { cwd: 5 }), () => cp.execFile('echo', [], {}, 5)]) {
    try { bad(); log('no throw'); } catch (e) { log(e.name, e.code); }
  }
  const inherit = cp.spawnSync('echo', ['inherited'], { stdio: 'inherit' });
  log(inherit.status);
  const two = cp.spawn('echo', ['to stdout'], { stdio: ['ignore', process.stdout, 'pipe'] });
  await once(two, 'close');
  const shell = cp.spawn('echo one; echo two', { shell: true });
  log(await text(shell.stdout), shell.spawnfile, shell.spawnargs);
  log('end');
})().catch((e) => { console.log('CAUGHT', e); process.exit(1); });
