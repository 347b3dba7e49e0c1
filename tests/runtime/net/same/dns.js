'use strict';
const dns = require('dns');
const dgram = require('dgram');
const util = require('util');
const { once } = require('events');
const log = (...a) => console.log(...a);
(async () => {
  const lookup = (...a) => new Promise((r) => dns.lookup(...a, (...x) => r(x.map((y) => y instanceof Error ? y.code : y))));
  log(await lookup('127.0.0.1'), await lookup('::1'), await lookup('127.0.0.1', { all: true }), await lookup('localhost', 4), await lookup('localhost', { family: 4, all: true }));
  log(await dns.promises.lookup('127.0.0.1'), await dns.promises.lookup('localhost', { family: 4 }), await dns.promises.lookup('localhost', { all: true, family: 4 }));
  log(await util.promisify(dns.lookup)('localhost', 4));
  for (const bad of [() => dns.lookup('x'), () => dns.lookup({}, () => {}), () => dns.lookup('localhost', { family: 9 }, () => {}), () => dns.setDefaultResultOrder('x'), () => dns.Resolver()]) {
    try { bad(); log('no throw'); } catch (e) { log(e.name, e.code); }
  }
  log(dns.getDefaultResultOrder(), Array.isArray(dns.getServers()), dns.NOTFOUND, dns.ADDRCONFIG, dns.promises.NOTFOUND);
  const r = new dns.Resolver({ timeout: 100, tries: 1 });
  log(r instanceof dns.Resolver, Array.isArray(r.getServers()), new dns.promises.Resolver() instanceof dns.promises.Resolver);
  r.cancel();
  // datagrams
  const s = dgram.createSocket('udp4');
  s.bind(0, '127.0.0.1');
  await once(s, 'listening');
  const { port, address, family } = s.address();
  log(address, family, s instanceof dgram.Socket);
  const c = dgram.createSocket({ type: 'udp4' });
  s.on('message', (m, from) => s.send(`<${m}>`, from.port, from.address));
  c.send('one', port, '127.0.0.1', (e) => log('sent', e));
  log(String((await once(c, 'message'))[0]));
  c.send(Buffer.from('xtwox'), 1, 3, port, 'localhost');
  log(String((await once(c, 'message'))[0]));
  c.send(['a', Buffer.from('b')], port);
  log(String((await once(c, 'message'))[0]));
  const d = dgram.createSocket('udp4', (m) => { log('listener', String(m)); d.close(); c.close(); s.close(() => log('end')); });
  d.connect(port, '127.0.0.1', () => { log('connected', d.remoteAddress().port === port); d.send('three'); });
})().catch((e) => { console.log('CAUGHT', e); process.exit(1); });
