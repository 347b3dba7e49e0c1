// The resolver of a box by itself: what it asks of whom, what it answers, which addresses it lets be used afterwards.
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { npsx } from '../../lib.mjs';
import { nameBytes, parse, query, serve } from './dns.mjs';

const skip = process.env.NAMES_INSIDE ? false : 'no network and mount namespaces to be had here';
const REFUSED = 5; const NXDOMAIN = 3; const SERVFAIL = 2;
const conf = (text) => writeFileSync(join(process.env.NAMES_PLACE, 'resolv.conf'), text);
const hosts = (text) => writeFileSync(join(process.env.NAMES_PLACE, 'hosts'), text);
const ONE = 'nameserver 127.53.0.1\noptions timeout:1\n';

// tests/tools/resolver_drive.c
function drive(t, grants, onerror = 'throw') {
  const policy = JSON.stringify({ version: 1, onerror, app: { 'net.connect': grants } });
  const child = spawn(join(dirname(npsx), 'tests/unit/resolver-drive'), [policy], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const waiting = new Map();
  const refused = [];
  let last = 0;
  createInterface(child.stdout).on('line', (line) => {
    const [, first, rest] = /^(\S+) ?(.*)$/.exec(line);
    if (first === 'refused') refused.push(rest);
    else { waiting.get(Number(first))(rest); waiting.delete(Number(first)); }
  });
  child.on('exit', (code, signal) => { for (const done of waiting.values()) done(`ended ${code} ${signal}`); });
  const say = (verb, ...words) => new Promise((done) => { waiting.set(++last, done); child.stdin.write(`${last} ${verb} ${words.join(' ')}\n`); });
  const send = async (verb, message) => {
    const hex = await say(verb, message.toString('hex'));
    return /^[0-9a-f]+$/.test(hex) ? parse(Buffer.from(hex, 'hex')) : hex;
  };
  let id = 100;
  return {
    refused,
    raw: send,
    stranger: (message) => { child.stdin.write(`${++last} stranger ${message.toString('hex')}\n`); },
    ask: (name, type, options) => send('udp', query(name, type, { id: ++id, ...options })),
    askTcp: (name, type, options) => send('tcp', query(name, type, { id: ++id, ...options })),
    allows: async (address, port) => (await say('allows', address, port)) === 'yes',
    redirects: (address, port) => say('redirects', address, port),
    pid: child.pid,
  };
}
const zoneOf = (zone) => ({ name, type }) => ({ answers: zone[name]?.filter(([, t]) => t === type || t === 'CNAME') ?? [], rcode: zone[name] ? 0 : NXDOMAIN });

// ---- what needs no server -------------------------------------------------------------------------------------------------

test('a name that is not granted does not exist, and is recorded', async (t) => {
  const r = drive(t, ['api.example.com:443', '*.wild.example']);
  for (const name of ['evil.net', 'example.com', 'x.api.example.com', 'wild.example', 'evilwild.example', 'aGVsbG8.evil.net']) {
    const a = await r.ask(name);
    assert.deepEqual([a.rcode, a.name, a.counts], [NXDOMAIN, name, [1, 0, 0, 0]], name);
    assert.equal((await r.ask(name, 'AAAA')).rcode, NXDOMAIN);
    assert.equal((await r.ask(name, 'TXT')).rcode, NXDOMAIN);
    assert.equal((await r.askTcp(name)).rcode, NXDOMAIN);
    assert.deepEqual(r.refused.splice(0), [name, name, name, name].map((n) => n.toLowerCase()));
  }
});

test('what is no question gets no data', async (t) => {
  const r = drive(t, ['a.example']);
  const two = query('a.example');
  two[5] = 2;
  for (const [message, rcode, why] of [
    [two, 1, 'two questions'],
    [Buffer.concat([query('a.example'), Buffer.from('x')]), 1, 'bytes behind'],
    [query('a.example').subarray(0, -1), 1, 'cut off'],
    [query('a.example', 'A', { flags: 0x2800 }), 4, 'an update'],
    [query('a.example', 252), REFUSED, 'a zone transfer'],
    [query('a\\.example'), REFUSED, 'a backslash'],
    [query('a\0b.example'), REFUSED, 'a NUL'],
    [query('é.a.example'), REFUSED, 'beyond ASCII'],
    [Buffer.concat([query('x').subarray(0, 12), Buffer.alloc(400, 0x41)]), 1, 'a length that is none'],
  ]) assert.equal((await r.raw('udp', message)).rcode, rcode, why);
  assert.deepEqual(r.refused, []);
});

test('strangers get no answer', async (t) => {
  const r = drive(t, ['a.example']);
  r.stranger(query('evil.net'));
  r.stranger(query('evil.org'));
  assert.equal(await r.raw('strange-tcp', query('evil.net')), 'closed');
  // whatever was sent before was read before
  assert.equal((await r.ask('third.net')).rcode, NXDOMAIN);
  assert.deepEqual(r.refused, ['third.net']);
});

// ---- with a server --------------------------------------------------------------------------------------------------------

test('a granted name is asked for, and its addresses may be used', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', zoneOf({ 'api.example.com': [['api.example.com', 'A', 300, '10.53.9.1'], ['api.example.com', 'A', 300, '10.53.9.2'], ['api.example.com', 'AAAA', 300, '2001:db8:53::1']] }));
  t.after(s.close);
  const r = drive(t, ['api.example.com:443']);
  assert.equal(await r.allows('10.53.9.1', 443), false);
  const a = await r.ask('API.example.com', 'A', { id: 77 });
  assert.deepEqual([a.id, a.rcode, a.name, a.addresses], [77, 0, 'API.example.com', ['10.53.9.1', '10.53.9.2']]);
  assert.equal(await r.allows('10.53.9.1', 443), true);
  assert.equal(await r.allows('10.53.9.2', 443), true);
  assert.equal(await r.allows('10.53.9.1', 80), false);
  assert.equal(await r.allows('10.53.9.3', 443), false);
  assert.equal(await r.allows('2001:db8:53::1', 443), false);
  await r.ask('api.example.com', 'AAAA');
  assert.equal(await r.allows('2001:db8:53::1', 443), true);
  assert.deepEqual(r.refused, []);
  assert.deepEqual(s.log.map((q) => [q.name, q.type]), [['api.example.com', 'A'], ['api.example.com', 'AAAA']]);
});

