// Functions on numeric descriptors. A number that is not the package's own becomes one that no process has: the real fs then
// makes Node's own EBADF. A descriptor is closed only when nothing uses it any more: else a queued read would meet the next
// file that gets the same number, and that may be another package's.

const core = use('facade/fs_core');
const args = use('facade/fs_args');
const deny = use('deny');
const real = host.real('fs');
const { psx } = host;

const { EBADF } = host.real('os').constants.errno;
const NO_FD = 2 ** 31 - 1;
exports.NO_FD = NO_FD;
const STDIO = ['stdin', 'stdout', 'stderr'];
const table = new Map(); // fd -> { path, flags, busy, closing, serial }
let serial = 0;

exports.open = (c, path, flags, mode) => {
  const fd = core.open(c, path, flags, mode);
  table.set(fd, { path, full: core.rooted(path), flags, busy: 0, closing: false, serial: ++serial, pinned: false });
  return fd;
};
exports.serial = () => serial;
exports.record = (fd) => table.get(fd);

function stdio(c, fd, kind) {
  const fits = kind === 'stat' || (fd === 0 ? kind === 'read' : kind === 'write');
  return fits && psx.decide(c.id, psx.cap.stdio, STDIO[fd], -1) ? fd : NO_FD;
}

// A descriptor that was opened for reading changes nothing about the file, unless its owner may write that very file.
function mayChange(c, fd, record) {
  if (record && (record.flags & 3) !== 0) return true;
  if (!record) return false;
  const at = psx.fsAt(c.id, record.full, core.WRITE, core.TARGET);
  if (at < 0) return false;
  const [a, b] = [real.fstatSync(at, { bigint: true }), real.fstatSync(fd, { bigint: true })];
  core.shut(at);
  return a.ino === b.ino && a.dev === b.dev;
}

// kind: read, write, stat, change
exports.mine = (c, value, kind, syscall) => {
  const fd = args.utils.getValidatedFd(value);
  const record = table.get(fd);
  if (c.ambient) return record?.closing ? NO_FD : fd;
  if (fd <= 2) return stdio(c, fd, kind);
  if (record?.closing || !psx.fsOwns(c.id, fd)) return NO_FD;
  if (kind !== 'change' || mayChange(c, fd, record)) return fd;
  throw deny.denied(c, 'fs.write', record?.path ?? `fd ${fd}`, -1, { syscall });
};

const hold = (fd) => {
  const record = table.get(fd);
  if (record) record.busy++;
  return record;
};

function release(fd, record) {
  if (record && --record.busy === 0 && record.closing) closeNow(fd);
}

function closeNow(fd) {
  table.delete(fd);
  return psx.fsClose(fd);
}

exports.close = (c, value) => {
  const fd = args.utils.getValidatedFd(value);
  const record = table.get(fd);
  if (record?.closing || (!c.ambient && (fd <= 2 || !psx.fsOwns(c.id, fd)))) real.closeSync(NO_FD);
  if (record?.busy) {
    record.closing = true;
    return;
  }
  const errno = closeNow(fd);
  if (c.ambient && errno === -EBADF) real.closeSync(fd); // it came from elsewhere: inherited, or the real open()
  else if (errno < 0) throw core.system(errno, 'close');
};

// real[name](fd, ...rest, callback), with the descriptor held until it is done.
exports.call = (name, fd, rest, callback) => {
  const record = hold(fd);
  try {
    real[name](fd, ...rest, (...result) => {
      release(fd, record);
      callback(...result);
    });
  } catch (err) {
    release(fd, record);
    throw err;
  }
};

exports.promise = (name, fd, rest, shape) => new Promise((resolve, reject) => {
  exports.call(name, fd, rest, (err, a, b) => {
    if (err) reject(err);
    else resolve(shape ? shape(a, b) : a);
  });
});

const kinds = {
  __proto__: null,
  read: 'read', readv: 'read', write: 'write', writev: 'write', fstat: 'stat', fsync: 'write', fdatasync: 'write',
  ftruncate: 'change', fchmod: 'change', fchown: 'change', futimes: 'change',
};

// fsync of a directory or of a file opened for reading is harmless, and usual.
function syncFunction(c, name) {
  const perform = real[`${name}Sync`];
  return (fd, ...rest) => perform(exports.mine(c, fd, kinds[name], name), ...rest);
}

function asyncFunction(c, name) {
  return (fd, ...rest) => {
    const at = rest.findLastIndex((a) => typeof a === 'function');
    if (at < 0) return real[name](NO_FD, ...rest); // throws what Node throws
    const callback = rest[at];
    let mine;
    try {
      mine = exports.mine(c, fd, kinds[name], name);
    } catch (err) {
      if (err.capability === undefined) throw err;
      return core.nextTick(callback, err);
    }
    exports.call(name, mine, rest.slice(0, at), callback);
  };
}

exports.make = (c) => {
  const fs = { __proto__: null };
  for (const name in kinds) {
    fs[name] = asyncFunction(c, name);
    fs[`${name}Sync`] = syncFunction(c, name);
  }
  fs.closeSync = (fd) => exports.close(c, fd);
  fs.close = (fd, callback) => {
    if (callback !== undefined) args.callback(callback);
    let failed = null;
    try {
      exports.close(c, fd);
    } catch (err) {
      if (err.syscall === undefined) throw err;
      failed = err;
    }
    core.nextTick(() => {
      if (callback) callback(failed);
      else if (failed) throw failed;
    });
  };
  return fs;
};
