'use strict';
// What a package without grants, and one with, gets from process, console, timers, clock, randomness and the rest.
const test = require('node:test');
const assert = require('node:assert');
const util = require('util');
const { start } = require('./harness.js');

const DENIED = { code: 'ERR_CAPABILITY_DENIED', package: 'p1@1.0.0' };
const bare = (more) => { const s = start(more); return { ...s, c: s.compartment(1) }; };
const builtin = (s, name) => s.use('builtins').get(s.c, name);

// ---- process
test('process: shape that packages read at load', () => {
  const s = bare();
  const p = builtin(s, 'process');
  assert.strictEqual(p.version, process.version);
  assert.strictEqual(p.execPath, '/opt/npsx');
  assert.strictEqual(p.cwd(), process.cwd());
  assert.ok(p instanceof require('events'));
  assert.strictEqual(Object.prototype.toString.call(p), '[object process]');
  assert.notStrictEqual(p.argv, process.argv);
  assert.deepStrictEqual(p.versions, { ...process.versions });
  assert.strictEqual(p.pid, 1);
  assert.ok(p.report.getReport().header.nodejsVersion);
  assert.strictEqual(p.report.getReport().environmentVariables, undefined);
  assert.deepStrictEqual(p.listeners('exit'), []);
  assert.strictEqual(typeof p.config.variables, 'object');
  assert.deepStrictEqual(s.asked, [], 'nothing was decided');
  assert.throws(() => new p.constructor(), TypeError);
});

test('process: what acts on the whole process is refused', () => {
  const s = bare();
  const p = builtin(s, 'process');
  for (const act of [() => p.exit(0), () => p.abort(), () => p.kill(process.pid, 0), () => p.chdir('/'), () => p.umask(0), () => p.reallyExit(0), () => p._kill(1, 0), () => p.setuid(0),
    () => p.binding('fs'), () => p._linkedBinding('x'), () => p.execve('/bin/true'), () => p._debugProcess(1), () => p.memoryUsage(), () => p.memoryUsage.rss(),
    () => p.cpuUsage(), () => p.resourceUsage(), () => p.hrtime(), () => p.hrtime.bigint(), () => p.uptime(), () => p.on('SIGTERM', () => {}), () => p.once('SIGINT', () => {}),
    () => p.on('uncaughtException', () => {}), () => p.prependListener('unhandledRejection', () => {}), () => p.addListener('warning', () => {}), () => p.setUncaughtExceptionCaptureCallback(() => {})])
    assert.throws(act, DENIED, String(act));
  assert.throws(() => p.report.writeReport(), { code: 'ERR_CAPABILITY_DENIED' });
  p.title = 'CODE';
  assert.notStrictEqual(process.title, 'CODE');
  p.exitCode = 9;
  assert.strictEqual(process.exitCode, undefined);
  assert.strictEqual(p.exitCode, 9);
  assert.strictEqual(p.getuid(), 65534);
  assert.strictEqual(process.listenerCount('SIGTERM'), 0);
});

test('process.binding: what old packages read at load is plain data of the package, and no binding', () => {
  const s = bare();
  const { binding } = builtin(s, 'process');
  assert.strictEqual(binding('constants').fs.O_RDONLY, require('fs').constants.O_RDONLY);
  assert.strictEqual(binding('uv').errname(-2), 'ENOENT');
  assert.ok(Object.hasOwn(binding('natives'), 'fs'));
  assert.deepStrictEqual(binding('stream_wrap'), {});
  assert.notStrictEqual(binding('constants').os, binding('constants').os, 'shared by nobody');
  const functions = [];
  const walk = (o) => { for (const v of Object.values(o)) if (typeof v === 'function') functions.push(v.name); else if (v !== null && typeof v === 'object') walk(v); };
  for (const name of ['constants', 'natives', 'uv', 'stream_wrap', 'http_parser']) walk(binding(name));
  assert.deepStrictEqual(functions, ['errname']);
  for (const name of ['fs', 'tcp_wrap', 'process_wrap', 'contextify', 'constructor', '__proto__', 'toString']) assert.throws(() => binding(name), DENIED, name);
});

