// Each case is an application with packages that hold nothing. It prints what the packages found; twice, because the second start takes the code from
// the cache. Written with packages of our own that have the names and the texts that runtime/patches.js looks for.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { finish, needNpsx, npsx, root, run, temporary } from '../../lib.mjs';

needNpsx();
const work = temporary('patches');
let passed = 0;
let failed = 0;
const say = (ok, text) => {
  if (ok) passed++;
  else { failed++; console.log(`  ${text}`); }
};

// -- the table
const table = {};
new Function('exports', `'use strict'; ${readFileSync(join(root, 'runtime/patches.js'), 'utf8')}`)(table);
const listed = new Set(/PATCHED = new Set\(\[([^\]]*)\]/.exec(readFileSync(join(root, 'runtime/compile.js'), 'utf8'))[1].match(/(?<=')[^',\s]+(?=')/g));
const named = new Set(table.table.map(([name]) => name));
say([...named].sort().join() === [...listed].sort().join(), `compile.js lists ${[...listed]}, patches.js has ${[...named]}`);
for (const [name, file, reason, edits] of table.table) {
  say(reason.length > 7 && edits.length > 0 && edits.every(([from, to]) => from.length > 10 && from !== to), `${name}/${file}: no reason, or nothing changes`);
  for (const [from, to] of edits) {
    const before = `// before\n${from}\n// after\n`;
    const own = (path) => `/* ${path} */`;
    const after = table.apply(name, file, before, own);
    say(after === before.replace(from, () => (typeof to === 'function' ? to(before, own) : to)), `${name}/${file}: not replaced as written`);
    say(table.apply(name, `other/${file}`, before) === before && table.apply(`other-${name}`, file, before) === before, `${name}/${file}: replaced elsewhere`);
  }
}

// -- applications
const depd = table.table.find(([name]) => name === 'depd')[3][0][0];
const WRAPS = `exports.wrap = function (fn, message) {
  var args = 'a, b'; var deprecate = this; var site = 1; var log = function () { exports.logged = message; };
${depd}
  return deprecatedfn;
};
exports.evaluate = function (text) { return eval(text); };
`;
const METADATA = `globalThis.Reflect.decorate = function decorate() { return 'decorated by ' + module.exports; };
globalThis.Reflect.secret = 'S3CR3T';
module.exports = require('./package.json').version;
`;
const look = `const seen = [typeof Reflect.decorate === 'function' ? Reflect.decorate() : 'none', String(Reflect.secret), typeof Reflect.ownKeys, String(globalThis.Reflect === Reflect)];
exports.seen = seen;
exports.write = () => { try { Reflect.metadata = 'MARK'; Reflect.has = 'MARK'; } catch { } };
exports.read = () => [Reflect.metadata === 'MARK', Reflect.has === 'MARK', Object.getPrototypeOf(Reflect) === Object.prototype].join();
`;
const CASES = {
  'a patched package runs without the grant that its text would need': {
    packages: { depd: { 'index.js': WRAPS } },
    app: `const d = require('depd'); const f = d.wrap((a, b) => a + b, 'old'); console.log(f(1, 2), f.length, d.logged);
      try { console.log(d.evaluate('1')); } catch (e) { console.log(e.code); }`,
    expect: '3 2 old\nERR_CAPABILITY_DENIED',
  },
  'the same text elsewhere is left alone': {
    packages: { dept: { 'index.js': WRAPS }, depd: { 'other.js': WRAPS, 'index.js': `module.exports = require('./other.js');` } },
    app: `for (const n of ['dept', 'depd']) try { require(n).wrap(() => {}, ''); console.log('ran'); } catch (e) { console.log(e.code); }`,
    expect: 'ERR_CAPABILITY_DENIED\nERR_CAPABILITY_DENIED',
  },
  'what a patched text compiles has no authority': {
    packages: { depd: { 'index.js': WRAPS.replace(`'a, b'`, `') { return typeof process + typeof require + typeof fetch } function unused('`) } },
    app: `const d = require('depd'); try { console.log(d.wrap(() => 'plain', 'm')()); } catch (e) { console.log(e.name); }`,
    expect: /^(plain|undefinedundefinedundefined|SyntaxError)$/,
  },
  'reflect-metadata is seen by who declares it, its ten names and no more': {
    packages: { 'reflect-metadata': { version: '9.0.0', 'index.js': METADATA }, user: { needs: ['reflect-metadata'], 'index.js': `require('reflect-metadata');${look}` }, stranger: { 'index.js': look } },
    app: `require('reflect-metadata'); console.log(require('user').seen.join(), require('stranger').seen.join());`,
    expect: 'decorated by 9.0.0,undefined,function,true none,undefined,function,true',
  },
  'each sees the copy that it would load': {
    packages: { 'reflect-metadata': { version: '9.0.0', 'index.js': METADATA },
      user: { needs: ['reflect-metadata'], 'index.js': `require('reflect-metadata');${look}` },
      evil: { needs: ['reflect-metadata'], 'index.js': `require('reflect-metadata');${look}`, 'node_modules/reflect-metadata/package.json': '{"name":"reflect-metadata","version":"6.6.6"}', 'node_modules/reflect-metadata/index.js': METADATA } },
    app: `const evil = require('evil'); console.log(evil.seen[0], require('user').seen[0]);`,
    expect: 'decorated by 6.6.6 decorated by 9.0.0',
  },
  'nobody writes on the Reflect of another': {
    packages: { 'reflect-metadata': { version: '9.0.0', 'index.js': METADATA }, user: { needs: ['reflect-metadata'], 'index.js': look }, evil: { needs: ['reflect-metadata'], 'index.js': look }, stranger: { 'index.js': look } },
    app: `require('reflect-metadata'); require('evil').write(); console.log(require('user').read(), require('stranger').read(), require('evil').read());`,
    expect: 'false,false,true false,false,true true,true,true',
  },
  'a name that a package gives its own global object is a bare name there, and nowhere else': {
    packages: { zone: { 'index.js': `globalThis.Zone9 = 'mine'; exports.bare = typeof Zone9; exports.own = () => Zone9;` }, other: { 'index.js': `exports.bare = typeof Zone9; exports.late = () => typeof Zone9;` } },
    app: `const z = require('zone'); const o = require('other'); console.log(z.bare, z.own(), o.bare, o.late(), typeof Zone9);`,
    expect: 'string mine undefined undefined undefined',
  },
  'errors of the language are shown under their own names, and may be given a constructor': {
    packages: { g: { 'index.js': `'use strict'; const { inspect } = require('util'); exports.shown = [SyntaxError, ReferenceError, EvalError, URIError, TypeError].map((E) => inspect(new E('m')).split('\\n')[0]);
      function Own() { this.constructor = Own; } Own.prototype = SyntaxError.prototype; exports.own = new Own().constructor === Own;
      exports.write = () => { const p = Object.getPrototypeOf(SyntaxError.prototype); try { p.mark = 1; } catch { } try { p.constructor = 1; } catch { } return [Object.isFrozen(p), p.mark, p.constructor === SyntaxError].join(); };` } },
    app: `const g = require('g'); console.log(g.shown.join(), g.own, g.write());`,
    expect: 'SyntaxError: m,ReferenceError: m,EvalError: m,URIError: m,TypeError: m true true,,true',
  },
  'the scope behind such a name is no object to walk': {
    packages: { zone: { 'index.js': `globalThis.Zone9 = function () { return this; }; exports.walk = () => { const scope = Zone9(); if (scope === undefined) return 'none';
      try { scope.process = 1; scope.Zone9 = 2; } catch { } return [typeof scope.process, Object.getPrototypeOf(Object.getPrototypeOf(scope)) === null || 'proxy', Object.keys(scope).length].join(); };` } },
    app: `console.log(require('zone').walk());`,
    expect: /^(none|undefined,.*,0)$/,
  },
};

function lay(dir, { packages, app }) {
  const put = (name, text) => { mkdirSync(dirname(join(dir, name)), { recursive: true }); writeFileSync(join(dir, name), text); };
  const all = Object.fromEntries(Object.keys(packages).map((name) => [name, '*']));
  put('package.json', JSON.stringify({ name: 'app', version: '1.0.0', dependencies: all }));
  put('packsec.policy.json', '{"version":1,"app":{"ambient":true},"packages":{}}');
  put('app.js', app);
  for (const [name, { version = '1.0.0', needs = [], ...files }] of Object.entries(packages)) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version, dependencies: Object.fromEntries(needs.map((n) => [n, '*'])) }));
    for (const [file, text] of Object.entries(files)) put(`node_modules/${name}/${file}`, text);
  }
}
for (const [title, test] of Object.entries(CASES)) {
  const dir = join(work, String(passed + failed));
  lay(dir, test);
  for (const start of ['first', 'second']) {
    const { stdout, stderr } = await run([npsx, '--quiet', 'app.js'], { cwd: dir, env: { ...process.env, XDG_CACHE_HOME: join(dir, 'cache') } });
    const said = stdout.trim();
    say(test.expect instanceof RegExp ? test.expect.test(said) : said === test.expect, `${title} (${start} start): ${JSON.stringify(said)} ${stderr.slice(0, 300)}`);
  }
}
rmSync(work, { recursive: true, force: true });
finish(passed, failed);
