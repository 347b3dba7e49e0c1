'use strict';
// [{ id, grants, body, files, manifest }]. The body runs as `async (G) => { body }` in the package `x`, which holds `grants` beside spawn. It succeeds when it
// returns or prints S3CR3T (what lies in the project's secret files, and in the environment). G: { root, secret, npsx, engine, run(command, args, options) }.
// `works: true`: the opposite, the body must return WORKS: else the attacks around it prove nothing.
const READ = "console.log(require('fs').readFileSync(process.env.AT || process.argv[2], 'utf8'))";
const files = { 'read.js': READ, 'read.mjs': `import fs from 'node:fs'; console.log(fs.readFileSync(process.argv[2], 'utf8'))`,
  'own.json': JSON.stringify({ version: 1, app: { ambient: true }, packages: { x: { ambient: true } } }),
  'sub/package.json': '{"name":"sub"}', 'sub/packsec.policy.json': JSON.stringify({ version: 1, app: { ambient: true } }), 'sub/read.js': READ,
  'again.js': "console.log(require('child_process').spawnSync('node', [__dirname + '/read.js', process.argv[2]], { encoding: 'utf8' }).stdout)" };
const list = [];
const attack = (id, body, more = {}) => list.push({ id, body, grants: {}, ...more, files: { ...files, ...more.files } });
const run = (args, more = '{}') => `return G.run('node', ${args}, ${more});`;