test('process: events are forwarded to the package alone', () => {
  const s = start({ grants: { 1: { process: ['signals'] } } });
  const [a, b] = [1, 2].map((id) => s.use('facade/process').make(s.compartment(id)));
  let seen = [];
  const before = process.listenerCount('SIGWINCH');
  a.on('SIGWINCH', function (name) { seen.push(name, this === undefined); });
  assert.strictEqual(process.listenerCount('SIGWINCH'), before + 1);
  process.emit('SIGWINCH', 'SIGWINCH');
  assert.deepStrictEqual(seen, ['SIGWINCH', true]);
  a.once('SIGWINCH', () => {});
  a.removeAllListeners('SIGWINCH');
  assert.strictEqual(process.listenerCount('SIGWINCH'), before);
  seen = [];
  const exits = process.listenerCount('beforeExit');
  a.on('beforeExit', () => seen.push('a'));
  b.once('beforeExit', () => seen.push('b'));
  process.emit('beforeExit', 0);
  assert.deepStrictEqual(seen, ['a', 'b']);
  assert.strictEqual(process.listenerCount('beforeExit'), exits + 1, 'once() left nothing behind');
  a.removeAllListeners();
  assert.strictEqual(process.listenerCount('beforeExit'), exits);
  assert.strictEqual(a.on('x', () => {}), a);
});

test('process: patches of one package stay its own', () => {
  const s = start();
  const [a, b] = [1, 2].map((id) => s.use('facade/process').make(s.compartment(id)));
  a.emit = () => 'patched';
  a.emitWarning = () => {};
  a.argv.push('--evil');
  assert.notStrictEqual(b.emit, a.emit);
  assert.notStrictEqual(process.emitWarning, a.emitWarning);
  assert.ok(!process.argv.includes('--evil') && !b.argv.includes('--evil'));
  assert.ok(Object.isFrozen(a.nextTick));
});

test('env: granted names only, writes stay local', () => {
  process.env.PSX_A = 'a';
  process.env.PSX_B = 'b';
  process.env.PSX_C = 'c';
  const s = bare({ grants: { 1: { env: ['PSX_A', 'PSX_C*'] } } });
  const { env } = builtin(s, 'process');
  assert.strictEqual(env.PSX_A, 'a');
  assert.strictEqual(env.PSX_B, undefined);
  assert.strictEqual(env.PSX_B, undefined);
  assert.strictEqual(env.PSX_NONE, undefined);
  assert.ok(!('PSX_B' in env) && 'PSX_C' in env);
  assert.deepStrictEqual(Object.keys(env).filter((k) => k.startsWith('PSX_')), ['PSX_A', 'PSX_C']);
  assert.deepStrictEqual(s.asked, ['+1 env PSX_A', '-1 env PSX_B', '+1 env PSX_C'], 'one record a name, none for what does not exist');
  env.PSX_A = 1;
  env.PSX_D = 'd';
  assert.strictEqual(env.PSX_A, '1');
  assert.strictEqual(process.env.PSX_A, 'a');
  assert.ok(!('PSX_D' in process.env));
  delete env.PSX_C;
  assert.strictEqual(env.PSX_C, undefined);
  assert.strictEqual(process.env.PSX_C, 'c');
  assert.strictEqual({ ...env }.PSX_D, 'd');
  assert.strictEqual(env.hasOwnProperty('PSX_A'), true);
  assert.strictEqual(`${env}`, '[object Object]');
  assert.throws(() => { env[Symbol('x')] = 1; }, TypeError);
  process.env.PSX_A = 'late';
  const t = bare({ grants: { 1: { env: ['PSX_A'] } } });
  const e2 = builtin(t, 'process').env;
  assert.strictEqual(e2.PSX_A, 'late');
  process.env.PSX_A = 'later';
  assert.strictEqual(e2.PSX_A, 'later', 'what the application sets later is seen');
});

test('env: learning records names that do not exist, too', () => {
  const s = bare({ mode: 'learn' });
  const { env } = builtin(s, 'process');
  assert.strictEqual(env.PSX_NOT_THERE, undefined);
  assert.deepStrictEqual(s.asked, ['+1 env PSX_NOT_THERE']);
});

// ---- stdio and console
const capture = (f) => {
  const out = [];
  const original = process.stdout.write;
  process.stdout.write = (chunk, encoding, callback) => { out.push(String(chunk)); if (typeof callback === 'function') callback(); return true; };
  try { f(); } finally { process.stdout.write = original; }
  return out.join('');
};

