'use strict';
// A small application with one package `p`, run under npsx. p(grants, body) runs body in the package, with `app` from the application; what it returns
// comes back as JSON. An error is its message, and its code in front.
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawnSync } = require('child_process');

const root = path.join(__dirname, '../../..');
const npsx = fs.realpathSync(process.env.NPSX ?? path.join(root, process.env.BUILD ?? 'build', 'npsx'));
const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'psx-builtins-')));
process.on('exit', () => { fs.rmSync(base, { recursive: true, force: true }); });

let serial = 0;
const lay = (files, policy) => {
  const dir = path.join(base, `${++serial}`);
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(`${dir}/${name}`), { recursive: true });
    fs.writeFileSync(`${dir}/${name}`, typeof text === 'string' || Buffer.isBuffer(text) ? text : JSON.stringify(text));
  }
  if (policy !== undefined) fs.writeFileSync(`${dir}/packsec.policy.json`, JSON.stringify(policy));
  return dir;
};
const { NODE_TEST_CONTEXT: unused, ...env } = process.env;
const run = (dir, args, { program = [npsx, '--quiet'], ...more } = {}) => spawnSync(program[0], [...program.slice(1), ...args], { cwd: dir, env, encoding: 'utf8', timeout: 30_000, ...more });

const TELL = `const tell = async (f, ...a) => { try { const v = await f(...a); return v === undefined ? null : v; } catch (e) { return (e.code ?? e.name) + ': ' + e.message; } };
const show = (v) => require('fs').writeSync(1, 'RESULT ' + JSON.stringify(v) + '\\n');
`;
const resultOf = (r) => {
  const [, text] = /^RESULT (.*)$/m.exec(r.stdout) ?? [];
  if (text === undefined) throw new Error(`no result: ${r.stdout}${r.stderr}`);
  return JSON.parse(text);
};

// before: code of the (ambient) application, which returns what the package gets as `app`
exports.p = (grants, body, { before = 'undefined', files = {}, ...more } = {}) => {
  const dir = lay({
    'package.json': { name: 'target', version: '1.0.0', dependencies: { p: '1.0.0' } },
    'app.js': `${TELL} (async () => show(await tell(require('p'), await (async () => (${before}))())))();\n`,
    'secret.txt': 'S3CR3T\n',
    'node_modules/p/package.json': { name: 'p', version: '1.0.0' },
    'node_modules/p/index.js': `${TELL.split('\n')[0]}\nmodule.exports = async (app) => { ${body} };\n`,
    'data/empty.txt': '',
    ...files,
  }, { version: 1, app: { ambient: true }, packages: { p: grants } });
  return { value: resultOf(run(dir, ['app.js'], more)), dir };
};
// the application alone: confined to `grants`, or ambient without
exports.app = (grants, body, { files = {}, node = false, args = ['app.js'], esm = false } = {}) => {
  const dir = lay({ 'package.json': { name: 'target', version: '1.0.0' }, [esm ? 'app.mjs' : 'app.js']: body, 'data/empty.txt': '', ...files },
    grants === undefined ? undefined : { version: 1, app: grants });
  return { ...run(dir, esm ? ['app.mjs'] : args, node ? { program: [process.execPath] } : {}), dir };
};
exports.npsx = npsx;
exports.denied = /^ERR_CAPABILITY_DENIED: /;
