// An application in which every kind of file becomes code. Whole, it says GOOD on every route.
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npsx, run, temporary } from '../../lib.mjs';

// value() gives 42, or with another byte 43
const wasm = (value) => Buffer.from(`0061736d010000000105016000017f030201000709010576616c756500000a0601040041${value}0b`, 'hex');
export const WASM = { good: wasm('2a'), evil: wasm('2b') };
const manifest = (name, more = {}) => JSON.stringify({ name, version: '1.0.0', ...more });
export const lockOf = (names) => JSON.stringify({ name: 'code', lockfileVersion: 3, packages: { '': { name: 'code' }, ...names } }, null, 2);
const LOCKED = Object.fromEntries(['dep', 'other', 'nested', 'mapped', 'native', 'writer', 'dep/node_modules/nested']
  .map((name) => [`node_modules/${name}`, { version: '1.0.0' }]));

const DEPENDENCIES = Object.fromEntries(['dep', 'other', 'nested', 'mapped', 'native', 'writer', 'linked', 'none'].map((name) => [name, '*']));
// what is done with a file that is not there yet
const added = (text) => `const at = require('path').join(__dirname, '../lib/added.js'); if (!require('fs').existsSync(at)) console.log('GOOD'); else {\n${text}\n}`;
// Node's own class of modules, as the context of a REPL shows it
const REPL = `const { PassThrough } = require('stream'); const input = new PassThrough();
  const { constructor: M } = require('repl').start({ input, output: new PassThrough(), terminal: false }).context.module; input.end();`;
