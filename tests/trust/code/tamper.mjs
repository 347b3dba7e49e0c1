// Each case: what is done to a pinned application, what is started then, and how it is refused. Under plain node the same start must say EVIL
// (or what `fires` says) where a case is about code that would run.
import { createHash } from 'node:crypto';
import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { WASM, lockOf } from './place.mjs';

const CHANGED = 'ERR_PIN_MISMATCH', UNLISTED = 'ERR_PIN_UNLISTED', MISSING = 'ERR_PIN_MISSING', LINK = 'ERR_PIN_LINK';
const file = (path, start, more) => ({ name: `${path} changed, ${start.join(' ')}`, tamper: (p) => p.flip(path), start, code: CHANGED, status: 1, ...more });
const link = (p, at, to) => { rmSync(p.at(at), { recursive: true }); symlinkSync(to, p.at(at)); };
const swap = (p, a, b) => { renameSync(p.at(a), p.at('swap')); renameSync(p.at(b), p.at(a)); renameSync(p.at('swap'), p.at(b)); };
const dep = 'node_modules/dep/said.js';
// the list with other content, bound again, as somebody with an editor would do it: what is wrong with it is its form
const rebind = (p, change) => {
  const list = change(p.read('packsec.pins').toString());
  p.put('packsec.pins', list);
  const policy = JSON.parse(p.read('packsec.policy.json'));
  policy.pins.integrity = `sha256-${createHash('sha256').update(list).digest('base64')}`;
  p.put('packsec.policy.json', JSON.stringify(policy));
};
const lines = (text) => text.trimEnd().split('\n');
const form = (name, change, says) => ({ name: `the list: ${name}`, tamper: (p) => rebind(p, change), start: ['app.js'], says, status: 126 });
const list = (name, tamper, says = /is not the one that the policy binds/) => ({ name: `the list: ${name}`, tamper, start: ['app.js'], says, status: 126 });
const SAME = { fires: /GOOD/ };       // node's own answer does not change: what is tampered with is what npsx reads