test('stdout: written in the same turn, and nothing leads to the real stream', () => {
  const s = bare({ grants: { 1: { stdio: ['stdout'] } } });
  const { stdout } = builtin(s, 'process');
  assert.strictEqual(capture(() => { stdout.write('a'); stdout.write(Buffer.from('b')); stdout.write('c', 'utf8', () => {}); }), 'abc');
  assert.strictEqual(stdout.fd, 1);
  assert.ok(stdout instanceof require('stream').Writable);
  assert.strictEqual(stdout._handle, undefined);
  assert.throws(() => new stdout.constructor(), TypeError);
  const reachable = new Set();
  const walk = (o) => { if ((typeof o === 'object' || typeof o === 'function') && o !== null && !reachable.has(o)) { reachable.add(o); for (const k of Reflect.ownKeys(o)) { let v; try { v = o[k]; } catch { continue; } walk(v); } } };
  for (const o of [stdout, Object.getPrototypeOf(stdout)]) for (const k of Reflect.ownKeys(o)) { let v; try { v = o[k]; } catch { continue; } walk(v); }
  assert.ok(!reachable.has(process.stdout) && !reachable.has(process));
});

test('stdout without the grant: not written, told to the callback, no throw', async () => {
  const s = bare();
  const { stdout } = builtin(s, 'process');
  let error;
  const text = capture(() => { stdout.write('x', (e) => { error = e; }); stdout.write('y'); });
  await new Promise(setImmediate);
  assert.strictEqual(text, '');
  assert.strictEqual(error.code, 'ERR_CAPABILITY_DENIED');
  assert.strictEqual(error.capability, 'stdio');
  assert.deepStrictEqual(s.asked, ['-1 stdio stdout'], 'recorded once');
});

test('console: prints through the package\'s stdout; no class of Node behind it (H06)', () => {
  const s = bare({ grants: { 1: { stdio: ['stdout', 'stderr'] } } });
  const own = s.use('facade/console').make(s.c);
  assert.strictEqual(capture(() => { own.log('a %d', 1); own.group(); own.info('b'); own.groupEnd(); own.table([[1]]); own.count(); own.assert(true); }).split('\n').slice(0, 2).join(), 'a 1,  b');
  assert.strictEqual(own._stdout, builtin(s, 'process').stdout);
  assert.throws(() => new own._stdout.constructor(), TypeError);
  assert.throws(() => own.time(), DENIED);
  assert.notStrictEqual(Object.getPrototypeOf(own).constructor, console.Console);
  for (let p = own; p; p = Object.getPrototypeOf(p)) assert.notStrictEqual(Object.getOwnPropertyDescriptor(p, 'constructor')?.value, console.Console);
  const { Writable } = require('stream');
  let text = '';
  const k = new own.Console(new Writable({ write(x, e, cb) { text += x; cb(); } }));
  k.log('own');
  assert.strictEqual(text, 'own\n');
  assert.ok(k instanceof own.Console && own instanceof own.Console);
  assert.throws(() => k.time(), DENIED);
  Object.getPrototypeOf(k).time.call(k);
  Object.getPrototypeOf(k).timeEnd.call(k);
  assert.strictEqual(text, 'own\n', 'no stopwatch through the prototype');
});

test('console.time with a clock', () => {
  const s = bare({ grants: { 1: { stdio: ['stdout'], clock: true } } });
  const own = s.use('facade/console').make(s.c);
  assert.match(capture(() => { own.time('t'); own.timeLog('t', 'x'); own.timeEnd('t'); }), /^t: [\d.]+ms x\nt: [\d.]+ms\n$/);
});

// ---- timers
test('timers: denied without the grant, when called', () => {
  const s = bare();
  const t = builtin(s, 'timers');
  for (const f of [() => t.setTimeout(() => {}), () => t.setInterval(() => {}), () => t.setImmediate(() => {}), () => t.promises.setTimeout(1), () => t.promises.scheduler.wait(1)]) assert.throws(f, DENIED);
  assert.doesNotThrow(() => t.clearTimeout(undefined));
});

