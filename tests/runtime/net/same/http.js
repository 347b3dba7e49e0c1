'use strict';
const http = require('http');
const https = require('https');
const fs = require('fs');
const { once } = require('events');
const log = (...a) => console.log(...a);
const body = async (m) => { let s = ''; m.setEncoding('utf8'); for await (const d of m) s += d; return s; };
const get = (mod, ...args) => new Promise((resolve) => {
  const r = mod.get(...args);
  r.on('response', async (m) => resolve(`${m.statusCode} ${m.statusMessage} ${await body(m)}`));
  r.on('error', (e) => resolve(`error ${e.code}`));
});
(async () => {
  const handler = async (q, s) => {
    if (q.url === '/echo') { s.setHeader('x-a', 'b'); s.end(await body(q)); return; }
    if (q.url === '/404') { s.statusCode = 404; s.statusMessage = 'Gone fishing'; s.end('none'); return; }
    if (q.url === '/head') { s.writeHead(201, 'Made', { 'x-h': '1' }); s.end('made'); return; }
    if (q.url === '/slow') { setTimeout(() => s.end('slow'), 30); return; }
    s.end(`${q.method} ${q.url} ${q.headers.host ? 'host' : ''}`);
  };
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  log(server instanceof http.Server, server instanceof require('net').Server, server.listening);
  const u = `http://127.0.0.1:${port}`;
  log(await get(http, `${u}/a`));
  log(await get(http, new URL(`${u}/b?c=1`)));
  log(await get(http, { port, path: '/c', host: '127.0.0.1' }));
  log(await get(http, u, { path: '/d', headers: { a: 'b' } }));
  log(await get(http, { port, hostname: 'localhost', path: '/e', agent: false }));
  log(await get(http, { port, hostname: '127.0.0.1', path: '/404' }));
  log(await get(http, { port, hostname: '127.0.0.1', path: '/head' }));
  log(await get(http, { port: `${port}`, host: '127.0.0.1', path: '/f', family: 4, auth: 'u:p', timeout: 5000 }));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  log(await Promise.all(['/1', '/slow', '/3'].map((path) => get(http, { port, host: '127.0.0.1', path, agent }))));
  log(agent instanceof http.Agent, Object.keys(agent.freeSockets).length, agent.totalSocketCount);
  agent.destroy();
  const post = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/echo' });
  post.write('x'); post.end('yz');
  const [m] = await once(post, 'response');
  log(await body(m), m.headers['x-a'], post instanceof http.ClientRequest, m instanceof http.IncomingMessage, m.req === post, post.agent !== undefined);
  const direct = new http.ClientRequest({ port, host: '127.0.0.1', path: '/direct' });
  direct.end();
  log(await body((await once(direct, 'response'))[0]));
  // agents of one's own
  const net = require('net');
  class A extends http.Agent { createConnection(o, cb) { this.n = (this.n ?? 0) + 1; return super.createConnection(o, cb); } }
  const a = new A();
  log(await get(http, { port, host: '127.0.0.1', path: '/sub', agent: a }), a.n);
  class B extends http.Agent { createConnection(o) { return net.connect({ port: o.port, host: o.host }); } }
  log(await get(http, { port, host: '127.0.0.1', path: '/own', agent: new B() }));
  log(await get(http, { port, host: '127.0.0.1', path: '/cc', createConnection: (o) => net.connect(o.port, o.host) }));
  class P extends http.Agent { createConnection(o, cb) { return super.createConnection({ ...o, port, host: '127.0.0.1' }, cb); } }
  log(await get(http, { port: 9, host: 'localhost', path: '/proxied', agent: new P() }));
  // errors
  log(await get(http, { port: 1, host: '127.0.0.1' }));
  for (const bad of [() => http.get({ host: {} }), () => http.get('ftp://x'), () => http.get({ port, path: 'a b' }), () => http.request({ method: 'x y' }), () => http.request('nope'), () => http.get({ agent: {} })]) {
    try { bad().on('error', () => {}); log('no throw'); } catch (x) { log(x.name, x.code); }
  }
  const controller = new AbortController();
  const aborted = http.get({ port, host: '127.0.0.1', path: '/slow', signal: controller.signal });
  setTimeout(() => controller.abort(), 5);
  log((await once(aborted, 'error').catch((e) => [e]))[0].code);
  // upgrade and connect
  server.on('upgrade', (q, s, head) => { s.write('HTTP/1.1 101 Up\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'); s.end('raw'); void head; });
  const up = http.request({ port, host: '127.0.0.1', headers: { Connection: 'Upgrade', Upgrade: 'x' } });
  up.end();
  const [um, us] = await once(up, 'upgrade');
  us.on('data', (d) => log('upgraded', um.statusCode, String(d)));
  await once(us, 'close');
  // unix
  const us2 = http.createServer(handler).listen('./s.sock');
  await once(us2, 'listening');
  log(await get(http, { socketPath: './s.sock', path: '/unix' }));
  us2.close();
  // https
  const tlsServer = https.createServer({ key: fs.readFileSync('key.pem'), cert: fs.readFileSync('cert.pem') }, handler);
  tlsServer.listen(0, '127.0.0.1');
  await once(tlsServer, 'listening');
  const sport = tlsServer.address().port;
  const ca = fs.readFileSync('cert.pem');
  log(tlsServer instanceof https.Server);
  log(await get(https, { port: sport, host: 'localhost', path: '/s', ca }));
  log(await get(https, `https://localhost:${sport}/t`, { ca }));
  log(await get(https, `https://localhost:${sport}/u`));
  log(await get(https, `https://localhost:${sport}/v`, { rejectUnauthorized: false, agent: false }));
  const sa = new https.Agent({ ca, keepAlive: true });
  log(await get(https, { port: sport, host: 'localhost', path: '/w', agent: sa }), await get(https, { port: sport, host: 'localhost', path: '/x', agent: sa }));
  log(sa instanceof https.Agent, sa instanceof http.Agent, Object.keys(sa._sessionCache.map).length > 0);
  sa.destroy();
  const through = net.connect(sport, '127.0.0.1');
  await once(through, 'connect');
  log(await get(https, { socket: through, port: 1, host: 'localhost', servername: 'localhost', path: '/tunnel', ca, agent: false }), through.bytesRead > 0);
  // prototypes as express uses them
  const req = Object.create(http.IncomingMessage.prototype);
  const res = Object.create(http.ServerResponse.prototype);
  res.send = 1; req.x = 2;
  log(req instanceof http.IncomingMessage, res instanceof http.ServerResponse, http.METHODS.length > 30, http.STATUS_CODES[404], http.maxHeaderSize);
  try { http.validateHeaderName('a b'); } catch (e) { log(e.code); }
  try { http.validateHeaderValue('a', 'x\n'); } catch (e) { log(e.code); }
  http.globalAgent.destroy(); https.globalAgent.destroy();
  tlsServer.close(); tlsServer.closeAllConnections();
  server.close(() => log('end')); server.closeAllConnections();
})().catch((e) => { console.log('CAUGHT', e); process.exit(1); });
