'use strict';
// Each gets S3CR3T under node. x holds `worker`, rich (a dependency of x) may read everything.
const text = (code, options = '') => `return first(new Worker(${JSON.stringify(code)}, { eval: true${options} }));`;
const file = (code, options = '') => ({ files: { 'node_modules/x/w.js': code }, body: `return first(new Worker(__dirname + '/w.js', { workerData: G.secret${options} }));` });
const read = "require('worker_threads').parentPort.postMessage(require('fs').readFileSync(require('worker_threads').workerData, 'utf8'))";

module.exports = [
  { id: 'a-file-reads', ...file(read) },
  { id: 'a-eval-reads', grants: { eval: true }, body: `return first(new Worker(${JSON.stringify(read)}, { eval: true, workerData: G.secret }));` },
  { id: 'a-eval-without-grant', ...{ body: text("require('worker_threads').parentPort.postMessage('S3CR3T ran')") } },
  { id: 'a-data-url', body: `return first(new Worker(new URL('data:text/javascript,import{readFileSync as r}from"fs";import{parentPort as p,workerData as d}from"worker_threads";p.postMessage(r(d,"utf8"))'), { workerData: G.secret }));` },
  { id: 'a-builtin-module', ...file("const { parentPort, workerData } = require('worker_threads'); parentPort.postMessage(process.getBuiltinModule('fs').readFileSync(workerData, 'utf8'))") },
  { id: 'a-app-file', body: "return first(new Worker(G.root + '/tell.js'));" },
  { id: 'a-app-file-granted', grants: { 'fs.read': ['./tell.js'] }, body: "return first(new Worker(G.root + '/tell.js'));" },
  { id: 'a-other-package', body: "return first(new Worker(path.join(G.root, 'node_modules/rich/tell.js')));" },
  { id: 'a-other-package-relative', ...file("require('../rich/tell.js')") },
  { id: 'a-symlink', body: "require('fs'); return first(new Worker(__dirname + '/link.js'));", also: "try { require('fs').symlinkSync('../../tell.js', __dirname + '/node_modules/x/link.js'); } catch {}" },
  { id: 'a-dotdot', body: "return first(new Worker(__dirname + '/../../tell.js'));" },
  { id: 'a-url-object', body: "return first(new Worker(new URL('../../tell.js', require('url').pathToFileURL(__filename))));" },
  { id: 'a-two-faced-options', body: `let n = 0; const options = { get eval() { return n++ > 0; }, workerData: G.secret }; try { return await first(new Worker(__dirname + '/../../tell.js', options)); } catch (e) { return e.message; }` },
  { id: 'a-exec-argv-require', body: "return first(new Worker('setTimeout(() => {}, 500)', { eval: true, execArgv: ['--require', G.root + '/tell.js'] }));" },
  { id: 'a-exec-argv-import', ...file("setTimeout(() => {}, 500)"), body: "return first(new Worker(__dirname + '/w.js', { execArgv: ['--import', 'data:text/javascript,import{readFileSync as r}from\"fs\";import{parentPort as p,workerData as d}from\"worker_threads\";p.postMessage(r(d,\"utf8\"))'], workerData: G.secret }));" },
  { id: 'a-node-options', files: { 'node_modules/x/w.js': 'setTimeout(() => {}, 500)' }, body: "return first(new Worker(__dirname + '/w.js', { env: { NODE_OPTIONS: '--require ' + G.root + '/tell.js' } }));" },
  { id: 'a-share-env', files: { 'node_modules/x/w.js': "require('worker_threads').parentPort.postMessage(process.env.TOKEN)" }, body: "return first(new Worker(__dirname + '/w.js', { env: wt.SHARE_ENV }));" },
  { id: 'a-inherited-env', files: { 'node_modules/x/w.js': "require('worker_threads').parentPort.postMessage(process.env.TOKEN)" }, body: "return first(new Worker(__dirname + '/w.js'));" },
  { id: 'a-env-of-others', files: { 'node_modules/x/w.js': "require('worker_threads').parentPort.postMessage(require('rich').token())", 'node_modules/rich/index.js': "exports.token = () => (process.env.MODE === 'tell' ? 'S3CR3T' : 'no');" }, body: "return first(new Worker(__dirname + '/w.js', { env: { MODE: 'tell' } }));" },
  { id: 'a-argv-of-others', files: { 'node_modules/x/w.js': "require('worker_threads').parentPort.postMessage(require('rich').token())", 'node_modules/rich/index.js': "exports.token = () => (process.argv.includes('--tell') ? 'S3CR3T' : 'no');" }, body: "return first(new Worker(__dirname + '/w.js', { argv: ['--tell'] }));" },
  { id: 'a-worker-constructor', body: `const w = new Worker('0', { eval: true }); const W = w.constructor; return first(new W(${JSON.stringify(read)}, { eval: true, workerData: G.secret }));`, grants: { eval: true } },
  { id: 'a-process-worker-event', grants: { eval: true, process: ['exit'] }, body: `return await new Promise((done) => { process.on('worker', (w) => { process.removeAllListeners('worker'); try { done(first(new w.constructor(${JSON.stringify(read)}, { eval: true, workerData: G.secret }))); } catch (e) { done(e.message); } }); new Worker('setTimeout(() => {}, 300)', { eval: true }); setTimeout(done, 2000, 'silent'); });` },
  { id: 'a-stdout-port', grants: { eval: true }, body: `const w = new Worker('setTimeout(() => {}, 3000)', { eval: true, stdout: true }); const s = w.stdout; const port = Object.getOwnPropertySymbols(s).map((k) => s[k]).find((v) => v?.constructor?.name === 'MessagePort'); return port ? 'S3CR3T reached the port of orders' : 'none';` },
  { id: 'a-internal-port', body: `const w = new Worker(__dirname + '/w.js'); return Object.getOwnPropertySymbols(w).some((k) => ['kPort', 'kHandle'].includes(k.description)) ? 'S3CR3T internals' : 'none';`, files: { 'node_modules/x/w.js': '' } },
  { id: 'a-tcp-handle', files: { 'node_modules/x/w.js': "require('net'); const { parentPort: p } = require('worker_threads'); p.on('messageerror', (e) => p.postMessage(e.message)); p.on('message', ({ handle }) => { const C = handle.constructor; try { const t = new C(0); const B = t.bind('127.0.0.1', 0); p.postMessage(B === 0 ? 'S3CR3T bound' : 'no ' + B); } catch (e) { p.postMessage(e.message); } });" },
    body: "const w = new Worker(__dirname + '/w.js'); const socket = await G.socket(); const h = socket._handle; w.postMessage({ handle: h }, [h]); return first(w);" },
  { id: 'a-key-prototype', files: { 'node_modules/x/w.js': "const { parentPort: p } = require('worker_threads'); p.on('message', (key) => { let P = key; while (P && !Object.hasOwn(P, 'export')) P = Object.getPrototypeOf(P); try { P.export = () => 'S3CR3T'; } catch {} p.postMessage(key.export === P.export && Object.hasOwn(P, 'export') && String(P.export).includes('S3CR3T') ? 'S3CR3T poisoned' : 'no'); });" }, body: "const w = new Worker(__dirname + '/w.js'); w.postMessage(require('crypto').createSecretKey(Buffer.from('k'))); return first(w);" },
  { id: 'a-raw-globals', files: { 'node_modules/x/w.js': "const g = (function () { return this; })() ?? Function('return this')(); require('worker_threads').parentPort.postMessage(g.process?.env?.TOKEN ?? g.require?.('fs') ?? 'no')" }, body: "return first(new Worker(__dirname + '/w.js'));" },
  { id: 'a-function-import', files: { 'node_modules/x/w.js': "const { parentPort: p, workerData: d } = require('worker_threads'); (async () => { const f = [eval]; let r; try { r = await (0, f[0])('import(\"fs\")'); p.postMessage(r.readFileSync(d, 'utf8')); } catch (e) { p.postMessage(e.message); } })();" }, body: "return first(new Worker(__dirname + '/w.js', { workerData: G.secret }));" },
  { id: 'a-nested', ...file("const { Worker, parentPort, workerData } = require('worker_threads'); new Worker(__dirname + '/n.js', { workerData }).on('message', (m) => parentPort.postMessage(m)).on('error', (e) => parentPort.postMessage(e.message))"), files: { 'node_modules/x/w.js': "const { Worker, parentPort, workerData } = require('worker_threads'); new Worker(__dirname + '/n.js', { workerData }).on('message', (m) => parentPort.postMessage(m)).on('error', (e) => parentPort.postMessage(e.message))", 'node_modules/x/n.js': read } },
  { id: 'a-child', ...file("const cp = require('child_process'); const { parentPort, workerData } = require('worker_threads'); try { parentPort.postMessage(cp.execFileSync('cat', [workerData]) + ''); } catch (e) { parentPort.postMessage(e.message); }") },
  { id: 'a-heap', body: "const w = new Worker(__dirname + '/w.js'); await new Promise((r) => w.on('online', r)); let t = ''; for await (const c of await w.getHeapSnapshot()) t += c; w.terminate(); return t.includes('TOKEN') || t.length > 1e5 ? 'S3CR3T heap' : 'no';", files: { 'node_modules/x/w.js': 'setInterval(() => {}, 1000)' } },
  // the list of call sites is an array of the context that the stack is read in
  { id: 'a-stack-of-context', grants: { eval: true }, body: `const ctx = require('vm').createContext({ sites: [] });
require('vm').runInContext("const keep = (list) => { for (let i = 0; i < list.length; i++) if (typeof list[i]?.getThis === 'function') sites[sites.length] = list[i]; }; for (const k of ['filter', 'map', 'slice', 'forEach', 'join']) { const f = Array.prototype[k]; Array.prototype[k] = function (...a) { keep(this); return f.apply(this, a); }; } Error.prepareStackTrace = (e, list) => { keep(list); return ''; }; make = () => new Error('x').stack; read = (e) => { e.stack; }", ctx);
G.call(ctx.make); G.call(() => ctx.read(new Error('x')));
for (const s of ctx.sites) { const f = s.getFunction?.(); if (f?.token) return f.token; } return 'none of ' + ctx.sites.length;` },
  { id: 'a-wait-in-context', grants: { eval: true }, body: `const answer = require('vm').runInNewContext('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)'); return answer === 'timed-out' ? 'S3CR3T waited' : answer;`,
    files: { 'packsec.policy.json': { version: 1, app: { ambient: true }, packages: { '*': { stdio: ['stdout', 'stderr'] }, x: { eval: true } } } } },
  { id: 'a-clock-in-context', grants: { eval: true }, body: `const r = require('vm').runInNewContext('var R = Date; Reflect.construct = (r) => { R = r; return {}; }; try { new Date(0); } catch {} try { R.now() } catch (e) { e.message }'); return r > 1e12 ? 'S3CR3T time' : r;` },
  { id: 'a-context-on-shared', grants: { eval: true }, body: `const vm = require('vm'); vm.createContext(Object.prototype); vm.runInContext('globalThis.secret = "S3CR3T"', Object.prototype); return vm.isContext(Object.prototype) ? vm.runInContext('secret', Object.prototype) : 'none';` },
  // the number that a queued read will use is closed by the other thread, and is the next file's
  { id: 'a-descriptor-of-threads', grants: { 'fs.read': ['./node_modules/x/'] },
    files: { 'node_modules/x/w.js': "const { parentPort: p, workerData: s } = require('worker_threads'); p.postMessage('up'); while (Atomics.load(s, 0) === 0); try { require('fs').closeSync(Atomics.load(s, 0) - 1); } catch {} Atomics.store(s, 0, -1);" },
    body: `const fs = require('fs'); const s = new Int32Array(new SharedArrayBuffer(4)); const w = new Worker(__dirname + '/w.js', { workerData: s }); await new Promise((up) => w.once('message', up));
const fd = fs.openSync(__dirname + '/package.json'); const bytes = Buffer.alloc(100);
for (let i = 0; i < 8; i++) require('crypto').pbkdf2('a', 'b', 4e5, 64, 'sha512', () => {});
const read = new Promise((done) => fs.read(fd, bytes, 0, 100, 0, (e, n) => done(e ? e.message : bytes.latin1Slice(0, n))));
Atomics.store(s, 0, fd + 1); while (Atomics.load(s, 0) > 0); while (G.open() < fd); return await read;` },
  // the loader of the main context knows no packages; each way of compiling takes the option
  ...Object.entries({
    script: "new vm.Script(text, options).runInThisContext(options)", context: "new vm.Script(text, options).runInNewContext({}, options)", this: "vm.runInThisContext(text, options)",
    new: "vm.runInNewContext(text, {}, options)", function: "vm.compileFunction('return ' + text, [], options)()",
    function_in_context: "vm.compileFunction('return ' + text, [], { ...options, parsingContext: vm.createContext({}, options) })()",
  }).map(([id, run]) => ({ id: `a-main-loader-${id}`, grants: { eval: true }, body: `const vm = require('vm'); const text = 'import("node:fs")';
const options = { importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER ?? Object.getOwnPropertySymbols(vm.constants)[0] ?? Symbol('vm_dynamic_import_main_context_default') };
return (await ${run}).readFileSync(G.secret, 'utf8');` })),
  // V8 trusts the bytes of a cache: with those of another text of the same length, it runs the other
  { id: 'a-forged-cache', grants: { eval: true }, body: `const vm = require('vm'); const data = new vm.Script('"S3CR3T"').createCachedData(); const own = new vm.Script('"harmle"', { cachedData: data });
return own.cachedDataRejected ? 'rejected' : own.runInNewContext({});` },
];