test('timers: own objects, no walk to other timers', async () => {
  const s = bare({ grants: { 1: { timers: true } } });
  const t = builtin(s, 'timers');
  const secret = setTimeout(function victim() {}, 1e6);
  secret.unref();
  const mine = t.setTimeout(() => {}, 1e6).unref();
  assert.strictEqual(mine._idlePrev, undefined);
  assert.strictEqual(mine._idleTimeout, 1e6);
  assert.deepStrictEqual(Reflect.ownKeys(mine), []);
  assert.throws(() => new mine.constructor(), TypeError);
  assert.strictEqual(mine.hasRef(), false);
  assert.ok(Object.isFrozen(Object.getPrototypeOf(mine)));
  const id = +mine;
  assert.strictEqual(+mine, id);
  t.clearTimeout(String(id));
  assert.strictEqual(mine._destroyed, true);
  t.clearTimeout(+secret);
  assert.strictEqual(secret._destroyed, false, 'a guessed number clears nothing of others');
  clearTimeout(secret);
  const got = await new Promise((done) => { t.setTimeout(function (a, b) { done([a, b, this]); }, 1, 'a', 'b'); });
  assert.deepStrictEqual(got.slice(0, 2), ['a', 'b']);
  assert.strictEqual(got[2]._idlePrev, undefined);
  assert.strictEqual(await util.promisify(t.setTimeout)(1, 'v'), 'v');
  assert.strictEqual(await util.promisify(t.setImmediate)('w'), 'w');
  assert.strictEqual(await t.promises.setTimeout(1, 'x'), 'x');
  let n = 0;
  await new Promise((done) => { const i = t.setInterval(() => { if (++n === 3) { t.clearInterval(i); done(); } }, 1); });
  assert.strictEqual(n, 3);
  const im = t.setImmediate(() => assert.fail('cleared'));
  t.clearImmediate(im);
  { using d = t.setTimeout(() => assert.fail('disposed'), 1); void d; }
  await new Promise((r) => setTimeout(r, 5));
  assert.throws(() => t.setTimeout('code'), { code: 'ERR_INVALID_ARG_TYPE' });
  const fromApp = setTimeout(() => assert.fail('cleared by the package that was handed it'), 1);
  t.clearTimeout(fromApp);
  const handedOut = t.setTimeout(() => assert.fail('cleared by the application'), 1);
  s.use('facade/timers').make({ id: 0, name: 'app', ambient: true }).clearTimeout(handedOut);
  await new Promise((r) => setTimeout(r, 5));
});

