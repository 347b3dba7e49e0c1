'use strict';
// A WASI program is here a module that hands out what it imports: each function is called from JavaScript, under node and under npsx.
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const { p, app, denied } = require('./project.js');

// name: parameters (i: i32, l: i64)
const CALLS = { args_get: 'ii', args_sizes_get: 'ii', environ_get: 'ii', environ_sizes_get: 'ii', clock_time_get: 'ili', clock_res_get: 'ii', random_get: 'ii', sched_yield: '', fd_write: 'iiii', fd_read: 'iiii',
  fd_pread: 'iiili', fd_pwrite: 'iiili', fd_seek: 'ilii', fd_tell: 'ii', fd_close: 'i', fd_prestat_get: 'ii', fd_prestat_dir_name: 'iii', fd_fdstat_get: 'ii', fd_filestat_get: 'ii', fd_filestat_set_size: 'il',
  fd_readdir: 'iiili', fd_renumber: 'ii', fd_sync: 'i', fd_allocate: 'ill', path_open: 'iiiiillii', path_create_directory: 'iii', path_unlink_file: 'iii', path_remove_directory: 'iii', path_rename: 'iiiiii',
  path_symlink: 'iiiii', path_readlink: 'iiiiii', path_link: 'iiiiiii', path_filestat_get: 'iiiii', path_filestat_set_times: 'iiiilli', poll_oneoff: 'iiii' };
const PROGRAM = `
const CALLS = ${JSON.stringify(CALLS)}; const names = Object.keys(CALLS);
const leb = (n) => { const out = []; do { const b = n & 127; n >>>= 7; out.push(n ? b | 128 : b); } while (n); return out; };
const str = (s) => [...leb(s.length), ...Buffer.from(s)]; const vec = (items) => [...leb(items.length), ...items.flat()]; const section = (id, body) => [id, ...leb(body.length), ...body];
// one type for each call, proc_exit: (i32) -> (), _start: () -> () which calls proc_exit(7)
const types = [...names.map((n) => [0x60, ...vec([...CALLS[n]].map((t) => [t === 'i' ? 0x7f : 0x7e])), 1, 0x7f]), [0x60, 1, 0x7f, 0], [0x60, 0, 0]];
const W = 'wasi_snapshot_preview1'; const N = names.length;
const imports = [...names.map((n, i) => [...str(W), ...str(n), 0, ...leb(i)]), [...str(W), ...str('proc_exit'), 0, ...leb(N)]];
const exported = [...names.map((n, i) => [...str(n), 0, ...leb(i)]), [...str('proc_exit'), 0, ...leb(N)], [...str('_start'), 0, ...leb(N + 1)], [...str('memory'), 2, 0]];
const code = [[...leb(6), 0, 0x41, 7, 0x10, ...leb(N), 0x0b]];
const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, vec(types)), ...section(2, vec(imports)), ...section(3, vec([leb(N + 1)])), ...section(5, [1, 0, 2]), ...section(7, vec(exported)), ...section(10, vec(code))]);
const begin = (options) => {
  const wasi = new WASI({ version: 'preview1', ...options });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject());
  const x = instance.exports; const status = wasi.start(instance);
  const mem = Buffer.from(x.memory.buffer);
  const put = (text, at = 1000) => { const n = mem.write(text, at); return [at, n]; };
  const u32 = (at) => mem.readUInt32LE(at);
  const out = (text) => { put(text, 2000); mem.writeUInt32LE(2000, 100); mem.writeUInt32LE(Buffer.byteLength(text), 104); return [100, 1, 200]; };
  const open = (path, { dir = 3, oflags = 0, rights = 0x0fffffffn, flags = 0, follow = 1 } = {}) => { const e = x.path_open(dir, follow, ...put(path), oflags, rights, 0x0fffffffn, flags, 300); return e ? -e : u32(300); };
  const read = (fd, n = 100) => { mem.writeUInt32LE(3000, 100); mem.writeUInt32LE(n, 104); const e = x.fd_read(fd, 100, 1, 200); return e ? -e : mem.toString('utf8', 3000, 3000 + u32(200)); };
  const list = (fd) => { const e = x.fd_readdir(fd, 4000, 4096, 0n, 200); if (e) return -e; const names = []; for (let at = 4000; at < 4000 + u32(200);) { const n = u32(at + 16); names.push(mem[at + 20] + mem.toString('utf8', at + 24, at + 24 + n)); at += 24 + n; } return names.sort(); };
  return { wasi, x, mem, put, u32, out, open, read, list, status };
};`;

