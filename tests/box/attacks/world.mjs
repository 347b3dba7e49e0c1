// What surrounds the attacked process and is none of its business: files, programs, sockets of other processes of the same user.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer as httpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';

const listen = (server, ...where) => new Promise((done, fail) => { server.on('error', fail).listen(...where, () => done(server)); });

export async function world(dir, node) {
  const at = (name) => join(dir, name);
  const secret = at('vault/secret.txt');
  mkdirSync(at('vault'));
  mkdirSync(at('home/.ssh'), { recursive: true });
  mkdirSync(at('home/.local/state/packsec'), { recursive: true });
  mkdirSync(at('home/.cache/packsec'), { recursive: true });
  mkdirSync(at('bin'));
  mkdirSync(at('shared'));
  chmodSync(at('shared'), 0o1777);
  writeFileSync(secret, 'LOOT-FILE');
  writeFileSync(at('vault/own.txt'), 'LOOT-FILE');
  writeFileSync(at('vault/secret.js'), 'module.exports = "LOOT-FILE";');
  writeFileSync(at('home/.ssh/id'), 'LOOT-KEY');
  writeFileSync(at('bin/tool'), '#!/bin/sh\necho LOOT-TOOL\n', { mode: 0o755 });

  const tcp = await listen(createServer((c) => { c.on('error', () => {}); c.end('LOOT-TCP'); }), 0, '127.0.0.1');
  const tcp6 = await listen(createServer((c) => { c.on('error', () => {}); c.end('LOOT-TCP'); }), 0, '::1').catch(() => null);
  const http = await listen(httpServer((q, s) => s.end('LOOT-HTTP')), 0, '127.0.0.1');
  const unix = await listen(createServer((c) => { c.on('error', () => {}); c.end('LOOT-UNIX'); }), at('s.sock'));
  const abstract = `packsec-attack-${process.pid}`;
  const abstractServer = await listen(createServer((c) => { c.on('error', () => {}); c.end('LOOT-ABSTRACT'); }), { path: `\0${abstract}` });
  const fixed = await listen(createServer((c) => { c.on('error', () => {}); c.end('LOOT-ABSTRACT'); }), { path: '\0npsx-abstract' }).catch(() => null);

  // Says back what it heard, so that the attacker can tell; and answers every name with 127.0.0.1.
  const udp = createSocket('udp4');
  udp.on('message', (m, from) => {
    const answer = /^hello/.test(m) ? Buffer.from('LOOT-UDP') : reply(m);
    udp.send(answer, from.port, from.address);
  });
  await new Promise((done) => { udp.bind(0, '127.0.0.1', done); });

  // Another program of the same user: something in its environment, memory and files.
  const victim = spawn(node, ['-e', `const held = 'LOOT-' + 'MEMORY'.repeat(3); require('fs').openSync(${JSON.stringify(secret)}); setInterval(() => held, 1e5); console.log('up'); process.on('SIGUSR2', () => {});`],
    { env: { CANARY: 'LOOT-ENV' }, stdio: ['ignore', 'pipe', 'ignore'], cwd: at('vault'), detached: true });
  await new Promise((done) => { victim.stdout.once('data', done); });
  const inherited = openSync(secret);
  const end = () => {
    victim.kill('SIGKILL');
    for (const s of [tcp, tcp6, http, unix, abstractServer, fixed]) { s?.closeAllConnections?.(); s?.close(); }
    udp.close();
  };
  return {
    end, inherited,
    G: { outside: dir, secret, vault: at('vault'), own: at('vault/own.txt'), module: at('vault/secret.js'), home: at('home'), tool: at('bin/tool'), shared: at('shared'),
      port: tcp.address().port, port6: tcp6?.address().port, httpPort: http.address().port, udpPort: udp.address().port, sock: at('s.sock'), abstract, victim: victim.pid },
  };
}

function reply(q) {
  const end = q.indexOf(0, 12) + 5;
  const head = Buffer.from(q.subarray(0, 12));
  head[2] |= 0x80;
  head.writeUInt16BE(1, 6);
  head.fill(0, 8, 12);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([head, q.subarray(12, end), record]);
}