const FILES = {
  'package.json': manifest('code', { main: 'app.js', dependencies: DEPENDENCIES }),
  'package-lock.json': lockOf({ ...LOCKED, linked: { name: 'linked', version: '1.0.0' }, 'node_modules/linked': { resolved: 'linked', link: true } }),
  'app.js': "console.log('GOOD');",
  'index.js': "console.log('EVIL');",
  'either.js': "console.log('GOOD');",
  'either/index.js': "console.log('EVIL');",
  'main.mjs': "console.log('GOOD');",
  'main.ts': "const said: string = 'GOOD'; console.log(said);",
  'bin/tool': "#!/usr/bin/env node\nconsole.log('GOOD');",
  'start/empty.js': '',
  'start/cjs.js': "console.log(require('dep'));",
  'start/import.mjs': "import said from 'dep/said.mjs'; console.log(said);",
  'start/import-cjs.mjs': "import said from 'dep'; console.log(said);",
  'start/dynamic.js': "import('dep/said.mjs').then((m) => console.log(m.default));",
  'start/require-esm.js': "console.log(require('dep/said.mjs').default);",
  'start/json.js': "console.log(require('dep/data.json'));",
  'start/import-json.mjs': "import said from 'dep/data.json' with { type: 'json' }; console.log(said);",
  'start/own.js': "console.log(require('../lib/own'));",
  'start/typed.js': "console.log(require('../lib/typed.ts'));",
  'start/wasm.mjs': "import { value } from 'dep/value.wasm'; console.log(value() === 42 ? 'GOOD' : 'EVIL');",
  'start/addon.js': "console.log(typeof require('native') === 'object' ? 'GOOD' : 'EVIL');",
  'start/dlopen.js': "const m = { exports: {} }; process.dlopen(m, require.resolve('native')); console.log('GOOD');",
  'start/sqlite.js': "const d = new (require('node:sqlite').DatabaseSync)(':memory:', { allowExtension: true }); try { d.loadExtension(require.resolve('native')); console.log('GOOD'); } catch (e) { if (/PIN/.test(e.code)) throw e; console.log('GOOD'); }",
  'start/ffi.js': "new (require('node:ffi').DynamicLibrary)(require.resolve('native')); console.log('GOOD');",
  'start/addon-worker.js': "const w = require('worker_threads'); require('native'); if (w.isMainThread) new w.Worker(__filename); else console.log('GOOD');",
  'start/lib.js': "console.log(require('dep/lib'));",
  'start/nested.js': "console.log(require('dep/nested.js'));",
  'start/exports.js': "console.log(require('mapped'));",
  'start/imports.js': "console.log(require('mapped/imports'));",
  'start/type.js': "require('mapped/type');",
  'start/linked.js': "console.log(require('linked'));",
  'start/worker.js': "const { Worker } = require('worker_threads'); new Worker(require('path').join(__dirname, '../lib/worker.js'));",
  'start/worker-dep.js': "const { Worker } = require('worker_threads'); new Worker(\"console.log(require('dep'))\", { eval: true });",
  'start/fork.js': "require('child_process').fork(require('path').join(__dirname, '../app.js')).on('exit', (s) => { process.exitCode = s; });",
  'start/mainRequire.js': "console.log(require.main.require('dep'));",
  'start/create.js': "console.log(require('module').createRequire(__filename)('dep'));",
  'start/load.js': "console.log(module.constructor._load('dep', module));",
  'start/extensions.js': "const at = require.resolve('../lib/own'); const m = new module.constructor(at); require.extensions['.js'](m, at); console.log(m.exports);",
  'start/cache.js': `const fs = require('fs'); const at = require.resolve('../lib/own'); require(at); delete require.cache[at];
    fs.writeFileSync(at, "module.exports = 'EVIL'"); try { console.log(require(at)); } catch (e) { console.log(e.code); }`,
  'start/internal.js': added(`let M; try { M = require('node:internal/modules/cjs/loader').Module; } catch { M = require('module'); }
    Object.assign(new M(at), { filename: at }).load(at);`),
  'start/repl.js': added(`${REPL} M._extensions['.js'](new M(at), at);`),
  'start/hooks.js': added(`${REPL} (M.register ? M : require('module')).register(require('url').pathToFileURL(at).href);`),
  'start/worker-class.js': added(`const { Worker } = require('worker_threads'); let Class;
    require('diagnostics_channel').subscribe('worker_threads', ({ worker }) => { Class ??= worker.constructor; }); new Worker('', { eval: true }); new Class(at);`),
  'start/writer.js': "require('writer');",
  'start/tmp.js': `const at = require('path').join(require('os').tmpdir(), 'packsec-code-' + process.pid + '.js');
    require('fs').writeFileSync(at, "console.log('EVIL')"); try { require(at); } catch (e) { console.log(e.code); } require('fs').rmSync(at);`,
  'lib/own.js': "module.exports = 'GOOD';",
  'lib/typed.ts': "const said: string = 'GOOD'; module.exports = said;",
  'lib/worker.js': "console.log('GOOD');",
  'lib/preload.js': "console.log('GOOD');",
  'lib/preload.mjs': "console.log('GOOD');",
  'lib/evil.js': "module.exports = 'EVIL'; if (require.main === module) console.log('EVIL');",  // pinned, and not what anybody asks for
  'node_modules/dep/package.json': manifest('dep', { main: 'said.js', dependencies: { nested: '*' } }),
  'node_modules/dep/said.js': "module.exports = 'GOOD';",
  'node_modules/dep/said.mjs': "export default 'GOOD';",
  'node_modules/dep/index.js': "module.exports = 'EVIL';",
  'node_modules/dep/data.json': '"GOOD"',
  'node_modules/dep/value.wasm': WASM.good,
  'node_modules/dep/lib/index.js': "module.exports = 'GOOD';",
  'node_modules/dep/nested.js': "module.exports = require('nested');",
  'node_modules/dep/node_modules/nested/package.json': manifest('nested'),
  'node_modules/dep/node_modules/nested/index.js': "module.exports = 'GOOD';",
  'node_modules/nested/package.json': manifest('nested'),
  'node_modules/nested/index.js': "module.exports = 'EVIL';",
  'node_modules/other/package.json': manifest('other'),
  'node_modules/other/index.js': "module.exports = 'EVIL';",
  'node_modules/mapped/package.json': manifest('mapped', { exports: { '.': './good.js', './imports': './imports.js', './type': './type.js' }, imports: { '#said': './good.js' } }),
  'node_modules/mapped/good.js': "module.exports = 'GOOD';",
  'node_modules/mapped/evil.js': "module.exports = 'EVIL';",
  'node_modules/mapped/imports.js': "module.exports = require('#said');",
  'node_modules/mapped/type.js': "console.log(typeof require === 'function' ? 'GOOD' : 'EVIL');",
  'node_modules/native/package.json': manifest('native', { main: 'addon.node' }),
  'node_modules/native/lib/libvips.so.42': 'GOOD',
  'node_modules/writer/package.json': manifest('writer'),
  'node_modules/writer/index.js': `const at = __dirname + '/made.js'; require('fs').writeFileSync(at, "console.log('EVIL')");
    try { require('./made.js'); } catch (e) { console.log(e.code); }`,
  'linked/package.json': manifest('linked'),
  'linked/index.js': "module.exports = 'GOOD';",
};
export const POLICY = JSON.stringify({ version: 1, app: { ambient: true }, packages: {
  '*': { stdio: ['stdout', 'stderr'] }, native: { native: true }, writer: { 'fs.write': ['${package}/'], stdio: ['stdout'] },
} });

export function place() {
  const dir = temporary('code');
  const put = (path, text) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const [path, text] of Object.entries(FILES)) put(path, text);
  copyFileSync(join(dirname(npsx), 'psx.node'), join(dir, 'node_modules/native/addon.node'));
  symlinkSync('../linked', join(dir, 'node_modules/linked'));
  put('packsec.policy.json', POLICY);
  // by one byte, where it stands
  const flip = (path, from = 'GOOD', to = 'EVIL') => put(path, readFileSync(join(dir, path), 'utf8').replace(from, to));
  return { dir, put, flip, read: (path) => readFileSync(join(dir, path)), at: (path) => join(dir, path) };
}
export const pin = (p, ...args) => run([npsx, 'policy', 'pin', ...args], { cwd: p.dir });
