'use strict';
// The guest may start `env` and `echo` (found in PATH), has every variable but those that steer by a wildcard, and may write base/data/. What must not happen: another
// program runs (it writes base/ran), a variable that nobody granted reaches a child, an argument or an option becomes more than that.
const cp = require('child_process');
const fs = require('fs');

// [shape, (file, args, options) => output, takes a file]
const ENTRIES = {
  spawn: (f, a, o) => new Promise((r) => { const c = cp.spawn(f, a, o); let t = ''; c.stdin?.end(); c.stdout?.on('data', (d) => { t += d; }); c.on('error', () => r(t)).on('close', () => r(t)); }),
  spawnSync: (f, a, o) => `${cp.spawnSync(f, a, o).stdout}`,
  execFile: (f, a, o) => new Promise((r) => { cp.execFile(f, a, o, (e, out) => r(`${out}`)).stdin?.end(); }),
  execFileSync: (f, a, o) => `${cp.execFileSync(f, a, { stdio: ['pipe', 'pipe', 'pipe'], ...o })}`,
  'execFile promisified': async (f, a, o) => { const p = require('util').promisify(cp.execFile)(f, a, o); p.child.stdin?.end(); return (await p).stdout; },
};
const LINES = {
  exec: (line, o) => new Promise((r) => { cp.exec(line, o, (e, out) => r(`${out}`)); }),
  execSync: (line, o) => `${cp.execSync(line, { stdio: ['pipe', 'pipe', 'pipe'], ...o })}`,
  'exec promisified': async (line, o) => (await require('util').promisify(cp.exec)(line, o)).stdout,
  'spawn with a shell': (line, o) => ENTRIES.spawn(line, [], { shell: true, ...o }),
  'spawnSync with a shell': (line, o) => ENTRIES.spawnSync(line, [], { shell: true, ...o }),
};
const turns = (...values) => { let n = 0; return () => values[Math.min(n++, values.length - 1)]; };

