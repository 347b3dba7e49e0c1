// Children behave as if Node had started them itself.
import assert from 'node:assert';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { npsx } from '../../lib.mjs';
import { started } from './setting.mjs';

const temporary = join(tmpdir(), 'x');

const gives = async (what, expected) => {
  const r = await started(what);
  assert.deepEqual(r.result, expected, r.out + r.err);
};

test('a command runs, outside of the engine\'s process', () => gives({
  grants: { spawn: ['sh', 'cat'] },
  body: `const a = await run('sh', ['-c', 'echo $0 "$@"', 'one', 'two words', '']);
    const b = await run('cat', [], { input: 'through' });
    return [a, b];`,
}, [{ code: 0, signal: null, out: 'one two words \n', err: '' }, { code: 0, signal: null, out: 'through', err: '' }]));

test('it is held by the kernel by itself', async () => {
  const { result, err } = await started({
    grants: { spawn: ['sh'] },
    body: "return run('sh', ['-c', 'while read -r l; do case $l in NoNewPrivs*|Seccomp:*|CapEff*) echo \"$l\";; esac; done < /proc/self/status']);",
  });
  assert.match(result?.out ?? '', /NoNewPrivs:\s*1/, err + result?.err);
  assert.match(result.out, /Seccomp:\s*2/);
});

test('exit codes and signals are the child\'s', () => gives({
  grants: { spawn: ['sh'] },
  body: `const ends = async (line) => { const { code, signal } = await run('sh', ['-c', line]); return [code, signal]; };
    const sync = cp.spawnSync('sh', ['-c', 'echo o; echo e >&2; kill -TERM $$']);
    return [await ends('exit 7'), await ends('exit 255'), await ends('kill -TERM $$'), await ends('kill -KILL $$'), await ends('kill -SEGV $$'), [sync.status, sync.signal, String(sync.stdout), String(sync.stderr), sync.output.length]];`,
}, [[7, null], [255, null], [null, 'SIGTERM'], [null, 'SIGKILL'], [null, 'SIGSEGV'], [null, 'SIGTERM', 'o\n', 'e\n', 3]]));

test('kill reaches the child, not what stands for it', () => gives({
  grants: { spawn: ['sh', 'sleep'] },
  body: `const one = async (signal, trap) => {
      const c = cp.spawn('sh', ['-c', trap + 'echo ready; while :; do sleep 0.05; done']);
      await once(c.stdout, 'data');
      c.kill(signal);
      return once(c, 'exit');
    };
    return [await one('SIGTERM', ''), await one('SIGTERM', "trap 'exit 9' TERM; "), await one('SIGUSR2', "trap 'exit 10' USR2; "), await one('SIGKILL', ''), await one('SIGINT', "trap 'exit 11' INT; ")];`,
}, [[null, 'SIGTERM'], [9, null], [10, null], [null, 'SIGKILL'], [11, null]]));

test('killed outright, it leaves no child behind', () => gives({
  grants: { spawn: ['sh', 'sleep'], 'fs.write': ['./out/'], 'fs.read': ['./out/'] },
  files: { 'out/.keep': '' },
  body: `const fs = require('fs');
    const c = cp.spawn('sh', ['-c', 'echo ready; while :; do echo x >> out/ticks; sleep 0.05; done'], { cwd: G.root });
    await once(c.stdout, 'data');
    const size = () => { try { return fs.statSync(G.root + '/out/ticks').size; } catch { return 0; } };
    await until(() => size() > 2);
    c.kill('SIGKILL');
    await once(c, 'exit');
    const before = await until(async () => { const a = size(); await wait(200); return a === size() && a; });
    return before > 0;`,
}, true));

