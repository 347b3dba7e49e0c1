// The test suites that packages ship in their npm tarball, run under plain node and under npsx, and compared
// test by test. The package under test holds what suites/suites.json says it needs; its tests are laid out as an
// application: a project with the package's own files, in which each source file is only a pointer to the installed
// package. So the tests are nobody's authority but their own, and the package is a package.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { each, finish, firstLine, needNpsx, node, npsx, root, run } from '../lib.mjs';

const here = join(root, 'tests/compat/suites');
const suites = JSON.parse(readFileSync(join(here, 'suites.json')));
const verbose = process.argv.includes('--verbose');
const writeDocs = process.argv.includes('--docs');
const args = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const names = args.length ? args : Object.keys(suites);

needNpsx();
mkdirSync(join(root, 'build'), { recursive: true });
const work = mkdtempSync(join(root, 'build/suites-'));
const lanes = [0, 1].map((i) => join(work, `lane${i}`));
for (const lane of lanes) {
  mkdirSync(lane);
  execFileSync('cp', ['-al', join(here, 'node_modules'), lane]);
}
const free = [...lanes];

// -- the project: tests and fixtures as they are, sources as pointers
const DRIVER = `for (const file of process.argv.slice(2)) require(require('path').resolve(file));\n`;
const pointer = (from, to) => {
  const path = relative(dirname(from), to);
  return `module.exports = require('${path.startsWith('.') ? path : `./${path}`}');\n`;
};
function layOut(lane, name, suite) {
  for (const entry of readdirSync(lane)) if (entry !== 'node_modules') rmSync(join(lane, entry), { recursive: true, force: true });
  const source = join(lane, 'node_modules', name);
  const tests = new Set(globSync(suite.tests, { cwd: source }).flatMap((path) => under(source, path)));
  for (const path of under(source, '.')) {
    const target = join(lane, path);
    mkdirSync(dirname(target), { recursive: true });
    if (tests.has(path) || !/\.c?js$/.test(path)) cpSync(join(source, path), target);
    else writeFileSync(target, pointer(target, join(source, path)));
  }
  for (const path of tests) if (/\.c?js$/.test(path)) edit(join(lane, path), suite);
  writeFileSync(join(lane, 'suite.cjs'), DRIVER);
  writeFileSync(join(lane, 'packsec.policy.json'), JSON.stringify({ version: 1, app: { ambient: true }, packages: { ...common, [name]: suite.needs, ...suite.others } }));
  cpSync(join(here, 'package-lock.json'), join(lane, 'package-lock.json'));
  return globSync(suite.files, { cwd: lane, exclude: Object.keys(suite.withoutFiles ?? {}) }).sort();
}
// What a harness of another name needs, and the tests that are left out: they run nowhere, and are counted.
function edit(file, { edits = [], without = {} }) {
  const before = readFileSync(file, 'utf8');
  let text = before;
  for (const [from, to] of edits) text = text.replaceAll(from, to);
  for (const title of Object.keys(without)) text = text.replaceAll(`'${title}', `, `'${title}', { skip: true }, `);
  if (text === before) return;
  rmSync(file);
  writeFileSync(file, text);
}
function under(base, path) {
  const full = join(base, path);
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full).filter((e) => e !== 'node_modules').flatMap((e) => under(base, path === '.' ? e : join(path, e)));
}

// Harnesses are packages too, and report on standard output.
const common = {
  '*': { clock: true, random: true, timers: true, stdio: ['stdout', 'stderr'] },
  tape: { process: ['exit'], env: ['NODE_TAPE_OBJECT_PRINT_DEPTH', 'TODO_IS_OK'] },
  tap: { process: ['exit'], env: ['NODE_TAPE_OBJECT_PRINT_DEPTH', 'TODO_IS_OK'] },
  y18n: { 'fs.read': ['./node_modules/yargs/'] },
  superagent: { 'net.connect': ['127.0.0.1'] },
};

