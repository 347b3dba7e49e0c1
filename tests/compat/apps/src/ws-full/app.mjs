import { createServer } from 'node:http';
import express from 'express';
import WebSocketClient, { WebSocketServer, createWebSocketStream } from 'ws';
const app = express(); app.get('/', (q, r) => r.send('http too'));
const server = createServer(app);
const wss = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 10 } }); const echo = new WebSocketServer({ noServer: true });
server.on('upgrade', (req, socket, head) => {
  const { pathname } = new URL(req.url, 'ws://x');
  if (pathname === '/chat') wss.handleUpgrade(req, socket, head, (ws) => wss.emit('connection', ws, req));
  else if (pathname === '/echo') echo.handleUpgrade(req, socket, head, (ws) => ws.on('message', (m, b) => ws.send(m, { binary: b })));
  else { socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n'); socket.destroy(); }
});
wss.on('connection', (ws, req) => { ws.isAlive = true; ws.on('pong', () => { ws.isAlive = true; ws.emit('ponged'); }); ws.on('message', (m) => wss.clients.forEach((c) => c.readyState === WebSocketClient.OPEN && c.send(`all:${m}`))); });
const once = (e, n) => new Promise((r) => e.once(n, (...a) => r(a)));
server.listen(0, '127.0.0.1', async () => {
  const url = `ws://127.0.0.1:${server.address().port}`;
  console.log(await (await fetch(url.replace('ws', 'http'))).text());
  const a = new WebSocketClient(url + '/chat', { headers: { 'x-a': 1 } }), b = new WebSocketClient(url + '/chat');
  await Promise.all([once(a, 'open'), once(b, 'open')]);
  const [pa, pb] = [once(a, 'message'), once(b, 'message')]; a.send('hi everyone, this is long');
  console.log(String((await pa)[0]), String((await pb)[0]), a.extensions);
  const pong = once([...wss.clients][0], 'ponged'); for (const c of wss.clients) c.ping(); await pong; console.log('pong', [...wss.clients].every((c) => c.isAlive !== undefined));
  const bad = new WebSocketClient(url + '/nope'); bad.on('error', (e) => console.log('bad', e.message)); await once(bad, 'close');
  const s = new WebSocketClient(url + '/echo'); const d = createWebSocketStream(s, { encoding: 'utf8' }); d.write('stream'); console.log(String((await once(d, 'data'))[0])); d.destroy();
  const g = new WebSocket(url + '/echo'); g.onopen = () => g.send('global'); console.log(await new Promise((r) => { g.onmessage = (e) => r(e.data); })); g.close(); await new Promise((r) => { g.onclose = (e) => r(); });
  const ca = once(a, 'close'); a.close(4001, 'bye'); console.log((await ca)[0]); b.terminate();
  wss.close(); server.close(() => console.log('closed'));
});
