// Runs matrix.txt: every row four times under plain node, which must run all of it whatever the securebits say, then under npsx,
// where the row says what happens. Twice: bare, and with an audit, whose record of the file must agree. `own`: node has no such option.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { each, finish, needNpsx, node, npsx, root, run, temporary } from '../../lib.mjs';

needNpsx();
const WITH = join(dirname(npsx), 'src/addon/with-securebits');
const STATES = [['restrict=0', 'deny=0'], ['restrict=1', 'deny=0'], ['restrict=0', 'deny=1'], ['restrict=1', 'deny=1']];
const SAYS = {
  mode: /its mode does not make it executable, and only executable files run here \(securebits EXEC_RESTRICT_FILE\).*chmod \+x /,
  mount: /it lies on a file system that is mounted noexec, and only executable files run here \(securebits EXEC_RESTRICT_FILE\)/,
  command: /only files run here and no commands \(interactive use is disabled by the process's securebits \(EXEC_DENY_INTERACTIVE\)\)/,
  kernel: /failed to map segment/,
};

// -- the project: files of each place, and starters that are executable everywhere but under test
const project = temporary('exec');
const put = (path, text, mode = 0o755) => {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
  chmodSync(join(project, path), mode);
};
const WASM = Buffer.from('0061736d010000000105016000017f030201000709010576616c756500000a06010400412a0b', 'hex');
const FILES = {
  'script.js': "console.log('RAN');", 'module.js': "module.exports = 'RAN';", 'module.mjs': "export default 'RAN';", 'data.json': '"RAN"',
  'typed.ts': "const s: string = 'RAN'; console.log(s);", 'value.wasm': WASM, 'preload.js': "console.log('RAN');", 'preload.mjs': "console.log('RAN');",
  'worker.js': "console.log('RAN');", 'env': 'TOLD=RAN\n', 'policy.json': '{"version":1,"app":{"ambient":true}}\n', 'empty.js': '',
  'node_modules/dep/index.js': "module.exports = 'RAN';",
};
const EXECUTABLE = ['node_modules/dep/package.json', 'described/index.js'];    // beside the file under test
const PLACES = { '0644': 0o644, '0755': 0o755, noexec: 0o755 };
mkdirSync(join(project, 'noexec'), { recursive: true });
execFileSync('mount', ['-t', 'tmpfs', '-o', 'noexec,size=16m', 'tmpfs', join(project, 'noexec')]);
put('package.json', '{"name":"matrix","version":"1.0.0"}', 0o644);
put('tell.js', 'console.log(process.env.TOLD);');
put('told.js', "console.log('RAN');");
for (const [place, mode] of Object.entries(PLACES)) {
  for (const [name, text] of Object.entries(FILES)) put(`${place}/${name}`, text, mode);
  copyFileSync(join(dirname(npsx), 'psx.node'), join(project, place, 'addon.node'));
  chmodSync(join(project, place, 'addon.node'), mode);
  put(`${place}/node_modules/dep/package.json`, '{"name":"dep","version":"1.0.0"}', 0o644);
  put(`start/${place}/require.js`, `console.log(require('../../${place}/module.js'));`);
  put(`start/${place}/import.mjs`, `import v from '../../${place}/module.mjs'; console.log(v);`);
  put(`start/${place}/json.js`, `console.log(require('../../${place}/data.json'));`);
  put(`start/${place}/import-json.mjs`, `import v from '../../${place}/data.json' with { type: 'json' }; console.log(v);`);
  put(`start/${place}/wasm.mjs`, `import { value } from '../../${place}/value.wasm'; console.log(value() === 42 ? 'RAN' : 'other');`);
  put(`start/${place}/package.js`, `console.log(require('../../${place}/node_modules/dep'));`);
  put(`start/${place}/worker.js`, `const { Worker } = require('worker_threads'); new Worker(require('path').join(__dirname, '../../${place}/worker.js'));`);
  put(`start/${place}/fork.js`, `require('child_process').fork(require('path').join(__dirname, '../../${place}/script.js')).on('exit', (s) => { process.exitCode = s; });`);
  put(`start/${place}/addon.js`, `console.log(typeof require('../../${place}/addon.node') === 'object' ? 'RAN' : 'other');`);
}
// the description alone is under test: what it leads to may be executed
for (const place of ['0644', '0755']) put(`described-${place}/package.json`, '{"main":"other.js"}', PLACES[place]);
for (const place of ['0644', '0755', 'noexec']) {
  if (place === 'noexec') {
    mkdirSync(join(project, 'described-noexec'), { recursive: true });
    put('noexec/description.json', '{"main":"other.js"}');
    execFileSync('touch', [join(project, 'described-noexec/package.json')]);
    execFileSync('mount', ['--bind', join(project, 'noexec/description.json'), join(project, 'described-noexec/package.json')]);
  }
  put(`described-${place}/other.js`, "console.log('RAN');");
  put(`start/${place}/description.js`, `require('../../described-${place}');`);
}

// -- the routes. -> [arguments, file under test, stdin]; the status is that of a refusal
const DATA = "data:text/javascript,console.log('RAN')";
const started = (name) => (place) => ({ args: [`start/${place}/${name}`], status: 1 });
const ROUTES = {
  script: (place) => ({ args: [`${place}/script.js`], file: 'script.js' }),
  require: (place) => ({ ...started('require.js')(place), file: 'module.js' }),
  import: (place) => ({ ...started('import.mjs')(place), file: 'module.mjs' }),
  json: (place) => ({ ...started('json.js')(place), file: 'data.json' }),
  'stdin-file': (place) => ({ args: ['-'], stdin: `< ${place}/script.js`, file: 'standard input' }),
  'stdin-pipe': (place) => ({ args: ['-'], stdin: `< <(cat ${place}/script.js)`, file: 'standard input' }),
  eval: () => ({ args: ['-e', "console.log('RAN')"] }),
  'import-data': (place) => ({ args: ['--import', DATA, `${place}/empty.js`], file: 'empty.js' }),
  print: () => ({ args: ['-p', "'RAN'"] }),
  'require-data': (place) => ({ args: ['-r', DATA, `${place}/empty.js`], file: 'empty.js', own: true }),
  preload: (place) => ({ args: ['-r', `./${place}/preload.js`, `start/${place}/nothing.js`], file: 'preload.js' }),
  'preload-esm': (place) => ({ args: ['--import', `./${place}/preload.mjs`, `start/${place}/nothing.js`], file: 'preload.mjs' }),
  'import-json': (place) => ({ ...started('import-json.mjs')(place), file: 'data.json' }),
  typescript: (place) => ({ args: [`${place}/typed.ts`], file: 'typed.ts' }),
  wasm: (place) => ({ ...started('wasm.mjs')(place), file: 'value.wasm' }),
  package: (place) => ({ ...started('package.js')(place), file: 'node_modules/dep/index.js' }),
  description: (place) => started('description.js')(place),
  worker: (place) => ({ ...started('worker.js')(place), file: 'worker.js' }),
  fork: (place) => ({ ...started('fork.js')(place), file: 'script.js', status: 126 }),
  addon: (place) => ({ ...started('addon.js')(place), file: 'addon.node' }),
  'env-file': (place) => ({ args: [`--env-file=${place}/env`, 'tell.js'], file: 'env' }),
  policy: (place) => ({ args: [`--policy=${place}/policy.json`, 'told.js'], file: 'policy.json', own: true }),
};
for (const place of Object.keys(PLACES)) put(`start/${place}/nothing.js`, '');

// -- running
const rows = readFileSync(join(import.meta.dirname, 'matrix.txt'), 'utf8').split('\n').filter((l) => l && l[0] !== '#').map((l) => l.split(/\s+/))
  .map(([what, place, ...expected]) => ({ what, place, expected: expected.slice(0, 4), ...ROUTES[what](place) }));
const cases = rows.flatMap((row) => STATES.map((state, i) => ({ ...row, state, expected: row.expected[i] })));

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const start = (program, row, more = []) => run(['bash', '-c', `exec ${[WITH, ...row.state, program, ...more, ...row.args].map(quoted).join(' ')} ${row.stdin ?? ''}`], { cwd: project });
const shown = (r) => `status ${r.status}${r.signal ? ` (${r.signal})` : ''}\n${r.stdout}${r.stderr}`;

function judge(row, r) {
  const ran = /RAN/.test(r.stdout);
  if (row.expected === 'run') return ran && r.status === 0 ? undefined : `should run: ${shown(r)}`;
  if (ran) return `ran, and should be refused (${row.expected})`;
  if (!SAYS[row.expected].test(r.stderr)) return `refused for another reason than ${row.expected}: ${shown(r)}`;
  const status = row.expected === 'command' ? 126 : row.status ?? 126;
  if (r.status !== status) return `refused with status ${r.status} in place of ${status}: ${r.stderr}`;
  if (status === 1 && row.expected !== 'kernel' && !r.stderr.includes('ERR_NOT_EXECUTABLE')) return `no code on the error: ${r.stderr}`;
  return undefined;
}
// The record of the file says what the kernel says, whether or not that counts.
function judgeRecord(row, audit) {
  if (row.file === undefined || row.expected === 'command' && row.file !== 'standard input') return undefined;
  const path = row.file === 'standard input' ? row.file : join(project, row.place, row.file);
  const records = audit.split('\n').filter(Boolean).map((l) => JSON.parse(l)).filter((l) => l.check === 'exec' && l.path === path);
  const good = row.place === '0755' && row.what !== 'stdin-pipe';
  const counts = row.what.startsWith('stdin') ? row.state[1] === 'deny=1' : row.state[0] === 'restrict=1';
  const decided = good ? 'allowed' : counts ? 'denied' : 'would be denied';
  if (records.length === 0) return `no record of ${path} in:\n${audit}`;
  const wrong = records.find((l) => l.result !== (good ? 'allowed' : 'refused') || l.decided !== decided);
  return wrong && `the record is wrong: ${JSON.stringify(wrong)}`;
}

const results = await each(cases, async (row, i) => {
  const control = row.own ? undefined : await start(node, row);
  const fires = row.what === 'addon' && row.place === 'noexec' ? SAYS.kernel.test(control.stderr) : !control || /RAN/.test(control.stdout);
  if (!fires) return `plain node does otherwise: ${shown(control)}`;
  const audit = join(project, `audit-${i}`);
  const bare = await start(npsx, row);
  const told = await start(npsx, row, [`--audit=${audit}`]);
  return judge(row, bare) ?? judge(row, told) ?? judgeRecord(row, existsSync(audit) ? readFileSync(audit, 'utf8') : '');
});
let failed = 0;
results.forEach((why, i) => {
  if (why === undefined) return;
  failed++;
  console.log(`FAILED ${cases[i].what} ${cases[i].place} ${cases[i].state.join(' ')}: ${why}`);
});
execFileSync('umount', ['-l', join(project, 'described-noexec/package.json')]);
execFileSync('umount', ['-l', join(project, 'noexec')]);
rmSync(project, { recursive: true, force: true });
finish(results.length - failed, failed);
