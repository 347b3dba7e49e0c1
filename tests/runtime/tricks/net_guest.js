'use strict';
// The guest may connect to 127.0.0.1:G.ok, to the name granted.test and to base/data/ok.sock, and listen at 127.0.0.1:G.free. G.port is a server that it
// may not reach (TCP on both families, UDP, plain and TLS); G.hits() tells whether anybody did.
const net = require('net'), tls = require('tls'), http = require('http'), https = require('https'), http2 = require('http2'), dgram = require('dgram'), dns = require('dns'), fs = require('fs');
const os = require('os');

const settle = (thing, events) => new Promise((resolve) => { for (const e of [...events, 'error', 'close']) thing.once(e, resolve); });
const socket = async (s) => { await settle(s, ['connect', 'secureConnect', 'end']); s.destroy(); };
const request = async (q) => { q.on('error', () => {}); await settle(q, ['response', 'upgrade', 'connect', 'socket']); await new Promise((r) => setImmediate(r)); if (q.socket) await settle(q, ['response', 'upgrade', 'connect']); q.destroy(); };
const inUrl = (host) => (host.includes(':') && host[0] !== '[' ? `[${host}]` : host);

const insecure = { rejectUnauthorized: false };
const ENTRIES = {
  'net.connect options': (host, port) => socket(net.connect({ host, port })),
  'net.connect port, host': (host, port) => socket(net.connect(port, host)),
  'net.createConnection': (host, port) => socket(net.createConnection({ host, port })),
  'net.connect without selection': (host, port) => socket(net.connect({ host, port, autoSelectFamily: false })),
  'net.connect with selection': (host, port) => socket(net.connect({ host, port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 10 })),
  'net.connect family 4': (host, port) => socket(net.connect({ host, port, family: 4 })),
  'net.connect family 6': (host, port) => socket(net.connect({ host, port, family: 6 })),
  'net.connect hints': (host, port) => socket(net.connect({ host, port, family: 6, hints: dns.V4MAPPED | dns.ALL })),
  'net.connect local address': (host, port) => socket(net.connect({ host, port, localAddress: host.includes(':') ? '::1' : '127.0.0.1' })),
  'net.Socket.connect': (host, port) => socket(new net.Socket().connect(port, host)),
  'net.Socket.connect options': (host, port) => socket(new net.Stream().connect({ host, port })),
  'net.Socket subclass': (host, port) => socket(new (class X extends net.Socket {})().connect({ host, port })),
  'net.Socket called': (host, port) => { const s = Object.create(net.Socket.prototype); net.Socket.call(s); return socket(s.connect(port, host)); },
  'tls.connect options': (host, port) => socket(tls.connect({ host, port, ...insecure })),
  'tls.connect port, host': (host, port) => socket(tls.connect(port, host, insecure)),
  'tls.connect servername': (host, port) => socket(tls.connect({ host, port, servername: 'granted.test', ...insecure })),
  'tls.connect over a socket': (host, port) => socket(tls.connect({ socket: net.connect(port, host), ...insecure })),
  'tls.TLSSocket.connect': (host, port) => socket(new tls.TLSSocket().connect({ host, port })),
  'http.get options': (host, port) => request(http.get({ host, port })),
  'http.request hostname': (host, port) => request(http.request({ hostname: host, host: '127.0.0.1', port }).end()),
  'http.get url': (host, port) => request(http.get(`http://${inUrl(host)}:${port}/`)),
  'http.get URL and options': (host, port) => request(http.get(new URL('http://granted.test/'), { host, hostname: host, port })),
  'http.request CONNECT': (host, port) => request(http.request({ host, port, method: 'CONNECT', path: 'granted.test:1' }).end()),
  'http.request upgrade': (host, port) => request(http.request({ host, port, headers: { connection: 'upgrade', upgrade: 'x', host: 'granted.test' } }).end()),
  'http.request insecure parser': (host, port) => request(http.request({ host, port, insecureHTTPParser: true, setHost: false }).end()),
  'http.ClientRequest': (host, port) => request(new http.ClientRequest({ host, port }).end()),
  'http agent with options': (host, port) => request(http.get({ host: '127.0.0.1', agent: new http.Agent({ host, port, hostname: host }) })),
  'http agent false': (host, port) => request(http.get({ host, port, agent: false })),
  'http agent.createConnection': (host, port) => socket(new http.Agent().createConnection({ host, port })),
  'http agent that connects': (host, port) => request(http.get({ host: '127.0.0.1', port: 1, agent: new (class extends http.Agent { createConnection() { return net.connect(port, host); } })() })),
  'http agent that turns the options': (host, port) => request(http.get({ host: '127.0.0.1', port: 1, agent: new (class extends http.Agent { createConnection(o, cb) { return super.createConnection({ ...o, host, port }, cb); } })() })),
  'http agent that turns the request': (host, port) => request(http.get({ host: '127.0.0.1', port: 1, agent: new (class extends http.Agent { addRequest(q, o) { o.host = host; o.port = port; return super.addRequest(q, o); } })() })),
  'http createConnection': (host, port) => request(http.get({ host: '127.0.0.1', port: 1, createConnection: () => net.connect(port, host) })),
  'http agent of the environment': (host, port) => request(http.get({ host: 'granted.test', port: 80, agent: new http.Agent({ proxyEnv: { HTTP_PROXY: `http://${inUrl(host)}:${port}` } }) })),
  'https.get': (host, port) => request(https.get({ host, port, ...insecure })),
  'https.get url': (host, port) => request(https.get(`https://${inUrl(host)}:${port}/`, insecure)),
  'https agent with options': (host, port) => request(https.get({ host: '127.0.0.1', agent: new https.Agent({ host, port, ...insecure }) })),
  'http2.connect': async (host, port) => { const c = http2.connect(`http://${inUrl(host)}:${port}`); c.on('error', () => {}); await settle(c, ['connect']); c.destroy(); },
  'http2.connect options': async (host, port) => { const c = http2.connect('http://granted.test', { host, port }); c.on('error', () => {}); await settle(c, ['connect']); c.destroy(); },
  'http2.connect createConnection': async (host, port) => { const c = http2.connect('http://granted.test', { createConnection: () => net.connect(port, host) }); c.on('error', () => {}); await settle(c, ['connect']); c.destroy(); },
  'fetch text': (host, port) => fetch(`http://${inUrl(host)}:${port}/`),
  'fetch URL': (host, port) => fetch(new URL(`http://${inUrl(host)}:${port}/`)),
  'fetch Request': (host, port) => fetch(new Request(`http://${inUrl(host)}:${port}/`)),
  'fetch POST': (host, port) => fetch(`http://${inUrl(host)}:${port}/`, { method: 'POST', body: 'x', headers: { host: 'granted.test' } }),
  'fetch https': (host, port) => fetch(`https://${inUrl(host)}:${port}/`),
  'fetch redirect': (host, port, G) => fetch(`http://127.0.0.1:${G.ok}/to?${encodeURIComponent(`http://${inUrl(host)}:${port}/`)}`),
  'fetch redirect 307': (host, port, G) => fetch(`http://127.0.0.1:${G.ok}/to307?${encodeURIComponent(`http://${inUrl(host)}:${port}/`)}`, { method: 'POST', body: 'x' }),
  'EventSource redirect': (host, port, G) => G.EventSource && new Promise((r) => { const e = new EventSource(`http://127.0.0.1:${G.ok}/to?${encodeURIComponent(`http://${inUrl(host)}:${port}/`)}`); e.onerror = () => { e.close(); r(); }; }),
  WebSocket: (host, port) => new Promise((r) => { const w = new WebSocket(`ws://${inUrl(host)}:${port}/`); w.onerror = w.onclose = r; }),
  'WebSocket tls': (host, port) => new Promise((r) => { const w = new WebSocket(`wss://${inUrl(host)}:${port}/`); w.onerror = w.onclose = r; }),
  'dgram.send': (host, port) => udp(host, (s, done) => { s.send('x', port, host, done); }),
  'dgram.send list': (host, port) => udp(host, (s, done) => { s.send([Buffer.from('x'), 'y'], port, host, done); }),
  'dgram.connect': (host, port) => udp(host, (s, done) => { s.connect(port, host, (e) => { if (e) done(); else s.send('x', done); }); }),
  'dgram lookup': (host, port) => udp(host, (s, done) => { s.send('x', port, 'granted.test', done); }, { lookup: (h, o, cb) => { cb(null, host, net.isIP(host)); } }),
  'dns.Resolver': (host, port) => { const r = new dns.Resolver({ timeout: 50, tries: 1 }); r.setServers([`${inUrl(host)}:${port}`]); return new Promise((done) => { r.resolve4('granted.test', done); setTimeout(() => r.cancel(), 80); }); },
  'dns.promises.Resolver': (host, port) => { const r = new dns.promises.Resolver({ timeout: 50, tries: 1 }); r.setServers([`${inUrl(host)}:${port}`]); setTimeout(() => r.cancel(), 80); return r.resolve4('granted.test'); },
};
const udp = (host, run, more) => new Promise((resolve) => {
  const s = dgram.createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ...more });
  s.on('error', resolve);
  run(s, resolve);
}).finally(() => new Promise((r) => setTimeout(r, 5)));

// Ways to write "this machine".
const HOSTS = ['127.0.0.1', 'localhost', 'LOCALHOST', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0X7F.0.0.1', '017700000001', '0177.0.0.1', '0177.1', '127.0.0.01', '127.0.0.1.', '127.000.000.001', '00000177.0.0.1', '0', '0.0.0.0', '00', '0x0', '::1',
  '0:0:0:0:0:0:0:1', '::0001', '::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:7F00:0001', '0:0:0:0:0:ffff:127.0.0.1', '::', '::0', '::1%lo', '::1%1', '::ffff:127.0.0.1%lo', '::ffff:0:0', '::ffff:0.0.0.0', '127.0.0.2', '127.255.255.254', '\uff11\uff12\uff17.0.0.1', '127\u30020\u30020\u30021',
  '\u24dbocalhost', 'local\u00adhost', 'granted.test@127.0.0.1', '127%2e0%2e0%2e1', '%31%32%37.0.0.1', 'loc%61lhost', '[::1]', '[::ffff:127.0.0.1]', ''];
// What no resolver here reads as this machine; another one might.
const ODD = ['localhost.', 'localhost\u3002', 'xn--localhost', 'granted.test:80@127.0.0.1', '127.0.0.1#granted.test', '127.0.0.1?granted.test', '127.0.0.1/.granted.test', '127.0.0.1\\.granted.test', '127.0.0.1\tgranted.test', '127.0.0.1 granted.test', '127.0.0.1\ngranted.test', '127.0.0.1\0granted.test',
  'granted.test\x00127.0.0.1', '127.0.0.1%00granted.test', '127.0.0.1\r\nhost: granted.test', ' 127.0.0.1', '127.0.0.1 ', '[::1%25lo]', 'x.granted.test', 'granted.test.localhost', 'ip6-localhost', '*', '127.0.0.*', '127.0.0.0/8', 'undefined', 'null', '\0', '%', 'a'.repeat(70000), os.hostname()];
const PORTS = (p) => ({ number: p, text: `${p}`, 'text with a fraction': `${p}.0`, exponent: `${p}e0`, hex: `0x${p.toString(16)}`, octal: `0o${p.toString(8)}`, 'with blanks': ` ${p} `, 'with zeros': `00${p}`, plus: `+${p}`, newline: `${p}\n` });
const ODD_PORTS = (p) => ({ float: p + 0.5, 'one turn more': p + 65536, 'one turn less': p - 65536, 'two turns': p + 131072, '2^32 more': p + 2 ** 32, Number: new Number(p), String: new String(p), array: [p], BigInt: BigInt(p), object: { toString: () => `${p}`, valueOf: () => p },
  'with text': `${p}x`, 'with NUL': `${p}\0`, NaN: NaN, negative: -p, nothing: undefined, empty: '' });

module.exports = async (G) => {
  const { few, ok, port } = G;
  const fired = [], ids = [];
  // What is refused is refused at once. A hit that comes late counts for a later one: it counts all the same.
  const attempt = async (id, run) => {
    ids.push(id);
    let hit = false;
    try { hit = (await G.within(Promise.resolve(run()).catch(() => {}), few ? 400 : 25)) === 'FIRED'; } catch { /* refused */ }
    if (G.hits() || hit) fired.push(id);
  };
  const FEW = new Set(['net.connect options', 'http.get url', 'fetch text', 'dgram.send', 'http.get options']);
  for (const [name, entry] of Object.entries(ENTRIES)) {
    for (const host of HOSTS) if (!few || host === '127.0.0.1' || host === '::1' || FEW.has(name)) await attempt(`${name} | host ${JSON.stringify(host)}`, () => entry(host, port, G));
    for (const [what, p] of Object.entries(PORTS(port))) if (!few || FEW.has(name)) await attempt(`${name} | port: ${what}`, () => entry('127.0.0.1', p, G));
    if (few || !FEW.has(name)) continue;
    for (const host of ODD) await attempt(`${name} | host ${JSON.stringify(host).slice(0, 50)}`, () => entry(host, port, G));
    for (const [what, p] of Object.entries(ODD_PORTS(port))) await attempt(`${name} | port: ${what}`, () => entry('127.0.0.1', p, G));
    // an argument that answers otherwise the n-th time
    for (const n of [1, 2, 3, 4, 5, 6]) {
      let k = 0, m = 0;
      await attempt(`${name} | host turns after ${n}`, () => entry({ toString: () => (k++ < n ? 'granted.test' : '127.0.0.1'), includes: () => false, 0: '1' }, port, G));
      await attempt(`${name} | port turns after ${n}`, () => entry('127.0.0.1', { valueOf: () => (m++ < n ? ok : port), toString: () => `${m++ < n ? ok : port}` }, G));
    }
  }
  // options that are getters
  const turning = (n, fields) => { const o = {}; for (const [key, a, b] of fields) { let k = 0; Object.defineProperty(o, key, { enumerable: true, get: () => (k++ < n ? a : b) }); } return o; };
  const TAKES = { 'net.connect': (o) => socket(net.connect(o)), 'Socket.connect': (o) => socket(new net.Socket().connect(o)), 'tls.connect': (o) => socket(tls.connect(o)), 'http.get': (o) => request(http.get(o)), 'https.get': (o) => request(https.get(o)), Agent: (o) => request(http.get({ agent: new http.Agent(o) })),
    'agent.createConnection': (o) => socket(new http.Agent().createConnection(o)), 'http2.connect': async (o) => { const c = http2.connect('http://127.0.0.1', o); c.on('error', () => {}); await settle(c, ['connect']); c.destroy(); }, 'http with a getter proxy': (o) => request(http.get(new Proxy(o, {}))) };
  for (const [name, take] of Object.entries(TAKES)) {
    for (const n of few ? [0, 1, 2, 3] : [0, 1, 2, 3, 4, 6, 8, 12]) {
      await attempt(`${name} | port getter, ${n} times right`, () => take(turning(n, [['host', '127.0.0.1', '127.0.0.1'], ['port', ok, port]])));
      await attempt(`${name} | path getter, ${n} times right`, () => take(turning(n, [['host', '127.0.0.1', '127.0.0.1'], ['port', ok, ok], ['path', undefined, G.sock], ['socketPath', undefined, G.sock]])));
    }
  }
  // names whose address somebody else tells
  const lies = { plain: (h, o, cb) => cb(null, '127.0.0.1', 4), all: (h, o, cb) => cb(null, [{ address: '127.0.0.1', family: 4 }]), six: (h, o, cb) => cb(null, o.all ? [{ address: '::1', family: 6 }] : '::1', 6), mapped: (h, o, cb) => cb(null, o.all ? [{ address: '::ffff:127.0.0.1', family: 6 }] : '::ffff:127.0.0.1', 6),
    zone: (h, o, cb) => cb(null, o.all ? [{ address: '::1%lo', family: 6 }] : '::1%lo', 6), text: (h, o, cb) => cb(null, o.all ? [{ address: '2130706433', family: 4 }] : '2130706433', 4), any: (h, o, cb) => cb(null, o.all ? [{ address: '0.0.0.0', family: 4 }] : '0.0.0.0', 4),
    getter: (h, o, cb) => { let k = 0; cb(null, [{ get address() { return k++ ? '127.0.0.1' : '93.184.216.34'; }, family: 4 }]); },
    twice: (h, o, cb) => { cb(null, o.all ? [{ address: '192.0.2.1', family: 4 }] : '192.0.2.1', 4); setImmediate(() => cb(null, o.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)); },
    'an array that changes': (h, o, cb) => { const list = [{ address: '192.0.2.1', family: 4 }]; cb(null, list); list[0].address = '127.0.0.1'; }, 'wrong family': (h, o, cb) => cb(null, o.all ? [{ address: '127.0.0.1', family: 6 }] : '127.0.0.1', 6) };
  for (const [name, take] of Object.entries({ 'net.connect': (o) => socket(net.connect(o)), 'net.connect one family': (o) => socket(net.connect({ ...o, autoSelectFamily: false })), 'tls.connect': (o) => socket(tls.connect(o)), 'http.get': (o) => request(http.get(o)), 'https.get': (o) => request(https.get(o)), 'http agent': (o) => request(http.get({ ...o, agent: new http.Agent({ lookup: o.lookup }) })) })) {
    for (const [what, lookup] of Object.entries(lies)) for (const host of ['granted.test', 'localhost']) await attempt(`${name} | lookup ${what}, ${host}`, () => take({ host, port, lookup }));
  }
  await unixSockets(G, attempt, few);
  await listening(G, attempt);
  // what others have pooled
  for (const [whose, agent] of Object.entries({ 'of the application': G.agent, 'of another package': G.richAgent })) {
    for (const [how, o] of Object.entries({ plainly: {}, 'as a subclass': { agent: Object.create(agent) }, 'with the name of its pool': { agent: Object.assign(Object.create(agent), { getName: () => agent.getName({ host: '127.0.0.1', port: G.pool }) }), port: ok } }))
      await attempt(`http.get | an idle socket ${whose}, ${how}`, () => request(http.get({ host: '127.0.0.1', port: G.pool, path: '/evil', agent, ...o })));
  }
  for (const [what, join] of Object.entries({ 'a group': (s) => s.addMembership('239.1.2.3', '127.0.0.1'), 'a group, after bind': (s) => new Promise((r) => { s.bind(0, r); }).then(() => s.addMembership('239.1.2.3', '127.0.0.1')), 'a group and a source': (s) => s.addSourceSpecificMembership('127.0.0.1', '232.1.2.3', '127.0.0.1') })) {
    await attempt(`dgram.join | ${what}`, async () => { const s = dgram.createSocket({ type: 'udp4' }); s.on('error', () => {}); try { await join(s); return 'FIRED'; } finally { s.close(); } });
  }
  // and what is granted works
  const broken = [];
  const works = async (what, run) => { try { if (!await G.within(run(), 3000)) broken.push(what); } catch (e) { broken.push(`${what}: ${e.message}`); } };
  const connected = (s) => new Promise((r, j) => { s.on('connect', () => { s.destroy(); r(true); }).on('error', j); });
  await works('net', () => connected(net.connect(ok, '127.0.0.1')));
  await works('unix', () => connected(net.connect(`${G.base}/data/ok.sock`)));
  await works('http', () => new Promise((r, j) => { http.get({ host: '127.0.0.1', port: ok }, (m) => { m.resume(); r(true); }).on('error', j); }));
  await works('fetch', () => fetch(`http://127.0.0.1:${ok}/`).then((r) => r.ok));
  await works('listen', () => new Promise((r, j) => { const s = net.createServer().on('error', j).listen(G.free, '127.0.0.1', () => s.close(() => r(true))); }));
  await works('listen unix', () => new Promise((r, j) => {
    fs.rmSync(`${G.base}/data/run`, { recursive: true, force: true });
    fs.mkdirSync(`${G.base}/data/run`);
    const at = `${G.base}/data/run/own.sock`;
    const s = net.createServer().on('error', j).listen(at, () => { const there = fs.existsSync(at) && s.address() === at; s.close(() => r(there && !fs.existsSync(at))); });
  }));
  return { cases: ids.length, ids, fired, broken };
};

const NAMES = (G) => {
  const { base, sock } = G;
  const data = `${base}/data`;
  return { direct: sock, dotdot: `${data}/../secret.sock`, 'link to it': `${data}/link.sock`, 'link to its directory': `${data}/up/secret.sock`, 'a name that is too long': `${data}/ok.sock${'/'.repeat(120)}`, 'too long, cut at the right place': `${data}/${'./'.repeat(60)}../secret.sock`,
    'cut to the secret': sock.padEnd(107, '/') + '/x'.repeat(9), proc: `/proc/self/root${sock}`, cwd: `/proc/self/cwd/../secret.sock`, relative: '../secret.sock', abstract: G.abstract, 'abstract, longer': `${G.abstract}\0`, 'abstract, padded': `${G.abstract}${'\0'.repeat(80)}`, 'abstract at': `@${G.abstract.slice(1)}`,
    Buffer: Buffer.from(sock), URL: new URL(`file://${sock}`), String: new String(sock), object: { toString: () => sock }, 'NUL behind the granted': `${data}/ok.sock\0${sock}`, 'NUL behind the secret': `${sock}\0`, 'double slash': sock.replaceAll('/', '//'), 'a link that replaces the granted one': `${data}/ok.sock` };
};
async function unixSockets(G, attempt, few) {
  const { base } = G;
  // another's socket under the granted name
  for (const [what, move] of Object.entries({ renamed: (a, b) => fs.renameSync(a, b), linked: (a, b) => fs.linkSync(a, b), 'renamed, asynchronously': (a, b) => fs.promises.rename(a, b),
    'its directory renamed': (a, b) => { fs.mkdirSync(`${base}/data/box`); fs.renameSync(a, `${base}/data/box/app.sock`); fs.renameSync(`${base}/data/box`, `${base}/data/srv`); } })) {
    const other = await G.otherSocket(`${base}/data/other-${what.length}.sock`);
    await attempt(`net.connect | a socket ${what}`, async () => {
      G.aside();
      try {
        await move(other, `${base}/data/ok.sock`);
        await socket(net.connect(what.startsWith('its') ? `${base}/data/srv/app.sock` : `${base}/data/ok.sock`));
      } finally {
        G.back();
      }
    });
  }
  const data = `${base}/data`;
  const USES = { 'net.connect text': (p) => socket(net.connect(p)), 'net.connect path': (p) => socket(net.connect({ path: p })), 'Socket.connect': (p) => socket(new net.Socket().connect({ path: p })), 'tls.connect': (p) => socket(tls.connect({ path: p, rejectUnauthorized: false })), 'http socketPath': (p) => request(http.get({ socketPath: p })),
    'https socketPath': (p) => request(https.get({ socketPath: p, rejectUnauthorized: false })), 'agent socketPath': (p) => request(http.get({ host: '127.0.0.1', port: G.ok, agent: new http.Agent({ socketPath: p }) })), 'agent.createConnection': (p) => socket(new http.Agent().createConnection({ path: p })),
    'http2 createConnection': async (p) => { const c = http2.connect('http://granted.test', { createConnection: () => net.connect(p) }); c.on('error', () => {}); await settle(c, ['connect']); c.destroy(); }, 'http2 path': async (p) => { const c = http2.connect('http://granted.test', { path: p }); c.on('error', () => {}); await settle(c, ['connect']); c.destroy(); } };
  fs.symlinkSync(G.sock, `${data}/link.sock`);
  fs.symlinkSync('..', `${data}/up`);
  for (const [use, run] of Object.entries(USES)) {
    for (const [what, p] of Object.entries(NAMES(G))) {
      const replaced = what.startsWith('a link that');
      if (replaced) { G.aside(); fs.symlinkSync(G.sock, `${data}/ok.sock`); }
      await attempt(`${use} | socket ${what}`, () => run(p));
      if (replaced) G.back();
    }
  }
}

// A server that listens where nobody granted it; and what closing one removes.
async function listening(G, attempt) {
  const { base, free } = G;
  const data = `${base}/data`;
  const up = async (server, ...args) => {
    server.on('error', () => {});
    server.listen(...args);
    await settle(server, ['listening']);
    const a = server.address();
    const granted = a === null || (typeof a === 'object' && a.address === '127.0.0.1' && a.port === free);
    server.close();
    return granted ? undefined : 'FIRED';
  };
  const SERVERS = { net: () => net.createServer(), http: () => http.createServer(), https: () => https.createServer({}), tls: () => tls.createServer({}), http2: () => http2.createServer(), 'net called': () => { const s = Object.create(net.Server.prototype); net.Server.call(s); return s; } };
  const ARGS = { nothing: [], 'any port': [0], 'port alone': [free], 'any address': [free, '0.0.0.0'], 'any address of IPv6': [free, '::'], 'mapped address': [free, '::ffff:0.0.0.0'], 'other address': [free, '127.0.0.2'], IPv6: [free, '::1'], 'no host': [{ port: free, host: '' }], 'null host': [{ port: free, host: null }], 'short form': [free, '0'],
    'other port': [free + 1, '127.0.0.1'], 'path beside port': [{ path: `${base}/evil.sock`, port: undefined }], path: [`${base}/evil.sock`], 'path by link': [`${data}/up/evil2.sock`], abstract: [`${G.abstract}-evil`], handle: [G.server], 'handle of it': [G.server._handle],
    'object with _handle': [{ _handle: G.server._handle }], 'ipv6 only': [{ port: free, ipv6Only: true }], 'reuse port': [{ port: G.port, host: '127.0.0.1', reusePort: true }], exclusive: [{ port: 0, host: '127.0.0.1', exclusive: true }] };
  for (const [server, make] of Object.entries(SERVERS)) for (const [what, args] of Object.entries(ARGS)) await attempt(`${server}.listen | ${what}`, () => up(make(), ...args));
  for (const [what, args] of Object.entries({ 'a port': [free + 1, '127.0.0.1'], 'other address': [{ port: free, address: '0.0.0.0' }], 'known port of any': [free], 'exclusive': [{ port: G.port, address: '127.0.0.1', exclusive: true }] })) {
    await attempt(`dgram.bind | ${what}`, async () => { const s = dgram.createSocket({ type: 'udp4', reuseAddr: true }); s.on('error', () => {}); s.bind(...args); await settle(s, ['listening']); try { return s.address().port > 0 && 'FIRED'; } finally { s.close(); } });
  }
  // the socket's file is removed by name when the server closes: by then the name may lead elsewhere
  await attempt('net.close | its directory became a link', async () => {
    fs.mkdirSync(`${data}/run`);
    const s = net.createServer();
    s.on('error', () => {});
    s.listen(`${data}/run/precious`);
    await settle(s, ['listening']);
    fs.renameSync(`${data}/run`, `${data}/gone`);
    fs.symlinkSync(base, `${data}/run`);
    s.close();
    await new Promise((r) => setTimeout(r, 20));
    return G.lost() && 'FIRED';
  });
}
