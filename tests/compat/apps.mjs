// Each program in apps/src is laid out as a project of its own and run three times: under plain node,
// under `npsx learn --write`, and under npsx with the policy that this wrote: boxed, as root (when we are)
// and as an ordinary user. The first and the last must print the same and exit alike.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, lchownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { each, finish, firstLine, needNpsx, node, npsx, root, run } from '../lib.mjs';

const here = join(root, 'tests/compat/apps');
mkdirSync(join(root, 'build'), { recursive: true });
const work = mkdtempSync(join(root, 'build/compat-'));
chmodSync(work, 0o755);
const args = process.argv.slice(2);
const writeDocs = args[0] === '--docs' && args.shift();
const names = args.length ? args : readdirSync(join(here, 'src')).sort();

needNpsx();

// One project tree per lane: the packages are links to the installed ones, the program's files change.
const lanes = [0, 1].map((i) => join(work, `lane${i}`));
for (const lane of lanes) {
  mkdirSync(lane);
  execFileSync('cp', ['-al', join(here, 'node_modules'), lane]);
}
const free = [...lanes];

function layOut(lane, name) {
  for (const entry of readdirSync(lane)) {
    if (entry !== 'node_modules') rmSync(join(lane, entry), { recursive: true, force: true });
  }
  cpSync(join(here, 'src', name), lane, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(here, file), join(lane, file));
  const command = join(lane, 'command.json');
  if (existsSync(command)) return JSON.parse(readFileSync(command));
  return [existsSync(join(lane, 'app.mjs')) ? 'app.mjs' : 'app.js'];
}

// An ordinary user, to whom the project belongs: but not its packages, which are links to installed ones.
const USER = 65534;
const asUser = process.getuid() === 0 ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--'] : null;

function giveAway(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    lchownSync(path, USER, USER);
    if (entry.isDirectory() && entry.name !== 'node_modules') giveAway(path);
  }
  chownSync(dir, USER, USER);
}

function needs(lane) {
  const file = join(lane, 'packsec.policy.json');
  if (!existsSync(file)) return [];
  const policy = JSON.parse(readFileSync(file));
  const short = (values) => (values.length > 6 ? `${values.slice(0, 5).join(' ')} and ${values.length - 5} more` : values.join(' '));
  // Where the project lies is no one's business: programs that look for settings look all the way up.
  const aboveTmp = `\${tmp}/${relative(tmpdir(), root).split('/')[0]}`;
  const told = (values) => [...new Set(values.map((v) => (/^\/(?!(etc|usr|bin)\/)/.test(v) || v === aboveTmp || v.startsWith(`${aboveTmp}/`) ? '(above the project)' : v)))];
  const list = (grants) => Object.entries(grants).map(([cap, value]) =>
    (Array.isArray(value) ? `${cap} ${short(told(value))}` : cap)).join(', ');
  const starter = 'stdio stderr stdout, clock, random, timers';
  return [['app', policy.app ?? {}], ...Object.entries(policy.packages ?? {})]
    .filter(([who, grants]) => Object.keys(grants).length && !(who === '*' && list(grants) === starter))
    .map(([who, grants]) => [who, list(grants)]);
}

// The engine's own frames in a stack trace are no part of what a program prints.
const withoutInternals = (text) => text.split('\n').filter((line) => !/^\s+at .*\bnode:internal\//.test(line)).join('\n');

function difference(plain, boxed) {
  if (boxed.signal) return `ended by ${boxed.signal}`;
  if (boxed.status !== plain.status) return `exit ${boxed.status} instead of ${plain.status}: ${firstLine(boxed.stderr)}`;
  const [before, after] = [plain, boxed].map(({ stdout }) => withoutInternals(stdout));
  if (after === before) return null;
  const [a, b] = [before.split('\n'), after.split('\n')];
  const i = a.findIndex((line, n) => line !== b[n]);
  return `line ${i + 1}: ${JSON.stringify(b[i] ?? null)} instead of ${JSON.stringify(a[i] ?? null)}; ${firstLine(boxed.stderr)}`;
}

async function compare(name) {
  const lane = free.pop();
  try {
    const command = layOut(lane, name);
    const home = `${lane}-home`;
    const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC' };
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    const stdin = join(lane, 'stdin.txt');
    const options = { cwd: lane, env, seconds: 60, input: existsSync(stdin) ? readFileSync(stdin) : '' };
    const plain = await run([node, ...command], options);
    if (plain.signal || !plain.stdout) return { name, why: `does not run under node: ${firstLine(plain.stderr)}` };
    const learn = await run([npsx, 'learn', '--write', ...command], options);
    const learned = needs(lane);
    const written = existsSync(join(lane, 'packsec.policy.json'));
    const why = async (argv, who) => {
      const boxed = await run(argv, options);
      const what = difference(plain, boxed);
      return what && (written ? `${who}${what}` : `learn wrote no policy: ${firstLine(learn.stderr)}`);
    };
    let wrong = await why([npsx, ...command], '');
    if (asUser && !wrong) {
      for (const dir of [lane, home]) giveAway(dir);
      wrong = await why([...asUser, npsx, ...command], 'as an ordinary user: ');
    }
    return { name, why: wrong, learned };
  } finally {
    free.push(lane);
  }
}

function document(results) {
  const installed = (name) => {
    // eslint-cli, express-upload: the package is what the name begins with
    let base = name;
    while (base && !existsSync(join(here, 'node_modules', base))) base = base.slice(0, Math.max(base.lastIndexOf('-'), 0));
    if (!base) return 'in Node';
    return JSON.parse(readFileSync(join(here, 'node_modules', base, 'package.json'))).version;
  };
  const cell = (text) => text.replaceAll('|', '\\|');
  const rows = results.map(({ name, why, learned = [] }) =>
    `| ${name} | ${installed(name)} | ${why ? `no: ${cell(why)}` : 'yes'} | ` +
    `${learned.map(([who, what]) => `\`${who}\` ${cell(what)}`).join('<br>') || 'nothing more'} |`);
  return `# Applications that run

Written by \`tests/compat/run-apps --docs\`. Each program runs unmodified under plain node and under npsx with
the policy that \`npsx learn --write\` wrote for it, boxed, as root and as an ordinary user; *runs* means the same output and the same exit status.
The programs are in tests/compat/apps/src. Besides what is *needed*, packages held the
starter grants (clock, random, timers, standard output); everything else was denied.
The packages' own test suites: [compat-suites.md](compat-suites.md).

| program | version | runs | needed |
|---|---|---|---|
${rows.join('\n')}
`;
}

const results = await each(names, compare, lanes.length);
for (const { name, why } of results) console.log(why ? `  ${name}: ${why}` : `  ${name}: same output`);
if (writeDocs) writeFileSync(join(root, 'docs/compat.md'), document(results));
rmSync(work, { recursive: true, force: true });
const failed = results.filter((r) => r.why).length;
console.log(`applications: ${results.length}, run under a learnt policy: ${results.length - failed}`);
finish(results.length - failed, failed);
