import http from 'node:http';
import { Agent, fetch, request } from 'undici';

const server = http.createServer((req, res) => {
  res.setHeader('x-path', req.url);
  req.pipe(res);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}`;
const agent = new Agent({ connections: 2 });
const one = await request(`${base}/one`, { method: 'POST', body: 'ping', dispatcher: agent });
console.log(one.statusCode, one.headers['x-path'], await one.body.text());
const two = await fetch(`${base}/two`, { method: 'PUT', body: new Uint8Array([104, 105]), dispatcher: agent });
console.log(two.status, two.headers.get('x-path'), await two.text());
await agent.close();
server.closeAllConnections();
server.close();