test('timers: eval as a callback gains nothing', async () => {
  const s = bare({ grants: { 1: { timers: true } } });
  const t = builtin(s, 'timers');
  const result = await new Promise((done) => {
    globalThis.psxDone = done;
    t.setTimeout(eval, 1, "import('fs').then(() => psxDone('escaped'), (e) => psxDone(e.code))");
  });
  delete globalThis.psxDone;
  assert.strictEqual(result, 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING');
});

// ---- clock
test('clock: denied, granted, fixed, coarse', () => {
  const s = start({ grants: { 2: { clock: true }, 3: { clock: ['fixed:2026-01-01T00:00:00Z'] }, 4: { clock: ['coarse:100ms'] } } });
  const clock = s.use('facade/clock');
  const [none, real, fixed, coarse] = [1, 2, 3, 4].map((id) => s.compartment(id));
  const D = clock.dateFor(none);
  assert.throws(() => D.now(), DENIED);
  assert.throws(() => new D(), DENIED);
  assert.throws(() => D(), DENIED);
  assert.strictEqual(new D(0).getTime(), 0);
  assert.strictEqual(D.parse('1970-01-01T00:00:01Z'), 1000);
  assert.ok(new D(0) instanceof Date && new Date(0) instanceof D);
  class X extends D {}
  assert.ok(new X(5) instanceof X);
  assert.strictEqual(clock.dateFor(real), Date);
  const F = clock.dateFor(fixed);
  assert.strictEqual(F.now(), Date.UTC(2026, 0, 1));
  assert.strictEqual(new F().toISOString(), '2026-01-01T00:00:00.000Z');
  assert.strictEqual(clock.dateFor(coarse).now() % 100, 0);
  assert.throws(() => clock.performanceFor(none).now(), DENIED);
  assert.throws(() => clock.performanceFor(none).mark('x'), DENIED);
  assert.throws(() => clock.temporalFor(none).Now.instant(), DENIED);
  assert.ok(clock.temporalFor(real).Now.instant().epochMilliseconds > 0);
  assert.strictEqual(clock.temporalFor(fixed).Now.instant().epochMilliseconds, Date.UTC(2026, 0, 1));
  assert.strictEqual(clock.temporalFor(real).Now.timeZoneId(), 'UTC');
  assert.strictEqual(clock.performanceFor(fixed).now(), 0);
  const h = clock.hrtimeFor(real);
  assert.strictEqual(h().length, 2);
  assert.strictEqual(h(h()).length, 2);
  assert.strictEqual(typeof h.bigint(), 'bigint');
  assert.deepStrictEqual(clock.hrtimeFor(fixed)(), [0, 0]);
});

test('performance: a timeline of its own', async () => {
  const s = start({ grants: { 1: { clock: true }, 2: { clock: true } } });
  const [a, b] = [1, 2].map((id) => s.use('facade/table').make(s.compartment(id), 'perf_hooks'));
  let seen;
  const observer = new a.PerformanceObserver((list) => { seen = list.getEntries().map((e) => e.name); });
  observer.observe({ entryTypes: ['mark', 'measure'] });
  a.performance.mark('one');
  a.performance.mark('two', { detail: { x: 1 } });
  const m = a.performance.measure('both', 'one', 'two');
  assert.ok(m.duration >= 0 && m.entryType === 'measure');
  assert.strictEqual(a.performance.getEntriesByName('two')[0].detail.x, 1);
  await new Promise((r) => setTimeout(r, 5));
  assert.deepStrictEqual(seen, ['one', 'two', 'both']);
  assert.deepStrictEqual(b.performance.getEntries(), []);
  a.performance.clearMarks();
  assert.strictEqual(a.performance.getEntries().length, 1);
});

// ---- random
test('random: denied, granted, seeded', () => {
  const s = start({ grants: { 2: { random: true }, 3: { random: ['seed:42'] }, 4: { random: ['seed:42'] } } });
  const { mathFor } = s.use('facade/random');
  const [none, real, a, b] = [1, 2, 3, 4].map((id) => s.compartment(id));
  assert.throws(() => mathFor(none).random(), DENIED);
  assert.strictEqual(mathFor(none).max(1, 2), 2);
  assert.strictEqual(mathFor(none).PI, Math.PI);
  const x = mathFor(real).random();
  assert.ok(x >= 0 && x < 1);
  const [m, n] = [mathFor(a), mathFor(b)];
  assert.deepStrictEqual([m.random(), m.random()], [n.random(), n.random()]);
  assert.notStrictEqual(m.random(), m.random());
  const crypto = s.use('facade/crypto').make(a);
  assert.match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.strictEqual(crypto.randomBytes(8).length, 8);
  const i = crypto.randomInt(5, 9);
  assert.ok(i >= 5 && i < 9);
});

test('crypto: computing needs nothing, making up needs random', async () => {
  const s = bare();
  const crypto = builtin(s, 'crypto');
  assert.ok(crypto.createHash('sha256').update('x').digest('hex').startsWith('2d711642'));
  assert.strictEqual(crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), true);
  for (const f of [() => crypto.randomBytes(1), () => crypto.randomUUID(), () => crypto.randomInt(5), () => crypto.getRandomValues(new Uint8Array(1)), () => crypto.randomFillSync(Buffer.alloc(1)),
    () => crypto.generateKeyPairSync('ed25519'), () => crypto.createECDH('secp256k1'), () => new crypto.DiffieHellman(128), () => crypto.generatePrimeSync(32), () => crypto.setFips(true),
    () => crypto.setEngine('x'), () => { crypto.fips = 1; }, () => crypto.webcrypto.getRandomValues(new Uint8Array(1)), () => crypto.prng(1)]) assert.throws(f, DENIED, String(f));
  await assert.rejects(crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']), DENIED);
  assert.strictEqual(Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from('x'))).toString('hex').slice(0, 8), '2d711642');
  assert.throws(() => require('crypto').webcrypto.constructor.prototype.getRandomValues.call(crypto.webcrypto, new Uint8Array(1)), TypeError);
  const self = await new Promise((done) => { crypto.scrypt('p', 's', 8, function () { done(this); }); });
  assert.ok(self === undefined || self === globalThis, 'no job object as this');
  const g = bare({ grants: { 1: { random: true } } });
  const granted = builtin(g, 'crypto');
  const { publicKey } = await util.promisify(granted.generateKeyPair)('ed25519');
  assert.strictEqual(publicKey.type, 'public');
  assert.strictEqual((await util.promisify(granted.randomBytes)(4)).length, 4);
  assert.strictEqual(granted.createECDH('secp256k1').generateKeys('hex').length, 130);
  assert.ok(granted.createECDH('secp256k1') instanceof granted.ECDH);
});

