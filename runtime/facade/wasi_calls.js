// The functions that a WASI program imports. Time needs `clock`, randomness `random`, waiting `timers`, and whatever is a file what the package's fs asks.

const { ERRNO, TYPE, errnoOf, typeOf } = use('facade/wasi_abi');
const { FOLLOW } = use('facade/wasi_files');
const { check } = use('deny');

const ALL = (1n << 30n) - 1n;
const NOT_SEEKING = ALL & ~((1n << 2n) | (1n << 5n));
const MILLION = 1_000_000n;

// -- arguments, environment, time, randomness
const surroundings = (c, m, { args, env }) => {
  const bytes = (list) => list.map((text) => new TextEncoder().encode(`${text}\0`));
  const sizes = (list) => (count, size) => { m.u32(count, list.length); m.u32(size, list.reduce((n, b) => n + b.length, 0)); };
  const [a, e] = [bytes(args), bytes(env)];
  const now = (id) => {
    if (id === 0) return BigInt(Math.trunc(use('facade/clock').wallFor(c)())) * MILLION;
    return use('facade/clock').hrtimeFor(c).bigint();
  };
  const wait = (ns) => {
    check(c, 'timers');
    use('facade/clock').sleep(Number(ns / MILLION));
  };
  return {
    args_get: (pointers, buffer) => m.table(pointers, buffer, a),
    args_sizes_get: sizes(a),
    environ_get: (pointers, buffer) => m.table(pointers, buffer, e),
    environ_sizes_get: sizes(e),
    clock_res_get(id, at) { if (id >>> 0 > 3) return ERRNO.INVAL; m.u64(at, id === 0 ? MILLION : 1n); },
    clock_time_get(id, precision, at) { if (id >>> 0 > 3) return ERRNO.INVAL; m.u64(at, now(id)); },
    random_get(at, n) { const b = new Uint8Array(n >>> 0); use('facade/random').sourceFor(c).fill(b); m.bytes(at, n).set(b); },
    sched_yield() {},
    poll_oneoff(subscriptions, events, n, count) {
      if (n === 0) return ERRNO.INVAL;
      const { view } = m;
      const wanted = Array.from({ length: n >>> 0 }, (_, i) => (subscriptions >>> 0) + 48 * i).map((at) => ({ data: view.getBigUint64(at, true), type: view.getUint8(at + 8), id: view.getUint32(at + 16, true),
        time: view.getBigUint64(at + 24, true), absolute: (view.getUint16(at + 40, true) & 1) !== 0 }));
      let ready = wanted.filter((w) => w.type !== 0);
      if (ready.length === 0) {
        const left = (w) => (w.absolute ? BigInt.asIntN(64, w.time - now(w.id)) : w.time);
        const first = wanted.reduce((x, y) => (left(y) < left(x) ? y : x));
        if (left(first) > 0n) wait(left(first));
        ready = [first];
      }
      ready.forEach((w, i) => {
        const at = (events >>> 0) + 32 * i;
        m.bytes(at, 32).fill(0);
        m.u64(at, w.data);
        m.view.setUint8(at + 10, w.type);
      });
      m.u32(count, ready.length);
    },
  };
};