test('a time limit, an abort, too much output', () => gives({
  grants: { spawn: ['sh', 'sleep', 'yes'] },
  body: `const timed = await new Promise((r) => cp.exec('sleep 60', { timeout: 200 }, (e) => r([e.killed, e.signal])));
    const stop = new AbortController();
    const c = cp.spawn('sleep', ['60'], { signal: stop.signal });
    const failed = once(c, 'error');
    setTimeout(() => stop.abort(), 100);
    const aborted = (await failed)[0].name;
    const sync = cp.spawnSync('sleep', ['60'], { timeout: 200 });
    const much = await new Promise((r) => cp.execFile('yes', { maxBuffer: 1000 }, (e, out) => r([e.code, out.length])));
    return [timed, aborted, sync.signal, sync.error.code, much];`,
}, [[true, 'SIGTERM'], 'AbortError', 'SIGTERM', 'ETIMEDOUT', ['ERR_CHILD_PROCESS_STDIO_MAXBUFFER', 1000]]));

test('all of child_process', () => gives({
  grants: { spawn: ['sh', 'cat', 'sleep'] },
  body: `const { promisify } = require('util');
    const out = [];
    out.push(String(cp.execSync('echo $((1 + 2))')));
    out.push(String(cp.execFileSync('cat', { input: 'fed' })));
    out.push((await promisify(cp.exec)('echo promised')).stdout);
    out.push(await new Promise((r) => cp.execFile('sh', ['-c', 'exit 3'], (e) => r([e.code, e.cmd]))));
    out.push((await run('echo "$0"', [], { shell: true })).out);
    const c = cp.spawn('cat', [], { stdio: ['pipe', 'pipe', 'inherit'] });
    out.push([c.stdio.length, c.spawnfile, c.spawnargs, typeof c.pid]);
    c.stdin.end(); await once(c, 'close');
    out.push((await run('sh', ['-c', 'echo $0'], { argv0: 'sh' })).out);
    return out;`,
}, ['3\n', 'fed', 'promised\n', [3, 'sh -c exit 3'], '/bin/sh\n', [3, 'cat', ['cat'], 'number'], 'sh\n']));

test('more descriptors, closed ones, a working directory, umask', () => gives({
  grants: { spawn: ['sh'], 'fs.read': ['./sub/'] },
  files: { 'sub/.keep': '' },
  body: `const c = cp.spawn('sh', ['-c', 'read -r l <&3; echo "got $l" >&4; echo "$PWD" >&5; umask >&6; exec 1>&-; read -r more; echo late >&4'], { cwd: G.root + '/sub', stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
    const read = (n) => { let t = ''; c.stdio[n].on('data', (d) => { t += d; }); return () => t; };
    const four = read(4), five = read(5), six = read(6);
    c.stdio[3].end('three\\n');
    c.stdout.resume();
    await once(c.stdout, 'end');          // while the child runs: nobody else has it
    c.stdin.end('x\\n');
    await once(c, 'close');
    return [four(), five().replace(G.root, ''), /^0?0?\\d\\d$/.test(six().trim()) || six()];`,
}, ['got three\nlate\n', '/sub\n', true]));

// A user who cannot reach npsx cannot run it.
const reached = (path) => { for (let at = dirname(path); at !== '/'; at = dirname(at)) if (!(statSync(at).mode & 1)) return false; return true; };
test('another user, where this one may become that', { skip: process.geteuid() !== 0 || !reached(npsx) || !reached(temporary) }, () => gives({
  grants: { spawn: ['id', 'sh'], 'fs.read': ['./sub/'] },
  files: { 'sub/.keep': '' },
  before: (p) => chmodSync(p.dir, 0o755),
  body: `const who = async (o) => (await run('id', [], o)).out.replaceAll(/\\([^)]*\\)/g, '').trim();
    const there = await run('sh', ['-c', 'pwd'], { uid: 65534, gid: 65534, cwd: G.root + '/sub' });
    return [await who({ uid: 65534, gid: 65534 }), await who({ gid: 65534 }), there.out.replace(G.root, '')];`,
}, ['uid=65534 gid=65534 groups=65534', 'uid=0 gid=65534 groups=65534', '/sub\n']));

test('a script that names no interpreter is the shell\'s', () => gives({
  grants: { spawn: ['./tool', '/bin/sh'], 'fs.read': ['./'] },
  files: { tool: 'echo "shell $1"\n' },
  before: (p) => chmodSync(p.at('tool'), 0o755),
  body: "return (await run(G.root + '/tool', ['arg'])).out;",
}, 'shell arg\n'));

