'use strict';
const http = require('http');
const { once } = require('events');
const log = (...a) => console.log(...a);
(async () => {
  const server = http.createServer(async (q, s) => {
    if (q.url === '/r') { s.writeHead(302, { location: '/target' }); s.end(); return; }
    let text = '';
    for await (const d of q) text += d;
    s.setHeader('content-type', 'application/json');
    s.end(JSON.stringify({ url: q.url, method: q.method, text, a: q.headers['x-a'] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const u = `http://127.0.0.1:${server.address().port}`;
  log(await (await fetch(`${u}/a`)).json());
  log(await (await fetch(new URL(`${u}/b`), { method: 'POST', body: 'data', headers: { 'x-a': '1' } })).json());
  log(await (await fetch(new Request(`${u}/c`, { headers: new Headers({ 'x-a': '2' }) }))).json());
  const r = await fetch(`${u}/r`);
  log(r.status, r.redirected, r.url === `${u}/target`, r.ok, r.headers.get('content-type'), (await r.text()).length);
  const m = await fetch(`${u}/r`, { redirect: 'manual' });
  log(m.status, m.headers.get('location'));
  log(await fetch('http://127.0.0.1:1/').catch((e) => `${e.name} ${e.message} ${e.cause?.message}`));
  log(await fetch('http://localhost:1/').catch((e) => `${e.name} ${e.message} ${e.cause?.code}`));
  log(await fetch('nope').catch((e) => `${e.name}`));
  log(await fetch(u, { signal: AbortSignal.abort() }).catch((e) => e.name));
  const f = new FormData();
  f.append('k', 'v');
  log((await (await fetch(`${u}/form`, { method: 'POST', body: f })).json()).text.includes('form-data; name="k"'));
  log(fetch.name, fetch.length, typeof WebSocket, WebSocket.name, WebSocket.OPEN);
  // a WebSocket handshake by hand
  const { createHash } = require('crypto');
  server.on('upgrade', (q, s) => {
    const accept = createHash('sha1').update(`${q.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    s.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    s.write(Buffer.from([0x81, 0x02, 0x68, 0x69]));
    s.on('error', () => {});
    s.on('data', () => s.end(Buffer.from([0x88, 0x02, 0x03, 0xe8])));
  });
  const ws = new WebSocket(u.replace('http', 'ws'));
  ws.onmessage = (e) => { log('message', e.data, ws instanceof WebSocket); ws.close(); };
  await new Promise((done) => { ws.onclose = done; });
  log('closed');
  server.close(() => log('end'));
  server.closeAllConnections();
})().catch((e) => { console.log('CAUGHT', e); process.exit(1); });
