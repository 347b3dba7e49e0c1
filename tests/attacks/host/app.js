'use strict';
// The application under attack. It does ordinary things, hands the package `attacker` the ordinary objects
// that frameworks hand to their plugins, and prints one line: what the attacker brought back.
const cp = require('node:child_process');
const dgram = require('node:dgram');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const { EventEmitter, once } = require('node:events');

const root = __dirname;
const at = (name) => path.join(root, name);
const secretFile = fs.readFileSync(at('vault/secret.txt'), 'utf8');
const secretNet = `LOOT-NET-${process.pid}-${root.length}`;
const secretPrivate = `LOOT-PRIVATE-${process.pid}`;
const kept = {};
const secrets = [secretFile, secretNet, secretPrivate, process.env.CANARY];

const listen = async (server, where) => {
  server.on('error', () => {});
  server.listen(where);
  await once(server, 'listening');
  return server.address();
};

async function makeHost() {
  const H = { root, secret: at('vault/secret.txt'), at, hits: 0, vaultSeen: 0 };
  // Servers on loopback. Whoever reaches the vault's without being allowed to has fired.
  const vault = net.createServer((socket) => { H.vaultSeen += 1; socket.on('error', () => {}).end(secretNet); });
  H.vaultPort = (await listen(vault, { host: '127.0.0.1', port: 0 })).port;
  const vaultHttp = http.createServer((req, res) => res.end(secretNet));
  H.vaultHttpPort = (await listen(vaultHttp, { host: '127.0.0.1', port: 0 })).port;
  H.vaultSocket = at('vault/s');
  await listen(net.createServer((socket) => socket.on('error', () => {}).end(secretNet)), { path: H.vaultSocket });
  const udp = dgram.createSocket('udp4');
  H.udpSeen = '';
  udp.on('message', (text) => { H.udpSeen += text; });
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  H.udpPort = udp.address().port;
  const site = http.createServer((req, res) => {
    H.hits += 1;
    H.req ??= req;
    H.res ??= res;
    res.end(`hello ${secretPrivate.length}`);
  });
  H.port = (await listen(site, { host: '127.0.0.1', port: 0 })).port;

  // Objects that an application passes around.
  H.agent = new http.Agent({ keepAlive: true });
  H.clientRes = await new Promise((done, fail) => {
    http.get({ port: H.port, host: '127.0.0.1', agent: H.agent }, (res) => res.resume().on('end', () => done(res))).on('error', fail);
  });
  H.globalRes = await new Promise((done, fail) => {
    http.get({ port: H.port, host: '127.0.0.1' }, (res) => res.resume().on('end', () => done(res))).on('error', fail);
  });
  H.busyAgent = new http.Agent({ maxSockets: 1 });
  const slow = net.createServer((socket) => socket.on('error', () => {}));
  const slowPort = (await listen(slow, { host: '127.0.0.1', port: 0 })).port;
  for (let i = 0; i < 2; i++) http.get({ port: slowPort, host: '127.0.0.1', agent: H.busyAgent, headers: { authorization: secretPrivate } }).on('error', () => {});
  H.resolver = new (require('node:dns').promises.Resolver)();
  H.channel = new BroadcastChannel('private');
  H.channel.unref();
  fs.mkdirSync(at('open'), { recursive: true });
  fs.writeFileSync(at('open/file'), 'public');
  H.stream = fs.createReadStream(at('open/file')).on('error', () => {});
  H.sink = fs.createWriteStream(at('open/sink')).on('error', () => {});
  H.handle = await fs.promises.open(at('open/file'));
  H.dir = fs.opendirSync(at('open'));
  H.watcher = fs.watch(at('open')).on('error', () => {});
  H.socket = net.connect(H.port, '127.0.0.1').on('error', () => {});
  await once(H.socket, 'connect');
  H.child = cp.spawn('sleep', ['5']).on('error', () => {});
  H.lines = readline.createInterface({ input: fs.createReadStream(at('open/file')) }).on('error', () => {});
  H.emitter = new EventEmitter();
  kept[secretPrivate] = true; // a property name: whole in the heap
  H.timer = setTimeout(function privateTimer() { return secretPrivate; }, 60_000);
  H.hiddenTimer = () => { H.ticked = false; setTimeout(() => { H.ticked = true; }, 30); };
  H.url = new URL('http://127.0.0.1/x');
  H.abort = new AbortController();
  fs.openSync(at('vault/secret.txt')); // a descriptor that is left open

  // What the application does while the attacker watches, and rules it enforces with ordinary code.
  const { login } = require('bystander');
  H.login = () => login(secretPrivate);
  H.log = () => console.log(`a line ${secretPrivate}`);
  H.fails = () => { try { throw new Error(secretPrivate); } catch (error) { return error.stack; } };
  H.callback = (f) => (function inner(hidden) { return f(); }).call({ hidden: secretPrivate }, secretPrivate);
  H.sloppy = require('./sloppy.js')(secretPrivate);
  H.fetchWith = () => fetch(`http://127.0.0.1:${H.port}/`, { headers: { authorization: secretPrivate } }).then((res) => res.text());
  H.getWith = () => new Promise((done) => {
    http.get({ port: H.port, host: '127.0.0.1', headers: { authorization: secretPrivate } }, (res) => res.resume().on('end', done)).on('error', done);
  });
  H.getBy = (agent) => new Promise((done) => {
    http.get({ port: H.port, host: '127.0.0.1', agent, headers: { authorization: secretPrivate } }, (res) => res.resume().on('end', () => setTimeout(done, 20))).on('error', done);
  });
  const context = new (require('node:async_hooks').AsyncLocalStorage)();
  H.inContext = (f) => context.run({ user: secretPrivate }, () => f(() => context.getStore().user));
  H.onProcess = (event, listener) => { process.on(event, listener); process.emit(event); };
  H.spawnEcho = () => cp.execFileSync('echo', ['ok']).toString();
  H.rejects = () => { Promise.reject(new Error(secretPrivate)); };
  H.emits = () => H.emitter.emit('token', secretPrivate);
  H.read = (file) => {
    if (!path.join(root, file).startsWith(at('open/'))) throw new Error('not yours');
    return fs.readFileSync(path.join(root, file), 'utf8');
  };
  H.allowed = (word) => { if (!/^open$/.test(word)) throw new Error('no'); return secretPrivate; };
  H.compare = (a) => { if (!require('node:crypto').timingSafeEqual(Buffer.from(a.padEnd(40)), Buffer.from('x'.repeat(40)))) throw new Error('no'); return secretPrivate; };
  H.listed = (word) => { if (!['alpha'].some((x) => x === word)) throw new Error('no'); return secretPrivate; };
  H.token = () => require('node:crypto').randomBytes(8).toString('hex');
  H.state = () => ({
    cwd: process.cwd(), exitCode: process.exitCode, env: Object.keys(process.env).sort().join(),
    umask: process.umask(), listeners: process.eventNames().map(String).sort().join(),
    caught: process.listenerCount('uncaughtException'), hasCapture: process.hasUncaughtExceptionCaptureCallback(),
    maxListeners: EventEmitter.defaultMaxListeners, capture: EventEmitter.captureRejections, pool: Buffer.poolSize,
    mark: require('node:stream').getDefaultHighWaterMark(false), sockets: http.globalAgent.maxSockets,
    order: require('node:dns').getDefaultResultOrder(), roots: require('node:tls').getCACertificates().length,
    inspect: require('node:util').inspect.defaultOptions.depth, limit: Error.stackTraceLimit,
    cached: Object.keys(require.cache).length, title: process.title, stdout: process.stdout.writable,
    fips: require('node:crypto').getFips(), headers: http.maxHeaderSize,
    argv: process.argv.join(), config: typeof process.config.variables, version: process.version,
    global: typeof globalThis.Buffer + typeof globalThis.URL + typeof globalThis.setTimeout,
    data: require('node:worker_threads').getEnvironmentData('x'),
    timeout: net.getDefaultAutoSelectFamilyAttemptTimeout(),
  });
  H.changed = (...names) => {
    const now = H.state();
    const hits = names.filter((name) => now[name] !== H.before[name]);
    return hits.length ? `TAINT ${hits.map((name) => `${name}: ${H.before[name]} -> ${now[name]}`).join('; ')}` : '';
  };
  return H;
}

const print = (verdict, text) =>
  fs.writeSync(1, `\nRESULT ${verdict} ${String(text).replace(/\s+/g, ' ').slice(0, 140)}\n`);

(async () => {
  process.on('unhandledRejection', () => {});
  const H = await makeHost();
  H.before = H.state();
  let loot = '';
  let verdict = 'quiet';
  fs.writeSync(1, '\nREADY\n');
  try {
    const attack = require('attacker');
    const late = new Promise((_, fail) => { setTimeout(() => fail(new Error('took too long')), 4000); });
    const got = await Promise.race([Promise.resolve().then(() => (attack.default ?? attack)(H)), late]);
    loot = typeof got === 'string' ? got : '';
    const hit = secrets.some((secret) => loot.includes(secret)) || /^(CODE|TAINT|AMBIENT|STALL|WORKS) /.test(loot);
    if (hit) verdict = 'fires';
  } catch (error) {
    loot = error?.message;
  }
  print(verdict, loot);
  process.kill(H.child.pid);
  process.reallyExit(0);
})().catch((error) => {
  print('crash', error.stack);
  process.reallyExit(2);
});