// ---- intl
test('intl: en-US and UTC without system locale', () => {
  const s = start({ grants: { 2: { clock: true, system: ['locale'] }, 3: { clock: ['fixed:2026-01-02T00:00:00Z'] } } });
  const { intlFor } = s.use('facade/intl');
  const I = intlFor(s.compartment(1));
  assert.strictEqual(I.DateTimeFormat().resolvedOptions().timeZone, 'UTC');
  assert.strictEqual(new I.DateTimeFormat('de').resolvedOptions().locale, 'de');
  assert.strictEqual(new I.DateTimeFormat('en', { timeZone: 'Asia/Tokyo' }).resolvedOptions().timeZone, 'Asia/Tokyo');
  for (const name of ['NumberFormat', 'Collator', 'PluralRules', 'RelativeTimeFormat', 'ListFormat', 'Segmenter'])
    for (const locales of [undefined, [], 'xx-XX']) assert.match(new I[name](locales).resolvedOptions().locale, /^en/, `${name} ${locales}`);
  assert.strictEqual(I.NumberFormat('de').format(1.5), '1,5');
  assert.ok(new I.NumberFormat() instanceof Intl.NumberFormat);
  assert.strictEqual(Object.prototype.toString.call(I), '[object Intl]');
  assert.strictEqual(intlFor(s.compartment(2)), Intl);
});

// ---- gc
test('gc: WeakRef and FinalizationRegistry are legal but blind without the grant', () => {
  const s = start({ grants: { 2: { gc: true } } });
  const { WeakRef: W, FinalizationRegistry: F } = s.use('facade/gc').gcFor(s.compartment(1));
  const o = {};
  assert.strictEqual(new W(o).deref(), o);
  assert.throws(() => new W(1), TypeError);
  const f = new F(() => {});
  f.register(o, 1);
  assert.strictEqual(f.unregister(o), false);
  assert.strictEqual(s.use('facade/gc').gcFor(s.compartment(2)).WeakRef, WeakRef);
});

// ---- the others
test('os and tty: harmless at load, userInfo() refuses (P15)', () => {
  const s = bare();
  const os = builtin(s, 'os');
  assert.strictEqual(os.platform(), process.platform);
  assert.strictEqual(os.hostname(), 'localhost');
  assert.strictEqual(os.cpus().length, 1);
  assert.strictEqual(os.homedir(), '/');
  assert.strictEqual(os.tmpdir(), '/tmp');
  assert.deepStrictEqual(os.networkInterfaces(), {});
  assert.deepStrictEqual(s.asked, []);
  assert.throws(() => os.userInfo(), DENIED);
  const tty = builtin(s, 'tty');
  assert.strictEqual(tty.isatty(7), false);
  assert.throws(() => new tty.WriteStream(5), DENIED);
  assert.ok(tty.WriteStream.prototype.getColorDepth.call({}, { TERM: 'dumb' }) === 1);
  const g = bare({ grants: { 1: { system: ['user', 'cpus'] } } });
  assert.strictEqual(builtin(g, 'os').userInfo().uid, process.getuid());
});

test('util: settings of inspect are the package\'s own', () => {
  const s = bare();
  const u = builtin(s, 'util');
  const before = { ...util.inspect.defaultOptions };
  u.inspect.defaultOptions = { depth: 0 };
  u.inspect.styles.number = 'red';
  assert.deepStrictEqual({ ...util.inspect.defaultOptions }, before);
  assert.strictEqual(util.inspect.styles.number, 'yellow');
  assert.strictEqual(u.inspect({ a: { b: 1 } }), '{ a: [Object] }');
  assert.strictEqual(u.inspect({ a: { b: 1 } }, { depth: 3 }), '{ a: { b: 1 } }');
  assert.strictEqual(u.setTraceSigInt, undefined);
  u.getSystemErrorMap().clear();
  assert.ok(util.getSystemErrorMap().size > 10);
  assert.strictEqual(u.debuglog('x').enabled, false);
  assert.notStrictEqual(u.types, util.types);
  assert.strictEqual(u.getCallSites()[0].scriptName, __filename);
});

