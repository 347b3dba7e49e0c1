'use strict';
// v8, domain, trace_events, the names with an underscore, node:test.
const test = require('node:test');
const assert = require('node:assert');
const { p, app, denied } = require('./project.js');

test('v8: values to bytes and back; the heap and flags are not a package\'s', () => {
  const { value } = p({}, `const v8 = require('v8'); class S extends v8.DefaultSerializer { _writeHostObject(o) { this.writeUint32(7); return super._writeHostObject(o); } }
    class D extends v8.DefaultDeserializer { _readHostObject() { this.readUint32(); return super._readHostObject(); } }
    const s = new S(); s.writeHeader(); s.writeValue({ b: Buffer.from('q'), u: new Uint8Array([1, 2]) }); const d = new D(s.releaseBuffer()); d.readHeader(); const back = d.readValue();
    return [v8.deserialize(v8.serialize({ m: [...new Map([[1, 2]])], b: Buffer.from('x') })).b.toString(), back.b.toString(), [...back.u], v8.startupSnapshot.isBuildingSnapshot(),
      await tell(() => v8.getHeapStatistics()), await tell(() => v8.setFlagsFromString('--expose-gc')), await tell(() => v8.getHeapSnapshot()), await tell(() => v8.promiseHooks.onInit(() => {})), await tell(() => new v8.GCProfiler()),
      await tell(() => { v8.Deserializer.prototype.readValue = () => 1; return v8.deserialize(v8.serialize(5)); })];`);
  assert.deepStrictEqual(value.slice(0, 4), ['x', 'q', [1, 2], false]);
  for (const text of value.slice(4, 9)) assert.match(text, denied);
  assert.notStrictEqual(value[9], 1);
  assert.ok(p({ system: ['memory'] }, "return require('v8').getHeapStatistics().heap_size_limit;").value > 0);
});

test('domain: errors of what runs in it, and no emitter of others is touched', () => {
  const body = `const domain = require('domain'); const E = require('events'); const out = [];
    const d = domain.create(); d.on('error', (e) => out.push(e.message));
    d.run(() => { out.push(domain.active === d); throw new Error('run'); });
    d.bind(() => { throw new Error('bind'); })(); d.intercept(() => out.push('no'))(new Error('intercept')); d.intercept((v) => out.push(v))(null, 'value');
    const e = new E(); d.add(e); e.emit('error', new Error('emitter')); d.remove(e); out.push(e.listenerCount('error'));
    out.push(domain.active === null || domain.active === undefined, new E().domain === undefined || new E().domain === null, d instanceof domain.Domain, d instanceof E);`;
  const { value } = p({}, `${body} return out;`);
  assert.deepStrictEqual(value, [true, 'run', 'bind', 'intercept', 'value', 'emitter', 0, true, true, true, true]);
  assert.strictEqual(app(undefined, `${body} console.log(JSON.stringify(out));`).stdout, `${JSON.stringify(value)}\n`);
});

test('parts of http and tls by their old names are the package\'s own', () => {
  const { value } = p({}, `const out = [];
    for (const [old, name, key] of [['_http_agent', 'http', 'Agent'], ['_http_agent', 'http', 'globalAgent'], ['_http_client', 'http', 'ClientRequest'], ['_http_incoming', 'http', 'IncomingMessage'], ['_http_outgoing', 'http', 'OutgoingMessage'],
      ['_http_server', 'http', 'Server'], ['_http_server', 'http', 'ServerResponse'], ['_tls_wrap', 'tls', 'TLSSocket'], ['_tls_wrap', 'tls', 'connect'], ['_tls_common', 'tls', 'createSecureContext']])
      if (require(old)[key] !== require(name)[key]) out.push(old + '.' + key);
    out.push(require('_http_common')._checkIsHttpToken('a b'), require('_http_common').methods.includes('GET'), await tell(() => new (require('_http_common').HTTPParser)()),
      await tell(() => new Promise((done, fail) => new (require('_http_client').ClientRequest)('http://127.0.0.1:1/').on('error', fail))));
    return out;`);
  assert.deepStrictEqual(value.slice(0, 2), [false, true]);
  assert.match(value[2], denied);
  assert.match(value[3], /^EACCES: p@1.0.0 may not net.connect/);
});

test('modules that do nothing here say so by doing nothing', () => {
  const { value } = p({}, `const t = require('trace_events').createTracing({ categories: ['v8', 'node'] }); t.enable();
    return [t.enabled, t.categories, require('trace_events').getEnabledCategories() === undefined, require('inspector').url() === undefined, await tell(() => new (require('inspector').Session)()),
      require('repl').builtinModules.includes('fs'), await tell(() => require('repl').start())];`);
  assert.deepStrictEqual(value.slice(0, 4), [true, 'v8,node', true, true]);
  assert.match(value[4], denied);
  assert.strictEqual(value[5], true);
  assert.match(value[6], denied);
});

