// What npsx learn sees of programs and of native code, and that a box under what it learnt is wide enough.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { place } from '../place.mjs';
import { temporary } from '../../lib.mjs';

const starter = { stdio: ['stdout', 'stderr'], clock: true, random: true, timers: true };
const scratch = temporary('learn');
after(() => rmSync(scratch, { recursive: true, force: true }));

function project(t, label, files) {
  const p = place(label, { files, policy: { app: { stdio: ['stdout', 'stderr'] }, packages: { '*': starter } } });
  t.after(p.remove);
  return p;
}

// What was learnt: { package: [grant, ...] }
async function learn(p, args = ['app.js'], how = {}) {
  const { stdout, stderr, status } = await p.npsx(['learn', '--write', '--json', ...args], how);
  assert.equal(status, 0, stderr);
  const out = JSON.parse(stdout);
  const grants = {};
  for (const { package: who, grant } of out.grants) (grants[who] ??= []).push(grant);
  for (const list of Object.values(grants)) list.sort();
  return { grants, unexplained: out.unexplained };
}

async function settled(p, expected, how) {
  const boxed = await p.npsx(['--box=required', 'app.js'], how);
  assert.deepEqual({ stdout: boxed.stdout, stderr: boxed.stderr, status: boxed.status }, { stdout: expected, stderr: '', status: 0 });
  const again = await learn(p, undefined, how);
  assert.deepEqual(again, { grants: {}, unexplained: [] }, 'a second time there is nothing to learn');
}

test("a program's files and the programs that it starts go to the package that started it", async (t) => {
  const p = project(t, 'child', {
    'app.js': `require('runner').run(); require('other').run();`,
    'in/a.txt': 'a\n', 'in/b.txt': 'b\n', 'out/old.txt': 'old\n',
    'node_modules/runner/package.json': { name: 'runner', version: '1.0.0' },
    'node_modules/runner/index.js': `const { execFileSync } = require('child_process');
      exports.run = () => console.log(execFileSync('sh', ['-c', 'cat in/a.txt out/old.txt; echo new > out/new.txt; rm out/new.txt; chmod 600 out/old.txt'], { encoding: 'utf8' }).trim());`,
    'node_modules/other/package.json': { name: 'other', version: '1.0.0' },
    'node_modules/other/index.js': `const { execFileSync } = require('child_process');
      exports.run = () => console.log(execFileSync('cat', ['in/b.txt'], { encoding: 'utf8' }).trim());`,
  });
  const { grants, unexplained } = await learn(p);
  assert.deepEqual(unexplained, []);
  assert.deepEqual(grants.runner.filter((g) => !g.startsWith('env')), ['fs.read:./in/a.txt', 'fs.read:./out/old.txt', 'fs.write:./out/', 'spawn:cat', 'spawn:chmod', 'spawn:rm', 'spawn:sh']);
  assert.deepEqual(grants.other.filter((g) => !g.startsWith('env')), ['fs.read:./in/b.txt', 'spawn:cat']);
  await settled(p, 'a\nold\nb\n');
});

test('what the system holds for every program is not learnt, and what is not there neither', async (t) => {
  const p = project(t, 'system', {
    'app.js': `console.log(require('child_process').spawnSync('sh', ['-c', 'date +x; cat nothing-here 2>/dev/null; nosuchprogram 2>/dev/null; echo end > /dev/null'], { encoding: 'utf8' }).stdout)`,
  });
  const { grants } = await learn(p);
  assert.deepEqual(grants.app.filter((g) => !g.startsWith('env')), ['spawn:cat', 'spawn:date', 'spawn:sh']);
  await settled(p, 'x\n\n');
});

test('addresses that a program connects to', async (t) => {
  const server = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  t.after(() => server.close());
  const { port } = server.address();
  const p = project(t, 'net', {
    'app.js': `require('child_process').execFile('bash', ['-c', 'exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3'], (error, out) => console.log(error ?? out.trim()));`,
  });
  const { grants } = await learn(p);
  assert.deepEqual(grants.app.filter((g) => !g.startsWith('env')), [`net.connect:127.0.0.1:${port}`, 'spawn:bash', 'spawn:cat']);
  await settled(p, 'hello\n');
});

let addon;
before(() => {
  addon = join(scratch, 'a.node');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', addon, join(import.meta.dirname, 'addon.c')]);
});

test('what native code opens goes to the package that it belongs to', async (t) => {
  const p = project(t, 'native', {
    'app.js': `require('bound'); require('plain');`,
    '.native.conf': 'x\n', 'data/native/.keep': '',
    'node_modules/bound/package.json': { name: 'bound', version: '1.0.0' },
    'node_modules/bound/index.js': `require('./a.node');`,
    'node_modules/plain/package.json': { name: 'plain', version: '1.0.0' },
    'node_modules/plain/index.js': `console.log('plain');`,
  });
  writeFileSync(p.at('node_modules/bound/a.node'), readFileSync(addon));
  const { grants, unexplained } = await learn(p);
  assert.deepEqual(unexplained, []);
  assert.deepEqual(Object.keys(grants), ['bound']);
  assert.deepEqual(grants.bound, ['fs.read:./.native.conf', 'fs.write:./data/native/', 'native:./node_modules/bound/a.node']);
  await settled(p, 'native read 2\nplain\n');
  assert.equal(readFileSync(p.at('data/native/moved.txt'), 'utf8'), 'native\n');
});