attack('script', run("[__dirname + '/read.js', G.secret]"));
attack('script-esm', run("[__dirname + '/read.mjs', G.secret]"));
attack('script-from-own-folder', run("['read.js', G.secret]", '{ cwd: __dirname }'));
attack('script-in-nested-project', run("[__dirname + '/sub/read.js', G.secret]"));
attack('script-in-nested-project-from-there', run("['read.js', G.secret]", "{ cwd: __dirname + '/sub' }"));
attack('eval', run("['-e', 'console.log(require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\"))']"));
attack('print', run("['-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\")']"));
attack('eval-module', run("['--input-type=module', '-e', 'import fs from \"fs\"; console.log(fs.readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\"))']"));
attack('eval-process-binding', run("['-p', 'process.binding(\"fs\")']") + "");
attack('eval-env', run("['-p', 'process.env.CANARY']"));
attack('stdin', run("['-']", "{ input: 'console.log(require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\"))' }"));
attack('eval-require-file', run("['-p', 'require(' + JSON.stringify(G.root + '/secret.js') + ')']"));
attack('eval-require-relative', run("['-p', 'require(\"./secret.js\")']", '{ cwd: G.root }'));
attack('eval-require-json', run("['-p', 'require(\"./secret.json\")']", '{ cwd: G.root }'));
attack('eval-import-file', run("['--input-type=module', '-e', 'console.log((await import(\"file://' + G.root + '/secret.js\")).default)']"));
attack('eval-self-reference', run("['-p', 'require(\"target/secret.js\")']", '{ cwd: G.root }'));
attack('eval-imports-map', run("['-p', 'require(\"#secret\")']", '{ cwd: G.root }'));
attack('eval-create-require', run("['-p', 'require(\"module\").createRequire(' + JSON.stringify(G.root + '/app.js') + ')(\"./secret.js\")']"));
attack('eval-undeclared', run("['-p', 'require(\"rich\").read(' + JSON.stringify(G.secret) + ')']"));
attack('eval-undeclared-in-its-folder', run("['-p', 'require(\"rich\").read(' + JSON.stringify(G.secret) + ')']", "{ cwd: G.root + '/node_modules/rich' }"));
attack('eval-foreign-relative', run("['-p', 'require(\"./index.js\").read(' + JSON.stringify(G.secret) + ')']", "{ cwd: G.root + '/node_modules/rich' }"));
attack('preload-foreign', run("['-r', './cli.js', '-e', '0']", "{ cwd: G.root + '/node_modules/rich' }"));
attack('preload-foreign-import', run("['--import', './cli.js', '-e', '0']", "{ cwd: G.root + '/node_modules/rich' }"));
attack('script-foreign', run("[G.root + '/node_modules/rich/cli.js']"));
attack('script-foreign-readable', run("[G.root + '/node_modules/rich/cli.js']"), { grants: { 'fs.read': ['./node_modules/rich/'] } });
attack('script-of-app', run("[G.root + '/tell.js']"));
attack('script-of-app-readable', run("[G.root + '/tell.js']"), { grants: { 'fs.read': ['./tell.js'] } });
attack('script-is-secret', run("[G.root + '/secret.js']"));
attack('script-is-broken-secret', run("[G.root + '/secret.txt']"));
attack('script-is-link', "require('fs').symlinkSync(G.root + '/secret.txt', G.root + '/tmp/link.js'); return G.run('node', [G.root + '/tmp/link.js']);", { grants: { 'fs.read': ['./tmp/'], 'fs.write': ['./tmp/'] } });
attack('check', run("['-c', G.root + '/secret.txt']"));
attack('policy', run("['--policy', __dirname + '/own.json', __dirname + '/read.js', G.secret]"));
attack('policy-equals', run("['--policy=' + __dirname + '/own.json', __dirname + '/read.js', G.secret]"));
attack('as-again', run("['--as=' + G.root, __dirname + '/read.js', G.secret]"));
attack('as-rich', run("['--as', G.root + '/node_modules/rich', '-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\")']"));
attack('learn', run("['learn', __dirname + '/read.js', G.secret]"));
attack('grant', "await G.run('node', ['grant', 'x', 'ambient'], { cwd: G.root }); return require('fs').existsSync(G.root + '/packsec.policy.json') ? G.run('node', [__dirname + '/read.js', G.secret]) : '';");
attack('require', run("['--require', G.root + '/secret.js', '-p', 'require.cache']"));
attack('require-own', run("['--require', __dirname + '/read.js', '-e', '0', G.secret]", '{ env: { AT: G.secret } }'), { grants: { env: ['AT'] } });
attack('env-file', run("['--env-file', G.root + '/secret.env', '-p', 'process.env.TOKEN']"), { grants: { env: ['*'] } });
attack('env-file-if-exists', run("['--env-file-if-exists=' + G.root + '/secret.env', '-p', 'process.env.TOKEN']"), { grants: { env: ['*'] } });
attack('audit-writes', "await G.run('node', ['--audit', G.root + '/audit.txt', '-e', '0']); return G.written('audit.txt');");
attack('node-options', run("['-e', '0']", "{ env: { NODE_OPTIONS: '--require ' + __dirname + '/read.js', AT: G.secret } }"), { grants: { env: ['NODE_OPTIONS', 'AT'] } });
attack('home', run("['-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\")']", '{ env: { HOME: G.root } }'), { grants: { env: ['HOME'], 'fs.read': ['${home}/'] } });
attack('tmpdir', run("['-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\")']", '{ env: { TMPDIR: G.root } }'), { grants: { env: ['TMPDIR'], 'fs.read': ['${tmp}/x/', '${tmp}/secret.txt'] } });
attack('cwd-variable', run("['-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.root + '/vault/secret.txt') + ', \"utf8\")']", "{ cwd: G.root + '/vault' }"), { grants: { 'fs.read': ['${cwd}/secret.txt.d/', '${cwd}/tmp/'] , spawn: ['node'] }, also: { 'fs.read': ['${cwd}/none/'] } });
attack('path', "require('fs').writeFileSync(G.root + '/tmp/echo', '#!/bin/sh\\necho S3CR3T-RAN\\n', { mode: 0o755 }); return G.run('node', ['-p', 'require(\"child_process\").spawnSync(\"echo\", [\"x\"], { encoding: \"utf8\" }).stdout'], { env: { PATH: G.root + '/tmp:/usr/bin:/bin' } });",
  { grants: { spawn: ['node', 'echo'], env: ['PATH'], 'fs.write': ['./tmp/'], 'fs.read': ['./tmp/'] } });
