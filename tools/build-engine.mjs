// build-engine.mjs NODE RUNTIME OUT DEPFILE PSX_NODE WITH_PLAN [MAIN]: makes npsx-engine, stock Node with runtime/ embedded byte for byte.
//
// Pass 1 embeds the sources. Pass 2 runs that engine once over a small program, and embeds beside each source the V8 code cache that the run
// left: functions that were used are then not compiled again at each start. V8 itself rejects a cache that does not fit source, version or flags.
// MAIN: stock Node with this one script in place of runtime/, for debugging (meson -Draw=true).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync, renameSync, openSync, readSync, writeSync, closeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [node, runtime, out, depfile, addon, withPlan, instead] = process.argv.slice(2).map((p) => resolve(p));
const work = `${out}.d`;
rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, 'cache'), { recursive: true });

const files = readdirSync(runtime, { recursive: true }).filter((f) => f.endsWith('.js')).sort();
const assets = Object.fromEntries(files.map((f) => [f, join(runtime, f)]));

// Room for what the start allocates: with V8's 1 MB it collects twice before the program begins (2 ms). boot.js takes the flag back when the heap stands.
const V8_FLAGS = ['--min-semi-space-size=4'];

function build(target, more) {
  const config = {
    // by its bare name: that is what stack traces show
    main: 'boot.js', output: target, disableExperimentalSEAWarning: true, useCodeCache: true,
    // internals: for the runtime alone, see docs/design/interfaces.md; cli: only npsx writes the engine's argv
    execArgv: [...V8_FLAGS, '--expose-internals', '--experimental-vm-modules', '--no-warnings', '--zero-fill-buffers', '--disable-sigusr1'], execArgvExtension: 'cli',
    assets: { ...assets, ...more },
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config, null, 1));
  // the code cache of boot.js is for the flags that it was made under
  execFileSync(node, [...V8_FLAGS, '--build-sea', join(work, 'sea.json')], { cwd: runtime, stdio: ['ignore', 'ignore', 'inherit'] });
}

function plan() {
  const app = join(work, 'app');
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'package.json'), '{"name":"warm","dependencies":{"dep":"1"}}');
  mkdirSync(join(app, 'node_modules/dep'), { recursive: true });
  writeFileSync(join(app, 'node_modules/dep/package.json'), '{"name":"dep","version":"1.0.0"}');
  writeFileSync(join(app, 'node_modules/dep/index.js'), `'use strict';
for (const m of ['fs', 'path', 'events', 'stream', 'util', 'os', 'http', 'net', 'crypto', 'url', 'child_process', 'tty', 'zlib', 'buffer', 'module'])
  try { require(m); } catch {}
const t = setTimeout(() => {}, 0); clearTimeout(t); process.env.NODE_ENV; process.nextTick(() => {}); console; Date.now(); Math.random(); new Error('x').stack;
try { Function('a', 'return a'); } catch {} console.log; const o = {}; Error.captureStackTrace(o); process.stdout; fetch; new URL('http://a/'); Math.max(1, 2);
const E = require('events'); new E().on('x', () => {}).emit('x');
module.exports = (a) => a;`);
  writeFileSync(join(app, 'esm.mjs'), 'import dep from "dep"; export default dep;');
  writeFileSync(join(app, 'main.js'), 'const dep = require("dep"); require("http"); require("fs").existsSync("x"); import("./esm.mjs"); dep(process.argv, console);');
  return { plan: 1, project: app, cwd: app, main: { kind: 'file', path: join(app, 'main.js') }, check: false, preload: [], argv: [], argv0: 'npsx',
    execPath: '/npsx', execArgv: [], options: { sourceMaps: false, stackTraceLimit: 10, title: null, warnings: true }, policy: null, mode: 'enforce', quiet: true,
    auditFd: -1, learnFd: -1, tmp: '/tmp', home: '/', lock: null, protected: [], cache: null, runtime, emitCache: join(work, 'cache') };
}

// In small pieces: the page cache keeps a file that was written at once in large folios, which are mapped whole (20 MB of memory for nothing).
function rewrite(from, to) {
  const piece = Buffer.alloc(64 * 1024);
  const source = openSync(from, 'r');
  const target = openSync(to, 'w', 0o755);
  for (let n; (n = readSync(source, piece)) > 0;) writeSync(target, piece, 0, n);
  closeSync(source);
  closeSync(target);
}

if (instead !== undefined) {
  const config = { main: instead, output: `${out}.1`, disableExperimentalSEAWarning: true, execArgv: ['--no-warnings'], execArgvExtension: 'cli' };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  execFileSync(node, ['--build-sea', join(work, 'sea.json')], { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(`${out}.1`, out);
  rmSync(work, { recursive: true });
  writeFileSync(depfile, `${out}: ${[node, instead, fileURLToPath(import.meta.url)].join(' ')}\n`);
  process.exit(0);
}

const first = `${out}.1`;
build(first, {});
writeFileSync(join(work, 'plan.json'), JSON.stringify(plan()));
execFileSync(withPlan, [join(work, 'plan.json'), first, addon], { stdio: 'inherit' });
const caches = readdirSync(join(work, 'cache'));
if (caches.length === 0) throw new Error('build-engine: the first pass left no code cache');
// written beside and renamed: an engine that runs cannot be overwritten
build(`${out}.2`, Object.fromEntries(caches.map((f) => [f.replaceAll('+', '/'), join(work, 'cache', f)])));
rewrite(`${out}.2`, `${out}.3`);
rmSync(`${out}.2`);
renameSync(`${out}.3`, out);
rmSync(first);
rmSync(work, { recursive: true });
// the directories too: a new file is a new part
writeFileSync(depfile, `${out}: ${[node, runtime, join(runtime, 'facade'), fileURLToPath(import.meta.url), ...Object.values(assets)].join(' ')}\n`);