const SUITE = `const test = require('node:test'); const assert = require('assert'); const { describe, it, mock, before, afterEach } = test;
test('a', () => {}); test('b', async (t) => { await t.test('sub', () => { assert.ok(1); }); t.diagnostic('hi'); });
describe('d', () => { before(() => {}); afterEach(() => {}); it('x', () => {}); it('y', (t) => { const o = { f: () => 1 }; t.mock.method(o, 'f', () => 2); assert.strictEqual(o.f(), 2); }); it.skip('z'); it.todo('w'); });
test('m', () => { const f = mock.fn(() => 5); assert.strictEqual(f(), 5); assert.strictEqual(f.mock.callCount(), 1); });
test('rejects', async () => { await assert.rejects(Promise.reject(new Error('x'))); });
if (process.argv[2]) test('fails', () => { throw new Error('boom'); });
`;
const GRANTS = { stdio: ['stdout', 'stderr'], process: ['exit'], timers: true };
test('node:test of a confined application: same tests, same exit status', () => {
  const count = ({ stdout, status }) => [status, ...stdout.split('\n').filter((l) => /^[✔✖﹣▶ℹ ]/.test(l) && !l.includes('duration_ms')).map((l) => l.replace(/ \([\d.]+ms\)/, ''))].slice(0, 24);
  for (const args of [[], ['fail']]) {
    const [ours, theirs] = [false, true].map((node) => count(app(node ? undefined : GRANTS, SUITE, { node, args: ['app.js', ...args] })));
    assert.deepStrictEqual(ours, theirs);
    assert.strictEqual(ours[0], args.length);
  }
});

test('node:test: what reaches beyond the tests is refused', () => {
  const r = app(GRANTS, `const test = require('node:test'); const assert = require('assert'); const no = { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' };
    test('refused', (t) => { assert.throws(() => test.run({}), no); assert.throws(() => t.mock.timers.enable(), no); assert.throws(() => t.mock.module('fs'), no); assert.throws(() => test.mock.module('fs'), no);
      assert.throws(() => t.assert.fileSnapshot({}, '/etc/passwd'), { code: 'EACCES' });
      test.snapshot.setResolveSnapshotPath(() => '/etc/passwd'); assert.throws(() => t.assert.snapshot({}), { code: 'EACCES' });
      assert.throws(() => { 'use strict'; Object.getPrototypeOf(t).diagnostic = 1; Object.getPrototypeOf(t).test = 1; assert.notStrictEqual(t.test, 1); throw new TypeError('x'); }); });`);
  assert.strictEqual(r.status, 0, r.stdout + r.stderr);
  const { value } = p({ stdio: ['stdout'], process: ['exit'] }, "return [await tell(() => require('node:test')('x', () => {})), await tell(() => require('node:test').run())];");
  for (const text of value) assert.match(text, denied);
  assert.match(app({}, "require('node:test').test('x', () => {});").stderr, /app may not stdio stdout/);
});

test('tty: the standard streams are the package\'s, other descriptors nobody\'s', () => {
  const { value } = p({ stdio: ['stdout'] }, `const tty = require('tty'); return [await tell(() => new tty.WriteStream(app)), await tell(() => new tty.ReadStream(app)), await tell(() => new tty.WriteStream(1)), await tell(() => new tty.ReadStream(-1)), await tell(() => new tty.WriteStream({ valueOf: () => 1 })),
    typeof tty.WriteStream.prototype.cursorTo, typeof tty.ReadStream.prototype.setRawMode];`, { before: "require('fs').openSync('/dev/null', 'r+')" });
  for (const i of [0, 1]) assert.match(value[i], denied);
  assert.match(value[2], /^ERR_TTY_INIT_FAILED/);
  for (const i of [3, 4]) assert.match(value[i], /^ERR_INVALID_FD/);
  assert.deepStrictEqual(value.slice(5), ['function', 'function']);
});

test('crypto: agreeing on a key makes nothing up', () => {
  const { value } = p({}, "const c = require('crypto'); return [c.diffieHellman({ privateKey: app.privateKey, publicKey: app.publicKey }).length, await tell(() => c.generateKeyPairSync('x25519'))];", { before: "require('crypto').generateKeyPairSync('x25519')" });
  assert.strictEqual(value[0], 32);
  assert.match(value[1], denied);
});
