// Programs under a manifest, and in programs.json what Node 20.20.2 does with them: status, standard output, the first error's code. Renewed by hand:
//     NODE20=/usr/bin/node node programs.mjs
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { run } from './run.mjs';

const sri = (text, algorithm = 'sha384') => `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;
const ALL = { integrity: true, dependencies: true };
const ANY = { integrity: true };
const listing = (dependencies) => ({ resources: { './app.js': { ...ANY, dependencies }, './app.mjs': { ...ANY, dependencies }, './dep.js': ANY, './dep.mjs': ANY } });
const program = (name, app, manifest, more = {}) => ({ name, manifest, ...more, files: { [more.main ?? 'app.js']: app, 'dep.js': "module.exports = 'dep'", 'dep.mjs': "export default 'dep'; export const named = 1", ...more.files },
  args: more.args ?? [more.main ?? 'app.js'] });
const esm = (name, app, manifest, more) => program(name, app, manifest, { main: 'app.mjs', ...more });
const tell = (spec) => `try { console.log(typeof require(${JSON.stringify(spec)})) } catch (e) { console.log(e.name, e.code, e.message, String(e.stack).split('\\n')[0]) }`;
const tells = (...specs) => specs.map(tell).join('\n');
const imports = (...specs) => specs.map((s) => `try { console.log(typeof (await import(${JSON.stringify(s)})).default) } catch (e) { console.log(e.name, e.code, e.message) }`).join('\n');
const MODULE_SCOPE = (more) => ({ scopes: { 'file:': { ...ANY, dependencies: { module: true, ...more } } } });

export const programs = [
  program('true', tells('./dep.js', 'fs', './none.js'), listing({ './dep.js': true, fs: true })),
  program('a file in place of another', "console.log(require('./x.js'))", listing({ './x.js': './dep.js' })),
  program('a builtin in place of a file', "console.log(require('./x.js') === require('os'))", listing({ './x.js': 'node:os', os: true })),
  program('a builtin that there is not', tell('./x.js'), listing({ './x.js': 'node:nothing' })),
  program('another scheme in place of a file', tell('./x.js'), listing({ './x.js': 'data:text/javascript,0' })),
  program('no URL in place of a file', tell('./x.js'), listing({ './x.js': 'dep.js' })),
  program('conditions', tells('a', 'b', 'c', 'd', 'e'), listing({ a: { import: 'node:fs', require: 'node:os' }, b: { import: true }, c: { node: { import: true, require: true } }, d: { default: true }, e: {} })),
  esm('conditions of import', imports('a', 'b', 'c', 'd'), listing({ a: { import: 'node:fs', require: 'node:os' }, b: { require: true }, c: { node: { import: './dep.mjs' } }, d: { default: true } })),
  program('conditions of the command line', tells('a'), listing({ a: { mine: 'node:os' } }), { args: ['-C', 'mine', 'app.js'] }),
  program('values that mean nothing', tells('a', 'b', 'c'), listing({ a: null, b: false, c: { require: null } })),
  program('no dependencies', tells('fs', './dep.js'), listing(null)),
  program('no dependencies said', tells('fs', './dep.js'), { resources: { './app.js': ANY } }),
  program('all dependencies', tells('fs', './dep.js', './none.js'), listing(true)),
  program('what is listed is not loaded without integrity', tells('./dep.js'), { resources: { './app.js': ALL, './dep.js': { dependencies: true } } }),
  program('what is not listed is not loaded', tells('./dep.js'), { resources: { './app.js': ALL } }),
  program('the main script is not listed', '', { resources: {} }),
  program('one digest of many', tells('./dep.js'), { resources: { './app.js': ALL, './dep.js': { integrity: `${sri('no')} ${sri("module.exports = 'dep'")}` } } }),
  program('a wrong digest', tells('./dep.js'), { resources: { './app.js': ALL, './dep.js': { integrity: `${sri('no')} ${sri('no', 'sha256')}` } } }),
  program('no digest', tells('./dep.js'), { resources: { './app.js': ALL, './dep.js': { integrity: '' } } }),
  program('a malformed digest', tells('./dep.js'), { resources: { './app.js': ALL, './dep.js': { integrity: 'hoge' } } }),
  program('a malformed digest, logged', tells('./dep.js'), { onerror: 'log', resources: { './app.js': ALL, './dep.js': { integrity: 'hoge' } } }),
  program('JSON', tells('./a.json', './b.json'), { resources: { './app.js': ALL, './a.json': { integrity: sri('{}') } } }, { files: { 'a.json': '{}', 'b.json': '{}' } }),
  program('package.json says what a file is', 'console.log(typeof require)', { resources: { './app.js': ALL } }, { files: { 'package.json': '{"type":"commonjs"}' } }),
  program('package.json is not asked', 'console.log(typeof require)', { resources: { './app.cjs': ALL } }, { main: 'app.cjs', files: { 'package.json': '{"type":"module"}' } }),
  program('a package', tells('p', 'p/x', 'p/y'), { resources: { './app.js': { ...ANY, dependencies: { p: true, 'p/x': true } } }, scopes: { './node_modules/p/': ANY } },
    { files: { 'node_modules/p/package.json': '{"exports":{".":"./main.js","./x":"./x.js","./y":"./y.js"}}', 'node_modules/p/main.js': '', 'node_modules/p/x.js': '', 'node_modules/p/y.js': '' } }),
  program('scopes', tells('./in/a.js', './out/a.js'), { resources: { './app.js': ALL }, scopes: { './in/': { ...ANY, dependencies: { os: true } }, './out/': { dependencies: true } } },
    { files: { 'in/a.js': "console.log(typeof require('os')); try { require('fs') } catch (e) { console.log(e.message) }", 'out/a.js': '' } }),
  program('scopes within scopes', tells('./a/b/x.js', './a/c/x.js', './a/d/x.js'), { resources: { './app.js': ALL },
    scopes: { './a/': { ...ANY, dependencies: { os: true } }, './a/b/': { cascade: true }, './a/c/': {}, './a/d/': { ...ANY, cascade: true, dependencies: { fs: 'node:path' } } } },
  { files: { 'a/b/x.js': tells('os', 'fs'), 'a/c/x.js': tells('os'), 'a/d/x.js': tells('os', 'fs', 'path') } }),
  esm('scopes within scopes, import', imports('./a/b/x.mjs', './a/b/c/x.mjs'), { resources: { './app.mjs': ALL }, scopes: { './a/': ANY, './a/b/': { cascade: true }, './a/b/c/': { cascade: true } } },
    { files: { 'a/b/x.mjs': 'export default 1', 'a/b/c/x.mjs': 'export default 1' } }),
  program('a resource that cascades', tells('os', 'fs'), { resources: { './app.js': { cascade: true, dependencies: { fs: 'node:path' } } }, scopes: { './': { ...ANY, dependencies: { os: true } } } }),
  program('the scope of everything', tells('os', 'fs'), { scopes: { '': { ...ANY, dependencies: { os: true } } } }),
  program('dependencies of all others', tells('os', 'fs'), { dependencies: { os: true }, scopes: { 'file:': { ...ANY, cascade: true } } }),
  program('throw', tells('fs') + "\nconsole.log('on')", { ...listing({}), onerror: 'throw' }),
  program('exit', tells('fs') + "\nconsole.log('on')", { ...listing({}), onerror: 'exit' }),
  program('exit for content', tells('./x.js') + "\nconsole.log('on')", { resources: { './app.js': ALL }, onerror: 'exit' }, { files: { 'x.js': "console.log('x')" } }),
  program('log', tells('fs', './x.js') + "\nconsole.log('on')", { ...listing({}), onerror: 'log' }, { files: { 'x.js': "console.log('x')" } }),
  program('an unknown behaviour', '', { resources: {}, onerror: 'never' }),
  program('integrity of the wrong type', '', { resources: { './app.js': { integrity: 1 } } }),
  program('integrity of a scope', '', { scopes: { 'file:': { integrity: sri('') } } }),
  program('cascade of the wrong type', '', { resources: { './app.js': { cascade: 'x' } } }),
  program('dependencies of the wrong type', '', { resources: { './app.js': { dependencies: [] } } }),
  program('a pattern', '', { resources: { './app.js': { dependencies: { './*': true } } } }),
  program('a key that is no URL', '', { resources: { 'app.js': ALL } }),
  program('members that nobody knows', tells('fs'), { comment: 1, ...listing({ fs: true }) }),
  program('createRequire is as good as the file', "console.log(typeof require('module').createRequire(__dirname + '/dep.js')('os'))", { resources: { './app.js': { ...ANY, dependencies: { module: true } }, './dep.js': { dependencies: { os: true } } } }),
  program('createRequire for others', "try { require('module').createRequire(__dirname + '/dep.js')('fs') } catch (e) { console.log(e.message) }", { resources: { './app.js': { ...ANY, dependencies: { module: true } }, './dep.js': { dependencies: { os: true } } } }),
  program('require.resolve asks nobody', "console.log(require.resolve('./dep.js').endsWith('dep.js'))", listing({})),
  program('import() from CommonJS', imports('./dep.mjs', 'fs').replaceAll('await import', 'await imp').replace(/^/, '(async () => { const imp = (s) => import(s);') + '})()', listing({ './dep.mjs': true })),
  esm('static imports', "import d, { named } from './dep.mjs'; import os from 'os'; console.log(d, named, typeof os.cpus)", listing({ './dep.mjs': true, os: true })),
  esm('a static import that is not listed', "import fs from 'fs'", listing({})),
  esm('a static import of a file that is not listed', "import './x.mjs'", { resources: { './app.mjs': ALL } }, { files: { 'x.mjs': '' } }),
  esm('CommonJS from an ES module', "import d from './dep.js'; console.log(d)", { resources: { './app.mjs': ALL, './dep.js': { integrity: sri("module.exports = 'dep'") } } }),
  esm('data:', imports('data:text/javascript,export default 1', 'data:text/javascript,import "os"'), { resources: { './app.mjs': ALL }, scopes: { 'data:': ANY } }),
  esm('data: with a digest', imports('data:text/javascript,export default 1'), { resources: { './app.mjs': ALL, 'data:text/javascript,export default 1': { integrity: sri('export default 1') } } }),
  esm('data: in place of a file', imports('./x.mjs'), { resources: { './app.mjs': { ...ANY, dependencies: { './x.mjs': 'data:text/javascript,export default 1' } } }, scopes: { 'data:': ANY } }),
  esm('import.meta.resolve', "for (const s of ['os', 'fs', './dep.mjs']) try { console.log(import.meta.resolve(s)) } catch (e) { console.log(e.message) }", listing({ os: true, './dep.mjs': 'node:path' })),
  esm('another query, another resource', imports('./dep.mjs?x', './dep.mjs?y'), { resources: { './app.mjs': ALL, './dep.mjs': ANY, './dep.mjs?x': ANY } }),
  program('-e needs module', '', { scopes: { 'file:': ALL } }, { args: ['-e', 'console.log(typeof os.cpus, typeof require("fs"))'] }),
  program('-e without module', '', { scopes: { 'file:': { ...ANY, dependencies: { os: true } } } }, { args: ['-e', 'console.log(1)'] }),
  program('-e with module', '', MODULE_SCOPE({ os: true }), { args: ['-e', 'console.log(typeof os.cpus); require("fs")'] }),
  program('-e and the names of builtins', '', MODULE_SCOPE({}), { args: ['-e', 'console.log(typeof os.cpus)'] }),
  program('-e is content', '', { resources: {}, dependencies: true }, { args: ['-e', 'console.log(1)'] }),
  program('-p', '', MODULE_SCOPE({ os: true }), { args: ['-p', 'typeof require("os").cpus'] }),
  program('-e of an ES module', '', { scopes: { 'file:': { dependencies: { os: true } } } }, { args: ['--input-type=module', '-e', 'import os from "os"; console.log(typeof os.cpus); await import("fs")'] }),
  program('standard input', '', { scopes: { 'file:': { ...ANY, dependencies: { os: true } } } }, { args: ['-'], input: 'console.log(typeof require("os").cpus); require("fs")' }),
  program('standard input is content', '', { resources: {}, dependencies: true }, { args: ['-'], input: 'console.log(1)' }),
  program('a preload', "console.log('main')", { resources: { './app.js': ANY, './pre.js': ANY } }, { args: ['-r', './pre.js', 'app.js'], files: { 'pre.js': "console.log('pre')" } }),
  program('a worker', "const { Worker, isMainThread } = require('worker_threads'); if (isMainThread) new Worker(__filename).on('exit', (c) => process.exit(c)); else { " + tell('fs') + ' }', listing({ worker_threads: true })),
  program('a worker that is not listed', "const { Worker } = require('worker_threads'); new Worker('./x.js').on('error', (e) => { console.log(e.code); process.exitCode = 3 })", listing({ worker_threads: true }), { files: { 'x.js': "console.log('x')" } }),
  program('a worker with a text', `const { Worker } = require('worker_threads'); new Worker(${JSON.stringify(tells('fs', 'os'))}, { eval: true }).on('error', (e) => console.log(e.code))`, { scopes: { 'file:': { ...ANY, dependencies: { worker_threads: true, os: true } } } }),
  program('a module has no constructor', "console.log(module.constructor, typeof module.require, typeof require.main.require, process.mainModule === module, require.main === module)", listing({})),
  program('process.binding', "for (const n of ['binding', '_linkedBinding']) try { process[n]('fs') } catch (e) { console.log(e.code, e.message) }", listing({})),
  program('the main script by a link', 'console.log(1)', listing({}), { args: ['link.js'], files: { 'link.js': { link: 'app.js' } } }),
  program('the same file by another name in another case', tell('./DEP.js'), listing({ './DEP.js': true })),
];

export const summary = ({ status, out, err }) => ({ status, out, code: /ERR_[A-Z_]+/.exec(err)?.[0] ?? null });

if (process.env.NODE20 !== undefined && process.argv[1] === import.meta.filename) {
  const all = Object.fromEntries(programs.map((p) => [p.name, summary(run(process.env.NODE20, p))]));
  writeFileSync(new URL('programs.json', import.meta.url), `${JSON.stringify(all, null, 1)}\n`);
}