test('what is not there, and what may not', () => gives({
  grants: { spawn: ['sh', 'nothere', './plain.txt'] },
  files: { 'plain.txt': 'text\n' },
  body: `const missing = await run('nothere');
    const plain = await run(G.root + '/plain.txt');
    const gone = await run('sh', ['-c', ':'], { cwd: G.root + '/gone' });
    let denied; try { cp.spawn('cat'); } catch (e) { denied = e.code; }
    const sync = cp.spawnSync('nothere');
    return [missing.code, missing.err, plain.code, gone.code, denied, sync.error.code, sync.error.message];`,
}, ['ENOENT', 'spawn nothere ENOENT', 'ENOENT', 'ENOENT', 'ERR_CAPABILITY_DENIED', 'ENOENT', 'spawnSync nothere ENOENT']));

test('large arguments and a large environment', () => gives({
  grants: { spawn: ['sh'], env: ['BIG*'] },
  body: `const env = {}; for (let i = 0; i < 8; i++) env['BIG' + i] = 'x'.repeat(100000);
    const args = Array.from({ length: 8 }, (_, i) => String(i).repeat(100000));
    const { code, out } = await run('sh', ['-c', 'n=0; for a; do n=$((n + \${#a})); done; echo $n \${#BIG0} \${#BIG7}', 'sh', ...args], { env });
    let big; try { big = await run('sh', ['-c', ':', ...Array.from({ length: 100 }, () => 'y'.repeat(120000))]); } catch (e) { big = e; }
    return [code, out, big.code];`,
}, [0, '800000 100000 100000\n', 'E2BIG']));

test('many at once', () => gives({
  grants: { spawn: ['sh'] },
  seconds: 180,
  body: `const all = await Promise.all(Array.from({ length: 200 }, (_, i) => run('sh', ['-c', 'read -r l; echo $l'], { input: i + '\\n' })));
    return all.filter((r, i) => r.code === 0 && r.out === i + '\\n').length;`,
}, 200));

test('detached, it outlives the engine', async () => {
  const { result, err } = await started({
    grants: { spawn: ['sh', 'sleep'], 'fs.write': ['./out/'], 'fs.read': ['./out/'] },
    files: { 'out/.keep': '' },
    body: `const c = cp.spawn('sh', ['-c', 'while [ -d out ] && [ ! -e out/go ]; do sleep 0.05; done; echo done > out/end'], { cwd: G.root, detached: true, stdio: 'ignore' });
      c.unref();
      return 'left';`,
    keep: async (p) => {          // nobody holds the output of what has ended
      p.write('out/go', '');
      for (let i = 0; i < 500 && !existsSync(p.at('out/end')); i++) await new Promise((r) => setTimeout(r, 20));
      assert(existsSync(p.at('out/end')), 'it did not end by itself');
    },
  });
  assert.equal(result, 'left', err);
});

test('a program that leaves another behind', () => gives({
  grants: { spawn: ['sh', 'sleep'], 'fs.write': ['./out/'], 'fs.read': ['./out/'] },
  files: { 'out/.keep': '' },
  body: `const r = await run('sh', ['-c', '{ while [ -d out ] && [ ! -e out/go ]; do sleep 0.05; done; echo done > out/end; } < /dev/null > /dev/null 2>&1 &'], { cwd: G.root });
    require('fs').writeFileSync(G.root + '/out/go', '');
    await until(() => require('fs').existsSync(G.root + '/out/end'));
    return r.code;`,
}, 0));

test('a group that is killed', () => gives({
  grants: { spawn: ['sh', 'sleep'], process: ['kill'] },
  body: `const c = cp.spawn('sh', ['-c', 'sleep 60 & echo ready; wait'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    await once(c.stdout, 'data');
    c.stdout.resume();
    const closed = once(c, 'close');       // not before sleep is gone, too
    process.kill(-c.pid, 'SIGTERM');
    return closed;`,
}, [null, 'SIGTERM']));

