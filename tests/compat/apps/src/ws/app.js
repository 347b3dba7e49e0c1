const { WebSocketServer, WebSocket } = require('ws');

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
server.on('listening', () => {
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  const messages = ['hello', 'x'.repeat(70000), Buffer.from([1, 2, 3])];
  let n = 0;
  client.on('open', () => client.send(messages[0]));
  client.on('message', (data, binary) => {
    console.log(binary ? 'binary' : 'text', data.length, data.equals(Buffer.from(messages[n])));
    if (++n < messages.length) client.send(messages[n]);
    else client.close(1000, 'done');
  });
  client.on('close', (code, reason) => { console.log(code, String(reason)); server.close(); });
});