const DATA = { 'fs.read': ['./data/'], 'fs.write': ['./data/'] };
const WORK = `const { x, mem, put, u32, out, open, read, list, status } = begin({ args: ['prog', 'ä'], env: { A: '1', B: 'x y', C: undefined }, preopens: { '/d': 'data' } }); const r = [status];
  r.push(x.args_sizes_get(0, 4), u32(0), u32(4), x.args_get(8, 40), mem.toString('utf8', u32(8), u32(8) + 8), x.environ_sizes_get(0, 4), u32(0), u32(4), x.environ_get(8, 40), mem.toString('utf8', 40, 50));
  r.push(x.fd_prestat_get(3, 0), mem[0], u32(4), x.fd_prestat_dir_name(3, 1000, 2), mem.toString('utf8', 1000, 1002), x.fd_prestat_get(4, 0));
  const a = open('a.txt', { oflags: 1 }); r.push(a, x.fd_write(a, ...out('hello world')), u32(200), x.fd_seek(a, 6n, 0, 400), read(a), x.fd_tell(a, 400), mem.readBigInt64LE(400).toString(), x.fd_seek(a, -5n, 2, 400), read(a, 3));
  mem.writeUInt32LE(3000, 100); mem.writeUInt32LE(5, 104); r.push(x.fd_pread(a, 100, 1, 1n, 200), mem.toString('utf8', 3000, 3005)); put('J', 2000); mem.writeUInt32LE(2000, 100); mem.writeUInt32LE(1, 104); r.push(x.fd_pwrite(a, 100, 1, 0n, 200));
  r.push(x.fd_filestat_get(a, 500), mem[516], mem.readBigUInt64LE(532).toString(), x.fd_filestat_set_size(a, 5n), x.fd_seek(a, 0n, 0, 400), read(a), x.fd_sync(a), x.fd_close(a), x.fd_close(a), read(99));
  const b = open('a.txt', { flags: 1 }); r.push(x.fd_write(b, ...out('!!')), x.fd_close(b)); const c = open('a.txt', { rights: 2n }); r.push(read(c), x.fd_write(c, ...out('x')) !== 0, x.fd_close(c));
  r.push(x.path_create_directory(3, ...put('sub')), x.path_create_directory(3, ...put('sub')), x.path_rename(3, ...put('a.txt'), 3, ...put('sub/b.txt', 1100)), open('a.txt'), x.path_symlink(...put('sub/b.txt'), 3, ...put('link', 1100)),
    x.path_readlink(3, ...put('link'), 1200, 50, 200), mem.toString('utf8', 1200, 1200 + u32(200)), x.path_filestat_get(3, 0, ...put('link'), 500), mem[516], x.path_filestat_get(3, 1, ...put('link'), 500), mem[516], x.path_filestat_get(3, 1, ...put('none'), 500));
  const s = open('sub', { oflags: 2, rights: 0x0fffffffn & ~0x400141n }); r.push(list(s), list(3), open('b.txt', { dir: s }) > 0, open('sub', { oflags: 5 }), open('none'), open('a.txt', { dir: s }), x.path_remove_directory(3, ...put('sub')), x.path_unlink_file(3, ...put('sub/b.txt')), x.path_unlink_file(3, ...put('link')), x.path_remove_directory(3, ...put('sub')));
  r.push(x.path_filestat_set_times(3, 1, ...put('empty.txt'), 5000000000n, 6000000000n, 5), Math.round(require('fs').statSync('data/empty.txt').mtimeMs), x.fd_fdstat_get(3, 500), mem[500], x.sched_yield(), x.clock_res_get(9, 0) !== 0);`;

test('a program works on its directory as under node', () => {
  const { value } = p(DATA, `const { WASI } = require('wasi'); ${PROGRAM} ${WORK} return r;`);
  const r = app(undefined, `const { WASI } = require('wasi'); ${PROGRAM} ${WORK} console.log(JSON.stringify(r));`, { node: true });
  assert.deepStrictEqual(value, JSON.parse(r.stdout), r.stderr);
  assert.strictEqual(value[0], 7);
});