test('stopped, it is continued', () => gives({
  grants: { spawn: ['sh', 'sleep'], process: ['kill'] },
  body: `const c = cp.spawn('sh', ['-c', 'echo ready; kill -STOP $$; echo on; exit 4']);
    let out = ''; c.stdout.on('data', (d) => { out += d; });
    await until(() => out === 'ready\\n');
    const ended = once(c, 'close');
    const timer = setInterval(() => c.kill('SIGCONT'), 50);
    const end = await ended;
    clearInterval(timer);
    return [out, end];`,
}, ['ready\non\n', [4, null]]));

test('stopped from outside, and continued', () => gives({
  grants: { spawn: ['sh', 'sleep'], 'fs.write': ['./out/'], 'fs.read': ['./out/'] },
  files: { 'out/.keep': '' },
  body: `const fs = require('fs');
    const c = cp.spawn('sh', ['-c', 'echo ready; while :; do echo x >> out/ticks; sleep 0.02; done'], { cwd: G.root });
    await once(c.stdout, 'data');
    const size = () => { try { return fs.statSync(G.root + '/out/ticks').size; } catch { return 0; } };
    await until(() => size() > 2);
    const stopped = c.kill('SIGSTOP');
    const at = await until(async () => { const a = size(); await wait(300); return a === size() && a; });
    c.kill('SIGCONT');
    await until(() => size() > at);
    c.kill();
    return [stopped, await once(c, 'exit')];`,
}, [true, [null, 'SIGTERM']]));

test('one that what stands for it is stopped hinders nobody', () => gives({
  grants: { spawn: ['sh', 'sleep'] },
  body: `const c = cp.spawn('sh', ['-c', 'echo ready; sleep 60']);
    await once(c.stdout, 'data');
    c.kill('SIGSTOP');
    for (let i = 0; i < 3000; i++) c.kill('SIGWINCH');
    const other = await run('sh', ['-c', 'echo fine']);
    c.kill('SIGKILL');
    return [other.out, await once(c, 'exit')];`,
}, ['fine\n', [null, 'SIGKILL']]));

test('node: messages, and a child of a child', () => gives({
  grants: { spawn: ['node', 'sh'] },
  files: {
    'node_modules/x/child.js': `const cp = require('child_process');
      process.on('message', (m) => { process.send({ back: m, who: cp.execFileSync('sh', ['-c', 'echo inner']).toString(), args: process.argv.slice(2) }); process.disconnect(); });`,
  },
  body: `const c = cp.fork(__dirname + '/child.js', ['a', 'b']);
    c.send({ n: 1 });
    const [message] = await once(c, 'message');
    const end = await once(c, 'exit');
    return [message, end];`,
}, [{ back: { n: 1 }, who: 'inner\n', args: ['a', 'b'] }, [0, null]]));

test('node: a box of its own, without what the application and other packages hold', async () => {
  const { result, err } = await started({
    grants: { spawn: ['node'] },
    files: { 'secret.txt': 'S3CR3T', 'node_modules/x/child.js': "try { console.log(require('fs').readFileSync(process.argv[2], 'utf8')); } catch (e) { console.log(e.code); }" },
    body: "return run('node', [__dirname + '/child.js', G.root + '/secret.txt']);",
  });
  assert.equal(result?.out, 'EACCES\n', err + result?.err);
});

const GATE = { 'fs.write': ['./out/'], 'fs.read': ['./out/'] };
const out = { 'out/.keep': '' };
const patient = async (path) => { for (let i = 0; i < 1500 && !existsSync(path); i++) await new Promise((r) => setTimeout(r, 20)); };