test('no byte of a name that is not granted leaves', { skip }, async (t) => {
  conf(`${ONE}search corp.example\n`);
  const s = await serve('127.53.0.1', () => ({ answers: [] }));
  t.after(s.close);
  const r = drive(t, ['api.example.com', '*.wild.example']);
  for (const name of ['c2VjcmV0.evil.net', 'c2VjcmV0.evil.net.corp.example', 'evil.corp.example', 'corp.example', '4.3.2.1.in-addr.arpa', 'api.example.com.evil.net'])
    for (const type of ['A', 'AAAA', 'TXT', 'SRV', 'PTR']) assert.equal((await r.ask(name, type)).rcode, NXDOMAIN, name);
  assert.deepEqual(s.log, []);
  // nor in what goes along with one that is: it is written anew
  const opt = Buffer.concat([query('api.example.com', 'A', { id: 5, opt: 4096 }).subarray(0, -2), Buffer.from([0, 10, 0xfd, 0xe9, 0, 6]), Buffer.from('secret')]);
  assert.equal((await r.raw('udp', opt)).rcode, 0);
  assert.equal(s.log.length, 1);
  assert.equal(s.log[0].message.includes('secret'), false);
});

test('questions have ids and ports that nobody can guess', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', () => ({ answers: [] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  for (let i = 0; i < 24; i++) await r.ask(`n${i}.wild.example`, 'A', { id: 9 });
  assert.ok(new Set(s.log.map((q) => q.id)).size > 20);
  assert.ok(s.ports.size > 20);
});

