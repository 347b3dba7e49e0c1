'use strict';
// What an application hands over: one of each kind, made afresh for each package, over infrastructure that the application has once (its servers, its agents).

const fs = require('node:fs');
const net = require('node:net');
const tls = require('node:tls');
const http = require('node:http');
const https = require('node:https');
const http2 = require('node:http2');
const dns = require('node:dns');
const dgram = require('node:dgram');
const stream = require('node:stream');
const readline = require('node:readline');
const cp = require('node:child_process');
const { once } = require('node:events');
const { join } = require('node:path');
const { cert, key } = require('./cert.js');

const at = (name) => join(__dirname, 'open', name);
const quiet = (f) => { try { return f(); } catch (e) { return e; } };
const ignore = (o) => { o?.on?.('error', () => {}); return o; };
const within = (p, ms = 3000) => Promise.race([p, new Promise((done) => { const t = setTimeout(() => done(new Error('late')), ms); t.unref?.(); })]);
const onceOf = (o, name) => within(once(o, name).then((a) => a[0], (e) => e));

let infrastructure;
async function infra() {
  if (infrastructure) return infrastructure;
  fs.mkdirSync(at(''), { recursive: true });
  fs.writeFileSync(at('file'), 'public '.repeat(100));
  const I = infrastructure = { heard: new Map(), rights: new Map() };
  const answer = (req, res) => {
    const id = req.headers['x-id'] ?? 'none';
    if (id === 'pending') return;
    I.heard.get(id)?.(req, res);
    if (!I.heard.has(id)) res.end('x');
  };
  const listen = async (server) => { ignore(server); server.on('clientError', () => {}); server.listen(0, '127.0.0.1'); await once(server, 'listening'); return server.address().port; };
  I.site = http.createServer(answer);
  I.sitePort = await listen(I.site);
  I.safe = https.createServer({ cert, key }, answer);
  I.safePort = await listen(I.safe);
  I.plain = net.createServer((s) => { ignore(s); I.lastSocket = s; });
  I.plainPort = await listen(I.plain);
  I.wrapped = tls.createServer({ cert, key }, (s) => { ignore(s); I.lastTls = s; });
  I.wrappedPort = await listen(I.wrapped);
  I.two = http2.createServer();
  I.two.on('session', (s) => { I.lastSession = ignore(s); });
  I.two.on('stream', (s) => { I.lastStream = ignore(s); I.streams?.(s); });
  I.twoPort = await listen(I.two);
  I.twoSafe = http2.createSecureServer({ cert, key, allowHTTP1: true }, (req, res) => { I.lastCompat = [req, res]; I.compat?.(req, res); });
  I.twoSafePort = await listen(I.twoSafe);
  I.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  I.safeAgent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  return I;
}

