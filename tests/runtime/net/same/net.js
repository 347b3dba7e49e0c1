'use strict';
const net = require('net');
const { once } = require('events');
const log = (...a) => console.log(...a);
(async () => {
  // listen forms, addresses
  const seen = [];
  const server = net.createServer((c) => { c.on('error', () => {}); c.on('data', (d) => { c.write(`<${d}>`); }); c.on('end', () => c.end()); });
  log(server instanceof net.Server, server.listening, server.address());
  server.listen(0, '127.0.0.1', () => seen.push('listening'));
  await once(server, 'listening');
  const { port, family, address } = server.address();
  log(seen, family, address, typeof port, server.listening);
  const talk = (...args) => new Promise((resolve) => {
    const c = net.connect(...args);
    let text = '';
    c.setEncoding('utf8');
    c.on('connect', () => c.end('hello'));
    c.on('data', (d) => { text += d; });
    c.on('error', (e) => resolve(`error ${e.code} ${e.syscall} ${e.address} ${e.port === port}`));
    c.on('close', () => resolve(`${text} ${c.bytesRead} ${c.bytesWritten} ${c.destroyed}`));
  });
  log(await talk(port, '127.0.0.1'));
  log(await talk({ port, host: '127.0.0.1', noDelay: true, keepAlive: true }));
  log(await talk({ port: String(port), host: 'localhost' }));
  log(await talk({ port, host: 'localhost', autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 50 }));
  log(await talk({ port, host: 'localhost', autoSelectFamily: false, family: 4 }));
  log(await talk({ port, host: '127.0.0.1', localAddress: '127.0.0.1' }));
  log(await talk({ port, host: 'localhost', lookup: (h, o, cb) => (o.all ? cb(null, [{ address: '127.0.0.1', family: 4 }]) : cb(null, '127.0.0.1', 4)) }));
  // constructors, calls, subclasses
  class Mine extends net.Socket { constructor(o) { super(o); this.mine = 1; } hi() { return 'hi'; } }
  const m = new Mine();
  m.connect(port, '127.0.0.1');
  await once(m, 'connect');
  log(m instanceof net.Socket, m instanceof Mine, m.hi(), m.remotePort === port, m.remoteFamily, m.pending, m.readyState);
  m.destroy();
  await once(m, 'close');
  log(m.destroyed, net.Socket.prototype.isPrototypeOf(m));
  const util = require('util');
  function Old(o) { net.Socket.call(this, o); }
  util.inherits(Old, net.Socket);
  const o = new Old();
  o.connect({ port, host: '127.0.0.1' });
  await once(o, 'connect');
  log(o instanceof net.Socket, o instanceof Old);
  o.destroy();
  const s2 = net.Socket();
  log(s2 instanceof net.Socket, s2.connecting, s2.pending);
  s2.destroy();
  // unix
  const unix = net.createServer((c) => c.end('unix')).listen({ path: './s.sock' });
  await once(unix, 'listening');
  log(unix.address());
  const uc = net.connect('./s.sock');
  log(String(await once(uc, 'data')));
  unix.close();
  // errors
  const dead = net.createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const deadPort = dead.address().port;
  dead.close();
  await once(dead, 'close');
  const [e] = await once(net.connect(deadPort, '127.0.0.1'), 'error');
  log(e.code, e.syscall, e.address, e.port === deadPort, e.errno);
  for (const bad of [() => net.connect(), () => net.connect({}), () => net.connect(70000), () => net.connect({ port: {} }), () => net.connect({ port: 'x1' }), () => net.connect({ port, host: {} }),
    () => net.connect({ port, host: 'a\0b' }), () => new net.Socket({ objectMode: true }), () => net.createServer().listen({}), () => net.createServer().listen(70000),
    () => net.connect({ port, localAddress: 'nope' }), () => server.listen(0)]) {
    try { const s = bad(); s.on?.('error', () => {}); log('no throw'); } catch (x) { log(x.name, x.code); }
  }
  const [taken] = await once(net.createServer().listen(port, '127.0.0.1').on('x', () => {}), 'error').catch((x) => [x]);
  log(taken.code, taken.syscall, taken.address);
  // reconnect to the same place
  const again = net.connect(port, '127.0.0.1');
  await once(again, 'connect');
  again.destroy();
  await once(again, 'close');
  again.connect(port, '127.0.0.1');
  await once(again, 'connect');
  log('again', again.remotePort === port);
  again.destroy();
  // values
  log(net.isIP('::1'), net.isIP('1.2.3.4'), net.isIP('x'), net.isIPv4('1.1.1.1'), net.isIPv6('::'), typeof net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
  const b = new net.BlockList();
  b.addAddress('1.2.3.4');
  log(b.check('1.2.3.4'), new net.SocketAddress({ address: '1.2.3.4', port: 1 }).port, net.Stream === net.Socket, net.connect === net.createConnection);
  net.setDefaultAutoSelectFamily(false);
  log(net.getDefaultAutoSelectFamily());
  log(await talk({ port, host: 'localhost', family: 4 }));
  server.getConnections((x, n) => { log('connections', n); server.close(() => log('end')); });
})().catch((e) => { console.log('CAUGHT', e); });