// -- descriptors
const descriptors = (m, files, fs) => {
  const data = (call) => (n, ...rest) => call(files.get(n), ...rest);
  const position = (offset) => { const at = Number(offset); if (!Number.isSafeInteger(at) || at < 0) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' }); return at; };
  return {
    fd_advise: data(() => {}),
    fd_allocate: data((e, offset, n) => { const size = position(offset) + position(n); if (files.stat(e).size < BigInt(size)) fs.ftruncateSync(e.fd, size); }),
    fd_close: (n) => files.close(n),
    fd_datasync: data((e) => fs.fdatasyncSync(e.fd)),
    fd_sync: data((e) => fs.fsyncSync(e.fd)),
    fd_fdstat_get: data((e, at) => {
      const type = typeOf(files.stat(e));
      m.bytes(at, 24).fill(0);
      m.view.setUint8(at >>> 0, type);
      m.view.setUint16((at >>> 0) + 2, e.append ? 1 : 0, true);
      const rights = type === TYPE.CHARACTER ? NOT_SEEKING : ALL;
      m.u64((at >>> 0) + 8, rights);
      m.u64((at >>> 0) + 16, rights);
    }),
    fd_fdstat_set_flags: data((e, flags) => { e.append = (flags & 1) !== 0; }),
    fd_fdstat_set_rights: data(() => {}),
    fd_filestat_get: data((e, at) => { const st = files.stat(e); m.stat(at, st, typeOf(st)); }),
    fd_filestat_set_size: data((e, size) => fs.ftruncateSync(e.fd, position(size))),
    fd_filestat_set_times: data((e, atime, mtime, flags) => { const [a, b] = times(files.stat(e), atime, mtime, flags); fs.futimesSync(e.fd, a, b); }),
    fd_read: data((e, at, n, count) => m.u32(count, files.read(e, m.vectors(at, n)))),
    fd_pread: data((e, at, n, offset, count) => m.u32(count, files.read(e, m.vectors(at, n), position(offset)))),
    fd_write: data((e, at, n, count) => m.u32(count, files.write(e, m.vectors(at, n)))),
    fd_pwrite: data((e, at, n, offset, count) => m.u32(count, files.write(e, m.vectors(at, n), position(offset)))),
    fd_seek: data((e, offset, whence, at) => m.u64(at, files.seek(e, offset, whence))),
    fd_tell: data((e, at) => m.u64(at, files.seek(e, 0n, 1))),
    fd_renumber: (from, to) => files.renumber(from, to),
    fd_prestat_get: data((e, at) => { if (e.guest === undefined) return ERRNO.BADF; m.u32(at, 0); m.u32((at >>> 0) + 4, e.guest.length); return undefined; }),
    fd_prestat_dir_name: data((e, at, n) => {
      if (e.guest === undefined) return ERRNO.BADF;
      if (n >>> 0 < e.guest.length) return ERRNO.NOBUFS;
      m.bytes(at, e.guest.length).set(e.guest);
      return undefined;
    }),
    fd_readdir: data((e, at, n, cookie, used) => {
      const out = m.bytes(at, n);
      let done = 0;
      files.list(e).forEach(({ name, ino, type }, i) => {
        if (BigInt(i) < cookie || done >= out.length) return;
        const text = new TextEncoder().encode(name);
        const entry = new Uint8Array(24 + text.length);
        const view = new DataView(entry.buffer);
        view.setBigUint64(0, BigInt(i + 1), true);
        view.setBigUint64(8, ino, true);
        view.setUint32(16, text.length, true);
        view.setUint8(20, type);
        entry.set(text, 24);
        out.set(entry.subarray(0, out.length - done), done);
        done += Math.min(entry.length, out.length - done);
      });
      m.u32(used, done);
    }),
  };
};

// a file's own time is data: `touch` tells nothing
const { now: realNow } = host.global.Date;
const seconds = (ns) => Number(ns) / 1e9;
// flags: 1 and 4 as given, 2 and 8 now: as the file system has it
const times = (st, atime, mtime, flags) => {
  const one = (given, set, now, old) => (flags & set ? seconds(given) : flags & now ? realNow() / 1000 : seconds(old));
  return [one(atime, 1, 2, st.atimeNs), one(mtime, 4, 8, st.mtimeNs)];
};

// -- paths
const paths = (m, files, fs) => {
  const at = (n, pointer, length, follow) => files.at(n, m.text(pointer, length), follow);
  return {
    path_create_directory: (n, p, l) => fs.mkdirSync(at(n, p, l)),
    path_filestat_get(n, flags, p, l, out) { const st = fs.lstatSync(at(n, p, l, (flags & FOLLOW) !== 0), { bigint: true }); m.stat(out, st, typeOf(st)); },
    path_filestat_set_times(n, flags, p, l, atime, mtime, how) {
      const path = at(n, p, l, (flags & FOLLOW) !== 0);
      fs.lutimesSync(path, ...times(fs.lstatSync(path, { bigint: true }), atime, mtime, how));
    },
    path_link: (n, flags, p, l, to, p2, l2) => fs.linkSync(at(n, p, l, (flags & FOLLOW) !== 0), at(to, p2, l2)),
    path_open(n, lookup, p, l, oflags, rights, inheriting, fdflags, out) { m.u32(out, files.open(n, lookup, m.text(p, l), oflags, rights, fdflags)); },
    path_readlink(n, p, l, buffer, size, used) {
      const bytes = new TextEncoder().encode(fs.readlinkSync(at(n, p, l)));
      const fits = bytes.subarray(0, size >>> 0);
      m.bytes(buffer, fits.length).set(fits);
      m.u32(used, fits.length);
    },
    path_remove_directory: (n, p, l) => fs.rmdirSync(at(n, p, l)),
    path_rename: (n, p, l, to, p2, l2) => fs.renameSync(at(n, p, l), at(to, p2, l2)),
    path_symlink(target, size, n, p, l) {
      const text = m.text(target, size);
      if (text[0] === '/') return ERRNO.NOTCAPABLE;
      fs.symlinkSync(text, at(n, p, l));
      return undefined;
    },
    path_unlink_file: (n, p, l) => fs.unlinkSync(at(n, p, l)),
  };
};

// Sockets and signals are not offered.
const ABSENT = ['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown', 'proc_raise'];

exports.make = (c, memory, files, given) => {
  const fs = use('builtins').get(c, 'fs');
  const own = {};
  const all = { ...surroundings(c, memory, given), ...descriptors(memory, files, fs), ...paths(memory, files, fs) };
  for (const name of Object.keys(all)) {
    const call = all[name];
    own[name] = { [name](...args) {
      try { return call(...args) ?? ERRNO.SUCCESS; } catch (error) {
        if (error instanceof RangeError) return ERRNO.OVERFLOW;          // outside of the memory
        if (error instanceof TypeError && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return ERRNO.ILSEQ;
        return errnoOf(error);
      }
    } }[name];
  }
  for (const name of ABSENT) own[name] = () => ERRNO.NOSYS;
  return own;
};