module.exports = async ({ recorder }, id) => {
  const I = await infra();
  const roots = {};
  const r = async (name, f) => { try { roots[name] = await within(Promise.resolve(f())); } catch (e) { roots[name] = e; } };
  const get = (module, port, agent, tag, more = {}) => new Promise((done) => {
    const request = module.get({ port, host: '127.0.0.1', agent, rejectUnauthorized: false, headers: { 'x-id': tag }, ...more }, (res) => { res.resume(); res.on('end', () => done([request, res])); });
    request.on('error', (e) => done([request, e]));
  });
  const serve = (module, port, tag, ask) => new Promise((done) => { I.heard.set(tag, (req, res) => { done([req, res]); if (ask === 'end') res.end('x'); }); const q = ignore(module.get({ port, host: '127.0.0.1', rejectUnauthorized: false, agent: false, headers: { 'x-id': tag } })); q.on('response', (m) => { ignore(m); m.resume(); }); });

  await r('req and res', () => serve(http, I.sitePort, `${id}-a`));
  await r('req and res that ended', async () => { const p = await serve(http, I.sitePort, `${id}-b`, 'end'); await onceOf(p[1], 'close'); return p; });
  await r('req and res under TLS', () => serve(https, I.safePort, `${id}-c`));
  await r('upgrade', () => new Promise((done) => { I.site.once('upgrade', (...args) => { ignore(args[1]); done(args); }); const q = ignore(http.get({ port: I.sitePort, host: '127.0.0.1', agent: false, headers: { connection: 'upgrade', upgrade: 'x' } })); q.end(); }));
  await r('connection listener', async () => { const server = http.createServer(recorder('request')).on('connection', recorder('connection')); server.listen(0, '127.0.0.1'); await once(server, 'listening'); const q = ignore(http.get({ port: server.address().port, host: '127.0.0.1', agent: false })); await onceOf(server, 'request'); q.destroy(); server.close(); return server; });
  await r('client request', () => get(http, I.sitePort, I.agent, 'none'));
  await r('client request by the global agent', () => get(http, I.sitePort, undefined, 'none'));
  await r('client request under TLS', () => get(https, I.safePort, I.safeAgent, 'none'));
  await r('Agent', async () => {
    const agent = id === 'planted' ? I.agent : new http.Agent({ keepAlive: true, maxSockets: 1 });
    await get(http, I.sitePort, agent, 'none');
    for (let i = 0; i < 2; i++) ignore(http.get({ port: I.sitePort, host: '127.0.0.1', agent, headers: { 'x-id': 'pending', 'x-mine': `${i}` } }));
    return agent;
  });
  await r('Agent of https', async () => { const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false }); await get(https, I.safePort, agent, 'none'); return agent; });
  await r('socket', async () => { const s = ignore(net.connect(I.plainPort, '127.0.0.1')); await onceOf(s, 'connect'); s.on('data', recorder('socket data')); s.setTimeout(100000, recorder('socket timeout')); return [s, I.lastSocket]; });
  await r('TLS socket', async () => { const s = ignore(tls.connect({ port: I.wrappedPort, host: '127.0.0.1', rejectUnauthorized: false, servername: 'localhost' })); await onceOf(s, 'secureConnect'); await new Promise((d) => { setTimeout(d, 20); }); s.on('data', recorder('tls data')); return [s, I.lastTls, s.getPeerCertificate?.(true)]; });
  await r('TLS over a stream', () => { const [a] = stream.duplexPair(); return ignore(tls.connect({ socket: a, rejectUnauthorized: false })); });
  await r('servers', () => [http.createServer(recorder('server request')), net.createServer(recorder('server connection')), quiet(() => https.createServer({ cert, key })), quiet(() => tls.createServer({ cert, key })), http2.createServer()]);
  await r('SecureContext', () => tls.createSecureContext({ cert, key }));
  await r('ReadStream', async () => { const s = ignore(fs.createReadStream(at('file'))); s.on('open', recorder('stream open')); s.on('data', recorder('stream data')); await onceOf(s, 'close'); return [s, ignore(fs.createReadStream(at('file')))]; });
  await r('WriteStream', async () => { const s = ignore(fs.createWriteStream(at(`sink-${id}`))); s.write('x', recorder('stream written')); await onceOf(s, 'open'); return s; });
  await r('FileHandle', async () => { const h = await fs.promises.open(at('file')); return [h, h.stat(), ignore(h.createReadStream?.({ start: 0, end: 3, autoClose: false })), quiet(() => h.readLines({ start: 0, autoClose: false })), h.readFile()]; });
  await r('FileHandle as a web stream', async () => { const h = await fs.promises.open(at('file')); return [h, quiet(() => h.readableWebStream())]; });
  await r('Dir', async () => { const d = fs.opendirSync(at('')); const e = fs.opendirSync(at('')); return [d, d.readSync(), e[Symbol.asyncIterator](), fs.promises.opendir(at(''))]; });
  await r('Dirent and Stats', () => [fs.readdirSync(at(''), { withFileTypes: true }), fs.statSync(at('file')), fs.statSync(at('file'), { bigint: true }), fs.statfsSync(at('')), fs.promises.stat(at('file')), quiet(() => fs.globSync('*', { cwd: at('') }))]);
  await r('FSWatcher', () => { const w = ignore(fs.watch(at(''), recorder('watched'))); const s = fs.watchFile(at(`watched-${id}`), { interval: 100 }, recorder('watched file')); w.unref?.(); s?.unref?.(); return [w, s, quiet(() => fs.promises.watch(at('')))]; });
  await r('fs callbacks of the application', async () => {
    fs.readFile(at('file'), recorder('app readFile'));
    fs.stat(at('file'), recorder('app stat'));
    fs.readdir(at(''), { withFileTypes: true }, recorder('app readdir'));
    fs.open(at('file'), recorder('app open'));
    fs.opendir(at(''), recorder('app opendir'));
    fs.access(at('none'), recorder('app access'));
    fs.readFile(at('none'), recorder('app readFile fails'));
    quiet(() => fs.cp(at('file'), at(`copy-${id}`), { filter: recorder('cp filter', true) }, recorder('app cp')));
    dns.lookup('localhost', recorder('app lookup'));
    net.connect({ port: I.plainPort, host: '127.0.0.1', lookup: recorder('app custom lookup') }, recorder('app connect')).on('error', () => {});
    process.nextTick(recorder('app nextTick'));
    queueMicrotask(recorder('app microtask'));
    setTimeout(recorder('app timeout'), 1);
    setImmediate(recorder('app immediate'));
    const i = setInterval(recorder('app interval'), 2);
    quiet(() => process.on('reach', recorder('app process event')));
    quiet(() => process.emit('reach', 1));
    quiet(() => { new http.Agent().on('free', recorder('agent free')); });
    quiet(() => cp.execFile('true', recorder('app execFile')));
    await new Promise((d) => { setTimeout(d, 60); });
    clearInterval(i);
    return {};
  });
  await r('ChildProcess', async () => { const c = ignore(cp.spawn('cat', [], { stdio: ['pipe', 'pipe', 'pipe'] })); c.on('exit', recorder('child exit')); c.stdout.on('data', recorder('child data')); await onceOf(c, 'spawn'); return [c, c.stdin, c.stdout, c.stderr]; });
  await r('ChildProcess with a channel', async () => { const c = ignore(cp.fork(join(__dirname, 'forked.js'))); c.on('message', recorder('child message')); await within(once(c, 'message')); return c; });
  await r('Timeout', () => [setTimeout(() => {}, 50000), setInterval(() => {}, 50000).unref(), setImmediate(() => {})]);
  await r('dns.Resolver', () => [new dns.Resolver(), new dns.promises.Resolver()]);
  await r('Worker', async () => { const { Worker } = require('node:worker_threads'); const w = ignore(new Worker(join(__dirname, 'worker.js'))); w.on('message', recorder('worker message')); await onceOf(w, 'message'); w.unref(); return w; });
  await r('BroadcastChannel', () => { const { BroadcastChannel } = require('node:worker_threads'); const b = new BroadcastChannel(`reach-${id}`); b.onmessage = recorder('broadcast'); b.unref(); return b; });
  await r('readline', () => [readline.createInterface({ input: ignore(fs.createReadStream(at('file'))) }), readline.createInterface({ input: new stream.PassThrough(), output: new stream.PassThrough(), terminal: true }), require('node:readline/promises').createInterface({ input: new stream.PassThrough() })]);
  await r('http2', () => new Promise((done) => {
    I.streams = (s) => { s.respond({ ':status': 200 }); };
    const c = ignore(http2.connect(`http://127.0.0.1:${I.twoPort}`));
    const q = ignore(c.request({ ':path': '/' }));
    q.on('response', (...args) => { recorder('http2 response').apply(undefined, args); done([c, q, I.lastSession, I.lastStream]); });
  }));
  await r('http2 under TLS', () => new Promise((done) => {
    I.compat = (req, res) => { res.write('x'); };
    const c = ignore(http2.connect(`https://127.0.0.1:${I.twoSafePort}`, { rejectUnauthorized: false }));
    const q = ignore(c.request({ ':path': '/' }));
    q.on('response', () => done([c, q, ...I.lastCompat]));
  }));
  await r('http2 server', () => http2.createServer());
  await r('dgram', async () => { const s = ignore(dgram.createSocket('udp4')); s.on('message', recorder('dgram message')); s.bind(0, '127.0.0.1'); await onceOf(s, 'listening'); s.send('x', s.address().port, '127.0.0.1', recorder('dgram sent')); await onceOf(s, 'message'); s.unref(); return s; });
  await r('sqlite', () => { const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(':memory:'); d.exec('create table t (a)'); d.function?.('f', recorder('sqlite function')); const s = d.prepare('select 1 as a'); return [d, s, s.all(), s.iterate?.()]; });
  await r('fetched', async () => { const x = await fetch(`http://127.0.0.1:${I.sitePort}/`); return [x, x.body, x.headers, x.clone()]; });
  await r('WebSocket', () => new Promise((done) => { const w = new WebSocket(`ws://127.0.0.1:${I.sitePort}/`); w.onerror = () => done(w); w.onopen = () => done(w); }));
  await r('EventSource', () => (typeof EventSource === 'function' ? new EventSource(`http://127.0.0.1:${I.sitePort}/`) : {}));
  await r('vm of the application', () => { const vm = require('node:vm'); return [new vm.Script('1'), vm.createContext({}), vm.runInContext('({ a: [] })', vm.createContext({}))]; });
  await r('performance of the application', () => { const h = require('node:perf_hooks'); return [h.performance.mark(`m-${id}`), h.createHistogram(), h.monitorEventLoopDelay(), new h.PerformanceObserver(recorder('app observed'))]; });
  await r('pipe of everything', async () => { const p = ignore(stream.pipeline(fs.createReadStream(at('file')), require('node:zlib').createGzip(), fs.createWriteStream(at(`gz-${id}`)), recorder('app pipeline'))); await onceOf(p, 'close'); return p; });
  const made = require('./made.js')({ recorder, require, quiet, id });
  for (const [name, value] of Object.entries(made)) roots[`of the application: ${name}`] = value;
  for (const [name, value] of Object.entries(roots)) if (value instanceof Promise) roots[name] = await within(value.catch((e) => e));
  return roots;
};
module.exports.infra = infra;
