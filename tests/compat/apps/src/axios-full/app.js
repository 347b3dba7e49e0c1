const axios = require('axios'); const http = require('http'); const FormData = require('form-data'); const fs = require('fs'); const path = require('path'); const Agent = require('agentkeepalive');
const server = http.createServer((req, res) => {
  let b = []; req.on('data', (d) => b.push(d)).on('end', () => { b = Buffer.concat(b);
    if (req.url === '/redir') { res.writeHead(302, { location: '/json' }).end(); return; }
    if (req.url === '/loop') { res.writeHead(302, { location: '/loop' }).end(); return; }
    if (req.url === '/slow') { setTimeout(() => res.end('late'), 500).unref(); return; }
    if (req.url === '/gz') { res.setHeader('content-encoding', 'gzip'); res.end(require('zlib').gzipSync('zipped')); return; }
    if (req.url === '/500') { res.statusCode = 500; res.end('oops'); return; }
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ m: req.method, u: req.url, l: b.length, ct: (req.headers['content-type'] ?? '').replace(/-{4,}[\w-]+|boundary=.*/, 'B'), auth: req.headers.authorization, x: req.headers['x-int'], ua: (req.headers['user-agent'] ?? '').split('/')[0] })); });
}).listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const agent = new Agent({ maxSockets: 2 });
  const api = axios.create({ baseURL: base, timeout: 2000, httpAgent: agent, auth: { username: 'u', password: 'p' } });
  api.interceptors.request.use((c) => { c.headers['X-Int'] = 'yes'; return c; });
  api.interceptors.response.use((r) => { r.data.seen = true; return r; }, (e) => Promise.reject(e));
  console.log((await api.get('/json', { params: { a: [1, 2], b: 'x y' } })).data);
  console.log((await api.post('/p', { z: 1 })).data, (await api.put('/p', 'txt')).data.ct, (await api.delete('/d')).status, (await api.head('/h')).status);
  const f = new FormData(); f.append('a', '1'); f.append('file', fs.createReadStream(path.join(__dirname, 'app.js'))); const r = (await api.post('/form', f, { headers: f.getHeaders() })).data; console.log(r.ct, r.l > 500);
  const n = new globalThis.FormData(); n.append('q', 'v'); console.log((await axios.post(base + '/nf', n)).data.ct);
  console.log((await axios.postForm(base + '/pf', { a: 1, 'b[]': [1, 2] })).data.ct);
  console.log((await axios.get(base + '/redir')).data.u, (await axios.get(base + '/gz')).data);
  for (const [p, o] of [['/500', {}], ['/slow', { timeout: 50 }], ['/loop', { maxRedirects: 3 }], ['/redir', { maxRedirects: 0 }], ['/json', { maxContentLength: 5 }]]) await axios.get(base + p, o).then((x) => console.log('??', x.status), (e) => console.log(p, e.code, e.message, e.response?.status, axios.isAxiosError(e)));
  const ac = new AbortController(); setTimeout(() => ac.abort(), 20); await axios.get(base + '/slow', { signal: ac.signal }).catch((e) => console.log(e.code, e.name, axios.isCancel(e)));
  const st = await axios.get(base + '/json', { responseType: 'stream' }); let t = ''; for await (const c of st.data) t += c; console.log(t.length > 10);
  const ab = await axios.get(base + '/json', { responseType: 'arraybuffer' }); console.log(Buffer.isBuffer(ab.data));
  process.env.HTTP_PROXY = base; console.log((await axios.get('http://elsewhere.test/via')).data.u); delete process.env.HTTP_PROXY;
  console.log((await axios.get(base + '/fetch', { adapter: 'fetch' })).data.u);
  let up = 0; await axios.post(base + '/up', Buffer.alloc(100000), { onUploadProgress: (e) => { up = e.loaded; } }); console.log(up);
  await axios.get('http://127.0.0.1:1/').catch((e) => console.log(e.code));
  await axios.get('http://nowhere.invalid/').catch((e) => console.log(e.code));
  agent.destroy(); server.closeAllConnections(); server.close();
});
