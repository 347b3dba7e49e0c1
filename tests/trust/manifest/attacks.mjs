// Ways around a manifest. app.js lists what it needs; dep.js has no dependencies and wants some. Each prints OWNED when it got away with it.
// `fires`: it does so under Node 20.20.2 with the same manifest (by hand: NODE20=/usr/bin/node node attacks.mjs).
import { npsx, run } from './run.mjs';

const APP = "require('./dep.js')";
const resources = (app, dep = {}) => ({ resources: { './app.js': { integrity: true, dependencies: { './dep.js': true, ...app } }, './dep.js': { integrity: true, dependencies: dep } } });
const got = (expression) => `if (typeof (${expression}).cpus === 'function') console.log('OWNED');`;
// files of the program beside app.js and dep.js; app: what app.js lists; manifest: all of it, in place of the usual
const attack = (name, fires, dep, more = {}) => ({ name, fires, manifest: more.manifest ?? resources(more.app, more.dep), args: more.args ?? ['app.js'],
  files: { 'app.js': more.main ?? APP, 'dep.js': dep, ...more.files } });
// what a file does the first time that it runs; the second time it wants os
const again = (first) => `if (!globalThis.again) { globalThis.again = 1; ${first} } else ${got("require('os')")}`;
const OS = { app: { os: true } };
const usesOs = `import os from 'os'; ${got('os')}`;
const dataUrl = (text) => `data:text/javascript,${encodeURIComponent(text)}`;