test('the wrong answers do not count', { skip }, async (t) => {
  conf(ONE);
  const good = { answers: [['a.example', 'A', 300, '10.53.9.1']] };
  const evil = [['a.example', 'A', 300, '6.6.6.6']];
  const s = await serve('127.53.0.1', ({ id }) => [
    { id: id ^ 1, answers: evil },
    { name: 'b.example', answers: evil },
    { type: 'AAAA', name: 'a.example', answers: evil },
    { flags: 0x100, answers: evil },
    { raw: Buffer.from([id >> 8, id & 255, 0x81, 0x80, 0, 1]) },
    { raw: Buffer.concat([Buffer.from([id >> 8, id & 255, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]), nameBytes('a.example'), Buffer.from([0, 1, 0, 1, 0xc0, 27, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 6, 6, 6, 6])]) },
    good,
  ]);
  t.after(s.close);
  const r = drive(t, ['a.example']);
  assert.deepEqual((await r.ask('a.example')).addresses, ['10.53.9.1']);
  assert.equal(await r.allows('6.6.6.6', 443), false);
  assert.equal(await r.allows('10.53.9.1', 443), true);
});

test('records that nobody asked for do not feed the set', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', () => ({
    answers: [['a.example', 'A', 300, '10.53.9.1'], ['b.example', 'A', 300, '6.6.6.1'], ['example', 'A', 300, '6.6.6.2']],
    authority: [['a.example', 'A', 300, '6.6.6.3']],
    additional: [['a.example', 'A', 300, '6.6.6.4'], ['b.example', 'A', 300, '6.6.6.5']],
  }));
  t.after(s.close);
  const r = drive(t, ['a.example', 'b.example']);
  await r.ask('a.example');
  assert.equal(await r.allows('10.53.9.1', 1), true);
  for (let i = 1; i <= 5; i++) assert.equal(await r.allows(`6.6.6.${i}`, 1), false, `${i}`);
});

test('a CNAME leads to another name, and the asked one counts', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', () => ({ answers: [['a.example', 'CNAME', 300, 'x.cdn.net'], ['x.cdn.net', 'CNAME', 300, 'y.cdn.net'], ['y.cdn.net', 'A', 0, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['a.example:443']);
  assert.deepEqual((await r.ask('a.example')).addresses, ['10.53.9.1']);
  assert.equal(await r.allows('10.53.9.1', 443), true);
  assert.equal((await r.ask('y.cdn.net')).rcode, NXDOMAIN);
});

test('a name does not lead inside', { skip }, async (t) => {
  conf(ONE);
  const inside = ['127.0.0.1', '127.53.0.1', '169.254.169.254', '0.0.0.0'];
  const s = await serve('127.53.0.1', () => ({ answers: inside.map((a) => ['a.example', 'A', 300, a]) }));
  t.after(s.close);
  const r = drive(t, ['a.example']);
  await r.ask('a.example');
  for (const address of inside) assert.equal(await r.allows(address, 80), false, address);
});

