'use strict';
const { base: newBase, execute, node, npsx, project } = require('./lib.js');

let next = 21000 + (process.pid * 12) % 20000;
const setUp = (env) => {
  const base = newBase();
  const [ok, secret, pool, free] = [next++, next++, next++, next++];
  next++;                                                // free + 1 stays free
  const policy = { timers: true, clock: true, random: true, 'net.connect': [`127.0.0.1:${ok}`, 'granted.test', `unix:${base}/data/ok.sock`, `unix:${base}/data/srv/app.sock`], 'net.listen': [`127.0.0.1:${free}`, `unix:${base}/data/run/`],
    'fs.read': [`${base}/data/`], 'fs.write': [`${base}/data/`] };
  const rich = { files: ['rich.js'], policy: { 'net.connect': [`127.0.0.1:${pool}`], timers: true, clock: true } };
  const dir = project(base, { app: 'net_app.js', packages: { guest: { files: ['net_guest.js'], policy }, rich } });
  return [dir, { BASE: base, OK: `${ok}`, SECRET: `${secret}`, POOL: `${pool}`, FREE: `${free}`, ...env }];
};
// Node 26 says no, or does something harmless: tried all the same.
const DEAD = ['EventSource redirect', 'path getter, 2 times right', 'path getter, 3 times right', ...['text', 'twice', 'an array that changes', 'wrong family'].flatMap((x) => [`lookup ${x}, granted.test`, `lookup ${x}, localhost`]),
  ...['a name that is too long', 'too long, cut at the right place', 'cut to the secret', 'abstract, longer', 'abstract, padded', 'abstract at', 'Buffer', 'URL', 'String', 'object', 'NUL behind the granted', 'NUL behind the secret'].map((x) => `socket ${x}`),
  'handle of it', 'object with _handle', 'reuse port'];

module.exports = async ({ none, lively, check, verbose }) => {
  const [plain, confined] = await Promise.all([execute(node, ...setUp({ FEW: '1', NODE_NO_WARNINGS: '1' })), execute(npsx, ...setUp({}))]);
  lively('net', plain, DEAD);
  none('net', confined);
  check(confined.broken?.length === 0, `net: what is granted does not work, so the rest proves nothing: ${confined.broken}`);
  if (verbose) console.log(`net: ${plain.fired.length} of ${plain.cases} fire under plain node, ${confined.fired.length} of ${confined.cases} under npsx`);
};