export const attacks = [
  attack('process.mainModule.require (CVE-2023-23918)', false, got("process.mainModule.require('os')")),
  attack('process.mainModule.require of what main may', true, got("process.mainModule.require('os')"), OS),
  attack('process.mainModule.__proto__.require (CVE-2023-30581)', false, got("process.mainModule.__proto__.require('os')")),
  attack('the prototype of modules has another module\'s require', true, "module.__proto__.__defineSetter__ && 0; setImmediate(() => { " + got("process.mainModule.__proto__.require('os')") + ' })',
    { app: { './last.js': true }, main: "require('./dep.js'); require('./last.js')", files: { 'last.js': '' },
      manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './dep.js': { integrity: true }, './last.js': { integrity: true, dependencies: { os: true } } } } }),
  attack('module.constructor._load (CVE-2023-32002)', false, got("module.constructor._load('os')")),
  attack('new require.main.constructor() (CVE-2023-32002)', false, `const m = new require.main.constructor(); ${got("m.require('os')")}`),
  attack('require.extensions with an object of one\'s own (CVE-2023-32002)', true,
    "const m = { _compile(text) { if (text.includes('SECRET')) console.log('OWNED'); }, paths: [] }; require.extensions['.js'](m, __dirname + '/secret.js')", { files: { 'secret.js': '// SECRET' } }),
  attack('require.extensions reads JSON', false, "const m = {}; require.extensions['.json'](m, __dirname + '/secret.json'); if (m.exports.x) console.log('OWNED')", { files: { 'secret.json': '{"x":1}' } }),
  attack('module.constructor.createRequire (CVE-2023-32006)', false, got("module.constructor.createRequire(__dirname + '/app.js')('os')"), OS),
  attack('process.binding (CVE-2023-32559)', false, "if (process.binding('fs').open) console.log('OWNED')"),
  attack('process._linkedBinding', false, "if (process._linkedBinding('fs').open) console.log('OWNED')"),
  attack('a patched Hash.prototype.digest (CVE-2023-38552)', false, "console.log('OWNED')", {
    main: `const { createHash } = require('crypto'); const h = createHash('sha256'); const right = h.digest('base64');
      const handle = h[Object.getOwnPropertySymbols(h).find((s) => s.description === 'kHandle')];
      for (const p of [Object.getPrototypeOf(h), handle && Object.getPrototypeOf(handle)]) try { p.digest = () => right; } catch {}
      require('./dep.js')`,
    manifest: { resources: { './app.js': { integrity: true, dependencies: { crypto: true, './dep.js': true } }, './dep.js': { integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' } } } }),
  attack('process.getBuiltinModule', true, got("process.getBuiltinModule('os')")),
  attack('process.dlopen of a file that is not listed', true, "process.dlopen({ exports: {} }, process.env.ADDON); console.log('OWNED')"),
  attack('a child of the program', true, '', { app: { child_process: true },
    main: "require('child_process').spawnSync(process.execPath, [__dirname + '/evil.js'], { stdio: 'inherit' })", files: { 'evil.js': got("require('os')") } }),
  attack('a child of the program with a text', true, '', { app: { child_process: true },
    main: `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(got("require('os')"))}], { stdio: 'inherit' })` }),
  attack('a worker with a text', false, '', { app: { worker_threads: true },
    main: `new (require('worker_threads').Worker)(${JSON.stringify(got("require('os')"))}, { eval: true }).on('error', () => {})` }),
  attack('a worker with a file that is not listed', false, '', { app: { worker_threads: true }, files: { 'evil.js': "console.log('OWNED')" },
    main: "new (require('worker_threads').Worker)(__dirname + '/evil.js').on('error', () => {})" }),
  attack('a worker with a data: URL', false, '', { app: { worker_threads: true },
    main: `new (require('worker_threads').Worker)(new URL(${JSON.stringify(dataUrl("console.log('OWNED')"))})).on('error', () => {})` }),
  attack('import() of a builtin', false, `import('os').then((os) => { ${got('os')} }, () => {})`),
  attack('import() in a text for eval', false, `eval("import('os')").then((os) => { ${got('os')} }, () => {})`),
  attack('import() in new Function', false, `new Function("return import('os')")().then((os) => { ${got('os')} }, () => {})`),
  attack('import() in the constructor of async functions', false, `(async () => {}).constructor("return import('os')")().then((os) => { ${got('os')} }, () => {})`),
  attack('import() of a data: URL', false, `import(${JSON.stringify(dataUrl("console.log('OWNED')"))}).catch(() => {})`),
  attack('import() of a data: URL that imports', false, `import(${JSON.stringify(dataUrl(usesOs))}).catch(() => {})`, { dep: true }),
  attack('a vm script with import()', true, '', { app: { vm: true },
    main: `const vm = require('vm'); vm.runInThisContext("import('os')", { importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER }).then((os) => { ${got('os')} }, () => {})` }),
  attack('module.parent', true, got("module.parent.require('os')"), OS),
  attack('require.main.require', true, got("require.main.require('os')"), OS),
  attack('require.cache leads to other modules', true, `for (const m of Object.values(require.cache)) if (m !== module) try { ${got("m.require('os')")} } catch {}`, OS),
  attack('require.cache gives another module\'s exports', true, "require.cache[__dirname + '/other.js'] = { id: 'x', exports: () => console.log('OWNED'), loaded: true }", {
    app: { './other.js': true }, main: "require('./dep.js'); require('./other.js')()", files: { 'other.js': 'module.exports = () => {}' },
    manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './dep.js': { integrity: true }, './other.js': { integrity: true } } } }),
  attack('the arguments of the caller', true, `exports.f = function f() { const r = f.caller.arguments[1]; ${got("r('os')")} }`, { ...OS, main: "require('./dep.js').f()" }),
  attack('a link to a file that is not listed', false, '', { app: { './link.js': true }, main: "require('./link.js')", files: { 'evil.js': "console.log('OWNED')", 'link.js': { link: 'evil.js' } },
    manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './link.js': { integrity: true } } } }),
  attack('require() of an ES module that is not listed', false, "require('./evil.mjs')", { dep: true, files: { 'evil.mjs': "console.log('OWNED')" } }),
  attack('node: in front', false, got("require('node:os')"), { dep: { fs: true } }),
  attack('fs by another name', false, got("require('node:os')"), { dep: { os: null } }),
  attack('percent-encoded', false, "import('./%65vil.mjs').catch(() => {})", { dep: true, files: { 'evil.mjs': "console.log('OWNED')" } }),
  attack('a query behind the name', false, "import('./app.js?x').catch(() => {})", { dep: true, main: "require('./dep.js'); if (import.meta) console.log('OWNED')" }),
  attack('a way around', false, "require('./dep.js/../evil.js')", { dep: { './dep.js': true }, files: { 'evil.js': "console.log('OWNED')" } }),
  attack('JSON that is not listed', false, "if (require('./secret.json').x) console.log('OWNED')", { dep: true, files: { 'secret.json': '{"x":1}' } }),
  attack('package.json that is not listed', false, "require('#x')", { dep: true, files: { 'package.json': '{"imports":{"#x":"./evil.js"}}', 'evil.js': "console.log('OWNED')" } }),
  attack('a package\'s main', false, "require('p')", { dep: true, files: { 'node_modules/p/package.json': '{"main":"./evil.js"}', 'node_modules/p/evil.js': "console.log('OWNED')" } }),
  attack('a file that was changed', false, "console.log('OWNED')", {
    manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './dep.js': { integrity: 'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==' } } } }),
  attack('a main script that is not listed', false, '', { args: ['evil.js'], files: { 'evil.js': "console.log('OWNED')" } }),
  attack('a text on the command line', false, '', { args: ['-e', got('os')] }),
  attack('a preload that is not listed', false, '', { args: ['-r', './evil.js', 'app.js'], files: { 'evil.js': "console.log('OWNED')" } }),
  attack('module._compile', true, "module._compile(\"if (require('os').cpus) console.log('OWNED')\", __dirname + '/app.js')", {
    manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './dep.js': { integrity: true } } } }),
  attack('module._compile in the name of a file with a digest', false, "module._compile(\"console.log('OWNED')\", __dirname + '/other.js')", {
    manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './dep.js': { integrity: true },
      './other.js': { integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', dependencies: true } } } }),
  attack('a worker with the text of an ES module', true, '', { app: { worker_threads: true },
    main: `new (require('worker_threads').Worker)("import.meta; console.log('OWNED')", { eval: true }).on('error', () => {})` }),
  attack('require.extensions gives a file the module of another', false, again("require.extensions['.js'](process.mainModule, __filename)"), OS),
  attack('require.extensions loads what is no dependency', false, "require.extensions['.js']({ exports: {}, paths: [], _compile: module._compile }, __dirname + '/other.js')", { files: { 'other.js': "console.log('OWNED')" },
    manifest: { resources: { './app.js': { integrity: true, dependencies: true }, './dep.js': { integrity: true }, './other.js': { integrity: true } } } }),
  attack('_compile of another module', false, again("process.mainModule._compile(\"if (require('os').cpus) console.log('OWNED')\", __filename)"), OS),
  attack('_compile in the name of another file, and import()', true, "module._compile(\"import('os').then((os) => { if (os.cpus) console.log('OWNED') })\", __dirname + '/app.js')", OS),
  attack('process.execve', false, "process.execve('/bin/echo', ['echo', 'OWNED'])"),
  attack('Node\'s own modules as builtins', false, "if (require('node:internal/modules/cjs/loader').Module) console.log('OWNED')", { dep: true }),
];

export const fires = (program, a) => run(program, a).out.includes('OWNED');
if (process.env.NODE20 !== undefined && process.argv[1] === import.meta.filename) {
  for (const a of attacks) {
    const [there, here] = [fires(process.env.NODE20, a), fires(npsx, a)];
    console.log(`${there === a.fires && !here ? '      ' : 'WRONG '} Node 20: ${there ? 'fires' : 'fails'}, npsx: ${here ? 'fires' : 'fails'}: ${a.name}`);
  }
}
