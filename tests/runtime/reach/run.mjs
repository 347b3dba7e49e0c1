// The reachability audit, judged from outside: the application in app/ hands one of each kind of object to two packages that hold nothing, once with ambient
// rights and once with granted ones. No object that both reach can be changed by one of them, and none is authority. What each root must at least
// show stands in expected.json: a walk that sees less has gone blind.
//
//   run [--update]     --update: write expected.json from this run (seven tenths of what was seen: sockets differ in how far they got)
//   REACH_KEEP=1 keeps the application and its report.json in /tmp
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { each, finish, needNpsx, npsx, root, run, temporary } from '../../lib.mjs';

needNpsx();
const here = join(root, 'tests/runtime/reach');
const update = process.argv.includes('--update');
const verbose = update || process.argv.includes('-v');
const expectedFile = join(here, 'expected.json');
// Known, with the reason; counted apart, and an entry that meets nothing any more fails.
const open = JSON.parse(readFileSync(join(here, 'open.json'), 'utf8')).map((o) => ({ ...o, re: new RegExp(o.path), met: 0 }));
const expected = JSON.parse(readFileSync(expectedFile, 'utf8'));

const GRANTED = { 'fs.read': ['./'], 'fs.write': ['./'], 'net.connect': ['127.0.0.1:*', 'localhost'], 'net.listen': ['127.0.0.1:0', ':0'], spawn: ['cat', 'true', 'node'], env: ['PATH', 'REACH_KEEP'], stdio: ['stdin', 'stdout', 'stderr'],
  clock: true, random: true, timers: true, process: ['exit', 'signals'], worker: true, eval: true, gc: true, builtins: ['node:inspector'] };
// called in time or not, as the machine pleases
const RACY = /watch|finalized|interval|lookup|data|error|response|closed?$|exit|execFile|inflate|observed|final/;
const MODES = { ambient: { ambient: true }, granted: GRANTED };
const PACKAGES = ['walker-a', 'walker-b', 'victim'];

function layOut(dir, rights) {
  const json = (name, value) => writeFileSync(join(dir, name), JSON.stringify(value));
  cpSync(join(here, 'app'), dir, { recursive: true });
  for (const name of PACKAGES) {
    const at = join(dir, 'node_modules', name);
    mkdirSync(at, { recursive: true });
    json(`node_modules/${name}/package.json`, { name, version: '1.0.0' });
    const files = name === 'victim' ? { 'victim.js': 'index.js' } : { 'walker.js': 'walker.js', 'attempts.js': 'attempts.js', 'roots.js': 'roots.js', 'made.js': 'made.js', 'cert.js': 'cert.js' };
    for (const [from, to] of Object.entries(files)) cpSync(join(here, 'app', from), join(at, to));
    if (name !== 'victim') writeFileSync(join(at, 'index.js'), "exports.make = require('./walker.js');\n");
  }
  json('package.json', { name: 'app', version: '1.0.0', dependencies: Object.fromEntries(PACKAGES.map((n) => [n, '1.0.0'])) });
  json('packsec.policy.json', { version: 1, app: rights, packages: { victim: { timers: true, clock: true } } });
}

async function audit(mode) {
  const dir = temporary(`reach-${mode}`);
  layOut(dir, MODES[mode]);
  const began = Date.now();
  const out = await run([npsx, '--quiet', 'app.js'], { cwd: dir, seconds: 120 });
  if (process.env.REACH_KEEP) writeFileSync(`/tmp/reach-${mode}.log`, out.stderr);
  let report;
  try { report = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')); } catch { report = { crash: `no report: ${out.signal ?? out.status} ${out.stderr.slice(-1500)}` }; }
  if (process.env.REACH_KEEP) console.log(`  kept ${dir}`); else rmSync(dir, { recursive: true, force: true });
  return { mode, report, seconds: (Date.now() - began) / 1000 };
}

let passed = 0;
let failed = 0;
const told = [];
const say = (ok, text) => { if (ok) passed++; else { failed++; told.push(`  ${text}`); } };
const results = await each(Object.keys(MODES), audit);
for (const { mode, report, seconds } of results) {
  say(report.crash === undefined, `${mode}: ${report.crash}`);
  if (report.crash !== undefined) continue;
  console.log(`  ${mode}: ${report.objects.join(' and ')} objects, ${report.shared} of them shared; ${report.authority} identities; ${report.callbacks} values from callbacks; ${seconds.toFixed(1)} s`);
  if (verbose) for (const [name, n] of Object.entries(report.roots)) console.log(`    ${String(n).padStart(6)}  ${name}`);
  if (update) { expected[mode] = { roots: Object.fromEntries(Object.entries(report.roots).map(([k, n]) => [k, Math.floor(n * 0.7)])), callbacks: report.callbackNames.filter((n) => !RACY.test(n)) }; }
  for (const [name, least] of Object.entries(expected[mode]?.roots ?? {})) say((report.roots[name] ?? 0) >= least, `${mode}: ${name}: visited ${report.roots[name] ?? 'nothing'}, expected at least ${least}`);
  for (const name of expected[mode]?.callbacks ?? []) say(report.callbackNames.includes(name), `${mode}: the callback ${name} was never called`);
  for (const [name, n] of Object.entries(report.planted)) say(n > 0, `${mode}: ${name} was not found`);
  for (const [name, why] of Object.entries(report.failed)) if (verbose) console.log(`  ${mode}: ${name} could not be made: ${why}`);
  for (const e of report.uncaught) if (verbose) console.log(`  ${mode}: uncaught ${e}`);
  const findings = report.findings.filter(({ path }) => { const known = open.find(({ re }) => re.test(path)); if (known) known.met++; return known === undefined; });
  say(findings.length === 0, `${mode}: ${findings.length} findings`);
  for (const { kind, what, path } of findings.slice(0, Number(process.env.REACH_SHOW ?? 40))) told.push(`    ${kind}: ${what}\n        ${path}`);
}
for (const { path, met } of open) { say(met > 0, `no longer found: take ${path} off open.json`); }
if (open.length > 0) console.log(`  ${open.length} known leaks are open`);
for (const line of told) console.log(line);
if (update) writeFileSync(expectedFile, `${JSON.stringify(expected, null, 1)}\n`);
finish(passed, failed);