test('answers are kept for their time, and no longer', { skip }, async (t) => {
  conf(ONE);
  let ttl = 300;
  const s = await serve('127.53.0.1', ({ name }) => ({ answers: [[name, 'A', ttl, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  for (let i = 0; i < 3; i++) assert.deepEqual((await r.ask('a.wild.example')).addresses, ['10.53.9.1']);
  assert.equal(s.log.length, 1);
  await r.ask('a.wild.example', 'A', { opt: 1232 });
  assert.equal(s.log.length, 2); // whoever understands more is answered by himself
  ttl = 0;
  for (let i = 0; i < 3; i++) await r.ask('b.wild.example');
  assert.equal(s.log.length, 5);
  assert.equal(await r.allows('10.53.9.1', 443), true);
});

test('what does not exist is kept as long as its zone says', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', ({ name }) => ({ rcode: NXDOMAIN, authority: name.startsWith('a.') ? [['wild.example', 'SOA', 300, 60]] : [] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  for (const [name, asked] of [['a.wild.example', 1], ['b.wild.example', 2]]) {
    s.log.length = 0;
    for (let i = 0; i < 2; i++) assert.equal((await r.ask(name)).rcode, NXDOMAIN);
    assert.equal(s.log.length, asked);
  }
  assert.deepEqual(r.refused, []);
});

test('what is too long comes over TCP', { skip }, async (t) => {
  conf(ONE);
  const many = Array.from({ length: 100 }, (_, i) => ['a.example', 'A', 300, `10.54.0.${i}`]);
  const s = await serve('127.53.0.1', (_, { tcp }) => (tcp ? { answers: many } : { truncated: true, answers: [['a.example', 'A', 300, '6.6.6.6']] }));
  t.after(s.close);
  const r = drive(t, ['a.example']);
  const short = await r.ask('a.example');
  assert.deepEqual([short.truncated, short.counts], [true, [1, 0, 0, 0]]);
  assert.equal(await r.allows('6.6.6.6', 1), false);
  const all = await r.askTcp('a.example');
  assert.equal(all.addresses.length, 100);
  assert.equal(await r.allows('10.54.0.99', 1), true);
  assert.deepEqual(s.log.map((q) => q.tcp), [false, true]);
});

test('a datagram is never longer than its asker takes', { skip }, async (t) => {
  conf(ONE);
  const many = Array.from({ length: 40 }, (_, i) => ['a.example', 'A', 300, `10.54.0.${i}`]);
  const s = await serve('127.53.0.1', () => ({ answers: many }));
  t.after(s.close);
  const r = drive(t, ['a.example']);
  assert.equal((await r.ask('a.example')).truncated, true);
  assert.equal((await r.ask('a.example', 'A', { opt: 1232 })).addresses.length, 40);
  assert.equal((await r.askTcp('a.example')).addresses.length, 40);
});

test('the longest answer there is', { skip }, async (t) => {
  conf(ONE);
  const many = Array.from({ length: 2400 }, (_, i) => ['a.example', 'A', 300, `10.54.${i >> 8}.${i & 255}`]);
  const s = await serve('127.53.0.1', () => ({ answers: many }));
  t.after(s.close);
  const r = drive(t, ['a.example']);
  assert.equal((await r.askTcp('a.example')).addresses.length, 2400);
  assert.equal(await r.allows('10.54.0.127', 1), true);
  assert.equal(await r.allows('10.54.0.128', 1), false); // no more of one answer are remembered
});

test('nobody at the first server', { skip }, async (t) => {
  conf('nameserver 127.53.0.9\nnameserver 127.53.0.1\noptions timeout:1\n');
  const s = await serve('127.53.0.1', ({ name }) => ({ answers: [[name, 'A', 0, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  assert.deepEqual((await r.ask('a.wild.example')).addresses, ['10.53.9.1']);
  assert.deepEqual((await r.askTcp('b.wild.example')).addresses, ['10.53.9.1']);
});

test('the first server is silent: the next is asked, and first from then on', { skip }, async (t) => {
  conf('nameserver 127.53.0.9\nnameserver 127.53.0.1\noptions timeout:1\n');
  const silent = await serve('127.53.0.9', () => []);
  const s = await serve('127.53.0.1', ({ name }) => ({ answers: [[name, 'A', 0, '10.53.9.1']] }));
  t.after(() => { silent.close(); s.close(); });
  const r = drive(t, ['*.wild.example']);
  assert.deepEqual((await r.ask('a.wild.example')).addresses, ['10.53.9.1']);
  assert.equal(silent.log.length, 1);
  assert.deepEqual((await r.ask('b.wild.example')).addresses, ['10.53.9.1']);
  assert.equal(silent.log.length, 1);
});

test('a late answer of the first server counts as well', { skip }, async (t) => {
  conf('nameserver 127.53.0.9\nnameserver 127.53.0.1\noptions timeout:1 attempts:2\n');
  // the second is asked, says nothing, and only then the first answers: when it is asked again, to both questions
  let times = 0;
  const first = await serve('127.53.0.9', ({ name }) => (++times === 2 ? { answers: [[name, 'A', 0, '10.53.9.1']] } : []));
  const s = await serve('127.53.0.1', () => []);
  t.after(() => { first.close(); s.close(); });
  const r = drive(t, ['a.example']);
  assert.deepEqual((await r.ask('a.example')).addresses, ['10.53.9.1']);
  assert.equal(new Set(first.log.map((q) => q.id)).size, 1);
});

test('all servers are silent: there is an end', { skip }, async (t) => {
  conf('nameserver 127.53.0.1\noptions timeout:1 attempts:1\n');
  const s = await serve('127.53.0.1', () => []);
  t.after(s.close);
  const r = drive(t, ['a.example']);
  assert.equal((await r.ask('a.example')).rcode, SERVFAIL);
  assert.equal((await r.askTcp('a.example')).rcode, SERVFAIL);
});

test('a server that does not want to: the next, and what the last one said', { skip }, async (t) => {
  conf('nameserver 127.53.0.9\nnameserver 127.53.0.1\noptions timeout:1\n');
  let rcode = 0;
  const no = await serve('127.53.0.9', () => ({ rcode: REFUSED }));
  const s = await serve('127.53.0.1', ({ name }) => ({ rcode, answers: rcode ? [] : [[name, 'A', 0, '10.53.9.1']] }));
  t.after(() => { no.close(); s.close(); });
  assert.deepEqual((await drive(t, ['a.example']).ask('a.example')).addresses, ['10.53.9.1']);
  rcode = REFUSED;
  assert.equal((await drive(t, ['a.example']).ask('a.example')).rcode, REFUSED);
});

test('search domains: the name that is meant counts', { skip }, async (t) => {
  conf(`${ONE}search corp.example svc.cluster.local\n`);
  const s = await serve('127.53.0.1', zoneOf({ 'db.corp.example': [['db.corp.example', 'A', 60, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['db:5432', 'api.example.com:443']);
  assert.deepEqual((await r.ask('db.corp.example')).addresses, ['10.53.9.1']);
  assert.equal(await r.allows('10.53.9.1', 5432), true);
  assert.equal(await r.allows('10.53.9.1', 5433), false);
  assert.equal((await r.ask('api.example.com.svc.cluster.local')).rcode, NXDOMAIN); // from the server
  assert.deepEqual([s.log.length, r.refused], [2, []]);
  await r.ask('other.net.svc.cluster.local');
  await r.ask('other.corp.example');
  assert.deepEqual([s.log.length, r.refused], [2, ['other.net', 'other.corp.example']]);
});

test('an address is no name, whoever has one of that spelling', { skip }, async (t) => {
  conf(`${ONE}search corp.example\n`);
  const s = await serve('127.53.0.1', ({ name }) => ({ answers: [[name, 'A', 60, '6.6.6.6']] }));
  t.after(s.close);
  const r = drive(t, ['10.99.0.0/16', '127.0.0.1']);
  for (const name of ['10.99.0.1', '10.99.1', '0x0a630001', '127.1', '174260225']) {
    assert.equal((await r.ask(name)).rcode, NXDOMAIN, name);
    assert.equal((await r.ask(`${name}.corp.example`)).rcode, NXDOMAIN, name);
  }
  assert.deepEqual(s.log.map((q) => q.name), []);
  assert.equal(await r.allows('6.6.6.6', 443), false);
});

test('who has this address? Granted, or known', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', ({ type, name }) => ({ answers: [type === 'PTR' ? [name, 'PTR', 60, 'host.example'] : [name, 'A', 60, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['a.example', '10.99.0.0/16']);
  const ptr = (address) => r.ask(`${address.split('.').reverse().join('.')}.in-addr.arpa`, 'PTR');
  assert.equal((await ptr('10.53.9.1')).rcode, NXDOMAIN);
  assert.deepEqual(r.refused, ['10.53.9.1']);
  assert.equal((await ptr('10.99.1.1')).answers.length, 1);
  await r.ask('a.example');
  assert.equal((await ptr('10.53.9.1')).answers.length, 1);
  assert.equal((await ptr('10.53.9.2')).rcode, NXDOMAIN);
});

test('other types of granted names', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', ({ name, type }) => ({ answers: [type === 'TXT' ? [name, 'TXT', 60, 'v=1'] : [name, 'SRV', 60, [1, 2, 27017, 'n1.wild.example']]] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  assert.equal((await r.ask('_mongodb._tcp.c0.wild.example', 'SRV')).answers[0].type, 'SRV');
  assert.equal((await r.ask('c0.wild.example', 'TXT')).answers[0].data.toString(), '\x03v=1');
});

test('/etc/hosts', { skip }, async (t) => {
  conf(ONE);
  hosts('10.53.9.1 a.example\n10.53.9.2 other.net\n127.0.0.1 b.example localhost\n');
  t.after(() => hosts(''));
  const r = drive(t, ['a.example:443', 'b.example', 'localhost:3000']);
  assert.equal(await r.allows('10.53.9.1', 443), true);
  assert.equal(await r.allows('10.53.9.1', 80), false);
  assert.equal(await r.allows('10.53.9.2', 443), false);
  assert.equal(await r.allows('127.0.0.1', 443), false);
  assert.equal(await r.allows('127.0.0.1', 3000), true);
  assert.equal(await r.allows('::1', 3000), true);
});

test('a server that is granted itself is asked for anything, but for nobody else', { skip }, async (t) => {
  conf('nameserver 127.53.0.1\nnameserver 127.53.0.2\noptions timeout:1\n');
  const zone = ({ name }) => ({ answers: [[name, 'A', 0, '10.53.9.1']] });
  const [one, two] = [await serve('127.53.0.1', zone), await serve('127.53.0.2', zone)];
  t.after(() => { one.close(); two.close(); });
  const r = drive(t, ['a.example:443', '127.53.0.2/31']);
  assert.deepEqual((await r.ask('other.net')).addresses, ['10.53.9.1']);
  assert.equal(await r.allows('10.53.9.1', 443), false);
  assert.deepEqual([one.log.length, two.log.length], [0, 1]);
  assert.deepEqual((await r.ask('a.example')).addresses, ['10.53.9.1']);
  assert.equal(await r.allows('10.53.9.1', 443), true);
  assert.deepEqual([one.log.length, two.log.length, r.refused.length], [1, 1, 0]);
});

test('which connects are led here', { skip }, async (t) => {
  conf('nameserver 10.0.0.53\nnameserver 2001:db8::53\nnameserver 10.0.0.54\nnameserver 10.0.0.55\n');
  const r = drive(t, ['a.example', '10.0.0.54:53']);
  assert.equal(await r.redirects('10.0.0.53', 53), '127.0.0.1 ours');
  assert.equal(await r.redirects('2001:db8::53', 53), '::ffff:127.0.0.1 ours');
  assert.equal(await r.redirects('::ffff:10.0.0.53', 53), '::ffff:127.0.0.1 ours');
  assert.equal(await r.redirects('10.0.0.53', 54), 'no');
  assert.equal(await r.redirects('10.0.0.54', 53), '127.0.0.1 ours'); // granted as well: its answers must be seen
  assert.equal(await r.redirects('10.0.0.55', 53), 'no'); // the fourth: nobody asks it
  assert.equal(await r.redirects('127.0.0.1', 53), 'no');
  conf('search x.example\n# nameserver 10.0.0.53\n'); // another file, without a server: this host
  assert.equal(await r.redirects('127.0.0.1', 53), '127.0.0.1 ours');
  assert.equal(await r.redirects('10.0.0.53', 53), 'no');
});

test('a question that is sent again while it is asked', { skip }, async (t) => {
  conf(ONE);
  const s = await serve('127.53.0.1', ({ name }) => ({ answers: [[name, 'A', 0, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  assert.deepEqual((await r.raw('twice', query('a.wild.example'))).addresses, ['10.53.9.1']);
  await r.ask('b.wild.example');
  assert.deepEqual(s.log.map((q) => q.name), ['a.wild.example', 'b.wild.example']);
});

test('more questions than there is room for', { skip }, async (t) => {
  conf(ONE);
  let hold = true;
  const s = await serve('127.53.0.1', ({ name }) => (hold ? [] : { answers: [[name, 'A', 60, '10.53.9.1']] }));
  t.after(s.close);
  const r = drive(t, ['*.wild.example']);
  const all = await Promise.all(Array.from({ length: 80 }, (_, i) => r.ask(`n${i}.wild.example`)));
  assert.deepEqual([...new Set(all.map((a) => a.rcode))], [SERVFAIL]);
  assert.ok(new Set(s.log.map((q) => q.name)).size <= 64);
  hold = false;
  assert.deepEqual((await r.ask('a.wild.example')).addresses, ['10.53.9.1']);
});
