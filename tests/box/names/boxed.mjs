// A program in a box, a name server of our own, and a web server that its names lead to.
import assert from 'node:assert';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { npsx, run } from '../../lib.mjs';
import { place } from '../place.mjs';
import { serve } from './dns.mjs';

// IPv6 may be switched off.
export const has6 = Object.values(networkInterfaces()).flat().some((a) => a.address === '2001:db8:53::1');
export const skip = process.env.NAMES_INSIDE ? false : 'no network and mount namespaces to be had here';
// Root of the machine, who may become anybody; not one of a user namespace.
export const users = process.getuid() === 0 && / 0 +0 +4294967295/.test(readFileSync('/proc/self/uid_map', 'utf8')) ? [false, true] : [false];
export const conf = (text) => writeFileSync(join(process.env.NAMES_PLACE, 'resolv.conf'), text);
const hosts = (text) => writeFileSync(join(process.env.NAMES_PLACE, 'hosts'), text);
const NXDOMAIN = 3;

const zone = {
  'api.example.com': [['api.example.com', 'A', 60, '10.53.9.1']],
  'db.corp.example': [['db.corp.example', 'A', 60, '10.53.9.1']],
  'www.wild.example': [['www.wild.example', 'CNAME', 60, 'x.cdn.net'], ['x.cdn.net', 'A', 60, '10.53.9.1']],
  'six.wild.example': [['six.wild.example', 'AAAA', 60, '2001:db8:53::1']],
  'inside.wild.example': [['inside.wild.example', 'A', 60, '127.0.0.1']],
  'txt.wild.example': [['txt.wild.example', 'TXT', 60, 'hello']],
  'long.wild.example': Array.from({ length: 60 }, (_, i) => ['long.wild.example', 'A', 60, `10.53.9.${1 + i}`]),
};
const reply = ({ name, type }, { tcp }) => {
  const all = zone[name];
  if (!all) return { rcode: NXDOMAIN };
  const answers = all.filter(([, t]) => t === type || t === 'CNAME');
  return answers.length > 20 && !tcp ? { truncated: true } : { answers };
};

// What `body` (of an async function) makes of its names; `out` collects what it says.
export async function boxed(t, grants, body, { more = {}, text = 'nameserver 127.53.0.1\noptions timeout:1\n', inHosts = '', args = [], onRequest = () => {}, somebody = false, server = '127.53.0.1' } = {}) {
  conf(text);
  hosts(inHosts);
  const dns = await serve(server, reply);
  const web = http.createServer((request, response) => { onRequest(); response.end(`hello ${request.headers.host}`); });
  await new Promise((done) => web.listen(8080, done));
  const p = place('names', {
    files: {
      'a.js': `const dns = require('dns'), net = require('net'), http = require('http'), { spawnSync } = require('child_process');
        const out = [];
        const say = async (fn) => { try { out.push(await fn()); } catch (error) { out.push(error.cause?.code ?? error.code ?? error.message); } };
        const get = (url) => new Promise((done, fail) => http.get(url, (r) => { let s = ''; r.on('data', (d) => { s += d; }).on('end', () => done(s)); }).on('error', fail));
        const connect = (port, host) => new Promise((done, fail) => { const s = net.connect(port, host, () => { s.destroy(); done('connected'); }).on('error', fail); });
        const run = (...argv) => { const r = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' }); process.stderr.write(r.stderr); return [r.status, r.stdout.trim()]; };
        (async () => { ${body} })().then(() => console.log(JSON.stringify(out)));`,
    },
    policy: { app: { 'net.connect': grants, stdio: ['stdout', 'stderr'], timers: true, clock: true, process: ['exit'], ...more } },
  });
  t.after(() => { p.remove(); dns.close(); web.closeAllConnections(); web.close(); });
  if (somebody) { chmodSync(p.dir, 0o755); chownSync(p.dir, 65534, 65534); }
  const as = somebody ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const { status, signal, stdout, stderr } = await run([...as, npsx, ...args, 'a.js'], { cwd: p.dir, seconds: 60 });
  assert.deepEqual([status, signal], [0, null], stderr);
  return { out: JSON.parse(stdout), stderr, log: dns.log, names: [...new Set(dns.log.map((q) => q.name))] };
}
