// The hardening pass, judged from outside: a package that holds nothing tries to change every intrinsic, and what is left on them is compared with what
// SES permits (npm ses, the oracle). What SES would remove and we keep stands in EXTRA with its reason, or the test fails.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { permitted, universalPropertyNames, sharedGlobalPropertyNames, uniqueGlobalPropertyNames } from '../../../node_modules/ses/src/permits.js';
import { finish, needNpsx, npsx, root, run, temporary } from '../../lib.mjs';

needNpsx();
const names = [...new Set([...Object.keys(universalPropertyNames), ...Object.keys(sharedGlobalPropertyNames), ...Object.keys(uniqueGlobalPropertyNames),
  'Intl', 'WebAssembly', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer', 'Temporal', 'Float16Array', 'SuppressedError', 'DisposableStack', 'AsyncDisposableStack'])]
  .filter((n) => !['globalThis', 'undefined', 'NaN', 'Infinity', 'harden', 'lockdown', 'Compartment', 'eval', 'HandledPromise', 'ModuleSource'].includes(n));

// Standard and pure, but newer than the oracle's list or left out of it on grounds that do not hold here.
const EXTRA = {
  'Error': ['captureStackTrace', 'stackTraceLimit', 'isError'],            // frozen; the string form tells places, no functions
  'Date': ['now'],                                                         // refuses: every package has its own Date
  'Math': ['random', 'f16round', 'sumPrecise'],                            // refuses: every package has its own Math
  'RegExp': ['escape', 'Symbol(Symbol.species)'], 'RegExp.prototype': ['compile', 'linear'],    // changes the regular expression it is called on, no other
  'Iterator': ['concat', 'zip', 'zipKeyed'], 'Iterator.prototype': ['Symbol(Symbol.dispose)', 'constructor', 'Symbol(Symbol.toStringTag)'],
  'Promise': ['try'], 'Map.prototype': ['getOrInsert', 'getOrInsertComputed'], 'WeakMap.prototype': ['getOrInsert', 'getOrInsertComputed'],
  'Uint8Array': ['fromBase64', 'fromHex'], 'Uint8Array.prototype': ['setFromBase64', 'setFromHex', 'toBase64', 'toHex'],
  'Array': ['fromAsync'], 'JSON': ['rawJSON', 'isRawJSON'], 'Symbol': ['dispose', 'asyncDispose'], 'DataView.prototype': ['getFloat16', 'setFloat16'],
  'Date.prototype': ['toTemporalInstant'], 'Object.prototype': ['__proto__'],                                        // spelled --proto-- there
  'TextEncoder.prototype': ['Symbol(nodejs.util.inspect.custom)'], 'TextDecoder.prototype': ['Symbol(nodejs.util.inspect.custom)'], 'String.prototype': ['toLocaleLowerCase', 'toLocaleUpperCase', 'localeCompare'],
};
const UNJUDGED = /^(Intl|WebAssembly|WeakRef|FinalizationRegistry|Atomics|SharedArrayBuffer|Temporal|Float16Array|SuppressedError|DisposableStack|AsyncDisposableStack)\b/;

const work = temporary('harden');
mkdirSync(join(work, 'node_modules/guest'), { recursive: true });
cpSync(join(root, 'tests/runtime/harden/guest.js'), join(work, 'node_modules/guest/index.js'));
writeFileSync(join(work, 'node_modules/guest/package.json'), '{"name":"guest","version":"1.0.0"}');
writeFileSync(join(work, 'package.json'), '{"name":"app","version":"1.0.0","dependencies":{"guest":"1.0.0"}}');
writeFileSync(join(work, 'packsec.policy.json'), '{"version":1,"app":{"ambient":true},"packages":{}}');
writeFileSync(join(work, 'app.js'), `console.log(JSON.stringify(require('guest')(${JSON.stringify(names)})));`);
const { stdout, stderr, status } = await run([npsx, '--quiet', 'app.js'], { cwd: work });
const shapes = await shapesAfterBoot();
rmSync(work, { recursive: true, force: true });

let passed = 0;
let failed = 0;
const say = (ok, text) => {
  if (ok) passed++;
  else { failed++; console.log(`  ${text}`); }
};
// How V8 keeps the two prototypes that every array has, once packages ran and builtins were sealed: see freezeArrays in runtime/harden.js.
async function shapesAfterBoot() {
  const app = { plan: 1, project: work, cwd: work, main: { kind: 'file', path: join(work, 'shapes.js') }, check: false, preload: [], argv: [], argv0: 'npsx', execPath: npsx, execArgv: [],
    options: { sourceMaps: false, stackTraceLimit: 10, title: null, warnings: true }, policy: null, mode: 'enforce', quiet: true, auditFd: -1, learnFd: -1, tmp: '/tmp', home: '/', lock: null,
    protected: [], cache: null };
  writeFileSync(join(work, 'plan.json'), JSON.stringify(app));
  writeFileSync(join(work, 'shapes.js'), `require('guest'); require('http'); require('stream');
const [A, O] = [Array.prototype, Object.prototype];
console.log(JSON.stringify(eval('({ frozen: Object.isFrozen(A) && Object.isFrozen(O), fast: %HasFastProperties(A) && %HasFastProperties(O), dictionary: [%HasDictionaryElements(A), %HasDictionaryElements(O)],' +
  'species: %ArraySpeciesProtector(), elements: %NoElementsProtector(), iteration: %ArrayIteratorProtector() })')));`);
  const engine = await run([join(root, 'build/src/addon/with-plan'), join(work, 'plan.json'), join(root, 'build/npsx-engine'), '--node-options=--allow-natives-syntax', '@', `@${join(root, 'build/psx.node')}`], { cwd: work });
  return engine.stdout.trim() || engine.stderr;
}
let result;
try { result = JSON.parse(stdout); } catch { console.log(stderr); }
say(status === 0 && result !== undefined, `the guest did not report (exit ${status})`);
say(shapes === '{"frozen":true,"fast":true,"dictionary":[true,false],"species":true,"elements":true,"iteration":true}', `arrays would be slow: ${shapes}`);
if (result) {
  say(result.visited > 1100, `only ${result.visited} objects were visited: the walker is broken`);
  say(result.bad.length === 0, `${result.bad.length} changes succeeded: ${result.bad.slice(0, 12).join('; ')}`);
  const permitOf = (name) => permitted[name] ?? permitted[`%${name}%`] ?? permitted[`%Initial${name}%`] ?? permitted[`%Shared${name}%`];
  for (const [name, keys] of Object.entries(result.keys)) {
    if (UNJUDGED.test(name)) continue;
    const proto = name.endsWith('.prototype');
    const permit = proto ? permitted[`%${name.slice(0, -10)}Prototype%`] : permitOf(name);
    const shared = proto ? undefined : permitted[`%Shared${name}%`];
    if (!permit) continue;
    const inherited = permitted['%FunctionInstance%'] ?? {};
    const spelled = (k) => k.replace(/^Symbol\(Symbol\.(\w+)\)$/, '@@$1');
    const unknown = keys.filter((k) => !Object.hasOwn(permit, spelled(k)) && !(shared && Object.hasOwn(shared, spelled(k))) &&
      !['length', 'name', 'prototype'].includes(k) && !Object.hasOwn(inherited, k) && !(EXTRA[name] ?? []).includes(k));
    say(unknown.length === 0, `${name}: not permitted by the oracle and not on the reviewed list: ${unknown.join(' ')}`);
  }
  console.log(`  ${result.visited} objects visited`);
}
finish(passed, failed);
