// A child holds what its caller holds, not what all packages hold together.
import assert from 'node:assert';
import { chmodSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { started } from './setting.mjs';

const WIDE = { 'fs.read': ['./'], 'fs.write': ['./'], 'net.connect': ['127.0.0.1', 'localhost'], env: ['*'], spawn: ['ls', 'cat', 'bash', 'sh', 'touch', 'id'] };

// A server that says what it is when somebody comes.
const served = async (work) => {
  const server = createServer((c) => { c.on('error', () => {}); c.end('REACHED\n'); });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  try { return await work(server.address().port); } finally { server.close(); }
};
const dial = (port) => `return run('bash', ['-c', 'exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3']);`;

test('no network without a grant, though another package has it', () => served(async (port) => {
  const { result, err } = await started({ grants: { spawn: ['bash', 'cat'] }, other: WIDE, body: dial(port) });
  assert.ok(result, err);
  assert.equal(result.out, '', err);
  assert.match(result.err, /denied|not permitted|not supported/i);
}));

test('the caller\'s hosts', () => served(async (port) => {
  const { result, err } = await started({ grants: { spawn: ['bash', 'cat'], 'net.connect': [`127.0.0.1:${port}`] }, body: dial(port) });
  assert.equal(result?.out, 'REACHED\n', err + result?.err);
}));

test('no other host, though another package has it', () => served(async (port) => {
  const { result, err } = await started({ grants: { spawn: ['bash', 'cat'], 'net.connect': ['127.0.0.1:9'] }, other: WIDE, body: dial(port) });
  assert.ok(result, err);
  assert.equal(result.out, '', err);
}));

const files = { 'mine/open.txt': 'OPEN\n', 'theirs/secret.txt': 'S3CR3T\n' };

test('files of the caller alone', async () => {
  const { result, err } = await started({
    grants: { spawn: ['cat'], 'fs.read': ['./mine/'] }, other: WIDE, files,
    body: "return [await run('cat', [G.root + '/mine/open.txt']), await run('cat', [G.root + '/theirs/secret.txt']), await run('cat', ['theirs/secret.txt'], { cwd: G.root })];",
  });
  assert.equal(result?.[0].out, 'OPEN\n', err + result?.[0].err);
  for (const r of result.slice(1)) {
    assert.equal(r.out, '');
    assert.match(r.err, /denied/i);
  }
});

test('writing is the caller\'s, too', async () => {
  const { result, err } = await started({
    grants: { spawn: ['touch'], 'fs.read': ['./'], 'fs.write': ['./mine/'] }, other: WIDE, files,
    body: "return [await run('touch', [G.root + '/mine/new']), await run('touch', [G.root + '/theirs/new']), await run('touch', [G.root + '/packsec.policy.json'])];",
    keep: (p) => {
      assert.ok(existsSync(p.at('mine/new')));
      assert.ok(!existsSync(p.at('theirs/new')));
    },
  });
  assert.deepEqual(result?.map((r) => r.code), [0, 1, 1], err + JSON.stringify(result));
});

test('a shell starts what was granted, and nothing else', async () => {
  const body = "return [await run('sh', ['-c', 'ls /usr > /dev/null && echo LISTED']), await run('sh', ['-c', '/usr/bin/id']), await run('sh', ['-c', 'exec /usr/bin/touch out/new'])];";
  const without = await started({ grants: { spawn: ['sh'] }, other: WIDE, body });
  const having = await started({ grants: { spawn: ['sh', 'ls'] }, body });
  assert.ok(without.result, without.err);
  for (const r of without.result) {
    assert.equal(r.out, '');
    assert.notEqual(r.code, 0);
  }
  assert.equal(having.result?.[0].out, 'LISTED\n', having.err + having.result?.[0].err);
  assert.equal(having.result[1].out, '');
});

test('scripts run by their interpreter', async () => {
  const { result, err } = await started({
    grants: { spawn: ['./tool'], 'fs.read': ['./'] },
    files: { tool: '#!/bin/sh\necho "tool $1"\n' },
    before: (p) => chmodSync(p.at('tool'), 0o755),
    body: "return run(G.root + '/tool', ['arg']);",
  });
  assert.equal(result?.out, 'tool arg\n', err + result?.err);
});

test('the environment by grant; what steers a loader only by its name', async () => {
  const print = 'for n in LD_PRELOAD BASH_ENV SECRET GIVEN NODE_OPTIONS HOME; do eval v=\\"\\${$n-}\\"; echo "$n=$v"; done';
  const body = `return run('sh', ['-c', ${JSON.stringify(print)}], { env: { LD_PRELOAD: '/nonexistent/evil.so', BASH_ENV: '/tmp/evil', SECRET: 's', GIVEN: 'g', NODE_OPTIONS: '--x', HOME: '/h' } });`;
  const { result, err } = await started({ grants: { spawn: ['sh'], env: ['GIVEN'] }, other: WIDE, body });
  assert.equal(result?.out, 'LD_PRELOAD=\nBASH_ENV=\nSECRET=\nGIVEN=g\nNODE_OPTIONS=\nHOME=\n', err + result?.err);
  const named = await started({ grants: { spawn: ['sh'], env: ['LD_PRELOAD'] }, body });
  assert.match(named.result?.out ?? '', /^LD_PRELOAD=\/nonexistent\/evil\.so$/m, named.err);
  // ld.so of the child has looked for it; npsx before it never has, and it complained once for each program
  assert.equal(named.result.err.match(/evil\.so/g)?.length ?? 0, 1, named.result.err);
});