const OUT = `const { x, put, open, list, read, out } = begin({ preopens: { '/d': 'data' } }); const r = {};
  r['a path'] = open('/etc/passwd'); r.dots = open('../secret.txt'); r['dots inside'] = open('sub/../../secret.txt'); r['a link to a file'] = open('link'); r['a directory behind a link'] = open('out/secret.txt');
  r['an absolute link'] = open('etc/passwd'); r.list = list(open('out', { oflags: 2 })); r['unlink behind a link'] = x.path_unlink_file(3, ...put('out/secret.txt')); r['rename out'] = x.path_rename(3, ...put('empty.txt'), 3, ...put('../x', 1100));
  r['rename behind a link'] = x.path_rename(3, ...put('empty.txt'), 3, ...put('out/x', 1100)); r['mkdir behind a link'] = x.path_create_directory(3, ...put('out/x')); r['link in'] = x.path_link(3, 1, ...put('out/secret.txt'), 3, ...put('in.txt', 1100));
  r['an absolute link made'] = x.path_symlink(...put('/etc'), 3, ...put('new', 1100)); r['a link made that leaves'] = (x.path_symlink(...put('../secret.txt'), 3, ...put('new2', 1100)), open('new2')); r['a descriptor'] = read(7); r['/proc'] = open('proc/self/root');`;
const LINKS = "const fs = require('fs'); fs.mkdirSync('data/sub'); fs.symlinkSync('../secret.txt', 'data/link'); fs.symlinkSync('..', 'data/out'); fs.symlinkSync('/etc', 'data/etc');";
test('nothing leads out of the directory, whatever else the package may do', () => {
  for (const grants of [DATA, { 'fs.read': ['./'], 'fs.write': ['./'] }]) {
    const { value, dir } = p(grants, `const { WASI } = require('wasi'); ${PROGRAM} ${LINKS} ${OUT} return r;`);
    for (const name of Object.keys(value)) assert.ok(value[name] !== 0 && !(value[name] > 2 && typeof value[name] === 'number' && !/rename|mkdir|unlink|link in|made$/.test(name)), `${name}: ${value[name]}`);
    assert.ok(fs.existsSync(`${dir}/secret.txt`) && !fs.existsSync(`${dir}/x`) && !fs.existsSync(`${dir}/data/in.txt`));
  }
});
test('under node a link leads out', () => {
  const r = app(undefined, `const { WASI } = require('wasi'); ${PROGRAM} ${LINKS} ${OUT} console.log(JSON.stringify(r));`, { node: true, files: { 'secret.txt': 'S3CR3T' } });
  const value = JSON.parse(r.stdout);
  assert.ok(Object.values(value).some((v) => v === 0 || v > 2), r.stdout);
});

test('a directory, descriptors and streams are the package\'s, or it has none', () => {
  const { value } = p(DATA, `const { WASI } = require('wasi'); const all = { args: [] };
    const fd = app; ${PROGRAM}
    const s = begin({ stdout: fd, stdin: fd }); const t = begin({});
    return [await tell(() => new WASI({ version: 'preview1', preopens: { '/': '/' } })), await tell(() => new WASI({ version: 'preview1', preopens: { '/': 'data/../' } })), s.x.fd_write(1, ...s.out('x')), s.read(0), t.x.fd_write(1, ...t.out('x'))];`,
  { before: "require('fs').openSync('secret.txt', 'r+')" });
  assert.match(value[0], /^EACCES: p@1.0.0 may not fs.read/);
  assert.match(value[1], /^EACCES: p@1.0.0 may not fs.read/);
  assert.deepStrictEqual(value.slice(2), [8, -8, 8]);
});

test('time, randomness, waiting and the end need their grants', () => {
  const body = `const { WASI } = require('wasi'); ${PROGRAM} const { x, mem } = begin({}); mem.writeUInt8(0, 48 + 8); mem.writeBigUInt64LE(1000000n, 24 + 48);
    const loud = new WASI({ version: 'preview1', returnOnExit: false });
    return [await tell(() => x.clock_time_get(0, 0n, 0)), await tell(() => x.clock_time_get(1, 0n, 0)), await tell(() => x.random_get(0, 8)), await tell(() => { mem.fill(0, 40, 100); mem.writeBigUInt64LE(1000000n, 64); return x.poll_oneoff(40, 200, 1, 300); }),
      await tell(() => { const i = new WebAssembly.Instance(new WebAssembly.Module(bytes), loud.getImportObject()); return loud.start(i); })];`;
  const without = p({}, body).value;
  for (const [i, cap] of ['clock', 'clock', 'random', 'timers', 'process exit'].entries()) assert.match(String(without[i]), new RegExp(`^ERR_CAPABILITY_DENIED: p@1.0.0 may not ${cap}`), cap);
  assert.deepStrictEqual(p({ clock: true, random: true, timers: true }, body).value.slice(0, 4), [0, 0, 0, 0]);
});
void denied;