attack('cache', "await G.run('node', ['-e', '0'], { env: { XDG_CACHE_HOME: G.root + '/tmp' } }); return require('fs').readdirSync(G.root + '/tmp').includes('packsec') ? 'S3CR3T cache' : '';", { grants: { env: ['XDG_CACHE_HOME'], 'fs.read': ['./tmp/'] } });
attack('argv0', run("[__dirname + '/read.js', G.secret]", "{ argv0: 'npsx' }"));
attack('argv0-option', run("[__dirname + '/read.js', G.secret]", "{ argv0: '--policy=' + __dirname + '/own.json' }"));
attack('end-of-options', run("['--', __dirname + '/read.js', G.secret]"));
attack('npsx-by-name', "return G.run('npsx', [__dirname + '/read.js', G.secret]);", { grants: { spawn: ['npsx'] } });
attack('npsx-by-name-policy', "return G.run('npsx', ['--policy', __dirname + '/own.json', __dirname + '/read.js', G.secret]);", { grants: { spawn: ['npsx'] } });
attack('npsx-learn', "return G.run('npsx', ['learn', __dirname + '/read.js', G.secret]);", { grants: { spawn: ['npsx'] } });
attack('npsx-by-path', "return G.run(G.npsx, [__dirname + '/read.js', G.secret]);", { grants: { spawn: ['%NPSX%'] } });
attack('npsx-by-path-untidy', "return G.run(G.npsx.replace('/npsx', '/./npsx'), [__dirname + '/read.js', G.secret]);", { grants: { spawn: ['%NPSX%'] } });
attack('npsx-by-link', "require('fs').symlinkSync(G.npsx, G.root + '/tmp/tool'); return G.run(G.root + '/tmp/tool', [__dirname + '/read.js', G.secret]);", { grants: { spawn: ['./tmp/tool'], 'fs.write': ['./tmp/'], 'fs.read': ['./tmp/', '%NPSX%'] } });
attack('engine', "return G.run(G.engine, [__dirname + '/read.js', G.secret]);", { grants: { spawn: ['%ENGINE%'] } });
attack('node-by-path', "return G.run('/usr/bin/node', [__dirname + '/read.js', G.secret]);", { grants: { spawn: ['/usr/bin/node'] } });
attack('exec-path', 'return G.run(process.execPath, [__dirname + "/read.js", G.secret]);');
attack('fork', "return G.fork(__dirname + '/read.js', [G.secret], { silent: true });");
attack('fork-exec-argv', "return G.fork(__dirname + '/read.js', [G.secret], { silent: true, execArgv: ['--policy', __dirname + '/own.json'] });");
attack('fork-exec-argv-eval', "return G.fork(__dirname + '/read.js', [G.secret], { silent: true, execArgv: ['-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ', \"utf8\")'] });");
attack('fork-exec-path', "return G.fork(__dirname + '/read.js', [G.secret], { silent: true, execPath: G.npsx, execArgv: ['--as=' + G.root] });");
attack('fork-exec-path-npsx', "return G.fork(__dirname + '/read.js', [G.secret], { silent: true, execPath: 'npsx' });", { grants: { spawn: ['npsx'] } });
attack('exec-file', "return new Promise((r) => require('child_process').execFile('node', [__dirname + '/read.js', G.secret], (e, o, s) => r(o + s)));");
attack('grandchild', run("[__dirname + '/again.js', G.secret]"), { grants: { spawn: ['node'], env: ['PATH'] } });
attack('proto-args', "const a = [__dirname + '/read.js', G.secret]; a.unshift = () => 0; Object.defineProperty(a, 'length', { value: 2 }); return G.run('node', a);");
attack('swap', `const fs = require('fs'); const at = G.root + '/tmp/w.js'; let all = '';
  for (let i = 0; i < 25; i++) { fs.writeFileSync(at, 'console.log(1)'); const p = G.start('node', [at]); for (let k = 0; k < 2e5 * i; k++); fs.rmSync(at); fs.symlinkSync(G.root + '/secret.txt', at); all += await p; fs.rmSync(at); } return all;`,
  { grants: { 'fs.read': ['./tmp/'], 'fs.write': ['./tmp/'] } });
attack('no-policy', run("[__dirname + '/read.js', G.secret]"), { policy: null });