test('settings: the real inspect and Stream lose their switches (last, changes this process)', () => {
  const s = bare();
  s.use('facade/settings').tame();
  s.use('facade/settings').tameClasses();
  let real;
  util.inspect({ [util.inspect.custom](d, o, inspect) { real = inspect; return 'x'; } });
  assert.throws(() => { real.defaultOptions = { depth: 77 }; }, TypeError);
  assert.throws(() => { real.defaultOptions.depth = 77; }, TypeError);
  assert.notStrictEqual(util.inspect.defaultOptions.depth, 77);
  assert.throws(() => { 'use strict'; real.styles.number = 'red'; }, TypeError);
  assert.throws(() => require('stream').setDefaultHighWaterMark(false, 1), { code: 'ERR_CAPABILITY_DENIED' });
  const E = builtin(s, 'events');
  E.defaultMaxListeners = 77;
  E.captureRejections = true;
  E.setMaxListeners(77);
  assert.strictEqual(require('events').defaultMaxListeners, 10);
  assert.strictEqual(require('events').captureRejections, false);
  class X extends E {}
  const x = new X();
  let heard;
  x.on('y', (v) => { heard = v; });
  x.emit('y', 5);
  assert.strictEqual(heard, 5);
  function Old() { E.call(this); }
  util.inherits(Old, E);
  assert.ok(new Old() instanceof require('events') && new X() instanceof E && new (require('stream').Readable)() instanceof E);
  const { Readable } = require('stream');
  for (let f = Readable; f; f = Object.getPrototypeOf(f)) assert.notStrictEqual(f, require('events'));
  assert.notStrictEqual(E.prototype.constructor, require('events'));
  assert.ok(new E.EventEmitterAsyncResource({ name: 'x' }) instanceof E);
  const event = new Event('x');
  assert.strictEqual(event.timeStamp, 0);
  assert.match(util.inspect(event), /^Event \{ type: 'x', defaultPrevented: false, cancelable: false, timeStamp: 0 \}$/);
  const app = s.use('facade/settings').inspecting();
  app.inspect.defaultOptions.depth = 0;
  assert.strictEqual(app.inspect({ a: { b: 1 } }), '{ a: [Object] }');
  assert.strictEqual(app.format('%s', 'x', { a: { b: 1 } }), 'x { a: [Object] }');
  assert.strictEqual(capture(() => console.log({ a: { b: 1 } })), '{ a: [Object] }\n', 'the application\'s console follows');
  app.inspect.defaultOptions = { depth: 2 };
  assert.strictEqual(capture(() => console.log({ a: { b: 1 } })), '{ a: { b: 1 } }\n');
});

test('diagnostics_channel: own channels (W12)', () => {
  const s = start();
  const [a, b] = [1, 2].map((id) => s.use('facade/table').make(s.compartment(id), 'diagnostics_channel'));
  const got = [];
  a.subscribe('ch', (m, name) => got.push([m, name]));
  b.channel('ch').publish(1);
  require('diagnostics_channel').channel('ch').publish(2);
  assert.deepStrictEqual(got, []);
  a.channel('ch').publish(3);
  assert.deepStrictEqual(got, [[3, 'ch']]);
  assert.ok(a.channel('ch') instanceof a.Channel && a.hasSubscribers('ch') && !b.hasSubscribers('ch'));
  const t = a.tracingChannel('t');
  const events = [];
  t.subscribe({ start: () => events.push('start'), end: () => events.push('end'), error: () => events.push('error'), asyncStart() {}, asyncEnd() {} });
  assert.strictEqual(t.traceSync((x) => x + 1, {}, null, 1), 2);
  assert.throws(() => t.traceSync(() => { throw new Error('x'); }));
  assert.deepStrictEqual(events, ['start', 'end', 'start', 'error', 'end']);
});