// -- what a run said: [[test, outcome]]
function tap(text) {
  const results = [];
  let section = '';
  for (const line of text.split('\n')) {
    const [, no, rest] = /^(not )?ok \d+ ?(?:- )?(.*)$/.exec(line) ?? [];
    if (rest !== undefined) results.push([`${section} > ${rest.replace(/ # (SKIP|TODO).*$/, '')}`, / # SKIP/.test(rest) ? 'skip' : no ? 'not ok' : 'ok']);
    else if (/^# (?!tests |pass|fail|ok$|skip|todo)/.test(line)) section = line.slice(2);
  }
  return results;
}
const OUTCOMES = { '✔': 'ok', '✖': 'not ok', '﹣': 'skip' };
function spec(text) {
  const results = [];
  for (const line of text.split('\n')) {
    if (/failing tests:/.test(line)) break;                // told once more
    const [, mark, name] = /^\s*([✔✖﹣]) (.*?)(?: \([\d.]+ms\))?(?: # .*)?$/.exec(line) ?? [];
    if (mark) results.push([name, OUTCOMES[mark]]);
  }
  return results;
}
const HARNESS = {
  tape: { commands: (files) => [['suite.cjs', ...files]], parse: tap },
  mocha: { commands: (files, options = []) => [['node_modules/mocha/bin/_mocha', '--exit', '--no-config', '--no-package', '--reporter', 'tap', ...options, ...files]], parse: tap },
  node: { commands: (files) => [['suite.cjs', ...files]], parse: spec },
  // no names: each file is one test, which passes when it exits with 0
  script: { commands: (files) => files.map((f) => [f]), parse: (text, command, status) => [[command[0], status === 0 ? 'ok' : 'not ok']] },
};

async function outcomes(program, commands, parse, options) {
  const all = [];
  for (const command of commands) {
    const result = await run([...program, ...command], options);
    all.push(...parse(result.stdout, command, result.status), [`exit status of ${command[0]}`, result.signal ?? String(result.status)]);
    if (verbose) process.stdout.write(`---- ${program[0]} ${command.join(' ')}\n${result.stdout.slice(-20000)}${result.stderr.slice(-8000)}`);
    if (result.stderr) all.complaint ??= firstLine(result.stderr);
  }
  return all;
}

// Tests of one name are told apart by how often they came; places and times in a name are no part of it.
const stable = (name) => name.replaceAll(/\S*\/lane\d/g, '').replaceAll(/\b\d+ ?ms\b/g, 'n ms').replaceAll(/\b\w{3} \w{3} \d\d \d{4} [\d:]{8} GMT\S*/g, 'a date');
function counted(list) {
  const seen = new Map();
  return new Map(list.map(([told, outcome]) => {
    const name = stable(told);
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return [n === 1 ? name : `${name} (${n})`, outcome];
  }));
}

async function compare(name) {
  const suite = suites[name];
  const lane = free.pop();
  try {
    const files = layOut(lane, name, suite);
    const { commands, parse } = HARNESS[suite.harness];
    const env = { PATH: process.env.PATH, HOME: `${lane}-home`, TMPDIR: `${lane}-tmp`, LANG: 'C.UTF-8', TZ: 'UTC', ...suite.env };
    for (const dir of [env.HOME, env.TMPDIR]) mkdirSync(dir, { recursive: true });
    const options = { cwd: lane, env, seconds: 60 };
    const asked = suite.each ? files.flatMap((file) => commands([file], suite.options)) : commands(files, suite.options);
    const plainList = await outcomes([node], asked, parse, options);
    const boxedList = await outcomes([npsx, '--quiet'], asked, parse, options);
    const [plain, boxed] = [counted(plainList), counted(boxedList)];
    const differs = [...plain].filter(([test, outcome]) => boxed.get(test) !== outcome).map(([test, outcome]) => `${test}: ${boxed.get(test) ?? 'did not run'} instead of ${outcome}`);
    for (const test of boxed.keys()) if (!plain.has(test)) differs.push(`${test}: ran under npsx only`);
    const own = plain.size - asked.length;                    // the exit statuses are ours
    const passing = [...plain.values()].filter((o) => o === 'ok').length;
    return { name, total: own, passing, differs, complaint: boxedList.complaint };
  } finally {
    free.push(lane);
  }
}

function document() {
  const grants = (needs) => Object.entries(needs).map(([cap, value]) => (value === true ? cap : `${cap} ${value.join(' ')}`)).join(', ') || 'nothing';
  const reasons = (suite) => [...Object.entries(suite.without ?? {}), ...Object.entries(suite.withoutFiles ?? {})].map(([what, why]) => `${what}: ${why}`);
  const cell = (text) => text.replaceAll('|', '\\|');
  const rows = results.map(({ name, total, differs }) => `| ${name} | ${version(name)} | ${grants(suites[name].needs)} | ${total} | ${total - differs.length} | ` +
    `${cell([...differs.map((d) => d.slice(0, 100)), ...reasons(suites[name]).map((r) => `left out: ${r}`)].join('<br>'))} |`);
  return `# Test suites that run

Written by \`tests/compat/run-suites --docs\`. Packages whose npm tarball contains their tests, run as they are under plain
node and under npsx, and compared test by test: *same* counts the tests with the same outcome. The package under test holds
what stands in *holds* and the starter grants; its tests are the application. Exit statuses are compared as well.

| package | version | holds | tests | same | different, or left out in both |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

const version = (name) => JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'))).version;
const results = await each(names, compare, lanes.length);
let bad = 0;
for (const { name, total, passing, differs, complaint } of results) {
  const { known = {}, least } = suites[name];
  const unexpected = differs.filter((d) => !Object.keys(known).some((k) => d.includes(k)));
  const few = passing < least;
  if (unexpected.length || few) bad++;
  const knownCount = differs.length - unexpected.length;
  console.log(`  ${name} ${version(name)}: ${total - differs.length} of ${total} tests as under node (${passing} pass there)` +
    `${knownCount ? `, ${knownCount} known to differ` : ''}${few ? `; fewer than ${least} ran` : ''}`);
  for (const d of unexpected.slice(0, verbose ? Infinity : 8)) console.log(`      ${d.slice(0, 300)}`);
  if (unexpected.length && complaint) console.log(`      ${complaint}`);
}
rmSync(work, { recursive: true, force: true });
if (writeDocs) writeFileSync(join(root, 'docs/compat-suites.md'), document());
const tests = results.reduce((n, r) => n + r.total, 0);
const same = results.reduce((n, r) => n + r.total - r.differs.length, 0);
console.log(`suites: ${results.length}, tests: ${tests}, the same under npsx: ${same}`);
finish(results.length - bad, bad);
