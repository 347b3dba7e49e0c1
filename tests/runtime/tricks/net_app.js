'use strict';
const net = require('net'), tls = require('tls'), http = require('http'), dgram = require('dgram'), fs = require('fs');
const { once } = require('events');
const { BASE: base, FEW: few } = process.env;
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
const within = (promise, ms) => new Promise((resolve, reject) => {
  const late = setTimeout(reject, ms, new Error('late'));
  promise.then(resolve, reject).finally(() => clearTimeout(late));
});
(async () => {
  fs.mkdirSync(`${base}/data`);
  let hits = 0;
  const hit = (c) => { hits++; c.on?.('error', () => {}); c.destroy?.(); };
  const secret = net.createServer(hit).listen({ port: Number(process.env.SECRET), host: '::', ipv6Only: false });
  await once(secret, 'listening');
  const { port } = secret.address();
  const heard = dgram.createSocket({ type: 'udp6' }).on('message', hit);
  await new Promise((r) => heard.bind(port, '::', r));
  const abstract = `\0npsx-tricks${port}`;
  for (const p of [`${base}/secret.sock`, abstract]) await once(net.createServer(hit).listen(p), 'listening');
  await once(net.createServer((c) => c.destroy()).listen(`${base}/data/ok.sock`), 'listening');
  const ok = http.createServer((q, s) => {
    const [path, to = ''] = q.url.split('?');
    s.writeHead(path === '/to307' ? 307 : path === '/to' ? 302 : 200, { connection: 'close', ...(to && { location: decodeURIComponent(to) }) });
    s.end('fine');
  }).listen(Number(process.env.OK), '127.0.0.1');
  await once(ok, 'listening');
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const precious = `${base}/precious`;
  fs.writeFileSync(precious, 'x');
  // an agent of the application's and one of another package's, each with a connection that waits for its next use to a server that the guest may not reach
  const pool = http.createServer((q, r) => { if (q.url === '/evil') hits++; r.end('fine'); }).listen(Number(process.env.POOL), '127.0.0.1');
  await once(pool, 'listening');
  pool.keepAliveTimeout = 120e3;
  const rich = require('rich');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await new Promise((r) => { http.get({ host: '127.0.0.1', port: Number(process.env.POOL), agent }, (m) => m.resume().on('end', r)); });
  const richAgent = await rich.pooled(Number(process.env.POOL));
  const [okSock, kept] = [`${base}/data/ok.sock`, `${base}/kept.sock`];
  const G = { base, abstract, aside: () => fs.renameSync(okSock, kept), back: () => fs.renameSync(kept, okSock), few, within, port, ok: ok.address().port, free: Number(process.env.FREE), sock: `${base}/secret.sock`, server: listener, EventSource: typeof EventSource === 'function',
    hits: () => { const n = hits; hits = 0; return n > 0; }, otherSocket: async (at) => { await once(net.createServer(hit).listen(at), 'listening'); return at; }, lost: () => !fs.existsSync(precious), agent, richAgent, pool: Number(process.env.POOL) };
  const r = await require('guest')(G);
  process.stdout.write(`\n${JSON.stringify(r)}\n`, () => process.exit(0));
})().catch((e) => { console.error(e); process.exit(1); });
