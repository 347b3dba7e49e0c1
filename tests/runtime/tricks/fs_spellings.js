// NOTE: never a real device as decoy: plain node ran as root and unlinked/renamed /dev/null on the machine.
'use strict';
// Ways to write a path so that a check of its text, or of its parts, takes it for one inside of base/data/. Each leads to the same file for the kernel.
const { Buffer } = require('buffer');
const path = require('path');

// Directories beside the granted ones whose names differ in little. Each holds the same canaries as vault/.
exports.SIBLINGS = ['vault', 'data-evil', 'database', 'dat', 'Data', 'DATA', 'data ', ' data', 'data.', 'data..', 'data\u00a0', 'data\u200b', '\uff44\uff41\uff54\uff41', 'd\u0430ta', 'data\n', 'data\t', "data'", 'data"',
  'data*', 'data?', '[d]ata', '{data}', 'data;x', 'data\\', '${cwd}', '${project}', '~', '%64ata', 'data%2f', 'data%00', '-data', 'data#', 'cafe\u0301', 'CAF\u00c9', 'dat\u0061\u0308', '\ufffd', 'data\u202e', 'data\x7f'];

// abs: the path that is meant, below base
exports.spellings = (abs, { base, fd, pid }) => {
  const rest = path.relative(base, abs);
  const [top, ...below] = rest.split('/');
  const inTop = below.join('/');
  const all = {
    direct: abs,
    'dotdot': `${base}/data/../${rest}`,
    'dotdot twice': `${base}/data/dir/../../${rest}`,
    'dotdot behind a name that is not there': `${base}/data/nope/../../${rest}`,
    'dot and slashes': `${base}//data/.//..///./${rest}`,
    'many dots': `${base}/data/${'./'.repeat(600)}../${rest}`,
    'many slashes': `${'/'.repeat(50)}${abs.slice(1)}`,
    'dotdot above the root': `/../../..${abs}`,
    'link to a directory': `${base}/data/up/${rest}`,
    'absolute link': `${base}/data/abs/${rest}`,
    'chain of links': `${base}/data/chain/${rest}`,
    'link, then dotdot': `${base}/data/up/data/../${rest}`,
    'link through /proc': `${base}/data/proc/root${abs}`,
    'root of a process': `/proc/self/root${abs}`,
    'root of a thread': `/proc/thread-self/root${abs}`,
    'root by number': `/proc/${pid}/root${abs}`,
    'root of a task': `/proc/self/task/${pid}/root${abs}`,
    'working directory': `/proc/self/cwd/../${rest}`,
    'descriptor': `/proc/self/fd/${fd}/../${rest}`,
    'dev fd': `/dev/fd/${fd}/../${rest}`,
    'relative': path.relative(process.cwd(), abs),
    'relative with dot': `./${path.relative(process.cwd(), abs)}`,
  };
  if (top === 'vault') Object.assign(all, { 'link into it': `${base}/data/into/${inTop}`, 'dotdot behind a link': `${base}/data/far/../${inTop}` });
  return all;
};

// The same path as another kind of value.
const url = (p) => require('url').pathToFileURL(p);
const encoded = (p) => new URL(`file://${p.split('/').map((part) => [...Buffer.from(part)].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('')).join('/')}`);
exports.forms = {
  Buffer: (p) => Buffer.from(p),
  'part of a Buffer': (p) => Buffer.from(`xx${p}yy`).subarray(2, 2 + Buffer.byteLength(p)),
  Uint8Array: (p) => new Uint8Array(Buffer.from(p)),
  'shared memory': (p) => { const b = new Uint8Array(new SharedArrayBuffer(Buffer.byteLength(p))); b.set(Buffer.from(p)); return b; },
  'subclass of Uint8Array': (p) => new (class Sub extends Uint8Array { get length() { return 1; } toString() { return '/nonexistent/decoy'; } })(Buffer.from(p)),
  URL: url,
  'encoded URL': encoded,
  'URL with a backslash': (p) => new URL(`file:${p.replace(/\//g, '\\')}`),
  'URL with a host': (p) => new URL(`file://localhost${p}`),
  'object like a URL': (p) => ({ __proto__: null, href: url(p).href, protocol: 'file:', pathname: p, hostname: '', host: '', search: '', hash: '' }),
  'URL with another prototype': (p) => Object.setPrototypeOf({ href: url(p).href, protocol: 'file:', pathname: url(p).pathname, hostname: '' }, URL.prototype),
  'URL that tells otherwise': (p) => Object.defineProperties(url(p), { pathname: { value: '/nonexistent/decoy' }, toString: { value: () => 'file:///nonexistent/decoy' } }),
};