test('other contexts: worker, inspector, v8, wasi, hooks, cluster are refused (W01 W03 W05 W06 W09 W17)', () => {
  const s = bare();
  const attempts = [() => new (builtin(s, 'worker_threads').Worker)('0', { eval: true }), () => new (builtin(s, 'inspector').Session)(), () => builtin(s, 'v8').getHeapSnapshot(),
    () => builtin(s, 'v8').setFlagsFromString('--expose-gc'), () => builtin(s, 'vm').runInNewContext('1'), () => builtin(s, 'cluster').fork(),
    () => builtin(s, 'async_hooks').createHook({}), () => builtin(s, 'async_hooks').executionAsyncResource(), () => new (builtin(s, 'worker_threads').BroadcastChannel)('x'),
    () => builtin(s, 'vm').runInThisContext('1'), () => new (builtin(s, 'vm').Script)('1').runInThisContext(), () => builtin(s, 'vm').compileFunction('1'), () => builtin(s, 'repl').start()];
  for (const f of attempts) assert.throws(f, DENIED, String(f));
  const { MessageChannel, isMainThread, markAsUncloneable } = builtin(s, 'worker_threads');
  assert.strictEqual(isMainThread, true);
  markAsUncloneable({});
  new MessageChannel().port1.close();
  assert.strictEqual(builtin(s, 'vm').isContext({}), false);
});

test('vm with eval: a context tells no more than the package knows', async () => {
  const s = bare({ grants: { 1: { eval: true } } });
  const vm = builtin(s, 'vm');
  assert.strictEqual(vm.runInNewContext('a + 1', { a: 1 }), 2);
  assert.strictEqual(vm.runInNewContext('new Date(0).getTime()'), 0);
  const denied = { code: 'ERR_CAPABILITY_DENIED' };
  for (const code of ['Date.now()', 'new Date()', 'Date()', 'Math.random()', 'new (new Date(0).constructor)()', 'globalThis.Date.now()', 'delete globalThis.Date;globalThis.Date===undefined||Date.now()',
    'class X extends Date{}; new X()']) {
    let r;
    try { r = vm.runInNewContext(code); } catch (e) { assert.strictEqual(e.code, denied.code, code); continue; }
    assert.ok(r === true, `${code} -> ${r}`);
  }
  assert.strictEqual(vm.runInNewContext('typeof Intl + typeof Temporal + typeof WeakRef'), 'undefinedundefinedundefined');
  class Mine {}
  assert.strictEqual(vm.runInNewContext('Date', { Date: Mine }), Mine);
  assert.throws(() => vm.runInNewContext('delete globalThis.Date;Date.now()', { Date: Mine }), { name: 'ReferenceError' });
  assert.throws(() => vm.createContext(new Proxy({}, {})), TypeError);
  await assert.rejects(vm.runInNewContext("import('fs')"), { code: 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING' });
  assert.strictEqual(vm.runInNewContext('typeof process + typeof require'), 'undefinedundefined');
  const ctx = vm.createContext({ n: 0 });
  new vm.Script('n++').runInContext(ctx);
  assert.strictEqual(ctx.n, 1);
});

test('readline: Ctrl-Z does not stop the process without process "signals"', () => {
  const s = bare();
  const { PassThrough } = require('stream');
  const { createInterface, Interface } = builtin(s, 'readline');
  const input = new PassThrough();
  const rl = createInterface({ input, output: new PassThrough(), terminal: true });
  assert.ok(rl instanceof Interface);
  assert.strictEqual(rl.listenerCount('SIGTSTP'), 1);
  rl.close();
});

test('a package may patch its modules; nobody else notices', () => {
  const s = start();
  const [a, b] = [1, 2].map((id) => s.compartment(id));
  const get = (c, n) => s.use('builtins').get(c, n);
  get(a, 'path').join = () => 'evil';
  assert.strictEqual(get(b, 'path').join('a', 'b'), 'a/b');
  assert.strictEqual(require('path').join('a', 'b'), 'a/b');
  get(a, 'querystring').escape = () => 'evil';
  assert.strictEqual(get(b, 'querystring').stringify({ a: ' ' }), 'a=%20');
  assert.strictEqual(get(b, 'zlib').gunzipSync(get(b, 'zlib').gzipSync('x')).toString(), 'x');
  assert.strictEqual(get(b, 'zlib').constants.Z_BEST_SPEED, 1);
  assert.strictEqual(get(a, 'buffer').INSPECT_MAX_BYTES, 50);
});