export const cases = [
  // -- one file of each kind
  file('app.js', ['app.js'], { status: 126 }),
  file('main.mjs', ['main.mjs'], { status: 126 }),
  file('main.ts', ['main.ts'], { status: 126 }),
  file('bin/tool', ['bin/tool'], { status: 126 }),
  file('app.js', ['start/fork.js'], { status: 126 }),
  file('lib/preload.js', ['-r', './lib/preload.js', 'start/empty.js'], { status: 126 }),
  file('lib/preload.mjs', ['--import', './lib/preload.mjs', 'start/empty.js'], { status: 126 }),
  file(dep, ['start/cjs.js']),
  file(dep, ['start/import-cjs.mjs']),
  file('node_modules/dep/said.mjs', ['start/import.mjs']),
  file('node_modules/dep/said.mjs', ['start/dynamic.js']),
  file('node_modules/dep/said.mjs', ['start/require-esm.js']),
  file('node_modules/dep/data.json', ['start/json.js']),
  file('node_modules/dep/data.json', ['start/import-json.mjs']),
  file('lib/own.js', ['start/own.js']),
  file('lib/typed.ts', ['start/typed.js']),
  file('lib/worker.js', ['start/worker.js']),
  file(dep, ['start/worker-dep.js']),
  { name: 'one byte of WebAssembly', tamper: (p) => p.put('node_modules/dep/value.wasm', WASM.evil), start: ['start/wasm.mjs'], code: CHANGED, status: 1 },
  ...['addon', 'dlopen', 'addon-worker', 'sqlite', 'ffi'].map((how) => ({ name: `an addon changed, ${how}`, tamper: (p) => appendFileSync(p.at('node_modules/native/addon.node'), 'x'),
    start: [`start/${how}.js`], code: CHANGED, status: 1, ...SAME })),
  { name: 'a library that an addon brings changed', tamper: (p) => p.flip('node_modules/native/lib/libvips.so.42'), start: ['start/addon.js'], code: CHANGED, status: 1, ...SAME },
  { name: 'a library that an addon brings goes', tamper: (p) => rmSync(p.at('node_modules/native/lib/libvips.so.42')), start: ['start/addon.js'], code: MISSING, status: 1, ...SAME },
  // -- other ways to the same loader
  ...['mainRequire', 'create', 'load'].map((how) => file(dep, [`start/${how}.js`])),
  file('lib/own.js', ['start/extensions.js']),
  // -- Node's own loader and threads, which ask nobody
  ...[['internal', { code: UNLISTED }], ['repl', { says: /asked for outside any package/ }], ['hooks', { says: /asked for outside any package/ }],
    ['worker-class', { says: /Worker cannot be constructed through an instance/ }]].map(([how, more]) => ({ name: `a new file, ${how}`,
    tamper: (p) => p.put('lib/added.js', "console.log('EVIL')"), start: [`start/${how}.js`], status: 1, ...more })),
  // -- package.json says which file is meant
  { name: 'main leads elsewhere', tamper: (p) => p.flip('node_modules/dep/package.json', 'said.js', 'index.js'), start: ['start/cjs.js'], code: CHANGED, status: 1 },
  { name: 'exports lead elsewhere', tamper: (p) => p.flip('node_modules/mapped/package.json', '".":"./good.js"', '".":"./evil.js"'), start: ['start/exports.js'], code: CHANGED, status: 1 },
  { name: 'imports lead elsewhere', tamper: (p) => p.flip('node_modules/mapped/package.json', '"#said":"./good.js"', '"#said":"./evil.js"'), start: ['start/imports.js'], code: CHANGED, status: 1 },
  { name: 'another type', tamper: (p) => p.flip('node_modules/mapped/package.json', '{', '{"type":"module",'), start: ['start/type.js'], code: CHANGED, status: 1 },
  { name: 'npsx . and main leads elsewhere', tamper: (p) => p.flip('package.json', 'app.js', 'lib/evil.js'), start: ['.'], says: /ERR_PIN_MISMATCH.*package\.json/, status: 126 },
  { name: 'npsx . and the main script goes', tamper: (p) => rmSync(p.at('app.js')), start: ['.'], says: /ERR_PIN_MISSING.*app\.js/, status: 126 },
  { name: 'a script without its ending, and it goes', tamper: (p) => rmSync(p.at('either.js')), start: ['either'], says: /ERR_PIN_MISSING.*either\.js/, status: 126 },
  { name: 'npsx . and package.json goes', tamper: (p) => { rmSync(p.at('package.json')); p.put('index.js', "console.log('EVIL')"); }, start: ['.'], says: /ERR_PIN_MISSING.*package\.json/, status: 126 },
  // -- files come and go
  { name: 'a file is added before the one that was found', tamper: (p) => p.put('node_modules/dep/lib.js', "module.exports = 'EVIL'"), start: ['start/lib.js'], code: UNLISTED, status: 1 },
  { name: 'a package is added before the one that was found', tamper: (p) => {
    p.put('node_modules/dep/node_modules/lib/index.js', '');
    p.put('start/node_modules/other/index.js', "module.exports = 'EVIL'");
    p.put('start/other.js', "console.log(require('other'))");
  }, start: ['start/other.js'], code: UNLISTED, status: 126 },
  { name: 'a file goes, another is found', tamper: (p) => rmSync(p.at(dep)), start: ['start/cjs.js'], code: MISSING, status: 1 },
  { name: 'package.json goes, index.js is found', tamper: (p) => rmSync(p.at('node_modules/dep/package.json')), start: ['start/cjs.js'], code: MISSING, status: 1 },
  { name: 'a package goes, one further up is found', tamper: (p) => rmSync(p.at('node_modules/dep/node_modules'), { recursive: true }), start: ['start/nested.js'], code: MISSING, status: 1 },
  { name: 'a link goes, a package further up is found', tamper: (p) => { rmSync(p.at('node_modules/linked')); p.put('../node_modules/linked/index.js', "module.exports = 'EVIL'"); },
    start: ['start/linked.js'], code: MISSING, status: 1, after: (p) => rmSync(p.at('../node_modules/linked'), { recursive: true }) },
  { name: 'packages change places', tamper: (p) => swap(p, 'node_modules/dep', 'node_modules/other'), start: ['start/cjs.js'], code: CHANGED, status: 1 },
  // -- links
  { name: 'a link in place of a file', tamper: (p) => link(p, dep, 'index.js'), start: ['start/cjs.js'], code: LINK, status: 1 },
  { name: 'a link in place of a package', tamper: (p) => link(p, 'node_modules/dep', 'other'), start: ['start/cjs.js'], code: LINK, status: 1 },
  { name: 'a link leads elsewhere', tamper: (p) => link(p, 'node_modules/linked', 'other'), start: ['start/linked.js'], code: LINK, status: 1 },
  { name: 'a directory in place of a link', tamper: (p) => { rmSync(p.at('node_modules/linked')); p.put('node_modules/linked/index.js', "module.exports = 'EVIL'"); },
    start: ['start/linked.js'], code: UNLISTED, status: 1 },
  { name: 'a link in place of the script', tamper: (p) => link(p, 'app.js', 'lib/evil.js'), start: ['app.js'], says: /ERR_PIN_LINK.*app\.js/, status: 126 },
  { name: 'a link in place of the script\'s directory', tamper: (p) => { p.put('evil/tool', "console.log('EVIL')"); link(p, 'bin', 'evil'); }, start: ['bin/tool'], says: /ERR_PIN_LINK.*\/bin /, status: 126 },
  // -- written by the program itself
  { name: 'a package writes code beside itself', start: ['start/writer.js'], prints: UNLISTED },
  { name: 'code is written over code', start: ['start/cache.js'], prints: CHANGED },
  { name: 'code is written elsewhere', start: ['start/tmp.js'], prints: UNLISTED },
  // -- who is who
  { name: 'the lockfile names packages anew', tamper: (p) => p.put('package-lock.json', lockOf({ 'node_modules/writer': { name: 'native', version: '1.0.0' } })),
    start: ['app.js'], says: /ERR_PIN_MISMATCH.*package-lock\.json/, status: 126, ...SAME },
  { name: 'the lockfile goes', tamper: (p) => rmSync(p.at('package-lock.json')), start: ['app.js'], says: /ERR_PIN_MISSING.*package-lock\.json/, status: 126, ...SAME },
  { name: 'a lockfile comes before it', tamper: (p) => p.put('npm-shrinkwrap.json', lockOf({})), start: ['app.js'], says: /ERR_PIN_UNLISTED.*npm-shrinkwrap\.json/, status: 126, ...SAME },
  // -- the list
  list('a line is changed', (p) => p.put('packsec.pins', p.read('packsec.pins').toString().replace(/[0-9]/, (d) => (Number(d) + 1) % 10))),
  list('a line goes', (p) => p.put('packsec.pins', `${lines(p.read('packsec.pins').toString()).slice(0, -1).join('\n')}\n`)),
  list('cut off', (p) => p.put('packsec.pins', p.read('packsec.pins').subarray(0, -7))),
  list('empty', (p) => p.put('packsec.pins', '')),
  list('CRLF', (p) => p.put('packsec.pins', p.read('packsec.pins').toString().replaceAll('\n', '\r\n'))),
  list('missing', (p) => rmSync(p.at('packsec.pins')), /is missing/),
  list('a link to nothing', (p) => link(p, 'packsec.pins', 'nothing'), /symbolic link to nothing/),
  list('a directory', (p) => { rmSync(p.at('packsec.pins')); p.put('packsec.pins/x', ''); }, /a directory/),
  form('bound, and a line twice', (t) => t.replace(/(\n[^\n]+)\n$/, '$1$1\n'), /pins:\d+:1: the same path/),
  form('bound, and not sorted', (t) => { const [head, ...rest] = lines(t); return `${[head, ...rest.reverse()].join('\n')}\n`; }, /pins:3:1: the lines are not sorted/),
  form('bound, and CRLF', (t) => lines(t).map((l, i) => (i ? `${l}\r` : l)).join('\n') + '\n', /pins:2:1: the line ends/),
  form('bound, and cut off', (t) => t.slice(0, -7), /does not end with a whole line/),
  form('bound, and empty', () => '', /no list of pins/),
  form('bound, of a later version', (t) => t.replace('pins 1', 'pins 2'), /no list of pins/),
  form('bound, with nothing in it', (t) => `${lines(t)[0]}\n`, /ERR_PIN_UNLISTED/),
  form('bound, with a digest that is none', (t) => t.replace(/\n[0-9a-f]{64}(?=  app\.js\n)/, '\n0123'), /ERR_PIN_UNLISTED.*app\.js/),
  form('bound, with fs-verity where there is none', (t) => t.replace(/\n(?=[0-9a-f]{64}  app\.js\n)/, '\nfsverity:sha256:'), /ERR_PIN_MISMATCH.*app\.js/),
];
for (const c of cases) if (c.prints === undefined) c.fires ??= c.name.startsWith('the list') ? /GOOD/ : /EVIL/;