// -- and what must work
const works = (id, body, more) => { attack(id, body, more); list.at(-1).works = true; };
works('own-script', run("[__dirname + '/hello.js']"), { files: { 'hello.js': "console.log('WORKS', require.main === module, process.argv.length)" } });
works('own-module', run("['hello.mjs']", '{ cwd: __dirname }'), { files: { 'hello.mjs': "import './part.mjs'; console.log('WORKS')", 'part.mjs': '' } });
works('own-dependency', run("[__dirname + '/hello.js']"), { files: { 'hello.js': "console.log('WORKS', require('poor').name)" } });
works('dependency-keeps-its-grants', run("[__dirname + '/hello.js', G.root]"), { files: { 'hello.js': "console.log(require('poor').read(process.argv[2] + '/open.txt'))" } });
works('granted-file', run("['-p', 'require(\"fs\").readFileSync(' + JSON.stringify(G.root + '/open.txt') + ', \"utf8\")']"), { grants: { 'fs.read': ['./open.txt'] } });
works('granted-script', run("[G.root + '/open.js']"), { grants: { 'fs.read': ['./open.js'] } });
works('eval', run("['-p', '\"WORKS\"']"));
works('eval-own', run("['-p', 'require(\"./hello.js\")']", '{ cwd: __dirname }'), { files: { 'hello.js': "module.exports = 'WORKS'" } });
works('eval-dependency', run("['-p', 'require(\"poor\").name + \"WORKS\"']"));
works('stdin', run("['-']", "{ input: 'console.log(\"WORKS\")' }"));
works('preload', run("['-r', './hello.js', '-e', '0']", '{ cwd: __dirname }'), { files: { 'hello.js': "console.log('WORKS')" } });
works('npsx', "return G.run('npsx', [__dirname + '/hello.js']);", { grants: { spawn: ['npsx'] }, files: { 'hello.js': "console.log('WORKS')" } });
works('npsx-path', "return G.run(G.npsx, [__dirname + '/hello.js']);", { grants: { spawn: ['%NPSX%'] }, files: { 'hello.js': "console.log('WORKS')" } });
works('exec-file', "return new Promise((r) => require('child_process').execFile(process.execPath, [__dirname + '/hello.js'], (e, o, s) => r(o + s)));", { files: { 'hello.js': "console.log('WORKS')" } });
works('exec-file-sync', "return require('child_process').execFileSync(process.execPath, [__dirname + '/hello.js'], { encoding: 'utf8' });", { files: { 'hello.js': "console.log('WORKS')" } });
works('spawnargs', "const c = require('child_process').spawn('node', ['-e', '0']); return c.spawnargs.join() === 'node,-e,0' && 'WORKS';");
works('fork', `const c = require('child_process').fork(__dirname + '/w.js', ['a'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }); const got = [];
  c.send({ q: 1 }); return new Promise((r) => { let err = ''; c.stderr.on('data', (d) => { err += d; }); c.on('message', (m) => { got.push(m); c.disconnect(); }); c.on('exit', (code) => r(JSON.stringify(got) === '[{"a":2,"argv":"a"}]' && code === 0 ? 'WORKS' : err + JSON.stringify(got) + code)); });`,
  { files: { 'w.js': "process.on('message', (m) => process.send({ a: m.q + 1, argv: process.argv[2] }))" } });
works('fork-round-trip', `const c = require('child_process').fork(__dirname + '/w.js', { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }); const got = [];
  return new Promise((r) => { c.on('message', (m) => { got.push(m); if (m === 'ready') c.send({ deep: [1, 'two'] }); else r(m.deep[1] === 'two' && 'WORKS'); }); c.on('exit', (code) => r('exit ' + code)); });`,
  { files: { 'w.js': "process.once('message', (m) => process.send(m, () => process.disconnect())); process.send('ready')" } });
attack('channel-of-others', `const c = require('child_process').fork(__dirname + '/w.js', { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  return new Promise((r) => { c.on('message', (m) => r('S3CR3T ' + m)); c.on('exit', () => r('')); });`, { files: { 'w.js': "require('poor').tell()" } });
works('fork-plain', `const c = require('child_process').fork(__dirname + '/w.js'); return new Promise((r) => { c.on('message', (m) => { r(m.join('')); c.disconnect(); }); c.on('exit', (code) => r('exit ' + code)); });`,
  { grants: { stdio: ['stdout', 'stderr'] }, files: { 'w.js': "process.on('message', () => 0); process.send(['WO', 'RKS'])" } });
works('fork-esm', `const c = require('child_process').fork(__dirname + '/w.mjs', { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: process.execArgv });
  return new Promise((r) => { let err = ''; c.stderr.on('data', (d) => { err += d; }); c.on('message', (m) => r(m.join(''))); c.on('exit', () => r(err)); });`, { files: { 'w.mjs': "process.send(['WO', 'RKS'])" }, options: ['--env-file-if-exists=none.env', '--require', './preload.js'] });
works('grandchild', run("[__dirname + '/again.js']"), { grants: { spawn: ['node'] }, files: { 'again.js': "console.log(require('child_process').execFileSync('node', ['-p', '\"WORKS\"'], { encoding: 'utf8' }))" } });
works('names-the-package', run("['-e', 'require(\"fs\").readFileSync(' + JSON.stringify(G.secret) + ')']") .replace('return', 'const t = await') + " return /x@1.0.0 may not fs.read/.test(t) && 'WORKS';");
works('says-why-not', run("[G.root + '/tell.js']").replace('return', 'const t = await') + " return /x may not run .*to allow: npsx grant x fs.read:/.test(t) ? 'WORKS' : t;");
works('says-nothing-of-others', run("[G.root + '/vault/nothing.js']").replace('return', 'const t = await') + " return /x may not run/.test(t) && !/no script/.test(t) ? 'WORKS' : t;");
module.exports = list;
