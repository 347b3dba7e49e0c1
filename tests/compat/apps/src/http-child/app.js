// A server, and clients that are processes of their own.
const http = require('node:http');
const { fork, spawn } = require('node:child_process');
const { join } = require('node:path');

const server = http.createServer((req, res) => {
  let body = '';
  req.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ method: req.method, url: req.url, body }));
  });
});
const ended = (child) => new Promise((done) => child.on('close', done));
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const client = fork(join(__dirname, 'client.js'), [`${port}`]);
  client.on('message', (message) => console.log('client says', message));
  console.log('forked', await ended(client));
  const other = spawn(process.execPath, [join(__dirname, 'client.js'), `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  other.stdout.setEncoding('utf8').on('data', (text) => console.log(text.trim()));
  console.log('started', await ended(other));
  server.close();
});