module.exports = async (G) => {
  const { base, evil, few } = G;
  const own = (name) => `${base}/data/${name}`;
  const fired = [], ids = [];
  const attempt = async (id, run) => {
    ids.push(id);
    let got = '';
    try { got = `${await G.within(Promise.resolve(run()))}`; } catch { /* refused */ }
    if (G.ran() || /FIRED|S3CR3T|EVIL/.test(got)) fired.push(id);
  };
  // what a program that may run is told: its environment is what comes out
  const names = ['LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_V8_COVERAGE', 'BASH_ENV', 'ENV', 'PYTHONSTARTUP', 'PERL5OPT', 'RUBYOPT', 'GIT_SSH_COMMAND', 'GIT_CONFIG_COUNT', 'PAGER', 'EDITOR', 'NPSX_X', 'OPENSSL_CONF', 'BASH_FUNC_echo%%', 'IFS', 'PS4', 'TMPDIR', 'GCONV_PATH', 'HOSTALIASES', 'npm_config_prefix', 'Npm_Config_Node_Options', 'JDK_JAVA_OPTIONS'];
  const spelled = { plain: (n) => ({ [n]: 'EVIL' }), 'with its value in the name': (n) => ({ [`${n}=EVIL`]: '' }), 'with its value and a line in the name': (n) => ({ [`${n}=EVIL:\n`]: '' }), inherited: (n) => Object.create({ [n]: 'EVIL' }), 'as a getter': (n) => Object.defineProperty({}, n, { enumerable: true, get: () => 'EVIL' }),
    'behind a line': (n) => ({ [`X\n${n}`]: 'EVIL' }), 'behind another variable': (n) => ({ X: `1\n${n}=EVIL` }), 'with NUL': (n) => ({ [`${n}\0`]: 'EVIL' }), 'in another value, behind NUL': (n) => ({ X: `1\0${n}=EVIL` }), 'of process.env': (n) => { process.env[n] = 'EVIL'; return undefined; },
    'of process.env, with its value in the name': (n) => { process.env[`${n}=EVIL`] = ''; return undefined; }, 'a proxy that tells names twice': (n) => { let k = 0; return new Proxy({}, { ownKeys: () => (k++ ? [n] : ['X', n]), getOwnPropertyDescriptor: () => ({ value: 'EVIL', enumerable: true, configurable: true }), get: () => 'EVIL', has: () => true }); } };
  // a line of env's output that begins with the name means that the child has it
  const has = (out, n) => out.split('\n').some((line) => line.startsWith(`${n}=`) && line.includes('EVIL')) && 'FIRED';
  for (const [entry, run] of Object.entries(ENTRIES)) {
    for (const [how, make] of Object.entries(spelled)) {
      if (how.startsWith('behind a')) continue;          // one variable with a line break in it: env(1) prints two lines, the child has one
      for (const n of few || entry !== 'spawnSync' ? names.slice(0, 2) : names) {
        await attempt(`${entry} | env ${how}`, async () => { const env = make(n); return has((await run('env', ['-0'], env ? { env } : {})).replaceAll('\0', '\n'), n); });
      }
    }
    // another program in the place of the granted one
    for (const [what, f] of Object.entries({ 'by path': evil, 'by relative path': `./${require('path').relative(process.cwd(), evil)}`, 'dotdot': `/usr/bin/../..${evil}`, 'String': new String(evil), object: { toString: turns('echo', evil) }, Buffer: Buffer.from(evil), URL: new URL(`file://${evil}`), 'with a blank': `${evil} `, 'with NUL': `echo\0${evil}`, 'a link named echo': own('echo'),
      'a script named env': own('bin/env'), 'name with a slash': 'bin/env', 'newline': `echo\n${evil}`, 'proc': `/proc/self/root${evil}`, 'another name': 'true2' })) await attempt(`${entry} | file ${what}`, () => run(f, [G.mark], {}));
    for (const [what, o] of Object.entries({ 'PATH of its own': { env: { PATH: own('bin') } }, 'PATH before': { env: { PATH: `${own('bin')}:/usr/bin:/bin` } }, 'empty PATH and cwd': { env: { PATH: '' }, cwd: own('bin') }, 'dot PATH and cwd': { env: { PATH: '.:' }, cwd: own('bin') }, 'PATH inherited': { env: Object.create({ PATH: own('bin') }) },
      'PATH answers twice': { env: { get PATH() { return (this.n = (this.n ?? 0) + 1) > 1 ? own('bin') : '/usr/bin'; } } }, 'path in lower case': { env: { Path: own('bin'), path: own('bin') } }, 'PATH of process.env': (() => { process.env.PATH = own('bin'); return {}; })(),
      argv0: { argv0: evil }, shell: { shell: evil }, 'shell by name': { shell: 'evil' }, 'shell true': { shell: true }, 'shell that answers twice': { get shell() { return (this.n = (this.n ?? 0) + 1) > 1 ? evil : false; } }, execPath: { execPath: evil }, 'windows shell': { shell: evil, windowsVerbatimArguments: true }, 'inherited shell': Object.create({ shell: evil }),
      'inherited file': Object.assign(Object.create({ file: evil }), {}), 'file option': { file: evil, args: [evil, G.mark] }, envPairs: { envPairs: ['LD_PRELOAD=EVIL'] } })) {
      await attempt(`${entry} | option ${what}`, async () => `${await run('env', [G.mark && 'A=1'], o)}`.match(/LD_PRELOAD=EVIL/) && 'FIRED');
      delete process.env.PATH;
    }
    // descriptors that are not the package's
    for (const [what, stdio] of Object.entries({ 'a descriptor of the application': [G.fd, 'pipe', 'pipe'], 'as a later one': ['pipe', 'pipe', 'pipe', G.fd], 'an object with fd': [{ fd: G.fd }, 'pipe', 'pipe'], 'fd that answers twice': [{ get fd() { return (this.n = (this.n ?? 0) + 1) > 1 ? G.fd : undefined; }, _handle: {} }, 'pipe', 'pipe'],
      'a Number': [new Number(G.fd), 'pipe', 'pipe'], 'a stream that says so': [Object.assign(Object.create(require('stream').Readable.prototype), { fd: G.fd }), 'pipe', 'pipe'] })) {
      await attempt(`${entry} | stdio ${what}`, () => run('cat', ['-', '/dev/fd/3'].slice(0, what.startsWith('as a') ? 2 : 1), { stdio, input: undefined }));
    }
    await attempt(`${entry} | cwd that is a link out`, async () => { const e = await (async () => run('env', [], { cwd: own('out') }))().catch((x) => x); return e instanceof Error && e.message.includes('vault') ? 'FIRED' : ''; });
    await attempt(`${entry} | cwd that is not there`, async () => { const say = async (cwd) => { try { await run('env', [], { cwd }); return 'ok'; } catch (e) { return e.message.replaceAll(cwd, 'X'); } }; return (await say(`${base}/vault`)) !== (await say(`${base}/nothing`)) && 'FIRED'; });
  }
  for (const [entry, run] of Object.entries(LINES)) {
    for (const [what, line] of Object.entries({ plain: `${evil} ${G.mark}`, behind: `echo x; ${evil} ${G.mark}`, and: `env && ${evil} ${G.mark}`, substitution: `echo $(${evil} ${G.mark})`, newline: `echo x\n${evil} ${G.mark}`, exec: `exec ${evil} ${G.mark}`, granted: 'env' }))
      await attempt(`${entry} | line ${what}`, async () => { const out = await run(line, {}); return what === 'granted' && `${out}`.includes('=') ? 'FIRED' : ''; });
    await attempt(`${entry} | line with another shell`, () => run(`${G.mark}`, { shell: evil }));
    await attempt(`${entry} | line with a granted shell`, async () => `${await run('x', { shell: 'echo' })}`.includes('-c x') && few && 'FIRED');
  }
  for (const [what, o] of Object.entries({ execPath: { execPath: evil }, 'execPath that answers twice': { get execPath() { return (this.n = (this.n ?? 0) + 1) > 1 ? evil : 'env'; } } })) await attempt(`fork | ${what}`, () => new Promise((r) => { const c = cp.fork(G.mark, [], { ...o, execPath: o.execPath, silent: true }); c.on('error', r).on('close', r); }));
  // and what is granted works
  const broken = [];
  for (const [entry, run] of Object.entries(few ? {} : ENTRIES)) {
    const out = await Promise.resolve().then(() => run('env', [], { env: { PLAIN: 'fine' } })).catch((e) => e.message);
    const said = await Promise.resolve().then(() => run('echo', ['a b'], { cwd: own('.') })).catch((e) => e.message);
    if (!out.includes('PLAIN=fine') || said !== 'a b\n') broken.push(`${entry}: ${out} ${said}`);
  }
  return { cases: ids.length, ids, fired, broken };
};