test('hidden files of the project: only what the application really opens', async (t) => {
  const p = project(t, 'hidden', {
    'app.js': `const fs = require('fs'); console.log(fs.readFileSync('.settings', 'utf8').trim(), fs.existsSync('.other'));`,
    '.settings': 'set\n', '.other': 'x\n',
  });
  const { grants } = await learn(p);
  assert.deepEqual(grants.app, ['fs.read:./.settings']);
  await settled(p, 'set true\n');
});

test('a program that outlives the script goes on', async (t) => {
  const p = project(t, 'late', {
    'app.js': `require('child_process').spawn('sh', ['-c', 'sleep 0.3; cat a.txt > late/out.txt; mv late/out.txt late/done.txt'], { detached: true, stdio: 'ignore' }).unref();`,
    'a.txt': 'a\n',
  });
  mkdirSync(p.at('late'));
  await learn(p);
  for (let i = 0; i < 100 && !existsSync(p.at('late/done.txt')); i++) await new Promise((done) => setTimeout(done, 50));
  assert.equal(readFileSync(p.at('late/done.txt'), 'utf8'), 'a\n');
});

test('children of children under npsx learn as well', async (t) => {
  const p = project(t, 'node', {
    'app.js': `const { execFileSync } = require('child_process'); console.log(execFileSync(process.execPath, ['child.js'], { encoding: 'utf8' }).trim());`,
    'child.js': `console.log(require('child_process').execFileSync('cat', ['deep.txt'], { encoding: 'utf8' }).trim());`,
    'deep.txt': 'deep\n',
  });
  const { grants } = await learn(p);
  assert.deepEqual(grants.app.filter((g) => !g.startsWith('env')), ['fs.read:./deep.txt', 'spawn:cat', 'spawn:node']);
  await settled(p, 'deep\n');
});

test('a program makes files and directories that are granted and not there yet', async (t) => {
  const p = project(t, 'makes', {
    'app.js': `const { execFileSync } = require('child_process');
      const sh = (line) => execFileSync('sh', ['-c', line], { encoding: 'utf8' });
      sh('mkdir -p dist/deep && echo one > dist/deep/a.txt && mv dist/deep/a.txt dist/b.txt && echo two > top.txt && echo three >> top.txt');
      console.log(sh('cat dist/b.txt top.txt; ls dist').trim());`,
  });
  const { grants, unexplained } = await learn(p);
  assert.deepEqual(unexplained, []);
  assert.ok(!grants.app.includes('fs.write:./'), grants.app.join());
  for (const made of ['dist', 'top.txt']) rmSync(p.at(made), { recursive: true });
  await settled(p, 'one\ntwo\nthree\nb.txt\ndeep\n');
});

test('native code makes a directory that is granted and not there yet', async (t) => {
  const p = project(t, 'native-makes', {
    'app.js': `const fs = require('fs'); try { fs.mkdirSync('data'); fs.mkdirSync('data/native'); } catch {} require('./a.node');`, '.native.conf': 'x\n',
  });
  writeFileSync(p.at('a.node'), readFileSync(addon));
  await learn(p);
  rmSync(p.at('data'), { recursive: true });
  const { stdout, stderr } = await p.npsx(['app.js']);
  assert.deepEqual({ stdout, stderr }, { stdout: 'native read 2\n', stderr: '' });
});

test('where something may be made, nothing else may: by no other name, over no link, in no other place', async (t) => {
  const p = project(t, 'makes-only', {
    'app.js': `const { spawnSync } = require('child_process');
      const tries = ['echo x > other.txt', 'mkdir dist2', 'echo x > own/link/stolen.txt', 'mv own/a.txt other.txt', 'rm app.js', 'mv app.js top.txt',
        'mkdir dist; ln -s ../secret dist/out; echo x > dist/out/stolen.txt', 'cat dist/out/s.txt', 'mkdir dist/../dist3', 'echo x > ./dist/../other.txt', 'rmdir own'];
      for (const line of tries) console.log(spawnSync('sh', ['-c', line]).status !== 0, line);`,
    'own/a.txt': 'a\n', 'secret/s.txt': 's\n',
  });
  symlinkSync('../secret', p.at('own/link'));
  p.write('packsec.policy.json', { version: 1, app: { 'fs.write': ['./top.txt', './dist/', './own/'], 'fs.read': ['./top.txt', './dist/', './own/'], stdio: ['stdout', 'stderr'],
    spawn: ['sh', 'mkdir', 'mv', 'rm', 'ln', 'cat', 'rmdir'] }, packages: {} });
  const { stdout } = await p.npsx(['app.js']);
  for (const line of stdout.trim().split('\n')) assert.match(line, /^true /);
  assert.deepEqual(readdirSync(p.dir).sort(), ['app.js', 'dist', 'own', 'package.json', 'packsec.policy.json', 'secret']);
  assert.deepEqual(readdirSync(p.at('secret')), ['s.txt']);
});