// Yama lets the supervisor look into what descends from it, and into nobody else.
test('a command\'s supervisor is an ancestor of all that it starts, orphans too', async () => {
  const { result, err } = await started({
    grants: { spawn: ['sh', 'bash', 'sleep'], ...GATE },
    files: out,
    body: `const parent = 'while read -r k v; do [ "$k" = PPid: ] && echo "$v"; done < /proc/self/status';
      const line = \`\${parent}; echo $$; sh -c '\${parent}'; bash -c '(p=$PPID; b=$BASHPID; while read -r k v; do [ "$k" = PPid: ] && first=$v; done < /proc/self/status; while :; do while read -r k v; do [ "$k" = PPid: ] && now=$v; done < /proc/self/status; [ "$now" != "$first" ] && break; sleep 0.05; done; echo "$now") & sleep 0.2; exit 0'\`;
      const r = await run('sh', ['-c', line]);
      return [r.out.trim().split('\\n').map(Number), r.err];`,
  });
  const [parent, self, child, orphan] = result?.[0] ?? [];
  assert.ok(parent > 1, err + JSON.stringify(result));
  assert.equal(child, self, JSON.stringify(result));
  assert.equal(orphan, parent, JSON.stringify(result));
});

test('what a command leaves behind delays nobody, and is served', async () => {
  const server = createServer((c) => { c.on('error', () => {}); c.end('REACHED\n'); });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.address();
  try {
    const { result, err } = await started({
      grants: { spawn: ['bash', 'sleep'], 'net.connect': [`127.0.0.1:${port}`], ...GATE },
      files: out,
      body: `const fs = require('fs');
        const ends = [];
        for (const [line, i] of [['exit 7', 0], ['kill -TERM $$', 1]].map((l, i) => [l[0], i])) {
          const c = cp.spawn('bash', ['-c', '(until [ -e out/go' + i + ' ]; do sleep 0.05; done; exec 3<>/dev/tcp/127.0.0.1/${port}; read -r l <&3; echo "$l" > out/got' + i + ') & ' + line], { cwd: G.root, stdio: 'ignore' });
          ends.push(await once(c, 'exit'));
          fs.writeFileSync(G.root + '/out/go' + i, '');
        }
        const got = [];
        for (const i of [0, 1]) got.push(await until(() => { try { return fs.readFileSync(G.root + '/out/got' + i, 'utf8'); } catch { return ''; } }));
        return [ends, got];`,
    });
    assert.deepEqual(result, [[[7, null], [null, 'SIGTERM']], ['REACHED\n', 'REACHED\n']], err);
  } finally {
    server.close();
  }
});

// pgrp and session of a line of /proc/PID/stat, behind state and parent
const places = (stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(2, 4).map(Number);

test('a command is in the process group of what stands for it, or leads a session as it does', async () => {
  let seen;
  const { err } = await started({
    grants: { spawn: ['sh', 'sleep'], ...GATE },
    files: out,
    body: `const fs = require('fs');
      const line = 'read -r l < /proc/self/stat; echo "$l" > out/stat$0.new; until [ -e out/go ]; do sleep 0.05; done';
      const all = [false, true].map((detached, i) => cp.spawn('sh', ['-c', line, String(i)], { cwd: G.root, stdio: 'ignore', detached }));
      await until(() => [0, 1].every((i) => { try { return fs.readFileSync(G.root + '/out/stat' + i + '.new', 'utf8').endsWith('\\n'); } catch { return false; } }));
      fs.writeFileSync(G.root + '/out/pids', all.map((c) => c.pid).join(' '));
      fs.renameSync(G.root + '/out/pids', G.root + '/out/ready');
      await Promise.all(all.map((c) => once(c, 'exit')));`,
    before: (p) => {
      seen = patient(p.at('out/ready')).then(() => {
        const pids = readFileSync(p.at('out/ready'), 'utf8').split(' ');
        const all = pids.map((pid, i) => ({ pid, stands: places(readFileSync(`/proc/${pid}/stat`, 'utf8')), stat: readFileSync(p.at(`out/stat${i}.new`), 'utf8') }));
        writeFileSync(p.at('out/go'), '');
        return all;
      });
      seen.catch(() => {});
    },
  });
  const [plain, detached] = await seen;
  assert.deepEqual(places(plain.stat), plain.stands, err);
  const self = parseInt(detached.stat, 10);
  assert.deepEqual(places(detached.stat), [self, self], err);
  assert.deepEqual(detached.stands, [Number(detached.pid), Number(detached.pid)]);
});
