const http = require('node:http');
const axios = require('axios');

const server = http.createServer((req, res) => {
  if (req.url === '/missing') { res.writeHead(404); res.end('no'); return; }
  if (req.url === '/moved') { res.writeHead(302, { location: '/json' }); res.end(); return; }
  let body = '';
  req.on('data', (chunk) => { body += chunk; });
  req.on('end', () => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ method: req.method, url: req.url, token: req.headers['x-token'], body }));
  });
});
server.listen(0, '127.0.0.1', async () => {
  const client = axios.create({ baseURL: `http://127.0.0.1:${server.address().port}`, headers: { 'x-token': 't' }, timeout: 5000 });
  console.log((await client.get('/json', { params: { a: 1, b: 'x y' } })).data);
  console.log((await client.post('/json', { deep: { list: [1] } })).data);
  console.log((await client.get('/moved')).data);
  await client.get('/missing').catch((error) => console.log(error.name, error.code, error.response.status, error.response.data));
  server.closeAllConnections();
  server.close();
});
